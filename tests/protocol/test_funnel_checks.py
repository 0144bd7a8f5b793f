"""What Meta will make of a funnel, said before it does."""

from __future__ import annotations

from protocol import funnel, funnel_checks

STAGES = {1: (1, 1), 2: (2, 2), 3: (3, 3), 4: (4, 4)}
RAW = ("raw_lead", None)


def kinds(*steps, team=None, team_stages=(1, 2, 3, 4), worthless=(), folded=()):
    """The complaints about a mapping of these steps, each ``(step, stage, name)``."""
    rules = [
        funnel.Rule(number, step, stage, rest[1] if len(rest) > 1 else None, name)
        for number, (step, stage, *rest) in enumerate(steps)
        for name in [rest[0] if rest else f"{step}_{stage}"]
    ]
    pipeline = funnel.Pipeline(STAGES, team_stages, team, rules, folded)
    return funnel_checks.complaints(
        pipeline, sorted(set(team_stages) - set(folded)), worthless
    )


def of(*steps, **more):
    return [complaint.kind for complaint in kinds(*steps, **more)]


def test_a_whole_funnel_has_none():
    assert of(RAW, ("stage", 2), ("stage", 3), ("stage", 4)) == []


def test_the_first_stage_needs_no_rule_as_the_raw_lead_says_it():
    assert of(RAW, ("stage", 2), ("stage", 3)) == []


def test_nothing_mapped_is_the_only_complaint():
    assert of() == ["nothing"]
    assert of(("lost", None)) == ["nothing"]


def test_without_the_raw_lead_meta_measures_against_nothing():
    steps = [("stage", 2), ("stage", 3), ("stage", 4)]
    assert of(*steps) == ["no_raw_lead"]


def test_one_step_is_too_few_and_two_are_enough():
    assert of(RAW) == ["too_few"]
    assert of(RAW, ("stage", 2)) == ["only_two"]


def test_lost_is_no_step_of_the_funnel():
    assert of(RAW, ("lost", None)) == ["too_few"]


def test_a_gap_names_the_stages_between():
    found = kinds(RAW, ("stage", 4), ("converted", None))
    assert [row.kind for row in found] == ["gap"]
    assert found[0].stage_ids == (2, 3)


def test_stages_after_the_last_mapped_one_are_no_gap():
    assert "gap" not in of(RAW, ("stage", 2))


def test_behind_a_folded_stage_the_next_one_is_the_first():
    steps = [RAW, ("stage", 3), ("stage", 4)]
    assert [row.stage_ids for row in kinds(*steps)] == [(2,)]
    assert kinds(*steps, folded=(1,)) == []


def test_two_steps_of_one_name_count_once():
    found = kinds(RAW, ("stage", 2, "visit"), ("stage", 3, "visit"))
    assert [row.kind for row in found] == ["same_name", "only_two"]
    assert found[0].names == ("visit",)


def test_a_standard_name_that_may_have_no_worth_is_named():
    found = kinds(RAW, ("stage", 2), ("stage", 3, "Purchase"), worthless={"Purchase"})
    assert [(row.kind, row.names) for row in found] == [("no_worth", ("Purchase",))]


def test_another_teams_lines_and_stages_do_not_count():
    steps = [RAW, ("stage", 2), ("stage", 3, "ours", 7)]
    assert of(*steps, team=8, team_stages=(1, 2)) == ["only_two"]
    assert of(*steps, team=7, team_stages=(1, 2, 3)) == []
