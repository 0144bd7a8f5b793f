"""Workers that are forked, stopped and killed.

The registry is loaded once, in the process of the tests; a worker is a fork of it with
connections of its own, so that it starts at once and a SIGKILL costs nothing.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

from odoo import sql_db
from odoo.modules.registry import Registry

_FORK = multiprocessing.get_context("fork")

#: Exit code of a worker that was killed.
KILLED = -signal.SIGKILL


def make_barrier(parties: int) -> Any:
    """Lets so many workers begin at the same moment."""
    return _FORK.Barrier(parties)


def _begin(action: Callable[..., None], args: tuple, pipe: Any) -> None:
    # PostgreSQL shall see which process a connection is of, as with Odoo's own forks.
    for registry in Registry.registries.snapshot.values():
        registry._db = sql_db.db_connect(registry.db_name)
    action(*args, pipe=pipe)


class Worker:
    """A fork that does one thing and ends; it can be stopped and killed on the way.

    :param action: called in the fork with the other end of ``pipe`` as a keyword
    """

    def __init__(self, action: Callable[..., None], *args: Any) -> None:
        # Connections must not be shared with a fork.
        sql_db.close_all()
        self.pipe, theirs = _FORK.Pipe()
        self._process = _FORK.Process(
            target=_begin, args=(action, args, theirs), daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()

    def signal(self, number: int) -> None:
        """Stop it, or let it go on."""
        os.kill(self._process.pid, number)

    def hear(self, timeout: float = 60) -> Any:
        """The next thing that it says; TimeoutError, or EOFError when it died."""
        if not self.pipe.poll(timeout):
            raise TimeoutError("the worker says nothing")
        return self.pipe.recv()

    def wait(self, timeout: float) -> bool:
        """Wait for its end for so long; whether it ended."""
        self._process.join(timeout)
        return not self._process.is_alive()

    def end(self, timeout: float = 100) -> int:
        """Wait for its end; returns the exit code, negative for a signal."""
        if not self.wait(timeout):
            self.kill()
            raise TimeoutError(f"the worker did not end within {timeout} s")
        return self._process.exitcode

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._process.is_alive():
            self.kill()
