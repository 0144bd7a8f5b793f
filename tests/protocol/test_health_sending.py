"""Whether events can be sent, by what Meta answers to a read and to a test event."""

import json

import pytest
from protocol import health_sending
from protocol.answer import classify, json_object
from protocol.reply import Reply, Result


def result(body, status=200):
    raw = json.dumps(body).encode() if body is not None else b""
    answer = classify(status, {"content-type": "application/json"}, raw)
    data = json_object(raw) if answer.accepted else None
    return Result(Reply(status, body=raw), answer, data)


def error(code, message="No.", **more):
    return result({"error": {"code": code, "message": message, **more}}, 400)


def test_a_crm_dataset_that_can_be_read_works():
    assert health_sending.dataset(result({"id": "5", "is_crm": True})).level == "ok"


def test_a_kind_that_meta_does_not_tell_is_taken_for_a_crms():
    assert health_sending.dataset(result({"id": "5"})).level == "ok"


def test_another_kind_of_dataset_needs_attention_and_says_why():
    finding = health_sending.dataset(result({"id": "5", "is_crm": False}))
    assert finding.level == "attention"
    assert "not a CRM dataset" in finding.words
    assert finding.cure


@pytest.mark.parametrize("code", [102, 190, 803])
def test_a_dead_token_or_id_does_not_work_because_of_metas_words(code):
    finding = health_sending.dataset(error(code, "Session has expired"))
    assert finding.level == "broken"
    assert "Session has expired" in finding.words


@pytest.mark.parametrize(("code", "subcode"), [(100, 33), (200, None), (10, None)])
def test_other_refusals_leave_it_open_as_a_token_may_only_send(code, subcode):
    finding = health_sending.dataset(error(code, error_subcode=subcode))
    assert finding.level == "inconclusive"
    assert "first event will tell" in finding.words


@pytest.mark.parametrize("code", [4, 17, 2])
def test_a_throttle_or_a_moment_of_trouble_is_no_word_of_the_token(code):
    finding = health_sending.dataset(error(code))
    assert finding.level == "inconclusive"
    assert "could not be asked" in finding.words


def test_no_answer_is_no_word_of_the_token():
    assert health_sending.dataset(result(None, None)).level == "inconclusive"
    assert health_sending.sample(result(None, None)).level == "inconclusive"


def test_a_test_event_that_meta_received_works_with_its_warnings():
    finding = health_sending.sample(
        result({"events_received": 1, "messages": ["Check the currency."]})
    )
    assert finding.level == "ok"
    assert "Meta received the test event." in finding.words


@pytest.mark.parametrize("code", [100, 190, 200])
def test_a_refused_test_event_is_certain(code):
    finding = health_sending.sample(error(code, "Invalid parameter"))
    assert finding.level == "broken"
    assert "Invalid parameter" in finding.words
    assert finding.cure
