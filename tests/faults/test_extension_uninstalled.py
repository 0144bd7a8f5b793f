"""A business uninstalls the app at Meta while a worker sends its events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.fake_meta.control import FakeMetaControl
from tests.workbench.meta_dialog import CALLBACK, press
from tests.workbench.processes import wait_until

from .forks import KILLED, Worker
from .house import APP, DATASET, PAGE, PAGE_TOKEN, TOKEN, House
from .ordeal import Ordeal
from .workers import BATCH, deliver

EVENTS = "POST */events"
BUSINESS = "700000000000001"
LEADS = 130


class Shop:
    """The company of the house, connected through Meta's window."""

    def __init__(self, house: House, meta: FakeMetaControl) -> None:
        self._house, self._meta = house, meta
        with house.env() as env:
            connection = env["meta.connection"].browse(house.connection)
            connection.made_by = "extension"
            address = f"{connection.get_base_url()}{CALLBACK}"
        meta.add_business(BUSINESS, "Sunny Roofs", [PAGE], [DATASET])
        meta.allow_extension(APP, [address])

    def connect(self) -> None:
        """Go through both of Meta's windows."""
        for entry in ("lead_ads", "measurement"):
            with self._house.env() as env:
                connection = env["meta.connection"].browse(self._house.connection)
                url = connection.get_extension_dialog(entry)
                self.name = connection.external_business_id
            with self._house.env() as env:
                is_connected, words = env["meta.connection"]._finish_dialog(press(url))
                assert is_connected, words

    def uninstall(self) -> None:
        """Meta takes the app away."""
        self._meta.uninstall(self.name)

    def hear_of_it(self) -> None:
        """The signed webhook comes in, and Odoo looks at the list of installs."""
        body = self._meta.install_webhook(self.name, "UNINSTALL")
        with self._house.env() as env:
            connection = env["meta.connection"].browse(self._house.connection)
            connection._receive(json.dumps(body).encode())
        with self._house.env() as env:
            env["meta.connection"]._cron_read_installs()

    def state(self) -> dict[str, Any]:
        with self._house.env() as env:
            connection = env["meta.connection"].browse(self._house.connection)
            dataset = env["meta.capi.dataset"].browse(self._house.dataset)
            page = env["meta.lead.page"].browse(self._house.page)
            return {
                "connection": connection.extension_state,
                "dataset": dataset.state,
                "page": page.state,
                "activities": [
                    len(record.activity_ids) for record in (connection, dataset, page)
                ],
            }

    def leave(self) -> None:
        """The house as the other tests know it: connected by a pasted token."""
        with self._house.env() as env:
            connection = env["meta.connection"].browse(self._house.connection)
            connection.feature_ids.unlink()
            connection.extension_state = "new"
            connection.write(
                {
                    "made_by": "own_token",
                    "access_token": TOKEN,
                    "external_business_id": False,
                    "business_id": False,
                    "uses_lead_ads": False,
                    "uses_measurement": False,
                }
            )
            page = env["meta.lead.page"].browse(self._house.page)
            page.access_token = PAGE_TOKEN


@pytest.fixture
def shop(house: House, meta: FakeMetaControl) -> Iterator[Shop]:
    shop = Shop(house, meta)
    shop.connect()
    house.fill(LEADS)
    yield shop
    shop.leave()


def wait_for_slow_request(house: House, meta: FakeMetaControl) -> None:
    """Some batches are through, and Meta keeps back its answer to the next one."""
    wait_until(
        lambda: len(house.event_ids("accepted")) >= 2 * BATCH,
        timeout=60,
        what="the first batches",
    )
    meta.script(EVENTS, [{"delay_ms": 3000}])
    wait_until(
        lambda: (
            (last := meta.requests(EVENTS)[-1])["scripted"]
            and not last["answer_delivered"]
        ),
        timeout=30,
        what="the slow request",
    )


PAUSED = {"connection": "uninstalled", "dataset": "paused", "page": "reconnect"}


def assert_waiting(shop: Shop, house: House, meta: FakeMetaControl) -> None:
    """Nothing is lost and nothing is called; one activity says why."""
    assert shop.state() == {**PAUSED, "activities": [1, 0, 0]}
    rows = house.events()
    assert len(rows) == 2 * LEADS
    assert {row["state"] for row in rows} == {"accepted", "queued"}
    asked = len(meta.requests(EVENTS))
    with Worker(deliver, house) as worker:
        assert worker.end() == 0
    assert len(meta.requests(EVENTS)) == asked
    assert house.events() == rows


def assert_all_comes_through(shop: Shop, ordeal: Ordeal) -> None:
    shop.connect()
    assert shop.state() == {
        "connection": "connected",
        "dataset": "active",
        "page": "connected",
        "activities": [0, 0, 0],
    }
    ordeal.finish(deliver)
    assert ordeal.judge().problems == []


TITLE = "uninstalled in the middle of a batch"


def test_an_uninstall_in_the_middle_of_a_batch_loses_and_repeats_nothing(
    shop: Shop, house: House, meta: FakeMetaControl, begin: Callable[[str], Ordeal]
) -> None:
    ordeal = begin(TITLE)
    meta.set_latency(50)
    told: dict[str, Any] = {}

    def disturb(worker: Worker) -> None:
        wait_for_slow_request(house, meta)
        shop.uninstall()
        shop.hear_of_it()
        told.update(shop.state(), under_way=worker.running)
        told["requests"] = len(meta.requests(EVENTS))

    assert ordeal.run(deliver, disturb=disturb) == 0

    # It was paused at once, while the worker still waited for Meta's answer.
    assert told.pop("under_way")
    # At most the batch that was made ready before goes out.
    assert len(meta.requests(EVENTS)) <= told.pop("requests") + 1
    assert told == {**PAUSED, "activities": [1, 0, 0]}
    assert_waiting(shop, house, meta)
    assert_all_comes_through(shop, ordeal)
    assert meta.report()["duplicates"] == []


def test_a_worker_that_meets_the_dead_token_before_the_webhook_is_told_of_once(
    shop: Shop, house: House, meta: FakeMetaControl, begin: Callable[[str], Ordeal]
) -> None:
    ordeal = begin(TITLE)
    meta.set_latency(50)

    def disturb(_worker: Worker) -> None:
        wait_for_slow_request(house, meta)
        shop.uninstall()

    assert ordeal.run(deliver, disturb=disturb) == 0
    assert shop.state()["dataset"] == "paused"
    assert shop.state()["activities"] == [0, 1, 0]
    shop.hear_of_it()

    assert_waiting(shop, house, meta)
    assert {row["tries"] for row in house.events() if row["state"] == "queued"} == {0}
    assert_all_comes_through(shop, ordeal)
    assert meta.report()["duplicates"] == []


def test_a_worker_that_is_killed_as_well_repeats_only_what_it_never_heard_of(
    shop: Shop, house: House, meta: FakeMetaControl, begin: Callable[[str], Ordeal]
) -> None:
    ordeal = begin(TITLE)
    meta.set_latency(50)

    def disturb(worker: Worker) -> None:
        wait_for_slow_request(house, meta)
        shop.uninstall()
        worker.kill()
        shop.hear_of_it()

    assert ordeal.run(deliver, disturb=disturb) == KILLED
    ordeal.end_leases()

    assert shop.state() == {**PAUSED, "activities": [1, 0, 0]}
    assert not house.event_ids("refused", "expired", "cancelled", "not_sent")
    assert_all_comes_through(shop, ordeal)
