"""Connections that are cut: between Odoo and PostgreSQL, between Odoo and Meta."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.fake_meta.control import FakeMetaControl

from .forks import Worker
from .house import House
from .ordeal import Ordeal
from .verdict import unrecorded
from .wire import ANSWER_CUT, ANSWER_LOST, FATES, run_wire
from .workers import deliver

SEED = 20261122

Begin = Callable[[str], Ordeal]


def cut_after(seconds: float, house: House, ordeal: Ordeal) -> Callable:
    """Ends every connection of a worker to PostgreSQL after so long."""

    def cut(worker: Worker) -> None:
        if worker.wait(seconds):
            return
        for backend in house.backends(worker.pid):
            house.query("SELECT pg_terminate_backend(%s)", backend)
            ordeal.faults += 1

    return cut


def test_cut_connections_to_postgresql_lose_and_double_nothing(
    house: House, meta: FakeMetaControl, begin: Begin, full: bool
) -> None:
    chance = random.Random(SEED)
    cuts = 0
    while cuts < (150 if full else 25):
        house.open_meta(meta)
        meta.set_latency(5)
        house.clear()
        house.fill(150)
        ordeal = begin("PostgreSQL's connections cut")

        while house.waiting():
            seconds = chance.uniform(0, 0.2)
            ordeal.run(deliver, disturb=cut_after(seconds, house, ordeal))
            ordeal.end_leases()
        assert ordeal.judge().problems == []
        cuts += ordeal.faults


@contextmanager
def wire(house: House, meta: FakeMetaControl, breaking: float) -> Iterator[list[dict]]:
    """Odoo and Meta over a wire that breaks; what happened on it, in the end."""
    exchanges: list[dict] = []
    with Worker(run_wire, meta.url, SEED, breaking) as broken:
        house.set_graph_url(f"http://127.0.0.1:{broken.hear()}")
        try:
            yield exchanges
        finally:
            house.set_graph_url(meta.url)
        broken.pipe.send("stop")
        exchanges += broken.hear()
        assert broken.end() == 0


def test_cut_connections_to_meta_lose_nothing_and_double_what_lost_its_answer(
    house: House, meta: FakeMetaControl, begin: Begin, full: bool
) -> None:
    house.fill(750 if full else 250)
    ordeal = begin("Meta's connections cut")
    with wire(house, meta, 0.7) as exchanges:
        for _run in range(500):
            if not house.waiting():
                break
            # Back-off and rest of a broken wire pass at once.
            house.end_leases()
            house.end_rests()
            with Worker(deliver, house) as worker:
                assert worker.end() == 0
            assert unrecorded(house.events(), meta.report()) == []
    fates = Counter(exchange["fate"] for exchange in exchanges)
    assert set(fates) == set(FATES)
    answers_lost = Counter(
        event_id
        for exchange in exchanges
        if exchange["fate"] in (ANSWER_LOST, ANSWER_CUT)
        for event_id in exchange["event_ids"]
    )
    ordeal.faults = fates.total() - fates["whole"]
    verdict = ordeal.judge(answers_lost=answers_lost)
    assert verdict.problems == []
    assert set(verdict.repeated) == set(answers_lost)
    assert all(duplicate["identical"] for duplicate in meta.report()["duplicates"])
