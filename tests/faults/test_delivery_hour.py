"""Meta is in trouble for an hour of simulated time: patience, and nothing lost."""

from collections.abc import Callable

import pytest

from odoo.addons.meta_crm_capi.models import queue
from odoo.addons.meta_crm_capi.models.meta_capi_event_result import PART_FROM

from tests.fake_meta.control import FakeMetaControl

from .house import House
from .ordeal import Ordeal
from .workers import BATCH, deliver, deliver_impatiently

EVENTS = "POST */events"
MINUTE = 60
HOUR = 3600
#: Seconds that the workers wait for an answer.
PATIENCE = 0.3

#: What Meta does, and whether it takes the events all the same.
TROUBLES = {
    "a server error": (("html", {}), False),
    "an error that passes": (("transient", {}), False),
    "no answer": (("no_answer", {}), False),
    "half an answer": (("half_answer", {}), True),
    "an answer that is lost": (("lost_answer", {}), True),
    "an answer too late": (("ok", {"delay_ms": 1000}), True),
}


def most_tries(seconds: float) -> int:
    """How often an event may be tried in that time, by the shortest back-off."""
    tries, moment = 0, 0.0
    while moment <= seconds:
        tries += 1
        moment += 0.8 * queue.BACK_OFF[min(tries, len(queue.BACK_OFF)) - 1]
    return tries


def most_requests(tries: int) -> int:
    """How often an event may go out in so many tries: late ones add a probe each."""
    return tries + max(0, tries - PART_FROM + 1)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_an_hour_of_trouble_at_meta_costs_few_requests_and_no_event(
    house: House, meta: FakeMetaControl, begin: Callable[[str], Ordeal], trouble: str
) -> None:
    (name, changes), taken = TROUBLES[trouble]
    house.fill(30)
    events = len(house.events())
    ordeal = begin("an hour of trouble at Meta")
    meta.script_named(name, EVENTS, times=None, **changes)
    for _minute in range(60):
        # The cron comes each minute; where nothing is due it does nothing.
        if house.seconds_to_next() == 0:
            assert ordeal.run(deliver_impatiently, PATIENCE) == 0
        house.pass_time(MINUTE)
    tries = [row["tries"] for row in house.events()]
    assert {row["state"] for row in house.events()} == {"queued"}
    assert 1 < max(tries) <= most_tries(HOUR)
    ordeal.faults = len(meta.requests(EVENTS))
    assert ordeal.faults <= most_requests(most_tries(HOUR)) * events / BATCH
    answers_lost = {
        row["event_id"]: most_requests(row["tries"]) if taken else 0
        for row in house.events()
    }
    meta.clear_scripts()
    waited = 0.0
    while (seconds := house.seconds_to_next()) is not None:
        house.pass_time(seconds + MINUTE)
        waited += seconds + MINUTE
        assert ordeal.run(deliver) == 0
    # The longest pause that had begun, and then nothing more to wait for.
    assert waited <= 1.2 * queue.BACK_OFF[max(tries) - 1] + 5 * MINUTE
    verdict = ordeal.judge(
        answers_lost=answers_lost, recovery=f"{waited / 60:.0f} simulated minutes"
    )
    assert verdict.problems == []
    assert bool(verdict.repeated) == taken
