"""A small pipeline, and leads that travel through it."""

from dataclasses import replace

from protocol import funnel
from protocol.event import MARGIN, MAX_AGE
from protocol.funnel import CONVERTED, LOST, RAW_LEAD, STAGE, Reported, Rule, Snapshot

NEW, QUALIFIED, PROPOSITION, WON = 11, 12, 13, 14
#: Ids are no order: the sequence is.
STAGES = {NEW: (0, NEW), QUALIFIED: (1, QUALIFIED), PROPOSITION: (2, 13), WON: (70, 14)}
TEAM, OTHER_TEAM = 1, 2

RAW_LEAD_RULE = Rule(1, RAW_LEAD, None, None, "initial_lead")
CONVERTED_RULE = Rule(2, CONVERTED, None, None, "converted")
QUALIFIED_RULE = Rule(3, STAGE, QUALIFIED, None, "qualified")
PROPOSITION_RULE = Rule(4, STAGE, PROPOSITION, None, "proposition")
WON_RULE = Rule(5, STAGE, WON, None, "won")
LOST_RULE = Rule(6, LOST, None, None, "lost")
#: What is offered where leads are not qualified before they are opportunities.
RULES = (RAW_LEAD_RULE, QUALIFIED_RULE, PROPOSITION_RULE, WON_RULE, LOST_RULE)
WITH_CONVERTED = (*RULES, CONVERTED_RULE)

NOW = 1_790_000_000
SUBMITTED = NOW - 3600
OLDEST = MAX_AGE - MARGIN


def pipeline(rules=RULES, *, stages=STAGES, team_stages=None, team_id=TEAM):
    return funnel.Pipeline(
        stages, stages if team_stages is None else team_stages, team_id, rules
    )


def at(stage_id, *, opportunity=True, lost=False):
    return Snapshot(stage_id, opportunity, lost)


def plan(before, after, reported=(), *, rules=RULES, ways=None, **options):
    """The steps of one change, an hour after the person sent the form."""
    options = {"moved_at": NOW, "submitted_at": SUBMITTED, **options}
    return funnel.plan(ways or pipeline(rules), before, after, reported, **options)


def sent(steps):
    return [step.rule.event_name for step in steps if not step.reason]


def unsent(steps):
    """``(step, stage, reason)`` of what is not reported."""
    return [(step.step, step.stage_id, step.reason) for step in steps if step.reason]


def as_reported(steps, *, counts=True):
    return [
        Reported(step.step, step.stage_id, step.rule.event_name, step.entry, counts)
        for step in steps
        if not step.reason
    ]


def reported(*rules, counts=True, expired=False):
    """These rules were reported before."""
    return [
        Reported(rule.step, rule.stage_id, rule.event_name, 0, counts, expired)
        for rule in rules
    ]


class Journey:
    """One submission's lead on its way; remembers what was reported.

    :param options: of :func:`funnel.plan`
    """

    def __init__(self, start, *, arrives=True, rules=RULES, ways=None, **options):
        self.ways = ways or pipeline(rules)
        self.options = {"moved_at": NOW, "submitted_at": SUBMITTED, **options}
        self.lead = start
        self.reported = []
        self.steps = self._report(None, start) if arrives else []

    def to(self, stage_id=None, **changes):
        """Move the lead; returns the names that are sent."""
        before = self.lead
        if stage_id:
            changes["stage_id"] = stage_id
        self.lead = before._replace(**changes)
        self.steps = self._report(before, self.lead)
        return sent(self.steps)

    def lose(self):
        return self.to(is_lost=True)

    def restore(self):
        return self.to(is_lost=False)

    def convert(self, stage_id=None):
        return self.to(stage_id, is_opportunity=True)

    @property
    def why_not(self):
        return [step.reason for step in self.steps if step.reason]

    def _report(self, before, after):
        self.options["moved_at"] += 60
        steps = funnel.plan(self.ways, before, after, self.reported, **self.options)
        self.reported += as_reported(steps)
        return steps


def for_team(rule, team_id, event_name):
    return replace(rule, id=rule.id + 100, team_id=team_id, event_name=event_name)
