"""kill -9 of an import, from Meta's API and from a file; another process goes on."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.fake_meta.control import FakeMetaControl

from . import imports
from .death import Step
from .forks import KILLED, Worker
from .house import House
from .import_workers import (
    go_on_and_die,
    go_on_and_die_anywhere,
    go_on_as_cron,
    go_on_in_two,
)

SOURCES = ("meta", "file")
PHASES = ("counting", "running")
#: No run has so many points.
NO_POINT = 10**9
#: What is on record changes at these points, what a process knows at the others.
BETWEEN_STEPS = {
    "before a commit",
    "after a commit",
    "before the answer is read",
    "after the answer is read",
}
#: Of these, so many in a run of the tests that is not full; of the others, one in so
#: many in a full one.
SAMPLE, ONE_IN = 2, 20
SEED = 20261122

_SUBMISSION = "meta.lead.submission"
#: Where a process dies that asks Meta.
ASKING: dict[str, Step] = {
    "before a list is asked for": ("meta.lead.page", "_get_client", False),
    "while Meta answers": ("client", "_read", False),
}
#: In both passes.
STORING: dict[str, Step] = {
    "before a chunk is stored": ("meta.lead.import", "_store_chunk", False),
    "inside a chunk, with its lines": ("meta.lead.import.line", "_list", True),
    "before a chunk is on record": ("meta.lead.import", "_store_chunk", True),
}
#: Where leads are made.
MAKING: dict[str, Step] = {
    "with typed ids completed": (_SUBMISSION, "_complete_typed", True),
    "with parked leads taken": (_SUBMISSION, "_heal_parked", True),
    "with new leads stored": (_SUBMISSION, "_store_found", True),
    "with their lease": (_SUBMISSION, "_lease", True),
    "after a chunk is on record": (_SUBMISSION, "_fetch", False),
    "before leads are made": (_SUBMISSION, "_store_reading", False),
    "inside the leads": (_SUBMISSION, "_create_leads", True),
    "before leads are on record": (_SUBMISSION, "_store_reading", True),
    "after leads are on record": (_SUBMISSION, "_fetch", True),
}
ENDING: dict[str, Step] = {
    "before the end of a pass": ("meta.lead.import", "_finish_pass", False),
    "before the end is on record": ("meta.lead.import", "_finish_pass", True),
}


@pytest.fixture(autouse=True)
def tidy(house: House) -> Iterator[None]:
    yield
    imports.forget(house)


@pytest.mark.parametrize("source", SOURCES)
def test_an_import_killed_at_each_step_in_turn_loses_and_doubles_nothing(
    house: House, meta: FakeMetaControl, source: str
) -> None:
    errand = imports.prepare(house, meta, source)
    asking = ASKING if source == "meta" else {}
    for phase, steps in (
        ("counting", asking | STORING | ENDING),
        ("running", asking | STORING | MAKING | ENDING),
    ):
        for name, step in steps.items():
            with Worker(go_on_and_die, house, step) as worker:
                assert (name, worker.end()) == (name, KILLED)
            assert (name, imports.state_of(house, errand)) == (name, phase)
        if phase == "counting":
            imports.work(house)
            imports.start(house, errand)
    assert imports.finish(house, errand) == []


def choose(points: list[str], full: bool) -> list[int]:
    """The numbers of the points at which a process is to die."""
    numbers = range(1, len(points) + 1)
    between = [number for number in numbers if points[number - 1] in BETWEEN_STEPS]
    if full:
        return sorted({*between, *numbers[::ONE_IN]})
    return sorted(random.Random(SEED).sample(between, SAMPLE))


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("source", SOURCES)
def test_an_import_killed_at_any_point_loses_and_doubles_nothing(
    house: House, meta: FakeMetaControl, full: bool, source: str, phase: str
) -> None:
    def set_up() -> imports.Errand:
        errand = imports.prepare(house, meta, source)
        if phase == "running":
            imports.work(house)
            imports.start(house, errand)
        return errand

    set_up()
    with Worker(go_on_and_die_anywhere, house, NO_POINT) as worker:
        points = worker.hear()
        assert worker.end() == 0
    numbers = choose(points, full)
    killed = 0
    for number in numbers:
        errand, point = set_up(), points[number - 1]
        with Worker(go_on_and_die_anywhere, house, number) as worker:
            code = worker.end()
        assert code in (0, KILLED)
        killed += code == KILLED
        assert (number, point, imports.finish(house, errand)) == (number, point, [])
    # Another run may be a few points shorter.
    assert killed >= 0.8 * len(numbers)


@pytest.mark.parametrize("source", SOURCES)
def test_an_import_killed_at_random_moments_comes_to_its_end_by_odoos_cron(
    house: House, meta: FakeMetaControl, full: bool, source: str
) -> None:
    chance, kills = random.Random(SEED), 0
    while kills < (100 if full else 5):
        errand = imports.prepare(house, meta, source)
        for _run in range(200):
            state = imports.state_of(house, errand)
            if state == "ready":
                imports.start(house, errand)
            elif state == "done":
                break
            with Worker(go_on_as_cron, house) as worker:
                if not worker.wait(chance.uniform(0.05, 0.8)):
                    worker.kill()
                    kills += 1
            house.await_silence(worker.pid)
        assert imports.problems(house, errand) == []


@pytest.mark.parametrize(
    ("place_first", "words"), [(True, "is lost"), (False, "foreign_count is 3, not 2")]
)
def test_an_import_that_stores_leads_and_place_apart_is_found_out(
    house: House, meta: FakeMetaControl, place_first: bool, words: str
) -> None:
    errand = imports.prepare(house, meta, "file")
    if place_first:
        imports.work(house)
        imports.start(house, errand)
    with Worker(go_on_in_two, house, place_first, 2) as worker:
        assert worker.end() == KILLED
    assert words in "\n".join(imports.finish(house, errand))
