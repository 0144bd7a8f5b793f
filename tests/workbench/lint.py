"""What is checked without running anything."""

from __future__ import annotations

import subprocess

from .layout import Layout

CHECKS = {
    "ruff check": ("-m", "ruff", "check", "--output-format=concise", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
}
#: What repeats an element stands before what the element is.
ORDER = "t-foreach,t-as,t-key"
ADDON_CHECKS = {
    "pylint-odoo": (
        *("-m", "pylint", "--rcfile=pyproject.toml", "--score=n"),
        # Plain Python, for which Odoo's rules do not hold.
        *("--ignore-paths=meta_crm_capi/protocol/.*", "meta_crm_capi"),
    ),
    "oca-odoo-pre-commit-hooks": (
        *("-m", "oca_pre_commit_hooks.cli", f"--xml-attributes-order={ORDER}"),
        "meta_crm_capi",
    ),
}
#: Translations keep the order and the lines that Odoo writes.
WORDS_CHECK = ("-m", "oca_pre_commit_hooks.cli_po", "--disable=po-pretty-format")


def checks(layout: Layout) -> dict[str, tuple[str, ...]]:
    """Each check's name and what Python is told for it."""
    found = {**CHECKS}
    if layout.has_addon:
        found |= ADDON_CHECKS
        words = sorted((layout.addon / "i18n").glob("*.po*"))
        if words:
            names = [str(path) for path in words]
            found["oca-odoo-pre-commit-hooks, words"] = (*WORDS_CHECK, *names)
    return found


def run(layout: Layout) -> int:
    """Run every check, print what each finds, and return how many failed."""
    failed = 0
    for name, words in checks(layout).items():
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
