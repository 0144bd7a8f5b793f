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
from .stages import EXAMPLES
from .steps import step
from .suite import odoo_words, pytest
from .workbench import Workbench, alone

DATABASE = "loop_addon"
#: Another one, as their tests need the examples installed and all others do not.
EXAMPLES_DATABASE = "loop_examples"


def run(workbench: Workbench, words: Sequence[str]) -> int:
    """Bring a test database to the present addon and run pytest on it.

    :param words: for pytest, but for ``--fresh`` (make the database anew) and
        ``--db=NAME`` (several developers of one clone take one each)
    """
    layout, odoo = workbench.layout, workbench.odoo
    with_examples = any(word.startswith("tests/examples") for word in words)
    addons = [ADDON, *(EXAMPLES if with_examples else ())]
    database = EXAMPLES_DATABASE if with_examples else DATABASE
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
        present = fingerprint(layout.addon)
        if with_examples:
            present += fingerprint(layout.examples)
        if "--fresh" in words or not set(addons) <= odoo.installed(database):
            with step(f"fresh database {database} with {', '.join(addons)}"):
                odoo.create_database(database, [*BASE_MODULES, ADDON])
                if with_examples:
                    odoo.install(database, EXAMPLES, flag="--init")
        elif not memory.exists() or memory.read_text() != present:
            with step(f"{ADDON} updated in database {database}"):
                odoo.install(database, [ADDON], flag="--update")
        memory.write_text(present)
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
