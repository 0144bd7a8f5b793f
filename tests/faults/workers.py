"""What forked workers do. Everything here runs in a fork and changes it alone."""

from __future__ import annotations

import datetime
import os
import random
import signal
import time
from multiprocessing.connection import Connection
from typing import Any

from odoo.sql_db import Cursor

from odoo.addons.base.models.ir_cron import IrCron
from odoo.addons.meta_crm_capi.protocol import batch, client

from .death import (
    DELIVERY_STEPS,
    INTAKE_STEPS,
    NEXT_REQUEST_STEPS,
    Fuse,
    die_at,
    lay_fuse,
    set_constant,
    wrap,
)
from .house import House

#: Small batches, so that a queue of some hundred events has many.
BATCH = 20
#: So many leads are read in one go.
LEADS_AT_ONCE = 6


def run_delivery(house: House) -> None:
    """One run of the cron."""
    with house.env() as env:
        env["meta.capi.event"]._cron_deliver()


def split_claims(number: int) -> None:
    """Let a claim make requests of so many events at most."""
    original = batch.fit

    def fit(sizes: Any, max_events: int = number, *args: Any, **kwargs: Any) -> Any:
        return original(sizes, min(max_events, number), *args, **kwargs)

    batch.fit = fit


def deliver(house: House, *, pipe: Connection) -> None:
    """One run of the delivery, in small batches."""
    set_constant("MAX_EVENTS", BATCH)
    run_delivery(house)
    pipe.send("done")


def deliver_whole_batches(house: House, *, pipe: Connection) -> None:
    """One run of the delivery as it is."""
    run_delivery(house)
    pipe.send("done")


def deliver_and_die(
    house: House, step: str, time_number: int, *, pipe: Connection
) -> None:
    """Deliver, and die when a step is reached for the so-manieth time."""
    if step in NEXT_REQUEST_STEPS:
        split_claims(BATCH // 3)
    die_at(house, {**DELIVERY_STEPS, **NEXT_REQUEST_STEPS}[step], time_number)
    deliver(house, pipe=pipe)


def deliver_and_die_anywhere(
    house: House, number: int, events: int, split: int, *, pipe: Connection
) -> None:
    """Deliver, and die at the so-manieth point of all (see ``death.lay_fuse``).

    Says the points that it passed, when there were not so many.

    :param events: claimed in one go
    :param split: events of one request
    """
    set_constant("MAX_EVENTS", events)
    split_claims(split)
    fuse: Fuse = lay_fuse(number)
    run_delivery(house)
    pipe.send(fuse.reached)


def deliver_until_empty(
    house: House, batch_size: int, barrier: Any, *, pipe: Connection
) -> None:
    """Deliver beside others until nothing waits; says how many requests it made."""
    requests: list[str] = []
    wrap(house, "meta.capi.event", "_post", before=lambda *args: requests.append("."))
    set_constant("MAX_EVENTS", batch_size)
    barrier.wait(30)
    while house.waiting():
        run_delivery(house)
    pipe.send(len(requests))


def deliver_with_short_lease(
    house: House, lease: float, until_empty: bool = False, *, pipe: Connection
) -> None:
    """Deliver under a lease of so many seconds."""
    set_constant("LEASE", lease)
    # What is left of the lease when a request may still begin.
    set_constant("TIMEOUT", lease / 2)
    set_constant("MAX_EVENTS", BATCH)
    run_delivery(house)
    while until_empty and house.waiting():
        time.sleep(0.1)
        run_delivery(house)
    pipe.send("done")


def deliver_late(house: House, *, pipe: Connection) -> None:
    """Deliver, and stop for a while between the claim and the request."""
    set_constant("LEASE", 1)
    set_constant("TIMEOUT", 0)

    def stop(*_args: Any) -> None:
        pipe.send("claimed")
        os.kill(os.getpid(), signal.SIGSTOP)
        # The signal may reach this thread a moment later.
        time.sleep(0.3)

    wrap(house, "meta.capi.event", "_post", before=stop)
    run_delivery(house)
    pipe.send("done")


def deliver_impatiently(house: House, timeout: float, *, pipe: Connection) -> None:
    """One run that waits for Meta's answers so many seconds only."""
    client.GraphClient.__init__.__kwdefaults__["timeout"] = timeout
    deliver(house, pipe=pipe)


def deliver_by_a_mad_clock(house: House, seed: int, *, pipe: Connection) -> None:
    """Deliver while this host's clock jumps by hours, both ways, at every look.

    Now and then the time since its start jumps ahead too, as on a machine that slept.
    """
    chance = random.Random(seed)
    now, since_start = time.time, time.monotonic
    slept = 0.0

    def mad_time() -> float:
        return now() + chance.uniform(-12, 12) * 3600

    def mad_monotonic() -> float:
        nonlocal slept
        if chance.random() < 0.05:
            slept += chance.uniform(0, 4) * 3600
        return since_start() + slept

    class MadDatetime(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            return cls.fromtimestamp(mad_time(), tz)

    time.time, time.monotonic = mad_time, mad_monotonic
    set_constant("datetime", MadDatetime)
    deliver(house, pipe=pipe)


def deliver_by_another_clock(house: House, barrier: Any, *, pipe: Connection) -> None:
    """As :func:`deliver_until_empty`, on a host whose clock is hours off.

    The first of two to come is five hours behind, the other one as much ahead.
    """
    offset = (-5 * 3600, 5 * 3600)[barrier.wait(30)]
    now = time.time
    time.time = lambda: now() + offset
    deliver_until_empty(house, BATCH, barrier, pipe=pipe)


def deliver_with_a_bug(house: House, dataset_id: int, *, pipe: Connection) -> None:
    """Deliver, with an error of our own wherever that dataset is concerned."""

    def fail(_events: Any, lease: Any, *_rest: Any) -> None:
        if lease.dataset_id == dataset_id:
            raise RuntimeError("a bug, for the test")

    wrap(house, "meta.capi.event", "_prepare_request", before=fail)
    deliver(house, pipe=pipe)


def run_lane(house: House, cron_id: int, barrier: Any, *, pipe: Connection) -> None:
    """Run one ``ir.cron`` row as a cron worker of Odoo's does, until nothing waits.

    Says how many requests it made, and how often Odoo gave it the row.
    """
    requests, turns = [], []
    wrap(house, "meta.capi.event", "_post", before=lambda *args: requests.append("."))
    wrap(
        house,
        "meta.capi.event",
        "_cron_deliver",
        before=lambda events: turns.append(events.env.context["cron_id"]),
    )
    set_constant("MAX_EVENTS", BATCH)
    barrier.wait(30)
    while house.waiting():
        # Its minute has come.
        house.query(
            "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' WHERE id = %s",
            cron_id,
        )
        with house.registry.cursor() as cursor:
            IrCron._process_jobs_loop(cursor, job_ids=[cron_id])
    pipe.send((len(requests), set(turns)))


# --- broken on purpose ----------------------------------------------------------


def deliver_ignoring_leases(house: House, barrier: Any, *, pipe: Connection) -> None:
    """A broken worker: what it claims is free again at once. Two of them never end.

    It tries again when it met the other one in the database, as the cron would.
    """
    set_constant("LEASE", 0)
    set_constant("RUN", 2)
    set_constant("TIMEOUT", -60)
    set_constant("MAX_EVENTS", BATCH)
    barrier.wait(30)
    end = time.monotonic() + 4
    while time.monotonic() < end:
        run_delivery(house)
    pipe.send("done")


def commit_after_the_request(house: House) -> None:
    """A broken worker: nothing is on record before Meta's answer is there."""
    events = house.registry["meta.capi.event"]
    claim, commit = events._claim, Cursor.commit
    under_way: list[str] = []

    def late_commit(cursor: Cursor) -> None:
        if not under_way:
            commit(cursor)

    def lone_claim(self: Any, *args: Any) -> None:
        if not under_way:
            under_way.append(".")
            claim(self, *args)

    wrap(house, "meta.capi.event", "_settle", before=lambda *args: under_way.clear())
    events._claim, Cursor.commit = lone_claim, late_commit


def deliver_and_commit_late(house: House, *, pipe: Connection) -> None:
    commit_after_the_request(house)
    deliver(house, pipe=pipe)


def deliver_and_commit_late_and_die(
    house: House, step: str, *, pipe: Connection
) -> None:
    commit_after_the_request(house)
    die_at(house, DELIVERY_STEPS[step], 2)
    deliver(house, pipe=pipe)


# --- the way in, and people --------------------------------------------------------


def fetch(house: House, *, pipe: Connection) -> None:
    """One run of the reading."""
    set_constant("BATCH", LEADS_AT_ONCE)
    with house.env() as env:
        env["meta.lead.submission"]._cron_fetch()
    pipe.send("done")


def fetch_and_die(house: House, step: str, *, pipe: Connection) -> None:
    """Read some leads, and die at a step with the next ones."""
    each_lead = INTAKE_STEPS[step][0] == "client"
    die_at(house, INTAKE_STEPS[step], LEADS_AT_ONCE + 3 if each_lead else 2)
    fetch(house, pipe=pipe)


def fetch_until_empty(house: House, barrier: Any, *, pipe: Connection) -> None:
    """Read beside others until nothing waits; says how many batches it read."""
    batches: list[str] = []
    wrap(
        house,
        "meta.lead.submission",
        "_read_from_meta",
        before=lambda *args: batches.append("."),
    )
    set_constant("BATCH", LEADS_AT_ONCE)
    barrier.wait(30)
    while any(row["state"] == "received" for row in house.submissions()):
        with house.env() as env:
            env["meta.lead.submission"]._cron_fetch()
    pipe.send(len(batches))


def work_the_pipeline(
    house: House, lead_ids: list[int], rounds: int, *, pipe: Connection
) -> None:
    """A sales rep writes on leads, one after the other, without ever trying twice.

    Says how many saves there were, and which errors.
    """
    saves, errors = 0, []
    for number in range(rounds):
        for index, lead_id in enumerate(lead_ids):
            try:
                with house.env(house.rep) as env:
                    lead = env["crm.lead"].browse(lead_id)
                    stages = env["crm.stage"].search([], order="sequence, id")
                    lead.write({"phone": f"+1202555{number:02}{index % 100:02}"})
                    if (number + index) % 2:
                        lead.stage_id = stages[min(number // 2 + 1, 3)]
                saves += 1
            except Exception as error:
                errors.append(f"{type(error).__name__}: {error}")
    pipe.send((saves, errors))


def deliver_uncharged_and_die(
    house: House, step: str, time_number: int, *, pipe: Connection
) -> None:
    """Broken on purpose: the lease does not say that its request has begun."""
    leases = house.registry["meta.capi.lease"]
    original = leases._begin

    def begin(self: Any, lease_id: int) -> bool:
        found = original(self, lease_id)
        self.env.cr.execute(
            "UPDATE meta_capi_lease SET charge = 0 WHERE id = %s", [lease_id]
        )
        return found

    leases._begin = begin
    deliver_and_die(house, step, time_number, pipe=pipe)
