"""When will what waits be with Meta? By what went through in the last minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

#: Nothing waits.
EMPTY = "empty"
#: At about that moment.
ABOUT = "about"
#: Not before that moment: Meta asked for a rest, or the next try is set for then.
NOT_BEFORE = "not_before"
#: Not before a person does something.
NEVER = "never"
#: Events are due, and nothing went through lately that would tell how fast.
UNKNOWN = "unknown"
#: From the best to the worst, for several datasets together.
KINDS = (EMPTY, ABOUT, NOT_BEFORE, UNKNOWN, NEVER)

#: The sender looks each minute.
CYCLE = timedelta(minutes=1)
#: So far back goes what tells how fast events go through.
WINDOW = timedelta(minutes=15)
#: Further ahead nothing is told: Meta takes no event older than 7 days.
FURTHEST = timedelta(days=7)


class Queue(NamedTuple):
    """What waits for one dataset."""

    count: int = 0
    #: Of these, what may be sent now, and what waits for a step to be resumed.
    due: int = 0
    set_aside: int = 0
    #: Since when the oldest one waits, and when the latest next try is (UTC, no zone).
    oldest: datetime | None = None
    latest_try: datetime | None = None


class Forecast(NamedTuple):
    kind: str
    #: UTC, no zone; None where the kind has no moment.
    at: datetime | None = None


def forecast(
    queue: Queue,
    *,
    now: datetime,
    batch_size: int,
    accepted: int = 0,
    sends: bool = True,
    rests_until: datetime | None = None,
) -> Forecast:
    """When the queue of one dataset will be empty, if nothing new comes.

    :param now: UTC, no zone, as all moments here
    :param batch_size: events that one request takes
    :param accepted: events that Meta accepted since :func:`window_start`
    :param sends: whether anything is sent without a person doing something
    :param rests_until: when Meta may be called again
    """
    sendable = queue.count - queue.set_aside
    if not queue.count:
        return Forecast(EMPTY)
    if not sends or sendable <= 0:
        return Forecast(NEVER)
    earliest = max(filter(None, (now, rests_until, queue.latest_try)))
    if queue.due <= batch_size:
        needed = CYCLE
    elif accepted:
        rate = accepted / (now - window_start(queue, now)).total_seconds()
        needed = timedelta(seconds=min(queue.due / rate, FURTHEST.total_seconds()))
    else:
        return Forecast(UNKNOWN)
    if earliest > now + CYCLE:
        start = max(filter(None, (now, rests_until)))
        return Forecast(NOT_BEFORE, max(earliest, start + needed))
    return Forecast(ABOUT, earliest + needed)


def window_start(queue: Queue, now: datetime) -> datetime:
    """Since when what was accepted tells how fast this queue is emptied.

    Before the oldest event came, the sender may have had nothing to do. A minute at
    least: that is how often it looks.
    """
    longest = now - WINDOW
    begun = max(longest, queue.oldest) if queue.oldest else longest
    return min(begun, now - CYCLE)


def worst(forecasts) -> Forecast:
    """One forecast for several datasets: what is told of all of them together."""
    return max(
        forecasts,
        key=lambda one: (KINDS.index(one.kind), one.at or datetime.min),
        default=Forecast(EMPTY),
    )
