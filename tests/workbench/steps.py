"""One line per step of the bring-up, with its time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Step:
    """Handed to the body of a step, which may say more about the outcome."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.detail = ""

    def note(self, detail: str) -> None:
        """What came of it, shown after the title."""
        self.detail = detail


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Print ``✓ title: detail … 1.2 s`` once the body has succeeded."""
    current = Step(title)
    live = sys.stdout.isatty()
    if live:
        print(f"  {title} …", end="\r", flush=True)
    started = time.monotonic()
    try:
        yield current
    except BaseException:
        print(f"✗ {title} … {time.monotonic() - started:.1f} s", flush=True)
        raise
    detail = f": {current.detail}" if current.detail else ""
    line = f"✓ {title}{detail} … {time.monotonic() - started:.1f} s"
    print(f"\x1b[2K{line}" if live else line, flush=True)
