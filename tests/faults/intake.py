"""Leads on their way in: people at Meta, and what became of them in Odoo."""

from __future__ import annotations

import time

from tests.fake_meta.control import FakeMetaControl

from .forks import Worker, make_barrier
from .house import FORM, House
from .verdict import intake_problems
from .workers import fetch, fetch_until_empty

LEADS = 24


def fill_in(
    meta: FakeMetaControl, number: int = LEADS, *, ago: float | None = None
) -> list[str]:
    """So many people fill in the form; the ids of their leads.

    :param ago: seconds since the newest of them did, one second after the other; all
        of them did it now where that is None
    """
    now = int(time.time())
    return [
        meta.create_lead(
            FORM,
            {"full_name": f"Person {place}", "email": f"person{place}@example.com"},
            **({} if ago is None else {"created_time": now - int(ago) - place}),
        )
        for place in range(number)
    ]


def fetch_all(house: House) -> None:
    """One undisturbed run of the inbox, when no lease is left."""
    house.end_leases()
    with Worker(fetch, house) as worker:
        assert worker.end() == 0


def read_side_by_side(house: House, meta: FakeMetaControl) -> None:
    """Two workers read the whole inbox, and Meta answers both at the same moment."""
    meta.set_latency(20)
    barrier = make_barrier(2)
    with (
        Worker(fetch_until_empty, house, barrier) as first,
        Worker(fetch_until_empty, house, barrier) as second,
    ):
        batches = [first.hear(), second.hear()]
        assert (first.end(), second.end()) == (0, 0)
    assert min(batches) > 0


def problems(house: House, meta_ids: list[str]) -> list[str]:
    """Why the intake of these leads was not what was promised; empty when it was."""
    return intake_problems(
        house.submissions(), meta_ids, house.count("crm_lead"), house.raw_leads()
    )


def forget_catch_up(house: House) -> None:
    """No list of the Page was ever read, and it is due."""
    house.query(
        "UPDATE meta_lead_form SET watermark = NULL, catch_up_after = NULL,"
        " catch_up_until = NULL"
    )
    house.query(
        "UPDATE meta_lead_page SET forms_read_at = NULL, caught_up_at = NULL,"
        " is_in_pass = FALSE, next_catch_up_at = create_date,"
        " catch_up_from = create_date - interval '1 day'"
    )
