"""What the addon costs a salesperson who moves cards.

One process holds the registries of two databases, without and with the addon, and
writes in turn in both: what the machine does meanwhile hits both alike. The leads are
committed and tracked, the commit is inside the timing.

``python -m tests.workbench.bench_stage_write CONFIG BARE WITH_ADDON``
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from contextlib import contextmanager

import odoo.api
from odoo.modules.registry import Registry
from odoo.tools import config

PAIRS = 300
WARM_UP = 20
BULK = 1000


def main(config_file: str, bare_name: str, addon_name: str) -> None:
    """Measure and print one line of JSON."""
    config.parse_config(["--config", config_file, "--log-level", "error"])
    bare, addon = Registry(bare_name), Registry(addon_name)
    count = PAIRS + WARM_UP
    plain = make_leads(bare, 2 * count)
    meta = make_leads(addon, count, meta=True)
    foreign = make_leads(addon, count)
    lanes = {
        "a": (bare, plain[:count]),
        "a_again": (bare, plain[count:]),
        "meta": (addon, meta),
        "foreign": (addon, foreign),
    }
    times = interleave(lanes, count)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    bare_median = statistics.median(times["a"] + times["a_again"])
    print(
        json.dumps(
            {
                "a_a": medians["a_again"] / medians["a"],
                "stage_write_single_ratio": medians["meta"] / bare_median,
                "stage_write_foreign_ratio": medians["foreign"] / bare_median,
                "stage_write_bare_ms": bare_median * 1000,
                "pairs": PAIRS,
                **bulk(addon),
            }
        )
    )


def environment(registry: Registry, cursor) -> odoo.api.Environment:
    """The environment of an ordinary sales rep."""
    env = odoo.api.Environment(cursor, odoo.api.SUPERUSER_ID, {})
    rep = env["res.users"].search([("login", "=", "bench_rep")])
    if not rep:
        rep = env["res.users"].create(
            {
                "name": "Bench Rep",
                "login": "bench_rep",
                "email": "bench@example.com",
                "group_ids": [(4, env.ref("sales_team.group_sale_salesman").id)],
            }
        )
    return env(user=rep.id)


def stages(env) -> list[int]:
    return env["crm.stage"].search([], order="sequence, id").ids


def make_leads(registry: Registry, count: int, *, meta: bool = False) -> list[int]:
    """Committed leads of the rep in the first stage; Meta's ones have a mapping."""
    with registry.cursor() as cursor:
        env = environment(registry, cursor)
        root = env(user=odoo.api.SUPERUSER_ID)
        values = {"type": "opportunity", "user_id": env.uid, "stage_id": stages(env)[0]}
        leads = root["crm.lead"].create(
            [
                {**values, "name": f"Lead {i}", "email_from": f"p{i}@example.com"}
                for i in range(count)
            ]
        )
        if meta:
            dataset = funnel(root)
            first = 10**15 + root["meta.lead.submission"].search_count([])
            submissions = root["meta.lead.submission"].create(
                [
                    {
                        "meta_id": str(first + position),
                        "company_id": dataset.company_id.id,
                        "lead_id": lead.id,
                        "origin": "webhook",
                        "state": "done",
                        "submitted_at": root.cr.now(),
                    }
                    for position, lead in enumerate(leads)
                ]
            )
            leads._collect_arrivals(submissions)
        return leads.ids


def funnel(root):
    """The dataset with the pipeline's own mapping."""
    dataset = root["meta.capi.dataset"].search([], limit=1)
    if not dataset:
        connection = root["meta.connection"].create({"name": "Bench"})
        dataset = root["meta.capi.dataset"].create(
            {"name": "Bench", "meta_id": "1", "connection_id": connection.id}
        )
        dataset.action_map_pipeline()
    return dataset


def interleave(lanes: dict, count: int) -> dict[str, list[float]]:
    """Seconds of each write with commit in each lane, taken in turn."""
    times: dict[str, list[float]] = {name: [] for name in lanes}
    names = list(lanes)
    uids = {}
    targets = {}
    for name, (registry, _leads) in lanes.items():
        with registry.cursor() as cursor:
            env = environment(registry, cursor)
            uids[name], targets[name] = env.uid, stages(env)[1]
    gc.collect()
    gc.disable()
    for turn in range(count):
        # Another one goes first each turn, so that none has an advantage of place.
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            registry, leads = lanes[name]
            started = time.perf_counter()
            with registry.cursor() as cursor:
                env = odoo.api.Environment(cursor, uids[name], {})
                env["crm.lead"].browse(leads[turn]).write({"stage_id": targets[name]})
            times[name].append(time.perf_counter() - started)
        if turn % 50 == 0:
            gc.collect()
    gc.enable()
    return {name: taken[WARM_UP:] for name, taken in times.items()}


def bulk(registry: Registry) -> dict[str, float]:
    """One write over 1,000 Meta leads, three times, a stage further each time."""
    leads = make_leads(registry, BULK, meta=True)
    shares, per_event = [], []
    for position in (1, 2, 3):
        with registry.cursor() as cursor:
            env = environment(registry, cursor)
            stage = stages(env)[position]
            model = type(env["crm.lead"])
            with (
                stopwatch(model, "_collect_moves") as collecting,
                stopwatch(model, "_hand_over_moves") as queueing,
            ):
                started = time.perf_counter()
                env["crm.lead"].browse(leads).write({"stage_id": stage})
                cursor.commit()
                total = time.perf_counter() - started
        hooks = collecting["seconds"] + queueing["seconds"]
        shares.append(hooks / (total - hooks))
        per_event.append(queueing["seconds"] * 1000 / BULK)
    return {
        "stage_write_bulk_hook_share": statistics.median(shares),
        "enqueue_ms_per_event": statistics.median(per_event),
    }


@contextmanager
def stopwatch(model: type, name: str):
    """Add up the time inside one method of a model."""
    spent = {"seconds": 0.0}
    original = getattr(model, name)

    def timed(*args, **kwargs):
        started = time.perf_counter()
        try:
            return original(*args, **kwargs)
        finally:
            spent["seconds"] += time.perf_counter() - started

    setattr(model, name, timed)
    try:
        yield spent
    finally:
        delattr(model, name)


if __name__ == "__main__":
    main(*sys.argv[1:])
