"""Events of business messaging: what goes out, and what never does."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import event, messaging
from protocol.answer import classify
from protocol.reply import Reply, Result

from tests.fake_meta import rules
from tests.fake_meta.checks import Context

NOW = 1_790_000_000
HASH = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"
WHO = {
    "whatsapp": ("102290129340398", "ARAkLkA8rmlFeiCktEJQ-QTwRiyYHAFDLMNDBH0CD3qpjd0"),
    "messenger": ("110000000000001", "7700000000000001"),
    "instagram": ("17841400000000001", "8800000000000001"),
}


def build(channel="whatsapp", **changes):
    account_id, person_id = WHO.get(channel, ("1", "2"))
    return messaging.build(
        **{
            "channel": channel,
            "account_id": account_id,
            "person_id": person_id,
            "event_name": "LeadSubmitted",
            "event_time": NOW - 60,
            "event_id": "9f0c1b7e-0000-5000-8000-000000000001",
            "user_data": {},
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("channel", "user_data"),
    [
        (
            "whatsapp",
            {
                "whatsapp_business_account_id": WHO["whatsapp"][0],
                "ctwa_clid": WHO["whatsapp"][1],
            },
        ),
        (
            "messenger",
            {
                "page_id": WHO["messenger"][0],
                "page_scoped_user_id": WHO["messenger"][1],
            },
        ),
        (
            "instagram",
            {
                "ig_account_id": WHO["instagram"][0],
                "instagram_business_account_id": WHO["instagram"][0],
                "ig_sid": WHO["instagram"][1],
            },
        ),
    ],
)
def test_each_channel_is_told_who_wrote_to_whom_in_its_own_keys(channel, user_data):
    assert build(channel) == {
        "event_name": "LeadSubmitted",
        "event_time": NOW - 60,
        "action_source": "business_messaging",
        "messaging_channel": channel,
        "event_id": "9f0c1b7e-0000-5000-8000-000000000001",
        "user_data": user_data,
    }


def test_a_sale_carries_its_value_and_no_mark_of_a_lead_form():
    sale = build(event_name="Purchase", value=12.5, currency="eur")
    assert sale["custom_data"] == {"value": 12.5, "currency": "EUR"}


def test_what_a_browser_tells_and_a_lead_form_gives_is_left_out():
    sent = build(
        user_data={
            "em": [HASH, HASH],
            "ph": [],
            "client_ip_address": "192.0.2.7",
            "client_user_agent": "Mozilla/5.0",
            "fbc": "fb.1.1554763741205.AbCd",
            "fbp": "fb.1.1554763741205.1",
            "lead_id": "1234567890123456",
        }
    )
    assert sent["user_data"].keys() == {
        "em",
        "whatsapp_business_account_id",
        "ctwa_clid",
    }
    assert sent["user_data"]["em"] == [HASH]


def test_who_wrote_is_nothing_that_a_further_key_could_change():
    sent = build(user_data={"ctwa_clid": "another"})
    assert sent["user_data"]["ctwa_clid"] == WHO["whatsapp"][1]


@pytest.mark.parametrize(
    ("channel", "account_id", "person_id"),
    [
        ("sms", "1", "2"),
        ("", "1", "2"),
        (None, "1", "2"),
        ("whatsapp", "", "2"),
        ("messenger", None, "2"),
        ("instagram", "1", ""),
        ("whatsapp", "1", None),
    ],
)
def test_an_event_that_could_find_no_chat_is_not_built(channel, account_id, person_id):
    with pytest.raises(ValueError, match="A messaging event needs"):
        build(channel, account_id=account_id, person_id=person_id)


def test_the_offered_names_are_ones_that_meta_takes():
    assert set(messaging.DEFAULTS.values()) <= set(messaging.EVENTS)
    assert "Lead" not in messaging.EVENTS


@pytest.mark.parametrize("channel", WHO)
def test_an_event_without_who_wrote_has_a_problem_that_names_the_key(channel):
    sent = build(channel, user_data={"em": [HASH]})
    key = list(sent["user_data"])[-1]
    del sent["user_data"][key]
    (problem,) = event.problems(sent, now=NOW)
    assert problem.startswith(f"user_data.{key}: ")


@given(
    channel=st.sampled_from([*WHO]),
    event_name=st.sampled_from(messaging.EVENTS),
    value=st.none() | st.floats(0.01, 10**9),
    user_data=st.dictionaries(
        st.sampled_from(["em", "ph", "fn", "ln", "country"]),
        st.lists(st.just(HASH), max_size=2),
    ),
    limited=st.booleans(),
)
def test_whatever_is_built_neither_we_nor_meta_find_fault_with(
    channel, event_name, value, user_data, limited
):
    if event_name == "Purchase":
        value = value or 0
    now = int(time.time())
    sent = build(
        channel,
        event_name=event_name,
        event_time=now - 60,
        value=value,
        currency="EUR",
        user_data=user_data,
        data_processing=event.limited_data_use() if limited else None,
    )
    assert event.problems(sent, now=now) == []
    broken = [rule.name for rule in rules.EVENT_RULES if rule.check(sent, Context(now))]
    assert broken == []
    assert event.encode(sent)


@pytest.mark.parametrize(
    ("reply", "may_have_counted"),
    [
        (Reply(None, failure="timed out"), True),
        (Reply(None, failure="connection refused", was_sent=False), False),
        (Reply(200, body=b""), True),
        (Reply(502, body=b"<html>"), True),
        (Reply(200, body=b'{"events_received": 1'), True),
        (Reply(200, body=b'{"events_received": 1}'), False),
        *(
            (Reply(500, body=json.dumps({"error": error}).encode()), expected)
            for error, expected in [
                ({"code": 1}, True),
                ({"code": 2}, True),
                ({"code": 5000}, True),
                ({"code": 987654}, True),
                ({"code": 100, "error_subcode": 2804003, "is_transient": True}, True),
                ({"code": 100, "error_subcode": 2804003}, False),
                ({"code": 100, "error_subcode": 2804004}, False),
                ({"code": 21009}, False),
                ({"code": 4}, False),
                ({"code": 190}, False),
            ]
        ),
    ],
)
def test_only_what_meta_said_it_did_not_take_is_known(reply, may_have_counted):
    result = Result(reply, classify(reply.status, reply.headers, reply.body))
    assert messaging.may_have_counted(result) is may_have_counted
