"""One CRM event: its identity, its form, its bytes."""

import json
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import event

DATASET = "880000000000001"
LEAD = "1234567890123456"
NOW = 1_790_000_000
EMAIL_HASH = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"


def built(**changes) -> dict:
    given_values = {
        "event_name": "qualified_lead",
        "event_time": NOW - 60,
        "event_id": event.event_id(DATASET, LEAD, "qualified_lead", 0),
        "lead_id": LEAD,
        "user_data": {"em": [EMAIL_HASH]},
    }
    return event.build(**{**given_values, **changes})


# --- identity -------------------------------------------------------------------------


def test_an_event_id_is_the_same_for_ever():
    expected = "8d2f48b7-c746-5fb6-b2c0-25490be0823d"
    assert event.event_id(DATASET, LEAD, "qualified_lead", 0) == expected
    assert str(uuid.UUID(expected)) == expected
    assert uuid.UUID(expected).version == 5


def test_every_part_of_the_identity_changes_the_id():
    ids = {
        event.event_id(DATASET, LEAD, "qualified_lead", 0),
        event.event_id("880000000000002", LEAD, "qualified_lead", 0),
        event.event_id(DATASET, "1234567890123457", "qualified_lead", 0),
        event.event_id(DATASET, LEAD, "converted", 0),
        event.event_id(DATASET, LEAD, "qualified_lead", 1),
    }
    assert len(ids) == 5


PART = st.text(min_size=1, max_size=12)
IDENTITY = st.tuples(PART, PART, PART, st.integers(0, 20))


@given(IDENTITY, IDENTITY)
def test_different_identities_never_share_an_id(one, other):
    same = event.event_id(*one) == event.event_id(*other)
    assert same == (one == other)


@pytest.mark.parametrize(
    "parts",
    [("", LEAD, "x", 0), (DATASET, "", "x", 0), (DATASET, LEAD, "", 0)],
)
def test_an_identity_with_an_empty_part_is_refused(parts):
    with pytest.raises(ValueError, match="dataset"):
        event.event_id(*parts)


def test_a_negative_entry_is_refused():
    with pytest.raises(ValueError, match="entry"):
        event.event_id(DATASET, LEAD, "x", -1)


# --- form -----------------------------------------------------------------------------


def test_a_built_event_has_the_form_that_meta_documents_for_a_crm():
    assert built() == {
        "event_name": "qualified_lead",
        "event_time": NOW - 60,
        "action_source": "system_generated",
        "event_id": event.event_id(DATASET, LEAD, "qualified_lead", 0),
        "user_data": {"lead_id": 1234567890123456, "em": [EMAIL_HASH]},
        "custom_data": {"event_source": "crm", "lead_event_source": "Odoo"},
    }


def test_a_lead_id_of_17_digits_stays_exact():
    encoded = event.encode(built(lead_id="55459717045641545"))
    assert b'"lead_id":55459717045641545}' in encoded


@pytest.mark.parametrize("odd", ["l:1234567890123456", "0123456789012345", "٣٣٣", "x"])
def test_a_lead_id_that_is_no_number_is_kept_and_found_by_the_check(odd):
    made = built(lead_id=odd)
    assert made["user_data"]["lead_id"] == odd
    assert any("lead_id" in problem for problem in event.problems(made, now=NOW))


def test_an_event_without_a_lead_id_has_no_such_key():
    for nothing in (None, ""):
        assert "lead_id" not in built(lead_id=nothing)["user_data"]


def test_empty_customer_information_is_left_out_and_repeats_are_sent_once():
    other = "0" * 64
    keys = {
        "em": [EMAIL_HASH, "", EMAIL_HASH, other],
        "ph": [],
        "fn": "",
        "ln": None,
        "ct": [None, ""],
        "country": EMAIL_HASH,
    }
    assert built(user_data=keys)["user_data"] == {
        "lead_id": 1234567890123456,
        "em": [EMAIL_HASH, other],
        "country": EMAIL_HASH,
    }


def test_the_given_lead_id_wins_over_one_in_the_customer_information():
    made = built(user_data={"lead_id": 1, "em": EMAIL_HASH})
    assert made["user_data"]["lead_id"] == 1234567890123456


@pytest.mark.parametrize(
    ("value", "currency", "money"),
    [
        (1200.5, "eur", {"value": 1200.5, "currency": "EUR"}),
        (Decimal("19.90"), "USD", {"value": 19.9, "currency": "USD"}),
        (7, "JPY", {"value": 7, "currency": "JPY"}),
        (1200.5, None, {}),
        (1200.5, "", {}),
        (None, "EUR", {}),
        (0, "EUR", {}),
        (0.0, "EUR", {}),
        (None, None, {}),
    ],
)
def test_value_and_currency_go_together_or_not_at_all(value, currency, money):
    custom = built(value=value, currency=currency)["custom_data"]
    del custom["event_source"], custom["lead_event_source"]
    assert custom == money


@pytest.mark.parametrize(
    ("value", "currency", "missing"),
    [
        (0, "EUR", []),
        (None, "EUR", ["custom_data.value"]),
        (5, None, ["custom_data.currency"]),
        (None, None, ["custom_data.value", "custom_data.currency"]),
    ],
)
def test_a_purchase_keeps_what_it_has_and_the_check_names_the_rest(
    value, currency, missing
):
    made = built(event_name="Purchase", value=value, currency=currency)
    problems = event.problems(made, now=NOW)
    assert [problem.split(":")[0] for problem in problems] == missing


def test_the_name_of_the_crm_can_be_another():
    made = built(lead_event_source="In-house CRM")
    assert made["custom_data"]["lead_event_source"] == "In-house CRM"
    assert event.problems(made, now=NOW) == []


def test_building_leaves_the_given_customer_information_alone():
    keys = {"em": [EMAIL_HASH, EMAIL_HASH], "ph": []}
    built(user_data=keys)["user_data"]["em"].append("changed")
    assert keys == {"em": [EMAIL_HASH, EMAIL_HASH], "ph": []}


# --- bytes ----------------------------------------------------------------------------


def test_the_bytes_are_compact_ascii_in_the_order_of_the_keys():
    encoded = event.encode({"b": "é\u2028😀", "a": [1, 2.5, True, None]})
    assert encoded == rb'{"a":[1,2.5,true,null],"b":"\u00e9\u2028\ud83d\ude00"}'


def test_equal_events_give_equal_bytes_whatever_their_order():
    made = built(value=10, currency="EUR")
    turned = {key: made[key] for key in reversed(made)}
    turned["user_data"] = dict(reversed(made["user_data"].items()))
    assert event.encode(turned) == event.encode(made)


def test_bytes_read_back_are_the_event():
    made = built(event_name="Angebot übermittelt")
    assert json.loads(event.encode(made)) == made


def test_repeated_encoding_gives_the_same_bytes():
    encoded = event.encode(built())
    assert event.encode(json.loads(encoded)) == encoded


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), object(), {1, 2}, b"bytes", Decimal("1")]
)
def test_what_json_cannot_hold_is_a_value_error(value):
    with pytest.raises(ValueError, match=r"JSON"):
        event.encode({"event_name": value})


def test_a_circle_is_a_value_error():
    circle: dict = {}
    circle["again"] = circle
    with pytest.raises(ValueError, match=r"JSON|[Cc]ircular"):
        event.encode(circle)


def test_keys_that_cannot_be_sorted_are_a_value_error():
    with pytest.raises(ValueError, match="JSON"):
        event.encode({"a": 1, 2: 3})
