"""Which steps a change of a lead reports, by example."""

import pytest
from protocol import funnel
from protocol.funnel import CONVERTED, LOST, RAW_LEAD, STAGE

from .journeys import (
    CONVERTED_RULE,
    LOST_RULE,
    NEW,
    PROPOSITION,
    PROPOSITION_RULE,
    QUALIFIED,
    QUALIFIED_RULE,
    RAW_LEAD_RULE,
    RULES,
    STAGES,
    WITH_CONVERTED,
    WON,
    WON_RULE,
    Journey,
    at,
    pipeline,
    plan,
    reported,
    sent,
    unsent,
)

# --- arrival --------------------------------------------------------------------------


def test_a_lead_in_the_first_stage_reports_the_raw_lead_alone():
    steps = plan(None, at(NEW))
    assert (sent(steps), unsent(steps)) == (["initial_lead"], [])


def test_the_first_stage_is_the_one_with_the_lowest_sequence_not_the_lowest_id():
    ways = pipeline(stages={NEW: (5, NEW), QUALIFIED: (1, QUALIFIED), WON: (9, WON)})
    assert ways.first_stage_id == QUALIFIED
    assert sent(plan(None, at(NEW), ways=ways)) == ["initial_lead", "qualified"]


def test_stages_of_one_sequence_stand_in_the_order_of_their_ids():
    ways = pipeline(stages={WON: (1, WON), NEW: (1, NEW), QUALIFIED: (1, QUALIFIED)})
    assert ways.first_stage_id == NEW
    assert [rule.event_name for rule in ways.rules[1:]] == ["qualified", "won"]


def test_a_mapped_first_stage_is_reported_with_an_opportunity():
    first = funnel.Rule(9, STAGE, NEW, None, "new")
    assert sent(plan(None, at(NEW), rules=(*RULES, first))) == ["initial_lead", "new"]


def test_an_unqualified_lead_is_in_the_first_stage_without_having_reached_it():
    first = funnel.Rule(9, STAGE, NEW, None, "new")
    unqualified = at(NEW, opportunity=False)
    assert sent(plan(None, unqualified, rules=(*RULES, first))) == ["initial_lead"]


def test_a_lead_created_beyond_the_first_stage_reports_the_raw_lead_then_its_steps():
    steps = plan(None, at(PROPOSITION))
    assert sent(steps) == ["initial_lead", "qualified", "proposition"]
    assert [step.skipped for step in steps] == [False, True, False]


def test_an_opportunity_created_beyond_the_first_stage_was_converted_on_the_way():
    steps = plan(None, at(QUALIFIED), rules=WITH_CONVERTED)
    assert sent(steps) == ["initial_lead", "converted", "qualified"]


def test_an_unqualified_lead_was_not_converted_whatever_its_stage():
    steps = plan(None, at(QUALIFIED, opportunity=False), rules=WITH_CONVERTED)
    assert sent(steps) == ["initial_lead", "qualified"]


def test_a_lead_that_arrives_lost_reports_the_raw_lead_and_the_loss():
    assert sent(plan(None, at(NEW, lost=True))) == ["initial_lead", "lost"]


def test_a_lead_that_arrives_without_a_stage_reports_the_raw_lead():
    steps = plan(None, at(None))
    assert (sent(steps), unsent(steps)) == (["initial_lead"], [])


def test_without_a_rule_for_the_raw_lead_a_reason_stands_in_its_place():
    steps = plan(None, at(NEW), rules=RULES[1:])
    assert unsent(steps) == [(RAW_LEAD, None, funnel.NO_RULE)]


def test_a_raw_lead_is_not_reported_twice():
    steps = plan(None, at(NEW), reported(RAW_LEAD_RULE))
    assert unsent(steps) == [(RAW_LEAD, None, funnel.ALREADY_REPORTED)]


# --- forward --------------------------------------------------------------------------


def test_each_move_forward_reports_its_stage_once():
    lead = Journey(at(NEW))
    assert [lead.to(QUALIFIED), lead.to(PROPOSITION), lead.to(WON)] == [
        ["qualified"],
        ["proposition"],
        ["won"],
    ]


def test_nothing_is_said_of_a_lead_that_did_not_move():
    assert plan(at(NEW), at(NEW)) == []
    assert plan(at(WON, lost=True), at(WON, lost=True)) == []
    assert plan(at(None), at(None)) == []


def test_a_jump_reports_the_skipped_steps_first():
    lead = Journey(at(NEW))
    assert lead.to(WON) == ["qualified", "proposition", "won"]
    assert [step.skipped for step in lead.steps] == [True, True, False]


def test_with_filling_off_a_jump_reports_only_where_it_leads():
    lead = Journey(at(NEW), fill_skipped_steps=False)
    assert lead.to(WON) == ["won"]
    assert lead.why_not == []


def test_a_move_to_an_unmapped_stage_fills_what_it_passed_and_says_no_rule():
    rules = (RAW_LEAD_RULE, QUALIFIED_RULE)
    steps = plan(at(NEW), at(WON), reported(RAW_LEAD_RULE), rules=rules)
    assert sent(steps) == ["qualified"]
    assert unsent(steps) == [(STAGE, WON, funnel.NO_RULE)]


def test_unmapped_stages_that_were_skipped_are_not_worth_a_word():
    steps = plan(at(NEW), at(WON), rules=(RAW_LEAD_RULE, WON_RULE))
    assert (sent(steps), unsent(steps)) == (["initial_lead", "won"], [])


def test_a_raw_lead_that_was_never_reported_is_filled_by_the_next_move():
    steps = plan(at(NEW), at(QUALIFIED))
    assert sent(steps) == ["initial_lead", "qualified"]
    assert [step.skipped for step in steps] == [True, False]


def test_a_lead_whose_stage_was_taken_away_says_so():
    steps = plan(at(QUALIFIED), at(None), reported(RAW_LEAD_RULE, QUALIFIED_RULE))
    assert unsent(steps) == [(STAGE, None, funnel.NO_STAGE)]


def test_a_lead_that_gets_a_stage_again_reports_it():
    steps = plan(at(None), at(QUALIFIED), reported(RAW_LEAD_RULE))
    assert sent(steps) == ["qualified"]


def test_a_stage_that_is_not_in_the_pipeline_is_told_by_a_reason():
    steps = plan(at(NEW), at(999), reported(RAW_LEAD_RULE))
    assert unsent(steps) == [(STAGE, 999, funnel.NO_RULE)]


# --- backward -------------------------------------------------------------------------


def test_a_move_back_reports_nothing_and_says_so():
    lead = Journey(at(NEW))
    lead.to(PROPOSITION)
    assert lead.to(QUALIFIED) == []
    assert lead.why_not == [funnel.MOVED_BACK]


def test_a_move_back_to_the_unmapped_first_stage_says_moved_back():
    lead = Journey(at(NEW))
    lead.to(QUALIFIED)
    assert lead.to(NEW) == []
    assert lead.why_not == [funnel.MOVED_BACK]


def test_entering_a_stage_again_reports_nothing_and_says_so():
    lead = Journey(at(NEW))
    lead.to(QUALIFIED)
    lead.to(NEW)
    assert lead.to(QUALIFIED) == []
    assert lead.why_not == [funnel.ALREADY_REPORTED]


def test_after_a_move_back_only_what_is_new_is_reported():
    lead = Journey(at(NEW))
    lead.to(QUALIFIED)
    lead.to(NEW)
    assert lead.to(WON) == ["proposition", "won"]


def test_a_stage_that_was_jumped_over_is_not_made_up_for_from_behind():
    lead = Journey(at(NEW), fill_skipped_steps=False)
    lead.to(WON)
    assert lead.to(QUALIFIED) == []
    assert lead.why_not == [funnel.MOVED_BACK]


def test_a_jumped_stage_entered_from_behind_is_passed_already():
    lead = Journey(at(NEW), fill_skipped_steps=False)
    lead.to(PROPOSITION)
    lead.to(NEW)
    assert lead.to(QUALIFIED) == []
    assert lead.why_not == [funnel.ALREADY_PASSED]


@pytest.mark.parametrize("fill_skipped_steps", [True, False])
def test_a_move_back_reports_nothing_even_where_meta_heard_of_nothing(
    fill_skipped_steps,
):
    steps = plan(
        at(WON),
        at(QUALIFIED),
        reported(RAW_LEAD_RULE),
        fill_skipped_steps=fill_skipped_steps,
    )
    assert sent(steps) == []
    assert unsent(steps) == [(STAGE, QUALIFIED, funnel.MOVED_BACK)]


def test_a_move_back_does_not_fill_what_lies_before_it():
    steps = plan(at(WON), at(PROPOSITION))
    assert sent(steps) == []
    assert unsent(steps) == [(STAGE, PROPOSITION, funnel.MOVED_BACK)]


def test_what_a_move_back_kept_quiet_is_filled_by_the_next_move_forward():
    steps = plan(at(PROPOSITION), at(WON))
    assert sent(steps) == ["initial_lead", "qualified", "proposition", "won"]


# --- conversion -----------------------------------------------------------------------


def test_a_conversion_is_a_step_between_the_raw_lead_and_the_stages():
    lead = Journey(at(NEW, opportunity=False), rules=WITH_CONVERTED)
    assert lead.convert() == ["converted"]
    assert lead.to(QUALIFIED) == ["qualified"]


def test_a_conversion_into_a_further_stage_reports_both():
    lead = Journey(at(NEW, opportunity=False), rules=WITH_CONVERTED)
    assert lead.convert(QUALIFIED) == ["converted", "qualified"]


def test_a_conversion_reports_the_stage_that_the_lead_was_kept_in():
    first = funnel.Rule(9, STAGE, NEW, None, "new")
    lead = Journey(at(NEW, opportunity=False), rules=(*WITH_CONVERTED, first))
    assert lead.convert() == ["converted", "new"]


def test_a_conversion_without_a_rule_says_so():
    lead = Journey(at(NEW, opportunity=False))
    assert lead.convert() == []
    assert lead.why_not == [funnel.NO_RULE]


def test_a_second_conversion_says_already_reported():
    lead = Journey(at(NEW, opportunity=False), rules=WITH_CONVERTED)
    lead.convert()
    lead.to(is_opportunity=False)
    assert lead.steps == []
    assert lead.convert() == []
    assert lead.why_not == [funnel.ALREADY_REPORTED]


def test_an_unqualified_lead_that_was_moved_on_reports_its_conversion_later():
    lead = Journey(at(NEW, opportunity=False), rules=WITH_CONVERTED)
    assert lead.to(QUALIFIED) == ["qualified"]
    assert lead.convert() == ["converted"]
    assert lead.why_not == [funnel.ALREADY_REPORTED]


def test_an_opportunity_from_the_start_fills_the_conversion_on_its_first_move():
    lead = Journey(at(NEW), rules=WITH_CONVERTED)
    assert sent(lead.steps) == ["initial_lead"]
    assert lead.to(QUALIFIED) == ["converted", "qualified"]


# --- lost, at the side ----------------------------------------------------------------


def test_lost_is_reported_from_any_stage_and_moves_nothing_forward():
    lead = Journey(at(NEW))
    assert lead.lose() == ["lost"]
    lead.restore()
    assert lead.to(QUALIFIED) == ["qualified"]


def test_a_loss_fills_the_raw_lead_and_nothing_else():
    steps = plan(at(PROPOSITION), at(PROPOSITION, lost=True))
    assert sent(steps) == ["initial_lead", "lost"]
    assert [step.skipped for step in steps] == [True, False]


def test_without_a_rule_for_lost_nothing_is_filled():
    steps = plan(at(NEW), at(NEW, lost=True), rules=RULES[:-1])
    assert sent(steps) == []
    assert unsent(steps) == [(LOST, None, funnel.NO_RULE)]


def test_with_filling_off_a_loss_reports_itself_alone():
    steps = plan(at(NEW), at(NEW, lost=True), fill_skipped_steps=False)
    assert sent(steps) == ["lost"]


def test_a_reopened_lead_reports_nothing_and_says_so():
    lead = Journey(at(QUALIFIED))
    lead.lose()
    assert lead.restore() == []
    assert lead.why_not == [funnel.REOPENED]
    assert lead.steps[0].stage_id == QUALIFIED


def test_a_lead_lost_twice_reports_the_loss_once():
    lead = Journey(at(NEW))
    lead.lose()
    lead.restore()
    assert lead.lose() == []
    assert lead.why_not == [funnel.ALREADY_REPORTED]


def test_a_lead_reopened_into_a_further_stage_reports_the_stage():
    lead = Journey(at(NEW))
    lead.lose()
    assert lead.to(QUALIFIED, is_lost=False) == ["qualified"]
    assert lead.why_not == []


def test_a_lead_that_moves_and_is_lost_at_once_reports_the_stage_first():
    lead = Journey(at(NEW))
    assert lead.to(PROPOSITION, is_lost=True) == ["qualified", "proposition", "lost"]


def test_lost_has_no_place_and_unknown_stages_have_none_either():
    ways = pipeline()
    assert ways.place(LOST) is None
    assert ways.place(STAGE, 999) is None
    assert ways.place(STAGE) is None
    assert ways.place(RAW_LEAD) < ways.place(CONVERTED) < ways.place(STAGE, NEW)


def test_the_rules_of_a_pipeline_stand_in_its_order():
    shuffled = (WON_RULE, LOST_RULE, PROPOSITION_RULE, CONVERTED_RULE, *RULES[:2])
    names = [rule.event_name for rule in pipeline(shuffled).rules]
    assert names == ["initial_lead", "converted", "qualified", "proposition", "won"]
    assert pipeline(shuffled).rule(LOST) == LOST_RULE


def test_an_empty_pipeline_reports_the_raw_lead_and_has_no_first_stage():
    ways = pipeline((RAW_LEAD_RULE,), stages={})
    assert ways.first_stage_id is None
    assert sent(plan(None, at(None), ways=ways)) == ["initial_lead"]


def test_the_sequence_that_counts_is_the_present_one():
    turned = {**STAGES, PROPOSITION: (-1, PROPOSITION)}
    steps = plan(
        at(NEW),
        at(QUALIFIED),
        reported(RAW_LEAD_RULE, PROPOSITION_RULE),
        ways=pipeline(stages=turned),
    )
    assert sent(steps) == ["qualified"]
