"""A real database of its own, the fake Meta, and workers that can be killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.fake_meta.control import FakeMetaControl
from tests.fake_meta.process import FakeMetaProcess
from tests.workbench.layout import ADDON, Layout
from tests.workbench.odoo_server import BASE_MODULES
from tests.workbench.workbench import Workbench

from . import DATABASE
from .house import House
from .ordeal import Ordeal
from .tally import Tally

#: Each has two events.
LEADS = 130

_TALLY = pytest.StashKey[Tally]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full", action="store_true", help="a thousand kills instead of a few hundred"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_TALLY] = Tally()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """What was broken, and what came of it."""
    tally = config.stash[_TALLY]
    if tally.lines:
        terminalreporter.section("faults")
        terminalreporter.write_line(str(tally))


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """Whether everything is tried, not only a sample."""
    return pytestconfig.getoption("--full")


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    return pytestconfig.stash[_TALLY]


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
def busy_house(house: House) -> House:
    """The company with some hundred events in its queue, none of them tried yet."""
    house.fill(LEADS)
    return house


@pytest.fixture
def begin(
    set_up_house: House, meta: FakeMetaControl, tally: Tally
) -> Callable[[str], Ordeal]:
    """Begins an ordeal of that title over the queue as it is."""
    return lambda title: Ordeal(set_up_house, meta, tally, title)
