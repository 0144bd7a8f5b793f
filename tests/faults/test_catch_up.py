"""kill -9 of the catch-up, and its races with webhooks and with the inbox."""

from __future__ import annotations

import time
from multiprocessing.connection import Connection
from typing import Any

import pytest
from psycopg2.errors import SerializationFailure

from tests.fake_meta.control import FakeMetaControl
from tests.workbench.processes import wait_until

from .death import Step, die_at, set_constant, wrap
from .forks import KILLED, Worker, make_barrier
from .house import FORM, PAGE, House
from .intake import fetch_all, fill_in, forget_catch_up, problems
from .workers import LEADS_AT_ONCE

NEW_FORM = "220000000000099"
#: Keys that mean nothing: without its questions a lead of this form has no name.
NEW_QUESTIONS = [{"key": "q1", "type": "FULL_NAME", "label": "Wie heißen Sie?"}]

#: Where a worker that catches up dies, and at the how-manieth time.
STEPS: dict[str, tuple[Step, int]] = {
    "after the claim is on record": (("meta.lead.page", "_begin_catch_up", False), 1),
    "inside the refreshed forms": (("meta.lead.page", "_store_forms", True), 1),
    "while Meta answers": (("client", "_read", False), 9),
    "before leads are stored": (("meta.lead.page", "_keep_leads", False), 3),
    "before leads are on record": (("meta.lead.page", "_keep_leads", True), 3),
    "inside the place where it stands": (
        ("meta.lead.form", "_note_page", True),
        2,
    ),
    "inside the end of a form": (("meta.lead.form", "_end_pass", True), 1),
    "before the end is on record": (("meta.lead.page", "_end_catch_up", True), 1),
}


@pytest.fixture
def at_meta(house: House, meta: FakeMetaControl) -> list[str]:
    """People filled in the form and no webhook told of it; the ids of their leads."""
    forget_catch_up(house)
    return fill_in(meta, ago=600)


def make_due(house: House) -> None:
    """Let the time pass that a dead worker's Page stays under its lease."""
    house.query("UPDATE meta_lead_page SET next_catch_up_at = create_date")


def is_caught_up(house: House) -> bool:
    return house.query("SELECT caught_up_at FROM meta_lead_page")[0][0] is not None


def catch_up(house: House, *, pipe: Connection) -> None:
    """One run of the catch-up."""
    with house.env() as env:
        env["meta.lead.page"]._cron_catch_up()
    pipe.send("done")


def catch_up_and_die(house: House, step: str, *, pipe: Connection) -> None:
    die_at(house, *STEPS[step])
    catch_up(house, pipe=pipe)


@pytest.mark.parametrize("step", STEPS)
def test_a_catch_up_killed_at_any_step_loses_and_doubles_no_lead(
    house: House, meta: FakeMetaControl, at_meta: list[str], step: str
) -> None:
    meta.set_max_page_size(3)
    deaths = 0
    for _attempt in range(30):
        with Worker(catch_up_and_die, house, step) as worker:
            code = worker.end()
        assert code in (0, KILLED)
        deaths += code == KILLED
        if code == 0 or deaths == 5:
            break
        make_due(house)
    make_due(house)
    with Worker(catch_up, house) as worker:
        assert worker.end() == 0
    assert deaths >= 1
    assert is_caught_up(house)
    fetch_all(house)
    assert problems(house, at_meta) == []


def notify_in_parts(house: House, meta_ids: list[str], barrier: Any, *, pipe) -> None:
    """Webhooks name the leads, some at a time, the second half beside the catch-up."""
    barrier.wait(30)
    half = len(meta_ids) // 2
    for start in range(0, len(meta_ids), 3):
        if start == half:
            wait_until(
                lambda: house.count("meta_lead_submission") > half,
                timeout=30,
                what="the first leads of the catch-up",
                every=0.005,
            )
        notify(house, meta_ids[start : start + 3])
    pipe.send("done")


def notify(house: House, meta_ids: list[str]) -> None:
    """A webhook; where it meets another transaction Odoo runs the request again."""
    while True:
        try:
            return house.notify(meta_ids)
        except SerializationFailure:
            time.sleep(0.01)


def catch_up_beside(house: House, barrier: Any, *, pipe: Connection) -> None:
    barrier.wait(30)
    catch_up(house, pipe=pipe)


def fetch_beside(house: House, barrier: Any, *, pipe: Connection) -> None:
    barrier.wait(30)
    for _run in range(10):
        with house.env() as env:
            env["meta.lead.submission"]._cron_fetch()
    pipe.send("done")


def test_webhooks_catch_up_and_inbox_race_for_the_same_leads(
    house: House, meta: FakeMetaControl, at_meta: list[str]
) -> None:
    meta.set_max_page_size(3)
    barrier = make_barrier(3)
    # Webhooks name the oldest first, the catch-up finds the newest first.
    with (
        Worker(notify_in_parts, house, at_meta[::-1], barrier) as webhooks,
        Worker(catch_up_beside, house, barrier) as lists,
        Worker(fetch_beside, house, barrier) as inbox,
    ):
        assert (webhooks.end(), lists.end(), inbox.end()) == (0, 0, 0)
    fetch_all(house)
    assert is_caught_up(house)
    assert problems(house, at_meta) == []
    origins = dict(
        house.query("SELECT origin, COUNT(*) FROM meta_lead_submission GROUP BY 1")
    )
    assert set(origins) == {"webhook", "catch_up"}


def test_two_catch_ups_of_one_page_do_not_meet(
    house: House, meta: FakeMetaControl, at_meta: list[str]
) -> None:
    meta.set_latency(20)
    barrier = make_barrier(2)
    with (
        Worker(catch_up_beside, house, barrier) as first,
        Worker(catch_up_beside, house, barrier) as second,
    ):
        assert (first.end(), second.end()) == (0, 0)
    assert len(meta.requests(f"GET /{FORM}/leads")) == 1
    fetch_all(house)
    assert problems(house, at_meta) == []


def learn_beside(house: House, barrier: Any, *, pipe: Connection) -> None:
    """Read some leads; another one stores what it read at the same moment."""
    met: list[bool] = []

    def meet(*_args: Any) -> None:
        if not met:
            met.append(True)
            barrier.wait(30)

    wrap(house, "meta.lead.submission", "_store_reading", before=meet)
    # The transaction that learns first stays open while the other one begins to.
    wrap(house, "meta.lead.form", "_learn", after=lambda *_args: time.sleep(0.5))
    set_constant("BATCH", LEADS_AT_ONCE)
    with house.env() as env:
        env["meta.lead.submission"]._cron_fetch()
    pipe.send("done")


def test_two_workers_that_learn_the_same_form_at_once_both_use_it(
    house: House, meta: FakeMetaControl
) -> None:
    house.query("DELETE FROM meta_lead_form WHERE meta_id = %s", NEW_FORM)
    meta.add_form(NEW_FORM, PAGE, "Herbst", NEW_QUESTIONS)
    meta_ids = [
        meta.create_lead(NEW_FORM, {"q1": f"Person {number}"})
        for number in range(2 * LEADS_AT_ONCE)
    ]
    house.notify(meta_ids)
    barrier = make_barrier(2)
    with (
        Worker(learn_beside, house, barrier) as first,
        Worker(learn_beside, house, barrier) as second,
    ):
        assert (first.end(), second.end()) == (0, 0)
    assert len(meta.requests(f"GET /{NEW_FORM}")) == 2
    assert problems(house, meta_ids) == []
    ((forms, without_form),) = house.query(
        "SELECT COUNT(DISTINCT form_id), COUNT(*) FILTER (WHERE form_id IS NULL)"
        " FROM meta_lead_submission"
    )
    assert (forms, without_form) == (1, 0)
    names = house.query("SELECT contact_name FROM crm_lead")
    assert len({name for (name,) in names if name}) == len(meta_ids)
