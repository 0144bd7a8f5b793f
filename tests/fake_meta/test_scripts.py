"""Scripted answers: throttles, accidents, delays, lost and half answers."""

from __future__ import annotations

import json
import time

import pytest
import requests

from . import rules
from .conftest import DATASET, PAGE, TOKEN, codes
from .control import ControlError
from .scripts import matches


def test_scripted_answers_are_used_in_order_and_then_it_is_normal_again(meta):
    meta.control.script(
        "POST */events",
        [
            {"status": 503, "html": "<h1>busy</h1>", "times": 2},
            {"status": 400, "body": {"error": {"code": 4, "type": "OAuthException"}}},
        ],
    )
    assert meta.control.scripts_left() == 3
    event = meta.event()
    first = meta.send(event)
    assert (first.status_code, first.text) == (503, "<h1>busy</h1>")
    assert first.headers["Content-Type"].startswith("text/html")
    assert meta.get("me", TOKEN)["name"] == "Token owner"
    assert meta.send(event).status_code == 503
    assert codes(meta.send(event)) == (4, None)
    assert meta.control.report()["accepted"] == 0
    assert meta.send(event).json()["events_received"] == 1
    scripted = [line["scripted"] for line in meta.control.requests("*/events")]
    assert scripted == [True, True, True, False]


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("POST */events", True),
        ("*/events", True),
        (f"/{DATASET}/events", True),
        (f"/v26.0/{DATASET}/events", True),
        (f"POST /{DATASET}/*", True),
        ("*", True),
        ("GET */events", False),
        ("/v25.0/*", False),
        ("/events", False),
    ],
)
def test_a_pattern_is_for_a_path_with_or_without_version_and_method(pattern, fits):
    assert matches(pattern, "POST", f"/v26.0/{DATASET}/events") is fits


@pytest.mark.parametrize(
    ("name", "status", "code", "subcode"),
    [
        ("too_old", 400, 100, 2804003),
        ("missing_name", 400, 100, 2804019),
        ("no_user_data", 400, 100, 2804014),
        ("too_broad", 400, 100, 2804050),
        ("purchase_without_currency", 400, 100, 2804010),
        ("purchase_without_value", 400, 100, 2804009),
        ("no_data_key", 400, 100, None),
        ("bad_token", 401, 190, None),
        ("expired_token", 401, 190, 463),
        ("no_access", 400, 100, 33),
        ("read_refused", 400, 100, None),
        ("permission", 403, 200, None),
        ("throttle_app", 400, 4, None),
        ("throttle_account", 400, 80004, 2446079),
        ("throttle_leads", 400, 80005, None),
        ("throttle_user", 400, 17, 2446079),
        ("throttle_page", 400, 32, None),
        ("throttle_custom", 400, 613, None),
        ("blocked", 400, 368, None),
        ("transient", 500, 2, None),
        ("unknown_error", 500, 1, None),
        ("not_ready", 400, 21009, None),
        ("in_the_future", 400, 100, 2804004),
        ("page_token_needed", 400, 190, 2069032),
        ("lead_access_revoked", 403, 103, None),
        ("reduce_data", 500, 1, None),
        ("error_in_200", 200, 190, None),
    ],
)
def test_a_ready_made_refusal_has_meta_s_codes(meta, name, status, code, subcode):
    meta.control.script_named(name)
    answer = meta.send(meta.event())
    assert (answer.status_code, codes(answer)) == (status, (code, subcode))
    assert meta.control.report()["accepted"] == 0
    assert meta.control.requests()[-1]["code"] == code


def test_a_transient_error_says_so_and_a_refusal_does_not(meta):
    meta.control.script_named("transient")
    assert meta.send(meta.event()).json()["error"]["is_transient"] is True
    meta.control.script_named("too_old")
    assert meta.send(meta.event()).json()["error"]["is_transient"] is False


def test_throttles_come_with_the_usage_headers(meta):
    event = meta.event()
    meta.control.script_named("throttle_app")
    usage = meta.send(event).headers["X-App-Usage"]
    assert json.loads(usage)["call_count"] == 100
    meta.control.script_named("throttle_account")
    by_object = json.loads(meta.send(event).headers["X-Business-Use-Case-Usage"])
    ((usage,),) = by_object.values()
    assert usage["type"] == "ads_management"
    assert usage["estimated_time_to_regain_access"] == 7
    meta.control.script_named("throttle_user")
    usage = meta.send(event).headers["X-Ad-Account-Usage"]
    assert json.loads(usage)["reset_time_duration"] == 100


def test_every_rule_that_answers_has_a_ready_made_answer(meta):
    names = meta.control.script_names()
    assert {rule.name for rule in rules.RULES.values() if rule.code} < set(names)
    for name in names:
        meta.control.script_named(name)
    assert meta.control.scripts_left() == len(names)


def test_a_ready_made_answer_can_be_changed_aimed_and_repeated(meta):
    meta.control.script_named("throttle_leads", f"GET /{PAGE}", times=None, status=403)
    for _ in range(3):
        assert codes(meta.get(PAGE, TOKEN)) == (80005, None)
    assert meta.call("GET", PAGE, TOKEN).status_code == 403
    assert meta.send(meta.event()).status_code == 200
    meta.control.clear_scripts()
    assert meta.get(PAGE, TOKEN)["id"] == PAGE


def test_ok_and_the_version_notice_let_the_call_through(meta):
    meta.control.script_named("ok")
    meta.control.script_named("version_notice")
    assert meta.send(meta.event()).json()["events_received"] == 1
    answer = meta.send(meta.event())
    assert answer.json()["events_received"] == 1
    assert "v25.0" in answer.headers["X-Ad-Api-Version-Warning"]
    assert meta.control.report()["accepted"] == 2


def test_an_html_and_an_empty_answer_accept_nothing(meta):
    meta.control.script_named("html")
    answer = meta.send(meta.event())
    assert answer.status_code == 502
    assert answer.text.startswith("<!DOCTYPE html>")
    meta.control.script_named("empty")
    answer = meta.send(meta.event())
    assert (answer.status_code, answer.content) == (200, b"")
    meta.control.script("*", [{"status": 504}])
    assert meta.send(meta.event()).status_code == 504
    assert meta.control.report()["accepted"] == 0


def test_half_an_answer_breaks_off_after_the_events_were_accepted(meta):
    meta.control.script_named("half_answer")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        meta.send(meta.event())
    report = meta.control.report()
    assert report["accepted"] == 1
    assert report["events"][0]["answer_delivered"] is False
    assert report["requests"][0]["answer_delivered"] is False


def test_half_of_a_scripted_text_can_be_sent_too(meta):
    meta.control.script("*", [{"status": 200, "raw": '{"events', "truncate_at": 100}])
    assert meta.send(meta.event()).text == '{"events'


def test_a_lost_answer_accepts_and_a_closed_connection_does_not(meta):
    meta.control.script_named("no_answer")
    with pytest.raises(requests.ConnectionError):
        meta.send(meta.event())
    assert meta.control.report()["accepted"] == 0
    meta.control.script_named("lost_answer")
    with pytest.raises(requests.ConnectionError):
        meta.send(meta.event())
    report = meta.control.report()
    assert report["accepted"] == 1
    assert report["events"][0]["answer_delivered"] is False


def test_a_hung_call_is_not_processed_and_others_go_on(meta):
    meta.control.script_named("hang")
    event = meta.event()
    with pytest.raises(requests.Timeout):
        meta.http.post(
            f"{meta.url}/v26.0/{DATASET}/events",
            json={"data": [event]},
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=0.2,
        )
    assert meta.send(event).json()["events_received"] == 1
    report = meta.control.report()
    assert (report["accepted"], report["duplicates"]) == (1, [])
    assert report["requests"][0]["event_count"] == 1


def test_latency_and_delay_come_before_the_answer(meta):
    meta.control.set_latency(150)
    start = time.monotonic()
    meta.send(meta.event())
    assert time.monotonic() - start >= 0.15
    meta.control.set_latency(0)
    meta.control.script("*", [{"delay_ms": 150}])
    start = time.monotonic()
    assert meta.send(meta.event()).json()["events_received"] == 1
    assert time.monotonic() - start >= 0.15


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([{"statuz": 500}], "statuz"),
        ([{"times": 0}], "times"),
    ],
)
def test_a_script_that_makes_no_sense_is_an_error(meta, answers, words):
    with pytest.raises(ControlError, match=words):
        meta.control.script("*", answers)
    with pytest.raises(ControlError, match="no ready-made answer"):
        meta.control.script_named("thunder")
    with pytest.raises(ControlError, match="no ready-made answer"):
        meta.control.script_named("without_a_lead")
