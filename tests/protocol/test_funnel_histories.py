"""What holds for any history of one lead, whatever happens between its moves.

A machine lives the life of one submission in one dataset: the lead moves in one
transaction after the other, while Meta refuses events, people cancel some, policies,
rules, stages and teams change, and the clock of the person who sent the form is ahead
of ours or behind it.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from protocol import funnel
from protocol.funnel import CONVERTED, LOST, RAW_LEAD, STAGE, Rule, Snapshot

from .journeys import NOW, OLDEST, as_reported, pipeline

STAGE_IDS = (31, 32, 33, 34)
GONE = 98
TEAMS = (None, 1, 2)
KEYS = [
    (step, stage)
    for step, stage in [
        (RAW_LEAD, None),
        (CONVERTED, None),
        (LOST, None),
        *((STAGE, stage) for stage in STAGE_IDS),
    ]
]
POLICIES = ("fill_skipped_steps", "every_entry", "backward_moves")
LEADS = st.builds(
    Snapshot, st.sampled_from((*STAGE_IDS, GONE, None)), st.booleans(), st.booleans()
)
#: Few, so that steps share one now and then.
NAMES = st.sampled_from([f"name_{number}" for number in range(5)])
#: How long before the first move the person sent the form, by Meta's clock (seconds).
AGES = st.sampled_from((None, -90_000, -1, 0, 3600, OLDEST - 1, OLDEST, OLDEST + 90))
RULE_KEYS = st.sampled_from([(*key, team) for key in KEYS for team in TEAMS])
#: The name of a method below, and what it is given.
CHANGES = st.one_of(
    st.tuples(st.just("switch"), st.sampled_from(POLICIES)),
    st.tuples(
        st.just("change_team"),
        st.sampled_from(TEAMS),
        st.sets(st.sampled_from(STAGE_IDS)),
    ),
    st.tuples(st.just("map"), RULE_KEYS, NAMES),
    st.tuples(st.just("unmap"), RULE_KEYS),
    st.tuples(st.just("put_stage"), st.sampled_from(STAGE_IDS), st.integers(-1, 5)),
    st.tuples(st.just("delete_stage"), st.sampled_from(STAGE_IDS)),
)


class LeadHistory(RuleBasedStateMachine):
    """One lead, and what holds after each of its moves."""

    @initialize(
        lead=LEADS,
        arrives=st.booleans(),
        age=AGES,
        mapped=st.just({(*key, None): f"own_{n}" for n, key in enumerate(KEYS)})
        | st.dictionaries(RULE_KEYS, NAMES),
        policies=st.tuples(*[st.booleans()] * len(POLICIES)),
    )
    def begin(self, lead, arrives, age, mapped, policies):
        self.now = NOW
        self.submitted_at = None if age is None else NOW - age
        self.policies = dict(zip(POLICIES, policies, strict=True))
        self.stages = {stage: (place, stage) for place, stage in enumerate(STAGE_IDS)}
        self.team_stages = set(STAGE_IDS)
        self.team = 1
        self.rules = {
            key: Rule(number, *key, name)
            for number, (key, name) in enumerate(mapped.items())
        }
        self.reported = []
        self.last_time = None
        self.lead = lead
        if arrives:
            self.report(None, lead)

    # --- what happens -------------------------------------------------------------

    @rule(lead=LEADS, seconds=st.integers(0, 9 * 86_400))
    def move(self, lead, seconds):
        """Whatever a transaction makes of the lead."""
        self.now += seconds
        self.report(self.lead, lead)

    @rule(stage=st.sampled_from(STAGE_IDS))
    def drag(self, stage):
        """A salesperson drags the card of an open opportunity."""
        self.report(self.lead, Snapshot(stage, True, False))

    @rule(stage=st.sampled_from(STAGE_IDS))
    def put(self, stage):
        """The lead gets another stage and stays what it is."""
        self.report(self.lead, self.lead._replace(stage_id=stage))

    @rule()
    def convert(self):
        self.report(self.lead, self.lead._replace(is_opportunity=True))

    @rule()
    def lose_or_reopen(self):
        self.report(self.lead, self.lead._replace(is_lost=not self.lead.is_lost))

    @precondition(lambda self: self.reported)
    @rule(last=st.integers(1, 9))
    def refuse(self, last):
        """The last ones did not come through: a token or a rule was wrong."""
        kept, lost = self.reported[:-last], self.reported[-last:]
        self.reported = kept + [event._replace(counts=False) for event in lost]

    @precondition(lambda self: self.reported)
    @rule(number=st.integers(0, 99))
    def cancel(self, number):
        """Consent was withdrawn, or an administrator cancelled it."""
        del self.reported[number % len(self.reported)]

    @rule(change=CHANGES)
    def change_settings(self, change):
        """What administrators do between the moves."""
        kind, *given = change
        getattr(self, kind)(*given)

    def switch(self, name):
        self.policies[name] = not self.policies[name]

    def change_team(self, team, stages):
        self.team, self.team_stages = team, stages

    def map(self, key, name):
        self.rules[key] = Rule(len(self.rules) + 50, *key, name)

    def unmap(self, key):
        self.rules.pop(key, None)

    def put_stage(self, stage, sequence):
        """A stage is moved, or comes back."""
        self.stages[stage] = (sequence, stage)

    def delete_stage(self, stage):
        self.stages.pop(stage, None)

    # --- what holds ---------------------------------------------------------------

    def report(self, before, after):
        ways = pipeline(
            self.rules.values(),
            stages=self.stages,
            team_stages=self.team_stages,
            team_id=self.team,
        )
        steps = funnel.plan(
            ways,
            before,
            after,
            self.reported,
            moved_at=self.now,
            submitted_at=self.submitted_at,
            **self.policies,
        )
        sent = [step for step in steps if not step.reason]
        self.check_every_move_has_its_word(ways, before, after, steps)
        self.check_reasons(ways, before, after, steps, sent)
        self.check_order(ways, before, after, sent)
        self.check_repetitions(sent)
        self.check_filling(ways, after, steps, sent)
        self.check_times(sent)
        self.reported += as_reported(sent)
        self.lead = after

    def check_every_move_has_its_word(self, ways, before, after, steps):
        """An event or a reason for each thing that the lead itself did."""
        told = [(step.step, step.stage_id) for step in steps if not step.skipped]
        assert len(set(told)) == len(told)
        expected = set()
        stage = (STAGE, after.stage_id)
        if before is None:
            expected.add((RAW_LEAD, None))
            if after.stage_id not in (None, ways.first_stage_id):
                expected.add(stage)
        elif before.stage_id != after.stage_id:
            expected.add(stage)
        elif before.is_lost and not after.is_lost:
            if before.is_opportunity or not after.is_opportunity:
                expected.add(stage)
        if before and after.is_opportunity and not before.is_opportunity:
            expected.add((CONVERTED, None))
        if after.is_lost and not (before and before.is_lost):
            expected.add((LOST, None))
        assert expected <= set(told)
        # Beyond that only a mapped stage in which the lead already is.
        assert set(told) - expected <= ({stage} if ways.rule(*stage) else set())

    def check_reasons(self, ways, before, after, steps, sent):
        furthest = self.furthest(ways)
        names = {event.event_name for event in self.reported}
        for step in steps:
            place = ways.place(step.step, step.stage_id)
            known = ways.rule(step.step, step.stage_id)
            if step.reason is None:
                assert step.rule == known is not None
                assert step.rule.team_id in (None, self.team)
            elif step.reason == funnel.NO_RULE:
                assert known is None
            elif step.reason == funnel.NO_STAGE:
                assert after.stage_id is None
            elif step.reason == funnel.MOVED_BACK:
                assert not self.policies["backward_moves"]
                assert place < ways.place(STAGE, before.stage_id)
            elif step.reason == funnel.ALREADY_PASSED:
                assert not self.policies["backward_moves"]
                assert place < furthest
            elif step.reason == funnel.ALREADY_REPORTED:
                assert not self.policies["every_entry"]
                own = [other.rule.event_name for other in sent if not other.skipped]
                assert known.event_name in {*names, *own} or self.counts(step)
            elif step.reason in (funnel.REFUSED_BEFORE, funnel.EXPIRED_BEFORE):
                assert not self.policies["every_entry"]
                of_name = [
                    event
                    for event in self.reported
                    if event.event_name == known.event_name
                ]
                assert of_name
                assert not any(event.counts for event in of_name)
            elif step.reason == funnel.TOO_OLD:
                assert (step.step, before) == (RAW_LEAD, None)
                assert self.now - step.event_time > OLDEST
            else:
                assert step.reason == funnel.REOPENED
                assert (before.is_lost, after.is_lost) == (True, False)

    def check_order(self, ways, before, after, sent):
        assert after.is_opportunity or CONVERTED not in [step.step for step in sent]
        places = [ways.place(step.step, step.stage_id) for step in sent]
        known = [place for place in places if place]
        assert known == sorted(known)
        assert LOST not in [step.step for step in sent[:-1]]
        if self.policies["backward_moves"]:
            return
        came_from = before and ways.place(STAGE, before.stage_id)
        now_at = ways.place(STAGE, after.stage_id)
        if came_from and now_at and now_at < came_from:
            assert STAGE not in [step.step for step in sent if not step.skipped]
        if self.policies["every_entry"]:
            return
        furthest = self.furthest(ways)
        for step, place in zip(sent, places, strict=True):
            if furthest and place and step.step == STAGE:
                assert place > furthest

    def check_repetitions(self, sent):
        live = [(event.event_name, event.entry) for event in self.reported]
        for step in sent:
            name = step.rule.event_name
            assert (name, step.entry) not in live
            entries = [entry for known, entry in live if known == name]
            assert step.entry == max(entries, default=-1) + 1
            assert self.policies["every_entry"] or not entries
            assert self.policies["every_entry"] or not self.counts(step)
            live.append((name, step.entry))

    def check_filling(self, ways, after, steps, sent):
        skipped = [step for step in steps if step.skipped]
        assert all(step in sent for step in skipped)
        if not self.policies["fill_skipped_steps"]:
            assert not skipped
            return
        own = [ways.place(s.step, s.stage_id) for s in sent if not s.skipped]
        target = max((place for place in own if place), default=None)
        furthest = self.furthest(ways) or (-1,)
        told = {event.event_name for event in self.reported}
        told |= {step.rule.event_name for step in sent}
        for known in ways.rules:
            between = target and (
                furthest < ways.place(known.step, known.stage_id) < target
            )
            if between and (known.step != CONVERTED or after.is_opportunity):
                assert known.event_name in told

    def check_times(self, sent):
        """After the lead's creation, in order, young enough, never made up."""
        created = None if self.submitted_at is None else self.submitted_at + 1
        for step in sent:
            ahead = created is not None and created > self.now
            assert step.event_time <= (created if ahead else self.now)
            assert created is None or step.event_time >= created
            assert self.now - step.event_time <= OLDEST
            assert self.last_time is None or step.event_time >= self.last_time
            self.last_time = step.event_time
            if created and step.step == RAW_LEAD and not step.skipped:
                # Its own time, unless Meta would find that too old: then it goes along
                # with the step that the lead has taken since.
                too_old = self.now - created > OLDEST
                assert len(sent) > 1 if too_old else step.event_time == created

    # --- what is reckoned anew ----------------------------------------------------

    def furthest(self, ways):
        places = [
            ways.place(event.step, event.stage_id)
            for event in self.reported
            if event.counts
        ]
        return max((place for place in places if place), default=None)

    def counts(self, step):
        """Whether this step itself is queued or accepted already."""
        return any(
            event.counts and (event.step, event.stage_id) == (step.step, step.stage_id)
            for event in self.reported
        )


TestAnyHistoryOfALead = LeadHistory.TestCase
TestAnyHistoryOfALead.settings = settings(max_examples=500, stateful_step_count=15)
