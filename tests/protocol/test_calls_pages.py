"""Calls about Pages and their leads: lists of them, and subscriptions taken back."""

import json
from itertools import count

import pytest
from protocol import calls

from .graph_server import answer, graph_server
from .test_calls import (
    APP,
    FORM,
    PAGE,
    SUCCESS,
    TOKEN,
    TOO_MUCH,
    client,
    page_of,
    subscribed,
)


def test_the_pages_of_a_token_are_listed_with_their_own_tokens():
    pages = answer({"data": [{"id": PAGE, "name": "Page", "access_token": "pt"}]})
    with graph_server(pages) as server, client(server) as graph:
        [result] = graph.pages()
    assert result.rows[0]["access_token"] == "pt"
    [seen] = server.seen
    assert seen.path == "/v26.0/me/accounts"
    assert seen.query["fields"] == "id,name,access_token,tasks"


def leads(*answers, **bounds):
    """The ids of the leads that came, the last failure, and the requests."""
    with graph_server(*answers) as server, client(server) as graph:
        results = list(graph.leads(FORM, **bounds))
    ids = [row["id"] for result in results for row in result.rows]
    return ids, results[-1].reply.failure, server.seen


def test_leads_are_listed_whole_and_between_two_moments():
    pages = (page_of("1", after="c1"), page_of("2"))
    ids, failure, seen = leads(*pages, since=1769862896, until=1769862999)
    assert (ids, failure) == (["1", "2"], None)
    assert [request.path for request in seen] == [f"/v26.0/{FORM}/leads"] * 2
    for request in seen:
        assert json.loads(request.query["filtering"]) == [
            {"field": "time_created", "operator": "GREATER_THAN", "value": 1769862896},
            {"field": "time_created", "operator": "LESS_THAN", "value": 1769862999},
        ]
        assert request.query["fields"] == calls.LEAD_FIELDS
        assert request.query["limit"] == "100"
        assert TOKEN not in request.target


def test_leads_without_bounds_are_not_filtered():
    _ids, _failure, [seen] = leads(page_of("1"))
    assert "filtering" not in seen.query
    assert "after" not in seen.query


def test_leads_go_on_behind_a_cursor():
    ids, failure, seen = leads(page_of("3"), after="c2")
    assert (ids, failure) == (["3"], None)
    assert seen[0].query["after"] == "c2"


def test_leads_that_are_too_much_are_asked_for_in_smaller_pages():
    ids, _failure, seen = leads(TOO_MUCH, TOO_MUCH, page_of("1", after="c"), page_of())
    assert ids == ["1"]
    limits = [request.query["limit"] for request in seen]
    assert limits == ["100", "50", "25", "25"]


def test_leads_that_are_too_much_one_by_one_end_the_list():
    ids, _failure, seen = leads(TOO_MUCH)
    assert ids == []
    assert seen[-1].query["limit"] == "1"


@pytest.mark.parametrize("after", [None, "c1"])
def test_leads_whose_paging_goes_in_circles_end_with_a_failure(after):
    ids, failure, seen = leads(page_of("1", after="c1"), after=after)
    assert failure == calls.ENDLESS
    assert len(seen) == (2 if after is None else 1)
    assert set(ids) == {"1"}


def endless(*ids):
    """Pages with these leads, each with a cursor that was not there before."""
    numbers = count()

    def behave(handler):
        page_of(*ids, after=f"c{next(numbers)}")(handler)

    return behave


def test_leads_that_come_again_behind_ever_new_cursors_end_with_a_failure():
    ids, failure, _seen = leads(page_of("1", after="c"), endless("2", "3"))
    assert failure == calls.ENDLESS
    assert ids == ["1", "2", "3", "2", "3"]


def test_pages_without_any_lead_behind_ever_new_cursors_end_with_a_failure():
    ids, failure, seen = leads(page_of("1", after="c"), endless())
    assert failure == calls.EMPTY
    assert ids == ["1"]
    assert len(seen) == 31


def test_leads_behind_some_empty_pages_come_too():
    empty = [page_of(after=f"c{number}") for number in range(40)]
    pages = (*empty[:20], page_of("1", after="c"), *empty[20:], page_of("2"))
    ids, failure, _seen = leads(*pages)
    assert (ids, failure) == (["1", "2"], None)


@pytest.mark.parametrize(
    "paging",
    [
        {"next": f"https://graph.example/v1/leads?access_token={TOKEN}&after=c%3D1"},
        {"next": "https://graph.example/v1/leads?after=c%3D1", "cursors": {}},
        {"next": "x", "cursors": {"after": "c=1"}},
    ],
    ids=("address alone", "empty cursors", "cursor"),
)
def test_the_cursor_is_taken_from_wherever_it_stands(paging):
    first = answer({"data": [{"id": "1"}], "paging": paging})
    ids, failure, seen = leads(first, page_of("2"))
    assert (ids, failure) == (["1", "2"], None)
    assert seen[1].query["after"] == "c=1"
    assert TOKEN not in seen[1].target


def test_a_cursor_may_be_a_number():
    first = answer({"data": [], "paging": {"next": "x", "cursors": {"after": 25}}})
    ids, failure, seen = leads(first, page_of("2"))
    assert (ids, failure) == (["2"], None)
    assert seen[1].query["after"] == "25"


def test_the_cursor_of_the_next_page_is_there_only_where_there_is_one():
    pages = (page_of("1", after="c1"), page_of("2"))
    with graph_server(*pages) as server, client(server) as graph:
        first, last = graph.leads(FORM)
    assert (first.has_next, first.after) == (True, "c1")
    assert (last.has_next, last.after) == (False, None)


@pytest.mark.parametrize(
    "paging",
    [
        None,
        [],
        {"next": "x"},
        {"next": 5},
        {"next": "http://[x?after=1"},
        {"next": "x", "cursors": []},
    ],
    ids=str,
)
def test_odd_paging_holds_no_cursor(paging):
    odd = answer({"data": [], "paging": paging})
    with graph_server(odd) as server, client(server) as graph:
        results = list(graph.leads(FORM))
    assert results[0].after is None
    assert results[-1].answer.accepted is not bool(paging)


# --- subscriptions --------------------------------------------------------------------


def unsubscribe(*answers):
    """The result, and the requests after the first one."""
    with graph_server(*answers) as server, client(server) as graph:
        result = graph.unsubscribe_page(PAGE, APP)
    return result, [(seen.method, seen.form) for seen in server.seen[1:]]


def test_the_fields_of_an_app_are_read_from_among_those_of_others():
    both = answer(
        {
            "data": [
                {"id": "999", "subscribed_fields": ["messages"]},
                {"id": APP, "subscribed_fields": ["feed", "leadgen"]},
            ]
        }
    )
    with graph_server(both) as server, client(server) as graph:
        result, fields = graph.subscribed_fields(PAGE, APP)
    assert result.answer.accepted
    assert fields == ["feed", "leadgen"]


@pytest.mark.parametrize(
    "fields",
    [
        ["feed", "messages"],
        [{"name": "feed", "version": "v26.0"}, {"name": "messages"}],
        "feed, messages",
    ],
    ids=("names", "objects", "text"),
)
def test_other_fields_survive_in_whatever_they_are_listed(fields):
    listed = answer({"data": [{"id": APP, "subscribed_fields": fields}]})
    with graph_server(listed, SUCCESS) as server, client(server) as graph:
        assert graph.subscribe_page(PAGE, APP).answer.accepted
    assert server.seen[1].form["subscribed_fields"] == "feed,messages,leadgen"


@pytest.mark.parametrize("fields", [None, {}, 5, [None, 5, {}, {"name": 5}, ""], ""])
def test_what_is_no_field_is_not_written_back(fields):
    listed = answer({"data": [{"id": APP, "subscribed_fields": fields}]})
    with graph_server(listed, SUCCESS) as server, client(server) as graph:
        assert graph.subscribe_page(PAGE, APP).answer.accepted
    assert server.seen[1].form["subscribed_fields"] == "leadgen"


def test_an_app_with_leads_alone_is_taken_off_the_page():
    result, seen = unsubscribe(subscribed("leadgen"), SUCCESS)
    assert result.answer.accepted
    assert seen == [("DELETE", {})]


def test_other_fields_survive_the_end_of_a_subscription():
    result, seen = unsubscribe(
        subscribed("feed", "leadgen", "messages"),
        SUCCESS,
        subscribed("feed", "messages"),
    )
    assert result.answer.accepted
    assert seen == [
        ("POST", {"subscribed_fields": "feed,messages"}),
        ("GET", {}),
    ]


def test_where_a_new_list_only_adds_the_app_is_taken_off_and_put_back():
    result, seen = unsubscribe(
        subscribed("feed", "leadgen"),
        SUCCESS,
        subscribed("feed", "leadgen"),
        SUCCESS,
        SUCCESS,
    )
    assert result.answer.accepted
    assert seen == [
        ("POST", {"subscribed_fields": "feed"}),
        ("GET", {}),
        ("DELETE", {}),
        ("POST", {"subscribed_fields": "feed"}),
    ]


def test_a_page_that_is_not_subscribed_is_left_alone():
    result, seen = unsubscribe(subscribed("feed"))
    assert result.answer.accepted
    assert seen == []


def test_nothing_is_taken_off_where_the_fields_cannot_be_read():
    refused = answer({"error": {"code": 200, "message": "Requires a permission"}}, 403)
    result, seen = unsubscribe(refused)
    assert not result.answer.accepted
    assert seen == []


def test_an_end_that_meta_does_not_confirm_is_none():
    result, _seen = unsubscribe(subscribed("leadgen"), answer({"success": False}))
    assert not result.answer.accepted
    assert "did not confirm" in result.answer.message
