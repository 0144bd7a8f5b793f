"""Several runs of pytest side by side, as many as the machine has processors for."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TypeVar

from .failures import WorkbenchError

#: More would only wait for each other: PostgreSQL works beside each of them.
MOST = 2

T = TypeVar("T")
R = TypeVar("R")


def lanes() -> int:
    """How many runs this machine can have side by side."""
    return min(MOST, len(os.sched_getaffinity(0)))


class Children:
    """The processes that are under way; none outlives the block."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._over = False

    def __enter__(self) -> Children:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End all of them; none is begun any more."""
        with self._lock:
            self._over = True
            running = list(self._running)
        for child in running:
            stop_group(child)

    def run(
        self,
        words: Sequence[str | Path],
        *,
        cwd: Path,
        env: dict[str, str],
        limit: float,
        log: Path | None = None,
    ) -> int:
        """Run a program to its end, with everything that it started.

        :param limit: seconds that it may take
        :param log: where its output goes; to the terminal without
        :return: its exit code
        :raise WorkbenchError: when it takes longer
        """
        output = log.open("wb") if log else None
        with self._lock:
            if self._over:
                raise WorkbenchError("it was not begun: another run broke off")
            child = subprocess.Popen(
                words,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
            )
            self._running.add(child)
        try:
            return child.wait(limit)
        except subprocess.TimeoutExpired as error:
            raise WorkbenchError(
                f"these tests did not end within {limit // 60:.0f} minutes"
            ) from error
        finally:
            stop_group(child)
            with self._lock:
                self._running.discard(child)
            if output:
                output.close()


def side_by_side(
    children: Children,
    work: Callable[[T], R],
    items: Iterable[T],
    show: Callable[[T, R | BaseException], None],
) -> None:
    """Do the same for each item, begun in their order, and show each when it is done.

    What fails stops the others, and what ``children`` has under way with them.

    :param show: is told the item and its result or what it failed with
    """
    pool = ThreadPoolExecutor(lanes())
    doing = {pool.submit(work, item): item for item in items}
    try:
        for future in as_completed(doing):
            failed = future.exception()
            show(doing[future], failed or future.result())
            if failed:
                raise failed
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        children.stop()
        raise
    finally:
        pool.shutdown()


def stop_group(child: subprocess.Popen[bytes]) -> None:
    """End a process group, kindly first, so that a Ctrl-C leaves nothing behind."""
    for number, patience in ((signal.SIGINT, 10), (signal.SIGKILL, 0)):
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            break
        deadline = time.monotonic() + patience
        while child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
    child.wait()
