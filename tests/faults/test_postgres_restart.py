"""PostgreSQL goes down and comes back in the middle, under a prefork Odoo.

On a cluster of its own, which no other test is connected to. What was committed there
survives a crash of the server: ``synchronous_commit`` is on.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.fake_meta.control import FakeMetaControl
from tests.workbench.layout import ADDON, Layout
from tests.workbench.odoo_server import Odoo
from tests.workbench.postgres import Connection
from tests.workbench.postgres_cluster import PrivateCluster
from tests.workbench.processes import answers, wait_until
from tests.workbench.workbench import Workbench

from . import DATABASE, outbox
from .house import House
from .tally import Tally
from .verdict import judge, unrecorded

#: As in ``impatient_odoo.py``.
SHORT_LEASE = 5
SCRIPT = Path(__file__).with_name("impatient_odoo.py")
#: How PostgreSQL is stopped each time: in order, and as if it had crashed.
STOPS = ("fast", "immediate")
EVENTS = "POST */events"
FIRST_AFTER = "SELECT MIN(accepted_at) FROM meta_capi_event WHERE accepted_at > %s"


class ImpatientOdoo(Odoo):
    """Odoo whose crons are looked for often, and whose leases are short."""

    def command(self, *words: str | Path) -> list[str | Path]:
        first, *rest = words
        return [self.python, SCRIPT, first, "--config", self.config, *rest]


@pytest.fixture(scope="module")
def cluster(
    workbench: Workbench, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PrivateCluster]:
    """A second PostgreSQL that may be stopped at will."""
    layout = Layout(tmp_path_factory.mktemp("cluster"))
    layout.prepare()
    cluster = PrivateCluster(layout)
    cluster.ensure()
    yield cluster
    cluster.remove()


@pytest.fixture
def query(house: House, workbench: Workbench, cluster: PrivateCluster) -> outbox.Query:
    """Runs a statement on a copy of the company, without any lead, over there."""
    dump = cluster.layout.root / "company.dump"
    here, there = workbench.odoo.connection, cluster.connection
    with there.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{DATABASE}"')
        cursor.execute(f'CREATE DATABASE "{DATABASE}" TEMPLATE template0')
        cursor.execute(f'ALTER DATABASE "{DATABASE}" SET synchronous_commit = on')
    run_tool(cluster, here, "pg_dump", "--format=custom", f"--file={dump}", DATABASE)
    options = ("--no-owner", "--no-comments", f"--dbname={DATABASE}")
    run_tool(cluster, there, "pg_restore", *options, str(dump))

    def query(statement: str, values: Any = None) -> list[tuple]:
        with there.cursor(DATABASE) as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    return query


def run_tool(
    cluster: PrivateCluster, connection: Connection, name: str, *words: str
) -> None:
    """Run one of PostgreSQL's programs on a server."""
    subprocess.run(
        [
            *(cluster.program(name), f"--host={connection.host}"),
            *(f"--port={connection.port}", f"--username={connection.user}", *words),
        ],
        env={"PGPASSWORD": connection.password},
        check=True,
        capture_output=True,
    )


def number_accepted(query: outbox.Query) -> int:
    rows = query("SELECT COUNT(*) FROM meta_capi_event WHERE state = 'accepted'")
    return rows[0][0]


def is_answer_due(meta: FakeMetaControl) -> bool:
    """Whether Meta has taken a request and still keeps its answer back."""
    last = meta.requests(EVENTS)[-1]
    return last["scripted"] and last["status"] == 200 and not last["answer_delivered"]


def restart_in_the_middle(
    query: outbox.Query,
    cluster: PrivateCluster,
    meta: FakeMetaControl,
    stops: Sequence[str],
) -> tuple[Counter[str], list[float]]:
    """Let PostgreSQL go down and up, each time after some more events went out.

    It crashes while Meta has taken a request and not answered yet; the orderly stop
    comes at whatever moment it is.

    :return: the events whose answers were lost, and the seconds from each return of
        PostgreSQL to the next acceptance
    """
    answers_lost: Counter[str] = Counter()
    recoveries = []
    for stop in stops:
        before = number_accepted(query)
        wait_until(
            lambda before=before: number_accepted(query) >= before + 100,
            timeout=60,
            what="the next hundred events",
        )
        if stop == "immediate":
            meta.script(EVENTS, [{"delay_ms": 3000}])
            wait_until(lambda: is_answer_due(meta), timeout=30, what="the slow request")
        cluster.restart(stop)
        ((back_at,),) = query("SELECT clock_timestamp() AT TIME ZONE 'UTC'")
        # Nobody can have taken these over yet: their lease has still to end.
        answers_lost.update(
            row["event_id"] for row in outbox.events(query) if row["state"] == "sending"
        )
        wait_until(
            lambda back_at=back_at: query(FIRST_AFTER, [back_at])[0][0],
            timeout=60,
            what="the first event after the restart",
        )
        recoveries.append(
            (query(FIRST_AFTER, [back_at])[0][0] - back_at).total_seconds()
        )
    return answers_lost, recoveries


def test_a_prefork_server_goes_on_by_itself_after_postgresql_was_restarted(
    house: House,
    meta: FakeMetaControl,
    workbench: Workbench,
    cluster: PrivateCluster,
    query: outbox.Query,
    tally: Tally,
    full: bool,
) -> None:
    stops = STOPS * (5 if full else 1)
    # Nothing else of Odoo's shall work, or look for the Internet, meanwhile.
    query(
        "UPDATE ir_cron SET active = FALSE WHERE id NOT IN (SELECT res_id"
        " FROM ir_model_data WHERE model = 'ir.cron' AND module = %s)",
        [ADDON],
    )
    outbox.fill(query, house.dataset, 500 * len(stops), each=2)
    meta.set_latency(60)
    odoo = ImpatientOdoo(
        workbench.layout,
        workbench.odoo.source,
        cluster.connection,
        config=cluster.layout.odoo_config,
    )
    odoo.write_config()
    with odoo.server(DATABASE, workers=2) as server:
        answers_lost, recoveries = restart_in_the_middle(query, cluster, meta, stops)
        waiting = "SELECT 1 FROM meta_capi_event WHERE state = 'queued' LIMIT 1"
        wait_until(lambda: not query(waiting), timeout=120, what="the end of the queue")
        assert answers(f"{server.url}/web/health?db_server_status=1")
    rows, report = outbox.events(query), meta.report()
    assert unrecorded(rows, report) == []
    verdict = judge(rows, report, answers_lost)
    tally.add(
        "PostgreSQL restarted, prefork",
        verdict,
        faults=len(stops),
        events=len(rows),
        recovery=f"{max(recoveries):.1f} s to the next acceptance"
        f" (lease {SHORT_LEASE} s, really 90 s; cron every 1-10 s, really 60-70 s)",
    )
    assert verdict.problems == []
    assert verdict.repeated
