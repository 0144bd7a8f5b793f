"""The figures: each ratio against a reference of the same run.

Every comparison is measured against itself too (A/A): where the same thing measured
twice differs by more than 3 %, the machine was too noisy to say anything, and the
comparison is void and repeated.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from . import bench_packages, bench_stub
from .bench_comparisons import COMPARISONS, Comparison
from .failures import WorkbenchError
from .layout import ADDON, GIB
from .odoo_server import Odoo
from .processes import run as run_process
from .steps import step
from .workbench import Workbench

#: A database with the addon that the others are copies of.
FRESH = "bench_fresh"
BARE = "bench_bare"
#: How far the A/A ratio may be from 1.
TOLERANCE = 0.03
#: How often a void comparison is repeated.
TRIES = 5


class BenchOdoo(Odoo):
    """Odoo that finds the packages to compare with."""

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        path = str(bench_packages.folder(self.layout))
        return super().environment({"PYTHONPATH": path, **(more or {})})


def run(workbench: Workbench, words: list[str]) -> int:
    """Measure, print the table, write ``.workbench/bench.json``; 0 when all will do.

    :param words: the comparisons to run, else all
    """
    chosen = chosen_comparisons(words)
    with step("Packages to compare with") as current:
        current.note(bench_packages.ensure(workbench.layout))
    odoo = BenchOdoo(
        workbench.layout,
        workbench.odoo.source,
        workbench.odoo.connection,
        config=workbench.layout.root / "bench.conf",
        addons=[
            workbench.layout.repository,
            Path(__file__).with_name("bench_addons"),
            bench_packages.addons(workbench.layout),
        ],
    )
    odoo.write_config()
    target = workbench.layout.root / "bench.json"
    results: dict[str, dict[str, Any]] = {}
    made = [FRESH, BARE, *(one for each in chosen.values() for one in each.databases)]
    try:
        if any(comparison.databases for comparison in chosen.values()):
            with step("database with the addon"):
                odoo.create_database(FRESH, ["crm", ADDON])
        for name, comparison in chosen.items():
            one_try = partial(measure, workbench, odoo, name, comparison)
            results[name] = until_sound(one_try)
            write_report(target, results, describe_ground(workbench))
    finally:
        for database in made:
            odoo.drop_database(database)
    missed = print_table(results)
    print(f"All of it: {target}")
    return missed


def chosen_comparisons(words: Sequence[str]) -> dict[str, Comparison]:
    """The comparisons of these names, else all.

    :raise WorkbenchError: for a name that there is not
    """
    if unknown := set(words) - COMPARISONS.keys():
        raise WorkbenchError(
            f"no such comparison: {', '.join(sorted(unknown))}",
            f"There are: {', '.join(COMPARISONS)}.",
        )
    return {name: COMPARISONS[name] for name in words or COMPARISONS}


def until_sound(measure: Callable[[int], dict[str, float]]) -> dict[str, Any]:
    """Measure until the A/A is near enough to 1, a few times at most.

    :param measure: gets the number of the try and gives figures, among them ``a_a``
        where there is a reference
    :return: ``figures`` (none when every try was void), ``a_a`` (None where there is
        no sound one) and ``void``, what each try gave that did not count
    """
    void: list[dict[str, float]] = []
    for number in range(1, TRIES + 1):
        measured = measure(number)
        noise = measured.get("a_a")
        if noise is None or abs(noise - 1) <= TOLERANCE:
            figures = {key: each for key, each in measured.items() if key != "a_a"}
            return {"figures": figures, "a_a": noise, "void": void}
        void.append(measured)
    return {"figures": {}, "a_a": None, "void": void}


def measure(
    workbench: Workbench, odoo: Odoo, name: str, comparison: Comparison, number: int
) -> dict[str, float]:
    """One try of a comparison, on databases as new."""
    with step(f"{name}, try {number}") as current:
        prepare(odoo, comparison)
        figures = run_program(workbench, odoo, comparison)
        if "a_a" in figures:
            current.note(f"A/A {figures['a_a']:.3f}")
    return figures


def prepare(odoo: Odoo, comparison: Comparison) -> None:
    """The databases of a comparison, as new."""
    if comparison.bare and not odoo.exists(BARE):
        odoo.create_database(BARE, ["crm"])
    for database in comparison.databases:
        odoo.copy_database(FRESH, database)
        if comparison.modules:
            odoo.install(database, comparison.modules, flag="--init")


def run_program(
    workbench: Workbench, odoo: Odoo, comparison: Comparison
) -> dict[str, float]:
    """Run a measuring program to its end."""
    module = comparison.module
    with surroundings(workbench, odoo, comparison) as (stub, served):
        output = run_process(
            [
                *(odoo.python, "-m", f"tests.workbench.{module}", odoo.config),
                *([stub] if stub else []),
                *([BARE] if comparison.bare else []),
                *comparison.databases,
                *([served] if served else []),
            ],
            log=workbench.layout.logs / f"{module}.log",
            what=module,
            env=odoo.environment(),
            cwd=workbench.layout.repository,
        )
    return json.loads(output.strip().splitlines()[-1])


@contextlib.contextmanager
def surroundings(
    workbench: Workbench, odoo: Odoo, comparison: Comparison
) -> Iterator[tuple[str | None, str | None]]:
    """What runs beside a measuring program; the addresses of the stub and of Odoo."""
    with contextlib.ExitStack() as stack:
        url = served = None
        if comparison.answer_ms is not None:
            stub = bench_stub.running(workbench.layout, comparison.answer_ms)
            url = stack.enter_context(stub)
        if comparison.served:
            server = stack.enter_context(odoo.server(comparison.databases[0]))
            served = server.url
        yield url, served


def write_report(
    target: Path, results: Mapping[str, Mapping[str, Any]], ground: Mapping[str, Any]
) -> None:
    """Write what was measured; comparisons that were not run now stay as they were.

    :param ground: what it was measured on
    """
    try:
        known = json.loads(target.read_text())["comparisons"]
    except (FileNotFoundError, ValueError, KeyError):
        known = {}
    comparisons = {
        **known,
        **{name: {**result, "machine": ground} for name, result in results.items()},
    }
    figures = {
        name: figure
        for result in comparisons.values()
        for name, figure in result["figures"].items()
    }
    report = {"figures": figures, "comparisons": comparisons}
    target.write_text(json.dumps(report, indent=2) + "\n")


def describe_ground(workbench: Workbench) -> dict[str, Any]:
    """The machine and the software that figures were measured on."""
    with workbench.odoo.connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (postgresql,) = cursor.fetchone()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": cpu_model(Path("/proc/cpuinfo")) or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / GIB),
        "python": platform.python_version(),
        "postgresql": postgresql.split()[0],
        "odoo": workbench.odoo.source.version,
    }


def cpu_model(cpuinfo: Path) -> str | None:
    """The processor's name as Linux tells it; None where it does not."""
    if not cpuinfo.exists():
        return None
    found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE)
    return found[1] if found else None


def print_table(results: Mapping[str, Mapping[str, Any]]) -> int:
    """One line a figure; 0 when every one was measured and is within its bar."""
    print(f"\n{'figure':<34}{'measured':>10}{'bar':>8}   what")
    missed = 0
    for name, result in results.items():
        for key, bar in COMPARISONS[name].bars.items():
            figure = result["figures"].get(key)
            within = figure is not None and bar.is_met(figure)
            missed += not within
            shown = "void" if figure is None else f"{figure:.3f}"
            mark = " " if within else "✗"
            print(f"{key:<34}{shown:>10}{bar!s:>8} {mark} {bar.what}")
    for name, result in results.items():
        void = ", ".join(f"{each['a_a']:.3f}" for each in result["void"])
        if result["a_a"] is not None:
            print(f"A/A of {name}: {result['a_a']:.3f}; void before: {void or 'none'}")
        elif void:
            print(f"{name} is void, A/A was {void}")
    return 1 if missed else 0
