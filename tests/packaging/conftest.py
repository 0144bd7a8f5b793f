"""A wheel of this repository, and an environment that got it with ``pip install``."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workbench.layout import ADDON, Layout
from tests.workbench.odoo_server import Odoo
from tests.workbench.python_env import site_packages
from tests.workbench.workbench import Workbench

OFFLINE = ("--no-index", "--no-build-isolation", "--disable-pip-version-check")


@pytest.fixture(scope="session")
def layout() -> Layout:
    return Layout.of_this_clone()


@pytest.fixture(scope="session")
def source(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy to build from, as a folder looks that Odoo ran in before."""
    target = tmp_path_factory.mktemp("source")
    for name in ("setup.py", "pyproject.toml", "LICENSE", "README.md"):
        shutil.copy(layout.repository / name, target)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(layout.addon, target / ADDON, ignore=ignored)
    (target / ADDON / "models" / "__pycache__").mkdir()
    (target / ADDON / "models" / "__pycache__" / "left.cpython-310.pyc").touch()
    return target


@pytest.fixture(scope="session")
def wheel(
    layout: Layout, source: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip(layout.venv_python, "wheel", *OFFLINE, "--no-deps", "-w", folder, source)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def python_with_addon(
    layout: Layout, source: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An environment that sees Odoo and its needs, after ``pip install .``."""
    folder = tmp_path_factory.mktemp("user") / "venv"
    subprocess.run(
        [layout.venv_python, "-m", "venv", "--without-pip", folder], check=True
    )
    (own,) = (folder / "lib").glob("python3*/site-packages")
    # As a .pth's own line would not have the .pth files in there read.
    (own / "odoo-and-needs.pth").write_text(
        f"import site; site.addsitedir({str(site_packages(layout))!r})\n"
    )
    python = folder / "bin" / "python"
    pip(python, "install", *OFFLINE, source)
    return python


@pytest.fixture(scope="session")
def installed_odoo(layout: Layout, python_with_addon: Path) -> Iterator[Odoo]:
    """Odoo as that user runs it: no folder of ours in its addons path."""
    with Workbench(layout) as workbench:
        workbench.ensure_all()
        odoo = Odoo(
            layout,
            workbench.odoo.source,
            workbench.odoo.connection,
            python=python_with_addon,
            config=layout.root / "odoo-packaging.conf",
            addons=[],
        )
        odoo.write_config()
        yield odoo


def pip(python: Path, *words: str | Path) -> None:
    done = subprocess.run(
        [python, "-m", "pip", *words],
        cwd="/",
        env={**os.environ, "PYTHONNOUSERSITE": "1", "PIP_NO_INPUT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
