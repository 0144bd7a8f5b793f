"""Kinds of steps that an integration adds: beside the pipeline, once, in turn."""

import pytest
from protocol import funnel, funnel_checks
from protocol.funnel import STAGE, Rule

from .journeys import (
    NEW,
    PROPOSITION,
    QUALIFIED,
    QUALIFIED_RULE,
    RAW_LEAD_RULE,
    RULES,
    STAGES,
    TEAM,
    WON,
    as_reported,
    at,
    for_team,
    pipeline,
    plan,
    reported,
    sent,
    unsent,
)

MET = Rule(9, "met", None, None, "met_in_person")
WITH_MET = (*RULES, MET)


def meet(before=NEW, after=NEW, told=(RAW_LEAD_RULE,), **options):
    """A lead takes the step, on its way between two stages."""
    options = {"rules": WITH_MET, "further_steps": ["met"], **options}
    return plan(at(before), at(after), reported(*told), **options)


def test_it_is_reported_although_nothing_of_the_pipeline_changed():
    (step,) = meet()
    assert (step.step, step.stage_id, step.reason) == ("met", None, None)
    assert sent([step]) == ["met_in_person"]


def test_without_it_nothing_is():
    assert meet(further_steps=()) == []


def test_it_comes_behind_the_stages_of_the_same_move():
    assert sent(meet(after=PROPOSITION)) == [
        "qualified",
        "proposition",
        "met_in_person",
    ]


def test_it_fills_in_the_raw_lead_and_no_stage():
    assert sent(meet(told=())) == ["initial_lead", "met_in_person"]
    assert sent(meet(told=(), fill_skipped_steps=False)) == ["met_in_person"]


def test_without_a_rule_it_says_so_and_fills_in_nothing():
    assert unsent(meet(told=(), rules=RULES)) == [("met", None, funnel.NO_RULE)]
    assert sent(meet(told=(), rules=RULES)) == []


def test_it_is_reported_once_or_with_every_entry():
    again = meet(told=(RAW_LEAD_RULE, MET))
    assert unsent(again) == [("met", None, funnel.ALREADY_REPORTED)]
    (step,) = meet(told=(RAW_LEAD_RULE, MET), every_entry=True)
    assert (step.reason, step.entry) == (None, 1)


def test_it_does_not_move_the_furthest_step():
    told = [*reported(RAW_LEAD_RULE), *as_reported(meet())]
    later = plan(at(NEW), at(QUALIFIED), told, rules=WITH_MET)
    assert sent(later) == ["qualified"]


def test_a_move_back_does_not_keep_it_from_being_reported():
    steps = meet(before=WON, after=QUALIFIED, told=(RAW_LEAD_RULE, QUALIFIED_RULE))
    assert sent(steps) == ["met_in_person"]
    assert unsent(steps) == [(STAGE, QUALIFIED, funnel.MOVED_BACK)]


def test_a_rule_for_a_team_goes_before_the_general_one():
    rules = (*WITH_MET, for_team(MET, TEAM, "met_by_team"))
    assert sent(meet(rules=rules)) == ["met_by_team"]


@pytest.mark.parametrize(
    ("rules", "kinds"),
    [
        ((RAW_LEAD_RULE,), ["too_few"]),
        ((RAW_LEAD_RULE, MET), ["only_two"]),
        ((MET,), ["no_raw_lead", "too_few"]),
    ],
)
def test_it_counts_among_the_steps_that_meta_wants(rules, kinds):
    found = funnel_checks.complaints(pipeline(rules), list(STAGES))
    assert [complaint.kind for complaint in found] == kinds
