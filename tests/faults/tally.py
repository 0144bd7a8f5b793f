"""The sum of all that was broken, and what came of it, for the end of the run."""

from __future__ import annotations

from dataclasses import dataclass

from .verdict import Verdict

_HEAD = ("", "faults", "events", "lost", "needless", "repeated", "recovery")
_LEGEND = (
    "faults: kills, cuts and restarts; needless: seen twice by Meta though the answer"
    " was there;\nrepeated: seen twice because its answer was lost, with the same id"
    " and the same bytes;\nrecovery: from the last fault to the last acceptance."
)


@dataclass
class Line:
    """One way of breaking things, summed over its tests."""

    faults: int = 0
    events: int = 0
    lost: int = 0
    needless: int = 0
    repeated: int = 0
    recovery: str = ""

    def cells(self) -> tuple[str, ...]:
        numbers = (self.faults, self.events, self.lost, self.needless, self.repeated)
        return (*(f"{number:,}" for number in numbers), self.recovery)


class Tally:
    """What the tests of one run add up to."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}

    def add(
        self,
        title: str,
        verdict: Verdict,
        *,
        faults: int,
        events: int,
        recovery: str = "",
    ) -> None:
        """Add one queue that was drained in spite of so many faults."""
        line = self.lines.setdefault(title, Line())
        line.faults += faults
        line.events += events
        line.lost += len(verdict.lost)
        line.needless += len(verdict.needless)
        line.repeated += len(verdict.repeated)
        line.recovery = recovery or line.recovery

    @property
    def total(self) -> Line:
        names = ("faults", "events", "lost", "needless", "repeated")
        return Line(
            *(
                sum(getattr(line, name) for line in self.lines.values())
                for name in names
            )
        )

    def __str__(self) -> str:
        rows = [_HEAD]
        rows += [(title, *line.cells()) for title, line in self.lines.items()]
        rows.append(("total", *self.total.cells()))
        widths = [max(len(row[place]) for row in rows) for place in range(len(_HEAD))]
        lines = [
            "  ".join(
                cell.ljust(width) if place in (0, len(_HEAD) - 1) else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        return "\n".join([*lines, "", _LEGEND])
