"""What holds for every pipeline, every mapping and every way a lead can go."""

from hypothesis import given
from hypothesis import strategies as st
from protocol import funnel
from protocol.funnel import CONVERTED, LOST, RAW_LEAD, STAGE, Rule, Snapshot

from .journeys import NOW, OLDEST, as_reported, pipeline

STAGE_IDS = (21, 22, 23, 24, 25)
UNKNOWN_STAGE = 99
TEAMS = (None, 1, 2)


#: Every key that a rule can have; a mapping has each one at most once.
KEYS = [
    (step, stage, team)
    for step, stage in [
        (RAW_LEAD, None),
        (CONVERTED, None),
        (LOST, None),
        *((STAGE, stage) for stage in STAGE_IDS),
    ]
    for team in TEAMS
]
LEADS = [
    Snapshot(stage, is_opportunity, is_lost)
    for stage in (*STAGE_IDS, UNKNOWN_STAGE, None)
    for is_opportunity in (True, False)
    for is_lost in (False, True)
]
SNAPSHOTS = st.integers(0, len(LEADS) - 1).map(LEADS.__getitem__)


@st.composite
def pipelines(draw):
    """Any order of stages, any of them the team's, any rules, some of one name."""
    sequences = draw(st.tuples(*[st.integers(-1, 3)] * len(STAGE_IDS)))
    team_stages = draw(st.integers(0, 2 ** len(STAGE_IDS) - 1))
    names = draw(st.integers(1, 9))
    keys = draw(st.lists(st.integers(0, len(KEYS) - 1), unique=True, max_size=9))
    return pipeline(
        [
            Rule(number, *KEYS[key], f"name_{number % names}")
            for number, key in enumerate(keys)
        ],
        stages={
            stage: (sequence, stage)
            for stage, sequence in zip(STAGE_IDS, sequences, strict=True)
        },
        team_stages=[
            stage for bit, stage in enumerate(STAGE_IDS) if team_stages >> bit & 1
        ],
        team_id=draw(st.sampled_from(TEAMS)),
    )


def policies(**fixed):
    """Every combination of the policies, but for those that are fixed."""
    names = ("fill_skipped_steps", "every_entry", "backward_moves")
    drawn = {name: st.booleans() for name in names}
    return st.fixed_dictionaries(
        drawn | {name: st.just(value) for name, value in fixed.items()}
    )


POLICIES = policies()
AGES = st.none() | st.integers(-100, OLDEST + 100)


@st.composite
def journeys(draw, policies=POLICIES):
    """Every change of one lead: ``[(before, after, steps, moved_at, submitted_at)]``.

    Which of the events Meta refused is drawn too.
    """
    ways = draw(pipelines())
    policy = draw(policies)
    age = draw(AGES)
    submitted_at = None if age is None else NOW - age
    refused = draw(st.integers(0, 63)) & draw(st.integers(0, 63))
    before, *leads = draw(st.lists(SNAPSHOTS, min_size=2, max_size=6))
    if draw(st.booleans()):
        before = None
    reported = []
    changes = []
    for number, after in enumerate(leads):
        moved_at = NOW + number
        steps = funnel.plan(
            ways,
            before,
            after,
            reported,
            moved_at=moved_at,
            submitted_at=submitted_at,
            **policy,
        )
        reported += as_reported(steps, counts=not refused >> number & 1)
        changes.append((before, after, steps, moved_at, submitted_at))
        before = after
    return ways, changes


ONCE = policies(every_entry=False)
UNFILLED = policies(fill_skipped_steps=False)
FORWARD = policies(backward_moves=False)


def sent(changes):
    return [
        step
        for _before, _after, steps, *_times in changes
        for step in steps
        if not step.reason
    ]


@given(journeys())
def test_steps_stand_in_the_order_of_the_pipeline_with_lost_at_the_end(journey):
    ways, changes = journey
    for _before, _after, steps, *_times in changes:
        places = [ways.place(step.step, step.stage_id) for step in steps]
        known = [place for place in places if place]
        assert known == sorted(known)
        assert not any(step.step == LOST for step in steps[:-1])


@given(journeys())
def test_no_event_is_dated_before_the_lead_or_in_the_future(journey):
    for _before, _after, steps, moved_at, submitted_at in journey[1]:
        created = moved_at if submitted_at is None else submitted_at + 1
        for step in steps:
            assert created <= step.event_time <= max(moved_at, created)


@given(journeys())
def test_no_event_of_one_change_is_dated_before_the_one_it_follows(journey):
    for _before, _after, steps, *_times in journey[1]:
        times = [step.event_time for step in steps if not step.reason]
        assert times == sorted(times)


@given(journeys())
def test_every_event_that_is_sent_is_young_enough_for_meta(journey):
    for _before, _after, steps, moved_at, _submitted_at in journey[1]:
        for step in steps:
            assert step.reason or moved_at - step.event_time <= OLDEST


@given(journeys(ONCE))
def test_under_once_only_no_step_and_no_name_is_sent_twice(journey):
    steps = sent(journey[1])
    names = [step.rule.event_name for step in steps]
    assert len(set(names)) == len(names)
    assert {step.entry for step in steps} <= {0}


@given(journeys())
def test_no_two_events_share_name_and_entry(journey):
    identities = [(step.rule.event_name, step.entry) for step in sent(journey[1])]
    assert len(set(identities)) == len(identities)


@given(journeys())
def test_every_move_yields_an_event_or_a_reason(journey):
    for before, after, steps, *_times in journey[1]:
        told = {(step.step, step.stage_id) for step in steps if not step.skipped}
        if before is None:
            assert (RAW_LEAD, None) in told
        elif before.stage_id != after.stage_id:
            assert (STAGE, after.stage_id) in told
        if before and after.is_opportunity and not before.is_opportunity:
            assert (CONVERTED, None) in told
        if after.is_lost and not (before and before.is_lost):
            assert (LOST, None) in told


@given(journeys())
def test_where_nothing_of_the_funnel_changed_nothing_is_said(journey):
    for before, after, steps, *_times in journey[1]:
        if before == after:
            assert steps == []


@given(journeys())
def test_what_is_sent_has_a_rule_for_that_step_and_this_team(journey):
    ways, changes = journey
    for step in sent(changes):
        assert step.rule == ways.rule(step.step, step.stage_id)
        assert (step.rule.step, step.rule.stage_id) == (step.step, step.stage_id)


@given(journeys())
def test_a_skipped_step_is_sent_or_not_mentioned(journey):
    for _before, _after, steps, *_times in journey[1]:
        assert not any(step.skipped and step.reason for step in steps)


@given(journeys(UNFILLED))
def test_with_filling_off_nothing_is_made_up(journey):
    assert not any(step.skipped for step in sent(journey[1]))


@given(journeys(FORWARD))
def test_a_move_back_sends_no_stage(journey):
    ways, changes = journey
    for before, after, steps, *_times in changes:
        places = [ways.place(STAGE, lead.stage_id) for lead in (before, after) if lead]
        if len(places) == 2 and all(places) and places[1] < places[0]:
            assert not any(step.step == STAGE and not step.reason for step in steps)


@given(pipelines(), st.lists(SNAPSHOTS, min_size=1, max_size=6))
def test_with_filling_on_meta_hears_of_every_mapped_step_before_the_last_one(
    ways, leads
):
    reported, told = [], set()
    before = None
    for number, after in enumerate(leads):
        steps = funnel.plan(
            ways, before, after, reported, moved_at=NOW + number, submitted_at=NOW
        )
        reported += as_reported(steps)
        told |= {step.rule.event_name for step in steps if not step.reason}
        reached = [
            ways.place(step.step, step.stage_id)
            for step in steps
            if not step.reason and step.step != LOST
        ]
        for rule in ways.rules:
            is_before = reached and ways.place(rule.step, rule.stage_id) < max(reached)
            if is_before and (rule.step != CONVERTED or after.is_opportunity):
                assert rule.event_name in told
        before = after
