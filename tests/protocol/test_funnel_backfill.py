"""Which steps of a lead's past may still be reported."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from protocol.funnel import (
    ALREADY_REPORTED,
    EXPIRED_BEFORE,
    MOVED_BACK,
    NO_RULE,
    RAW_LEAD,
    REFUSED_BEFORE,
    STAGE,
    TOO_OLD,
    Pipeline,
    Reported,
    Rule,
)
from protocol.funnel_backfill import (
    CANCELLED_BEFORE,
    NOT_SENT,
    NOTHING_HAPPENED,
    REPORTED,
    SEND,
    Told,
    look_back,
)
from protocol.funnel_replay import Move, State

NEW, QUALIFIED, PROPOSITION, WON = 1, 2, 3, 4
STAGES = {stage: (stage, stage) for stage in (NEW, QUALIFIED, PROPOSITION, WON)}
NOW = datetime(2026, 3, 20, 12)
RULES = (
    Rule(1, RAW_LEAD, None, None, "initial_lead"),
    Rule(2, STAGE, QUALIFIED, None, "qualified"),
    Rule(3, STAGE, PROPOSITION, None, "proposition"),
    Rule(4, STAGE, WON, None, "won"),
)


def ago(days):
    return NOW - timedelta(days=days)


def unix(moment):
    return int(moment.replace(tzinfo=timezone.utc).timestamp())


def at(stage):
    return State(stage, True, False, None)


def move(age, before, after):
    return Move(ago(age), at(before), at(after))


def told(name, age, step=STAGE, stage=None, state="accepted", entry=0):
    counts = state in ("accepted", "queued")
    reported = Reported(step, stage, name, entry, counts, state == "expired")
    return Told(reported, unix(ago(age)), state == "cancelled")


def past(arrived, *history, told=(), rules=RULES, now=None, **options):
    """``(kind, days ago, event name, reason)`` of each step."""
    last = history[-1].after if history else at(NEW)
    found = look_back(
        lambda team: Pipeline(STAGES, list(STAGES), team, rules),
        ago(arrived),
        now or last,
        history,
        told,
        **{"oldest": unix(ago(7)), "submitted_at": unix(ago(arrived)), **options},
    )
    return [
        (
            one.kind,
            one.step and round((unix(NOW) - one.step.event_time) / 86400),
            one.step and one.step.rule and one.step.rule.event_name,
            one.reason,
        )
        for one in found
    ]


def test_nothing_was_told_so_all_of_the_last_days_is_with_its_own_time():
    assert past(6, move(4, NEW, QUALIFIED), move(2, QUALIFIED, WON)) == [
        (SEND, 6, "initial_lead", None),
        (SEND, 4, "qualified", None),
        (SEND, 2, "proposition", None),
        (SEND, 2, "won", None),
    ]


def test_what_was_told_is_not_told_again():
    events = [
        told("initial_lead", 6, RAW_LEAD),
        told("qualified", 4, stage=QUALIFIED, state="queued"),
    ]
    history = move(4, NEW, QUALIFIED), move(2, QUALIFIED, PROPOSITION)
    assert past(6, *history, told=events) == [
        (REPORTED, 6, "initial_lead", None),
        (REPORTED, 4, "qualified", None),
        (SEND, 2, "proposition", None),
    ]


def test_a_step_that_got_its_rule_late_goes_although_a_later_one_was_told():
    events = [told("initial_lead", 6, RAW_LEAD), told("won", 2, stage=WON)]
    history = move(4, NEW, QUALIFIED), move(2, QUALIFIED, WON)
    assert past(6, *history, told=events, fill_skipped_steps=False)[1:] == [
        (SEND, 4, "qualified", None),
        (REPORTED, 2, "won", None),
    ]


def test_another_name_is_no_reason_to_tell_a_step_again():
    events = [told("ready_to_buy", 4, stage=QUALIFIED)]
    assert past(6, move(4, NEW, QUALIFIED), told=events)[1][0] == REPORTED


def test_moves_that_are_too_old_are_never_dated_anew():
    assert past(20, move(15, NEW, QUALIFIED)) == [
        (NOT_SENT, 20, "initial_lead", TOO_OLD),
        (NOT_SENT, 15, "qualified", TOO_OLD),
    ]


def test_an_old_lead_that_moves_is_told_with_what_that_move_passed():
    history = move(15, NEW, QUALIFIED), move(2, QUALIFIED, PROPOSITION)
    assert past(20, *history) == [
        (SEND, 2, "initial_lead", None),
        (SEND, 2, "qualified", None),
        (SEND, 2, "proposition", None),
    ]
    assert past(20, *history, fill_skipped_steps=False) == [
        (NOT_SENT, 20, "initial_lead", TOO_OLD),
        (NOT_SENT, 15, "qualified", TOO_OLD),
        (SEND, 2, "proposition", None),
    ]


@pytest.mark.parametrize("every_entry", [False, True])
def test_a_raw_lead_that_was_told_with_a_later_move_is_not_told_again(every_entry):
    events = [told("initial_lead", 2, RAW_LEAD), told("won", 2, stage=WON)]
    policies = {"fill_skipped_steps": False, "every_entry": every_entry}
    assert past(6, move(2, NEW, WON), told=events, **policies) == [
        (REPORTED, 2, "initial_lead", None),
        (REPORTED, 2, "won", None),
    ]


def test_the_limit_itself_is_too_old_and_a_second_later_is_not():
    oldest = unix(ago(6)) + 1
    assert past(6, oldest=oldest) == [(NOT_SENT, 6, "initial_lead", TOO_OLD)]
    assert past(6, oldest=oldest - 1) == [(SEND, 6, "initial_lead", None)]


def test_a_form_of_long_ago_that_came_now_is_too_old_and_told_with_a_later_move():
    long_ago = unix(ago(20))
    assert past(3, submitted_at=long_ago) == [
        (NOT_SENT, 20, "initial_lead", TOO_OLD),
    ]
    events = [told("initial_lead", 2, RAW_LEAD)]
    assert past(3, submitted_at=long_ago, told=events) == [
        (REPORTED, 2, "initial_lead", None),
    ]


def test_the_raw_lead_is_dated_before_the_lead_came_and_is_known_all_the_same():
    events = [told("initial_lead", 6.01, RAW_LEAD)]
    assert past(6, told=events) == [(REPORTED, 6, "initial_lead", None)]


def test_a_refusal_under_another_name_does_not_keep_a_step_back():
    events = [told("old_name", 4, stage=QUALIFIED, state="refused")]
    assert past(6, move(4, NEW, QUALIFIED), told=events)[1] == (
        SEND,
        4,
        "qualified",
        None,
    )


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("refused", REFUSED_BEFORE),
        ("expired", EXPIRED_BEFORE),
        ("cancelled", CANCELLED_BEFORE),
    ],
)
def test_an_event_that_came_to_nothing_is_left_to_itself(state, reason):
    events = [told("qualified", 4, stage=QUALIFIED, state=state)]
    history = move(4, NEW, QUALIFIED), move(2, QUALIFIED, PROPOSITION)
    assert past(6, *history, told=events) == [
        (SEND, 6, "initial_lead", None),
        (NOT_SENT, 4, "qualified", reason),
        (SEND, 2, "proposition", None),
    ]


def test_what_is_against_all_is_said_once_for_each_step_that_was_taken():
    assert past(6, move(2, NEW, WON), against_all="Said no.") == [
        (NOT_SENT, 6, "initial_lead", "Said no."),
        (NOT_SENT, 2, "won", "Said no."),
    ]


def test_what_was_told_stays_told_whatever_is_against_it_now():
    events = [told("initial_lead", 6, RAW_LEAD)]
    assert past(6, told=events, against_all="Said no.") == [
        (REPORTED, 6, "initial_lead", None)
    ]


def test_the_funnels_own_reasons_are_said():
    history = (
        move(5, NEW, QUALIFIED),
        move(4, QUALIFIED, NEW),
        move(3, NEW, QUALIFIED),
    )
    assert past(6, *history, rules=RULES[:2]) == [
        (SEND, 6, "initial_lead", None),
        (SEND, 5, "qualified", None),
        (NOT_SENT, 4, None, MOVED_BACK),
        (NOT_SENT, 3, "qualified", ALREADY_REPORTED),
    ]
    assert past(6, move(5, NEW, WON), rules=RULES[:2])[-1] == (
        NOT_SENT,
        5,
        None,
        NO_RULE,
    )


def test_of_every_entry_the_one_that_was_told_is_known_by_its_moment():
    history = (
        move(5, NEW, QUALIFIED),
        move(4, QUALIFIED, NEW),
        move(3, NEW, QUALIFIED),
    )
    events = [told("qualified", 3, stage=QUALIFIED)]
    found = past(6, *history, told=events, every_entry=True)
    names = [one[:3] for one in found if one[2] == "qualified"]
    assert names == [(SEND, 5, "qualified"), (REPORTED, 3, "qualified")]


def test_a_further_entry_gets_a_number_that_no_event_has():
    history = move(5, NEW, QUALIFIED), move(4, QUALIFIED, NEW)
    (step,) = [
        one.step
        for one in look_back(
            lambda team: Pipeline(STAGES, list(STAGES), team, RULES),
            ago(6),
            at(NEW),
            history,
            [told("qualified", 3, stage=QUALIFIED, entry=2)],
            oldest=unix(ago(7)),
            submitted_at=None,
            every_entry=True,
        )
        if one.kind == SEND and one.step.stage_id == QUALIFIED
    ]
    assert step.entry == 3


def test_a_lead_of_long_ago_without_a_move_says_that_nothing_happened():
    events = [told("initial_lead", 20, RAW_LEAD)]
    assert past(20, told=events) == [(NOT_SENT, None, None, NOTHING_HAPPENED)]
