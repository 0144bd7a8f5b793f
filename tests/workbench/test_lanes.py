"""Runs side by side: each is told of, none outlives the others' end."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.workbench import lanes
from tests.workbench.failures import WorkbenchError
from tests.workbench.lanes import Children, side_by_side
from tests.workbench.processes import wait_until


def program(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def run(children: Children, tmp_path: Path, code: str, **options: object) -> int:
    options = {"limit": 30, **options}
    return children.run(program(code), cwd=tmp_path, env=dict(os.environ), **options)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_run_ends_with_its_exit_code_and_leaves_its_words_in_its_log(tmp_path: Path):
    code = "import sys; print('one'); print('two', file=sys.stderr); sys.exit(3)"
    log = tmp_path / "log"
    with Children() as children:
        assert run(children, tmp_path, code, log=log) == 3
    assert sorted(log.read_text().split()) == ["one", "two"]


def test_a_run_that_takes_too_long_is_ended_with_what_it_started(tmp_path: Path):
    code = (
        "import pathlib, subprocess, sys\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        "pathlib.Path('pid').write_text(str(child.pid))\n"
        "child.wait()"
    )
    with (
        Children() as children,
        pytest.raises(WorkbenchError, match="did not end within"),
    ):
        run(children, tmp_path, code, limit=3)
    pid = int((tmp_path / "pid").read_text())
    wait_until(lambda: not is_alive(pid), timeout=30, what="the grandchild's end")


def test_all_items_are_done_and_shown(tmp_path: Path):
    shown = {}
    with Children() as children:
        side_by_side(children, lambda item: item * 2, [1, 2, 3], shown.__setitem__)
    assert shown == {1: 2, 2: 4, 3: 6}


def test_one_that_fails_is_shown_ends_the_others_and_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lanes, "lanes", lambda: 2)
    shown = {}

    def work(item: str) -> int:
        if item == "fails":
            wait_until((tmp_path / "pid").exists, timeout=60, what="the other's begin")
            raise WorkbenchError("broken")
        code = (
            "import os, pathlib, time\n"
            "pathlib.Path('pid').write_text(str(os.getpid()))\n"
            "time.sleep(600)"
        )
        return run(children, tmp_path, code, limit=600)

    with Children() as children, pytest.raises(WorkbenchError, match="broken"):
        side_by_side(children, work, ["long", "fails", "late"], shown.__setitem__)
    assert isinstance(shown["fails"], WorkbenchError)
    assert "late" not in shown
    assert not is_alive(int((tmp_path / "pid").read_text()))


def test_nothing_is_begun_after_the_end(tmp_path: Path):
    with Children() as children:
        pass
    with pytest.raises(WorkbenchError, match="not begun"):
        run(children, tmp_path, "open('begun', 'w')")
    assert not (tmp_path / "begun").exists()


def test_there_is_at_least_one_lane_and_never_more_than_processors():
    assert 1 <= lanes.lanes() <= max(1, len(os.sched_getaffinity(0)))
