"""The funnel: which steps one change of a lead reports, or why it reports none.

Pure rules, no clock and no database. The caller gives what the lead looked like
before and after a transaction, which steps were reported earlier, and the times;
:func:`plan` answers with the steps to report in order, each with its event time,
and with a reason for everything that a person could have expected and that is not
reported.

The order of steps is the pipeline's own: the raw lead, the conversion to an
opportunity, then the stages by (sequence, id). Lost stands at the side of it.
Won is simply a stage. Kinds of steps that an integration adds stand at the side too;
the caller says when one happened, as nothing of a lead's pipeline tells.

To add a kind of step here: give it a constant and a place in :meth:`Pipeline.place`,
say in :func:`_happened` when it happens, and offer it in ``meta.capi.rule``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from .event import MARGIN, MAX_AGE
from .words import _lt

RAW_LEAD = "raw_lead"
CONVERTED = "converted"
STAGE = "stage"
LOST = "lost"
#: The kinds of steps that are known here.
KINDS = frozenset((RAW_LEAD, CONVERTED, STAGE, LOST))
#: A lost lead that came back; happens, but is no step that a rule can report.
REOPEN = "reopen"

NO_RULE = _lt("No rule for this step.")
ALREADY_REPORTED = _lt("Already reported: each step is reported once.")
REFUSED_BEFORE = _lt("Refused before: see the event of this step.")
EXPIRED_BEFORE = _lt("Too late before: each step is reported once.")
MOVED_BACK = _lt("Moved back: backward moves are not reported.")
ALREADY_PASSED = _lt("A later step was reported before.")
REOPENED = _lt("Reopened: Meta is not told that a lost lead came back.")
NO_STAGE = _lt("The lead has no stage any more.")
TOO_OLD = _lt("Older than 7 days: Meta no longer takes it.")

#: A place in the order of steps; compares as a tuple.
Place = tuple[int, int, int]
_RAW_LEAD_PLACE: Place = (0, 0, 0)
_AFTER_RAW_LEAD: Place = (0, 0, 1)
_CONVERTED_PLACE: Place = (1, 0, 0)
_AT_THE_SIDE: Place = (3, 0, 0)


class Snapshot(NamedTuple):
    """What the funnel sees of a lead at one moment."""

    stage_id: int | None
    is_opportunity: bool
    is_lost: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One active row of the funnel-stage mapping.

    ``needs_value`` is true for event names that Meta refuses without a value.
    """

    id: int
    step: str
    stage_id: int | None
    team_id: int | None
    event_name: str
    needs_value: bool = False


class Reported(NamedTuple):
    """One earlier event of the same submission and dataset.

    ``counts`` is true while it is queued, on its way or accepted: only such events
    move the furthest step. One that Meta refused, or that waited until it was too old
    (``is_expired``), still occupies its name.
    """

    step: str
    stage_id: int | None
    event_name: str
    entry: int
    counts: bool
    is_expired: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step to report, or, with a ``reason``, one that is not reported.

    ``event_time`` is in Unix seconds. ``skipped`` marks a step that the move passed
    over: it carries no value of its own.
    """

    step: str
    stage_id: int | None
    rule: Rule | None
    event_time: int
    entry: int = 0
    skipped: bool = False
    reason: str | None = None

    @property
    def carries_value(self) -> bool:
        """Whether the rule's value belongs on the event."""
        if self.rule is None:
            return False
        return not self.skipped or self.rule.needs_value


class Pipeline:
    """The order of steps for the leads of one team, with the rules that apply.

    :param stages: ``{stage id: (sequence, id)}`` of every stage, whatever its team,
        so that a step reported before a change of team keeps its place
    :param team_stages: ids of the stages that have no team or this team
    :param rules: active rules of the dataset; one for this team hides the general
        rule for the same step, one for another team is ignored
    :param folded: ids of the folded stages: no lead comes in there

    ``rules`` are those that apply, in their order; ``further_rules`` those for kinds of
    steps that an integration added.
    """

    def __init__(
        self,
        stages: Mapping[int, tuple[int, int]],
        team_stages: Collection[int],
        team_id: int | None,
        rules: Iterable[Rule],
        folded: Collection[int] = (),
    ):
        self._stages = stages
        known = [stage for stage in team_stages if stage in stages]
        entry = [stage for stage in known if stage not in folded] or known
        self.first_stage_id = min(entry, key=stages.__getitem__, default=None)
        chosen: dict[tuple[str, int | None], Rule] = {}
        for rule in rules:
            if rule.team_id not in (None, team_id):
                continue
            key = (rule.step, rule.stage_id)
            if key not in chosen or rule.team_id is not None:
                chosen[key] = rule
        self._rules = chosen
        # A lead may be put into another team's stage; it never passes over one.
        ordered = (
            rule
            for rule in chosen.values()
            if rule.step in (RAW_LEAD, CONVERTED)
            or (rule.step == STAGE and rule.stage_id in known)
        )
        self.further_rules = tuple(
            rule for rule in chosen.values() if rule.step not in KINDS
        )
        self.rules = tuple(
            sorted(ordered, key=lambda rule: self.place(rule.step, rule.stage_id))
        )

    def place(self, step: str, stage_id: int | None = None) -> Place | None:
        """Where a step stands in the order; None at the side or when unknown."""
        if step == RAW_LEAD:
            return _RAW_LEAD_PLACE
        if step == CONVERTED:
            return _CONVERTED_PLACE
        if step == STAGE and stage_id in self._stages:
            return (2, *self._stages[stage_id])
        return None

    def rule(self, step: str, stage_id: int | None = None) -> Rule | None:
        """The rule for a step, or None."""
        return self._rules.get((step, stage_id if step == STAGE else None))


def plan(
    pipeline: Pipeline,
    before: Snapshot | None,
    after: Snapshot,
    reported: Collection[Reported],
    *,
    moved_at: int,
    submitted_at: int | None = None,
    fill_skipped_steps: bool = True,
    every_entry: bool = False,
    backward_moves: bool = False,
    further_steps: Iterable[str] = (),
) -> list[Step]:
    """The steps that one change of a lead reports for one of its submissions.

    :param before: the lead at the start of the transaction; None when this
        transaction brought it in
    :param reported: every earlier event of this submission and dataset that is
        neither ``not_sent`` nor ``cancelled``
    :param moved_at: moment of the move, Unix seconds
    :param submitted_at: when the person sent the form, by Meta's clock, Unix
        seconds; None when Meta has not told
    :param fill_skipped_steps: report the mapped steps that the move passed over
    :param every_entry: report a step again each time the lead enters it
    :param backward_moves: report a stage also when the lead comes back to it, and when
        a later one was reported before
    :param further_steps: steps of an integration's kinds that the lead took
    :return: in the order to report; empty when nothing of the funnel changed
    """
    happened = _happened(pipeline, before, after)
    happened += [(step, None) for step in further_steps]
    # Where Meta has not heard of the stage it came from, a move back is no news either.
    is_quiet = _is_backward(pipeline, before, after) and not backward_moves
    furthest = _furthest(pipeline, reported)
    entries = _entries(reported)
    raw_lead_time = moved_at if submitted_at is None else submitted_at + 1
    # Meta may drop an event from before the lead existed, and the clock that dated
    # the lead is not the clock that dates its moves.
    move_time = max(moved_at, raw_lead_time)
    goals = [taken for taken in happened if not (is_quiet and taken[0] == STAGE)]
    passed_over = (
        _passed_over(pipeline, after, goals, furthest, entries)
        if fill_skipped_steps
        else []
    )
    steps = []
    for step, stage_id in sorted(
        [*happened, *passed_over], key=lambda taken: _order(pipeline, taken)
    ):
        skipped = (step, stage_id) in passed_over
        rule = pipeline.rule(step, stage_id)
        entry, reason = 0, None
        if step == REOPEN:
            step, rule, reason = STAGE, None, REOPENED
        elif is_quiet and step == STAGE:
            reason = MOVED_BACK
        elif rule is None:
            reason = NO_STAGE if step == STAGE and not stage_id else NO_RULE
        elif rule.event_name in entries:
            entry = entries[rule.event_name] + 1
            reason = None if every_entry else _reason_by_name(rule, reported)
        elif not every_entry:
            passed = None if backward_moves else furthest
            reason = _reason_by_report(pipeline, step, stage_id, reported, passed)
        if rule and not reason:
            entries[rule.event_name] = entry
        elif skipped:
            continue
        steps.append(
            Step(step, stage_id, rule, move_time, entry, skipped, reason),
        )
    return _date_raw_lead(steps, raw_lead_time, moved_at)


def _happened(
    pipeline: Pipeline, before: Snapshot | None, after: Snapshot
) -> list[tuple[str, int | None]]:
    """The steps that the lead itself took, as (step, stage id)."""
    stage = (STAGE, after.stage_id)
    happened: list[tuple[str, int | None]] = []
    if before is None:
        happened.append((RAW_LEAD, None))
        # In the first stage the raw lead says it all, unless a rule says more; an
        # unqualified lead sits there without anybody having put it there.
        is_beyond = after.stage_id not in (None, pipeline.first_stage_id)
        if is_beyond or (after.is_opportunity and pipeline.rule(*stage)):
            happened.append(stage)
    elif after.is_opportunity and not before.is_opportunity:
        happened.append((CONVERTED, None))
        if after.stage_id != before.stage_id or pipeline.rule(*stage):
            happened.append(stage)
    elif after.stage_id != before.stage_id:
        happened.append(stage)
    if after.is_lost and not (before and before.is_lost):
        happened.append((LOST, None))
    if before and before.is_lost and not after.is_lost and not happened:
        happened.append((REOPEN, after.stage_id))
    return happened


def _passed_over(
    pipeline: Pipeline,
    after: Snapshot,
    goals: Collection[tuple[str, int | None]],
    furthest: Place | None,
    entries: Collection[str],
) -> list[tuple[str, int | None]]:
    """The mapped steps after the furthest one and before where the lead went."""
    places = [pipeline.place(*taken) for taken in goals]
    # A step at the side comes after the raw lead; it says nothing of the others.
    at_the_side = [
        step for step, _ in goals if step not in (RAW_LEAD, CONVERTED, STAGE, REOPEN)
    ]
    if any(pipeline.rule(step) for step in at_the_side):
        places.append(_AFTER_RAW_LEAD)
    target = max((place for place in places if place), default=None)
    # A name that the move itself reports belongs to the step that it went to.
    own = {rule.event_name for goal in goals if (rule := pipeline.rule(*goal))}
    return [
        (rule.step, rule.stage_id)
        for rule in pipeline.rules
        if (rule.step, rule.stage_id) not in goals
        and rule.event_name not in entries
        and rule.event_name not in own
        and _is_before(furthest, pipeline.place(rule.step, rule.stage_id), missing=True)
        and _is_before(pipeline.place(rule.step, rule.stage_id), target)
        and (rule.step != CONVERTED or after.is_opportunity)
    ]


def _date_raw_lead(steps: list[Step], raw_lead_time: int, moved_at: int) -> list[Step]:
    """Give the raw lead its own time: Meta's, unless that is too long ago.

    Then it takes the time of the steps that are reported with it; alone it is not
    reported.
    """
    if not steps or steps[0].step != RAW_LEAD or steps[0].skipped:
        return steps
    raw_lead, *others = steps
    if moved_at - raw_lead_time <= MAX_AGE - MARGIN:
        raw_lead = replace(raw_lead, event_time=raw_lead_time)
    elif not raw_lead.reason and all(step.reason for step in others):
        raw_lead = replace(raw_lead, event_time=raw_lead_time, reason=TOO_OLD)
    return [raw_lead, *others]


def _furthest(pipeline: Pipeline, reported: Iterable[Reported]) -> Place | None:
    places = (pipeline.place(e.step, e.stage_id) for e in reported if e.counts)
    return max((place for place in places if place), default=None)


def _entries(reported: Iterable[Reported]) -> dict[str, int]:
    """The highest entry number so far of each event name."""
    entries: dict[str, int] = {}
    for event in reported:
        highest = entries.get(event.event_name, event.entry)
        entries[event.event_name] = max(event.entry, highest)
    return entries


def _order(pipeline: Pipeline, taken: tuple[str, int | None]) -> Place:
    return pipeline.place(*taken) or _AT_THE_SIDE


def _is_before(place: Place | None, other: Place | None, *, missing=False) -> bool:
    """Whether one place comes before another; ``missing`` when there is no first."""
    if place is None:
        return missing
    return other is not None and place < other


def _reason_by_name(rule: Rule, reported: Iterable[Reported]) -> str:
    """Why a step is not reported whose name is taken, by the event that has it."""
    events = [event for event in reported if event.event_name == rule.event_name]
    # Without any, it is another step of this move that has the name.
    if not events or any(event.counts for event in events):
        return ALREADY_REPORTED
    last = max(events, key=lambda event: event.entry)
    return EXPIRED_BEFORE if last.is_expired else REFUSED_BEFORE


def _reason_by_report(
    pipeline: Pipeline,
    step: str,
    stage_id: int | None,
    reported: Iterable[Reported],
    furthest: Place | None,
) -> str | None:
    """Why a step under a new name is not reported: it, or a later stage, was before.

    ``furthest`` is None where a later stage does not matter.

    A conversion is always news: an unqualified lead may have a stage already.
    """
    if any(e.counts and (e.step, e.stage_id) == (step, stage_id) for e in reported):
        return ALREADY_REPORTED
    if step == STAGE and _is_before(pipeline.place(step, stage_id), furthest):
        return ALREADY_PASSED
    return None


def _is_backward(pipeline: Pipeline, before: Snapshot | None, after: Snapshot) -> bool:
    return before is not None and _is_before(
        pipeline.place(STAGE, after.stage_id), pipeline.place(STAGE, before.stage_id)
    )
