"""What a lead's moves of the past would report by the rules of today.

A lead's history names what changed and when; :func:`moves` makes of it the moves as the
funnel sees them, and :func:`replay` lets :func:`.funnel.plan` judge them one after the
other, each after what those before it would have reported. Nothing is read or written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import NamedTuple

from .funnel import Pipeline, Reported, Snapshot, Step, plan


class State(NamedTuple):
    """What decides about the steps of a lead at one moment."""

    stage_id: int | None
    is_opportunity: bool
    is_lost: bool
    team_id: int | None

    @property
    def snapshot(self) -> Snapshot:
        """What the funnel sees of it."""
        return Snapshot(self.stage_id, self.is_opportunity, self.is_lost)


#: None of these means that the history cannot be read.
_ALWAYS_KNOWN = ("is_opportunity", "is_lost")


class Change(NamedTuple):
    """What one transaction changed: of fields of :class:`State`, old and new.

    A flag whose value cannot be read is None.
    """

    moment: datetime
    values: Mapping[str, tuple[object, object]]


class Move(NamedTuple):
    """One transaction of a lead: how it looked before and after. Moments are in UTC."""

    moment: datetime
    before: State
    after: State


class Replayed(NamedTuple):
    """A step that a move would report, or not, with the moment of the move."""

    moment: datetime
    step: Step


def moves(now: State, changes: Sequence[Change]) -> list[Move] | None:
    """The moves of a lead, reckoned back from how it looks now.

    :param changes: in the order in which they happened
    :return: None where the history has a hole: a change does not lead to what the next
        one began with, or the last one not to how the lead looks now
    """
    found = []
    after = now
    for change in reversed(changes):
        state = after._asdict()
        if any(state[name] != new for name, (_, new) in change.values.items()):
            return None
        old = {name: value for name, (value, _new) in change.values.items()}
        if any(old.get(name, False) is None for name in _ALWAYS_KNOWN):
            return None
        before = after._replace(**old)
        found.append(Move(change.moment, before, after))
        after = before
    return found[::-1]


def lived(
    arrived: datetime, now: State, history: Iterable[Move]
) -> list[tuple[datetime, State | None, State]]:
    """What a submission lived through: each transaction's moment, before and after.

    The first one is its arrival, which has no before.

    :param arrived: moment of the transaction that brought the submission in, in UTC;
        moves before it are none of its own, and one at this very moment is part of it
    :param now: how the lead looks now
    :param history: what :func:`moves` returned
    """
    own = [move for move in history if move.moment > arrived]
    first = own[0].before if own else now
    return [(arrived, None, first), *own]


def replay(
    get_pipeline: Callable[[int | None], Pipeline],
    arrived: datetime,
    now: State,
    history: Iterable[Move],
    *,
    submitted_at: int | None,
    **policies: bool,
) -> Iterator[Replayed]:
    """Every step that a submission reports in its life, and those that it does not.

    It is taken that Meta accepts what is reported.

    :param get_pipeline: gives the pipeline of a team's id
    :param arrived: as :func:`lived` takes it, and so are the next two
    :param policies: those that :func:`.funnel.plan` takes
    """
    reported: list[Reported] = []
    for moment, before, after in lived(arrived, now, history):
        steps = plan(
            get_pipeline(after.team_id),
            before.snapshot if before else None,
            after.snapshot,
            reported,
            moved_at=int(moment.replace(tzinfo=timezone.utc).timestamp()),
            submitted_at=submitted_at,
            **policies,
        )
        for step in steps:
            if step.rule and not step.reason:
                reported.append(
                    Reported(
                        step.step,
                        step.stage_id,
                        step.rule.event_name,
                        step.entry,
                        counts=True,
                    )
                )
            yield Replayed(moment, step)
