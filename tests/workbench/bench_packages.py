"""What others offer for the same work, in a folder beside the environment."""

from __future__ import annotations

import shutil
from pathlib import Path

from .layout import Layout
from .processes import run

REQUIREMENTS = Path(__file__).with_name("bench-requirements.txt")


def folder(layout: Layout) -> Path:
    """Where Python finds them."""
    return layout.root / "bench-packages"


def addons(layout: Layout) -> Path:
    """Where Odoo finds those that are addons."""
    return folder(layout) / "addons"


def ensure(layout: Layout) -> str:
    """Install the packages to compare with; return what was done.

    Without what they depend on: Odoo itself would be among it.
    """
    wanted = REQUIREMENTS.read_text()
    target = folder(layout)
    stamp = target / "complete.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return "there already"
    shutil.rmtree(target, ignore_errors=True)
    run(
        [
            *(layout.venv_python, "-m", "pip", "install", "--no-deps", "--no-input"),
            *("--disable-pip-version-check", "--no-warn-script-location"),
            *("--target", target, "--requirement", REQUIREMENTS),
        ],
        log=layout.logs / "pip-bench.log",
        what="installing the packages to compare with",
        cure="Look at the network and at pip's settings, then run this again.",
    )
    # Where pip leaves them they would stand before Odoo's own folder.
    shutil.move(target / "odoo" / "addons", addons(layout))
    shutil.rmtree(target / "odoo")
    stamp.write_text(wanted)
    return "installed"
