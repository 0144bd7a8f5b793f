"""Two workers read leads of one person and one campaign at the same moment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_meta.control import FakeMetaControl

from .house import FORM, House
from .intake import LEADS, read_side_by_side

CAMPAIGN = "120200000000000013"


@pytest.fixture
def joining(house: House) -> Iterator[House]:
    """A Page whose further submissions go to the open lead; no campaign is known."""

    def choose(policy: str) -> None:
        with house.env() as env:
            env["meta.lead.page"].browse(house.page).person_policy = policy
            every = env["utm.campaign"].with_context(active_test=False)
            every.search([("meta_id", "!=", False)]).unlink()

    choose("join")
    yield house
    choose("new")


@pytest.mark.parametrize("attempt", range(2))
def test_two_workers_make_one_lead_of_one_person(
    joining: House, meta: FakeMetaControl, attempt: int
) -> None:
    answers = {"full_name": "Ana Acker", "email": "ana@example.com"}
    at_meta = [
        meta.create_lead(FORM, answers, organic=True, ad=False)
        for _lead in range(LEADS)
    ]
    joining.notify(at_meta)
    read_side_by_side(joining, meta)
    assert joining.count("crm_lead") == 1
    assert joining.query(
        "SELECT state, COUNT(*), COUNT(DISTINCT lead_id) FROM meta_lead_submission"
        " GROUP BY state"
    ) == [("done", LEADS, 1)]
    assert sorted(joining.raw_leads()) == sorted(at_meta)


def test_two_workers_make_one_campaign_and_try_no_lead_twice_for_it(
    joining: House, meta: FakeMetaControl
) -> None:
    at_meta = [
        meta.create_lead(
            FORM,
            {"full_name": "Ana Acker", "email": f"{number}@example.com"},
            ad={"campaign_id": CAMPAIGN, "campaign_name": f"Spring {number}"},
        )
        for number in range(LEADS)
    ]
    joining.notify(at_meta)
    read_side_by_side(joining, meta)
    assert joining.count("crm_lead") == LEADS
    assert joining.query(
        "SELECT COUNT(*) FROM utm_campaign WHERE meta_id = %s", CAMPAIGN
    ) == [(1,)]
    assert joining.query("SELECT MAX(tries) FROM meta_lead_submission") == [(1,)]
