"""A real database of its own, the fake Meta, and workers that can be killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_meta.control import FakeMetaControl
from tests.fake_meta.process import FakeMetaProcess
from tests.workbench.layout import ADDON, Layout
from tests.workbench.odoo_server import BASE_MODULES
from tests.workbench.workbench import Workbench

from . import DATABASE
from .house import House

#: Each has two events.
LEADS = 130


@pytest.fixture(scope="session")
def workbench() -> Iterator[Workbench]:
    """The ground, with a fresh database for these tests."""
    with Workbench(Layout.of_this_clone()) as workbench:
        workbench.ensure_all()
        workbench.odoo.create_database(DATABASE, [*BASE_MODULES, ADDON])
        yield workbench


@pytest.fixture(scope="session")
def meta_process() -> Iterator[FakeMetaProcess]:
    with FakeMetaProcess() as process:
        yield process


@pytest.fixture(scope="session")
def set_up_house(workbench: Workbench, meta_process: FakeMetaProcess) -> House:
    return House(DATABASE, meta_process.url)


@pytest.fixture
def meta(set_up_house: House, meta_process: FakeMetaProcess) -> FakeMetaControl:
    """Meta without any event."""
    set_up_house.open_meta(meta_process.control)
    return meta_process.control


@pytest.fixture
def house(set_up_house: House, meta: FakeMetaControl) -> House:
    """The company without any lead."""
    set_up_house.clear()
    return set_up_house


@pytest.fixture
def busy_house(set_up_house: House, meta: FakeMetaControl) -> House:
    """The company with some hundred events in its queue, none of them tried yet."""
    if set_up_house.count("meta_capi_event") != 2 * LEADS:
        set_up_house.clear()
        set_up_house.move(set_up_house.make_leads(LEADS), 1)
    set_up_house.queue_again()
    return set_up_house
