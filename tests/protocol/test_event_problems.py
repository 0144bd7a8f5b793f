"""Every local reason why Meta would refuse an event, or take it and not count it."""

import copy
from decimal import Decimal

import pytest
from protocol import event
from protocol.user_data import HASHED_KEYS

NOW = 1_790_000_000
DAY = 24 * 3600
HASH = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"
HASH_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
REMOVE = object()

SOUND = {
    "event_name": "qualified_lead",
    "event_time": NOW - 60,
    "action_source": "system_generated",
    "event_id": "9f0c1b7e-0000-5000-8000-000000000001",
    "user_data": {"lead_id": 1234567890123456, "em": [HASH], "ph": [HASH]},
    "custom_data": {"event_source": "crm", "lead_event_source": "Odoo"},
}
WEBSITE = {
    **SOUND,
    "action_source": "website",
    "event_source_url": "https://shop.example.com/thanks",
    "user_data": {"em": [HASH], "client_user_agent": "Mozilla/5.0"},
    "custom_data": {},
}
MESSAGING = {
    **SOUND,
    "event_name": "LeadSubmitted",
    "action_source": "business_messaging",
    "messaging_channel": "whatsapp",
    "user_data": {"whatsapp_business_account_id": 110000000000001, "ctwa_clid": "Ab"},
    "custom_data": {},
}


def changed(base: dict, **changes) -> dict:
    """A copy with values set by path (``user_data__em``); REMOVE takes a key out."""
    made = copy.deepcopy(base)
    for path, value in changes.items():
        *parents, key = path.split("__")
        holder = made
        for parent in parents:
            holder = holder[parent]
        if value is REMOVE:
            del holder[key]
        else:
            holder[key] = value
    return made


def fields(made: object) -> list[str]:
    return [problem.split(":")[0] for problem in event.problems(made, now=NOW)]


SOUND_CHANGES = [
    {},
    {"event_time": NOW},
    {"event_time": NOW - 7 * DAY},
    {"event_name": "Lead"},
    {"event_name": "Angebot übermittelt"},
    {"event_name": "n" * 50},
    {"event_name": "purchase"},
    {"event_id": REMOVE},
    {"user_data": {"lead_id": 10**14}},
    {"user_data": {"lead_id": 10**17 - 1}},
    {"user_data": {"lead_id": 444444444444}},
    {"user_data": {"lead_id": 10**18 - 1}},
    {"user_data": {"lead_id": "1234567890123456"}},
    {"user_data": {"em": [], "ph": [None], "fbc": "", "lead_id": 10**15}},
    {"user_data": {"em": HASH}},
    {"user_data": {"em": HASH + ".AQIDBAUG"}},
    {"user_data": {"em": HASH + ".Bg"}},
    {"user_data": {"fn": [HASH], "ln": [HASH]}},
    {"user_data": {"external_id": "customer-77"}},
    {"user_data": {"external_id": [HASH, "customer-77"]}},
    {"user_data": {"client_ip_address": "203.0.113.9"}},
    {"user_data": {"client_ip_address": "2001:db8::1.AQIDBAUG"}},
    {"user_data": {"client_ip_address": "203.0.113.9.Bg"}},
    {"user_data": {"fbc": "fb.1.1554763741205.AbCdEf"}},
    {"user_data": {"fb_login_id": 12345}},
    {"user_data": {"em": None, "lead_id": 1234567890123456}},
    {"custom_data__value": 12.5, "custom_data__currency": "EUR"},
    {"custom_data__value": 12, "custom_data__currency": "usd"},
    {"custom_data__order_id": "S0001", "custom_data__own_key": "anything"},
    {"custom_data__contents": [{"id": "A"}], "custom_data__content_ids": ["A"]},
    {"custom_data__value": "12.50", "custom_data__currency": "eur"},
    {"custom_data__content_type": "hotel", "custom_data__content_name": ""},
    {"opt_out": True},
    {"opt_out": None, "referrer_url": "", "partner_agent": "our_crm"},
    {"data_processing_options": []},
    {
        "data_processing_options": ["LDU"],
        "data_processing_options_country": 1,
        "data_processing_options_state": 1013,
    },
    {
        "event_name": "Purchase",
        "custom_data__value": 0,
        "custom_data__currency": "EUR",
    },
    {"customer_segmentation": "new_customer_to_business"},
    {
        "action_source": "physical_store",
        "custom_data": {},
        "event_time": NOW - 62 * DAY,
    },
]


@pytest.mark.parametrize("changes", SOUND_CHANGES)
def test_a_sound_event_has_no_problem(changes):
    assert event.problems(changed(SOUND, **changes), now=NOW) == []


@pytest.mark.parametrize("base", [WEBSITE, MESSAGING], ids=["website", "messaging"])
def test_sound_events_of_other_sources_have_no_problem(base):
    assert event.problems(base, now=NOW) == []


BROKEN = [
    ("event_name", {"event_name": REMOVE}),
    ("event_name", {"event_name": None}),
    ("event_name", {"event_name": ""}),
    ("event_name", {"event_name": "  \n"}),
    ("event_name", {"event_name": "n" * 51}),
    ("event_name", {"event_name": 7}),
    ("event_time", {"event_time": REMOVE}),
    ("event_time", {"event_time": str(NOW)}),
    ("event_time", {"event_time": float(NOW)}),
    ("event_time", {"event_time": True}),
    ("event_time", {"event_time": "2026-09-21T00:00:00Z"}),
    ("event_time", {"event_time": NOW * 1000}),
    ("event_time", {"event_time": NOW + 1}),
    ("event_time", {"event_time": NOW - 7 * DAY - 1}),
    ("event_time", {"event_time": 0}),
    ("event_time", {"event_time": NOW - 62 * DAY - 1, "custom_data": {},
                    "action_source": "physical_store"}),
    ("event_time", {"event_time": -5}),
    ("action_source", {"action_source": REMOVE}),
    ("action_source", {"action_source": "crm"}),
    ("action_source", {"action_source": ["system_generated"]}),
    ("action_source", {"action_source": "website", "event_source_url": "https://x.y",
                       "user_data__client_user_agent": "Mozilla"}),
    ("event_id", {"event_id": ""}),
    ("event_id", {"event_id": 17}),
    ("user_data", {"user_data": REMOVE}),
    ("user_data", {"user_data": []}),
    ("user_data", {"user_data": {}}),
    ("user_data", {"user_data": {"em": None}}),
    ("custom_data", {"custom_data": "crm", "action_source": "email"}),
    ("custom_data.event_source", {"custom_data__event_source": REMOVE}),
    ("custom_data.event_source", {"custom_data__event_source": "CRM"}),
    ("custom_data.lead_event_source", {"custom_data__lead_event_source": REMOVE}),
    ("custom_data.lead_event_source", {"custom_data__lead_event_source": 3}),
    ("custom_data.currency", {"custom_data__value": 5}),
    ("custom_data.currency", {"custom_data__currency": "EURO"}),
    ("custom_data.currency", {"custom_data__currency": "€"}),
    ("custom_data.currency", {"custom_data__currency": 978}),
    ("custom_data.value", {"custom_data__value": "", "custom_data__currency": "EUR"}),
    ("custom_data.value", {"custom_data__value": "5,00",
                           "custom_data__currency": "EUR"}),
    ("custom_data.value", {"custom_data__value": "5 EUR",
                           "custom_data__currency": "EUR"}),
    ("custom_data.value", {"custom_data__value": "1e9999",
                           "custom_data__currency": "EUR"}),
    ("custom_data.currency", {"custom_data__currency": "EUT"}),
    ("custom_data.currency", {"custom_data__value": 5, "custom_data__currency": ""}),
    ("custom_data.num_items", {"custom_data__num_items": [2]}),
    ("custom_data.lead_event_source", {"custom_data__lead_event_source": " "}),
    ("custom_data.value", {"custom_data__value": True, "custom_data__currency": "EUR"}),
    ("custom_data.value", {"event_name": "Purchase", "custom_data__currency": "EUR"}),
    ("custom_data.currency", {"event_name": "Purchase", "custom_data__value": 5}),
    ("custom_data.value", {"custom_data__value": float("nan"),
                           "custom_data__currency": "EUR"}),
    ("custom_data.predicted_ltv", {"custom_data__predicted_ltv": "high"}),
    ("custom_data.order_id", {"custom_data__order_id": 12}),
    ("custom_data.contents", {"custom_data__contents": {"id": "A"}}),
    ("custom_data.contents", {"custom_data__contents": ["A"]}),
    ("custom_data.content_type", {"custom_data__content_type": "car"}),
    ("custom_data.note", {"custom_data__note": float("inf")}),
    ("custom_data.note", {"custom_data__note": {1, 2}}),
    ("custom_data.note", {"custom_data__note": b"bytes"}),
    ("custom_data.note", {"custom_data__note": Decimal("1")}),
    ("custom_data.note", {"custom_data__note": 2**64}),
    ("custom_data.note", {"custom_data__note": "\ud800"}),
    ("custom_data", {"custom_data": {**SOUND["custom_data"], 5: "key"}}),
    ("opt_out", {"opt_out": "true"}),
    ("referrer_url", {"referrer_url": 5}),
    ("event_label", {"event_label": "x"}),
    ("original_event_data", {"original_event_data": "Purchase"}),
    ("app_data", {"app_data": []}),
    ("messaging_channel", {"messaging_channel": "sms"}),
    ("customer_segmentation", {"customer_segmentation": "new"}),
    ("data_processing_options", {"data_processing_options": "LDU"}),
    ("data_processing_options", {"data_processing_options": ["CCPA"]}),
    ("data_processing_options_country", {"data_processing_options": ["LDU"],
                                         "data_processing_options_state": 1000}),
    ("data_processing_options_country", {"data_processing_options_country": 49,
                                         "data_processing_options_state": 0}),
    ("data_processing_options_country", {"data_processing_options_country": True,
                                         "data_processing_options_state": 0}),
    ("data_processing_options_state", {"data_processing_options_country": 1}),
    ("data_processing_options_state", {"data_processing_options_country": 1,
                                       "data_processing_options_state": 1014}),
]  # fmt: skip


@pytest.mark.parametrize(("field", "changes"), BROKEN)
def test_a_broken_event_has_a_problem_that_names_the_field(field, changes):
    assert fields(changed(SOUND, **changes)) == [field]


USER_DATA = [
    ("lead_id", "l:1234567890123456"),
    ("lead_id", "0123456789012345"),
    ("lead_id", " 1234567890123456"),
    ("lead_id", ""),
    ("lead_id", [1234567890123456]),
    ("lead_id", 1234567890123456.0),
    ("lead_id", True),
    ("lead_id", HASH),
    ("lead_id", 10**11 - 1),
    ("lead_id", 10**18),
    ("lead_id", "9" * 19),
    ("lead_id", 0),
    ("lead_id", -1234567890123456),
    *[(key, "plain text") for key in sorted(HASHED_KEYS - {"external_id"})],
    ("em", "ana@example.com"),
    ("em", ["ana@example.com", HASH]),
    ("em", HASH.upper()),
    ("em", HASH_OF_NOTHING),
    ("em", [HASH, HASH_OF_NOTHING]),
    ("em", HASH_OF_NOTHING + ".AQIDBAUG"),
    ("em", HASH[:-1]),
    ("em", HASH + "0"),
    ("em", HASH + ".AQI"),
    ("em", f" {HASH}"),
    ("em", "0cc175b9c0f1b6a831c399e269772661"),
    ("em", ""),
    ("em", [""]),
    ("em", [None, "ana@example.com"]),
    ("em", [[HASH]]),
    ("em", {"sha256": HASH}),
    ("em", 5),
    ("external_id", 77),
    ("external_id", " "),
    ("external_id", HASH_OF_NOTHING.upper()),
    ("client_ip_address", "203.0.113"),
    ("client_ip_address", " 203.0.113.9"),
    ("client_ip_address", HASH),
    ("client_ip_address", 3405803785),
    ("client_user_agent", ["Mozilla"]),
    ("client_user_agent", HASH),
    ("fbc", HASH),
    ("fbp", HASH.upper()),
    ("fbp", 1116446470),
    ("page_id", 1.5),
    ("fb_login_id", "me"),
    ("subscription_id", {}),
    ("email", HASH),
    ("phone", "+15550100123"),
]


@pytest.mark.parametrize(("key", "value"), USER_DATA)
def test_broken_customer_information_has_a_problem_that_names_the_key(key, value):
    base = changed(SOUND, user_data={"external_id": "77", "lead_id": 10**15})
    problems = fields(changed(base, **{f"user_data__{key}": value}))
    assert set(problems) == {f"user_data.{key}"}


@pytest.mark.parametrize(
    "keys",
    [
        ("ct",),
        ("ct", "country", "st", "zp", "ge", "client_user_agent"),
        ("db",),
        ("db", "client_user_agent"),
        ("fn",),
        ("fn", "ge"),
        ("ln", "ge"),
        ("client_user_agent",),
        ("page_id",),
        ("page_id", "whatsapp_business_account_id", "ig_account_id"),
    ],
)
def test_customer_information_that_is_too_broad_is_found(keys):
    plain = {"client_user_agent": "Mozilla"}
    user = {key: plain.get(key, "17" if "_id" in key else HASH) for key in keys}
    assert fields(changed(SOUND, user_data=user)) == ["user_data"]


@pytest.mark.parametrize(
    "keys", [("fn", "ln"), ("ct", "db"), ("fn", "zp"), ("ge", "country", "ph")]
)
def test_customer_information_outside_metas_broad_sets_is_enough(keys):
    user = dict.fromkeys(keys, HASH)
    assert fields(changed(SOUND, user_data=user)) == []


def test_a_website_event_needs_its_address_and_the_browser():
    changes = {
        "event_source_url": REMOVE,
        "user_data__client_user_agent": REMOVE,
    }
    assert fields(changed(WEBSITE, **changes)) == [
        "event_source_url",
        "user_data.client_user_agent",
    ]


@pytest.mark.parametrize("name", ["Lead", "qualified_lead", "Contact", "purchase"])
def test_business_messaging_takes_its_own_names_only(name):
    assert fields(changed(MESSAGING, event_name=name)) == ["event_name"]


def test_the_usual_mistake_with_messaging_names_is_explained():
    [problem] = event.problems(changed(MESSAGING, event_name="Lead"), now=NOW)
    assert "LeadSubmitted" in problem


def test_each_problem_is_told_once_and_all_are_told():
    made = {"event_name": "", "user_data": {"em": ["a", "b", "c"]}}
    assert fields(made) == [
        "event_name",
        "event_time",
        "action_source",
        "user_data.em",
    ]


def test_no_problem_repeats_a_value_or_a_key_that_may_be_somebodys():
    personal = "ana.secret@example.com"
    made = changed(
        SOUND,
        event_name=personal * 9,
        user_data={"em": personal, personal: 1, "lead_id": personal, "fbc": [personal]},
        custom_data={personal: float("nan"), "currency": personal, "value": personal},
        action_source=personal,
        event_id=[personal],
    )
    text = " ".join(event.problems(made, now=NOW))
    assert "ana" not in text
    assert "secret" not in text


def test_the_seven_days_leave_an_hour_for_the_way():
    assert (event.MAX_AGE, event.MARGIN) == (7 * DAY, 3600)


def test_purchase_is_the_standard_event_that_needs_a_value():
    assert frozenset({"Purchase"}) == event.STANDARD_EVENTS_WITH_VALUE
