import secrets
import time
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..protocol import batch as capi_batch
from ..protocol.culprits import Group
from . import queue

#: Longer than the longest request, so that a row is sent by one worker at a time
#: (seconds).
LEASE = 90
#: A lease that has waited for longer is looked at again before it is used: its rows may
#: have been erased or taken over (seconds).
FRESH = 1

#: Rows of a rule that was set aside stay in the queue until a person mends the rule.
NOT_SET_ASIDE = SQL(
    "(event.rule_id IS NULL OR event.rule_id NOT IN "
    "(SELECT id FROM meta_capi_rule WHERE is_set_aside))"
)


class Row(NamedTuple):
    """A claimed event: its id in Odoo, its frozen bytes, what it was tried before."""

    id: int
    body: bytes
    tries: int
    rule_id: int | None


class Lease(NamedTuple):
    """Events of one dataset that this worker alone may send for a while.

    ``group`` is one request and what depends on its outcome; ``is_search`` marks one
    that looks for the culprits of a refused batch.
    """

    dataset_id: int
    token: str
    group: Group
    #: Moment of the claim or of the last renewal, by this process's steady clock.
    since: float
    is_search: bool = False

    @property
    def rows(self):
        """Rows of the request, in the order of sending."""
        return self.group.items

    @property
    def all_rows(self):
        """The same and those that wait for its outcome."""
        return [*self.group.items, *self.group.held]


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
        self.env["meta.capi.rule"].flush_model()
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
                               AND event.next_try_at <= %(now)s
                               AND %(not_set_aside)s))
                """,
                now=queue.db_now(),
                waiting=list(waiting),
                not_set_aside=NOT_SET_ASIDE,
            )
        )
        return {row[0] for row in rows}

    @api.model
    def _claim(self, dataset_id, waiting):
        """Take what is due, freeze it, and group it into requests.

        The oldest goes first, as Meta will find it too old first. The rows are locked
        first and changed once: a second change of a row in the same transaction would
        make PostgreSQL check its lead again, and so meet the salesperson who is
        writing on it.

        :param waiting: gets the leases
        """
        since = time.monotonic()
        dataset = self.env["meta.capi.dataset"].browse(dataset_id)
        self.env.cr.execute(
            SQL(
                """
                SELECT id, body, tries, rule_id
                  FROM meta_capi_event event
                 WHERE dataset_id = %s
                   AND state IN ('queued', 'sending')
                   AND next_try_at <= %s
                   AND %s
              ORDER BY event_time, id
                 LIMIT %s
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                dataset_id,
                queue.db_now(),
                NOT_SET_ASIDE,
                min(dataset.batch_size, capi_batch.MAX_EVENTS),
            ),
            log_exceptions=False,
        )
        claimed = self.env.cr.fetchall()
        may_be_sent = set(
            self.browse(row[0] for row in claimed)._cancel_without_consent().ids
        )
        claimed = [row for row in claimed if row[0] in may_be_sent]
        frozen = {event_id: body for event_id, body, *_rest in claimed if body}
        unbuilt = self.browse(row[0] for row in claimed if row[0] not in frozen)
        built = unbuilt._build_bodies(self._get_unix_time()) if unbuilt else {}
        bodies = {**frozen, **built}
        token = secrets.token_hex(16)
        self._lease(token, list(frozen))
        self._lease(token, list(built), list(built.values()))
        rows = [
            Row(event_id, bodies[event_id].encode(), tries + 1, rule_id)
            for event_id, _body, tries, rule_id in claimed
            if event_id in bodies
        ]
        for group in capi_batch.fit([len(row.body) for row in rows]):
            items = tuple(rows[group.start : group.stop])
            waiting.append(Lease(dataset_id, token, Group(items), since))

    @api.model
    def _lease(self, token, ids, bodies=None):
        """Put rows under a lease, together with their bodies where these are new."""
        if not ids:
            return
        given = SQL("unnest(%s::int[]) AS given (id)", ids)
        freeze = SQL("")
        if bodies:
            given = SQL(
                "unnest(%s::int[], %s::text[]) AS given (id, body)", ids, bodies
            )
            freeze = SQL(", body = given.body")
        self.env.cr.execute(
            SQL(
                """
                UPDATE meta_capi_event event
                   SET state = 'sending', lease_token = %(token)s,
                       next_try_at = %(until)s, tries = tries + 1 %(freeze)s
                  FROM %(given)s
                 WHERE event.id = given.id
                """,
                token=token,
                until=queue.in_seconds(LEASE),
                freeze=freeze,
                given=given,
            ),
            log_exceptions=False,
        )
        self.invalidate_model()

    @api.model
    def _renew(self, waiting):
        """Take the next waiting lease; rows that were lost meanwhile drop out.

        :rtype: Lease or None
        """
        while waiting:
            lease = waiting.popleft()
            if time.monotonic() - lease.since < FRESH:
                return lease
            since = time.monotonic()
            renewed = self._update_leased(
                lease.token,
                lease.all_rows,
                SQL("next_try_at = %s", queue.in_seconds(LEASE)),
                returning=SQL("id"),
            )
            kept = {event_id for (event_id,) in renewed}
            group = lease.group.keep(lambda row, kept=kept: row.id in kept)
            if group.items:
                return lease._replace(group=group, since=since)
            # What waited for its outcome has nothing to wait for any more.
            self._put_back_unsent(lease.token, group.held)
        return None

    @api.model
    def _get_unix_time(self):
        """Now by PostgreSQL's clock, in Unix seconds."""
        epoch = SQL("EXTRACT(EPOCH FROM %s)::bigint", queue.db_now())
        return self.env.execute_query(SQL("SELECT %s", epoch))[0][0]

    @api.model
    def _put_back_unsent(self, token, rows):
        """Queue leased rows again, as if they had not been taken."""
        self._update_leased(
            token,
            rows,
            SQL(
                "state = 'queued', next_try_at = %s, lease_token = NULL, "
                "tries = tries - 1",
                queue.db_now(),
            ),
        )

    @api.model
    def _update_leased(self, token, rows, assignments, returning=None):
        """Update those of the rows that are still under this lease.

        :param returning: columns to get of those rows
        :rtype: list[tuple]
        """
        if not rows:
            return []
        self.flush_model()
        cr = self.env.cr
        cr.execute(
            SQL(
                """
                UPDATE meta_capi_event
                   SET %s
                 WHERE id = ANY(%s) AND lease_token = %s AND state = 'sending'
                    %s
                """,
                assignments,
                [row.id for row in rows],
                token,
                SQL("RETURNING %s", returning) if returning else SQL(""),
            )
        )
        self.invalidate_model()
        return cr.fetchall() if returning else []
