"""Whatever comes as an event: the check finds words for it and never fails."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import customer_checks, event, event_json
from protocol.user_data import KEYS

from .test_event_problems import DAY, HASH, NOW, SOUND, changed, fields


@pytest.mark.parametrize("junk", [None, 5, "x", b"x", [], [SOUND], (), True, object()])
def test_what_is_no_object_has_one_problem(junk):
    assert fields(junk) == ["event"]


def test_circles_and_depths_are_problems_and_no_crash():
    circle: dict = {}
    circle["a"] = circle
    wide: list = []
    wide.extend([wide] * 50)
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    for odd in (circle, wide, deep):
        assert fields(changed(SOUND, custom_data__odd=None) | {"odd": odd})


def test_more_depth_than_an_event_can_need_is_a_problem():
    deep: list = []
    for _ in range(2000):
        deep = [deep]
    assert fields(changed(SOUND, custom_data__note=deep)) == ["custom_data.note"]


def test_a_number_that_python_would_not_even_print_is_a_problem():
    number = 10**5000
    made = changed(SOUND, event_time=number, user_data={"lead_id": number, "ph": HASH})
    assert set(fields(made)) == {"event_time", "user_data.lead_id"}


def test_far_too_many_values_are_a_problem():
    made = changed(SOUND, custom_data__content_ids=["A"] * 20_000)
    assert fields(made) == ["event"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.binary(max_size=8)
    | st.sampled_from((HASH, NOW, "crm", "system_generated", "Purchase", "LDU")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=10) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)
TOP_KEYS = (
    *SOUND,
    *("opt_out", "data_processing_options", "data_processing_options_country"),
    *("data_processing_options_state", "messaging_channel", "customer_segmentation"),
    *("event_source_url", "referrer_url", "app_data", "original_event_data"),
)
USER_KEYS = st.sampled_from((*sorted(KEYS), "junk"))
CUSTOM_KEYS = st.sampled_from(
    (
        *("event_source", "lead_event_source", "value", "currency", "contents"),
        *("content_ids", "content_type", "order_id", "num_items", "junk"),
    )
)
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(TOP_KEYS, JSON),
        "user_data": JSON | st.dictionaries(USER_KEYS, JSON, max_size=6),
        "custom_data": JSON | st.dictionaries(CUSTOM_KEYS, JSON, max_size=6),
    },
)


@given(JSON | EVENTS)
def test_junk_never_raises(junk):
    problems = event.problems(junk, now=NOW)
    assert all(isinstance(problem, str) and ":" in problem for problem in problems)


@given(EVENTS)
def test_an_event_without_a_problem_can_be_encoded(made):
    complete = {**SOUND, **made}
    if not event.problems(complete, now=NOW):
        assert json.loads(event.encode(complete))


#: Nearly hashes: what a quick look could take for one.
HASHES = st.sampled_from(
    (
        *(HASH, HASH.upper(), HASH[1:], HASH + "0", HASH[:62] + " a", f" {HASH[1:]}"),
        *("0x" + HASH[2:], HASH[:-1] + "g", HASH[:-1] + "٣", "", HASH + HASH, None, 7),
        hashlib.sha256(b"").hexdigest(),
    )
)
USERS = st.dictionaries(
    st.sampled_from(("em", "ph", "fn", "external_id", "lead_id", "ge", "fbc")),
    st.lists(HASHES, max_size=3)
    | HASHES
    | st.sampled_from((10**15, 10**11 - 1, True, "l:1", "123456789012345", 1.5)),
    max_size=4,
)
CUSTOMS = st.dictionaries(
    CUSTOM_KEYS,
    st.sampled_from(
        ("crm", "é", "\ud800", "", 5, 2**63, 1.5, float("nan"), None, ["a"])
    ),
    max_size=3,
)


@given(USERS, CUSTOMS)
def test_a_quick_look_finds_what_a_closer_one_finds(user, custom):
    made = {**SOUND, "user_data": user, "custom_data": custom}
    quick = event.problems(made, now=NOW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(customer_checks, "_plain_keys", lambda _user: None)
        patch.setattr(event_json, "_is_plain", lambda _event: False)
        assert event.problems(made, now=NOW) == quick


@given(
    name=st.text(min_size=1, max_size=50).filter(str.strip),
    age=st.integers(0, 7 * DAY),
    lead_id=st.integers(10**14, 10**17 - 1).map(str),
    value=st.none() | st.floats(0, 1e12),
)
def test_what_is_built_from_sound_parts_has_no_problem(name, age, lead_id, value):
    made = event.build(
        event_name=name,
        event_time=NOW - age,
        event_id=event.event_id("880000000000001", lead_id, name, 0),
        lead_id=lead_id,
        user_data={"em": [HASH]},
        value=value,
        currency="eur",
    )
    assert event.problems(made, now=NOW) == []
