"""``make test``: every stage in order, then one line with the sum of them all."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fake_meta.process import FakeMetaProcess

from . import lint
from .failures import WorkbenchError
from .layout import ADDON, Layout
from .odoo_server import BASE_MODULES, safe_name
from .steps import step
from .workbench import Workbench, alone

ADDON_DATABASE = "test_addon"
LOOP_DATABASE = "loop_addon"
STAGE_TIME_LIMIT = 30 * 60
#: A word beside the names of stages: all that they can do, however long it takes.
FULL = "full"
FULL_TIME_LIMIT = 90 * 60


@dataclass(frozen=True)
class Stage:
    """One run of pytest.

    :param folders: below ``tests/``; those that do not exist are left out
    :param in_odoo: run inside Odoo, on a fresh copy of a database with the addon
    :param measured: its coverage counts; not where copies of the addon run
    :param in_full: what pytest is told for the full run; empty where every run is
    """

    name: str
    folders: tuple[str, ...]
    in_odoo: bool = False
    measured: bool = True
    in_full: tuple[str, ...] = ()

    def present(self, layout: Layout) -> list[str]:
        return [
            f"tests/{folder}"
            for folder in self.folders
            if any((layout.repository / "tests" / folder).rglob("test_*.py"))
        ]


STAGES = (
    Stage("pure", ("protocol", "fake_meta", "workbench")),
    Stage("addon", ("addon",), in_odoo=True),
    Stage("web", ("web",), in_odoo=True),
    Stage("faults", ("faults",), in_full=("--full", "-o", "faulthandler_timeout=1800")),
    Stage(
        "fuzz",
        ("fuzz",),
        in_full=("--bodies", "100000", "-o", "faulthandler_timeout=3600"),
    ),
    Stage("packaging", ("packaging",), measured=False),
)


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


def run(workbench: Workbench, names: Sequence[str]) -> int:
    """Run all stages, or the named ones, and print the sum as the last line.

    :param names: of stages, and :data:`FULL`
    """
    stages, full = chosen(names), FULL in names
    layout = workbench.layout
    for folder in (reports(layout), coverage_data(layout)):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    total = Count()
    if not names:
        headline("lint")
        total += Count(failed=lint.run(layout))
    if any(stage.in_odoo and stage.present(layout) for stage in stages):
        with step(f"fresh database {ADDON_DATABASE} with {ADDON}"):
            workbench.odoo.create_database(ADDON_DATABASE, [*BASE_MODULES, ADDON])
    for stage in stages:
        if stage.present(layout):
            headline(", ".join(stage.present(layout)))
            total += run_stage(workbench, stage, full=full)
        elif names:
            raise WorkbenchError(f"there are no tests for {stage.name} yet")
    if not names:
        headline("coverage")
        show_coverage(layout)
    print(f"\n{total}", flush=True)
    return total.exit_code


def chosen(names: Sequence[str]) -> list[Stage]:
    """The stages of these names, all when there are none.

    :param names: may hold :data:`FULL`, which is no stage
    :raise WorkbenchError: for a name that is no stage, and where nothing of what is
        chosen has a full run
    """
    full, names = FULL in names, [name for name in names if name != FULL]
    unknown = set(names) - {stage.name for stage in STAGES}
    if unknown:
        raise WorkbenchError(
            f"no such stage: {', '.join(sorted(unknown))}",
            f"They are: {', '.join(stage.name for stage in STAGES)}.",
        )
    stages = [stage for stage in STAGES if not names or stage.name in names]
    if full and not any(stage.in_full for stage in stages):
        in_full = [stage.name for stage in STAGES if stage.in_full]
        raise WorkbenchError(
            f"{', '.join(names)}: every run is a full one",
            f"These have a longer one: {', '.join(in_full)}.",
        )
    return stages


def run_stage(workbench: Workbench, stage: Stage, *, full: bool = False) -> Count:
    """Run one stage in a process of its own and count its tests."""
    layout = workbench.layout
    words = stage.present(layout)
    if stage.in_odoo:
        database = ADDON_DATABASE
        if stage.name != "addon":
            database = f"test_{stage.name}"
            workbench.odoo.copy_database(ADDON_DATABASE, database)
        words += odoo_words(layout, database)
    else:
        words += ["-p", "no:odoo"]
    if full:
        words += stage.in_full
    report = reports(layout) / f"{stage.name}.xml"
    words += ["-q", "--no-header", f"--junitxml={report}"]
    env = environment(layout, stage)
    if stage.in_odoo:
        with FakeMetaProcess() as meta:
            code = pytest(layout, words, {**env, "FAKE_META_URL": meta.url})
    else:
        limit = FULL_TIME_LIMIT if full else STAGE_TIME_LIMIT
        code = pytest(layout, words, env, limit)
    return verdict(stage.name, code, report)


def odoo_words(layout: Layout, database: str) -> list[str]:
    """What pytest-odoo has to be told."""
    return [
        f"--odoo-config={layout.odoo_config}",
        f"--odoo-database={database}",
        f"--odoo-extra=db-filter=^{database}$",
        "--odoo-http",
        # Odoo's own handler writes to stderr; twice is not readable.
        *("-p", "no:logging"),
    ]


def environment(layout: Layout, stage: Stage) -> dict[str, str]:
    """The environment of one stage; every Python below it measures coverage."""
    measuring = {
        "COVERAGE_PROCESS_START": str(layout.repository / "pyproject.toml"),
        "COVERAGE_FILE": str(coverage_data(layout) / f"data.{stage.name}"),
    }
    return {**os.environ, **(measuring if stage.measured else {})}


def pytest(
    layout: Layout,
    words: Sequence[str],
    env: dict[str, str],
    limit: int = STAGE_TIME_LIMIT,
) -> int:
    """Run pytest to its end, with everything that its tests started.

    :param limit: seconds that it may take
    :raise WorkbenchError: when it takes longer
    """
    child = subprocess.Popen(
        [str(layout.venv_python), "-m", "pytest", *words],
        cwd=layout.repository,
        env=env,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return child.wait(limit)
    except subprocess.TimeoutExpired as error:
        raise WorkbenchError(
            f"these tests did not end within {limit // 60} minutes"
        ) from error
    finally:
        stop_group(child)


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


def show_coverage(layout: Layout) -> None:
    """Print what the tests of all stages together ran of the addon."""
    env = {**os.environ, "COVERAGE_FILE": str(coverage_data(layout) / "data")}
    for words in (
        ["combine", "--quiet"],
        ["report"],
        ["html", "--quiet", f"--directory={layout.root / 'coverage-html'}"],
    ):
        subprocess.run(
            [str(layout.venv_python), "-m", "coverage", *words],
            cwd=layout.repository,
            env=env,
            check=False,
        )


def headline(text: str) -> None:
    print(f"\n── {text} {'─' * max(0, 74 - len(text))}", flush=True)


def reports(layout: Layout) -> Path:
    return layout.root / "reports"


def coverage_data(layout: Layout) -> Path:
    return layout.root / "coverage"


# --- the fast loop of a developer ------------------------------------------


def run_addon_tests(workbench: Workbench, words: Sequence[str]) -> int:
    """Bring a test database to the present addon and run pytest on it.

    :param words: for pytest, but for ``--fresh`` (make the database anew) and
        ``--db=NAME`` (several developers of one clone take one each)
    """
    layout, odoo = workbench.layout, workbench.odoo
    database = LOOP_DATABASE
    passed_on = []
    for word in words:
        if word.startswith("--db="):
            database = safe_name(word.partition("=")[2])
        elif word != "--fresh":
            passed_on.append(word)
    if not any(word.startswith("tests/") for word in passed_on):
        passed_on.insert(0, "tests/addon")
    memory = layout.root / f"{database}.state"
    with alone(layout.root / f"{database}.lock"):
        if "--fresh" in words or ADDON not in odoo.installed(database):
            with step(f"fresh database {database} with {ADDON}"):
                odoo.create_database(database, [*BASE_MODULES, ADDON])
        elif not memory.exists() or memory.read_text() != fingerprint(layout.addon):
            with step(f"{ADDON} updated in database {database}"):
                odoo.install(database, [ADDON], flag="--update")
        memory.write_text(fingerprint(layout.addon))
        with FakeMetaProcess() as meta:
            return pytest(
                layout,
                [*passed_on, *odoo_words(layout, database)],
                {**os.environ, "FAKE_META_URL": meta.url},
            )


def fingerprint(folder: Path) -> str:
    """Changes with every change of a file that Odoo could load."""
    digest = hashlib.sha256()
    for path in _sources(folder):
        digest.update(f"{path.relative_to(folder)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources(folder: Path) -> Iterable[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
