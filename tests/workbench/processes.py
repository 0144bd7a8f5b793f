"""Starting processes, and never leaving one behind.

Every long-lived process gets a session (and so a process group) of its own, is
asked to end when the workbench dies, and is stopped as a group.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from .failures import WorkbenchError

PR_SET_PDEATHSIG = 1
# As pip and apt word it.
_SIGNS_OF_NO_NETWORK = (
    "NewConnectionError",
    "ConnectTimeoutError",
    "Temporary failure resolving",
    "Could not resolve",
    "Could not connect to",
    "Unable to connect to",
)
_LIBC = ctypes.CDLL(None, use_errno=True)


class CommandFailed(WorkbenchError):
    """A command that was run to its end ended badly; ``output`` is what it printed."""

    def __init__(self, cause: str, cure: str, output: str) -> None:
        super().__init__(cause, cure)
        self.output = output


class Terminated(BaseException):
    """The workbench itself was told to end (SIGTERM, SIGHUP)."""


def _die_with_parent() -> None:
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Process:
    """A running child with its whole group.

    :param argv: the command; the first word is a path or found on PATH
    :param log: file that gets its standard output and error (appended)
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name = name
        self.log = log
        with open(log, "ab") as output:
            self._child = subprocess.Popen(
                [str(word) for word in argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    @property
    def returncode(self) -> int | None:
        return self._child.poll()

    def signal(self, number: int) -> None:
        """Send a signal to the whole group; a group that is gone is fine."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, number)

    def kill(self) -> None:
        """SIGKILL the whole group at once, as a crash would."""
        self.signal(signal.SIGKILL)
        self._child.wait()

    def stop(self, grace: float = 15.0) -> None:
        """SIGTERM, then SIGKILL for whatever of the group still lives."""
        if self.running:
            self.signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(grace)
        self.kill()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its own end and return its exit code."""
        return self._child.wait(timeout)

    def tail(self, lines: int = 15) -> str:
        return tail(self.log, lines)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()


def run(
    argv: Sequence[str | Path],
    *,
    log: Path,
    what: str,
    cure: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    stdin: str | None = None,
    timeout: float | None = None,
) -> str:
    """Run a command to its end and return what it printed.

    :param log: file that gets the output as well (replaced)
    :raise CommandFailed: when it ends with an exit code that is not 0
    :raise WorkbenchError: when it cannot start or takes too long
    """
    words = [str(word) for word in argv]
    identity = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    try:
        done = subprocess.run(
            words,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=None if env is None else dict(env),
            cwd=cwd,
            timeout=timeout,
            preexec_fn=_die_with_parent,
            **identity,
        )
    except FileNotFoundError as error:
        raise WorkbenchError(f"{what}: {words[0]} is not there", cure) from error
    except subprocess.TimeoutExpired as error:
        raise WorkbenchError(f"{what}: no end after {timeout:.0f} s", cure) from error
    log.write_text(f"$ {' '.join(words)}\n{done.stdout}")
    if done.returncode:
        reason = gist(done.stdout) or f"exit code {done.returncode}, without a word"
        raise CommandFailed(f"{what}: {reason} (all of it: {log})", cure, done.stdout)
    return done.stdout


def gist(output: str) -> str:
    """The one line of a failed command's output that most likely says why."""
    if any(sign in output for sign in _SIGNS_OF_NO_NETWORK):
        return "no connection to the server it loads from"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("E:", "ERROR", "error"))]
    return "".join((errors or lines)[-1:])[:200]


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, empty when there is none."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


def free_port(wanted: int | None = None) -> int:
    """A TCP port on loopback that nobody listens on.

    :param wanted: this one and no other
    :raise WorkbenchError: when the wanted one is taken
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted or 0))
        except OSError as error:
            raise WorkbenchError(
                f"port {wanted} is taken by another program",
                "Stop that program, or choose another port with HTTP_PORT=….",
            ) from error
        return probe.getsockname()[1]


def answers(url: str, timeout: float = 2.0) -> bool:
    """Whether a GET of this loopback address gives a 2xx."""
    try:
        with urllib.request.urlopen(url, timeout=timeout):
            return True
    except (urllib.error.URLError, OSError):
        return False


def wait_until(
    check: Callable[[], object], *, timeout: float, what: str, every: float = 0.1
) -> None:
    """Poll until the check is true.

    :raise WorkbenchError: when it is not within the time
    """
    deadline = time.monotonic() + timeout
    while not check():
        if time.monotonic() > deadline:
            raise WorkbenchError(f"{what}: not within {timeout:.0f} s")
        time.sleep(every)


@contextlib.contextmanager
def orderly_end() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an exception, so that every process stops."""

    def terminate(number: int, _frame: FrameType | None) -> None:
        raise Terminated(signal.Signals(number).name)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, terminate)
        for number in (signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
