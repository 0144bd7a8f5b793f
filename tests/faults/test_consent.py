"""A person says no while a worker holds, or just changed, the rows of the queue."""

import logging
from collections import deque

import pytest

from .house import House

LOGGER = "odoo.addons.meta_crm_capi.models.meta_capi_event_consent"


def claim(house: House, env) -> list[int]:
    """Take what is due, as the sender does; ids of the rows that would be sent."""
    leases = deque()
    env["meta.capi.lease"]._end_expired()
    env["meta.capi.event"]._claim(house.dataset, leases)
    return [row.id for row in env["meta.capi.event"]._renew(leases).rows]


def said(house: House, lead: int) -> str:
    return house.query("SELECT meta_consent FROM crm_lead WHERE id = %s", lead)[0][0]


def states(house: House, lead: int) -> list[str]:
    rows = house.query("SELECT state FROM meta_capi_event WHERE lead_id = %s", lead)
    return [state for (state,) in rows]


def assert_withheld_next_time(house: House, lead: int, other: int) -> None:
    assert (states(house, lead), states(house, other)) == (["queued"], ["queued"])
    house.end_leases()
    with house.env() as env:
        assert len(claim(house, env)) == 1
    assert (states(house, lead), states(house, other)) == (["cancelled"], ["queued"])


def test_a_no_does_not_wait_for_a_worker_that_holds_the_rows(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    lead, other = house.make_leads(2)
    with house.env() as worker, caplog.at_level(logging.INFO, LOGGER):
        assert len(claim(house, worker)) == 2
        with house.env(house.rep) as rep:
            rep.cr.execute("SET LOCAL lock_timeout = '2s'")
            rep["crm.lead"].browse(lead).meta_consent = "no"
        assert said(house, lead) == "no"
        assert [record for record in caplog.records if record.name == LOGGER] == []
    assert_withheld_next_time(house, lead, other)


def test_a_no_does_not_fail_because_a_worker_changed_the_rows_meanwhile(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    lead, other = house.make_leads(2)
    with caplog.at_level(logging.INFO, LOGGER), house.env(house.rep) as rep:
        mine = rep["crm.lead"].browse(lead)
        assert mine.meta_consent == "unknown"
        with house.env() as worker:
            assert len(claim(house, worker)) == 2
            worker.cr.execute("UPDATE meta_capi_event SET tries = tries + 1")
        mine.meta_consent = "no"
    assert said(house, lead) == "no"
    assert "left to the sender" in caplog.text
    assert_withheld_next_time(house, lead, other)


def test_a_no_that_began_before_the_claim_is_heeded_by_the_last_look(
    house: House,
) -> None:
    lead, other = house.make_leads(2)
    leases = deque()
    with house.env(house.rep) as rep:
        mine = rep["crm.lead"].browse(lead)
        assert mine.meta_consent == "unknown"
        with house.env() as worker:
            worker["meta.capi.event"]._claim(house.dataset, leases)
        # This transaction cannot see the lease.
        mine.meta_consent = "no"
    assert (states(house, lead), states(house, other)) == (["cancelled"], ["queued"])
    with house.env() as worker:
        assert len(worker["meta.capi.event"]._renew(leases).rows) == 1
