"""What forked workers do, and where they are killed. Everything here runs in a fork.

A step is patched in the fork alone; the process that the tests run in stays whole.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from odoo.addons.meta_crm_capi.models import (
    meta_capi_event_claim,
    meta_capi_event_deliver,
    meta_lead_submission_fetch,
)
from odoo.addons.meta_crm_capi.protocol import batch, client

from .house import House

#: Small batches, so that a queue of some hundred events has many.
BATCH = 20

#: Where a delivering worker dies: ``{step: (model, method, whether after it)}``.
DELIVERY_STEPS = {
    "before the claim is on record": ("meta.capi.event", "_prepare_request", True),
    "after the claim is on record": ("meta.capi.event", "_post", False),
    "after Meta took it": ("client", "_read", False),
    "after the answer": ("meta.capi.event", "_apply_result", True),
    "after the result is on record": ("meta.capi.dataset", "_heed", False),
}
#: The same of a worker that reads leads.
INTAKE_STEPS = {
    "after the claim is on record": ("meta.lead.submission", "_read_from_meta", False),
    "while Meta answers": ("client", "_read", False),
    "after the leads were read": ("meta.lead.submission", "_store_reading", False),
    "before the leads are on record": ("meta.lead.submission", "_store_reading", True),
    "after the leads are on record": ("meta.lead.submission", "_fetch", True),
}
#: So many leads are read in one go.
LEADS_AT_ONCE = 6


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    # The signal reaches a thread of ours any moment now.
    time.sleep(60)


def wrap(
    house: House,
    model: str,
    method: str,
    *,
    before: Callable[..., None] = lambda *args: None,
    after: Callable[..., None] = lambda *args: None,
) -> None:
    """Do something around a method, in this process."""
    owner: Any = client.GraphClient if model == "client" else house.registry[model]
    original = getattr(owner, method)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        before(*args)
        outcome = original(*args, **kwargs)
        after(*args)
        return outcome

    setattr(owner, method, staticmethod(wrapper) if method == "_post" else wrapper)


def die_at(house: House, step: tuple[str, str, bool], time_number: int) -> None:
    """Die when this step is reached for the so-manieth time."""
    model, method, is_after = step
    calls = []
    lock = threading.Lock()

    def count(*_args: Any) -> None:
        with lock:
            calls.append(method)
            last = len(calls) == time_number
        if last:
            die()

    wrap(house, model, method, **{"after" if is_after else "before": count})


def deliver(house: House, *, pipe: Connection) -> None:
    """One run of the delivery."""
    batch.MAX_EVENTS = BATCH
    with house.env() as env:
        env["meta.capi.event"]._cron_deliver()
    pipe.send("done")


def deliver_and_die(
    house: House, step: str, time_number: int, *, pipe: Connection
) -> None:
    """Deliver, and die when a step is reached for the so-manieth time."""
    die_at(house, DELIVERY_STEPS[step], time_number)
    deliver(house, pipe=pipe)


def deliver_until_empty(house: House, barrier: Any, *, pipe: Connection) -> None:
    """Deliver beside others until nothing waits; says how many requests it made."""
    requests: list[str] = []
    wrap(house, "meta.capi.event", "_post", before=lambda *args: requests.append("."))
    batch.MAX_EVENTS = BATCH
    barrier.wait(30)
    while house.event_ids("queued", "sending"):
        with house.env() as env:
            env["meta.capi.event"]._cron_deliver()
    pipe.send(len(requests))


def deliver_ignoring_leases(house: House, barrier: Any, *, pipe: Connection) -> None:
    """A broken worker: what it claims is free again at once. Two of them never end.

    It tries again when it met the other one in the database, as the cron would.
    """
    meta_capi_event_claim.LEASE = 0
    meta_capi_event_deliver.RUN = 2
    batch.MAX_EVENTS = BATCH
    barrier.wait(30)
    end = time.monotonic() + 4
    while time.monotonic() < end:
        with house.env() as env:
            env["meta.capi.event"]._cron_deliver()
    pipe.send("done")


def deliver_with_short_lease(house: House, *, pipe: Connection) -> None:
    """Deliver under a lease of one second, for a Meta that takes longer."""
    meta_capi_event_claim.LEASE = 1
    with house.env() as env:
        env["meta.capi.event"]._cron_deliver()
    pipe.send("done")


def deliver_late(house: House, *, pipe: Connection) -> None:
    """Deliver, and stop for a while between the claim and the request."""
    meta_capi_event_claim.LEASE = 1
    meta_capi_event_deliver.LEASE = client.TIMEOUT + 1

    def stop(*_args: Any) -> None:
        pipe.send("claimed")
        os.kill(os.getpid(), signal.SIGSTOP)
        # The signal may reach this thread a moment later.
        time.sleep(0.3)

    wrap(house, "meta.capi.event", "_post", before=stop)
    with house.env() as env:
        env["meta.capi.event"]._cron_deliver()
    pipe.send("done")


def fetch(house: House, *, pipe: Connection) -> None:
    """One run of the reading."""
    meta_lead_submission_fetch.BATCH = LEADS_AT_ONCE
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
    meta_lead_submission_fetch.BATCH = LEADS_AT_ONCE
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
