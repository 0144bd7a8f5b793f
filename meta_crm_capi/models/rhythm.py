"""When something used to happen, for :mod:`..protocol.silence`; names no model."""

from datetime import datetime, timedelta, timezone

from odoo.tools import SQL

#: So much of the past makes a rhythm.
HISTORY = timedelta(weeks=8)
#: What happened within so many seconds counts as once: a rhythm needs no more, and a
#: thousand a day give no more rows for it.
GRAIN = 300


def read_moments(model, condition):
    """When rows of a model were created, some weeks of it.

    The weeks before the last one that was: a long silence shortens nothing.

    :param BaseModel model: flushed here
    :param SQL condition: which rows count
    :return: Unix seconds, ascending
    :rtype: list[int]
    """
    model.flush_model()
    rows = model.env.execute_query(
        SQL(
            """
            SELECT DISTINCT
                   FLOOR(EXTRACT(EPOCH FROM create_date) / %(grain)s)::bigint
                     * %(grain)s AS moment
              FROM %(table)s
             WHERE %(condition)s
               AND create_date >= (
                    SELECT MAX(create_date) - %(history)s
                      FROM %(table)s
                     WHERE %(condition)s)
          ORDER BY moment
            """,
            table=SQL.identifier(model._table),
            condition=condition,
            grain=GRAIN,
            history=HISTORY,
        )
    )
    return [int(row[0]) for row in rows]


def moment_words(moment):
    """A moment in Unix seconds, for people."""
    return f"{datetime.fromtimestamp(moment, timezone.utc):%Y-%m-%d %H:%M} UTC"
