"""What forked processes do with imports; all here changes the fork alone."""

from __future__ import annotations

import dataclasses
from multiprocessing.connection import Connection
from typing import Any

from odoo.addons.base.models.ir_cron import IrCron

from .death import Step, die, die_at, lay_fuse, set_constant
from .house import House

#: Rows of a file, and leads, that are handled in one go: few, so that there are many.
ROWS = 4
LEADS = 2


def run_import(house: House) -> None:
    """One run of the cron."""
    set_constant("FILE_CHUNK", {"counting": ROWS, "running": ROWS})
    set_constant("BATCH", LEADS)
    with house.env() as env:
        env["meta.lead.import"]._cron_import()


def go_on(house: House, *, pipe: Connection) -> None:
    """One run that nothing disturbs."""
    run_import(house)
    pipe.send("done")


def go_on_and_die(house: House, step: Step, *, pipe: Connection) -> None:
    """Go on, and die at the first such step."""
    die_at(house, step, 1)
    go_on(house, pipe=pipe)


def go_on_and_die_anywhere(house: House, number: int, *, pipe: Connection) -> None:
    """Go on, and die at the so-manieth point of all (see ``death.lay_fuse``).

    Says the points that it passed, when there were not so many.
    """
    fuse = lay_fuse(number)
    run_import(house)
    pipe.send(fuse.reached)


def go_on_as_cron(house: House, *, pipe: Connection) -> None:
    """Go on as a cron worker of Odoo's does when its minute has come."""
    set_constant("FILE_CHUNK", {"counting": ROWS, "running": ROWS})
    set_constant("BATCH", LEADS)
    with house.env() as env:
        cron_id = env.ref("meta_crm_capi.ir_cron_import").id
    house.query(
        "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' WHERE id = %s", cron_id
    )
    with house.registry.cursor() as cursor:
        IrCron._process_jobs_loop(cursor, job_ids=[cron_id])
    pipe.send("done")


# --- broken on purpose ----------------------------------------------------------


def store_in_two(house: House, place_first: bool, deadly: int) -> None:
    """A broken import: leads, and how far it read, are stored by two transactions.

    It dies between the two, with the so-manieth chunk.
    """
    imports = house.registry["meta.lead.import"]
    store, met = imports._store_chunk, []

    def store_in_two(run: Any, chunk: Any) -> Any:
        met.append(chunk)
        if place_first:
            store(run, dataclasses.replace(chunk, nodes=[], bad=[]))
            run.env.cr.commit()
        else:
            # What comes of the chunk, without where it ends.
            place = dataclasses.replace(chunk, part=None, size=0, position=run.position)
            rows = store(run, place)
            run.env.cr.commit()
        if len(met) == deadly:
            die()
        return store(run, chunk) if place_first else rows + store(run, chunk)

    imports._store_chunk = store_in_two


def go_on_in_two(
    house: House, place_first: bool, deadly: int, *, pipe: Connection
) -> None:
    store_in_two(house, place_first, deadly)
    go_on(house, pipe=pipe)
