"""Times, teams, policies and names in the funnel, by example."""

from dataclasses import replace

import pytest
from protocol import funnel
from protocol.funnel import CONVERTED, LOST, STAGE

from .journeys import (
    CONVERTED_RULE,
    LOST_RULE,
    NEW,
    NOW,
    OLDEST,
    OTHER_TEAM,
    PROPOSITION,
    PROPOSITION_RULE,
    QUALIFIED,
    QUALIFIED_RULE,
    RAW_LEAD_RULE,
    RULES,
    STAGES,
    SUBMITTED,
    TEAM,
    WITH_CONVERTED,
    WON,
    WON_RULE,
    Journey,
    as_reported,
    at,
    for_team,
    pipeline,
    plan,
    reported,
    sent,
    unsent,
)


def times(steps):
    return [step.event_time for step in steps]


# --- times ----------------------------------------------------------------------------


def test_the_raw_lead_takes_metas_time_of_the_form_and_a_second():
    assert times(plan(None, at(NEW))) == [SUBMITTED + 1]


def test_steps_of_an_arrival_take_the_moment_of_the_arrival():
    steps = plan(None, at(PROPOSITION))
    assert times(steps) == [SUBMITTED + 1, NOW, NOW]


def test_a_step_and_what_it_skipped_take_the_moment_of_the_move():
    assert times(plan(at(NEW), at(WON))) == [NOW] * 4


def test_without_metas_time_the_raw_lead_takes_the_moment_of_the_move():
    assert times(plan(None, at(NEW), submitted_at=None)) == [NOW]


def test_the_raw_lead_of_a_clock_ahead_waits_and_is_never_clamped():
    steps = plan(None, at(NEW), submitted_at=NOW + 120)
    assert times(steps) == [NOW + 121]
    assert sent(steps) == ["initial_lead"]


def test_no_step_is_dated_before_the_lead_existed():
    steps = plan(at(NEW), at(QUALIFIED), submitted_at=NOW + 120)
    assert times(steps) == [NOW + 121] * 2


def test_a_move_in_the_second_of_the_form_is_dated_after_it():
    steps = plan(None, at(QUALIFIED), submitted_at=NOW)
    assert times(steps) == [NOW + 1, NOW + 1]


@pytest.mark.parametrize("age", [0, 1, OLDEST])
def test_a_raw_lead_that_meta_still_takes_keeps_its_own_time(age):
    steps = plan(None, at(NEW), submitted_at=NOW - age - 1)
    assert times(steps) == [NOW - age]
    assert sent(steps) == ["initial_lead"]


def test_a_raw_lead_that_is_too_old_is_not_reported_alone():
    steps = plan(None, at(NEW), submitted_at=NOW - OLDEST - 2)
    assert unsent(steps) == [("raw_lead", None, funnel.TOO_OLD)]
    assert times(steps) == [NOW - OLDEST - 1]


def test_a_raw_lead_that_is_too_old_takes_the_time_of_the_steps_it_came_with():
    steps = plan(None, at(QUALIFIED), submitted_at=NOW - OLDEST - 2)
    assert sent(steps) == ["initial_lead", "qualified"]
    assert times(steps) == [NOW, NOW]


def test_a_raw_lead_that_is_too_old_stays_so_beside_steps_that_are_not_reported():
    steps = plan(
        None, at(QUALIFIED), submitted_at=NOW - OLDEST - 2, rules=(RAW_LEAD_RULE,)
    )
    assert [reason for _step, _stage, reason in unsent(steps)] == [
        funnel.TOO_OLD,
        funnel.NO_RULE,
    ]


def test_a_raw_lead_without_a_rule_has_that_reason_however_old_it_is():
    steps = plan(None, at(NEW), submitted_at=NOW - OLDEST - 2, rules=RULES[1:])
    assert unsent(steps) == [("raw_lead", None, funnel.NO_RULE)]


def test_an_old_raw_lead_that_was_not_reported_is_filled_with_the_next_move():
    lead = Journey(at(NEW), submitted_at=SUBMITTED - OLDEST)
    assert lead.why_not == [funnel.TOO_OLD]
    assert lead.to(QUALIFIED) == ["initial_lead", "qualified"]
    assert times(lead.steps) == [lead.options["moved_at"]] * 2


# --- value ----------------------------------------------------------------------------


def test_a_step_carries_its_value_and_a_skipped_one_does_not():
    steps = plan(at(NEW), at(WON), reported(RAW_LEAD_RULE))
    assert [step.carries_value for step in steps] == [False, False, True]


def test_a_skipped_step_that_must_have_a_value_carries_it():
    purchase = replace(QUALIFIED_RULE, event_name="Purchase", needs_value=True)
    steps = plan(at(NEW), at(WON), rules=(RAW_LEAD_RULE, purchase, WON_RULE))
    assert [(step.rule.event_name, step.carries_value) for step in steps] == [
        ("initial_lead", False),
        ("Purchase", True),
        ("won", True),
    ]


def test_a_step_without_a_rule_carries_nothing():
    (step,) = plan(at(NEW), at(WON), rules=())
    assert not step.carries_value


# --- teams ----------------------------------------------------------------------------


def test_a_rule_of_the_leads_team_hides_the_general_one():
    own = for_team(QUALIFIED_RULE, TEAM, "qualified_by_team")
    for rules in ((*RULES, own), (own, *RULES)):
        steps = plan(at(NEW), at(QUALIFIED), reported(RAW_LEAD_RULE), rules=rules)
        assert sent(steps) == ["qualified_by_team"]


def test_a_rule_of_another_team_is_not_ours():
    rules = (RAW_LEAD_RULE, for_team(QUALIFIED_RULE, OTHER_TEAM, "theirs"))
    steps = plan(at(NEW), at(QUALIFIED), reported(RAW_LEAD_RULE), rules=rules)
    assert unsent(steps) == [(STAGE, QUALIFIED, funnel.NO_RULE)]


def test_a_rule_of_a_team_is_not_for_leads_without_one():
    rules = (RAW_LEAD_RULE, for_team(QUALIFIED_RULE, TEAM, "theirs"))
    ways = pipeline(rules, team_id=None)
    steps = plan(at(NEW), at(QUALIFIED), reported(RAW_LEAD_RULE), ways=ways)
    assert unsent(steps) == [(STAGE, QUALIFIED, funnel.NO_RULE)]


def test_lost_and_raw_lead_have_rules_by_team_too():
    rules = (
        *RULES,
        for_team(RAW_LEAD_RULE, TEAM, "our_lead"),
        for_team(LOST_RULE, TEAM, "our_loss"),
    )
    assert sent(plan(None, at(NEW, lost=True), rules=rules)) == ["our_lead", "our_loss"]


def test_a_stage_of_another_team_is_not_passed_over():
    ways = pipeline(team_stages={NEW, QUALIFIED, WON})
    steps = plan(at(NEW), at(WON), reported(RAW_LEAD_RULE), ways=ways)
    assert sent(steps) == ["qualified", "won"]


def test_a_lead_put_into_another_teams_stage_reports_it():
    ways = pipeline(team_stages={NEW, QUALIFIED, WON})
    steps = plan(at(NEW), at(PROPOSITION), reported(RAW_LEAD_RULE), ways=ways)
    assert sent(steps) == ["qualified", "proposition"]


def test_the_first_stage_is_the_first_of_the_leads_team():
    ways = pipeline(team_stages={QUALIFIED, WON}, rules=(RAW_LEAD_RULE, WON_RULE))
    assert ways.first_stage_id == QUALIFIED
    steps = plan(None, at(QUALIFIED), ways=ways)
    assert (sent(steps), unsent(steps)) == (["initial_lead"], [])


def test_a_step_reported_under_another_team_keeps_its_place():
    ways = pipeline(team_stages={NEW, QUALIFIED, WON})
    steps = plan(
        at(NEW), at(QUALIFIED), reported(RAW_LEAD_RULE, PROPOSITION_RULE), ways=ways
    )
    assert unsent(steps) == [(STAGE, QUALIFIED, funnel.ALREADY_PASSED)]


# --- names ----------------------------------------------------------------------------


def test_a_renamed_rule_does_not_report_its_step_again():
    renamed = replace(QUALIFIED_RULE, event_name="sales_qualified")
    before = reported(RAW_LEAD_RULE, QUALIFIED_RULE)
    rules = (RAW_LEAD_RULE, renamed, WON_RULE)
    entered = plan(at(NEW), at(QUALIFIED), before, rules=rules)
    assert unsent(entered) == [(STAGE, QUALIFIED, funnel.ALREADY_REPORTED)]
    assert sent(plan(at(NEW), at(WON), before, rules=rules)) == ["won"]


def test_a_renamed_conversion_is_not_reported_again():
    before = reported(RAW_LEAD_RULE, CONVERTED_RULE)
    rules = (RAW_LEAD_RULE, replace(CONVERTED_RULE, event_name="opportunity"))
    steps = plan(at(NEW, opportunity=False), at(NEW), before, rules=rules)
    assert unsent(steps) == [(CONVERTED, None, funnel.ALREADY_REPORTED)]


def test_two_rules_of_one_name_report_it_once():
    rules = (
        RAW_LEAD_RULE,
        replace(QUALIFIED_RULE, event_name="deal"),
        replace(PROPOSITION_RULE, event_name="deal"),
    )
    lead = Journey(at(NEW), rules=rules)
    assert lead.to(QUALIFIED) == ["deal"]
    assert lead.to(PROPOSITION) == []
    assert lead.why_not == [funnel.ALREADY_REPORTED]


def test_two_rules_of_one_name_in_one_jump_report_it_once():
    rules = (
        RAW_LEAD_RULE,
        replace(QUALIFIED_RULE, event_name="deal"),
        replace(PROPOSITION_RULE, event_name="deal"),
        WON_RULE,
    )
    lead = Journey(at(NEW), rules=rules)
    assert lead.to(WON) == ["deal", "won"]
    assert lead.why_not == []


def test_a_name_that_the_move_itself_reports_is_not_spent_on_a_step_passed_over():
    same_name = replace(PROPOSITION_RULE, event_name=QUALIFIED_RULE.event_name)
    rules = (RAW_LEAD_RULE, QUALIFIED_RULE, same_name)
    earlier = reported(RAW_LEAD_RULE)
    steps = plan(at(NEW), at(PROPOSITION), earlier, rules=rules)
    assert [(step.stage_id, step.skipped, step.reason) for step in steps] == [
        (PROPOSITION, False, None)
    ]


def test_a_stage_named_like_the_raw_lead_is_that_event_already():
    rules = (RAW_LEAD_RULE, replace(QUALIFIED_RULE, event_name="initial_lead"))
    lead = Journey(at(NEW), rules=rules)
    assert lead.to(QUALIFIED) == []
    assert lead.why_not == [funnel.ALREADY_REPORTED]


# --- what meta refused ----------------------------------------------------------------


def test_a_refused_step_keeps_its_name_and_does_not_count_as_reached():
    before = [
        *reported(RAW_LEAD_RULE, PROPOSITION_RULE),
        *reported(WON_RULE, counts=False),
    ]
    steps = plan(at(NEW), at(WON), before)
    assert sent(steps) == []
    assert unsent(steps) == [(STAGE, WON, funnel.REFUSED_BEFORE)]


def test_a_step_that_came_too_late_says_so():
    late = reported(WON_RULE, counts=False, expired=True)
    steps = plan(at(NEW), at(WON), [*reported(RAW_LEAD_RULE, QUALIFIED_RULE), *late])
    assert unsent(steps) == [(STAGE, WON, funnel.EXPIRED_BEFORE)]


def test_of_several_entries_the_one_that_was_reported_speaks_and_then_the_last():
    names = (STAGE, WON, "won")
    taken = funnel.Reported(*names, 0, True)
    refused = funnel.Reported(*names, 1, False)
    late = funnel.Reported(*names, 2, False, True)
    for before, reason in (
        ([late, refused, taken], funnel.ALREADY_REPORTED),
        ([late, refused], funnel.EXPIRED_BEFORE),
        ([refused, late._replace(entry=0)], funnel.REFUSED_BEFORE),
    ):
        steps = plan(at(PROPOSITION), at(WON), before)
        assert unsent(steps) == [(STAGE, WON, reason)]


def test_what_lies_before_a_refused_step_can_still_be_filled():
    before = [*reported(RAW_LEAD_RULE), *reported(PROPOSITION_RULE, counts=False)]
    assert sent(plan(at(PROPOSITION), at(WON), before)) == ["qualified", "won"]


def test_a_refused_step_whose_rule_was_renamed_is_reported_by_the_new_name():
    rules = (RAW_LEAD_RULE, replace(QUALIFIED_RULE, event_name="sales_qualified"))
    before = [*reported(RAW_LEAD_RULE), *reported(QUALIFIED_RULE, counts=False)]
    steps = plan(at(NEW), at(QUALIFIED), before, rules=rules)
    assert sent(steps) == ["sales_qualified"]


# --- every entry ----------------------------------------------------------------------


def entries(steps):
    return [(step.rule.event_name, step.entry) for step in steps if not step.reason]


def test_with_every_entry_a_stage_is_numbered_by_its_entries():
    lead = Journey(at(NEW), every_entry=True)
    seen = []
    for stage in (QUALIFIED, PROPOSITION, QUALIFIED, PROPOSITION, WON):
        lead.to(stage)
        seen += entries(lead.steps)
    assert seen == [
        ("qualified", 0),
        ("proposition", 0),
        ("proposition", 1),
        ("won", 0),
    ]


def test_with_every_entry_and_backward_moves_the_way_back_counts_too():
    lead = Journey(at(NEW), every_entry=True, backward_moves=True)
    seen = []
    for stage in (QUALIFIED, PROPOSITION, QUALIFIED, PROPOSITION, WON):
        lead.to(stage)
        seen += entries(lead.steps)
    assert seen == [
        ("qualified", 0),
        ("proposition", 0),
        ("qualified", 1),
        ("proposition", 1),
        ("won", 0),
    ]


def test_with_every_entry_a_jump_still_fills_each_step_once():
    lead = Journey(at(NEW), every_entry=True)
    lead.to(QUALIFIED)
    lead.to(NEW)
    lead.to(WON)
    assert entries(lead.steps) == [("proposition", 0), ("won", 0)]
    lead.to(NEW)
    lead.to(WON)
    assert entries(lead.steps) == [("won", 1)]


def test_with_every_entry_a_move_back_is_still_a_move_back():
    lead = Journey(at(NEW), every_entry=True)
    lead.to(QUALIFIED)
    assert lead.to(NEW) == []
    assert lead.why_not == [funnel.MOVED_BACK]


def test_with_every_entry_each_loss_and_each_conversion_is_reported():
    lead = Journey(at(NEW, opportunity=False), rules=WITH_CONVERTED, every_entry=True)
    for _ in range(2):
        assert lead.convert() == ["converted"]
        lead.to(is_opportunity=False)
        assert lead.lose() == ["lost"]
        lead.restore()
    assert [step.entry for step in lead.reported if step.step == LOST] == [0, 1]
    assert [step.entry for step in lead.reported if step.step == CONVERTED] == [0, 1]


def test_with_every_entry_a_renamed_step_is_reported_by_its_new_name():
    rules = (RAW_LEAD_RULE, replace(QUALIFIED_RULE, event_name="sales_qualified"))
    before = reported(RAW_LEAD_RULE, QUALIFIED_RULE)
    steps = plan(at(NEW), at(QUALIFIED), before, rules=rules, every_entry=True)
    assert entries(steps) == [("sales_qualified", 0)]


def test_with_every_entry_what_meta_refused_is_not_made_up_for_by_a_jump():
    before = [*reported(RAW_LEAD_RULE), *reported(QUALIFIED_RULE, counts=False)]
    steps = plan(at(NEW), at(PROPOSITION), before, every_entry=True)
    assert entries(steps) == [("proposition", 0)]


def test_an_entry_number_goes_on_from_the_highest():
    before = [
        funnel.Reported(STAGE, QUALIFIED, "qualified", entry, True)
        for entry in (4, 2, 3)
    ]
    steps = plan(at(NEW), at(QUALIFIED), before, every_entry=True)
    assert ("qualified", 5) in entries(steps)


# --- backward moves -------------------------------------------------------------------


def test_a_stage_that_was_jumped_over_is_reported_on_the_way_back():
    lead = Journey(at(NEW), fill_skipped_steps=False, backward_moves=True)
    lead.to(WON)
    assert lead.to(QUALIFIED) == ["qualified"]


def test_a_stage_is_reported_after_a_later_one_on_a_new_way_forward_too():
    lead = Journey(at(NEW), fill_skipped_steps=False, backward_moves=True)
    lead.to(PROPOSITION)
    lead.to(NEW)
    assert lead.to(QUALIFIED) == ["qualified"]


def test_with_backward_moves_a_step_is_still_reported_once():
    lead = Journey(at(NEW), backward_moves=True)
    lead.to(PROPOSITION)
    assert lead.to(QUALIFIED) == []
    assert lead.why_not == [funnel.ALREADY_REPORTED]


def test_with_backward_moves_an_unmapped_stage_says_no_rule_on_the_way_back_too():
    lead = Journey(at(NEW), backward_moves=True)
    lead.to(QUALIFIED)
    assert lead.to(NEW) == []
    assert lead.why_not == [funnel.NO_RULE]


def test_a_move_back_makes_up_for_nothing_that_lies_behind_it():
    rules = (RAW_LEAD_RULE, QUALIFIED_RULE, PROPOSITION_RULE)
    lead = Journey(at(NEW), rules=rules, fill_skipped_steps=False, backward_moves=True)
    lead.to(PROPOSITION)
    lead.options["fill_skipped_steps"] = True
    assert lead.to(QUALIFIED) == ["qualified"]
    assert not any(step.skipped for step in lead.steps)


# --- purity -------------------------------------------------------------------------


def test_planning_changes_nothing_that_it_was_given():
    before = as_reported(plan(None, at(NEW)))
    kept = list(before)
    ways = pipeline()
    once = plan(at(NEW), at(WON), before, ways=ways)
    assert plan(at(NEW), at(WON), before, ways=ways) == once
    assert before == kept
    assert STAGES[WON] == (70, WON)
