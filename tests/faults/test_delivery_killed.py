"""kill -9 of the delivering worker, again and again, over a long queue."""

import pytest

from tests.fake_meta.control import FakeMetaControl
from tests.workbench.processes import wait_until

from .house import KILLED, House, Worker
from .verdict import delivery_problems
from .workers import DELIVERY_STEPS, deliver, deliver_and_die

EVENTS = "POST */events"
#: Where the worker dies with Meta's answer unseen or unstored.
ANSWER_LOST = {"after Meta took it", "after the answer"}


def deliver_in_spite_of_deaths(house: House, step: str) -> tuple[int, set[str]]:
    """Worker after worker, until nothing waits.

    :return: how many died, and the events whose answers were lost with them
    """
    deaths, excusable = 0, set()
    while house.event_ids("queued", "sending"):
        with Worker(deliver_and_die, house, step, 2) as worker:
            code = worker.end()
        assert code in (0, KILLED)
        deaths += code == KILLED
        assert deaths < 60
        if step in ANSWER_LOST:
            excusable |= house.event_ids("sending")
        house.end_leases()
    return deaths, excusable


@pytest.mark.parametrize("step", DELIVERY_STEPS)
def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(
    busy_house: House, meta: FakeMetaControl, step: str
) -> None:
    deaths, excusable = deliver_in_spite_of_deaths(busy_house, step)
    rows, report = busy_house.events(), meta.report()
    assert delivery_problems(rows, report, excusable) == []
    assert deaths >= 5
    assert report["counted"] == len(rows)
    # A death that leaves nothing unseen costs Meta nothing.
    assert bool(report["duplicates"]) == (step in ANSWER_LOST)
    assert all(duplicate["identical"] for duplicate in report["duplicates"])


def test_a_worker_killed_while_meta_holds_the_request_loses_and_doubles_nothing(
    busy_house: House, meta: FakeMetaControl
) -> None:
    for number in range(1, 4):
        meta.script_named("hang", EVENTS)
        with Worker(deliver, busy_house) as worker:
            wait_until(
                lambda n=number: len(meta.requests(EVENTS)) == n,
                timeout=30,
                what="the request",
            )
            worker.kill()
        meta.clear_scripts()
        busy_house.end_leases()
    with Worker(deliver, busy_house) as worker:
        assert worker.end() == 0
    rows, report = busy_house.events(), meta.report()
    assert delivery_problems(rows, report) == []
    assert report["counted"] == len(rows)


def test_what_a_dead_worker_had_taken_waits_for_the_end_of_its_lease(
    busy_house: House, meta: FakeMetaControl
) -> None:
    with Worker(
        deliver_and_die, busy_house, "after the claim is on record", 1
    ) as worker:
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


def test_the_check_reports_an_event_that_is_lost(
    busy_house: House, meta: FakeMetaControl
) -> None:
    with Worker(deliver, busy_house) as worker:
        assert worker.end() == 0
    report = meta.report()
    lost = report["events"].pop()["event_id"]
    assert delivery_problems(busy_house.events(), report) == [
        f"{lost} is lost: Meta never got it"
    ]


def test_the_check_reports_other_bytes_and_a_row_that_was_not_accepted(
    busy_house: House, meta: FakeMetaControl
) -> None:
    with Worker(deliver, busy_house) as worker:
        assert worker.end() == 0
    rows, report = busy_house.events(), meta.report()
    report["events"][0]["text"] += " "
    rows[-1]["state"] = "queued"
    assert sorted(delivery_problems(rows, report)) == sorted(
        [
            f"{report['events'][0]['event_id']} was sent with other bytes than are"
            " kept",
            f"{rows[-1]['event_id']} is queued, not accepted",
        ]
    )
