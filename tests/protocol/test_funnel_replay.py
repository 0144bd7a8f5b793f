"""What a lead's history would report by the rules of today."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from protocol.funnel import (
    ALREADY_REPORTED,
    LOST,
    RAW_LEAD,
    STAGE,
    TOO_OLD,
    Pipeline,
    Rule,
)
from protocol.funnel_replay import Change, Move, State, moves, replay

NEW, QUALIFIED, WON = 1, 2, 3
STAGES = {stage: (stage, stage) for stage in (NEW, QUALIFIED, WON)}
TEAM, OTHER_TEAM = 7, 8
START = datetime(2026, 3, 1, 12)
RULES = (
    Rule(1, RAW_LEAD, None, None, "initial_lead"),
    Rule(2, STAGE, QUALIFIED, None, "qualified"),
    Rule(3, STAGE, WON, None, "won"),
    Rule(4, LOST, None, None, "lost"),
)


def day(number):
    return START + timedelta(days=number)


def at(stage, *, is_lost=False, team=TEAM):
    return State(stage, True, is_lost, team)


def move(number, before, after):
    return Move(day(number), before, after)


def lived(now, history, *, arrived=START, rules=RULES, submitted_at=None, **policies):
    """``(day, event name or reason)`` of each step."""
    pipelines = {
        team: Pipeline(STAGES, list(STAGES), team, rules) for team in (TEAM, OTHER_TEAM)
    }
    found = replay(
        pipelines.__getitem__,
        arrived,
        now,
        history,
        submitted_at=submitted_at,
        **policies,
    )
    return [
        ((moment - START).days, step.reason or step.rule.event_name)
        for moment, step in found
    ]


def test_moves_are_reckoned_back_from_how_the_lead_looks_now():
    changes = [
        Change(day(1), {"stage_id": (NEW, QUALIFIED)}),
        Change(day(2), {"team_id": (None, TEAM), "is_lost": (False, True)}),
    ]
    assert moves(at(QUALIFIED, is_lost=True), changes) == [
        move(1, at(NEW, team=None), at(QUALIFIED, team=None)),
        move(2, at(QUALIFIED, team=None), at(QUALIFIED, is_lost=True)),
    ]


def test_a_lead_that_nothing_happened_to_has_no_moves():
    assert moves(at(NEW), []) == []


@pytest.mark.parametrize(
    "changes",
    [
        # The last one does not lead to what is now.
        [Change(day(1), {"stage_id": (NEW, QUALIFIED)})],
        # The second does not begin where the first one ended.
        [
            Change(day(1), {"stage_id": (NEW, QUALIFIED)}),
            Change(day(2), {"stage_id": (NEW, WON)}),
        ],
        # Nobody knows what these words meant.
        [Change(day(1), {"is_lost": (None, False)})],
        [Change(day(1), {"is_lost": (False, None)})],
        [Change(day(1), {"is_opportunity": (None, True)})],
    ],
)
def test_a_history_with_a_hole_is_none(changes):
    assert moves(at(WON), changes) is None


def test_a_team_that_the_lead_had_not_is_no_hole():
    assert moves(at(NEW), [Change(day(1), {"team_id": (None, TEAM)})])


def test_each_step_comes_on_the_day_of_its_move():
    history = [move(1, at(NEW), at(QUALIFIED)), move(3, at(QUALIFIED), at(WON))]
    assert lived(at(WON), history) == [
        (0, "initial_lead"),
        (1, "qualified"),
        (3, "won"),
    ]


def test_what_was_reported_earlier_in_the_history_is_not_reported_again():
    history = [
        move(1, at(NEW), at(WON)),
        move(2, at(WON), at(NEW)),
        move(3, at(NEW), at(QUALIFIED)),
    ]
    found = lived(at(QUALIFIED), history, backward_moves=True)
    assert found[:3] == [(0, "initial_lead"), (1, "qualified"), (1, "won")]
    assert found[-1] == (3, ALREADY_REPORTED)


def test_every_entry_is_a_step_where_the_policy_says_so():
    history = [
        move(1, at(NEW), at(QUALIFIED)),
        move(2, at(QUALIFIED), at(NEW)),
        move(3, at(NEW), at(QUALIFIED)),
    ]
    found = lived(at(QUALIFIED), history, every_entry=True)
    assert [name for _day, name in found].count("qualified") == 2


def test_moves_before_the_submission_came_are_none_of_its_own():
    history = [move(1, at(NEW), at(QUALIFIED)), move(3, at(QUALIFIED), at(WON))]
    assert lived(at(WON), history, arrived=day(2), fill_skipped_steps=False) == [
        (2, "initial_lead"),
        (2, "qualified"),
        (3, "won"),
    ]


def test_a_move_of_the_moment_of_arrival_is_part_of_it():
    history = [move(0, at(QUALIFIED), at(NEW))]
    assert lived(at(NEW), history) == [(0, "initial_lead")]


def test_the_rules_of_the_team_of_the_moment_count():
    rules = (*RULES, Rule(9, STAGE, WON, OTHER_TEAM, "sold_wholesale"))
    at_others = at(WON, team=OTHER_TEAM)
    history = [
        move(1, at(QUALIFIED), at_others),
        move(2, at_others, at(WON)),
    ]
    found = lived(at(WON), history, rules=rules)
    assert found[-1] == (1, "sold_wholesale")


def test_a_raw_lead_of_long_ago_is_too_old_at_the_moment_of_its_arrival():
    long_ago = int((START - timedelta(days=20) - datetime(1970, 1, 1)).total_seconds())
    assert lived(at(NEW), [], submitted_at=long_ago) == [(0, TOO_OLD)]


def test_a_lost_lead_is_reported_at_the_side():
    history = [move(1, at(NEW), at(NEW, is_lost=True))]
    assert (1, "lost") in lived(at(NEW, is_lost=True), history)
