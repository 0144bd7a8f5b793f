"""Whether the app's webhooks can bring chats, by what Meta lists of them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import health_chats
from protocol.answer import classify, json_object
from protocol.reply import Reply, Result

CALLBACK = "https://crm.example.com/meta/webhook/secret-path"
WHATSAPP = {
    "object": "whatsapp_business_account",
    "callback_url": CALLBACK,
    "active": True,
    "fields": [{"name": "messages", "version": "v26.0"}],
}


def result(body, status=200):
    raw = json.dumps(body).encode()
    answer = classify(status, {}, raw)
    return Result(Reply(status, {}, raw), answer, json_object(raw))


def look(*rows, heard=()):
    return health_chats.chat_subscription(result({"data": [*rows]}), CALLBACK, heard)


def test_a_channel_that_is_subscribed_and_comes_here_is_well():
    finding = look(WHATSAPP, heard=["whatsapp"])
    assert (finding.level, finding.cure) == ("ok", "")
    assert "WhatsApp" in finding.words


@pytest.mark.parametrize(
    "change",
    [
        {"object": "user"},
        {"callback_url": "https://other.example.com/meta/webhook/secret-path"},
        {"callback_url": None},
        {"active": False},
        {"fields": [{"name": "account_update"}]},
        {"fields": None},
    ],
)
def test_a_channel_that_fell_silent_at_meta_needs_a_person(change):
    finding = look({**WHATSAPP, **change}, heard=["whatsapp"])
    assert finding.level == "attention"
    assert "WhatsApp" in finding.words
    assert "WhatsApp Business Account" in finding.cure
    assert "secret-path" not in finding.words + finding.cure


def test_before_the_first_chat_nothing_is_wrong_and_every_way_is_told():
    page = {**WHATSAPP, "object": "page", "fields": [{"name": "leadgen"}]}
    finding = look(page)
    assert finding.level == "inconclusive"
    for name in ("WhatsApp", "Messenger", "Instagram"):
        assert name in finding.cure


def test_only_what_fell_silent_is_named():
    finding = look(WHATSAPP, heard=["whatsapp", "instagram"])
    assert finding.level == "attention"
    assert "WhatsApp" not in finding.words + finding.cure
    assert "Instagram" in finding.cure


def test_a_page_in_standby_is_heard():
    page = {**WHATSAPP, "object": "page", "fields": [{"name": "standby"}]}
    assert look(page, heard=["messenger"]).level == "ok"


def test_a_refusal_is_no_word_of_the_webhooks():
    refused = result({"error": {"code": 4, "message": "Slow down"}}, 400)
    finding = health_chats.chat_subscription(refused, CALLBACK, ["whatsapp"])
    assert finding.level == "inconclusive"
    assert "Slow down" in finding.words


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["object", "callback_url", "active", "fields", "x"]),
            st.none()
            | st.booleans()
            | st.integers()
            | st.text(max_size=5)
            | st.lists(st.text(max_size=3) | st.none(), max_size=3),
        ),
        max_size=4,
    )
)
def test_rows_of_any_shape_are_judged(rows):
    assert look(*rows).level in ("ok", "inconclusive")
