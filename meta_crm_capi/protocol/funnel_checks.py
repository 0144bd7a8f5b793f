"""What Meta will make of a funnel, said before it does: too short, no raw lead, gaps.

Source: Conversions API for CRM, "Set up" (the raw lead and at least one further step,
each lead passing them in order; three steps serve better than two) and "Standard
events" (a value with ``Purchase`` and its like).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from .funnel import RAW_LEAD, STAGE, Pipeline

NOTHING = "nothing"
NO_RAW_LEAD = "no_raw_lead"
TOO_FEW = "too_few"
ONLY_TWO = "only_two"
GAP = "gap"
SAME_NAME = "same_name"
NO_WORTH = "no_worth"

#: Meta wants so many steps at least, and learns better from so many.
LEAST_STEPS, GOOD_STEPS = 2, 3


class Complaint(NamedTuple):
    """One thing that Meta will complain about, or count badly.

    ``stage_ids`` are the stages that a gap is made of; ``names`` the event names that
    it is about.
    """

    kind: str
    stage_ids: tuple[int, ...] = ()
    names: tuple[str, ...] = ()


def complaints(
    pipeline: Pipeline,
    stage_ids: Sequence[int],
    worthless: Collection[str] = (),
) -> list[Complaint]:
    """What Meta will complain about in one team's funnel.

    :param stage_ids: the stages where this team's leads can be, in order, without
        folded ones
    :param worthless: event names that Meta refuses without a value, and whose value may
        be 0
    :return: the gravest first; empty for a sound funnel
    """
    rules = (*pipeline.rules, *pipeline.further_rules)
    names = [rule.event_name for rule in rules]
    if not names:
        return [Complaint(NOTHING)]
    found = []
    if pipeline.rule(RAW_LEAD) is None:
        found.append(Complaint(NO_RAW_LEAD))
    count = len(set(names))
    if count < LEAST_STEPS:
        found.append(Complaint(TOO_FEW, names=tuple(names)))
    doubled = tuple(name for name, times in Counter(names).items() if times > 1)
    if doubled:
        found.append(Complaint(SAME_NAME, names=doubled))
    if gap := _gap(pipeline, stage_ids):
        found.append(Complaint(GAP, stage_ids=gap))
    if poor := tuple(name for name in dict.fromkeys(names) if name in worthless):
        found.append(Complaint(NO_WORTH, names=poor))
    if LEAST_STEPS <= count < GOOD_STEPS:
        found.append(Complaint(ONLY_TWO))
    return found


def _gap(pipeline: Pipeline, stage_ids: Sequence[int]) -> tuple[int, ...]:
    """The stages without a rule that leads pass on their way to one with a rule.

    In the first stage the raw lead says it all.
    """
    mapped = [pipeline.rule(STAGE, stage_id) is not None for stage_id in stage_ids]
    if True not in mapped:
        return ()
    last = len(mapped) - 1 - mapped[::-1].index(True)
    return tuple(
        stage_id
        for stage_id, is_mapped in zip(stage_ids[:last], mapped[:last], strict=True)
        if not is_mapped and stage_id != pipeline.first_stage_id
    )
