"""kill -9 and lost answers where Meta counts a repeated event again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.fake_meta.control import FakeMetaControl

from .chats import Chats, problems, seen
from .death import DELIVERY_STEPS
from .forks import KILLED
from .house import House
from .ordeal import Ordeal
from .workers import deliver, deliver_and_die, deliver_uncharged_and_die

EVENTS = "POST */events"
#: Two events each; a worker sends twenty at once.
CHATS = 50
#: Where a worker dies so that nobody can know whether Meta has the batch.
OPEN = {
    "right before the request",
    "in the middle of the request",
    "after Meta took it",
    "before the answer is stored",
    "inside the result",
}
IN_CLAIM = "inside the claim"

Begin = Callable[[str], Ordeal]


@pytest.fixture
def chats(house: House, meta: FakeMetaControl) -> Iterator[Chats]:
    chats = Chats(house, meta)
    chats.fill(CHATS)
    yield chats
    chats.close()


def die_again_and_again(
    ordeal: Ordeal, house: House, step: str, worker=deliver_and_die
) -> None:
    """Worker after worker, until nothing waits."""
    # The first claim of a run is over before Meta is asked; the third one gets on.
    number = 3 if step == IN_CLAIM else 2
    while house.waiting():
        assert ordeal.run(worker, step, number) in (0, KILLED)
        assert ordeal.faults < 40
        ordeal.end_leases()
    # The last one may have left what it was sending.
    ordeal.end_leases()
    assert ordeal.run(deliver) == 0


@pytest.mark.parametrize("step", DELIVERY_STEPS)
def test_a_worker_killed_at_any_step_sends_no_event_of_a_chat_twice(
    house: House, meta: FakeMetaControl, chats: Chats, begin: Begin, step: str
) -> None:
    ordeal = begin("killed, chats, at most once")
    die_again_and_again(ordeal, house, step)
    rows, report = house.events(), meta.report()
    assert problems(rows, report) == []
    assert report["duplicates"] == []
    assert ordeal.faults >= 2
    unclear = house.event_ids("unclear")
    # What is known to have been sent, or not, never rests. The next events are claimed
    # while Meta answers: there it may be one or the other.
    if step != IN_CLAIM:
        assert bool(unclear) == (step in OPEN)
    assert len(unclear) + len(house.event_ids("accepted")) == 2 * CHATS


@pytest.mark.parametrize("step", sorted(OPEN))
def test_by_the_policy_each_event_of_a_chat_arrives_at_least_once(
    house: House, meta: FakeMetaControl, chats: Chats, begin: Begin, step: str
) -> None:
    chats.resend()
    ordeal = begin("killed, chats, at least once")
    die_again_and_again(ordeal, house, step)
    assert ordeal.judge().problems == []
    assert house.event_ids("unclear") == set()
    assert len(seen(meta.report())) == 2 * CHATS


@pytest.mark.parametrize("answer", ["lost_answer", "half_answer", "no_answer"])
def test_answers_that_are_lost_double_nothing_and_stop_nothing(
    house: House, meta: FakeMetaControl, chats: Chats, begin: Begin, answer: str
) -> None:
    ordeal = begin("answers lost, chats")
    meta.script_named(answer, EVENTS, times=3)
    for _run in range(40):
        if not house.waiting():
            break
        assert ordeal.run(deliver) == 0
        house.end_rests()
    assert not house.waiting()
    assert problems(house.events(), meta.report()) == []
    # The batch, and two single events that were tried after it.
    assert len(house.event_ids("unclear")) == 20 + 2


def test_a_worker_that_does_not_note_what_it_begins_is_caught(
    house: House, meta: FakeMetaControl, chats: Chats, begin: Begin
) -> None:
    ordeal = begin("killed, chats, broken on purpose")
    step = "before the answer is stored"
    assert ordeal.run(deliver_uncharged_and_die, step, 2) == KILLED
    ordeal.finish(deliver)
    found = problems(house.events(), meta.report())
    assert found
    assert all("was sent 2 times" in words for words in found)
