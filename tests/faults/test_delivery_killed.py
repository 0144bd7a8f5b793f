"""kill -9 of the delivering worker at each step, again and again, over a long queue."""

from collections.abc import Callable

import pytest

from tests.fake_meta.control import FakeMetaControl
from tests.workbench.processes import wait_until

from . import outbox
from .death import DELIVERY_STEPS, NEXT_REQUEST_STEPS
from .forks import KILLED, Worker
from .house import House
from .ordeal import Ordeal
from .verdict import delivery_problems
from .workers import deliver, deliver_and_die, deliver_with_short_lease

EVENTS = "POST */events"
#: Where the worker dies with Meta's answer unseen or unstored.
ANSWER_LOST = {
    "after Meta took it",
    "before the answer is stored",
    "inside the result",
}
#: The next events are claimed while Meta answers: its answer is there or not.
WHILE_META_ANSWERS = {"inside the claim"}
#: Seconds of the lease where a test waits for its end.
SHORT_LEASE = 3

Begin = Callable[[str], Ordeal]


def deliver_in_spite_of_deaths(ordeal: Ordeal, house: House, step: str) -> None:
    """Worker after worker, until nothing waits."""
    while house.waiting():
        assert ordeal.run(deliver_and_die, step, 2) in (0, KILLED)
        assert ordeal.faults < 60
        ordeal.end_leases()


@pytest.mark.parametrize("step", [*DELIVERY_STEPS, *NEXT_REQUEST_STEPS])
def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(
    busy_house: House, meta: FakeMetaControl, begin: Begin, step: str
) -> None:
    ordeal = begin("killed at a step")
    deliver_in_spite_of_deaths(ordeal, busy_house, step)
    verdict, report = ordeal.judge(), meta.report()
    assert verdict.problems == []
    assert ordeal.faults >= 5
    assert report["counted"] == len(busy_house.events())
    # A death that leaves nothing unseen costs Meta nothing.
    if step not in WHILE_META_ANSWERS:
        assert bool(report["duplicates"]) == (step in ANSWER_LOST)
    assert all(duplicate["identical"] for duplicate in report["duplicates"])


def test_half_a_request_of_a_dead_worker_is_nothing_to_meta(
    busy_house: House, meta: FakeMetaControl, begin: Begin
) -> None:
    ordeal = begin("killed at a step")
    assert ordeal.run(deliver_and_die, "in the middle of the request", 1) == KILLED
    wait_until(lambda: meta.requests(EVENTS), timeout=30, what="half a request")
    assert meta.requests(EVENTS)[0]["event_count"] is None
    assert meta.report()["events"] == []
    ordeal.finish(deliver)
    assert ordeal.judge().problems == []


def test_a_worker_killed_while_meta_holds_the_request_loses_and_doubles_nothing(
    busy_house: House, meta: FakeMetaControl, begin: Begin
) -> None:
    ordeal = begin("killed while Meta answers")

    def kill(worker: Worker) -> None:
        number = ordeal.faults + 1
        wait_until(
            lambda: len(meta.requests(EVENTS)) == number, timeout=30, what="the request"
        )
        worker.kill()

    for _time in range(3):
        meta.script_named("hang", EVENTS)
        assert ordeal.run(deliver, disturb=kill) == KILLED
        meta.clear_scripts()
        ordeal.end_leases()
    ordeal.finish(deliver)
    assert ordeal.judge().problems == []
    assert meta.report()["duplicates"] == []


def test_what_a_dead_worker_had_taken_waits_for_the_end_of_its_lease(
    busy_house: House, meta: FakeMetaControl
) -> None:
    with Worker(deliver_and_die, busy_house, "right before the request", 1) as worker:
        assert worker.end() == KILLED
    taken = busy_house.event_ids("sending")
    assert taken
    with Worker(deliver, busy_house) as worker:
        assert worker.end() == 0
    assert busy_house.event_ids("sending") == taken
    assert taken.isdisjoint(event["event_id"] for event in meta.report()["events"])
    busy_house.end_leases()
    with Worker(deliver, busy_house) as worker:
        assert worker.end() == 0
    assert delivery_problems(busy_house.events(), meta.report()) == []


def test_after_a_kill_the_queue_drains_by_itself_when_the_lease_has_ended(
    busy_house: House, begin: Begin
) -> None:
    def kill(worker: Worker) -> None:
        wait_until(busy_house.is_sending, timeout=30, what="a lease", every=0.005)
        worker.signal(9)

    ordeal = begin("killed, and time passes")
    assert ordeal.run(deliver_with_short_lease, SHORT_LEASE, disturb=kill) == KILLED
    ((killed_at, lease_ends, taken),) = busy_house.query(
        "SELECT clock_timestamp() AT TIME ZONE 'UTC', MIN(until),"
        " SUM(cardinality(event_ids)) FROM meta_capi_lease"
    )
    orphans = busy_house.event_ids("sending")
    assert ordeal.run(deliver_with_short_lease, SHORT_LEASE, True) == 0
    ((last, first_of_orphans),) = busy_house.query(
        "SELECT MAX(accepted_at),"
        " MIN(accepted_at) FILTER (WHERE event_id = ANY(%s)) FROM meta_capi_event",
        list(orphans),
    )
    assert taken == len(orphans) > 0
    assert first_of_orphans >= lease_ends
    seconds = (last - killed_at).total_seconds()
    verdict = ordeal.judge(
        recovery=f"{seconds:.1f} s with a lease of {SHORT_LEASE} s (really 90 s)"
    )
    assert verdict.problems == []


def test_workers_killed_while_they_look_for_a_culprit_refuse_it_alone(
    house: House, meta: FakeMetaControl, begin: Begin
) -> None:
    house.fill(20)
    bad = outbox.spoil(house.query, 2)
    meta.set_clock_offset(2 * 3600)
    ordeal = begin("killed among refusals")
    for number in range(1, 9):
        ordeal.run(deliver_and_die, "after the result is on record", number)
        ordeal.end_leases()
    ordeal.finish(deliver)
    assert ordeal.judge(dict.fromkeys(bad, "refused")).problems == []
    assert meta.report()["duplicates"] == []
