"""What both queues share: one clock, one back-off, one way to survive a conflict.

The queues are ``meta.lead.submission`` (the way in) and ``meta.capi.event`` (the way
out). Both keep in ``next_try_at`` when a row may be taken. Whoever works on rows has
them under a lease, so that a worker that dies gives them back by doing nothing: on the
way in the same column is the lease, on the way out it has a table of its own
(:mod:`.meta_capi_lease`).
"""

import random
import time
import traceback

import psycopg2
import psycopg2.errorcodes

from odoo.exceptions import ConcurrencyError
from odoo.tools import SQL

#: Waiting times between tries, in seconds; the last one repeats.
BACK_OFF = (60, 300, 900, 3600, 6 * 3600)

#: How often a transaction is run again after it met another one.
STORE_TRIES = 50

#: PostgreSQL errors that mean: another transaction was first, do it again.
CONFLICTS = (
    psycopg2.errorcodes.SERIALIZATION_FAILURE,
    psycopg2.errorcodes.DEADLOCK_DETECTED,
    psycopg2.errorcodes.LOCK_NOT_AVAILABLE,
)


class Conflict(ConcurrencyError):
    """Another transaction was first, and this one cannot see yet what it did.

    Odoo runs the request of a person again that meets one.
    """


def db_now() -> SQL:
    """The moment by PostgreSQL's clock, as Odoo stores times (UTC, no zone).

    Leases and due times use this clock alone, so that several hosts whose clocks
    differ agree on them. One moment for a whole statement: asked row by row, it could
    not be looked up in an index.
    """
    return SQL("(SELECT clock_timestamp() AT TIME ZONE 'UTC')")


def in_seconds(seconds: float) -> SQL:
    """The moment that many seconds from now, by PostgreSQL's clock."""
    return SQL("(%s + make_interval(secs => %s))", db_now(), seconds)


def id_array(ids) -> SQL:
    """Ids as an array of PostgreSQL's, for a thousand of them at once.

    As one text: the driver takes longer over a list than PostgreSQL over its rows.
    """
    return SQL("%s::int[]", "{" + ",".join(map(str, ids)) + "}")


def back_off(tries: int) -> float:
    """Seconds to wait after that many tries, with jitter of a fifth."""
    wait = BACK_OFF[min(max(tries, 1), len(BACK_OFF)) - 1]
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, no secret


def is_conflict(error: BaseException) -> bool:
    """Whether the transaction merely met another one and may be run again."""
    if isinstance(error, psycopg2.Error):
        return error.pgcode in CONFLICTS
    return isinstance(error, Conflict)


def describe(error: BaseException) -> str:
    """An error for the server log: its kind and place.

    Not its words: they may quote what a person wrote.
    """
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{frames}"


def store(env, operation, *args):
    """Run an operation and commit it, again for as long as it meets other ones.

    For what must not be lost: what Meta answered is stored however busy the rows are,
    and the request is never made twice for that.

    :return: what the operation returned
    """
    tries = 0
    while True:
        tries += 1
        try:
            outcome = operation(*args)
            env["ir.cron"]._commit_progress()
            return outcome
        except Exception as error:
            env.cr.rollback()
            if not is_conflict(error) or tries == STORE_TRIES:
                raise
            time.sleep(random.uniform(0.01, 0.1))  # noqa: S311 - spreads load
