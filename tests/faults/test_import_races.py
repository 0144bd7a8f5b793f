"""Webhooks, catch-up, imports and the inbox at the same leads at the same moment."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from threading import BrokenBarrierError
from typing import Any

import pytest
from psycopg2.errors import SerializationFailure

from tests.fake_meta.control import FakeMetaControl

from . import imports
from .death import set_constant, wrap
from .forks import Worker, make_barrier
from .house import FORM, House
from .intake import fetch_all, fill_in, forget_catch_up, problems

#: Leads of a page of Meta's list, of a chunk of a file and of a webhook, and how many
#: of these there are.
EACH, ROUNDS = 3, 8
#: Seconds: less than it takes to store them.
AHEAD = 0.01


@pytest.fixture(autouse=True)
def tidy(house: House) -> Iterator[None]:
    imports.forget(house)
    yield
    imports.forget(house)


@pytest.fixture
def at_meta(house: House, meta: FakeMetaControl) -> list[str]:
    """People filled in the form, and Odoo knows of none; the newest first."""
    meta.set_max_page_size(EACH)
    forget_catch_up(house)
    return fill_in(meta, EACH * ROUNDS, ago=600)


class Meeting:
    """Lets the processes store the same leads at once: each waits for the others.

    They take turns at being a moment ahead, so that each of them is first with some.

    :param barrier: of as many parties as store leads
    :param place: of this process among them
    """

    def __init__(self, barrier: Any, place: int) -> None:
        self._barrier, self._place = barrier, place
        self._seen: set[str] = set()
        #: How often all met.
        self.count = 0

    def wait(self, meta_ids: list[str]) -> None:
        """Wait, unless these leads only come again because others were first."""
        if not meta_ids or self._seen.issuperset(meta_ids):
            return
        self._seen.update(meta_ids)
        try:
            self._barrier.wait(20)
            self.count += 1
        except BrokenBarrierError:
            # The test sees that they met less often.
            return
        if self.count % self._barrier.parties != self._place:
            time.sleep(AHEAD)


def tell(
    house: House, meta_ids: list[str], barrier: Any, place: int, *, pipe: Connection
) -> None:
    """Webhooks name the leads, some at a time."""
    meeting = Meeting(barrier, place)
    wrap(
        house,
        "meta.lead.submission",
        "_store_notifications",
        before=lambda _rows, _connection, found: meeting.wait(
            [item.leadgen_id for item in found]
        ),
    )
    for start in range(0, len(meta_ids), EACH):
        some = meta_ids[start : start + EACH]
        while True:
            try:
                house.notify(some)
                break
            except SerializationFailure:
                # As Odoo does with a request that meets another transaction.
                time.sleep(0.01)
    pipe.send(meeting.count)


def meet_before_storing(house: House, barrier: Any, place: int) -> Meeting:
    """Meet right before the leads of a list, or of a chunk, are inserted."""
    meeting = Meeting(barrier, place)
    wrap(
        house,
        "meta.lead.submission",
        "_store_found",
        before=lambda _rows, _page, nodes, *_rest: meeting.wait(
            [node["id"] for node in nodes]
        ),
    )
    return meeting


def catch_up(house: House, barrier: Any, place: int, *, pipe: Connection) -> None:
    meeting = meet_before_storing(house, barrier, place)
    with house.env() as env:
        env["meta.lead.page"]._cron_catch_up()
    pipe.send(meeting.count)


def count_leads(house: House, run: int, *, pipe: Connection) -> None:
    with house.env() as env:
        env["meta.lead.import"].browse(run)._work()
    pipe.send("done")


def import_beside(
    house: House,
    run: int,
    lease: float,
    barrier: Any,
    place: int,
    *,
    pipe: Connection,
) -> None:
    """One import; what it stores is its own for so many seconds."""
    set_constant("FILE_CHUNK", {"counting": EACH, "running": EACH})
    set_constant("LEASE", lease)
    meeting = meet_before_storing(house, barrier, place)
    with house.env() as env:
        env["meta.lead.import"].browse(run)._work()
    pipe.send(meeting.count)


def read_inbox(house: House, lease: float, *, pipe: Connection) -> None:
    """Make leads of all that is due, until it is told to stop."""
    set_constant("LEASE", lease)
    while not pipe.poll():
        with house.env() as env:
            env["meta.lead.submission"]._cron_fetch()
    pipe.send("done")


def count_first(house: House, **values: Any) -> int:
    """An import that was counted, and the button pressed."""
    with house.env() as env:
        run = env["meta.lead.import"].create({"page_id": house.page, **values})
        run.action_count()
    with Worker(count_leads, house, run.id) as worker:
        assert worker.end() == 0
    with house.env() as env:
        env["meta.lead.import"].browse(run.id).action_start()
    return run.id


def file_of(meta_ids: list[str]) -> bytes:
    lines = ["id,created_time,form_id,full_name,email"]
    written = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - 900))
    lines += [
        f"{meta_id},{written},{FORM},Person {number},person{number}@example.com"
        for number, meta_id in enumerate(meta_ids)
    ]
    return base64.b64encode("\n".join(lines).encode())


def race(
    house: House, meta_ids: list[str], lease: float
) -> tuple[list[int], list[int]]:
    """Everybody at once; how often each met the others, and the ids of the imports."""
    runs = [
        count_first(house, source="meta"),
        count_first(house, source="file", file=file_of(meta_ids)),
    ]
    barrier = make_barrier(4)
    with (
        Worker(tell, house, meta_ids, barrier, 0) as webhooks,
        Worker(catch_up, house, barrier, 1) as lists,
        Worker(import_beside, house, runs[0], lease, barrier, 2) as from_meta,
        Worker(import_beside, house, runs[1], lease, barrier, 3) as from_file,
        Worker(read_inbox, house, lease) as inbox,
    ):
        workers = [webhooks, lists, from_meta, from_file]
        met = [worker.hear() for worker in workers]
        inbox.pipe.send("stop")
        assert [worker.end() for worker in (*workers, inbox)] == [0] * 5
    return met, runs


# Without a lease the inbox takes what an import has just stored, while that one makes
# leads of it.
@pytest.mark.parametrize("lease", [300, 0])
def test_whoever_brings_it_each_lead_is_one_lead(
    house: House, at_meta: list[str], lease: float
) -> None:
    met, runs = race(house, at_meta, lease)
    # Each page of the leads was stored by all four at the same moment.
    assert met == [ROUNDS] * 4
    fetch_all(house)
    assert problems(house, at_meta) == []
    first = house.query("SELECT DISTINCT origin, import_id FROM meta_lead_submission")
    assert len(first) >= 2
    for run_id in runs:
        with house.env() as env:
            run = env["meta.lead.import"].browse(run_id)
            assert (run.state, run.found_count) == ("done", len(at_meta))
            # What it says it would make is what it made: others brought the rest.
            assert run.create_count == run.made_count
            assert run.create_count + run.known_count == len(at_meta)
