"""Several workers on one queue, leases that end, and people who go on working."""

import signal
import time
from collections.abc import Callable
from typing import Any

from tests.fake_meta.control import FakeMetaControl
from tests.workbench.processes import wait_until

from .house import House, Worker, make_barrier
from .verdict import delivery_problems
from .workers import (
    deliver,
    deliver_ignoring_leases,
    deliver_late,
    deliver_until_empty,
    deliver_with_short_lease,
    work_the_pipeline,
)

EVENTS = "POST */events"


def deliver_by_two(house: House, action: Callable[..., None]) -> list[Any]:
    """Two workers that begin at the same moment; what they say in the end."""
    barrier = make_barrier(2)
    with (
        Worker(action, house, barrier) as first,
        Worker(action, house, barrier) as second,
    ):
        said = [first.hear(), second.hear()]
        assert (first.end(), second.end()) == (0, 0)
    return said


def test_two_workers_on_one_queue_send_no_event_twice(
    busy_house: House, meta: FakeMetaControl
) -> None:
    meta.set_latency(60)
    requests = deliver_by_two(busy_house, deliver_until_empty)
    rows, report = busy_house.events(), meta.report()
    assert delivery_problems(rows, report) == []
    assert report["duplicates"] == []
    assert min(requests) > 0
    assert {row["tries"] for row in rows} == {1}


def test_the_check_reports_workers_that_ignore_their_leases(
    busy_house: House, meta: FakeMetaControl
) -> None:
    # Long enough for the second worker to come while the first one's request runs.
    meta.set_latency(500)
    deliver_by_two(busy_house, deliver_ignoring_leases)
    problems = delivery_problems(busy_house.events(), meta.report())
    assert any("times without need" in problem for problem in problems)


def test_a_row_whose_lease_ends_while_meta_answers_is_not_settled_twice(
    house: House, meta: FakeMetaControl
) -> None:
    house.make_leads(3)
    meta.script(EVENTS, [{"delay_ms": 4000}])
    with Worker(deliver_with_short_lease, house) as slow:
        wait_until(
            lambda: len(house.event_ids("sending")) == 3
            and len(meta.requests(EVENTS)) == 1,
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
    excusable = {row["event_id"] for row in settled}
    assert delivery_problems(settled, meta.report(), excusable) == []


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
