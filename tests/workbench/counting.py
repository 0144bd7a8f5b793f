"""How a run of pytest ended, told by its report: what is not proved has failed."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Count:
    """How the tests of one or more stages ended."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
        )

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"

    @property
    def exit_code(self) -> int:
        """Skipped is not passed, and nothing at all is not passed either."""
        return 0 if self.passed and not self.failed and not self.skipped else 1


def verdict(name: str, code: int, report: Path) -> Count:
    """What a run of pytest came to, by its report and its exit code."""
    try:
        count = counted(report)
    except (FileNotFoundError, ElementTree.ParseError):
        count = Count()
    if count == Count():
        print(f"✗ {name}: not one test was run (pytest's exit code {code})")
        return Count(failed=1)
    if code not in (0, 1) or (code == 1 and not count.failed):
        print(f"✗ {name}: pytest ended with exit code {code}")
        return count + Count(failed=1)
    return count


def counted(report: Path) -> Count:
    """Count the tests in a JUnit report; an expected failure is a skip there."""
    total = Count()
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        outcomes = {child.tag for child in case}
        if outcomes & {"failure", "error"}:
            total += Count(failed=1)
        elif "skipped" in outcomes:
            total += Count(skipped=1)
        else:
            total += Count(passed=1)
    return total
