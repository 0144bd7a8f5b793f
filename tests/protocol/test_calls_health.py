"""The calls of a health check: what is asked, and that nothing is changed."""

import pytest
from protocol.client import GraphClient

from .graph_server import answer, graph_server

PAGE, FORM, APP = "110000000000001", "220000000000001", "440000000000001"


def ask(method, *arguments, token="EAATESTTOKEN123"):
    """The result of a call, and the request that the server saw."""
    with graph_server(answer({"data": []})) as server:
        with GraphClient(server.url, "v26.0", token) as graph:
            result = getattr(graph, method)(*arguments)
        [seen] = server.seen
    assert seen.method == "GET"
    return result, seen


def test_the_app_asks_for_its_webhooks_with_its_own_token_in_the_header():
    result, seen = ask("app_subscriptions", APP, token=f"{APP}|app-secret")
    assert result.answer.accepted
    assert seen.path == f"/v26.0/{APP}/subscriptions"
    assert seen.headers["authorization"] == f"Bearer {APP}|app-secret"
    assert "app-secret" not in str(seen.query)


def test_a_page_is_asked_for_its_terms():
    _result, seen = ask("page_health", PAGE)
    assert seen.path == f"/v26.0/{PAGE}"
    assert "leadgen_tos_accepted" in seen.query["fields"].split(",")


def test_leads_access_is_asked_for_a_person_and_an_app():
    _result, seen = ask("lead_access", PAGE, "7", APP)
    assert seen.path == f"/v26.0/{PAGE}"
    start = f"has_lead_access.user_id(7).app_id({APP})" + "{can_access_lead,"
    assert seen.query["fields"].startswith(start)


def test_a_form_is_tried_with_one_lead_and_without_any_answer():
    _result, seen = ask("try_form", FORM)
    assert seen.path == f"/v26.0/{FORM}/leads"
    assert (seen.query["fields"], seen.query["limit"]) == ("id", "1")


@pytest.mark.parametrize("bad", ["", "1)", "7.app_id(8", None])
def test_what_is_no_id_asks_nothing(bad):
    with graph_server() as server, GraphClient(server.url, "v26.0", "T") as graph:
        for call, *arguments in (
            (graph.app_subscriptions, bad),
            (graph.page_health, bad),
            (graph.lead_access, bad, "7", APP),
            (graph.lead_access, PAGE, bad, APP),
            (graph.lead_access, PAGE, "7", bad),
            (graph.try_form, bad),
        ):
            with pytest.raises(ValueError, match="digits"):
                call(*arguments)
        assert server.seen == []
