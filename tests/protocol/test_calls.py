"""Meta's calls as this project makes them: paths, fields, paging, subscriptions."""

import json

import pytest
from protocol import calls
from protocol.client import GraphClient

from .graph_server import answer, graph_server

TOKEN = "EAATESTTOKEN123"
PAGE, FORM, APP = "110000000000001", "220000000000001", "440000000000001"
TOO_MUCH = answer(
    {
        "error": {
            "code": 1,
            "message": "Please reduce the amount of data you're asking for",
        }
    },
    500,
)


def client(server) -> GraphClient:
    return GraphClient(server.url, "v26.0", TOKEN)


def page_of(*ids: str, after: str | None = None):
    paging = {"cursors": {"before": "b", "after": after or "last"}}
    if after:
        paging["next"] = f"https://graph.example.com/x?access_token={TOKEN}"
    return answer({"data": [{"id": each} for each in ids], "paging": paging})


def subscribed(*fields: str, app: str = APP):
    return answer({"data": [{"id": app, "subscribed_fields": list(fields)}]})


SUCCESS = answer({"success": True})


# --- one object -----------------------------------------------------------------------


def test_a_lead_is_read_with_its_answers_consents_and_ad():
    lead = answer({"id": "330000000000001"})
    with graph_server(lead) as server, client(server) as graph:
        result = graph.read_lead("330000000000001")
    [seen] = server.seen
    assert (seen.method, seen.path) == ("GET", "/v26.0/330000000000001")
    fields = set(seen.query["fields"].split(","))
    assert {"id", "created_time", "form_id", "field_data", "is_organic"} <= fields
    assert {"ad_id", "adset_id", "campaign_id", "campaign_name", "platform"} <= fields
    assert "custom_disclaimer_responses" in fields
    assert result.data == {"id": "330000000000001"}
    assert result.rows == []


def test_a_form_is_read_with_its_questions():
    with graph_server(answer({"id": FORM})) as server, client(server) as graph:
        assert graph.read_form(FORM).data == {"id": FORM}
    [seen] = server.seen
    assert seen.path == f"/v26.0/{FORM}"
    assert {"questions", "locale", "legal_content"} <= set(
        seen.query["fields"].split(",")
    )


def test_a_dataset_is_read_with_its_kind():
    with graph_server(answer({"is_crm": True})) as server, client(server) as graph:
        assert graph.read_dataset("880000000000001").data == {"is_crm": True}
    assert "is_crm" in server.seen[0].query["fields"]


def test_the_token_of_a_page_is_in_the_data_and_in_no_representation():
    token = answer({"id": PAGE, "name": "Page", "access_token": "secretpagetoken"})
    with graph_server(token) as server, client(server) as graph:
        result = graph.page_token(PAGE)
    assert server.seen[0].query["fields"] == "id,name,access_token"
    assert result.data["access_token"] == "secretpagetoken"
    assert "secretpagetoken" not in repr(result)


def test_a_token_is_inspected():
    known = {"data": {"is_valid": True, "scopes": ["ads_management"]}}
    with graph_server(answer(known)) as server, client(server) as graph:
        assert graph.debug_token("EAAother").data == known
    [seen] = server.seen
    assert seen.path == "/v26.0/debug_token"
    assert seen.query == {"input_token": "EAAother"}


@pytest.mark.parametrize("bad", ["", "1/events", "me", "../1", None, 7])
def test_a_wrong_id_is_refused_before_anything_is_sent(bad):
    with graph_server(answer({})) as server, client(server) as graph:
        every_call = [
            lambda: graph.send_events(bad, b"{}"),
            lambda: graph.read_lead(bad),
            lambda: graph.read_form(bad),
            lambda: graph.read_dataset(bad),
            lambda: graph.page_token(bad),
            lambda: graph.forms(bad),
            lambda: graph.subscribe_page(bad, APP),
            lambda: graph.subscribe_page(PAGE, bad),
        ]
        for call in every_call:
            with pytest.raises(ValueError, match="digits"):
                call()
    assert server.seen == []


# --- lists ----------------------------------------------------------------------------


def forms(server) -> tuple[list[str], list[str]]:
    """Ids of the forms that were listed, and the verdict of each page of the list."""
    with client(server) as graph:
        results = list(graph.forms(PAGE))
    ids = [row["id"] for result in results for row in result.rows]
    return ids, [result.answer.verdict for result in results]


def test_all_pages_of_a_list_are_read_by_their_cursors():
    pages = (page_of("1", "2", after="c1"), page_of("3", after="c2"), page_of("4"))
    with graph_server(*pages) as server:
        assert forms(server) == (["1", "2", "3", "4"], ["accepted"] * 3)
    assert [seen.query.get("after") for seen in server.seen] == [None, "c1", "c2"]
    for seen in server.seen:
        assert seen.path == f"/v26.0/{PAGE}/leadgen_forms"
        assert TOKEN not in seen.target
        assert "questions" in seen.query["fields"]


def test_an_empty_list_is_a_good_answer():
    with graph_server(answer({"data": []})) as server:
        assert forms(server) == ([], ["accepted"])


def test_a_list_ends_at_the_first_error_and_shows_it():
    error = answer({"error": {"code": 190}}, 401)
    with graph_server(page_of("1", after="c1"), error) as server:
        assert forms(server) == (["1"], ["accepted", "pause"])


def test_a_cursor_that_comes_again_ends_the_list_as_a_failure():
    with graph_server(page_of("1", after="c1")) as server:
        ids, verdicts = forms(server)
    assert ids == ["1", "1"]
    assert verdicts == ["accepted", "accepted", "retry"]


def test_a_list_with_ever_new_cursors_is_given_up_as_a_failure(monkeypatch):
    monkeypatch.setattr(calls, "_MAX_PAGES", 3)
    pages = [page_of(str(number), after=f"c{number}") for number in range(9)]
    with graph_server(*pages) as server:
        assert forms(server) == (["0", "1", "2"], ["accepted"] * 3 + ["retry"])


@pytest.mark.parametrize(
    "paging",
    [
        {"next": "https://graph.example.com/more"},
        {"next": "more", "cursors": None},
        {"next": "more", "cursors": {"after": ""}},
        {"next": "more", "cursors": {"after": {"7": 7}}},
        {"next": "more", "cursors": []},
    ],
)
def test_a_list_that_goes_on_without_a_cursor_is_a_failure_not_an_end(paging):
    with graph_server(answer({"data": [], "paging": paging})) as server:
        assert forms(server) == ([], ["accepted", "retry"])
    assert len(server.seen) == 1


@pytest.mark.parametrize("paging", [None, {}, [], {"cursors": {"after": "x"}}, "x"])
def test_a_list_without_a_next_page_ends(paging):
    with graph_server(answer({"data": [], "paging": paging})) as server:
        assert forms(server) == ([], ["accepted"])


@pytest.mark.parametrize("data", [{}, {"data": {}}, {"data": None}, {"data": "x"}])
def test_an_answer_that_is_no_list_is_a_failure(data):
    with graph_server(answer(data)) as server:
        assert forms(server) == ([], ["retry"])


def test_rows_that_are_no_objects_are_passed_over():
    with graph_server(answer({"data": [None, 5, {"id": "1"}, []]})) as server:
        assert forms(server) == (["1"], ["accepted"])


def test_smaller_pages_are_asked_for_when_meta_wants_less():
    with graph_server(page_of("1", after="c1"), TOO_MUCH, TOO_MUCH, page_of("2")) as s:
        assert forms(s) == (["1", "2"], ["accepted", "accepted"])
    limits = [int(seen.query["limit"]) for seen in s.seen]
    assert limits == [limits[0], limits[0], limits[0] // 2, limits[0] // 4]
    assert [seen.query.get("after") for seen in s.seen] == [None, "c1", "c1", "c1"]


def test_asking_for_less_comes_to_an_end():
    with graph_server(TOO_MUCH) as server:
        assert forms(server) == ([], ["retry"])
    assert server.seen[-1].query["limit"] == "1"


# --- subscription ---------------------------------------------------------------------


def subscribe(server):
    with client(server) as graph:
        return graph.subscribe_page(PAGE, APP)


def test_a_page_is_subscribed_and_keeps_the_fields_it_had():
    with graph_server(subscribed("feed", "messages"), SUCCESS) as server:
        result = subscribe(server)
    read, written = server.seen
    assert read.path == written.path == f"/v26.0/{PAGE}/subscribed_apps"
    assert (read.method, written.method) == ("GET", "POST")
    assert written.form == {"subscribed_fields": "feed,messages,leadgen"}
    assert result.answer.accepted


def test_a_page_without_the_app_is_subscribed_to_leads():
    other = subscribed("feed", app="999")
    for before in (answer({"data": []}), other):
        with graph_server(before, SUCCESS) as server:
            assert subscribe(server).answer.accepted
        assert server.seen[1].form == {"subscribed_fields": "leadgen"}


def test_a_page_that_is_subscribed_already_is_left_alone():
    with graph_server(subscribed("feed", "leadgen")) as server:
        assert subscribe(server).answer.accepted
    assert [seen.method for seen in server.seen] == ["GET"]


def test_the_app_is_found_on_a_later_page_of_the_list():
    first = page_of("999", after="c1")
    with graph_server(first, subscribed("feed"), SUCCESS) as server:
        assert subscribe(server).answer.accepted
    assert server.seen[2].form == {"subscribed_fields": "feed,leadgen"}


def test_nothing_is_written_when_the_old_fields_cannot_be_read():
    error = answer({"error": {"code": 190, "error_subcode": 2069032}}, 401)
    with graph_server(error) as server:
        assert subscribe(server).answer.verdict == "pause"
    assert [seen.method for seen in server.seen] == ["GET"]


@pytest.mark.parametrize("success", [True, "true"])
def test_both_of_metas_confirmations_are_taken(success):
    with graph_server(subscribed(), answer({"success": success})) as server:
        assert subscribe(server).answer.accepted


@pytest.mark.parametrize("data", [{"success": False}, {}, {"success": "false"}])
def test_a_subscription_that_meta_does_not_confirm_is_a_failure(data):
    with graph_server(subscribed(), answer(data)) as server:
        result = subscribe(server)
    assert result.answer.verdict == "retry"
    assert "did not confirm" in result.reply.failure


def test_fields_of_an_odd_form_are_passed_over():
    odd = answer({"data": [{"id": int(APP), "subscribed_fields": ["feed", None, 5]}]})
    with graph_server(odd, SUCCESS) as server:
        assert subscribe(server).answer.accepted
    assert server.seen[1].form == {"subscribed_fields": "feed,leadgen"}


def test_a_big_id_in_an_answer_keeps_all_its_digits():
    lead = answer({"id": 55459717045641545})
    with graph_server(lead) as server, client(server) as graph:
        result = graph.read_lead("55459717045641545")
    assert json.dumps(result.data) == '{"id": 55459717045641545}'
