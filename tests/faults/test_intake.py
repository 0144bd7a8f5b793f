"""kill -9 of the reading worker, two of them, and webhooks that race themselves."""

from collections.abc import Iterator

import pytest

from tests.fake_meta.control import FakeMetaControl
from tests.workbench.odoo_server import Server
from tests.workbench.processes import wait_until
from tests.workbench.workbench import Workbench

from . import DATABASE
from .death import INTAKE_STEPS
from .forks import KILLED, Worker
from .house import APP, House
from .intake import LEADS, fill_in, problems, read_side_by_side
from .workers import fetch, fetch_and_die


@pytest.fixture
def at_meta(meta: FakeMetaControl) -> list[str]:
    """People fill in the form; the ids of their leads."""
    return fill_in(meta)


def waiting(house: House) -> int:
    return sum(row["state"] == "received" for row in house.submissions())


@pytest.mark.parametrize("step", INTAKE_STEPS)
def test_a_worker_killed_at_any_step_loses_and_doubles_no_lead(
    house: House, at_meta: list[str], step: str
) -> None:
    house.notify(at_meta)
    deaths = 0
    while waiting(house):
        with Worker(fetch_and_die, house, step) as worker:
            code = worker.end()
        assert code in (0, KILLED)
        deaths += code == KILLED
        assert deaths < 30
        house.end_leases()
    assert deaths >= 2
    assert problems(house, at_meta) == []


def test_two_workers_on_one_inbox_double_no_lead(
    house: House, meta: FakeMetaControl, at_meta: list[str]
) -> None:
    house.notify(at_meta)
    read_side_by_side(house, meta)
    assert problems(house, at_meta) == []


def test_a_batch_that_two_workers_read_becomes_leads_once(
    house: House, meta: FakeMetaControl, at_meta: list[str]
) -> None:
    house.notify(at_meta)
    meta.script("GET *", [{"delay_ms": 1500, "times": 4}])
    with Worker(fetch, house) as slow:
        wait_until(lambda: meta.requests("GET *"), timeout=30, what="the reading")
        # As if the slow worker had taken longer than its lease.
        house.end_leases()
        with Worker(fetch, house) as quick:
            assert quick.end() == 0
        assert slow.end() == 0
    most = house.query("SELECT MAX(tries) FROM meta_lead_submission")
    assert most == [(2,)]
    assert problems(house, at_meta) == []


def test_the_check_reports_a_lost_lead_and_a_doubled_one(
    house: House, at_meta: list[str]
) -> None:
    house.notify(at_meta[1:])
    with Worker(fetch, house) as worker:
        assert worker.end() == 0
    with house.env() as env:
        env["crm.lead"].create({"name": "Once more", "type": "lead"})
    lost = at_meta[0]
    assert problems(house, at_meta) == [
        f"lead {lost} is lost",
        f"lead {lost} has 0 raw lead events",
    ]
    with house.env() as env:
        env["crm.lead"].create({"name": "And more", "type": "lead"})
    assert f"{LEADS + 1} leads in Odoo of {LEADS} at Meta" in problems(house, at_meta)


@pytest.fixture(scope="module")
def server(workbench: Workbench, set_up_house: House) -> Iterator[Server]:
    """An Odoo that takes webhooks and runs no cron."""
    with workbench.odoo.server(DATABASE, max_cron_threads=0) as server:
        yield server


def callback_url(house: House, server: Server) -> str:
    with house.env() as env:
        path = env["meta.connection"].browse(house.connection).webhook_path
    return f"{server.url}/meta/webhook/{path}"


@pytest.mark.parametrize("together", [False, True, "entries"])
def test_a_webhook_that_races_with_itself_stores_each_lead_once(
    house: House,
    meta: FakeMetaControl,
    at_meta: list[str],
    server: Server,
    together: bool | str,
) -> None:
    meta_ids = at_meta[:10]
    answers = meta.deliver(
        callback_url(house, server),
        APP,
        meta_ids,
        together=together,
        times=6,
        at_once=True,
    )
    assert {answer["status"] for answer in answers} == {200}
    assert len(answers) == 6 if together else 60
    assert waiting(house) == len(meta_ids)
    with Worker(fetch, house) as worker:
        assert worker.end() == 0
    assert problems(house, meta_ids) == []


def test_a_webhook_that_comes_while_its_lead_is_read_brings_it_in_once(
    house: House, meta: FakeMetaControl, at_meta: list[str], server: Server
) -> None:
    meta_ids = at_meta[:4]
    house.notify(meta_ids)
    meta.script("GET *", [{"delay_ms": 1000, "times": 4}])
    with Worker(fetch, house) as worker:
        answers = meta.deliver(callback_url(house, server), APP, meta_ids, times=3)
        assert worker.end() == 0
    assert {answer["status"] for answer in answers} == {200}
    assert problems(house, meta_ids) == []


def test_a_lead_that_a_repeated_webhook_holds_is_settled_all_the_same(
    house: House, meta: FakeMetaControl, at_meta: list[str]
) -> None:
    house.notify(at_meta[:4])
    meta.script("GET *", [{"delay_ms": 500, "times": 4}])
    with Worker(fetch, house) as worker:
        wait_until(lambda: meta.requests("GET *"), timeout=30, what="the reading")
        with house.env() as env:
            connection = env["meta.connection"].browse(house.connection)
            connection._receive(house.leadgen_body(at_meta[2:4]))
            wait_until(
                lambda: house.is_waiting_for_a_lock() or not worker.running,
                timeout=30,
                what="the storing",
            )
        assert worker.end() == 0
    assert problems(house, at_meta[:4]) == []
