"""One dataset's trouble is not another's, and two lanes are one queue."""

from collections.abc import Callable, Iterator

import pytest

from tests.fake_meta.control import FakeMetaControl
from tests.workbench.processes import wait_until

from .forks import Worker, make_barrier
from .house import OTHER_DATASETS, House
from .ordeal import Ordeal
from .workers import deliver, deliver_with_a_bug, run_lane

#: The first of the other datasets is the one in trouble.
IN_TROUBLE = f"POST */{OTHER_DATASETS[0]}/events"
DELIVER = "meta_crm_capi.ir_cron_deliver"

Begin = Callable[[str], Ordeal]


@pytest.fixture
def others(house: House) -> Iterator[list[int]]:
    """Three further datasets, each with a queue, beside the first one with its own."""
    datasets = house.add_datasets()
    for dataset in (house.dataset, *datasets):
        house.fill(20, dataset=dataset)
    yield datasets
    house.clear()
    house.archive_datasets(datasets)


def states(house: House, in_trouble: int) -> tuple[set[str], set[str]]:
    """The states of the events of the dataset in trouble, and of all others."""
    rows = house.events()
    return (
        {row["state"] for row in rows if row["dataset_id"] == in_trouble},
        {row["state"] for row in rows if row["dataset_id"] != in_trouble},
    )


def test_a_dataset_that_hangs_keeps_no_other_waiting(
    house: House, meta: FakeMetaControl, others: list[int], begin: Begin
) -> None:
    meta.script_named("hang", IN_TROUBLE, times=None)
    ordeal = begin("a dataset in trouble")

    def look(worker: Worker) -> None:
        wait_until(
            lambda: states(house, others[0])[1] == {"accepted"},
            timeout=25,
            what="the events of the datasets that do not hang",
        )
        # All others are through, while the one request still waits for its answer.
        assert worker.running
        (hanging,) = meta.requests(IN_TROUBLE)
        assert hanging["status"] is None
        assert states(house, others[0])[0] <= {"queued", "sending"}
        meta.clear_scripts()

    ordeal.run(deliver, disturb=look)
    ordeal.finish(deliver)
    ordeal.faults = 1
    assert ordeal.judge().problems == []
    assert meta.report()["duplicates"] == []


@pytest.mark.parametrize("answer", ["throttle_app", "events_refused", "bad_token"])
def test_a_dataset_that_must_not_be_called_is_called_once_and_the_others_go_on(
    house: House, meta: FakeMetaControl, others: list[int], begin: Begin, answer: str
) -> None:
    meta.script_named(answer, IN_TROUBLE, times=None)
    ordeal = begin("a dataset in trouble")
    for _minute in range(3):
        assert ordeal.run(deliver) == 0
    assert len(meta.requests(IN_TROUBLE)) == 1
    assert states(house, others[0]) == ({"queued"}, {"accepted"})
    meta.clear_scripts()
    house.query("UPDATE meta_capi_dataset SET state = 'active', resume_at = NULL")
    ordeal.finish(deliver)
    ordeal.faults = 1
    assert ordeal.judge().problems == []
    assert meta.report()["duplicates"] == []


def test_an_error_of_ours_with_one_dataset_is_no_error_with_the_others(
    house: House, meta: FakeMetaControl, others: list[int], begin: Begin
) -> None:
    ordeal = begin("a dataset in trouble")
    assert ordeal.run(deliver_with_a_bug, others[0]) == 0
    assert meta.requests(IN_TROUBLE) == []
    mine, theirs = states(house, others[0])
    assert theirs == {"accepted"}
    assert mine <= {"queued", "sending"}
    ordeal.finish(deliver)
    ordeal.faults = 1
    assert ordeal.judge().problems == []


@pytest.fixture
def lanes(house: House) -> Iterator[list[int]]:
    """The cron that delivers, and a copy of it that an administrator made."""
    with house.env() as env:
        administrator = env.ref("base.user_admin").id
        first = env.ref(DELIVER).id
    with house.env(administrator) as env:
        second = env["ir.cron"].browse(first).copy()
        assert second.active
        lanes = [first, second.id]
    yield lanes
    with house.env() as env:
        env["ir.cron"].browse(lanes[1]).unlink()


def test_a_copied_cron_is_a_second_lane_that_doubles_nothing(
    house: House, meta: FakeMetaControl, lanes: list[int], begin: Begin
) -> None:
    house.fill(200)
    meta.set_latency(60)
    ordeal = begin("two lanes")
    barrier = make_barrier(2)
    with (
        Worker(run_lane, house, lanes[0], barrier) as first,
        Worker(run_lane, house, lanes[1], barrier) as second,
    ):
        said = [first.hear(), second.hear()]
        assert (first.end(), second.end()) == (0, 0)
    requests = [number for number, _turns in said]
    # Each row of the schedule ran the delivery, at the same time as the other.
    assert [turns for _number, turns in said] == [{lanes[0]}, {lanes[1]}]
    assert min(requests) > 0
    assert ordeal.judge().problems == []
    assert meta.report()["duplicates"] == []
