"""How long it takes until Meta has accepted a mass move.

10,000 leads move in one transaction, the dataset sends at once, Meta takes its time for
every answer. A real server with its crons delivers.

``python -m tests.workbench.bench_mass_move CONFIG URL DATABASE ODOO``
"""

from __future__ import annotations

import json
import statistics
import sys

from odoo.tools import config

from .bench_moves import MovingScene

LEADS = 10_000
#: In how many seconds the last event must be accepted, for the run to end at all.
PATIENCE = 300


def main(config_file: str, url: str, database: str, _odoo: str) -> None:
    """Measure and print one line of JSON."""
    config.parse_config(["--config", config_file, "--log-level", "error"])
    scene = MovingScene(database, url)
    leads = scene.make_leads(LEADS)
    scene.send_at_once()
    taken = []
    for stage in scene.stages[1:]:
        committed = scene.move(leads, stage)
        accepted = scene.wait_until_accepted(leads, stage, PATIENCE)
        taken.append(max(accepted.values()) - committed)
    print(
        json.dumps(
            {
                "mass_move_10k_600ms_s": statistics.median(taken),
                "mass_moves": len(taken),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
