"""Tests in a real browser, against a real Odoo server, with a fake Meta beside it.

The server is a process of its own on the database of this run, without crons: a test
says itself when they run, so that it can look at what waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from odoo.tests.common import get_db_name

from tests.fake_meta.control import FakeMetaControl
from tests.workbench.in_odoo import blank_meta, meta
from tests.workbench.odoo_server import LOGIN, PASSWORD, Server
from tests.workbench.rpc import Session
from tests.workbench.workbench import Workbench

from .chromium import Chromium
from .firm import Firm, SignedIn

__all__ = ["blank_meta", "meta"]

FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def workbench() -> Iterator[Workbench]:
    with Workbench() as workbench:
        workbench.postgres.ensure()
        yield workbench


@pytest.fixture(scope="session")
def server(workbench: Workbench) -> Iterator[Server]:
    with workbench.odoo.server(get_db_name(), max_cron_threads=0) as server:
        SignedIn(server.url, server.database, LOGIN, PASSWORD).build_assets()
        yield server


@pytest.fixture(scope="session")
def album(workbench: Workbench) -> Path:
    """Where the screens are kept as they looked."""
    folder = workbench.layout.root / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def chromium(workbench: Workbench) -> Iterator[Chromium]:
    with Chromium(workbench.layout) as chromium:
        yield chromium


@pytest.fixture
def firm(
    request: pytest.FixtureRequest,
    workbench: Workbench,
    server: Server,
    chromium: Chromium,
    meta: FakeMetaControl,
    blank_meta: None,
) -> Iterator[Firm]:
    """A company of its own for each test, with nothing of Meta's set up.

    What the browser shows when a test fails is kept in ``.workbench/screenshots``.
    """
    root = Session(server.url, server.database, LOGIN, PASSWORD)
    firm = Firm(root, server, chromium, meta)
    yield firm
    if request.node.stash.get(FAILED, False):
        folder = workbench.layout.root / "screenshots"
        folder.mkdir(exist_ok=True)
        firm.photograph(folder / f"{request.node.name}.png")
    firm.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo
) -> Iterator[None]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture
def connected(firm: Firm) -> Firm:
    """The same with a connection, a Page, a form, a dataset and its mapping."""
    firm.connect()
    return firm
