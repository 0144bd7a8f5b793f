"""``addon-tests``: the fast loop of a developer, on a database that is kept."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.fake_meta.process import FakeMetaProcess

from .lanes import Children
from .layout import ADDON
from .odoo_server import BASE_MODULES, safe_name
from .steps import step
from .suite import odoo_words, pytest
from .workbench import Workbench, alone

DATABASE = "loop_addon"


def run(workbench: Workbench, words: Sequence[str]) -> int:
    """Bring a test database to the present addon and run pytest on it.

    :param words: for pytest, but for ``--fresh`` (make the database anew) and
        ``--db=NAME`` (several developers of one clone take one each)
    """
    layout, odoo = workbench.layout, workbench.odoo
    database = DATABASE
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
        with FakeMetaProcess() as meta, Children() as children:
            return pytest(
                layout,
                children,
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
