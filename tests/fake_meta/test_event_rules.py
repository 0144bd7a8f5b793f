"""Every rule about events: one case that trips it, and neighbours that do not."""

from __future__ import annotations

import copy
import time

import pytest

from . import rules
from .conftest import DATASET, TOKEN, codes, sha256

DAY = 86400
EM = sha256("ana@example.com")
EMPTY = sha256("")


def set_in(event: dict, path: str, value: object) -> None:
    """Set a value at a dotted path of an event."""
    *parents, last = path.split(".")
    for key in parents:
        event = event.setdefault(key, {})
    event[last] = value


NOW = object()  # stands for the time of the test plus an offset in seconds


def chat(channel: str, email: str = EM, **user_data: str) -> list[tuple[str, object]]:
    """What makes the usual event one of business messaging."""
    return [
        ("action_source", "business_messaging"),
        ("messaging_channel", channel),
        ("event_name", "LeadSubmitted"),
        ("user_data", {"em": [email], **user_data}),
    ]


# rule -> what makes a sound event break it: (dotted path, value) pairs; a path of ""
# replaces the whole event; ("event_time", (NOW, offset)) is relative to the test.
BROKEN: dict[str, list[list[tuple[str, object]]]] = {
    "event_not_an_object": [[("", 7)], [("", None)], [("", "text")], [("", [])]],
    "unexpected_key": [
        [("advertiser_tracking_enabled", True)],
        [("user_data.email", EM)],
        [("value", 3)],
    ],
    "missing_name": [
        [("event_name", None)],
        [("event_name", "")],
        [("event_time", None)],
        [("action_source", None)],
        [("action_source", "website")],
        [("action_source", "business_messaging")],
    ],
    "wrong_type": [
        [("event_name", 5)],
        [("event_time", "1790000000")],
        [("event_time", 1790000000.5)],
        [("event_time", True)],
        [("event_id", 77)],
        [("opt_out", "yes")],
        [("user_data", [])],
        [("user_data", "text")],
        [("custom_data", "")],
        [("custom_data.value", "12.50"), ("custom_data.currency", "EUR")],
        [("custom_data.value", True), ("custom_data.currency", "EUR")],
        [("user_data.em", [5])],
        [("user_data.em", {"0": EM})],
        [("user_data.ph", [None])],
        [("user_data.client_ip_address", ["1.2.3.4"])],
        [("user_data.fb_login_id", "12")],
        [("custom_data.contents", ["a"])],
        [("data_processing_options", "LDU")],
    ],
    "wrong_value": [
        [("action_source", "crm")],
        [("action_source", "SYSTEM_GENERATED")],
        [("custom_data.currency", "EURO")],
        [("custom_data.currency", "XYZ")],
        [("custom_data.currency", "")],
        [("custom_data.content_type", "house")],
        [("customer_segmentation", "new")],
        [("messaging_channel", "sms")],
    ],
    "limited_data_use": [
        [("data_processing_options", ["LDU"])],
        [("data_processing_options", ["ldu"])],
        [("data_processing_options_country", 1)],
        [
            ("data_processing_options", ["LDU"]),
            ("data_processing_options_country", 1),
            ("data_processing_options_state", 999),
        ],
        [
            ("data_processing_options", ["LDU"]),
            ("data_processing_options_country", 33),
            ("data_processing_options_state", 0),
        ],
    ],
    "not_hashed": [
        [("user_data.em", ["ana@example.com"])],
        [("user_data.em", "ana@example.com")],
        [("user_data.em", [EM.upper()])],
        [("user_data.em", [EM[:-1]])],
        [("user_data.em", [EM + "0"])],
        [("user_data.em", [EM + "\n"])],
        [("user_data.em", [EM, ""])],
        [("user_data.em", [EMPTY])],
        [("user_data.em", [EMPTY + ".AQIAAAAA"])],
        [("user_data.ph", ["d41d8cd98f00b204e9800998ecf8427e"])],
        [("user_data.fn", "ana")],
        [("user_data.country", ["us"])],
        [("user_data.zp", [EM.replace(EM[0], "g")])],
    ],
    "wrong_ip_address": [
        [("user_data.client_ip_address", "1.2.3")],
        [("user_data.client_ip_address", "1.2.3.4 ")],
        [("user_data.client_ip_address", EM)],
    ],
    "wrong_lead_id": [
        [("user_data.lead_id", 99_999_999_999_999)],
        [("user_data.lead_id", 100_000_000_000_000_000)],
        [("user_data.lead_id", "1234567890123456")],
        [("user_data.lead_id", 1234567890123456.0)],
        [("user_data.lead_id", "l:1234567890123456")],
        [("user_data.lead_id", -1234567890123456)],
        [("user_data.lead_id", True)],
        [("user_data.lead_id", [1234567890123456])],
        [("user_data.lead_id", 0)],
        [("user_data.lead_id", "")],
    ],
    "too_old": [
        [("event_time", (NOW, -7 * DAY - 30))],
        [("event_time", 0)],
        [("event_time", -5)],
        [("event_time", (NOW, -62 * DAY - 30)), ("action_source", "physical_store")],
    ],
    "in_the_future": [
        [("event_time", (NOW, 90))],
        [("event_time", 1_790_000_000_000)],
        [("event_time", 10**30)],
    ],
    "no_user_data": [
        [("user_data", None)],
        [("user_data", {})],
        [("user_data", {"em": [], "lead_id": None, "client_user_agent": ""})],
    ],
    "too_broad": [
        [("user_data", {"ct": [EM], "country": [EM], "st": [EM], "zp": [EM]})],
        [("user_data", {"ge": EM, "client_user_agent": "Mozilla"})],
        [("user_data", {"client_user_agent": "Mozilla"})],
        [("user_data", {"db": EM, "client_user_agent": "Mozilla"})],
        [("user_data", {"fn": EM})],
        [("user_data", {"fn": EM, "ge": EM, "em": []})],
        [("user_data", {"ln": EM, "ge": EM})],
    ],
    "purchase_without_value": [
        [("event_name", "Purchase")],
        [("event_name", "Purchase"), ("custom_data.currency", "EUR")],
    ],
    "purchase_without_currency": [
        [("event_name", "Purchase"), ("custom_data.value", 5)],
    ],
    "value_without_currency": [
        [("custom_data.value", 5)],
        [("custom_data.value", 0)],
    ],
    "app_event_without_os_version": [
        [("action_source", "app")],
        [
            ("action_source", "app"),
            ("app_data", {"extinfo": ["a2", "", "", "", "", *[""] * 11]}),
        ],
    ],
    "messaging_name": [
        [
            ("action_source", "business_messaging"),
            ("messaging_channel", "whatsapp"),
            ("event_name", "Lead"),
        ],
    ],
    "messenger_without_page": [
        [
            ("action_source", "business_messaging"),
            ("messaging_channel", "messenger"),
            ("event_name", "LeadSubmitted"),
        ],
    ],
    "whatsapp_without_account": [
        [
            ("action_source", "business_messaging"),
            ("messaging_channel", "whatsapp"),
            ("event_name", "LeadSubmitted"),
        ],
    ],
    "instagram_without_account": [
        [
            ("action_source", "business_messaging"),
            ("messaging_channel", "instagram"),
            ("event_name", "LeadSubmitted"),
        ],
    ],
    "whatsapp_without_click": [
        chat("whatsapp", whatsapp_business_account_id="1"),
        chat("whatsapp", whatsapp_business_account_id="1", ctwa_clid=""),
        chat("whatsapp", whatsapp_business_account_id="1", ctwa_clid="A B"),
    ],
    "messenger_without_person": [chat("messenger", page_id="1")],
    "instagram_without_person": [chat("instagram", ig_account_id="1")],
}

# What stands close to a rule and keeps it.
SOUND: dict[str, list[list[tuple[str, object]]]] = {
    "event_not_an_object": [[]],
    "unexpected_key": [
        [("custom_data.anything", {"of": "ours"})],
        [("user_data.external_id", "odoo-7")],
        [("partner_agent", "odoo_1_0")],
    ],
    "missing_name": [
        [("action_source", "website"), ("event_source_url", "https://example.com/a")],
    ],
    "wrong_type": [
        [("event_id", None)],
        [("opt_out", False)],
        [("user_data.em", EM)],
        [("user_data.external_id", ["a", "b"])],
        [("custom_data.order_id", "SO7"), ("custom_data.num_items", 2)],
    ],
    "wrong_value": [
        [("custom_data.currency", "EUR"), ("custom_data.value", 12.5)],
        [("custom_data.currency", "eur"), ("custom_data.value", 12)],
        [("customer_segmentation", "customer_in_loyalty_program")],
    ],
    "limited_data_use": [
        [("data_processing_options", [])],
        [
            ("data_processing_options", ["LDU"]),
            ("data_processing_options_country", 1),
            ("data_processing_options_state", 1013),
        ],
        [
            ("data_processing_options", ["LDU"]),
            ("data_processing_options_country", 0),
            ("data_processing_options_state", 0),
        ],
    ],
    "not_hashed": [
        [("user_data.em", [EM])],
        [("user_data.em", [EM + ".AQIAAAAA"])],
        [("user_data.em", [EM + ".AQ"])],
        [("user_data.em", None)],
        [("user_data.external_id", "not hashed")],
        [("user_data.fbc", "fb.1.1554763741205.AbCd")],
    ],
    "wrong_ip_address": [
        [("user_data.client_ip_address", "192.0.2.7")],
        [("user_data.client_ip_address", "2001:db8::1")],
    ],
    "wrong_lead_id": [
        [("user_data.lead_id", 100_000_000_000_000)],
        [("user_data.lead_id", 99_999_999_999_999_999)],
    ],
    "too_old": [
        [("event_time", (NOW, -7 * DAY + 60))],
        [("event_time", (NOW, -61 * DAY)), ("action_source", "physical_store")],
    ],
    "in_the_future": [[("event_time", (NOW, 30))]],
    "no_user_data": [[("user_data", {"em": [EM]})]],
    "too_broad": [
        [("user_data", {"fn": EM, "ln": EM})],
        [("user_data", {"client_user_agent": "M", "client_ip_address": "192.0.2.7"})],
        [("user_data", {"db": EM, "ge": EM})],
        [("user_data", {"ct": EM, "ph": EM})],
    ],
    "purchase_without_value": [
        [
            ("event_name", "Purchase"),
            ("custom_data.value", 0),
            ("custom_data.currency", "EUR"),
        ],
        [("event_name", "purchase")],
    ],
    "purchase_without_currency": [[("event_name", "Won")]],
    "value_without_currency": [[("custom_data.currency", "EUR")]],
    "app_event_without_os_version": [
        [
            ("action_source", "app"),
            ("app_data", {"extinfo": ["a2", "", "", "", "17", *[""] * 11]}),
        ],
    ],
    "messaging_name": [[("event_name", "Lead")]],
    "messenger_without_page": [
        [
            ("action_source", "business_messaging"),
            ("messaging_channel", "messenger"),
            ("event_name", "LeadSubmitted"),
            ("user_data", {"page_id": "11", "page_scoped_user_id": "7"}),
        ],
    ],
    "whatsapp_without_account": [
        [
            ("action_source", "business_messaging"),
            ("messaging_channel", "whatsapp"),
            ("event_name", "QualifiedLead"),
            ("user_data", {"whatsapp_business_account_id": "1", "ctwa_clid": "A"}),
        ],
    ],
    "instagram_without_account": [
        [
            ("action_source", "business_messaging"),
            ("messaging_channel", "instagram"),
            ("event_name", "Purchase"),
            ("custom_data", {"value": 1, "currency": "EUR"}),
            ("user_data", {"ig_account_id": "1", "ig_sid": "2"}),
        ],
    ],
    "whatsapp_without_click": [
        chat("whatsapp", whatsapp_business_account_id="1", ctwa_clid="ARa-_Z"),
    ],
    "messenger_without_person": [
        chat("messenger", page_id="1", page_scoped_user_id="2"),
    ],
    "instagram_without_person": [chat("instagram", ig_account_id="1", ig_sid="2")],
}


def cases(table: dict[str, list]) -> list:
    return [
        pytest.param(name, changes, id=f"{name}-{number}")
        for name, variants in table.items()
        for number, changes in enumerate(variants)
    ]


def changed(event: dict, changes: list[tuple[str, object]]) -> object:
    event = copy.deepcopy(event)
    for path, value in changes:
        if isinstance(value, tuple):
            value = int(time.time()) + value[1]
        if path == "":
            return value
        set_in(event, path, value)
    return event


def test_every_event_rule_has_a_case_that_breaks_it_and_one_that_keeps_it():
    names = [rule.name for rule in rules.EVENT_RULES]
    assert list(BROKEN) == names
    assert list(SOUND) == names


@pytest.mark.parametrize(("name", "changes"), cases(BROKEN))
def test_an_event_that_breaks_a_rule_is_refused_with_its_codes(meta, name, changes):
    rule = rules.RULES[name]
    broken = changed(meta.event(), changes)
    answer = meta.send(meta.event(), broken)
    assert answer.status_code == rule.status
    assert codes(answer) == (rule.code, rule.subcode)
    error = answer.json()["error"]
    assert error["error_user_title"] == rule.title
    assert error["is_transient"] is False
    if rule.subcode == 2804019:
        assert "$['data'][1]" in error["message"]
        assert "$['data'][1]" in error["error_user_msg"]
    report = meta.control.report()
    assert report["accepted"] == 0
    assert [refused["rule"] for refused in report["refused"]] == [name]


@pytest.mark.parametrize(("name", "changes"), cases(SOUND))
def test_an_event_that_keeps_a_rule_is_accepted(meta, name, changes):
    answer = meta.send(changed(meta.event(), changes))
    assert answer.json()["events_received"] == 1
    assert meta.control.report()["accepted"] == 1


def test_a_refusal_names_the_path_down_to_the_item_of_a_list(meta):
    user_data = {"em": [EM, "ana@example.com"], "ph": [EM]}
    message = meta.send(meta.event(user_data=user_data)).json()["error"]["message"]
    assert "$['data'][0]['user_data']['em'][1]" in message
    assert "ana@example.com" not in message


def test_one_broken_event_refuses_the_whole_request(meta):
    events = [meta.event() for _ in range(49)]
    answer = meta.send(*events, meta.event(event_time=1_000_000_000))
    assert codes(answer) == (100, 2804003)
    assert meta.control.report()["accepted"] == 0
    assert meta.send(*events).json()["events_received"] == 49


def test_the_first_broken_event_gives_the_answer(meta):
    old = meta.event(event_time=1_000_000_000)
    assert codes(meta.send(old, meta.event(event_name=None))) == (100, 2804003)
    assert codes(meta.send(meta.event(event_name=None), old)) == (100, 2804019)


def test_a_thousand_events_are_accepted_and_one_more_is_not(meta):
    lead_id = meta.lead()
    events = [meta.event(lead_id, event_id=f"e{n}") for n in range(1001)]
    assert codes(meta.send(*events)) == (100, None)
    assert meta.send(*events[:1000]).json()["events_received"] == 1000


@pytest.mark.parametrize("data", [{}, "x", 7, True, "", "{}", "[1"])
def test_data_that_is_no_list_is_refused(meta, data):
    answer = meta.call("POST", f"{DATASET}/events", TOKEN, json={"data": data})
    assert codes(answer) == (100, None)
    assert "must be an array" in answer.json()["error"]["message"]


def test_an_empty_list_of_events_is_refused(meta):
    assert codes(meta.send()) == (100, None)
    assert "non-empty" in meta.send().json()["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"data":null}', b"{", b"[]", b"null", b"\xff\xfe", b'{"data":NaN}'],
)
def test_a_body_without_data_says_that_data_is_required(meta, body):
    answer = meta.call(
        "POST",
        f"{DATASET}/events",
        TOKEN,
        data=body,
        headers={"Content-Type": "application/json"},
    )
    assert codes(answer) == (100, None)
    assert answer.json()["error"]["message"] == "(#100) The parameter data is required"


@pytest.mark.parametrize(
    ("agent", "accepted"),
    [
        ("odoo_1_0", True),
        ("a" * 22, True),
        ("a" * 23, False),
        ("a1", False),
        ("", False),
        (7, False),
    ],
)
def test_partner_agent_keeps_its_limits(meta, agent, accepted):
    answer = meta.send(meta.event(), partner_agent=agent)
    assert ("events_received" in answer.json()) is accepted


def test_a_test_event_code_is_kept_and_the_event_counts_all_the_same(meta):
    meta.send(meta.event(), test_event_code="TEST12345", partner_agent="odoo_1_0")
    report = meta.control.report()
    assert report["counted"] == 1
    assert report["events"][0]["test_event_code"] == "TEST12345"
    assert report["events"][0]["partner_agent"] == "odoo_1_0"


def test_a_test_event_code_must_be_text(meta):
    assert codes(meta.send(meta.event(), test_event_code=5)) == (100, None)
