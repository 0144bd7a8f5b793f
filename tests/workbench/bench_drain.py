"""How fast the outbox is emptied, against a bare loop that knows nothing of Odoo.

``python -m tests.workbench.bench_drain CONFIG URL DATABASE``
"""

from __future__ import annotations

import json
import sys

from odoo.tools import config

from .bench_events import Scene
from .bench_raw import RawLoop
from .bench_rounds import in_turn, medians
from .layout import Layout

EVENTS = 10_000
ROUNDS = 7
#: It takes a fraction of our time, and what is short is noisy.
RAW_DRAINS = 3


def main(config_file: str, url: str, database: str) -> None:
    """Measure and print one line of JSON."""
    config.parse_config(["--config", config_file, "--log-level", "error"])
    scene = Scene(database, url)
    scene.make_leads(EVENTS)
    scene.queue_events(EVENTS)
    scene.time_drain()
    scene.keep_bodies()
    with RawLoop(Layout.of_this_clone(), scene.dsn, url) as raw:

        def first() -> float:
            scene.queue_events(EVENTS)
            return scene.time_drain()

        def retry() -> float:
            scene.queue_events(EVENTS, frozen=True)
            return scene.time_drain()

        def reference() -> float:
            seconds = 0.0
            for _number in range(RAW_DRAINS):
                scene.queue_events(EVENTS, frozen=True)
                seconds += raw.drain()
                scene.check_drained()
            return seconds / RAW_DRAINS

        lanes = {
            "raw": reference,
            "first": first,
            "raw_again": reference,
            "retry": retry,
        }
        times = in_turn(lanes, ROUNDS)
    taken = medians({**times, "raw_both": times["raw"] + times["raw_again"]})
    print(
        json.dumps(
            {
                "a_a": taken["raw_again"] / taken["raw"],
                "drain_first_ratio_of_raw": taken["raw_both"] / taken["first"],
                "drain_retry_ratio_of_raw": taken["raw_both"] / taken["retry"],
                "drain_first_per_s": EVENTS / taken["first"],
                "drain_retry_per_s": EVENTS / taken["retry"],
                "drain_raw_per_s": EVENTS / taken["raw_both"],
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
