"""kill -9 of the process that queues past steps; another one goes on."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

import pytest

from tests.fake_meta.control import FakeMetaControl

from .death import die, lay_fuse, set_constant, wrap
from .forks import KILLED, Worker
from .house import House
from .ordeal import Ordeal
from .workers import deliver

#: People with a raw lead and a step that Meta was not told of.
LEADS = 12
#: Steps that are queued in one go.
CHUNK = 6
STEPS = ("initial_lead", "qualified")
EVENTS = LEADS * len(STEPS)
#: No run has so many points.
NO_POINT = 10**9
#: On record changes what is between these; of all other points one in so many.
COMMITS = {"before a commit", "after a commit"}
ONE_IN, SAMPLE = 10, 6
SEED = 20261122


@pytest.fixture(autouse=True)
def tidy(house: House) -> Iterator[None]:
    yield
    house.query("DELETE FROM meta_capi_backfill")


def plan(house: House, meta: FakeMetaControl) -> int:
    """Leads that moved while there was no dataset, and a report that is to be sent."""
    house.open_meta(meta)
    house.clear()
    house.query("DELETE FROM meta_capi_backfill")
    switch(house, active=False)
    lead_ids = house.make_leads(LEADS)
    house.move(lead_ids, 1)
    switch(house, active=True)
    # The rows that say why nothing was sent have no event ID to look for at Meta.
    house.query("DELETE FROM meta_capi_event")
    with house.env() as env:
        report = env["meta.capi.backfill"].create({"lead_ids": [(6, 0, lead_ids)]})
        report.action_plan()
        assert report.send_count == EVENTS
        report.action_send()
        return report.id


def run_in_two_and_die(house: House, *, pipe: Connection) -> None:
    """A broken process: what it queued is on record before its report says so."""

    def commit_and_die(events: Any, _rows: Any) -> None:
        events.env.cr.commit()
        die()

    wrap(house, "meta.capi.event", "_insert", after=commit_and_die)
    run(house, pipe=pipe)


def switch(house: House, *, active: bool) -> None:
    with house.env() as env:
        dataset = env["meta.capi.dataset"].with_context(active_test=False)
        dataset.browse(house.dataset).active = active


def run(house: House, *, pipe: Connection) -> None:
    """One run of the cron."""
    set_constant("CHUNK", CHUNK)
    with house.env() as env:
        env["meta.capi.backfill"]._cron_backfill()
    pipe.send("done")


def run_and_die(house: House, number: int, *, pipe: Connection) -> None:
    """Die at the so-manieth point; says which it passed when there were not so many."""
    set_constant("CHUNK", CHUNK)
    fuse = lay_fuse(number)
    with house.env() as env:
        env["meta.capi.backfill"]._cron_backfill()
    pipe.send(fuse.reached)


def finish(
    house: House, meta: FakeMetaControl, report: int, ordeal: Ordeal
) -> list[str]:
    """Let other processes bring it to its end; why that is not what was promised.

    Promised is: each step is queued once and reaches Meta once, and the report says so.
    """
    with Worker(run, house) as worker:
        assert worker.end() == 0
    ordeal.finish(deliver)
    with Worker(run, house) as worker:
        assert worker.end() == 0
    promised = {
        "state": "done",
        "queued_count": EVENTS,
        "accepted_count": EVENTS,
        "skipped_count": 0,
    }
    with house.env() as env:
        row = env["meta.capi.backfill"].browse(report)
        found = [
            f"{name} is {row[name]}, not {value}"
            for name, value in promised.items()
            if row[name] != value
        ]
    told = Counter(event["event_name"] for event in meta.report()["events"])
    if told != dict.fromkeys(STEPS, LEADS):
        found.append(f"Meta was told {told}")
    return found + ordeal.judge(answers_lost={}).problems


def choose(points: list[str], full: bool) -> list[int]:
    """The numbers of the points at which a process is to die."""
    numbers = range(1, len(points) + 1)
    commits = [number for number in numbers if points[number - 1] in COMMITS]
    if full:
        return sorted({*commits, *numbers[::ONE_IN]})
    return sorted(random.Random(SEED).sample(commits, SAMPLE))


def test_past_steps_whose_queueing_is_killed_anywhere_are_reported_once(
    house: House, meta: FakeMetaControl, begin: Callable[[str], Ordeal], full: bool
) -> None:
    plan(house, meta)
    with Worker(run_and_die, house, NO_POINT) as worker:
        points = worker.hear()
        assert worker.end() == 0
    assert points.count("before a commit") > EVENTS / CHUNK
    for number in choose(points, full):
        report, ordeal = plan(house, meta), begin("killed while past steps are queued")
        assert ordeal.run(run_and_die, number) == KILLED
        problems = finish(house, meta, report, ordeal)
        assert (number, points[number - 1], problems) == (
            number,
            points[number - 1],
            [],
        )


def test_past_steps_that_are_killed_again_and_again_come_to_their_end(
    house: House, meta: FakeMetaControl, begin: Callable[[str], Ordeal]
) -> None:
    report, ordeal = plan(house, meta), begin("killed while past steps are queued")
    chance = random.Random(SEED)
    for _run in range(12):
        ordeal.run(run_and_die, chance.randrange(5, 40))
    assert ordeal.faults > 5
    assert finish(house, meta, report, ordeal) == []


def test_a_report_that_commits_its_events_before_its_lines_is_found_out(
    house: House, meta: FakeMetaControl, begin: Callable[[str], Ordeal]
) -> None:
    report, ordeal = plan(house, meta), begin("killed while past steps are queued")
    assert ordeal.run(run_in_two_and_die) == KILLED
    found = finish(house, meta, report, ordeal)
    assert f"queued_count is {EVENTS - CHUNK}, not {EVENTS}" in found
