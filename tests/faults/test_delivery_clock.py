"""Clocks that go wrong: this host's own does not matter, PostgreSQL's decides.

PostgreSQL's own clock cannot be set here; that it was set shows in the rows alone, and
these are shifted instead.
"""

from collections.abc import Callable

from tests.fake_meta.control import FakeMetaControl

from .forks import KILLED
from .house import House
from .ordeal import Ordeal
from .test_delivery_workers import deliver_side_by_side
from .workers import (
    deliver,
    deliver_and_die,
    deliver_by_a_mad_clock,
    deliver_by_another_clock,
)

HOUR = 3600

Begin = Callable[[str], Ordeal]


def test_a_worker_whose_clock_jumps_by_hours_sends_everything_once(
    busy_house: House, meta: FakeMetaControl, begin: Begin
) -> None:
    ordeal = begin("this host's clock jumps")
    for seed in range(40):
        if not busy_house.waiting():
            break
        # A run that believes that its lease is over sends nothing more.
        ordeal.end_leases()
        assert ordeal.run(deliver_by_a_mad_clock, seed) == 0
        ordeal.faults += 1
    assert ordeal.judge().problems == []
    assert meta.report()["duplicates"] == []


def test_two_workers_whose_clocks_differ_by_hours_send_no_event_twice(
    busy_house: House, meta: FakeMetaControl, begin: Begin
) -> None:
    meta.set_latency(60)
    requests = deliver_side_by_side(2, busy_house, deliver_by_another_clock)
    assert min(requests) > 0
    assert begin("two hosts' clocks differ").judge().problems == []
    assert meta.report()["duplicates"] == []


def test_a_lease_that_postgresqls_clock_moved_ahead_of_is_taken_over(
    busy_house: House, meta: FakeMetaControl, begin: Begin
) -> None:
    ordeal = begin("PostgreSQL's clock set ahead")
    assert ordeal.run(deliver_and_die, "right before the request", 3) == KILLED
    busy_house.pass_time(24 * HOUR)
    assert ordeal.run(deliver) == 0
    assert ordeal.judge().problems == []
    assert meta.report()["duplicates"] == []


def test_a_lease_that_postgresqls_clock_fell_behind_ends_at_once(
    busy_house: House, meta: FakeMetaControl, begin: Begin
) -> None:
    ordeal = begin("PostgreSQL's clock set back")
    assert ordeal.run(deliver_and_die, "right before the request", 3) == KILLED
    taken = busy_house.event_ids("sending")
    busy_house.pass_time(-2 * HOUR)
    # What is queued was due an hour ago, and is in an hour now. A lease that ends in
    # two hours is none that this clock gave.
    assert ordeal.run(deliver) == 0
    assert taken <= busy_house.event_ids("accepted")
    busy_house.pass_time(2 * HOUR + 90)
    assert ordeal.run(deliver) == 0
    assert ordeal.judge().problems == []
    assert meta.report()["duplicates"] == []
