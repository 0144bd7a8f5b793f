"""A past for a firm's dataset: moves of the last days, and what became of them."""

from __future__ import annotations

from contextlib import closing

from odoo.sql_db import db_connect
from odoo.tests.common import get_db_name

#: In which proportion moves end how.
OUTCOMES = {"accepted": 40, "refused": 2, "expired": 1, "not_sent": 5, "cancelled": 1}


def add_past(dataset_meta_id: str, *, days: int = 7, per_day: int = 49) -> int:
    """Settled events like the dataset's newest one, spread over the days until now.

    Today's are of the last minutes, so that they are of today wherever the user is.

    :return: how many there are
    """
    states = [state for state, share in OUTCOMES.items() for _number in range(share)]
    with closing(db_connect(get_db_name()).cursor()) as cr:
        cr.execute(
            """
            WITH event AS (
                SELECT event.* FROM meta_capi_event event
                  JOIN meta_capi_dataset dataset ON dataset.id = event.dataset_id
                 WHERE dataset.meta_id = %(dataset)s ORDER BY event.id DESC LIMIT 1),
            past AS (
                SELECT nextval('meta_lead_submission_id_seq') AS id, day, number,
                       (%(states)s::text[])[1 + number %% %(count)s] AS state,
                       now() AT TIME ZONE 'UTC' - day * interval '1 day'
                           - number * interval '1 second' AS moment
                  FROM generate_series(0, %(days)s - 1) day,
                       generate_series(0, %(per_day)s - 1) number
                 WHERE number < %(per_day)s - day * 3),
            submission AS (
                INSERT INTO meta_lead_submission
                       (id, meta_id, connection_id, company_id, page_id, form_id,
                        page_meta_id, origin, state, submitted_at, create_date)
                SELECT past.id, '77' || past.id || '000', old.connection_id,
                       old.company_id, old.page_id, old.form_id, old.page_meta_id,
                       'catch_up', 'done', moment, moment
                  FROM past, event JOIN meta_lead_submission old
                    ON old.id = event.submission_id
             RETURNING id)
            INSERT INTO meta_capi_event
                   (dataset_id, submission_id, lead_id, company_id, rule_id, step,
                    stage_id, entry, event_name, event_id, event_time, state, tries,
                    accepted_at, create_date, write_date, reason)
            SELECT event.dataset_id, past.id, event.lead_id, event.company_id,
                   event.rule_id, event.step, event.stage_id, 0, event.event_name,
                   md5(past.id::text)::uuid::text, moment, past.state, 1,
                   CASE WHEN past.state = 'accepted'
                        THEN moment + (20 + number) * interval '1 second' END,
                   moment, moment,
                   CASE WHEN past.state = 'not_sent'
                        THEN 'Moved backwards.' END
              FROM past, event
            """,
            {
                "dataset": dataset_meta_id,
                "days": days,
                "per_day": per_day,
                "states": states,
                "count": len(states),
            },
        )
        count = cr.rowcount
        cr.commit()
    return count
