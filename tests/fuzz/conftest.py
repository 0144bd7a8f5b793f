"""A server of its own, on a fresh database, for bodies of every kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.workbench.bench_build import load_protocol
from tests.workbench.layout import ADDON, Layout
from tests.workbench.odoo_server import BASE_MODULES
from tests.workbench.workbench import Workbench

from .target import Target

DATABASE = "test_fuzz"

# The addon's own reader says what a signed body announces.
load_protocol(Layout.of_this_clone())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--bodies", type=int, default=4_000, help="how many bodies are sent"
    )
    parser.addoption("--seed", type=int, default=19, help="makes other bodies")


@pytest.fixture(scope="session")
def target() -> Iterator[Target]:
    with Workbench(Layout.of_this_clone()) as workbench:
        workbench.ensure_all()
        workbench.odoo.create_database(DATABASE, [*BASE_MODULES, ADDON])
        # One process, so that its memory tells all; no cron reads what came in.
        with workbench.odoo.server(DATABASE, max_cron_threads=0) as server:
            yield Target(server, workbench.odoo.connection)
