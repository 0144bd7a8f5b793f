"""``make test``: every stage, then one line with the sum of them all."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.fake_meta.process import FakeMetaProcess

from . import lint
from .counting import Count, verdict
from .failures import WorkbenchError
from .lanes import Children, side_by_side
from .layout import ADDON, Layout
from .odoo_server import BASE_MODULES
from .stages import FULL, Job, chosen
from .steps import step
from .workbench import Workbench

ADDON_DATABASE = "test_addon"
TIME_LIMIT = 30 * 60
FULL_TIME_LIMIT = 90 * 60


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
    jobs = []
    for stage in stages:
        if not (own := stage.jobs(layout)) and names:
            raise WorkbenchError(f"there are no tests for {stage.name} yet")
        jobs += own
    prepare_databases(workbench, jobs)
    with Children() as children:
        together = [job for job in jobs if not job.stage.on_its_own]
        total += run_together(layout, children, together, full=full)
        for job in jobs:
            if job.stage.on_its_own:
                headline(job.title)
                total += run_job(layout, children, job, full=full)
    if not names:
        headline("coverage")
        show_coverage(layout)
    print(f"\n{total}", flush=True)
    return total.exit_code


def prepare_databases(workbench: Workbench, jobs: Sequence[Job]) -> None:
    """A fresh database with the addon, and a copy of it for each job inside Odoo."""
    inside = [job for job in jobs if job.stage.in_odoo]
    if not inside:
        return
    with step(f"fresh database {ADDON_DATABASE} with {ADDON}"):
        workbench.odoo.create_database(ADDON_DATABASE, [*BASE_MODULES, ADDON])
    for job in inside:
        database, addons = database_of(job), job.stage.addons
        workbench.odoo.copy_database(ADDON_DATABASE, database)
        if addons:
            with step(f"database {database} with {', '.join(addons)}"):
                workbench.odoo.install(database, addons, flag="--init")


def database_of(job: Job) -> str:
    return f"test_{job.name.replace('-', '_')}"


def run_together(
    layout: Layout, children: Children, jobs: Sequence[Job], *, full: bool
) -> Count:
    """Run jobs side by side, and print what each had to say when it is over."""
    if len(jobs) == 1:
        headline(jobs[0].title)
        return run_job(layout, children, jobs[0], full=full)
    total = Count()

    def work(job: Job) -> Count:
        print(f"· {job.title} … begun", flush=True)
        return run_job(layout, children, job, full=full, log=log_of(layout, job))

    def show(job: Job, result: Count | BaseException) -> None:
        nonlocal total
        headline(job.title)
        if log_of(layout, job).exists():
            print(log_of(layout, job).read_text(errors="replace").rstrip(), flush=True)
        if isinstance(result, Count):
            total += result

    side_by_side(children, work, jobs, show)
    return total


def run_job(
    layout: Layout,
    children: Children,
    job: Job,
    *,
    full: bool = False,
    log: Path | None = None,
) -> Count:
    """Run one job in a process of its own and count its tests."""
    report = reports(layout) / f"{job.name}.xml"
    words = [*job.words, "-q", "--no-header", f"--junitxml={report}"]
    if job.stage.in_odoo:
        words += odoo_words(layout, database_of(job))
    else:
        words += ["-p", "no:odoo"]
    if full:
        words += job.stage.in_full
    env = environment(layout, job)
    limit = FULL_TIME_LIMIT if full else TIME_LIMIT
    if job.stage.in_odoo:
        with FakeMetaProcess() as meta:
            env["FAKE_META_URL"] = meta.url
            code = pytest(layout, children, words, env, limit, log)
    else:
        code = pytest(layout, children, words, env, limit, log)
    return verdict(job.name, code, report)


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


def environment(layout: Layout, job: Job) -> dict[str, str]:
    """The environment of one job; every Python below it measures coverage."""
    measuring = {
        "COVERAGE_PROCESS_START": str(layout.repository / "pyproject.toml"),
        "COVERAGE_FILE": str(coverage_data(layout) / f"data.{job.name}"),
    }
    return {**os.environ, **(measuring if job.stage.measured else {})}


def pytest(
    layout: Layout,
    children: Children,
    words: Sequence[str],
    env: dict[str, str],
    limit: float = TIME_LIMIT,
    log: Path | None = None,
) -> int:
    """Run pytest to its end and return its exit code; see :meth:`Children.run`."""
    words = [str(layout.venv_python), "-m", "pytest", *words]
    return children.run(words, cwd=layout.repository, env=env, limit=limit, log=log)


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


def log_of(layout: Layout, job: Job) -> Path:
    """What a job said, when it does not say it to the terminal."""
    return reports(layout) / f"{job.name}.log"
