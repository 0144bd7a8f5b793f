"""A request of several events: its body, its size, how it is split."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import batch

ONE = b'{"event_name":"initial_lead","event_time":1790000000}'
TWO = rb'{ "b" : "\u00e9", "a":1.50 }'


def test_events_are_spliced_in_byte_for_byte():
    assert batch.body([ONE, TWO]) == b'{"data":[' + ONE + b"," + TWO + b"]}"


def test_agent_and_test_code_stand_at_the_root():
    made = batch.body([ONE], partner_agent="odoo_19_0", test_event_code="TEST12345")
    assert json.loads(made) == {
        "data": [json.loads(ONE)],
        "partner_agent": "odoo_19_0",
        "test_event_code": "TEST12345",
    }


def test_what_is_not_given_is_not_sent():
    for nothing in (None, ""):
        made = batch.body([ONE], partner_agent=nothing, test_event_code=nothing)
        assert made == batch.body([ONE])


def test_a_test_code_with_quotes_cannot_break_out_of_its_text():
    code = 'T"],"data":[\\ü'
    assert json.loads(batch.body([ONE], test_event_code=code)) == {
        "data": [json.loads(ONE)],
        "test_event_code": code,
    }


def test_a_thousand_events_are_a_body_and_one_more_is_not():
    assert len(json.loads(batch.body([ONE] * 1000))["data"]) == 1000
    with pytest.raises(ValueError, match="1000"):
        batch.body([ONE] * 1001)


@pytest.mark.parametrize(
    "events", [[], [b""], [b"[]"], [ONE, b"null"], [ONE[:-1]], [b' {"a":1}']]
)
def test_what_is_no_list_of_encoded_events_is_refused(events):
    with pytest.raises(ValueError, match=r"event|Event"):
        batch.body(events)


@pytest.mark.parametrize("agent", ["odoo", "odoo_19_0", "ab", "a" * 22, "Odoo 19/b"])
def test_a_sound_partner_agent_has_no_problem(agent):
    assert batch.partner_agent_problem(agent) is None


@pytest.mark.parametrize("agent", ["a" * 23, "", "1", "a1", "19.0", "odoo\n", "odoö"])
def test_an_unusable_partner_agent_is_told_and_refused(agent):
    assert "partner agent" in batch.partner_agent_problem(agent)
    if agent:
        with pytest.raises(ValueError, match="partner agent"):
            batch.body([ONE], partner_agent=agent)


def test_an_endless_test_code_is_refused():
    with pytest.raises(ValueError, match="test event code"):
        batch.body([ONE], test_event_code="T" * 1000)


def test_events_are_grouped_in_order_below_both_limits():
    assert batch.fit([10] * 5, max_events=2) == [range(2), range(2, 4), range(4, 5)]
    assert batch.fit([]) == []
    assert batch.fit([10]) == [range(1)]


def test_an_event_over_the_limit_goes_alone():
    assert batch.fit([10, 10**7, 10]) == [range(1), range(1, 2), range(2, 3)]


def test_groups_of_no_events_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        batch.fit([1], max_events=0)


@given(
    sizes=st.lists(st.integers(2, 3000), max_size=60),
    max_events=st.integers(1, 20),
    max_bytes=st.integers(4200, 12_000),
)
def test_every_event_is_in_one_group_and_no_body_is_over_the_limits(
    sizes, max_events, max_bytes
):
    groups = batch.fit(sizes, max_events, max_bytes)
    assert [index for group in groups for index in group] == list(range(len(sizes)))
    for group in groups:
        events = [b"{" + b" " * (sizes[index] - 2) + b"}" for index in group]
        made = batch.body(
            events, partner_agent="a" * 22, test_event_code="\U0001f600" * 50
        )
        assert len(events) <= max_events
        assert len(made) <= max_bytes


@given(st.lists(st.integers(), min_size=2, max_size=50))
def test_halves_keep_order_lose_nothing_and_shrink(items):
    first, second = batch.halves(items)
    assert [*first, *second] == items
    assert 0 <= len(first) - len(second) <= 1
    assert second


def test_one_event_cannot_be_split():
    for items in ([], [1]):
        with pytest.raises(ValueError, match="split"):
            batch.halves(items)


@given(st.sets(st.integers(0, 63), max_size=4))
def test_halving_finds_every_bad_event_and_no_other(bad):
    events = [f'{{"n":{number}}}'.encode() for number in range(64)]
    refused, taken, waiting = [], [], [events]
    while waiting:
        part = waiting.pop()
        numbers = {json.loads(event)["n"] for event in part}
        if not numbers & bad:
            taken.extend(part)
        elif len(part) == 1:
            refused.extend(part)
        else:
            waiting.extend(batch.halves(part))
    assert {json.loads(event)["n"] for event in refused} == bad
    assert len(taken) + len(refused) == 64


def test_the_same_events_give_the_same_body():
    digests = {
        hashlib.sha256(batch.body([ONE, TWO], partner_agent="odoo")).hexdigest()
        for _ in range(3)
    }
    assert len(digests) == 1
