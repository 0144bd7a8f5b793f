"""Our first sends against the no-op jobs of OCA's queue_job, one job an event.

A job is enqueued as an addon would, and run as the controller of its runner would; the
HTTP request between the two is spared it.

``python -m tests.workbench.bench_queue_job CONFIG URL DATABASE``
"""

from __future__ import annotations

import json
import sys
import time

from odoo.api import SUPERUSER_ID, Environment
from odoo.tools import config

from .bench_events import Scene
from .bench_rounds import in_turn, medians

EVENTS = 5_000
JOBS = 100
ROUNDS = 9


def main(config_file: str, url: str, database: str) -> None:
    """Measure and print one line of JSON."""
    config.parse_config(["--config", config_file, "--log-level", "error"])
    scene = Scene(database, url)
    scene.make_leads(EVENTS)

    def events() -> float:
        scene.queue_events(EVENTS)
        return scene.time_drain()

    def jobs() -> float:
        scene.query("DELETE FROM queue_job")
        scene.tidy("queue_job")
        return run_jobs(scene, JOBS)

    times = in_turn({"jobs": jobs, "events": events, "jobs_again": jobs}, ROUNDS)
    taken = medians({**times, "jobs_both": times["jobs"] + times["jobs_again"]})
    events_per_s = EVENTS / taken["events"]
    jobs_per_s = JOBS / taken["jobs_both"]
    print(
        json.dumps(
            {
                "a_a": taken["jobs_again"] / taken["jobs"],
                "drain_vs_queue_job": events_per_s / jobs_per_s,
                "queue_job_per_s": jobs_per_s,
            }
        )
    )


def run_jobs(scene: Scene, count: int) -> float:
    """Enqueue and run so many jobs that do nothing; the seconds that it took."""
    from odoo.addons.queue_job.controllers.main import RunJobController

    started = time.perf_counter()
    for _number in range(count):
        with scene.registry.cursor() as cursor:
            env = Environment(cursor, SUPERUSER_ID, {})
            uuid = env["queue.job"].with_delay()._test_job().uuid
        with scene.registry.cursor() as cursor:
            cursor.execute(
                "UPDATE queue_job SET state = 'enqueued',"
                " date_enqueued = now() AT TIME ZONE 'UTC' WHERE uuid = %s",
                [uuid],
            )
        with scene.registry.cursor() as cursor:
            env = Environment(cursor, SUPERUSER_ID, {})
            RunJobController._runjob(env, RunJobController._acquire_job(env, uuid))
    taken = time.perf_counter() - started
    done = scene.query("SELECT COUNT(*) FROM queue_job WHERE state = 'done'")[0][0]
    if done != count:
        raise AssertionError(f"{done} of {count} jobs were done")
    return taken


if __name__ == "__main__":
    main(*sys.argv[1:])
