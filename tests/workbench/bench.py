"""The figures: each one a ratio against a reference of the same run.

Every comparison is measured against itself too (A/A): where the same thing measured
twice differs by more than 3 %, the machine was too noisy to say anything, and the
comparison is void and repeated.
"""

from __future__ import annotations

import json
import platform
from typing import Any

from .layout import ADDON
from .processes import run as run_process
from .steps import step
from .workbench import Workbench

BARE, WITH_ADDON = "bench_bare", "bench_addon"
#: How far the A/A ratio may be from 1.
TOLERANCE = 0.03
#: How often a void comparison is repeated.
TRIES = 5

#: Name of each figure, what it is, and the largest value that will do.
BARS = {
    "stage_write_single_ratio": ("one stage write with commit ÷ bare Odoo", 1.15),
    "stage_write_foreign_ratio": ("the same for a lead that is not Meta's", 1.05),
    "stage_write_bulk_hook_share": ("1,000 leads in one write: our hooks ÷ rest", 0.03),
    "enqueue_ms_per_event": ("the same: queueing one event, ms", 0.25),
}


def run(workbench: Workbench, _words: list[str]) -> int:
    """Measure, print the table, write ``.workbench/bench.json``; 0 when all will do."""
    with step("database without the addon"):
        workbench.odoo.create_database(BARE, ["crm"])
    with step("database with the addon"):
        workbench.odoo.create_database(WITH_ADDON, ["crm", ADDON])
    figures: dict[str, float] = {}
    void = []
    for number in range(1, TRIES + 1):
        with step(f"stage writes, try {number}") as current:
            measured = measure(workbench, "bench_stage_write")
            noise = measured["a_a"]
            current.note(f"A/A {noise:.3f}")
        if abs(noise - 1) <= TOLERANCE:
            figures = measured
            break
        void.append(noise)
    report = {
        "figures": figures,
        "void_a_a": void,
        "machine": {"cpu": platform.machine(), "python": platform.python_version()},
    }
    target = workbench.layout.root / "bench.json"
    target.write_text(json.dumps(report, indent=2) + "\n")
    if not figures:
        print(f"void: A/A was off by more than {TOLERANCE:.0%} in all {TRIES} tries")
        return 1
    return print_table(figures, str(target))


def measure(workbench: Workbench, module: str) -> dict[str, Any]:
    """Run one measuring program in a process of its own; its last line is JSON."""
    output = run_process(
        [
            *(workbench.odoo.python, "-m", f"tests.workbench.{module}"),
            *(workbench.odoo.config, BARE, WITH_ADDON),
        ],
        log=workbench.layout.logs / f"{module}.log",
        what=module,
        env=workbench.odoo.environment(),
        cwd=workbench.layout.repository,
    )
    return json.loads(output.strip().splitlines()[-1])


def print_table(figures: dict[str, float], target: str) -> int:
    """One line a figure; 0 when every one is within its bar."""
    print(f"\n{'figure':<30}{'measured':>10}{'bar':>8}   what")
    missed = 0
    for name, (what, bar) in BARS.items():
        within = figures[name] <= bar
        missed += not within
        mark = " " if within else "✗"
        print(f"{name:<30}{figures[name]:>10.3f}{bar:>8}{mark}  {what}")
    print(f"A/A of the stage writes: {figures['a_a']:.3f}. All of it: {target}")
    return 1 if missed else 0
