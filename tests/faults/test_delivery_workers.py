"""Several workers on one queue, leases that end, and people who go on working."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.fake_meta.control import FakeMetaControl
from tests.workbench.processes import wait_until
from tests.workbench.workbench import Workbench

from . import DATABASE
from .forks import Worker, make_barrier
from .house import House
from .ordeal import Ordeal
from .verdict import delivery_problems
from .workers import (
    deliver,
    deliver_late,
    deliver_until_empty,
    deliver_with_short_lease,
    work_the_pipeline,
)

EVENTS = "POST */events"


def deliver_side_by_side(
    number: int, house: House, action: Callable[..., None], *args: Any
) -> list[Any]:
    """So many workers that begin at the same moment; what they say in the end."""
    barrier = make_barrier(number)
    with ExitStack() as stack:
        workers = [
            stack.enter_context(Worker(action, house, *args, barrier))
            for _worker in range(number)
        ]
        said = [worker.hear(500) for worker in workers]
        assert {worker.end() for worker in workers} == {0}
    return said


@pytest.fixture
def long_house(house: House, workbench: Workbench) -> Iterator[House]:
    """The company with 20,000 events in its queue."""
    house.fill(5_000, each=4)
    # As PostgreSQL does by itself soon after: to know of so many new rows, and, when
    # they are gone, not to trip over them.
    with workbench.odoo.connection.cursor(DATABASE) as cursor:
        cursor.execute("ANALYZE")
        yield house
        house.clear()
        cursor.execute("VACUUM ANALYZE")


@pytest.mark.parametrize("number", [2, 4])
def test_workers_on_one_queue_of_20_000_send_no_event_twice(
    long_house: House,
    meta: FakeMetaControl,
    begin: Callable[[str], Ordeal],
    number: int,
) -> None:
    requests = deliver_side_by_side(number, long_house, deliver_until_empty, 1_000)
    rows, report = long_house.events(), meta.report()
    assert len(rows) == report["counted"] == 20_000
    assert begin(f"{number} workers on one queue").judge().problems == []
    assert report["duplicates"] == []
    # Each had its part, and none was in the other's way.
    assert min(requests) > 0
    assert {row["tries"] for row in rows} == {1}


def test_a_row_whose_lease_ends_while_meta_answers_is_not_settled_twice(
    house: House, meta: FakeMetaControl
) -> None:
    house.make_leads(3)
    meta.script(EVENTS, [{"delay_ms": 4000}])
    with Worker(deliver_with_short_lease, house, 1) as slow:
        wait_until(
            lambda: (
                len(house.event_ids("sending")) == 3 and len(meta.requests(EVENTS)) == 1
            ),
            timeout=30,
            what="the first request",
        )
        time.sleep(1.5)
        with Worker(deliver, house) as quick:
            assert quick.end() == 0
        settled = house.events()
        assert [row["state"] for row in settled] == ["accepted"] * 3
        assert slow.end() == 0
    # The slow worker's answer came last, and found nothing of its own any more.
    assert house.events() == settled
    assert {row["trace_id"] for row in settled} == {
        meta.requests(EVENTS)[1]["fbtrace_id"]
    }
    # Both had the same bytes: Meta can see that it is the same event.
    answers_lost = {row["event_id"] for row in settled}
    assert delivery_problems(settled, meta.report(), answers_lost) == []


def test_a_worker_that_was_stopped_until_its_lease_ended_sends_nothing(
    house: House, meta: FakeMetaControl
) -> None:
    house.make_leads(3)
    with Worker(deliver_late, house) as late:
        assert late.hear() == "claimed"
        time.sleep(2)
        with Worker(deliver, house) as other:
            assert other.end() == 0
        late.signal(signal.SIGCONT)
        assert late.hear() == "done"
        assert late.end() == 0
    assert len(meta.requests(EVENTS)) == 1
    assert delivery_problems(house.events(), meta.report()) == []


def test_no_transaction_is_open_while_meta_answers(
    house: House, meta: FakeMetaControl
) -> None:
    house.make_leads(3)
    meta.script_named("hang", EVENTS)
    with Worker(deliver, house) as worker:
        wait_until(
            lambda: len(meta.requests(EVENTS)) == 1, timeout=30, what="the request"
        )
        open_at = []
        for _look in range(25):
            ((number,),) = house.query(
                "SELECT COUNT(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND xact_start IS NOT NULL"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            open_at.append(bool(number))
            time.sleep(0.1)
        meta.clear_scripts()
        assert worker.end() == 0
    # It looks now and then whether other datasets have something to send.
    assert sum(open_at) < len(open_at) / 2


def test_a_salesperson_saves_undisturbed_while_events_are_delivered(
    house: House, meta: FakeMetaControl
) -> None:
    leads = house.make_leads(20)
    with Worker(work_the_pipeline, house, leads, 6) as rep:
        while not rep.pipe.poll():
            with Worker(deliver, house) as worker:
                assert worker.end() == 0
        saves, errors = rep.hear()
        assert rep.end() == 0
    assert errors == []
    assert saves == 20 * 6
    # Delivery did go on beside it.
    assert len(meta.requests(EVENTS)) > 10
    with Worker(deliver, house) as worker:
        assert worker.end() == 0
    rows, report = house.events(), meta.report()
    sent = [row for row in rows if row["state"] != "not_sent"]
    assert delivery_problems(sent, report) == []
    # Each lead reported its raw lead and the three stages after the first.
    assert len(sent) == report["counted"] == 20 * 4
