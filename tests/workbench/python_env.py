"""The Python environment that Odoo and the tests run in."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import debian
from .failures import WorkbenchError
from .layout import Layout
from .processes import run

OLDEST, NEWEST = (3, 10), (3, 13)
# Raised when what is put into the environment changes beside the requirements.
REVISION = "2"


def ensure(layout: Layout) -> str:
    """Make ``.workbench/venv`` with all pinned needs; return what was done."""
    wanted = _fingerprint(layout)
    stamp = layout.venv / "complete.json"
    try:
        if json.loads(stamp.read_text()) == wanted and layout.venv_python.exists():
            return f"Python {wanted['python']}, there already"
    except (FileNotFoundError, ValueError):
        pass
    base = base_python(layout)
    shutil.rmtree(layout.venv, ignore_errors=True)
    run(
        [base, "-m", "venv", layout.venv],
        log=layout.logs / "venv.log",
        what="making a virtual environment",
        cure="On Debian, as root: apt-get install python3-venv",
    )
    run(
        [
            layout.venv_python,
            *("-m", "pip", "install", "--no-input", "--disable-pip-version-check"),
            *("--no-warn-script-location", "--requirement", layout.requirements),
        ],
        log=layout.logs / "pip.log",
        what="installing the Python packages",
        cure="Look at the network and at pip's settings, then run this again.",
        env={**os.environ, "PYTHONNOUSERSITE": "1"},
    )
    # Lets every Python below a measured test run be measured too.
    (site_packages(layout) / "workbench-coverage.pth").write_text(
        "import os; 'COVERAGE_PROCESS_START' in os.environ"
        " and __import__('coverage').process_startup()\n"
    )
    stamp.write_text(json.dumps(wanted))
    return f"Python {wanted['python']}, made"


def _fingerprint(layout: Layout) -> dict[str, str]:
    """What makes an environment another one; a moved folder is another one."""
    return {
        "folder": str(layout.venv),
        "revision": REVISION,
        "python": ".".join(map(str, sys.version_info[:3])),
        "requirements": hashlib.sha256(layout.requirements.read_bytes()).hexdigest(),
    }


def base_python(layout: Layout) -> Path:
    """The interpreter to build on; on Debian its venv package may be missing.

    :raise WorkbenchError: when Odoo 19 cannot run on it
    """
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        low, high = (".".join(map(str, version)) for version in (OLDEST, NEWEST))
        raise WorkbenchError(
            f"{sys.executable} is Python {sys.version.split()[0]},"
            f" and Odoo runs on {low} to {high}",
            "Put a fitting python3 first on PATH, or say make PYTHON=/path/to/python3.",
        )
    # ensurepip is what Debian keeps in a package of its own.
    probe = subprocess.run(
        [sys.executable, "-c", "import ensurepip, venv"],
        capture_output=True,
        check=False,
    )
    if probe.returncode:
        debian.install(["python3-venv"], what="Python's venv", logs=layout.logs)
    return Path(sys.executable)


def site_packages(layout: Layout) -> Path:
    (folder,) = (layout.venv / "lib").glob("python3*/site-packages")
    return folder


def pointer(layout: Layout) -> Path:
    """The file that makes Odoo importable in the environment: one line, its folder."""
    return site_packages(layout) / "workbench-odoo.pth"


def show_odoo(layout: Layout, parent: Path) -> None:
    """Make the ``odoo`` package in this folder importable in the environment."""
    pointer(layout).write_text(f"{parent}\n")


def inside(layout: Layout) -> bool:
    """Whether this very process runs in the environment."""
    return Path(sys.prefix) == layout.venv


def enter(layout: Layout, argv: list[str]) -> None:
    """Go on in the environment, as the same process, with the same command."""
    os.chdir(layout.repository)
    sys.stdout.flush()
    # With these it would not be that environment.
    env = {
        key: value
        for key, value in os.environ.items()
        if key not in ("PYTHONHOME", "PYTHONPATH")
    }
    python = str(layout.venv_python)
    os.execve(python, [python, "-m", "tests.workbench", *argv], env)
