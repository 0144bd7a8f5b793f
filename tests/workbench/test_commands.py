"""What a user of the commands sees: one line per step, one line per failure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.workbench import commands, python_env
from tests.workbench.failures import WorkbenchError
from tests.workbench.layout import Layout
from tests.workbench.steps import step

REPOSITORY = Layout.of_this_clone().repository


def test_a_step_says_what_it_did_and_how_long_it_took(capsys):
    with step("PostgreSQL") as current:
        current.note("started")
    assert capsys.readouterr().out == "✓ PostgreSQL: started … 0.0 s\n"


def test_a_failed_step_is_marked_and_the_failure_goes_on(capsys):
    with pytest.raises(WorkbenchError), step("PostgreSQL"):
        raise WorkbenchError("no")
    assert capsys.readouterr().out == "✗ PostgreSQL … 0.0 s\n"


def test_a_failure_is_one_line_of_cause_and_cure():
    failure = WorkbenchError("the disk\nis full.", "Free some space.")
    assert str(failure) == "the disk is full. Free some space."


def test_every_target_of_the_makefile_is_a_command():
    text = (REPOSITORY / "Makefile").read_text()
    words = {
        line.split("$(WORKBENCH)")[1].split()[0]
        for line in text.splitlines()
        if line.startswith("\t")
    }
    assert {"demo", "test", "bench", "lint", "clean"} <= words
    assert words <= {*commands.COMMANDS, "clean", "--help"}


def test_ci_runs_what_a_developer_runs():
    assert (REPOSITORY / ".ci" / "run").read_text().splitlines()[-1] == "exec make test"


@pytest.mark.parametrize("words", [[], ["--help"], ["help"]])
def test_help_lists_every_command(words: list[str], capsys):
    assert commands.main(words) == 0
    text = capsys.readouterr().out
    assert all(f"\n  {word} " in text for word in [*commands.COMMANDS, "clean"])


def test_a_wrong_command_is_told_the_right_ones(capsys):
    assert commands.main(["tset"]) == 2
    assert "no such command: tset" in capsys.readouterr().err


def test_the_help_needs_nothing_but_a_bare_python():
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            "import runpy, sys; sys.path.insert(0, '.');"
            " sys.argv = ['x', '--help']; runpy.run_module('tests.workbench')",
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_python_that_odoo_cannot_use_is_refused(
    scratch: Layout, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(WorkbenchError, match=r"Odoo runs on 3\.10 to 3\.13") as failure:
        python_env.base_python(scratch)
    assert "PYTHON=" in failure.value.cure


def test_a_half_made_environment_is_made_anew(
    scratch: Layout, monkeypatch: pytest.MonkeyPatch
):
    """Left by a bring-up that was killed while pip ran: no stamp, no trust."""
    (scratch.venv / "bin").mkdir(parents=True)
    scratch.venv_python.touch()
    (scratch.venv / "half").touch()
    monkeypatch.setattr(python_env, "run", play_venv_and_pip(scratch))
    assert python_env.ensure(scratch).endswith("made")
    assert not (scratch.venv / "half").exists()
    assert python_env.ensure(scratch).endswith("there already")


def test_an_environment_that_pip_could_not_fill_is_not_trusted(
    scratch: Layout, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(python_env, "run", play_venv_and_pip(scratch, offline=True))
    with pytest.raises(WorkbenchError, match="no network"):
        python_env.ensure(scratch)
    monkeypatch.setattr(python_env, "run", play_venv_and_pip(scratch))
    assert python_env.ensure(scratch).endswith("made")


def play_venv_and_pip(layout: Layout, *, offline: bool = False):
    def run(argv: list[str | Path], **_options: object) -> str:
        if "venv" in argv:
            (layout.venv / "bin").mkdir(parents=True)
            layout.venv_python.touch()
            (layout.venv / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
        elif offline:
            raise WorkbenchError("no network")
        return ""

    return run
