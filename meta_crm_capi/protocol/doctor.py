"""What Meta's conversion-leads goal needs of a funnel, and where one stands on it.

Meta's journey has six milestones: a CRM dataset, events, enough data, the sales funnel
set up in Events Manager, the learning phase, and campaigns that use it. What counts as
enough is Meta's own advice: 7 days with data, not necessarily in a row; events for 60 %
of the leads; two steps with the raw lead, better three; about 200 leads a month. The
step to optimise for happens to 1–40 % of the leads, within 28 days of the lead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

DATA_DAYS = 7
LEADS_A_MONTH = 200
LEAST_COVERAGE = 0.6
LEAST_STEPS = 2
GOOD_STEPS = 3
LEAST_RATE, MOST_RATE = 0.01, 0.4
WINDOW_DAYS = 28
#: Meta's learning phase takes 2 to 8 weeks; its documents differ.
LEARNING_DAYS = (14, 56)
#: With fewer leads than this at a step its rate says nothing yet.
FEW = 10

#: Statuses of a milestone.
DONE, NOW, LATER, FALLS_SHORT = "done", "now", "later", "falls_short"

DATASET, EVENTS, DATA, FUNNEL, LEARNING, CAMPAIGNS = MILESTONES = (
    "dataset",
    "events",
    "data",
    "funnel",
    "learning",
    "campaigns",
)


class StepFacts(NamedTuple):
    """One step as Meta sees it, over the leads of a period.

    ``leads`` is how many of the period's leads have an accepted event of this name.
    ``median`` and ``p90`` are days from lead to step; None without any lead.
    """

    event_name: str
    leads: int
    median: float | None = None
    p90: float | None = None
    is_raw_lead: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What Odoo knows of one dataset.

    :param is_running: neither paused nor stopped
    :param accepted: whether Meta ever accepted an event of it
    :param leads: Meta leads of the period that belong to the dataset
    :param covered: those of them with at least one accepted event
    :param leads_a_month: Meta leads of the last 30 days
    :param days_with_data: days of the period with an accepted event
    :param steps: in the order of the pipeline, with those that nobody reached
    :param chosen: event name of the step that was chosen at Meta; None when not yet
    :param days_since_chosen: None when not known
    """

    is_running: bool
    accepted: bool
    leads: int
    covered: int
    leads_a_month: int
    days_with_data: int
    steps: tuple[StepFacts, ...]
    chosen: str | None = None
    days_since_chosen: int | None = None

    @property
    def coverage(self) -> float | None:
        """Share of the leads that Meta was told of; None without leads."""
        return self.covered / self.leads if self.leads else None

    @property
    def reported_steps(self) -> list[StepFacts]:
        """The steps that Meta got at least one event of."""
        return [step for step in self.steps if step.leads]

    @property
    def has_enough_data(self) -> bool:
        """All that Meta calls necessary; the number of leads is its wish only."""
        return (
            self.days_with_data >= DATA_DAYS
            and (self.coverage or 0) >= LEAST_COVERAGE
            and len(self.reported_steps) >= LEAST_STEPS
            and any(step.is_raw_lead for step in self.reported_steps)
        )


def rate(step: StepFacts, leads: int) -> float | None:
    """Conversion rate of a step: its share of all leads, 0–1; None without leads."""
    return min(1.0, step.leads / leads) if leads else None


#: What may keep a step from being the one to optimise for.
IS_RAW_LEAD, NOBODY, TOO_RARE, TOO_COMMON, TOO_SLOW, SLOW_TAIL, FEW_LEADS = (
    "is_raw_lead",
    "nobody",
    "too_rare",
    "too_common",
    "too_slow",
    "slow_tail",
    "few_leads",
)
#: These are advice; a step that has another of the above cannot be chosen.
MERE_ADVICE = frozenset({SLOW_TAIL, FEW_LEADS})


def objections(step: StepFacts, leads: int) -> list[str]:
    """What speaks against optimising for this step, the gravest first."""
    if step.is_raw_lead:
        return [IS_RAW_LEAD]
    share = rate(step, leads)
    if not step.leads or share is None:
        return [NOBODY]
    found = []
    if share < LEAST_RATE:
        found.append(TOO_RARE)
    if share > MOST_RATE:
        found.append(TOO_COMMON)
    if step.median is not None and step.median > WINDOW_DAYS:
        found.append(TOO_SLOW)
    elif step.p90 is not None and step.p90 > WINDOW_DAYS:
        found.append(SLOW_TAIL)
    if step.leads < FEW:
        found.append(FEW_LEADS)
    return found


def recommended(steps: Sequence[StepFacts], leads: int) -> StepFacts | None:
    """The earliest step that Meta can optimise for; one with advice only if need be."""
    sound = [
        (step, found)
        for step in steps
        if MERE_ADVICE.issuperset(found := objections(step, leads))
    ]
    without_advice = [step for step, found in sound if not found]
    return next(iter([*without_advice, *(step for step, _found in sound)]), None)


def milestones(facts: Facts) -> dict[str, str]:
    """``{milestone: status}`` in Meta's order.

    Exactly one is ``now`` unless all before the last are done; a milestone that was
    passed and is no longer true ``falls_short``.
    """
    chosen = next(
        (step for step in facts.steps if step.event_name == facts.chosen), None
    )
    chosen_is_sound = chosen is not None and MERE_ADVICE.issuperset(
        objections(chosen, facts.leads)
    )
    true = {
        DATASET: facts.is_running,
        EVENTS: facts.accepted,
        DATA: facts.has_enough_data,
        FUNNEL: chosen_is_sound,
        LEARNING: chosen_is_sound
        and (facts.days_since_chosen or 0) >= LEARNING_DAYS[1],
        CAMPAIGNS: False,
    }
    passed = {
        DATASET: True,
        EVENTS: facts.accepted,
        DATA: facts.chosen is not None,
        FUNNEL: facts.chosen is not None,
    }
    status, is_open = {}, False
    for key in MILESTONES:
        if true[key]:
            status[key] = DONE
        elif passed.get(key):
            status[key] = FALLS_SHORT
        else:
            status[key] = LATER if is_open else NOW
            is_open = True
    return status
