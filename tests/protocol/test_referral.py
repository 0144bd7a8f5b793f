"""What is read of a chat message: which ad it came from, and nothing that it says."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import referral, webhook
from protocol.referral import CHANNELS, Referral

WABA, NUMBER, PHONE = "102290129340398", "106540352242922", "4915112345678"
CLICK = "ARAkLkA8rmlFeiCktEJQ-QTwRiyYHAFDLMNDBH0CD3qpjd0HR4irJ6LEkR7JwFF4"
AD, PAGE, PSID = "120200000000000001", "110000000000001", "7700000000000001"
INSTAGRAM, IGSID = "17841400000000001", "8800000000000001"
WHEN = 1790000000
SECRET = "I am Ana, my IBAN is DE02 1203 and I want the blue one"
AD_WORDS = "Summer sale of everything"


def whatsapp_message(**changes):
    message = {
        "from": PHONE,
        "id": "wamid.HBgNNDkxNTExMjM0NTY3OBUCABIY",
        "timestamp": str(WHEN),
        "type": "text",
        "text": {"body": SECRET},
        "referral": {
            "source_url": "https://fb.me/3cr4Wqqkv",
            "source_id": AD,
            "source_type": "ad",
            "headline": AD_WORDS,
            "body": AD_WORDS,
            "media_type": "image",
            "image_url": "https://example.com/a.jpg",
            "ctwa_clid": CLICK,
        },
    }
    message["referral"] |= changes.pop("referral", {})
    return {key: item for key, item in {**message, **changes}.items() if item != "gone"}


def whatsapp(*messages, **changes):
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": "15550783881",
            "phone_number_id": NUMBER,
        },
        "contacts": [{"profile": {"name": "Ana Secret"}, "wa_id": PHONE}],
        "messages": list(messages),
        **changes,
    }
    entry = {"id": WABA, "changes": [{"field": "messages", "value": value}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def chat_item(account=PAGE, person=PSID, **changes):
    item = {
        "sender": {"id": person},
        "recipient": {"id": account},
        "timestamp": WHEN * 1000,
        "message": {
            "mid": "m_AG5Hz2U",
            "text": SECRET,
            "referral": {
                "ref": SECRET,
                "ad_id": AD,
                "source": "ADS",
                "type": "OPEN_THREAD",
                "ads_context_data": {"ad_title": AD_WORDS},
            },
        },
    }
    return {**item, **changes}


def chat(*items, kind="page", account=PAGE, name="messaging"):
    entry = {"id": account, "time": WHEN * 1000, name: list(items)}
    return {"object": kind, "entry": [entry]}


def read(body):
    return webhook.read(json.dumps(body).encode())


def one(body):
    delivery = read(body)
    assert delivery.passed_over == ()
    (referral,) = delivery.referrals
    return referral


def test_a_whatsapp_message_says_which_click_and_which_ad_it_came_from():
    found = one(whatsapp(whatsapp_message()))
    assert dataclasses.asdict(found) | {"key": ""} == {
        "key": "",
        "channel": "whatsapp",
        "account_id": WABA,
        "number_id": NUMBER,
        "ad_id": AD,
        "sent_at": WHEN,
        "user_id": None,
        "phone": PHONE,
        "ctwa_clid": CLICK,
    }


@pytest.mark.parametrize("name", ["messaging", "standby"])
@pytest.mark.parametrize(
    ("kind", "channel", "account", "person"),
    [
        ("page", "messenger", PAGE, PSID),
        ("instagram", "instagram", INSTAGRAM, IGSID),
    ],
)
def test_a_chat_message_says_who_wrote_and_from_which_ad(
    kind, channel, account, person, name
):
    item = chat_item(account, person)
    found = one(chat(item, kind=kind, account=account, name=name))
    assert dataclasses.asdict(found) | {"key": ""} == {
        "key": "",
        "channel": channel,
        "account_id": account,
        "number_id": None,
        "ad_id": AD,
        "sent_at": WHEN,
        "user_id": person,
        "phone": None,
        "ctwa_clid": None,
    }


@pytest.mark.parametrize("place", [None, "message", "postback"])
def test_the_referral_is_found_wherever_the_channel_puts_it(place):
    given = {"ad_id": AD, "source": "ADS"}
    item = chat_item(message=None)
    item |= {place: {"mid": "m_1", "referral": given}} if place else {"referral": given}
    assert one(chat(item)).ad_id == AD


def test_instagrams_own_login_gives_a_message_as_a_change():
    change = {"field": "messages", "value": chat_item(INSTAGRAM, IGSID)}
    entry = {"id": INSTAGRAM, "time": WHEN, "changes": [change]}
    assert one({"object": "instagram", "entry": [entry]}).user_id == IGSID


def test_leads_and_messages_of_one_page_are_read_from_one_post():
    body = chat(chat_item())
    lead = {"leadgen_id": "330000000000001", "page_id": PAGE}
    body["entry"][0]["changes"] = [{"field": "leadgen", "value": lead}]
    delivery = read(body)
    assert [item.leadgen_id for item in delivery.notifications] == ["330000000000001"]
    assert [item.ad_id for item in delivery.referrals] == [AD]
    assert delivery.passed_over == ()


@pytest.mark.parametrize(
    "body",
    [
        whatsapp(whatsapp_message()),
        chat(chat_item()),
        chat(chat_item(INSTAGRAM, IGSID), kind="instagram", account=INSTAGRAM),
    ],
)
def test_nothing_of_what_was_said_or_shown_leaves_the_parser(body):
    delivery = read(body)
    everything = json.dumps(dataclasses.asdict(delivery))
    for text in (SECRET, AD_WORDS, "Ana Secret", "wamid", "m_AG5Hz2U", "example.com"):
        assert text not in everything
    for text in (PHONE, PSID, IGSID, CLICK):
        assert text not in repr(delivery)


@pytest.mark.parametrize(
    "body",
    [
        whatsapp(whatsapp_message(referral={"ctwa_clid": None, "source_type": "post"})),
        whatsapp({**whatsapp_message(), "referral": None}),
        whatsapp({**whatsapp_message(), "referral": [CLICK]}),
        whatsapp({"from": PHONE, "type": "text", "text": {"body": SECRET}}),
        chat(chat_item(message={"text": SECRET})),
        chat(chat_item(message={"referral": {"source": "SHORTLINK", "ref": "x"}})),
        chat(chat_item(message={**chat_item()["message"], "is_echo": True})),
        chat(chat_item(message=SECRET)),
        chat({"read": {"watermark": 1}}),
    ],
)
def test_a_message_that_no_ad_brought_is_counted_and_forgotten(body):
    delivery = read(body)
    assert delivery == webhook.Delivery((), (), other_messages=1)


def test_receipts_of_our_own_messages_are_counted_and_forgotten():
    body = whatsapp()
    value = body["entry"][0]["changes"][0]["value"]
    del value["messages"]
    value["statuses"] = [{"status": "read", "recipient_id": PHONE}]
    assert read(body) == webhook.Delivery((), (), other_messages=1)


def test_an_ad_without_a_click_id_is_kept_by_the_number_that_wrote():
    found = one(whatsapp(whatsapp_message(referral={"ctwa_clid": ""})))
    assert (found.ctwa_clid, found.phone) == (None, PHONE)


def test_a_click_without_a_number_is_kept():
    assert one(whatsapp(whatsapp_message(**{"from": "gone"}))).phone is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            whatsapp(
                whatsapp_message(**{"from": "x", "referral": {"ctwa_clid": "a b"}})
            ),
            "a referral without the ID of who wrote",
        ),
        (chat(chat_item(sender=None)), "a referral without the ID of who wrote"),
        (chat(chat_item(sender={"id": "x"})), "a referral without the ID of who wrote"),
        (
            chat(chat_item(recipient=None), account=None),
            "a referral without the ID of the account that was written to",
        ),
        (chat("x"), "a message that is not an object"),
        (whatsapp(7), "a message that is not an object"),
        (whatsapp(messages={}), "messages that are not a list"),
        (
            {"object": "page", "entry": [{"id": PAGE, "messaging": {"a": 1}}]},
            "messages that are not a list",
        ),
        (
            {"object": "instagram", "entry": [{"id": INSTAGRAM, "messaging": 5}]},
            "messages that are not a list",
        ),
        (
            {"object": "instagram", "entry": [{"id": "1", "changes": "x"}]},
            "an entry whose changes are not a list",
        ),
        (
            {"object": "whatsapp_business_account", "entry": [{"id": "1"}]},
            "an entry without changes",
        ),
        (
            {
                "object": "whatsapp_business_account",
                "entry": [{"changes": [{"field": "account_update", "value": {}}]}],
            },
            'a change of field "account_update"',
        ),
        (
            {
                "object": "whatsapp_business_account",
                "entry": [{"changes": [{"field": "messages", "value": []}]}],
            },
            "a change of messages without a value",
        ),
    ],
)
def test_an_odd_shape_is_said_in_words(body, said):
    delivery = read(body)
    assert delivery.passed_over == (said,)
    assert delivery.referrals == ()


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (str(WHEN), WHEN),
        (WHEN * 1000, WHEN),
        (None, None),
        ("soon", None),
        (-1, None),
        (10**30, None),
        (True, None),
    ],
)
def test_the_time_is_in_seconds_or_nothing(given, seconds):
    assert one(whatsapp(whatsapp_message(timestamp=given))).sent_at == seconds
    assert one(chat(chat_item(timestamp=given))).sent_at == seconds


def test_a_redelivery_and_a_second_message_of_one_click_have_the_same_key():
    first = one(whatsapp(whatsapp_message()))
    again = one(whatsapp(whatsapp_message(id="wamid.other", timestamp="1790000099")))
    assert first.key == again.key == one(whatsapp(whatsapp_message())).key
    assert one(chat(chat_item())).key == one(chat(chat_item())).key
    assert len(first.key) == 64


def test_another_click_another_account_and_another_person_have_keys_of_their_own():
    keys = {
        one(body).key
        for body in (
            whatsapp(whatsapp_message()),
            whatsapp(whatsapp_message(referral={"ctwa_clid": CLICK.lower()})),
            chat(chat_item()),
            chat(chat_item(person="7700000000000002")),
            chat(chat_item(), account="110000000000002"),
            chat(chat_item(message={**chat_item()["message"], "mid": "m_2"})),
            chat(chat_item(), kind="instagram"),
        )
    }
    assert len(keys) == 7


def test_a_click_that_another_program_tells_of_has_the_key_of_its_webhook():
    told = referral.given("whatsapp", WABA, f" {CLICK} ", AD)
    assert (told.ctwa_clid, told.user_id, told.ad_id) == (CLICK, None, AD)
    assert told.key == one(whatsapp(whatsapp_message())).key
    told = referral.given("messenger", PAGE, int(PSID))
    assert (told.user_id, told.ctwa_clid, told.account_id) == (PSID, None, PAGE)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sms", WABA, CLICK), "The channel is"),
        ((None, WABA, CLICK), "The channel is"),
        (("whatsapp", "", CLICK), "The account ID"),
        (("whatsapp", "waba", CLICK), "The account ID"),
        (("whatsapp", WABA, ""), "The click ID"),
        (("whatsapp", WABA, "a b"), "The click ID"),
        (("whatsapp", WABA, [CLICK]), "The click ID"),
        (("messenger", PAGE, "ana"), "The user ID"),
        (("instagram", INSTAGRAM, None), "The user ID"),
        (("whatsapp", WABA, CLICK, "an ad"), "The ad ID"),
    ],
)
def test_what_another_program_tells_must_be_of_use_to_meta(arguments, said):
    with pytest.raises(ValueError, match=f"^{said}"):
        referral.given(*arguments)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
    ),
    max_leaves=8,
)
ID = JSON | st.sampled_from([PAGE, PHONE, int(PSID), WABA])
PERSON = JSON | st.fixed_dictionaries({"id": ID})
SPOKEN = st.just(SECRET) | JSON
REFERRAL = JSON | st.fixed_dictionaries(
    {},
    optional={
        "source": st.sampled_from(["ADS", "ads", "SHORTLINK"]) | JSON,
        "source_type": st.sampled_from(["ad", "post"]) | JSON,
        "source_id": ID,
        "ad_id": ID,
        "ctwa_clid": st.sampled_from([CLICK, SECRET]) | JSON,
        "body": SPOKEN,
        "ref": SPOKEN,
    },
)
INNER = JSON | st.fixed_dictionaries(
    {}, optional={"mid": JSON, "text": SPOKEN, "referral": REFERRAL, "is_echo": JSON}
)
MESSAGE = JSON | st.fixed_dictionaries(
    {},
    optional={
        "from": ID,
        "sender": PERSON,
        "recipient": PERSON,
        "timestamp": JSON | st.just(WHEN),
        "id": SPOKEN,
        "text": SPOKEN,
        "message": INNER,
        "postback": INNER,
        "referral": REFERRAL,
    },
)
MESSAGES = JSON | st.lists(MESSAGE, max_size=3)
CHANGE = JSON | st.fixed_dictionaries(
    {"field": st.just("messages") | JSON},
    optional={
        "value": MESSAGE
        | st.fixed_dictionaries({"messages": MESSAGES, "metadata": PERSON})
    },
)
BODY = st.fixed_dictionaries(
    {
        "object": st.sampled_from(["whatsapp_business_account", "page", "instagram"]),
        "entry": st.lists(
            JSON
            | st.fixed_dictionaries(
                {"id": ID},
                optional={
                    "messaging": MESSAGES,
                    "standby": MESSAGES,
                    "changes": JSON | st.lists(CHANGE, max_size=3),
                },
            ),
            max_size=3,
        ),
    }
)


@given(body=BODY)
def test_whatever_comes_is_a_sound_referral_or_said_without_repeating_it(body):
    delivery = read(body)
    for found in delivery.referrals:
        assert isinstance(found, Referral)
        assert found.channel in CHANNELS
        assert found.user_id or found.phone or found.ctwa_clid
        for meta_id in (found.account_id, found.number_id, found.ad_id, found.user_id):
            assert meta_id is None or (meta_id.isascii() and meta_id.isdecimal())
        assert found.sent_at is None or 0 < found.sent_at < 10**10
    assert SECRET not in json.dumps(dataclasses.asdict(delivery))
