"""A long queue made at once: leads, their submissions and their events, by SQL.

It works on any database with the company of :mod:`.house`, also where no registry of
this process is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from odoo.addons.meta_crm_capi.protocol.batch import MAX_EVENTS

#: Runs a statement with named values and gives its rows.
Query = Callable[..., list[tuple]]

_FILL = """
    WITH lead AS (
        INSERT INTO crm_lead
               (name, type, active, company_id, contact_name, email_from,
                email_normalized, create_date, write_date)
        SELECT 'Spring offer: person ' || number, 'opportunity', TRUE,
               dataset.company_id, 'Person ' || number,
               'person' || number || '@example.com',
               'person' || number || '@example.com',
               clock_timestamp() AT TIME ZONE 'UTC',
               clock_timestamp() AT TIME ZONE 'UTC'
          FROM generate_series(1, %(leads)s) AS number, meta_capi_dataset dataset
         WHERE dataset.id = %(dataset)s
     RETURNING id, company_id
    ), submission AS (
        INSERT INTO meta_lead_submission
               (meta_id, connection_id, company_id, lead_id, origin, state,
                submitted_at, tries)
        SELECT (10^15 + lead.id)::bigint::text, dataset.connection_id,
               lead.company_id, lead.id, 'webhook', 'done',
               date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC')
                   - interval '1 hour', 0
          FROM lead, meta_capi_dataset dataset
         WHERE dataset.id = %(dataset)s
     RETURNING id, lead_id, company_id, submitted_at
    )
    INSERT INTO meta_capi_event
           (dataset_id, submission_id, lead_id, company_id, step, entry, event_name,
            event_id, event_time, state, tries, next_try_at, create_date, write_date)
    SELECT %(dataset)s, submission.id, submission.lead_id, submission.company_id,
           CASE WHEN place = 0 THEN 'raw_lead' ELSE 'stage' END, 0,
           CASE WHEN place = 0 THEN 'initial_lead' ELSE 'stage_' || place END,
           gen_random_uuid()::text, moment.at, 'queued', 0, moment.at,
           moment.at, moment.at
      FROM submission, generate_series(0, %(each)s - 1) AS place,
           LATERAL (SELECT submission.submitted_at
                           + make_interval(secs => 1 + 60 * place) AS at) AS moment
"""


def fill(query: Query, dataset_id: int, leads: int, each: int = 2) -> None:
    """Queue ``each`` events, all due, of that many new leads of Meta's."""
    query(_FILL, {"dataset": dataset_id, "leads": leads, "each": each})


def empty(query: Query) -> None:
    """Forget every lead and event; every dataset and Page works."""
    for statement in (
        "DELETE FROM meta_capi_event",
        "DELETE FROM meta_capi_lease",
        "DELETE FROM meta_lead_submission",
        "DELETE FROM meta_sync_log",
        "DELETE FROM crm_lead",
        "DELETE FROM mail_activity WHERE res_model = 'meta.capi.dataset'",
        "UPDATE meta_capi_dataset"
        " SET state = 'active', resume_at = NULL, trouble = NULL,"
        " throttle_count = 0, refused_alarm_count = 0, may_have_alarms = FALSE,"
        " expires_at = NULL, waits_since = NULL, stands_since = NULL,"
        f" batch_size = {MAX_EVENTS}",
        "UPDATE meta_capi_rule SET is_set_aside = FALSE, trouble = NULL",
        "UPDATE meta_lead_page SET state = 'connected', resume_at = NULL",
    ):
        query(statement)


def spoil(query: Query, number: int) -> set[str]:
    """Make so many events, spread over the queue, too old for Meta and not for us.

    Meta's clock must be ahead by two hours (``set_clock_offset``). It refuses the
    whole batch then and does not say which event it means.

    :return: their event ids
    """
    ids = [key for (key,) in query("SELECT id FROM meta_capi_event ORDER BY id")]
    step = len(ids) // number
    rows = query(
        """
        UPDATE meta_capi_event
           SET event_time = date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC')
                            - interval '6 days 22 hours 30 minutes'
         WHERE id = ANY(%(ids)s)
     RETURNING event_id
        """,
        {"ids": ids[step // 2 :: step]},
    )
    return {event_id for (event_id,) in rows}


def make_too_old(query: Query, number: int) -> set[str]:
    """Make so many events too old to be sent; their event ids."""
    rows = query(
        """
        UPDATE meta_capi_event
           SET event_time = event_time - interval '8 days'
         WHERE id IN (SELECT id FROM meta_capi_event ORDER BY id DESC
                       LIMIT %(number)s)
     RETURNING event_id
        """,
        {"number": number},
    )
    return {event_id for (event_id,) in rows}


def events(query: Query) -> list[dict[str, Any]]:
    """Every row of the outbox, by what the checks look at.

    What a lease holds is ``sending`` here, with the id of the lease and with the bytes
    that it keeps.
    """
    names = (
        *("event_id", "event_name", "tries", "trace_id", "reason", "dataset_id"),
        *("state", "body", "lease"),
    )
    rows = query(
        """
        SELECT event.event_id, event.event_name, event.tries, event.trace_id,
               event.reason, event.dataset_id,
               CASE WHEN event.state = 'queued' AND held.lease IS NOT NULL
                    THEN 'sending' ELSE event.state END,
               COALESCE(event.body, held.body), held.lease
          FROM meta_capi_event event
     LEFT JOIN (SELECT lease.id AS lease, line.id, line.body
                  FROM meta_capi_lease lease,
                       unnest(lease.event_ids,
                              string_to_array(lease.lines, E'\\n', ''))
                       AS line (id, body)) AS held
            ON held.id = event.id
      ORDER BY event.id
        """
    )
    return [dict(zip(names, row, strict=True)) for row in rows]
