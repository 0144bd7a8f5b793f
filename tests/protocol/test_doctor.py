"""The funnel doctor judges by Meta's own numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import doctor
from protocol.doctor import Facts, StepFacts

RAW = StepFacts("initial_lead", 100, 0.0, 0.1, is_raw_lead=True)
QUALIFIED = StepFacts("qualified", 40, 3.0, 9.0)
WON = StepFacts("won", 12, 20.0, 27.0)

SOUND = Facts(
    is_running=True,
    accepted=True,
    leads=100,
    covered=60,
    leads_a_month=200,
    days_with_data=7,
    steps=(RAW, QUALIFIED, WON),
)


def step(leads: int, median: float | None = 3.0, p90: float | None = 9.0) -> StepFacts:
    return StepFacts("step", leads, median, p90)


@pytest.mark.parametrize(
    ("one", "leads", "expected"),
    [
        (step(10), 1000, []),
        (step(400), 1000, []),
        (step(401), 1000, [doctor.TOO_COMMON]),
        (step(9), 1000, [doctor.TOO_RARE, doctor.FEW_LEADS]),
        (step(9), 100, [doctor.FEW_LEADS]),
        (step(0, None, None), 1000, [doctor.NOBODY]),
        (step(0, None, None), 0, [doctor.NOBODY]),
        (step(3), 0, [doctor.NOBODY]),
        (step(100, 28.0, 28.0), 1000, []),
        (step(100, 28.1, 40.0), 1000, [doctor.TOO_SLOW]),
        (step(100, 5.0, 28.1), 1000, [doctor.SLOW_TAIL]),
        (RAW, 100, [doctor.IS_RAW_LEAD]),
        (
            step(900, 30.0, 60.0),
            1000,
            [doctor.TOO_COMMON, doctor.TOO_SLOW],
        ),
    ],
)
def test_a_step_is_held_against_metas_band_and_window(one, leads, expected):
    assert doctor.objections(one, leads) == expected


def test_the_earliest_step_within_the_band_is_recommended():
    assert doctor.recommended(SOUND.steps, 100) == QUALIFIED


def test_a_later_step_is_recommended_where_the_earlier_one_is_too_common():
    common = QUALIFIED._replace(leads=41)
    assert doctor.recommended((RAW, common, WON), 100) == WON


def test_a_step_with_advice_is_recommended_only_where_no_better_one_is():
    slow = QUALIFIED._replace(p90=40.0)
    assert doctor.recommended((RAW, slow, WON), 100) == WON
    assert doctor.recommended((RAW, slow), 100) == slow


def test_nothing_is_recommended_where_no_step_can_be_optimised_for():
    assert doctor.recommended((RAW, QUALIFIED._replace(leads=0)), 100) is None
    assert doctor.recommended((), 0) is None


def statuses(facts: Facts) -> list[str]:
    return list(doctor.milestones(facts).values())


def test_the_milestones_come_in_metas_order():
    assert list(doctor.milestones(SOUND)) == [
        "dataset",
        "events",
        "data",
        "funnel",
        "learning",
        "campaigns",
    ]


def test_without_events_the_second_milestone_is_the_one_to_do():
    facts = replace(SOUND, accepted=False, covered=0, days_with_data=0, steps=())
    assert statuses(facts) == ["done", "now", "later", "later", "later", "later"]


@pytest.mark.parametrize(
    "lacking",
    [
        {"days_with_data": 6},
        {"covered": 59},
        {"leads": 0, "covered": 0},
        {"steps": (RAW,)},
        {"steps": (QUALIFIED, WON)},
        {"steps": (RAW, QUALIFIED._replace(leads=0))},
    ],
)
def test_data_is_not_enough_when_one_thing_lacks(lacking):
    facts = replace(SOUND, **lacking)
    assert statuses(facts)[2:4] == ["now", "later"]


def test_few_leads_a_month_alone_do_not_stop_the_journey():
    assert statuses(replace(SOUND, leads_a_month=3))[2] == "done"


def test_with_enough_data_the_funnel_is_to_be_set_up_at_meta():
    assert statuses(SOUND) == ["done", "done", "done", "now", "later", "later"]


def test_after_the_choice_meta_learns_for_up_to_eight_weeks():
    chosen = replace(SOUND, chosen="qualified", days_since_chosen=55)
    assert statuses(chosen)[3:] == ["done", "now", "later"]
    assert statuses(replace(chosen, days_since_chosen=56))[3:] == [
        "done",
        "done",
        "now",
    ]


def test_a_choice_of_unknown_date_counts_as_new():
    assert statuses(replace(SOUND, chosen="qualified"))[4] == "now"


@pytest.mark.parametrize("chosen", ["initial_lead", "no_such_step"])
def test_a_chosen_step_that_cannot_be_optimised_for_falls_short(chosen):
    facts = replace(SOUND, chosen=chosen, days_since_chosen=90)
    assert statuses(facts)[3:] == ["falls_short", "now", "later"]


def test_what_was_passed_and_is_no_longer_true_falls_short():
    facts = replace(SOUND, chosen="qualified", is_running=False, days_with_data=2)
    assert statuses(facts)[:4] == ["falls_short", "done", "falls_short", "done"]


COUNTS = st.integers(0, 50)
STEPS = st.builds(
    StepFacts,
    st.sampled_from(["raw", "a", "b"]),
    COUNTS,
    st.none() | st.floats(0, 100),
    st.none() | st.floats(0, 100),
    st.booleans(),
)


@given(
    st.builds(
        Facts,
        is_running=st.booleans(),
        accepted=st.booleans(),
        leads=COUNTS,
        covered=COUNTS,
        leads_a_month=COUNTS,
        days_with_data=COUNTS,
        steps=st.lists(STEPS, max_size=4).map(tuple),
        chosen=st.none() | st.sampled_from(["raw", "a", "x"]),
        days_since_chosen=st.none() | COUNTS,
    )
)
def test_for_any_facts_one_milestone_is_to_be_done_and_none_after_it_is_too(facts):
    found = statuses(facts)
    assert found.count("now") == 1
    assert "later" not in found[: found.index("now")]
    best = doctor.recommended(facts.steps, facts.leads)
    if best:
        assert doctor.MERE_ADVICE.issuperset(doctor.objections(best, facts.leads))
