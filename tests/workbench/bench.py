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
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from . import bench_packages, bench_stub
from .bench_comparisons import COMPARISONS, Comparison
from .failures import WorkbenchError
from .layout import ADDON
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
    if unknown := set(words) - COMPARISONS.keys():
        raise WorkbenchError(
            f"no such comparison: {', '.join(sorted(unknown))}",
            f"There are: {', '.join(COMPARISONS)}.",
        )
    chosen = {name: COMPARISONS[name] for name in words or COMPARISONS}
    with step("Packages to compare with") as current:
        current.note(bench_packages.ensure(workbench.layout))
    odoo = BenchOdoo(
        workbench.layout,
        workbench.odoo.source,
        workbench.odoo.connection,
        config=workbench.layout.root / "bench.conf",
        addons=[workbench.layout.repository, bench_packages.addons(workbench.layout)],
    )
    odoo.write_config()
    made = [FRESH, BARE, *(one for each in chosen.values() for one in each.databases)]
    try:
        if any(comparison.databases for comparison in chosen.values()):
            with step("database with the addon"):
                odoo.create_database(FRESH, ["crm", ADDON])
        results = {
            name: measure(workbench, odoo, name, comparison)
            for name, comparison in chosen.items()
        }
    finally:
        for database in made:
            odoo.drop_database(database)
    target = workbench.layout.root / "bench.json"
    write_report(target, results)
    missed = print_table(results)
    print(f"All of it: {target}")
    return missed


def measure(
    workbench: Workbench, odoo: Odoo, name: str, comparison: Comparison
) -> dict[str, Any]:
    """Run one comparison until its A/A is sound.

    :return: ``figures`` (none when void), ``a_a`` (None where there is no reference)
        and ``void``, the A/A of each try that did not count
    """
    void: list[float] = []
    for number in range(1, TRIES + 1):
        prepare(odoo, comparison)
        with step(f"{name}, try {number}") as current:
            figures = measure_once(workbench, odoo, comparison)
            noise = figures.pop("a_a", None)
            if noise is None:
                return {"figures": figures, "a_a": None, "void": void}
            current.note(f"A/A {noise:.3f}")
        if abs(noise - 1) <= TOLERANCE:
            return {"figures": figures, "a_a": noise, "void": void}
        void.append(noise)
    return {"figures": {}, "a_a": None, "void": void}


def prepare(odoo: Odoo, comparison: Comparison) -> None:
    """The databases of a comparison, as new."""
    if comparison.bare and not odoo.exists(BARE):
        odoo.create_database(BARE, ["crm"])
    for database in comparison.databases:
        odoo.copy_database(FRESH, database)
        if comparison.modules:
            odoo.install(database, comparison.modules, flag="--init")


def measure_once(
    workbench: Workbench, odoo: Odoo, comparison: Comparison
) -> dict[str, float]:
    """Run a measuring program to its end."""
    module = comparison.module
    with surroundings(workbench, odoo, comparison) as url:
        output = run_process(
            [
                *(odoo.python, "-m", f"tests.workbench.{module}", odoo.config),
                *([url] if url else []),
                *([BARE] if comparison.bare else []),
                *comparison.databases,
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
) -> Iterator[str | None]:
    """What runs beside a measuring program; gives the address of the stub."""
    with contextlib.ExitStack() as stack:
        url = None
        if comparison.answer_ms is not None:
            stub = bench_stub.running(workbench.layout, comparison.answer_ms)
            url = stack.enter_context(stub)
        if comparison.served:
            stack.enter_context(odoo.server(comparison.databases[0]))
        yield url


def write_report(
    target: Path, results: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Write what was measured; comparisons that were not run now stay as they were.

    :return: the whole report
    """
    try:
        known = json.loads(target.read_text())["comparisons"]
    except (FileNotFoundError, ValueError, KeyError):
        known = {}
    comparisons = {**known, **results}
    report = {
        "figures": {
            name: figure
            for result in comparisons.values()
            for name, figure in result["figures"].items()
        },
        "comparisons": comparisons,
        "machine": {
            "cpu": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
    }
    target.write_text(json.dumps(report, indent=2) + "\n")
    return report


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
        if result["a_a"] is not None:
            print(f"A/A of {name}: {result['a_a']:.3f}, void before: {result['void']}")
        elif result["void"]:
            print(f"{name} is void: A/A was {result['void']}")
    return 1 if missed else 0
