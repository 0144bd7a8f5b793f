"""Whether what was sent long ago slows down what is sent now.

The same drain in two databases: one has ten thousand finished events and as many lines
of log, the other a million of each.

``python -m tests.workbench.bench_growth CONFIG URL SMALL LARGE``
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from odoo.tools import config

from .bench_events import Scene
from .bench_rounds import in_turn, medians

EVENTS = 2_000
ROUNDS = 21
FEW, MANY = 10_000, 1_000_000


def main(config_file: str, url: str, small_name: str, large_name: str) -> None:
    """Measure and print one line of JSON."""
    config.parse_config(["--config", config_file, "--log-level", "error"])
    small = prepare(Scene(small_name, url), FEW)
    large = prepare(Scene(large_name, url), MANY)
    lanes = {"small": small, "large": large, "small_again": small}
    times = in_turn(
        {name: lambda scene=scene: drain(scene) for name, scene in lanes.items()},
        ROUNDS,
    )
    taken = medians({**times, "small_both": times["small"] + times["small_again"]})
    print(
        json.dumps(
            {
                "a_a": taken["small_again"] / taken["small"],
                "drain_growth_1m_log": taken["small_both"] / taken["large"],
                "drain_few_per_s": EVENTS / taken["small_both"],
                "drain_many_per_s": EVENTS / taken["large"],
            }
        )
    )


def prepare(scene: Scene, finished: int) -> Scene:
    """Leads to report, and a past of so many events and lines of log."""
    scene.make_leads(EVENTS)
    with without_foreign_keys(scene, "meta_capi_event"):
        add_finished_events(scene, finished)
    with without_foreign_keys(scene, "meta_sync_log"):
        add_log(scene, finished)
    return scene


def add_finished_events(scene: Scene, count: int) -> None:
    """Accepted events of the last months, each lead again and again."""
    scene.query(
        """
        INSERT INTO meta_capi_event
               (dataset_id, submission_id, lead_id, company_id, rule_id, step,
                stage_id, entry, event_name, event_id, event_time, state, tries,
                accepted_at, trace_id, create_date, write_date)
        SELECT rule.dataset_id, submission.id, submission.lead_id,
               submission.company_id, rule.id, rule.step, rule.stage_id, entry,
               rule.event_name, md5(submission.id || '-' || entry)::uuid::text,
               moment, 'accepted', 1, moment, 'stub', moment, moment
          FROM meta_lead_submission submission,
               generate_series(1, %(entries)s) entry,
               LATERAL (SELECT submitted_at - entry * interval '9 hours' AS moment) p,
               (SELECT * FROM meta_capi_rule
                 WHERE dataset_id = %(dataset)s AND step = 'stage' LIMIT 1) rule
      ORDER BY moment
        """,
        dataset=scene.dataset,
        entries=count // EVENTS,
    )


def add_log(scene: Scene, count: int) -> None:
    """Lines of log as the sending of single events leaves them."""
    scene.query(
        """
        INSERT INTO meta_sync_log
               (direction, kind, outcome, company_id, connection_id, dataset_id,
                event_count, duration_ms, code, subcode, trace_id, create_date,
                write_date)
        SELECT 'out', 'events', 'accepted', company_id, connection_id, id, 1, 100, 0, 0,
               'stub', moment, moment
          FROM meta_capi_dataset,
               generate_series(1, %(count)s) number,
               LATERAL (SELECT now() AT TIME ZONE 'UTC'
                               - (%(count)s - number) * interval '10 seconds' AS moment
                       ) past
         WHERE meta_capi_dataset.id = %(dataset)s
        """,
        dataset=scene.dataset,
        count=count,
    )


@contextmanager
def without_foreign_keys(scene: Scene, table: str) -> Iterator[None]:
    """Take a table's foreign keys away for a while: a million checks take minutes."""
    keys = scene.query(
        """
        SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
         WHERE conrelid = %(table)s::regclass AND contype = 'f'
        """,
        table=table,
    )
    for name, _definition in keys:
        scene.query(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    yield
    for name, definition in keys:
        scene.query(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def drain(scene: Scene) -> float:
    scene.queue_events(EVENTS)
    return scene.time_drain()


if __name__ == "__main__":
    main(*sys.argv[1:])
