"""The checks themselves: what is wrong must not pass, and broken workers are caught."""

import pytest

from tests.fake_meta.control import FakeMetaControl

from .forks import KILLED, Worker, make_barrier
from .house import House
from .verdict import delivery_problems, judge, unrecorded
from .workers import (
    deliver,
    deliver_and_commit_late,
    deliver_and_commit_late_and_die,
    deliver_ignoring_leases,
)


@pytest.fixture
def delivered(busy_house: House, meta: FakeMetaControl) -> tuple[list, dict]:
    """A queue that was delivered as it should be: its rows, and Meta's report."""
    with Worker(deliver, busy_house) as worker:
        assert worker.end() == 0
    rows, report = busy_house.events(), meta.report()
    assert delivery_problems(rows, report) == unrecorded(rows, report) == []
    return rows, report


def test_the_check_reports_an_event_that_is_lost(delivered: tuple) -> None:
    rows, report = delivered
    lost = report["events"].pop()["event_id"]
    assert judge(rows, report).lost == [lost]
    assert delivery_problems(rows, report) == [f"{lost} is lost: Meta never got it"]


def test_the_check_reports_other_bytes_and_a_row_that_was_not_accepted(
    delivered: tuple,
) -> None:
    rows, report = delivered
    report["events"][0]["text"] += " "
    rows[-1]["state"] = "queued"
    other, waiting = report["events"][0]["event_id"], rows[-1]["event_id"]
    assert sorted(delivery_problems(rows, report)) == sorted(
        [
            f"{other} was sent with other bytes than are kept",
            f"{waiting} is queued, not accepted",
        ]
    )
    assert unrecorded(rows, report) == [
        f"{other} was sent before its bytes were on record"
    ]


def test_the_check_excuses_an_event_as_often_as_its_answer_was_lost(
    delivered: tuple,
) -> None:
    rows, report = delivered
    again = report["events"][0]
    report["events"] += [again, again]
    event_id = again["event_id"]
    needless = [f"{event_id} was sent again without need"]
    assert delivery_problems(rows, report) == needless
    assert delivery_problems(rows, report, [event_id]) == needless
    assert delivery_problems(rows, report, [event_id] * 2) == []
    assert judge(rows, report, [event_id] * 2).repeated == [event_id]


def test_the_check_reports_what_odoo_does_not_know_and_what_should_not_be_sent(
    delivered: tuple,
) -> None:
    rows, report = delivered
    stranger = rows.pop()["event_id"]
    late = rows[0]["event_id"]
    assert sorted(judge(rows, report, set_aside={late: "expired"}).problems) == sorted(
        [
            f"{stranger} is unknown to Odoo",
            f"{late} is accepted, not expired",
            f"{late} was sent, though it is expired",
        ]
    )


def test_workers_that_ignore_their_leases_are_caught(
    busy_house: House, meta: FakeMetaControl
) -> None:
    # Long enough for the second worker to come while the first one's request runs.
    meta.set_latency(500)
    barrier = make_barrier(2)
    with (
        Worker(deliver_ignoring_leases, busy_house, barrier) as first,
        Worker(deliver_ignoring_leases, busy_house, barrier) as second,
    ):
        assert (first.end(), second.end()) == (0, 0)
    assert judge(busy_house.events(), meta.report()).needless


def test_workers_that_commit_after_the_request_only_are_caught(
    busy_house: House, meta: FakeMetaControl
) -> None:
    with Worker(
        deliver_and_commit_late_and_die, busy_house, "after Meta took it"
    ) as worker:
        assert worker.end() == KILLED
    busy_house.await_silence(worker.pid)
    rows, report = busy_house.events(), meta.report()
    # What Meta has got by the second request is nowhere on record.
    assert unrecorded(rows, report)
    # Meanwhile the salesperson corrects an address, and the worker begins anew.
    busy_house.query("UPDATE crm_lead SET email_from = 'x' || email_from")
    busy_house.query("UPDATE crm_lead SET email_normalized = email_from")
    with Worker(deliver_and_commit_late, busy_house) as worker:
        assert worker.end() == 0
    verdict = judge(busy_house.events(), meta.report())
    assert verdict.needless
    assert any("other bytes" in problem for problem in verdict.problems)


def test_a_worker_that_commits_late_and_is_left_in_peace_would_go_unnoticed(
    busy_house: House, meta: FakeMetaControl
) -> None:
    """Why the kills are needed at all: without them the broken one looks sound."""
    with Worker(deliver_and_commit_late, busy_house) as worker:
        assert worker.end() == 0
    assert delivery_problems(busy_house.events(), meta.report()) == []
