"""What is checked without running anything."""

from __future__ import annotations

import subprocess

from .layout import Layout

CHECKS = {
    "ruff check": ("-m", "ruff", "check", "--output-format=concise", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
}
ADDON_CHECKS = {
    "pylint-odoo": (
        *("-m", "pylint", "--rcfile=pyproject.toml", "--score=n"),
        # Plain Python, for which Odoo's rules do not hold.
        *("--ignore-paths=meta_crm_capi/protocol/.*", "meta_crm_capi"),
    ),
}


def run(layout: Layout) -> int:
    """Run every check, print what each finds, and return how many failed."""
    failed = 0
    for name, words in {**CHECKS, **(ADDON_CHECKS if layout.has_addon else {})}.items():
        done = subprocess.run(
            [layout.venv_python, *words],
            cwd=layout.repository,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        print(f"{'✗' if done.returncode else '✓'} {name}", flush=True)
        if done.returncode:
            print(done.stdout.rstrip(), flush=True)
            failed += 1
    return failed
