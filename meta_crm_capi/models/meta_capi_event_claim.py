import secrets
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..protocol import batch as capi_batch
from ..protocol import event as capi_event
from . import queue

#: Longer than the longest request, so that a row is sent by one worker at a time
#: (seconds).
LEASE = 90

TOO_OLD = "Older than 7 days less an hour: Meta would refuse it with its whole batch."


class Lease(NamedTuple):
    """Events of one dataset that this worker alone may send for a while."""

    dataset_id: int
    token: str
    #: ``(event id in Odoo, frozen body, tries)`` in the order of sending.
    rows: list

    @property
    def ids(self):
        return [row[0] for row in self.rows]


class MetaCapiEvent(models.Model):
    """Which events are due, and how a worker takes them for itself for a while."""

    _inherit = "meta.capi.event"

    @api.model
    def _find_due_datasets(self, waiting=()):
        """Ids of the datasets that may be called and have something to send.

        :param waiting: ids of those that this worker holds leases of
        :rtype: set[int]
        """
        self.flush_model()
        self.env["meta.capi.dataset"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT dataset.id
                  FROM meta_capi_dataset dataset
                 WHERE dataset.active
                   AND (dataset.state = 'active'
                        OR (dataset.state = 'resting'
                            AND COALESCE(dataset.resume_at <= %(now)s, TRUE))
                        OR (dataset.state = 'paused' AND dataset.resume_at <= %(now)s))
                   AND (dataset.id = ANY(%(waiting)s)
                        OR EXISTS (
                            SELECT 1
                              FROM meta_capi_event event
                             WHERE event.dataset_id = dataset.id
                               AND event.state IN ('queued', 'sending')
                               AND event.next_try_at <= %(now)s))
                """,
                now=queue.db_now(),
                waiting=list(waiting),
            )
        )
        return {row[0] for row in rows}

    @api.model
    def _count_due(self, without=()):
        """How many events could be sent now.

        :param without: ids of datasets that do not count
        """
        datasets = self._find_due_datasets() - set(without)
        if not datasets:
            return 0
        return self.env.execute_query(
            SQL(
                """
                SELECT COUNT(*)
                  FROM meta_capi_event
                 WHERE dataset_id = ANY(%s)
                   AND state IN ('queued', 'sending')
                   AND next_try_at <= %s
                """,
                list(datasets),
                queue.db_now(),
            )
        )[0][0]

    @api.model
    def _expire(self):
        """Set aside what Meta would find too old; times are never falsified."""
        self.flush_model()
        self.env.execute_query(
            SQL(
                """
                UPDATE meta_capi_event
                   SET state = 'expired', reason = %(reason)s,
                       next_try_at = NULL, lease_token = NULL
                 WHERE state IN ('queued', 'sending')
                   AND event_time < %(now)s - make_interval(secs => %(age)s)
                   AND (state = 'queued' OR next_try_at <= %(now)s)
             RETURNING id
                """,
                reason=TOO_OLD,
                now=queue.db_now(),
                age=capi_event.MAX_AGE - capi_event.MARGIN,
            )
        )
        self.invalidate_model()

    @api.model
    def _claim(self, dataset_id, waiting):
        """Take what is due, freeze it, and group it into requests.

        The rows are locked first and changed once: a second change of a row in the
        same transaction would make PostgreSQL check its lead again, and so meet the
        salesperson who is writing on it.

        :param waiting: gets the leases after the first one
        :rtype: Lease or None
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT id
                  FROM meta_capi_event
                 WHERE dataset_id = %s
                   AND state IN ('queued', 'sending')
                   AND next_try_at <= %s
              ORDER BY event_time, id
                 LIMIT %s
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                dataset_id,
                queue.db_now(),
                capi_batch.MAX_EVENTS,
            ),
            log_exceptions=False,
        )
        claimed = self.browse(row[0] for row in self.env.cr.fetchall())
        bodies = claimed._build_bodies(self._get_unix_time())
        token = secrets.token_hex(16)
        self.env.cr.execute(
            SQL(
                """
                UPDATE meta_capi_event event
                   SET state = 'sending', lease_token = %s, next_try_at = %s,
                       tries = tries + 1, body = frozen.body
                  FROM unnest(%s::int[], %s::text[]) AS frozen (id, body)
                 WHERE event.id = frozen.id
                """,
                token,
                queue.in_seconds(LEASE),
                list(bodies),
                list(bodies.values()),
            ),
            log_exceptions=False,
        )
        self.invalidate_model()
        rows = [
            (event.id, bodies[event.id].encode(), event.tries)
            for event in claimed
            if event.id in bodies
        ]
        for group in capi_batch.fit([len(body) for _id, body, _tries in rows]):
            waiting.append(Lease(dataset_id, token, rows[group.start : group.stop]))
        return waiting.popleft() if waiting else None

    @api.model
    def _renew(self, waiting):
        """Take the next waiting lease for its full time; rows lost meanwhile drop out.

        :rtype: Lease or None
        """
        while waiting:
            lease = waiting.popleft()
            kept = self._update_leased(
                lease, SQL("next_try_at = %s", queue.in_seconds(LEASE))
            )
            rows = [row for row in lease.rows if row[0] in kept]
            if rows:
                return lease._replace(rows=rows)
        return None

    @api.model
    def _get_unix_time(self):
        """Now by PostgreSQL's clock, in Unix seconds."""
        epoch = SQL("EXTRACT(EPOCH FROM %s)::bigint", queue.db_now())
        return self.env.execute_query(SQL("SELECT %s", epoch))[0][0]

    @api.model
    def _put_back_unsent(self, lease):
        """Queue leased rows again, as if they had not been taken."""
        self._update_leased(
            lease,
            SQL(
                "state = 'queued', next_try_at = %s, lease_token = NULL, "
                "tries = tries - 1",
                queue.db_now(),
            ),
        )

    @api.model
    def _update_leased(self, lease, assignments):
        """Update the rows that are still under this lease.

        :return: ids of those rows
        :rtype: set[int]
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE meta_capi_event
                   SET %s
                 WHERE id = ANY(%s) AND lease_token = %s AND state = 'sending'
             RETURNING id
                """,
                assignments,
                lease.ids,
                lease.token,
            )
        )
        self.invalidate_model()
        return {row[0] for row in rows}
