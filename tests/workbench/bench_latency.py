"""How long after a move Meta has accepted it, on a server with little to do.

Twenty moves a minute, each in a transaction of its own; first with the wake-up that
everybody has, then with the dataset sending at once.

``python -m tests.workbench.bench_latency CONFIG URL DATABASE ODOO``
"""

from __future__ import annotations

import json
import statistics
import sys
import time

from odoo.tools import config

from .bench_moves import MovingScene
from .bench_rounds import p95

EVERY = 3.0
DEFAULT_MOVES, AT_ONCE_MOVES = 80, 40
PATIENCE = 180


def main(config_file: str, url: str, database: str, _odoo: str) -> None:
    """Measure and print one line of JSON."""
    config.parse_config(["--config", config_file, "--log-level", "error"])
    scene = MovingScene(database, url)
    first, *leads = scene.make_leads(1 + DEFAULT_MOVES + AT_ONCE_MOVES)
    # What a process does for the first time is not what is asked for.
    measure(scene, [first])
    default = measure(scene, leads[:DEFAULT_MOVES])
    scene.send_at_once()
    at_once = measure(scene, leads[DEFAULT_MOVES:])
    print(
        json.dumps(
            {
                "move_to_accepted_default_p95_s": p95(default),
                "move_to_accepted_at_once_p95_s": p95(at_once),
                "move_to_accepted_default_median_s": statistics.median(default),
                "move_to_accepted_at_once_median_s": statistics.median(at_once),
            }
        )
    )


def measure(scene: MovingScene, leads: list[int]) -> list[float]:
    """Seconds from the commit of each move to Meta's acceptance."""
    stage = scene.stages[1]
    began = time.monotonic()
    committed = {}
    for number, lead in enumerate(leads):
        time.sleep(max(0, began + number * EVERY - time.monotonic()))
        committed[lead] = scene.move([lead], stage)
    accepted = scene.wait_until_accepted(leads, stage, PATIENCE)
    return [accepted[lead] - committed[lead] for lead in leads]


if __name__ == "__main__":
    main(*sys.argv[1:])
