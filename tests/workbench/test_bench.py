"""What the benchmarks make of their measurements."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import requests

from tests.workbench import bench, bench_stub
from tests.workbench.bench_comparisons import COMPARISONS, Bar
from tests.workbench.bench_rounds import in_turn, medians, p95
from tests.workbench.failures import WorkbenchError
from tests.workbench.layout import Layout


def tries(*noises: float | None):
    """A measurement whose A/A is this in each try."""

    def measure(number: int) -> dict[str, float]:
        noise = noises[number - 1]
        return {"speed": number, **({} if noise is None else {"a_a": noise})}

    return measure


def result(figures: dict, a_a: float | None = 1.0, void: tuple = ()) -> dict:
    """What a comparison gives; ``void`` are the A/A of its first tries."""
    tries = [{"speed": number, "a_a": noise} for number, noise in enumerate(void, 1)]
    return {"figures": figures, "a_a": a_a, "void": tries}


def test_a_quiet_try_counts_at_once():
    assert bench.until_sound(tries(1.029)) == result({"speed": 1}, 1.029)
    assert bench.until_sound(tries(0.971)) == result({"speed": 1}, 0.971)


def test_a_noisy_try_is_void_and_repeated():
    measured = bench.until_sound(tries(1.2, 0.9, 1.01))
    assert measured == result({"speed": 3}, 1.01, (1.2, 0.9))


def test_a_comparison_that_stays_noisy_gives_no_figure():
    noises = [1.04] * bench.TRIES
    assert bench.until_sound(tries(*noises)) == result({}, None, tuple(noises))


def test_what_has_no_reference_is_measured_once():
    assert bench.until_sound(tries(None)) == result({"speed": 1}, None)


@pytest.mark.parametrize(
    ("bar", "figure", "is_met"),
    [
        (Bar("", 2, at_least=True), 2, True),
        (Bar("", 2, at_least=True), 1.99, False),
        (Bar("", 2), 2, True),
        (Bar("", 2), 2.01, False),
    ],
)
def test_a_bar_is_met_by_its_own_value(bar: Bar, figure: float, is_met: bool):
    assert bar.is_met(figure) == is_met


def test_a_missed_bar_fails_the_run_and_is_marked(capsys):
    assert bench.print_table({"build": result({"build_vs_sdk": 1.9})}) == 1
    assert "1.900     ≥ 2 ✗" in capsys.readouterr().out
    assert bench.print_table({"build": result({"build_vs_sdk": 2.1})}) == 0
    assert "✗" not in capsys.readouterr().out


def test_a_void_comparison_fails_the_run_and_says_so(capsys):
    assert bench.print_table({"build": result({}, None, (1.2,))}) == 1
    shown = capsys.readouterr().out
    assert "void" in shown
    assert "build is void, A/A was 1.200" in shown


def test_the_report_keeps_what_was_not_measured_again(tmp_path: Path):
    target = tmp_path / "bench.json"
    both = {"build": result({"a": 1}), "drain": result({"b": 2})}
    bench.write_report(target, both, {"cores": 2})
    bench.write_report(target, {"drain": result({}, None, (1.1,))}, {"cores": 4})
    report = json.loads(target.read_text())
    assert report["figures"] == {"a": 1}
    assert report["comparisons"]["drain"]["void"][0]["a_a"] == 1.1
    cores = [each["machine"]["cores"] for each in report["comparisons"].values()]
    assert cores == [2, 4]


def test_a_broken_report_is_replaced(tmp_path: Path):
    target = tmp_path / "bench.json"
    target.write_text("{")
    bench.write_report(target, {"build": result({"a": 1})}, {})
    assert json.loads(target.read_text())["figures"] == {"a": 1}


def test_the_processor_is_named_as_linux_names_it(tmp_path: Path):
    cpuinfo = tmp_path / "cpuinfo"
    assert bench.cpu_model(cpuinfo) is None
    cpuinfo.write_text("processor\t: 0\n")
    assert bench.cpu_model(cpuinfo) is None
    cpuinfo.write_text("model\t\t: 1\nmodel name\t: Fast One @ 3 GHz\nflags\t: a b\n")
    assert bench.cpu_model(cpuinfo) == "Fast One @ 3 GHz"


def test_an_unknown_comparison_is_refused_before_anything_is_measured():
    with pytest.raises(WorkbenchError, match="no such comparison: drains"):
        bench.chosen_comparisons(["build", "drains"])


def test_without_a_word_everything_is_compared():
    assert bench.chosen_comparisons([]) == COMPARISONS
    assert list(bench.chosen_comparisons(["drain"])) == ["drain"]


def test_no_figure_and_no_database_belongs_to_two_comparisons():
    keys = [key for each in COMPARISONS.values() for key in each.bars]
    databases = [one for each in COMPARISONS.values() for one in each.databases]
    assert len(keys) == len(set(keys))
    assert len(databases) == len(set(databases))


def test_lanes_take_turns_at_going_first_and_the_warm_up_does_not_count():
    order: list[str] = []

    def lane(name: str):
        def measured() -> float:
            order.append(name)
            return float(len(order))

        return measured

    times = in_turn({name: lane(name) for name in "abc"}, rounds=2, warm_up=2)
    assert "".join(order) == "abcbcacababc"
    assert times == {"a": [8, 10], "b": [9, 11], "c": [7, 12]}
    assert medians(times) == {"a": 9, "b": 10, "c": 9.5}


def test_95_of_a_hundred_values_stay_below_the_p95():
    assert p95([float(value) for value in range(101)]) == 95


def test_the_stub_takes_whatever_comes_as_graph_would():
    with bench_stub.running(Layout.of_this_clone()) as url:
        body = b'{"data":[{"event_id":"a"},{"event_id":"b"}]}'
        answer = requests.post(f"{url}/v25.0/1/events", data=body, timeout=10)
    assert answer.json() == {"events_received": 2, "fbtrace_id": "stub"}


def test_the_stub_lists_a_lead_for_each_minute_and_each_once():
    now = 60 * (int(time.time()) // 60)
    since = [{"field": "time_created", "operator": "GREATER_THAN", "value": now - 600}]
    params = {"filtering": json.dumps(since), "limit": 4}
    found, sizes = [], []
    with bench_stub.running(Layout.of_this_clone()) as url:
        goes_on = True
        while goes_on:
            address = f"{url}/v25.0/{bench_stub.FORM}/leads"
            page = requests.get(address, params=params, timeout=10).json()
            found += page["data"]
            sizes.append(len(page["data"]))
            params["after"] = page["paging"]["cursors"]["after"]
            goes_on = "next" in page["paging"]
    assert sizes[:2] == [4, 4]
    # A minute may have gone by.
    assert len(found) == len({lead["id"] for lead in found}) in (9, 10)
    times = [lead["created_time"] for lead in found]
    assert times == sorted(times, reverse=True)
