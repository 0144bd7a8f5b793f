"""Answers to a batch as they come over real HTTP, odd ones above all."""

import json

import pytest
from protocol.client import GraphClient

from .answers import HTML, accepted_body, error_body
from .graph_server import answer, graph_server, raw

BODY = b'{"data":[{"event_name":"initial_lead"}]}'
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + accepted_body()
USAGE = json.dumps({"11": [{"estimated_time_to_regain_access": 7}]})
AD_ACCOUNT = json.dumps({"acc_id_util_pct": 100, "reset_time_duration": 100})


def send(*answers):
    """What a batch that gets this answer comes to."""
    with (
        graph_server(*answers) as server,
        GraphClient(server.url, "v26.0", "EAATESTTOKEN123", timeout=20) as graph,
    ):
        return graph.send_events("880000000000001", BODY).answer


@pytest.mark.parametrize(
    "kind",
    ["application/json; charset=UTF-8", "text/javascript", "Application/JSON", ""],
)
def test_a_success_comes_as_json_or_script_or_untold(kind):
    said = send(answer(accepted_body(), 200, Content_Type=kind))
    assert said.verdict == "accepted"


@pytest.mark.parametrize("kind", ["text/html", "text/plain; charset=utf-8", "nonsense"])
def test_a_success_of_a_wrong_content_type_is_a_retry_with_the_outcome_unknown(kind):
    said = send(answer(accepted_body(), 200, Content_Type=kind))
    assert (said.verdict, said.outcome_known) == ("retry", False)


@pytest.mark.parametrize("kind", ["text/html", "text/javascript", "nonsense", ""])
def test_an_error_of_metas_is_read_whatever_its_content_type(kind):
    said = send(answer(error_body(190, 463), 200, Content_Type=kind))
    assert (said.verdict, said.subcode) == ("pause", 463)


@pytest.mark.parametrize(
    "behaviour",
    [
        *[answer(HTML, status) for status in (200, 400, 403, 404, 429, 500, 502, 503)],
        *[
            answer(HTML, status, Content_Type="application/json")
            for status in (200, 500)
        ],
        *[answer(b"", status) for status in (200, 400, 413, 503)],
        *[answer(HTML, status) for status in (407, 413, 414, 431, 504, 511)],
        answer(accepted_body()[:-3]),
        answer({"message": "no available server"}, 503),
        answer([{"events_received": 1}]),
        answer({"error": None, "status": "up"}, 404),
        answer({"status": "please log in"}),
        answer({}),
        raw(HALF),
        raw(b""),
        raw(b"SSH-2.0-OpenSSH\r\n"),
    ],
)
def test_what_meta_would_not_answer_is_a_retry_with_the_outcome_unknown(behaviour):
    said = send(behaviour)
    assert (said.verdict, said.outcome_known) == ("retry", False)
    assert said.code is None
    assert said.meaning
    assert said.cure


@pytest.mark.parametrize("status", [200, 400, 403, 413, 429, 500, 503])
@pytest.mark.parametrize(
    ("code", "subcode", "verdict"),
    [
        (4, None, "throttle"),
        (190, 463, "pause"),
        (100, 2804003, "refuse"),
        (2, None, "retry"),
    ],
)
def test_the_code_decides_under_every_status(status, code, subcode, verdict):
    said = send(answer(error_body(code, subcode), status))
    assert (said.verdict, said.outcome_known) == (verdict, True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X_Business_Use_Case_Usage": USAGE}, 7 * 60),
        ({"x_ad_account_usage": AD_ACCOUNT}, 100),
        ({"RETRY_AFTER": "42"}, 42),
        ({"X_Business_Use_Case_Usage": USAGE, "Retry_After": "42"}, 7 * 60),
        ({}, None),
    ],
)
def test_the_rest_comes_out_of_the_headers_in_their_own_units(headers, seconds):
    assert send(answer(error_body(80004), 400, **headers)).resume_after == seconds


def test_a_batch_is_taken_when_meta_says_so_or_leaves_its_trace():
    for body in ({"events_received": 1}, {"fbtrace_id": "Aok"}):
        assert send(answer(body)).accepted
    assert send(answer({}, x_fb_trace_id="Aok")).accepted
