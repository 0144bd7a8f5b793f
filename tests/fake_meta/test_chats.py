"""Chats that ads open: their signed webhooks, and which of their events count."""

import json
import time

import pytest

from . import rules
from .conftest import APP, SECRET
from .webhooks import sign

WABA, IG = "102290129340398", "17841400000000001"
PAGE = "110000000000001"
ACCOUNTS = {"whatsapp": WABA, "messenger": PAGE, "instagram": IG}
CHAT_DATASET = "500000000000007"
AD = "120200000000000001"


@pytest.fixture
def chats(meta):
    """The stage with a dataset of the WhatsApp account that the token reaches."""
    meta.control.add_dataset(CHAT_DATASET, "Chats", account_id=WABA)
    meta.control.add_token(
        "chat-token", "system_user", app_id=APP, dataset_ids=[CHAT_DATASET]
    )
    return meta


def send(meta, *events):
    return meta.send(*events, token="chat-token", dataset=CHAT_DATASET)


def event_of(meta, chat, **changes):
    user_data = {
        "whatsapp_business_account_id": chat["account_id"],
        "ctwa_clid": chat["person_id"],
    }
    return meta.event(
        **{
            "event_name": "LeadSubmitted",
            "action_source": "business_messaging",
            "messaging_channel": "whatsapp",
            "event_time": int(time.time()),
            "custom_data": None,
            "user_data": user_data,
            **changes,
        }
    )


@pytest.mark.parametrize("channel", ACCOUNTS)
def test_a_chat_is_announced_signed_with_its_ad_and_text(meta, callback, channel):
    chat = meta.control.create_chat(channel, ACCOUNTS[channel], ad_id=AD)
    (answer,) = meta.control.deliver_chats(callback.url, APP, [chat["id"]], text="Hi")
    assert answer["status"] == 200
    ((headers, raw),) = callback.posts
    assert headers["X-Hub-Signature-256"] == sign(raw, SECRET)["X-Hub-Signature-256"]
    told = raw.decode()
    assert AD in told
    assert "Hi" in told
    assert chat["person_id"] in told
    assert json.loads(raw)["entry"][0]["id"] == ACCOUNTS[channel]


def test_a_chat_without_an_ad_has_no_click_and_no_referral(meta, callback):
    chat = meta.control.create_chat("whatsapp", WABA)
    assert chat["person_id"] is None
    meta.control.deliver_chats(callback.url, APP, [chat["id"]])
    assert b"referral" not in callback.posts[0][1]


def test_a_spoilt_signature_is_no_signature_of_the_app(meta, callback):
    chat = meta.control.create_chat("whatsapp", WABA, ad_id=AD)
    meta.control.deliver_chats(callback.url, APP, [chat["id"]], signature="wrong")
    ((headers, raw),) = callback.posts
    sound = sign(raw, SECRET)["X-Hub-Signature-256"]
    assert headers["X-Hub-Signature-256"] != sound


def test_an_event_of_a_chat_from_an_ad_counts(chats):
    chat = chats.control.create_chat("whatsapp", WABA, ad_id=AD)
    sale = {"value": 12.5, "currency": "EUR"}
    events = [
        event_of(chats, chat),
        event_of(chats, chat, event_name="Purchase", custom_data=sale),
    ]
    assert send(chats, *events).json()["events_received"] == 2
    assert chats.control.report()["counted"] == 2


def test_the_same_event_twice_is_counted_twice_and_named(chats):
    chat = chats.control.create_chat("whatsapp", WABA, ad_id=AD)
    event = event_of(chats, chat)
    for _ in range(2):
        send(chats, event)
    report = chats.control.report()
    assert report["counted"] == 2
    assert [item["kind"] for item in report["duplicates"]] == ["same_event_id"]


NOT_COUNTED = {
    "not_of_a_chat": {
        "action_source": "system_generated",
        "messaging_channel": None,
    },
    "with_browser_data": {"user_data": {"fbc": "fb.1.1554763741205.AbCd"}},
    "of_another_account": {"user_data": {"whatsapp_business_account_id": "7"}},
    "without_a_chat": {"user_data": {"ctwa_clid": "ARnobodys"}},
    "before_the_chat": {"event_time": int(time.time()) - 3600},
}


def test_every_rule_of_counting_chats_has_a_case():
    assert list(NOT_COUNTED) == [rule.name for rule in rules.CHAT_RULES]


@pytest.mark.parametrize("name", NOT_COUNTED)
def test_an_event_may_be_accepted_and_yet_not_counted(chats, name):
    chat = chats.control.create_chat("whatsapp", WABA, ad_id=AD)
    changes = dict(NOT_COUNTED[name])
    sound = event_of(chats, chat)
    if "user_data" in changes:
        changes["user_data"] = {**sound["user_data"], **changes["user_data"]}
    event = {**sound, **changes}
    event = {key: value for key, value in event.items() if value is not None}
    assert send(chats, event).json()["events_received"] == 1
    (line,) = chats.control.report()["not_counted"]
    assert line["why"] == rules.RULES[name].when


def test_a_chat_that_no_ad_opened_counts_nothing(chats):
    person = "7700000000000001"
    chats.control.add_dataset("500000000000008", "Page", account_id=PAGE)
    chats.control.add_token(
        "page-token", "system_user", app_id=APP, dataset_ids=["500000000000008"]
    )
    chats.control.create_chat("messenger", PAGE, person_id=person)
    user_data = {"page_id": PAGE, "page_scoped_user_id": person}
    event = event_of(
        chats,
        {"account_id": "", "person_id": ""},
        messaging_channel="messenger",
        user_data=user_data,
    )
    chats.send(event, token="page-token", dataset="500000000000008")
    assert chats.control.report()["counted"] == 0
    chats.control.create_chat("messenger", PAGE, person_id="7700000000000002", ad_id=AD)
    event["user_data"] = {**user_data, "page_scoped_user_id": "7700000000000002"}
    chats.send(event, token="page-token", dataset="500000000000008")
    assert chats.control.report()["counted"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("sms", WABA, {}),
        ("whatsapp", "x", {}),
        ("whatsapp", WABA, {"ad_id": "an ad"}),
        ("messenger", PAGE, {"person_id": ""}),
    ],
)
def test_a_chat_that_cannot_be_is_refused(meta, arguments):
    channel, account_id, details = arguments
    with pytest.raises(ValueError, match="must be"):
        meta.control.create_chat(channel, account_id, **details)
