"""What an import of a Page's old leads holds in memory while it goes on.

The stub of Graph lists a form with a lead for each minute. The import counts those of
35 days and then makes leads of them, each pass in one run of the cron's own method, so
that nothing is forgotten in between. A thread looks at this process meanwhile.

``python -m tests.workbench.bench_import_memory CONFIG URL DATABASE [DAYS]``
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

import psycopg2

from odoo import fields
from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import Registry
from odoo.sql_db import connection_info_for
from odoo.tools import config

from .bench_intake import Intake

#: 1,440 leads each: 50,400 and those of today.
DAYS = 35
#: How often the memory is looked at (seconds).
PAUSE = 0.2


def memory() -> float:
    """What this process holds in memory (MiB)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("the kernel tells no memory of this process")


class Watch(threading.Thread):
    """Notes, for each pass, how far it is and what is held then."""

    def __init__(self, database: str) -> None:
        super().__init__(daemon=True)
        self._database = database
        self._is_over = threading.Event()
        #: ``(leads read, MiB)`` in each pass.
        self.notes: dict[str, list[tuple[int, float]]] = {"counting": [], "running": []}

    def run(self) -> None:
        _name, info = connection_info_for(self._database)
        with psycopg2.connect(**info) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            while not self._is_over.wait(PAUSE):
                cursor.execute("SELECT state, position FROM meta_lead_import")
                for state, position in cursor.fetchall():
                    if state in self.notes:
                        self.notes[state].append((position, memory()))

    def end(self) -> None:
        self._is_over.set()
        self.join()

    def sum_up(self, phase: str, leads: int) -> dict[str, float]:
        """The memory at a tenth, at half and at the end of a pass, and its growth."""
        notes = self.notes[phase]
        at = {
            share: next(held for read, held in notes if read >= leads * share / 100)
            for share in (10, 50)
        }
        at[100] = notes[-1][1]
        most = max(held for read, held in notes if read >= leads / 10)
        return {
            "growth": most / at[10],
            **{f"mb_at_{share}_percent": held for share, held in at.items()},
        }


def main(config_file: str, url: str, database: str, days: str = str(DAYS)) -> None:
    """Measure and print one line of JSON."""
    config.parse_config(["--config", config_file, "--log-level", "error"])
    Intake(database, url)
    registry = Registry(database)
    since = fields.Date.subtract(fields.Date.today(), days=int(days))
    watch = Watch(database)
    watch.start()
    began = time.monotonic()
    with registry.cursor() as cursor:
        env = Environment(cursor, SUPERUSER_ID, {})
        imports = env["meta.lead.import"]
        page = env["meta.lead.page"].search([])
        run = imports.create({"page_id": page.id, "since": since})
        run.action_count()
        imports._cron_import()
        if run.state != "ready":
            raise AssertionError(f"the import is {run.state}: {run.reason}")
        leads = run.found_count
        run.action_start()
        imports._cron_import()
        if run.state != "done":
            raise AssertionError(f"the import is {run.state}: {run.reason}")
        made = env["crm.lead"].search_count([])
    watch.end()
    # The list goes on growing while it is read.
    if not made >= leads >= int(days) * 1440:
        raise AssertionError(f"{made} leads were made of {leads}")
    figures = {
        "leads": leads,
        "seconds": time.monotonic() - began,
        **{f"count_{k}": v for k, v in watch.sum_up("counting", leads).items()},
        **{f"import_{k}": v for k, v in watch.sum_up("running", leads).items()},
    }
    renamed = {
        "count_growth": "import_count_memory_growth",
        "import_growth": "import_memory_growth",
    }
    print(json.dumps({renamed.get(name, name): figures[name] for name in figures}))


if __name__ == "__main__":
    main(*sys.argv[1:])
