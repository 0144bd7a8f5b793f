"""kill -9 at every point of a run, one after the other, and at random moments."""

import random
import time
from collections.abc import Callable

import pytest

from tests.fake_meta.control import FakeMetaControl

from . import outbox
from .forks import KILLED, Worker
from .house import House
from .ordeal import Ordeal
from .workers import deliver, deliver_and_die_anywhere

EVENTS = "POST */events"
#: No run has so many points.
NO_POINT = 10**9
#: Of the points of a run, so many in a run of the tests that is not full.
SAMPLE = 12
SEED = 20261122

Begin = Callable[[str], Ordeal]


def plain(house: House, meta: FakeMetaControl) -> dict[str, str]:
    house.fill(6)
    return {}


def with_refusals(house: House, meta: FakeMetaControl) -> dict[str, str]:
    house.fill(6)
    meta.set_clock_offset(2 * 3600)
    return dict.fromkeys(outbox.spoil(house.query, 1), "refused")


def with_throttling(house: House, meta: FakeMetaControl) -> dict[str, str]:
    house.fill(6)
    meta.script_named("ok", EVENTS)
    meta.script_named("throttle_app", EVENTS)
    return {}


def with_failures(house: House, meta: FakeMetaControl) -> dict[str, str]:
    house.fill(6)
    meta.script_named("ok", EVENTS)
    meta.script_named("html", EVENTS)
    return {}


def with_late_ones(house: House, meta: FakeMetaControl) -> dict[str, str]:
    house.fill(6)
    return dict.fromkeys(outbox.make_too_old(house.query, 4), "expired")


#: Each fills the queue and gives the states of the events that are not accepted.
SCENES = [plain, with_refusals, with_throttling, with_failures, with_late_ones]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_a_worker_killed_at_any_point_of_its_run_loses_and_doubles_nothing(
    house: House, meta: FakeMetaControl, begin: Begin, full: bool, scene: Callable
) -> None:
    def set_up() -> dict[str, str]:
        house.open_meta(meta)
        house.clear()
        return scene(house, meta)

    def find_points() -> list:
        set_up()
        # Claims of six events that go out in requests of three.
        with Worker(deliver_and_die_anywhere, house, NO_POINT, 6, 3) as worker:
            points = worker.hear()
            assert worker.end() == 0
        return points

    # A run that waits longer looks around more often: the shortest one is the rule.
    points = min((find_points() for _run in range(3)), key=len)
    numbers = range(1, len(points) + 1)
    if not full:
        numbers = sorted(random.Random(SEED).sample(numbers, SAMPLE))
    killed = 0
    for number in numbers:
        set_aside = set_up()
        ordeal = begin(f"killed at a point, {scene.__name__.replace('_', ' ')}")
        killed += ordeal.run(deliver_and_die_anywhere, number, 6, 3) == KILLED
        meta.clear_scripts()
        house.end_rests()
        ordeal.finish(deliver)
        verdict = ordeal.judge(set_aside)
        assert (points[number - 1], verdict.problems) == (points[number - 1], [])
    # Another run may be a few points shorter, when it waits less.
    assert killed >= 0.8 * len(numbers)


def test_a_worker_killed_at_random_moments_loses_and_doubles_nothing(
    house: House, meta: FakeMetaControl, begin: Begin, full: bool
) -> None:
    chance = random.Random(SEED)
    meta.set_latency(5)
    house.fill(200)
    began = time.monotonic()
    begin("not killed").run(deliver)
    # As long as this machine takes: nothing gets on where each worker dies too soon.
    half_a_run = (time.monotonic() - began) / 2
    kills = 0
    while kills < (500 if full else 60):
        house.open_meta(meta)
        meta.set_latency(5)
        house.clear()
        house.fill(200)
        ordeal = begin("killed at a random moment")

        def kill(worker: Worker) -> None:
            if not worker.wait(chance.uniform(0, half_a_run)):
                worker.kill()

        while house.waiting():
            assert ordeal.run(deliver, disturb=kill) in (0, KILLED)
            ordeal.end_leases()
        assert ordeal.judge().problems == []
        kills += ordeal.faults
