"""A person, the assistant and the hourly look store what they found at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from odoo.service.model import retrying

from tests.fake_meta.control import FakeMetaControl

from .house import House


@pytest.fixture(autouse=True)
def tidy(house: House, meta: FakeMetaControl) -> Iterator[None]:
    forget(house)
    yield
    forget(house)


def forget(house: House) -> None:
    """As if nobody had ever looked."""
    with house.env() as env:
        env["meta.connection"].browse(house.connection)._forget_health()
        env["meta.lead.page"].browse(house.page)._forget_health()


def hourly_look(house: House) -> None:
    """The hourly look at the connection and its Page, from beginning to end."""
    with house.env() as env:
        for record in (
            env["meta.connection"].browse(house.connection),
            env["meta.lead.page"].browse(house.page),
        ):
            plan = record._plan_health_check()
            plan.ask()
            record._store_health_check(plan)


def meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]
) -> None:
    """Do something once, after Meta was asked and before it is stored."""
    model: Any = house.registry["meta.health.finding"]
    original = model._store
    acts = [act]

    def store(*args: Any, **kwargs: Any) -> Any:
        # The transaction sees what was there before.
        args[1]._get_own_findings()
        while acts:
            acts.pop()()
        return original(*args, **kwargs)

    monkeypatch.setattr(model, "_store", store)


def kinds(house: House) -> list[tuple]:
    """Each finding of the connection's, by its Page and kind."""
    return house.query(
        "SELECT page_id, kind FROM meta_health_finding WHERE connection_id = %s"
        " ORDER BY page_id NULLS FIRST, kind",
        house.connection,
    )


@pytest.mark.parametrize("button_of", ["meta.connection", "meta.lead.page"])
def test_a_person_who_looks_beside_the_hourly_look_meets_no_error(
    house: House, monkeypatch: pytest.MonkeyPatch, button_of: str
):
    hourly_look(house)
    wanted = kinds(house)
    forget(house)
    meanwhile(house, monkeypatch, partial(hourly_look, house))
    own = house.connection if button_of == "meta.connection" else house.page
    with house.env() as env:
        answer = retrying(env[button_of].browse(own).action_check, env)

    assert answer["params"]["message"]
    assert kinds(house) == wanted


def test_the_hourly_look_that_comes_second_stores_what_it_found(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    hourly_look(house)
    wanted = kinds(house)
    forget(house)
    meanwhile(house, monkeypatch, partial(hourly_look, house))
    with house.env() as env:
        env["meta.connection"].browse(house.connection)._check_health_apart()
        env["meta.lead.page"].browse(house.page)._check_health_apart()

    assert kinds(house) == wanted
