"""Lanes that are measured in turn, so that what the machine does hits all alike."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Mapping


def in_turn(
    lanes: Mapping[str, Callable[[], float]], rounds: int, warm_up: int = 1
) -> dict[str, list[float]]:
    """What every lane returns in every round.

    Another lane goes first each round, so that none has an advantage of place.

    :param lanes: each gets itself ready and gives the seconds of what is measured
    :param warm_up: rounds that do not count
    """
    times: dict[str, list[float]] = {name: [] for name in lanes}
    names = list(lanes)
    for turn in range(warm_up + rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            gc.collect()
            taken = lanes[name]()
            if turn >= warm_up:
                times[name].append(taken)
    return times


def medians(times: Mapping[str, list[float]]) -> dict[str, float]:
    return {name: statistics.median(taken) for name, taken in times.items()}


def p95(values: list[float]) -> float:
    """The value that 95 % stay below; of few values nearly the largest."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1]
