"""A company that connects through Meta's window, on a real server: what is left of
codes, states and tokens, and what two answers at once come to.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from threading import Barrier
from typing import Any

import pytest
import requests
from psycopg2 import sql

from tests.fake_meta.control import FakeMetaControl
from tests.fake_meta.process import FakeMetaProcess
from tests.workbench.layout import ADDON
from tests.workbench.meta_dialog import CALLBACK, open_dialog, press
from tests.workbench.odoo_server import BASE_MODULES, LOGIN, PASSWORD
from tests.workbench.processes import wait_until
from tests.workbench.rpc import Session
from tests.workbench.workbench import Workbench

DATABASE = "test_extension"
APP, APP_SECRET = "1000000000000041", "an-app-secret-of-41"
PAGE, DATASET = "110000000000041", "500000000000041"
BUSINESS, OTHER_BUSINESS = "700000000000041", "700000000000042"
ROUNDS = 4
#: Where secrets are meant to be.
SECRET_COLUMNS = {
    ("meta_connection", "app_secret_stored"),
    ("meta_connection", "access_token_stored"),
    ("meta_lead_page", "access_token_stored"),
    ("meta_capi_dataset", "access_token_stored"),
}
#: Every line that Odoo and its HTTP client can be made to write without SQL.
TALKATIVE = (
    *("--log-handler", "odoo.http:DEBUG"),
    *("--log-handler", "odoo.addons.meta_crm_capi:DEBUG"),
    *("--log-handler", "urllib3:DEBUG"),
)


@dataclass
class Firm:
    """A company of its own, whose connection has an app and nothing else."""

    url: str
    log: Path
    login: str
    clerk: Session
    connection: int
    meta: FakeMetaControl

    def read(self, *fields: str) -> dict[str, Any]:
        return self.clerk("meta.connection", "read", [self.connection], fields)[0]

    def open(self, entry: str = "measurement") -> str:
        return open_dialog(self.clerk, self.connection, entry)

    def at_once(self, *queries: dict[str, str]) -> list[str]:
        """The pages with which these callbacks end that arrive at the same moment."""
        barrier = Barrier(len(queries))
        sessions = [Session(self.url, DATABASE, self.login, PASSWORD) for _ in queries]

        def come_back(session: Session, query: dict[str, str]) -> str:
            barrier.wait(30)
            return session.get(CALLBACK, query)

        with ThreadPoolExecutor(len(queries)) as pool:
            return list(pool.map(come_back, sessions, queries))


@pytest.fixture(scope="module")
def server(
    workbench: Workbench, meta_process: FakeMetaProcess
) -> Iterator[tuple[str, Path]]:
    """Address and log of a running Odoo."""
    workbench.odoo.create_database(DATABASE, [*BASE_MODULES, ADDON])
    with workbench.odoo.server(
        DATABASE, max_cron_threads=1, options=TALKATIVE
    ) as running:
        admin = Session(running.url, DATABASE, LOGIN, PASSWORD)
        for key, value in (
            ("meta_crm_capi.graph_url", meta_process.url),
            ("web.base.url", running.url),
        ):
            admin("ir.config_parameter", "set_param", key, value)
        yield running.url, workbench.layout.logs / f"odoo-server-{DATABASE}.log"


@pytest.fixture
def firm(server: tuple[str, Path], meta_process: FakeMetaProcess) -> Firm:
    """A company that nobody has connected yet, and its business at Meta."""
    url, log = server
    meta = meta_process.control
    meta.reset()
    meta.add_app(APP, APP_SECRET)
    meta.add_page(PAGE, "Solar Sisters")
    meta.add_dataset(DATASET, "Solar CRM")
    meta.add_business(BUSINESS, "Solar", [PAGE], [DATASET], "841")
    meta.add_business(OTHER_BUSINESS, "Wind", [PAGE], [DATASET], "842")
    meta.allow_extension(APP, [f"{url}{CALLBACK}"])
    admin = Session(url, DATABASE, LOGIN, PASSWORD)
    login = f"clerk-{token_hex(4)}"
    company = admin.create("res.company", {"name": login})
    admin.create(
        "res.users",
        {
            "name": login,
            "login": login,
            "password": PASSWORD,
            "company_id": company,
            "company_ids": [(6, 0, [company])],
            "group_ids": [(4, admin.ref("meta_crm_capi.group_meta_administrator"))],
        },
    )
    clerk = Session(url, DATABASE, login, PASSWORD)
    connection = clerk.create(
        "meta.connection",
        {
            "name": "Solar",
            "made_by": "extension",
            "app_id": APP,
            "app_secret": APP_SECRET,
        },
    )
    return Firm(url, log, login, clerk, connection, meta)


# --- two answers at once -------------------------------------------------------


def test_of_two_answers_with_one_state_at_once_one_connects(firm: Firm) -> None:
    for _round in range(ROUNDS):
        answer = press(firm.open())
        before = len(firm.meta.requests("*oauth/access_token"))

        pages = firm.at_once(answer, answer)

        assert sorted("Not connected" in page for page in pages) == [False, True]
        assert sum("was used already" in page for page in pages) == 1
        assert len(firm.meta.requests("*oauth/access_token")) == before + 1


def test_two_entry_points_at_once_stay_on_one_business(firm: Firm) -> None:
    firm.meta.plan_onboarding(APP, BUSINESS, breaks_lock=True)
    first = press(firm.open("lead_ads"))
    firm.meta.plan_onboarding(APP, OTHER_BUSINESS, breaks_lock=True)
    second = press(firm.open("measurement"))
    # Meta says of each what was chosen in its own window, and takes its time.
    rows = [
        {
            "business_manager_id": business,
            "pages": [PAGE],
            "pixel_id": DATASET,
            "installed_features": [],
        }
        for business in (BUSINESS, OTHER_BUSINESS)
    ]
    firm.meta.script(
        "GET */fbe_installs",
        [{"body": {"data": [row]}, "delay_ms": 500} for row in rows],
    )
    firm.meta.script(
        "POST */access_token",
        [{"body": {"access_token": "EAATwice"}, "delay_ms": 1000, "times": 2}],
    )

    pages = firm.at_once(first, second)

    assert sorted("Not connected" in page for page in pages) == [False, True]
    assert sum("stays on one" in page for page in pages) == 1
    shown = firm.read("business_id", "uses_lead_ads", "uses_measurement")
    assert shown["uses_lead_ads"] != shown["uses_measurement"]
    assert shown["business_id"] in (BUSINESS, OTHER_BUSINESS)


def test_a_token_that_meets_another_change_is_not_in_the_log(
    firm: Firm, workbench: Workbench
) -> None:
    answer = press(firm.open())
    # While Meta makes the token, somebody saves the connection again and again.
    firm.meta.script("GET */me/accounts", [{"delay_ms": 1500, "body": {"data": []}}])
    with ThreadPoolExecutor(1) as pool:
        page = pool.submit(firm.clerk.get, CALLBACK, answer)
        with workbench.odoo.connection.cursor(DATABASE) as cursor:
            while not page.done():
                cursor.execute(
                    "UPDATE meta_connection SET write_date = clock_timestamp()"
                    " WHERE id = %s",
                    [firm.connection],
                )
                time.sleep(0.02)
        assert "Not connected" not in page.result()
    assert [token for token in tokens(firm) if token in firm.log.read_text()] == []


# --- what is left of it ----------------------------------------------------------


def tokens(firm: Firm) -> set[str]:
    """Every token that Meta gave for an install, of persons and of system users."""
    installs = firm.meta.installs().values()
    return {token for install in installs for token in install["tokens"]}


def texts_of(workbench: Workbench) -> Iterator[tuple[str, str]]:
    """The text of every row of every table, without the columns that keep secrets.

    Gives the table's name with each.
    """
    with workbench.odoo.connection.cursor(DATABASE) as cursor:
        cursor.execute(
            "SELECT table_name, array_agg(column_name::text) FROM"
            " information_schema.columns JOIN information_schema.tables"
            " USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            " GROUP BY table_name"
        )
        for table, columns in cursor.fetchall():
            kept = [name for name in columns if (table, name) not in SECRET_COLUMNS]
            names = sql.SQL(", ").join(map(sql.Identifier, kept))
            query = sql.SQL("SELECT ROW({})::text FROM {}")
            cursor.execute(query.format(names, sql.Identifier(table)))
            for (text,) in cursor.fetchall():
                yield table, text


def kept_secrets(workbench: Workbench) -> set[str]:
    """What is in the columns that keep secrets."""
    found = set()
    with workbench.odoo.connection.cursor(DATABASE) as cursor:
        for table, name in SECRET_COLUMNS:
            query = sql.SQL("SELECT DISTINCT {0} FROM {1} WHERE {0} IS NOT NULL")
            cursor.execute(query.format(*map(sql.Identifier, (name, table))))
            found |= {secret for (secret,) in cursor.fetchall()}
    return found


def test_no_code_state_or_token_is_left_in_database_files_or_log(
    firm: Firm, workbench: Workbench
) -> None:
    secrets: set[str] = set()
    spoilt = {"code": "AQforgedcode0123456789", "state": "forged.state0123456789"}
    firm.clerk.get(CALLBACK, spoilt)
    # Who is not logged in gets to the login by an address that holds the answer.
    stranger = requests.get(f"{firm.url}{CALLBACK}", params=spoilt, timeout=30)
    assert "/web/login" in stranger.url
    secrets |= set(spoilt.values())
    # A code that Meta refuses, and one that no answer comes for.
    for accident in ("transient", "html", None):
        for entry in ("lead_ads", "measurement"):
            answer = press(firm.open(entry))
            secrets |= {answer["code"], answer["state"]}
            if accident:
                firm.meta.script_named(accident, "*oauth/access_token")
            firm.clerk.get(CALLBACK, answer)
            firm.clerk.get(CALLBACK, answer)
    assert firm.read("extension_state")["extension_state"] == "connected"
    address = firm.read("callback_url", "verify_token", "external_business_id")
    name = address["external_business_id"]
    handshake = firm.meta.handshake(address["callback_url"], address["verify_token"])
    assert handshake["status"] == 200
    for kind in ("INSTALL", "UNINSTALL", "INSTALL"):
        answer = firm.meta.deliver_install(address["callback_url"], name, kind)
        assert answer["status"] == 200
    for button in ("action_check", "action_read_installs", "action_load_pages"):
        firm.clerk("meta.connection", button, [firm.connection])
    secrets |= tokens(firm)
    firm.meta.uninstall(name)
    firm.meta.deliver_install(address["callback_url"], name, "UNINSTALL")
    wait_until(
        lambda: firm.read("extension_state")["extension_state"] == "uninstalled",
        timeout=60,
        what="the end of the install",
    )
    answer = press(firm.open())
    firm.clerk.get(CALLBACK, answer)
    secrets |= {answer["code"], answer["state"], *tokens(firm), APP_SECRET}
    secrets |= kept_secrets(workbench)
    firm.clerk("meta.connection", "action_disconnect_extension", [firm.connection])

    assert len(secrets) > 20
    rows = list(texts_of(workbench))
    assert len({table for table, _text in rows}) > 100
    in_rows = {table for table, text in rows for secret in secrets if secret in text}
    assert in_rows == set()
    log = firm.log.read_text()
    assert "/oauth/access_token" in log
    assert f"GET {CALLBACK}" in log
    hidden = {secret for secret in secrets if secret in log}
    assert hidden == set()
    assert address["verify_token"] not in log
    files = [path for path in workbench.layout.odoo_data.rglob("*") if path.is_file()]
    assert files
    left = {
        path.name
        for path in files
        for secret in secrets
        if secret.encode() in path.read_bytes()
    }
    assert left == set()
