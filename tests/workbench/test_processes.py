"""No process is left behind, and what goes wrong is said in one line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.workbench.failures import WorkbenchError
from tests.workbench.layout import Layout
from tests.workbench.processes import (
    CommandFailed,
    Process,
    Terminated,
    answers,
    free_port,
    gist,
    orderly_end,
    run,
    wait_until,
)

PARENT_AND_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie that nobody waits for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def printed(log: Path) -> str:
    wait_until(lambda: log.exists() and log.read_text(), timeout=20, what="its output")
    return log.read_text()


def test_stopping_a_process_ends_its_children_too(tmp_path: Path):
    log = tmp_path / "log"
    with Process("pair", [sys.executable, "-c", PARENT_AND_CHILD], log=log) as process:
        child = int(printed(log))
        assert alive(child)
    assert not process.running
    wait_until(lambda: not alive(child), timeout=10, what="the end of the child")


def test_the_children_of_a_process_that_ended_by_itself_are_ended(tmp_path: Path):
    log = tmp_path / "log"
    code = PARENT_AND_CHILD.replace("time.sleep(60)\n", "", 1)
    process = Process("orphan", [sys.executable, "-c", code], log=log)
    child = int(printed(log))
    process.wait(20)
    process.stop()
    wait_until(lambda: not alive(child), timeout=10, what="the end of the child")


def test_a_process_that_ignores_the_request_is_killed(tmp_path: Path):
    process = Process("deaf", [sys.executable, "-c", DEAF], log=tmp_path / "log")
    printed(tmp_path / "log")
    process.stop(grace=0.2)
    assert process.returncode == -signal.SIGKILL


def test_stopping_twice_is_fine(tmp_path: Path):
    process = Process("short", [sys.executable, "-c", "pass"], log=tmp_path / "log")
    process.stop()
    process.stop()
    assert not process.running


def test_a_process_dies_with_the_workbench_even_when_that_is_killed(tmp_path: Path):
    log = tmp_path / "log"
    code = f"""
import sys, time
from pathlib import Path
from tests.workbench.processes import Process
Process("p", [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True);"
              " time.sleep(60)"], log=Path({str(log)!r}))
time.sleep(60)
"""
    repository = Layout.of_this_clone().repository
    workbench = subprocess.Popen([sys.executable, "-c", code], cwd=repository)
    child = int(printed(log))
    workbench.kill()
    workbench.wait()
    wait_until(lambda: not alive(child), timeout=10, what="the end of the child")


def test_a_failed_command_says_its_last_words_and_where_the_rest_is(tmp_path: Path):
    code = "print('first'); print('E: no space left'); print('x'); raise SystemExit(3)"
    with pytest.raises(CommandFailed) as failure:
        run(
            [sys.executable, "-c", code],
            log=tmp_path / "log",
            what="unpacking",
            cure="Free some space.",
        )
    line = str(failure.value)
    assert line.startswith("unpacking: E: no space left (all of it: ")
    assert str(tmp_path / "log") in line
    assert line.endswith("Free some space.")
    assert failure.value.output.splitlines() == ["first", "E: no space left", "x"]
    assert "no space left" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    "output",
    [
        "W: Failed to fetch x  Temporary failure resolving 'mirror.example'\nE: Some",
        "WARNING: Retrying after NewConnectionError\nERROR: No matching distribution",
    ],
)
def test_a_command_that_had_no_network_says_so_and_not_what_followed(output: str):
    assert gist(output) == "no connection to the server it loads from"


def test_a_command_that_said_nothing_gives_its_exit_code(tmp_path: Path):
    words = [sys.executable, "-c", "raise SystemExit(3)"]
    with pytest.raises(CommandFailed, match="a step: exit code 3, without a word"):
        run(words, log=tmp_path / "log", what="a step")


def test_a_command_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(WorkbenchError, match="no-such-tool is not there"):
        run(["no-such-tool"], log=tmp_path / "log", what="a step")


def test_a_command_that_takes_too_long_is_ended(tmp_path: Path):
    words = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(WorkbenchError, match="no end after 1 s"):
        run(words, log=tmp_path / "log", what="a step", timeout=1)


def test_a_command_never_waits_for_the_keyboard(tmp_path: Path):
    words = [sys.executable, "-c", "import sys; print(repr(sys.stdin.read()))"]
    assert run(words, log=tmp_path / "log", what="a step").strip() == "''"


def test_a_taken_port_is_named_with_the_way_out():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(WorkbenchError, match=f"port {port} is taken") as failure:
            free_port(port)
    assert "HTTP_PORT" in failure.value.cure
    assert free_port(port) == port


def test_nothing_answers_on_a_free_port():
    assert not answers(f"http://127.0.0.1:{free_port()}/")


def test_waiting_ends_with_the_name_of_what_did_not_come():
    with pytest.raises(WorkbenchError, match="the answer: not within 0 s"):
        wait_until(lambda: False, timeout=0.05, what="the answer", every=0.01)


def told_to_end(cleaned: list[bool]) -> None:
    with orderly_end():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        finally:
            cleaned.append(True)


def test_being_told_to_end_runs_every_cleanup():
    before = signal.getsignal(signal.SIGTERM)
    cleaned: list[bool] = []
    with pytest.raises(Terminated):
        told_to_end(cleaned)
    assert cleaned == [True]
    assert signal.getsignal(signal.SIGTERM) == before
