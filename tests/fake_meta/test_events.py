"""Receiving events: forms of the body, counting, duplicates, exact texts."""

from __future__ import annotations

import hashlib
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from . import rules
from .conftest import ANSWERS, DATASET, FORM, OTHER_DATASET, TOKEN, codes, sha256
from .events import data_slices

# -- the body -----------------------------------------------------------------------


def test_an_accepted_request_is_answered_as_meta_does(meta):
    answer = meta.send(meta.event(), meta.event())
    assert answer.status_code == 200
    body = answer.json()
    trace = body.pop("fbtrace_id")
    assert body == {"events_received": 2, "messages": []}
    assert trace.startswith("A")
    assert answer.headers["facebook-api-version"] == "v26.0"
    assert json.loads(answer.headers["X-App-Usage"])["call_count"] < 100
    usage = json.loads(answer.headers["X-Business-Use-Case-Usage"])
    assert usage[DATASET][0]["type"] == "ads_management"


def test_events_may_come_as_a_form(meta):
    form = {"data": json.dumps([meta.event()]), "access_token": TOKEN}
    answer = meta.call("POST", f"{DATASET}/events", data=form)
    assert answer.json()["events_received"] == 1
    assert meta.control.requests()[-1]["token_in"] == "body"


def test_events_may_come_as_multipart(meta):
    form = {"data": (None, json.dumps([meta.event()])), "access_token": (None, TOKEN)}
    answer = meta.call("POST", f"{DATASET}/events", files=form)
    assert answer.json()["events_received"] == 1


def test_events_may_be_encoded_one_by_one_as_text(meta):
    answer = meta.send(json.dumps(meta.event()), json.dumps(meta.event()))
    assert answer.json()["events_received"] == 2


def test_the_exact_text_and_hash_of_each_event_are_kept(meta):
    lead_id = meta.lead()
    texts = []
    for number, name in enumerate(["é", "\\u00e9", 'a\\"]},{'], start=1):
        texts.append(
            f'{{ "event_name":"{name}",  "event_time" :{int(time.time())},'
            f'"action_source":"system_generated","event_id":"e{number}",'
            f'"user_data":{{"lead_id":{lead_id}}},'
            '"custom_data":{"event_source":"crm","lead_event_source":"Odoo"} }'
        )
    body = ' {"x":["data"], "data" : [ ' + " ,\n".join(texts) + ' ] ,"trace":1}'
    answer = meta.call(
        "POST",
        f"{DATASET}/events",
        TOKEN,
        data=body.encode(),
        headers={"Content-Type": "application/json"},
    )
    assert answer.json()["events_received"] == 3
    report = meta.control.report()
    assert [event["text"] for event in report["events"]] == texts
    assert [event["sha256"] for event in report["events"]] == [
        hashlib.sha256(text.encode()).hexdigest() for text in texts
    ]
    assert report["requests"][0]["body_sha256"] == sha256(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(
    events=st.lists(json_values, max_size=5),
    before=st.dictionaries(st.text(max_size=5), json_values, max_size=2),
    indent=st.sampled_from([None, 0, 2]),
    ascii_only=st.booleans(),
)
def test_the_texts_of_the_events_are_cut_out_of_any_body(
    events, before, indent, ascii_only
):
    before.pop("data", None)
    body = json.dumps(
        {**before, "data": events, "tail": [1]}, indent=indent, ensure_ascii=ascii_only
    )
    texts = data_slices(body)
    assert [json.loads(text) for text in texts] == events
    assert all(text in body and text == text.strip() for text in texts)


# -- counting -----------------------------------------------------------------------

NOT_COUNTED = {
    "not_system_generated": {"action_source": "other"},
    "without_event_source": {"custom_data": {"lead_event_source": "Odoo"}},
    "without_lead_event_source": {"custom_data": {"event_source": "crm"}},
    "without_a_lead": {"user_data": {"lead_id": 1234567890123456}},
    "before_the_lead": {"event_time": int(time.time()) - 3600},
}


def test_every_counting_rule_has_a_case():
    names = {rule.name for rule in rules.COUNTING_RULES}
    assert {*NOT_COUNTED, "not_a_crm_dataset"} == names


@pytest.mark.parametrize("name", NOT_COUNTED)
def test_an_event_may_be_accepted_and_yet_not_counted(meta, name):
    event = meta.event(**NOT_COUNTED[name])
    assert meta.send(event).json()["events_received"] == 1
    report = meta.control.report()
    assert (report["accepted"], report["counted"]) == (1, 0)
    (line,) = report["not_counted"]
    assert line["event_id"] == event["event_id"]
    assert line["why"] == rules.RULES[name].when


def test_events_to_a_dataset_that_is_not_for_crm_are_not_counted(meta):
    meta.control.add_dataset("500000000000009", "Web pixel", is_crm=False)
    meta.control.add_token("T", "send_only", dataset_ids=["500000000000009"])
    meta.send(meta.event(), token="T", dataset="500000000000009")
    (line,) = meta.control.report()["not_counted"]
    assert line["why"] == rules.RULES["not_a_crm_dataset"].when


@pytest.mark.parametrize(("seconds", "counted"), [(-1, 0), (0, 0), (1, 1)])
def test_an_event_counts_only_after_the_creation_of_its_lead(meta, seconds, counted):
    created = int(time.time()) - 100
    lead_id = meta.lead(created_time=created)
    meta.send(meta.event(lead_id, event_time=created + seconds))
    assert meta.control.report()["counted"] == counted


def test_a_crm_event_with_its_lead_is_counted(meta):
    lead_id = meta.lead()
    meta.send(meta.event(lead_id))
    report = meta.control.report()
    assert (report["accepted"], report["counted"]) == (1, 1)
    assert report["not_counted"] == []
    (event,) = report["events"]
    assert event["lead_id"] == lead_id
    assert event["outcome"] == "counted"
    assert abs(event["received_at"] - time.time()) < 60


def test_an_event_without_lead_id_is_attributed_by_hashed_email_or_phone(meta):
    lead_id = meta.control.create_lead(
        FORM, {**ANSWERS, "phone_number": "001 555-010-0123"}
    )
    meta.send(
        meta.event(user_data={"em": [sha256("ana@example.com")]}),
        meta.event(user_data={"ph": sha256("15550100123")}, event_name="qualified"),
        meta.event(user_data={"em": [sha256("someone@else.com")]}),
    )
    report = meta.control.report()
    assert [event["lead_id"] for event in report["events"]] == [lead_id, lead_id, None]
    assert report["counted"] == 2


def test_of_several_leads_with_the_same_email_the_newest_is_meant(meta):
    now = int(time.time())
    meta.lead(created_time=now - 50)
    newest = meta.lead(created_time=now - 10)
    meta.lead(created_time=now - 30)
    meta.send(meta.event(user_data={"em": [sha256("ana@example.com")]}))
    assert meta.control.report()["events"][0]["lead_id"] == newest


def test_unknown_leads_count_when_a_test_says_so(meta):
    meta.control.set_unknown_leads_count(True)
    meta.send(meta.event(user_data={"lead_id": 1234567890123456}))
    assert meta.control.report()["counted"] == 1


# -- duplicates ---------------------------------------------------------------------


def test_the_same_event_again_is_a_duplicate_and_counts_once(meta):
    event = meta.event()
    meta.send(event)
    meta.send(event)
    report = meta.control.report()
    assert (report["accepted"], report["counted"]) == (2, 1)
    assert report["not_counted"] == []
    (duplicate,) = report["duplicates"]
    assert duplicate["kind"] == "same_event_id"
    assert duplicate["identical"] is True
    assert duplicate["first_answer_delivered"] is True


def test_a_duplicate_with_other_bytes_is_not_identical(meta):
    event = meta.event()
    meta.send(event)
    meta.send({**event, "opt_out": False})
    assert meta.control.report()["duplicates"][0]["identical"] is False


def test_a_resend_after_a_lost_answer_says_that_the_answer_was_lost(meta):
    event = meta.event()
    meta.control.script_named("lost_answer")
    with pytest.raises(OSError, match="Connection"):
        meta.send(event)
    meta.send(event)
    report = meta.control.report()
    assert (report["accepted"], report["counted"]) == (2, 1)
    assert report["duplicates"][0]["first_answer_delivered"] is False


def test_a_resend_after_a_time_out_says_that_the_answer_was_lost(meta):
    event = meta.event()
    meta.control.script("POST */events", [{"delay_ms": 400}])
    with pytest.raises(OSError, match="timed out"):
        meta.http.post(
            f"{meta.url}/v26.0/{DATASET}/events",
            json={"data": [event]},
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=0.1,
        )
    time.sleep(0.5)
    meta.send(event)
    assert meta.control.report()["duplicates"][0]["first_answer_delivered"] is False


def test_the_same_step_with_another_id_is_reported_and_counts_twice(meta):
    lead_id = meta.lead()
    meta.send(meta.event(lead_id, event_id="a"), meta.event(lead_id, event_id="b"))
    report = meta.control.report()
    assert report["counted"] == 2
    assert [line["kind"] for line in report["duplicates"]] == ["same_step"]


def test_two_events_that_share_an_id_are_reported(meta):
    meta.send(meta.event(event_id="a"), meta.event(event_id="a", event_name="won"))
    report = meta.control.report()
    assert [line["kind"] for line in report["duplicates"]] == ["shared_event_id"]


def test_different_steps_leads_and_datasets_are_no_duplicates(meta):
    meta.control.add_token(
        "both", "send_only", dataset_ids=[DATASET, OTHER_DATASET], app_id=None
    )
    lead_id = meta.lead()
    event = meta.event(lead_id, event_id="a")
    meta.send(event)
    meta.send(event, token="both", dataset=OTHER_DATASET)
    meta.send(meta.event(lead_id, event_id="b", event_name="won"))
    meta.send(meta.event(meta.lead(), event_id="c"))
    report = meta.control.report()
    assert report["duplicates"] == []
    assert report["counted"] == 4


def test_a_refused_request_leaves_no_trace_for_duplicates(meta):
    event = meta.event()
    assert codes(meta.send(event, meta.event(event_name=None))) == (100, 2804019)
    meta.send(event)
    assert meta.control.report()["duplicates"] == []
