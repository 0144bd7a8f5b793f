"""Which steps of a lead's past may still be reported, and why the others may not.

Like :mod:`.funnel_replay` it lets :func:`.funnel.plan` judge a lead's moves one after
the other by the rules of today; but it knows what Meta was told in fact, and that Meta
takes nothing older than 7 days. Every time is the move's own. Nothing is read or
written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime, timezone
from typing import NamedTuple

from .funnel import (
    ALREADY_REPORTED,
    EXPIRED_BEFORE,
    RAW_LEAD,
    REFUSED_BEFORE,
    TOO_OLD,
    Pipeline,
    Reported,
    Step,
    plan,
)
from .funnel_replay import Move, State, lived
from .words import _lt

SEND = "send"
REPORTED = "reported"
NOT_SENT = "not_sent"

CANCELLED_BEFORE = _lt("Taken out of the queue before: see the event of this step.")
NOTHING_HAPPENED = _lt("Nothing happened to this lead in the last 7 days.")

#: A move and its event have the same moment; of one of them the fraction may be cut.
_SAME_MOMENT = 1


class Told(NamedTuple):
    """One earlier event of the same submission and dataset.

    :param is_cancelled: it was taken out of the queue, and is not to be sent after all
    :param id: what the caller knows it by
    """

    reported: Reported
    event_time: int
    is_cancelled: bool = False
    id: int | None = None


class Past(NamedTuple):
    """One step of the past: ``kind`` is one of ``send``, ``reported``, ``not_sent``.

    ``step`` is None where the reason is about the lead as a whole. Of what was
    reported, its time is that of the event that was. ``told`` is the event that the
    step has already.
    """

    kind: str
    step: Step | None
    reason: str | None = None
    told: Told | None = None


def look_back(
    get_pipeline: Callable[[int | None], Pipeline],
    arrived: datetime,
    now: State,
    history: Iterable[Move],
    told: Collection[Told],
    *,
    oldest: int,
    submitted_at: int | None,
    against_all: str | None = None,
    **policies: bool,
) -> list[Past]:
    """What becomes of each step that a submission took lately, in their order.

    A move is judged by what was reported before it. So a step that got its rule late
    is reported although a later one was; and a raw lead that is too old by itself goes
    with the first move that is not, as it would have, had that move been its first.

    :param arrived: as :func:`.funnel_replay.lived` takes it, and so are the next two
    :param told: every earlier event that is not ``not_sent``; of those that were
        cancelled, the ones that stay so
    :param oldest: Unix seconds; Meta takes no event of this time or before
    :param against_all: why nothing of this submission is reported, or None
    :param policies: those that :func:`.funnel.plan` takes
    :return: one without a step where there is nothing to say
    """
    every_entry = policies.get("every_entry", False)
    known = [one for one in told if not one.is_cancelled]
    taken: list[Reported] = []
    found: list[Past] = []
    for moment, before, after in lived(arrived, now, history):
        moved_at = int(moment.replace(tzinfo=timezone.utc).timestamp())
        # Before it came, nothing was reported of it.
        earlier = [
            one.reported for one in known if before and one.event_time < moved_at
        ]
        steps = plan(
            get_pipeline(after.team_id),
            before.snapshot if before else None,
            after.snapshot,
            [*earlier, *taken],
            moved_at=moved_at,
            submitted_at=submitted_at,
            **policies,
        )
        for step in steps:
            wanted = step.rule is not None and step.reason in (None, TOO_OLD)
            event = _find(told, step, every_entry) if wanted else None
            if event:
                taken.append(_as_taken(step, event))
                if max(event.event_time, step.event_time) > oldest:
                    found.append(_judge(step, event))
            elif wanted and step.event_time <= oldest:
                if not (against_all and step.skipped):
                    found.append(Past(NOT_SENT, step, TOO_OLD))
            elif step.event_time <= oldest or (against_all and step.skipped):
                continue
            elif against_all or step.reason:
                found.append(Past(NOT_SENT, step, against_all or step.reason))
            else:
                entries = [one.reported for one in known] + taken
                step = replace(step, entry=_next_entry(step, entries))
                taken.append(_as_taken(step))
                found.append(Past(SEND, step))
    return _settle(found) or [Past(NOT_SENT, None, NOTHING_HAPPENED)]


def _find(told: Collection[Told], step: Step, every_entry: bool) -> Told | None:
    """The earlier event of the same step, one that counts first."""
    found = []
    for one in told:
        event = one.reported
        is_same = event.event_name == step.rule.event_name or (
            event.counts and (event.step, event.stage_id) == (step.step, step.stage_id)
        )
        # Of several entries into a step each has an event of its own.
        is_once = not every_entry or step.skipped or step.step == RAW_LEAD
        if is_same and (
            is_once or abs(one.event_time - step.event_time) <= _SAME_MOMENT
        ):
            found.append(one)
    return max(found, key=lambda one: one.reported.counts, default=None)


def _judge(step: Step, event: Told) -> Past:
    """What is said of a step that has an event already."""
    if event.is_cancelled:
        return Past(NOT_SENT, step, CANCELLED_BEFORE, event)
    if event.reported.counts:
        step = replace(step, event_time=event.event_time, reason=None)
        return Past(REPORTED, step, None, event)
    if event.reported.is_expired:
        return Past(NOT_SENT, step, EXPIRED_BEFORE, event)
    return Past(NOT_SENT, step, REFUSED_BEFORE, event)


def _as_taken(step: Step, event: Told | None = None) -> Reported:
    """What the next moves know of a step."""
    return Reported(
        step.step,
        step.stage_id,
        step.rule.event_name,
        event.reported.entry if event else step.entry,
        counts=event.reported.counts if event else True,
    )


def _next_entry(step: Step, events: Iterable[Reported]) -> int:
    """The first entry number that no event of this name has."""
    name = step.rule.event_name
    entries = (event.entry for event in events if event.event_name == name)
    return max(entries, default=-1) + 1


def _settle(found: list[Past]) -> list[Past]:
    """Say of a step that it is too old once, and only where no event tells it."""
    done = {
        (past.step.step, past.step.stage_id)
        for past in found
        if past.reason in (None, ALREADY_REPORTED)
    }
    settled = []
    for past in found:
        key = past.step.step, past.step.stage_id
        if past.reason == TOO_OLD:
            if key in done:
                continue
            done.add(key)
        settled.append(past)
    return settled
