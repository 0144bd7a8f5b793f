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
#: A lease that has waited for longer gets its full time anew before its use (seconds).
FRESH = 10

#: Rows of a rule that was set aside stay in the queue until a person mends the rule.
NOT_SET_ASIDE = SQL(
    "(event.rule_id IS NULL OR event.rule_id NOT IN "
    "(SELECT id FROM meta_capi_rule WHERE is_set_aside))"
)


#: A lease that ends later than any lease can was given by a clock that was set back.
IS_DUE = SQL(
    "(event.next_try_at <= %(now)s OR event.state = 'sending' "
    "AND event.next_try_at > %(now)s + make_interval(secs => %(lease)s))",
    now=queue.db_now(),
    lease=2 * LEASE,
)


class Row(NamedTuple):
    """A claimed event: its id in Odoo, its frozen bytes, how often it was tried."""

    id: int
    body: bytes
    tries: int
    rule_id: int | None
    #: Unix seconds.
    event_time: int


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
                               AND %(is_due)s
                               AND %(not_set_aside)s))
                """,
                now=queue.db_now(),
                waiting=list(waiting),
                is_due=IS_DUE,
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
        :return: ids of the events that were refused here
        :rtype: list[int]
        """
        since = time.monotonic()
        dataset = self.env["meta.capi.dataset"].browse(dataset_id)
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT id, body, tries, rule_id,
                       EXTRACT(EPOCH FROM event_time)::bigint
                  FROM meta_capi_event event
                 WHERE dataset_id = %s
                   AND state IN ('queued', 'sending')
                   AND %s
                   AND %s
              ORDER BY event_time, id
                 LIMIT %s
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                dataset_id,
                IS_DUE,
                NOT_SET_ASIDE,
                min(dataset.batch_size, capi_batch.MAX_EVENTS),
            ),
            log_exceptions=False,
        )
        claimed = self.env.cr.fetchall()
        frozen = {event_id: body for event_id, body, *_rest in claimed if body}
        unbuilt = self.browse(row[0] for row in claimed if row[0] not in frozen)
        built = unbuilt._build_bodies(self._get_unix_time()) if unbuilt else {}
        bodies = {**frozen, **built}
        token = secrets.token_hex(16)
        self._lease(token, list(frozen))
        self._lease(token, list(built), list(built.values()))
        rows = [
            Row(event_id, bodies[event_id].encode(), tries + 1, *rest)
            for event_id, _body, tries, *rest in claimed
            if event_id in bodies
        ]
        for group in capi_batch.fit([len(row.body) for row in rows]):
            items = tuple(rows[group.start : group.stop])
            waiting.append(Lease(dataset_id, token, Group(items), since))
        return [event_id for event_id in unbuilt._ids if event_id not in built]

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
        """Take the next waiting lease; rows that must not be sent any more drop out.

        This is the last look before the request: what was erased, taken over or lost
        its person's consent since the claim is found here.

        :rtype: Lease or None
        """
        while waiting:
            lease = waiting.popleft()
            since = lease.since
            lost = self._drop_unsendable(lease)
            if time.monotonic() - since > FRESH:
                since = time.monotonic()
                self._update_leased(
                    lease.token,
                    [row for row in lease.all_rows if row.id not in lost],
                    SQL("next_try_at = %s", queue.in_seconds(LEASE)),
                )
            group = lease.group.keep(lambda row, lost=lost: row.id not in lost)
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
    def _update_leased(self, token, rows, assignments):
        """Update those of the rows that are still under this lease."""
        if not rows:
            return
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE meta_capi_event
                   SET %s
                 WHERE id = ANY(%s) AND lease_token = %s AND state = 'sending'
                """,
                assignments,
                [row.id for row in rows],
                token,
            )
        )
        self.invalidate_model()
