"""A queue that is drained in spite of everything, and what that may excuse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from tests.fake_meta.control import FakeMetaControl

from .forks import KILLED, Worker
from .house import House
from .tally import Tally
from .verdict import Verdict, judge, unrecorded

#: More workers than this do not bring a queue of some hundred events to its end:
#: something is stuck.
MAX_RUNS = 400


class Ordeal:
    """Worker after worker over one queue, each of which may be killed or cut off.

    After each of them it is looked which events are under a lease that nobody holds
    any more: Meta's answer to these, if there was one, is lost. And whatever happened,
    Meta may have nothing that is not on record here, byte by byte.

    :param title: its line in the summary
    """

    def __init__(
        self, house: House, meta: FakeMetaControl, tally: Tally, title: str
    ) -> None:
        self._house, self._meta, self._tally, self._title = house, meta, tally, title
        self.faults = 0
        self._runs = 0
        self._orphans: set[tuple[str, int]] = set()

    def run(
        self,
        action: Callable[..., None],
        *args: Any,
        disturb: Callable[[Worker], None] | None = None,
    ) -> int:
        """One worker to its end; its exit code.

        :param disturb: called while it works, in the process of the tests
        """
        self._runs += 1
        assert self._runs <= MAX_RUNS, "the queue does not come to its end"
        with Worker(action, self._house, *args) as worker:
            if disturb:
                disturb(worker)
            code = worker.end()
        self._house.await_silence(worker.pid)
        self.faults += code == KILLED
        self._look()
        return code

    def _look(self) -> None:
        rows = self._house.events()
        self._orphans |= {
            (row["event_id"], row["lease"]) for row in rows if row["state"] == "sending"
        }
        assert unrecorded(rows, self._meta.report()) == []

    def end_leases(self) -> None:
        """Let the time pass that a dead worker's events stay under its lease."""
        self._house.end_leases()

    def finish(
        self,
        action: Callable[..., None],
        *args: Any,
        runs: int = 50,
    ) -> None:
        """Let workers go on undisturbed until nothing waits."""
        for _run in range(runs):
            if not self._house.waiting():
                return
            self.end_leases()
            assert self.run(action, *args) == 0
        raise AssertionError(f"events still wait after {runs} runs")

    def judge(
        self,
        set_aside: Mapping[str, str] | None = None,
        *,
        answers_lost: Mapping[str, int] | None = None,
        recovery: str = "",
    ) -> Verdict:
        """What came of the queue; also goes into the summary.

        :param answers_lost: where that is known from elsewhere than the leases
        """
        rows = self._house.events()
        if answers_lost is None:
            answers_lost = Counter(event_id for event_id, _lease in self._orphans)
        verdict = judge(rows, self._meta.report(), answers_lost, set_aside)
        self._tally.add(
            self._title,
            verdict,
            faults=self.faults,
            events=len(rows),
            recovery=recovery,
        )
        return verdict
