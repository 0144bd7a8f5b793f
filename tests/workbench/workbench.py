"""The whole ground in one object: what every command and the demo stand on."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from . import browser, debian, odoo_source, python_env
from .layout import GIB, Layout, require_space
from .odoo_server import Odoo
from .postgres import NamedServer, named_by_environment
from .postgres_cluster import PrivateCluster
from .steps import step

FIRST_TIME_SPACE = int(3.5 * GIB)


class Workbench:
    """Odoo, PostgreSQL and a browser for one clone.

    Use as a context manager; what it started is stopped on leaving::

        with Workbench(layout) as workbench:
            workbench.ensure_all()
            workbench.odoo.create_database("demo", ["crm", "meta_crm_capi"])
    """

    def __init__(self, layout: Layout | None = None) -> None:
        self.layout = layout or Layout.of_this_clone()
        named = named_by_environment()
        self.postgres = NamedServer(named) if named else PrivateCluster(self.layout)
        self._odoo: Odoo | None = None

    def __enter__(self) -> Workbench:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.postgres.release()

    @property
    def odoo(self) -> Odoo:
        """Odoo on the running PostgreSQL; there after :meth:`ensure_all`."""
        if self._odoo is None:
            source = odoo_source.chosen(self.layout)
            self._odoo = Odoo(self.layout, source, self.postgres.connection)
        return self._odoo

    def ensure_all(self, *, with_browser: bool = False) -> None:
        """Bring up what is not there yet, one line per step."""
        with alone(self.layout.bring_up_lock):
            with step("PostgreSQL") as current:
                current.note(self.postgres.ensure())
            if with_browser:
                with step("Browser") as current:
                    current.note(str(browser.ensure(self.layout)))
            self.odoo.write_config()


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Two commands that start together must not build the same thing twice."""
    with open(lock, "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def prepare_environment(layout: Layout) -> None:
    """The first half of the bring-up, which needs nothing but the system's Python."""
    layout.prepare()
    with alone(layout.bring_up_lock):
        if not layout.venv.exists():
            require_space(layout.root, FIRST_TIME_SPACE, "the first bring-up")
        if odoo_source.find(layout) is None:
            debian.require_apt()
        with step("Python environment") as current:
            current.note(python_env.ensure(layout))
        with step("Odoo") as current:
            source = odoo_source.find(layout) or odoo_source.fetch(layout)
            if layout.root in source.parent.parents:
                odoo_source.complete(source)
            python_env.show_odoo(layout, source.parent)
            current.note(f"{source.version} ({source.origin})")
