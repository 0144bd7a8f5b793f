"""When does the silence of a page need an explanation? By the page's own rhythm.

A page that gets a lead each minute is suspicious after an hour, one that gets three a
week is not, and hardly any page gets leads at night. So time is measured by a clock
that runs as fast as leads used to come at that hour of the week: a quiet night or
weekend hardly moves it. By that clock the longest silence of the last weeks is known,
and one of twice its length is not explained any more.

That is a rule of ours; Meta has none. It is wrong in one direction on purpose: a pause
that the page has had before is never called a fault.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate, pairwise

HOUR = 3600
WEEK = 168 * HOUR

#: Less history than that explains nothing.
MIN_ARRIVALS = 30
MIN_SPAN = 3 * WEEK
#: So many times the longest silence so far is not explained any more.
FACTOR = 2
#: No silence shorter than this is a fault (seconds), however busy the page.
SHORTEST = 3 * HOUR
#: Share of the clock that runs alike at all hours. Without it, the clock would stand
#: still at an hour in which no lead has come yet.
EVEN = 0.2


class _Clock:
    """Leads that the page's rhythm lets expect up to a moment (Unix seconds)."""

    def __init__(self, times: list[float]):
        weeks = (times[-1] - times[0]) / WEEK
        counts = [0] * 168
        for time in times:
            counts[int(time // HOUR) % 168] += 1
        even = EVEN * len(times) / weeks / 168
        # The neighbours too: daylight saving time moves a rhythm by an hour.
        self._rates = [
            even
            + (1 - EVEN)
            * (counts[hour - 1] + counts[hour] + counts[(hour + 1) % 168])
            / 3
            / weeks
            for hour in range(168)
        ]
        self._sums = [0.0, *accumulate(self._rates)]

    def read(self, moment: float) -> float:
        weeks, rest = divmod(moment, WEEK)
        hour = min(int(rest // HOUR), 167)
        share = (rest - hour * HOUR) / HOUR
        return weeks * self._sums[168] + self._sums[hour] + share * self._rates[hour]

    def moment(self, reading: float) -> float:
        weeks, rest = divmod(reading, self._sums[168])
        hour = min(bisect_right(self._sums, rest) - 1, 167)
        share = (rest - self._sums[hour]) / self._rates[hour]
        return weeks * WEEK + (hour + share) * HOUR


def explained_until(arrivals: Iterable[float]) -> float | None:
    """Until when it is no wonder that no further lead came.

    :param arrivals: when leads came (Unix seconds), in any order; some weeks of them
    :return: Unix seconds; None where the history is too short to tell
    """
    times = sorted(arrivals)
    if len(times) < MIN_ARRIVALS or times[-1] - times[0] < MIN_SPAN:
        return None
    clock = _Clock(times)
    readings = [clock.read(time) for time in times]
    longest = max(after - before for before, after in pairwise(readings))
    moment = clock.moment(readings[-1] + FACTOR * longest)
    return max(moment, times[-1] + SHORTEST)
