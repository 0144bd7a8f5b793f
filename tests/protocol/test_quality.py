"""What Meta measured of a dataset's web events, read from answers of any shape."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import quality
from protocol.answer import classify, json_object
from protocol.client import GraphClient
from protocol.reply import Reply, Result

from .graph_server import answer, graph_server

DATASET = "500000000000001"
ROW = {
    "event_name": "Purchase",
    "event_match_quality": {
        "composite_score": 6.2,
        "match_key_feedback": [
            {"identifier": "email", "coverage": {"percentage": 92.5}},
            {"identifier": "phone", "coverage": {"percentage": 40}},
        ],
        "diagnostics": [
            {"name": "Phone", "description": "Few phones.", "solution": "Send more."}
        ],
    },
    "event_coverage": {
        "percentage": 81.5,
        "goal_percentage": 75,
        "description": "Well covered.",
    },
    "dedupe_key_feedback": [
        {
            "dedupe_key": "event_id",
            "browser_events_with_dedupe_key": {"percentage": 99},
            "server_events_with_dedupe_key": {"percentage": 98},
            "overall_browser_coverage_from_dedupe_key": {"percentage": 80},
        },
        {
            "dedupe_key": "fbp",
            "overall_browser_coverage_from_dedupe_key": {"percentage": 60},
        },
    ],
    "data_freshness": {"upload_frequency": "real_time", "description": "At once."},
}


def result(body, status=200):
    raw = json.dumps(body).encode()
    said = classify(status, {"content-type": "application/json"}, raw)
    data = json_object(raw) if said.accepted else None
    return Result(Reply(status, body=raw), said, data)


def error(code, message="No.", status=400, **more):
    return result({"error": {"code": code, "message": message, **more}}, status)


def read_one(**changes):
    (event,) = quality.read({"web": [{**ROW, **changes}]})
    return event


# --- what is well ------------------------------------------------------------------


def test_all_figures_of_an_event_are_read():
    event = read_one()
    assert event.event_name == "Purchase"
    assert (event.match_quality, event.coverage, event.coverage_goal) == (
        6.2,
        81.5,
        75.0,
    )
    assert event.match_keys == (("email", 92.5), ("phone", 40.0))
    assert event.deduplications[0] == ("event_id", 99.0, 98.0, 80.0)
    assert event.deduplicated == 80.0
    assert event.freshness == "In real time"
    assert event.advice == ("Few phones. Send more.", "Well covered.", "At once.")


def test_several_events_keep_their_order_and_a_name_counts_once():
    names = ["Lead", "Purchase", "Lead"]
    scores = [1, 2, 3]
    rows = [
        {"event_name": name, "event_match_quality": {"composite_score": score}}
        for name, score in zip(names, scores, strict=True)
    ]
    found = quality.read({"web": rows})
    assert [(event.event_name, event.match_quality) for event in found] == [
        ("Lead", 1.0),
        ("Purchase", 2.0),
    ]


@pytest.mark.parametrize("data", [{}, {"web": None}, {"web": []}])
def test_no_rows_are_no_figures(data):
    assert quality.read(data) == []


def test_the_other_spelling_of_de_duplication_is_read():
    feedback = ROW["dedupe_key_feedback"]
    event = read_one(dedupe_key_feedback=None, dedup_key_feedback=feedback)
    assert event.deduplicated == 80.0


def test_shares_may_come_bare():
    event = read_one(
        dedupe_key_feedback={
            "dedupe_key": "event_id",
            "overall_browser_coverage_from_dedupe_key": 70,
        }
    )
    assert event.deduplications == (("event_id", None, None, 70.0),)


def test_a_frequency_without_a_word_of_ours_keeps_metas():
    event = read_one(data_freshness={"upload_frequency": "every_full_moon"})
    assert event.freshness == "every_full_moon"


# --- what is odd -------------------------------------------------------------------

ODD = [None, True, False, "", "much", "nan", "inf", "1_0", "١", [], {}, [5], 10**400]


@pytest.mark.parametrize("odd", [*ODD, math.nan, math.inf, -0.1, 10.1, "-1"])
def test_a_score_that_is_none_is_missing_and_never_0(odd):
    assert read_one(event_match_quality={"composite_score": odd}).match_quality is None


@pytest.mark.parametrize("odd", [*ODD, math.nan, -math.inf, -1, 5000])
def test_a_percentage_that_is_none_is_missing_and_never_0(odd):
    event = read_one(event_coverage={"percentage": odd, "goal_percentage": odd})
    assert (event.coverage, event.coverage_goal) == (None, None)


@pytest.mark.parametrize(
    ("given_number", "number"),
    [(0, 0.0), ("6.5", 6.5), (" 7 ", 7.0), ("8%", 8.0), ("9 %", 9.0), (10, 10.0)],
)
def test_numbers_may_come_as_text_and_0_is_a_figure(given_number, number):
    found = read_one(event_match_quality={"composite_score": given_number})
    assert found.match_quality == number


@pytest.mark.parametrize("odd", [None, 5, "x", [], [None, 3, "x"], True])
def test_parts_of_other_types_are_missing(odd):
    parts = dict.fromkeys(set(ROW) - {"event_name"}, odd)
    event = quality.read({"web": [{"event_name": "Lead", **parts}]})[0]
    assert event == quality.EventQuality("Lead")
    assert not event.has_figures
    assert quality.hints(event) == []


@pytest.mark.parametrize("odd", [None, "", " ", 5, True, ["Lead"], {"id": "Lead"}])
def test_a_row_without_a_name_is_left_out(odd):
    rows = [{**ROW, "event_name": odd}, ROW, None, "row", 3]
    assert [event.event_name for event in quality.read({"web": rows})] == ["Purchase"]


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "web",
        5,
        {"web": {}},
        {"web": "none"},
        {"web": 0},
        {"web": [{}]},
        {"web": [None, 3]},
        {"success": True},
        {"data": []},
    ],
)
def test_what_is_no_answer_about_quality_says_so(data):
    with pytest.raises(ValueError, match="no quality figures"):
        quality.read(data)


def test_texts_of_metas_are_cut_and_hold_nothing_personal():
    advice = "Ask ana@example.com. " + "x" * 5000
    event = read_one(event_coverage={"description": advice}, event_name="e" * 500)
    assert len(event.event_name) == 100
    (said,) = [text for text in event.advice if "Ask" in text]
    assert len(said) <= 500
    assert "ana@example.com" not in said


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*ROW, "percentage", "composite_score", "identifier"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=3))
def test_no_row_of_any_shape_breaks_the_reading(rows):
    try:
        found = quality.read({"web": [{**ROW, "event_name": "Sound"}, *rows]})
    except ValueError:
        pytest.fail("one sound row makes an answer")
    for event in found:
        figures = (event.match_quality, event.coverage, event.deduplicated)
        assert all(value is None or 0 <= value <= 1000 for value in figures)
        assert all(isinstance(hint, str) for hint in quality.hints(event))


# --- hints -------------------------------------------------------------------------


def test_a_good_event_has_metas_words_and_the_keys_only():
    said = quality.hints(read_one())
    assert said[0] == "Events that have a key: email 92.5 %, phone 40 %"
    assert "event_id" in said[1]
    assert "found again 80 %" in said[1]
    assert "in the browser's events ?" in said[2]
    assert said[3:] == ["Few phones. Send more.", "Well covered.", "At once."]


def test_what_is_below_its_goal_is_said():
    event = read_one(
        event_match_quality={"composite_score": 5.9}, event_coverage={"percentage": 74}
    )
    low, covered = quality.hints(event)[:2]
    assert "below 6" in low
    assert "below 75 %" in covered


def test_metas_own_goal_goes_before_ours():
    event = read_one(event_coverage={"percentage": 81, "goal_percentage": 90})
    assert "below 90 %" in " ".join(quality.hints(event))


# --- judging -----------------------------------------------------------------------


def test_figures_are_measured():
    found = quality.judge(result({"web": [ROW]}))
    assert found.state == "measured"
    assert found.events[0].match_quality == 6.2
    assert found.words.endswith("figures: 1.")


def test_no_figures_are_not_applicable_and_no_fault():
    found = quality.judge(result({"web": []}))
    assert (found.state, found.events) == ("not_applicable", [])
    assert "Nothing is missing" in found.words


def test_events_without_a_figure_are_not_measured():
    found = quality.judge(result({"web": [{"event_name": "Lead"}]}))
    assert (found.state, found.events) == ("not_applicable", [])
    assert "no figures of them yet" in found.words


@pytest.mark.parametrize(
    "refusal",
    [
        error(100, "(#100) Missing Permission"),
        error(100, "Unsupported get request.", error_subcode=33),
        error(10, "(#10) Application does not have permission", 403),
        error(3, "Unknown method"),
        error(200, "(#200) Requires ads_read permission", 403),
        error(294, "Managing advertisements requires the extended permission", 403),
    ],
)
def test_a_token_that_may_not_read_leaves_it_open_and_names_the_permission(refusal):
    found = quality.judge(refusal)
    assert found.state == "inconclusive"
    assert refusal.answer.message in found.words
    assert "sending events is not harmed" in found.words
    assert "ads_read" in found.cure


@pytest.mark.parametrize(
    "refusal",
    [
        error(190, "Session has expired", 401, error_subcode=463),
        error(803, "Some of the aliases you requested do not exist", 404),
        error(100, "(#100) The parameter fields is required"),
        error(100, "No", error_subcode=2044055, error_user_title="Dataset Not Found"),
    ],
)
def test_another_refusal_failed_with_metas_words(refusal):
    found = quality.judge(refusal)
    assert found.state == "failed"
    assert refusal.answer.message in found.words


@pytest.mark.parametrize(
    "trouble",
    [
        error(4, "(#4) Application request limit reached"),
        error(80004, "There have been too many calls"),
        error(2, "Service temporarily unavailable", 500),
        Result(Reply(None, failure="timed out"), classify(None, {}, b"")),
        Result(Reply(502, body=b"<html>"), classify(502, {}, b"<html>")),
    ],
)
def test_what_time_mends_settles_nothing(trouble):
    found = quality.judge(trouble)
    assert found.state == "waits"
    assert found.words.startswith("Meta could not be asked: ")


@pytest.mark.parametrize("body", [{"web": 5}, {"web": [{}]}, {"ok": True}])
def test_an_odd_answer_failed_in_words(body):
    found = quality.judge(result(body))
    assert (found.state, found.words) == ("failed", quality.NOT_READABLE)


# --- asking ------------------------------------------------------------------------


def test_a_dataset_is_asked_for_by_parameters():
    with (
        graph_server(answer({"web": []})) as server,
        GraphClient(server.url, "v26.0", "T") as graph,
    ):
        assert graph.dataset_quality(DATASET).data == {"web": []}
        (seen,) = server.seen
    assert (seen.method, seen.path) == ("GET", "/v26.0/dataset_quality")
    assert seen.query["dataset_id"] == DATASET
    assert "agent_name" not in seen.query
    assert "dedupe_key_feedback" in seen.query["fields"]


def test_a_field_that_meta_does_not_know_costs_only_that_field():
    message = "(#100) Tried accessing nonexisting field (dedupe_key_feedback)"
    refusal = {"error": {"code": 100, "message": message, "type": "OAuthException"}}
    with (
        graph_server(answer(refusal, status=400), answer({"web": [ROW]})) as server,
        GraphClient(server.url, "v26.0", "T") as graph,
    ):
        assert quality.judge(graph.dataset_quality(DATASET)).state == "measured"
        first, second = server.seen
    assert "dedupe" in first.query["fields"]
    assert "dedupe" not in second.query["fields"]


@pytest.mark.parametrize("bad", ["", "5/x", None])
def test_what_is_no_id_is_never_asked(bad):
    with graph_server() as server, GraphClient(server.url, "v26.0", "T") as graph:
        with pytest.raises(ValueError, match="digits"):
            graph.dataset_quality(bad)
        assert server.seen == []
