import time
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..protocol import batch as capi_batch
from ..protocol.culprits import Group
from . import queue
from .meta_capi_lease import IS_HELD

#: Rows of a rule that was set aside stay in the queue until a person mends the rule.
NOT_SET_ASIDE = SQL(
    "(event.rule_id IS NULL OR event.rule_id NOT IN "
    "(SELECT id FROM meta_capi_rule WHERE is_set_aside))"
)


class Row(NamedTuple):
    """A claimed event: its id in Odoo, its frozen text, how often it is tried now."""

    id: int
    #: ASCII; None while it is not built.
    body: str | None
    tries: int
    rule_id: int | None
    #: Unix seconds.
    event_time: int


class Lease(NamedTuple):
    """A lease that this worker holds (:mod:`.meta_capi_lease`), and what it is for.

    ``id`` is the one of its row. ``group`` is one request and what depends on its
    outcome; ``is_search`` marks one that looks for the culprits of a refused batch.
    """

    dataset_id: int
    id: int
    group: Group
    #: Moment when its time began, by this process's steady clock.
    since: float
    #: Ids of those events whose bytes are in the lease alone.
    unwritten: tuple[int, ...] = ()
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
                        -- In this order, or PostgreSQL may read the whole outbox.
                        OR (SELECT TRUE
                              FROM meta_capi_event event
                             WHERE event.dataset_id = dataset.id
                               AND event.state = 'queued'
                               AND event.next_try_at <= %(now)s
                               AND NOT %(is_held)s
                               AND %(not_set_aside)s
                          ORDER BY event.event_time, event.id
                             LIMIT 1))
                """,
                now=queue.db_now(),
                waiting=list(waiting),
                is_held=IS_HELD,
                not_set_aside=NOT_SET_ASIDE,
            )
        )
        return {row[0] for row in rows}

    @api.model
    def _claim(self, dataset_id, waiting):
        """Take what is due, build what has no bytes yet, and group it into requests.

        The oldest goes first, as Meta will find it too old first. The rows are not
        changed, only locked, so that two workers that claim at once take different
        ones; where one could not see yet what the other had taken, both find it in
        the last look (:meth:`_renew`).

        :param waiting: gets the leases
        :return: ids of the events that were refused here
        :rtype: list[int]
        """
        since = time.monotonic()
        rows = self._lock_due(dataset_id)
        built, unbuilt = {}, self.browse(row.id for row in rows if not row.body)
        if unbuilt:
            built = unbuilt._build_bodies(self._get_unix_time())
            rows = [
                row if row.body else Row(row.id, built[row.id], *row[2:])
                for row in rows
                if row.body or row.id in built
            ]
        for places in capi_batch.fit([len(row.body) for row in rows]):
            items = tuple(rows[places.start : places.stop])
            waiting.append(self._lease(dataset_id, Group(items), since, built))
        return [event_id for event_id in unbuilt._ids if event_id not in built]

    @api.model
    def _lock_due(self, dataset_id):
        """The oldest due events of a dataset that no lease holds.

        What is held and set aside, and the time, are read first: told by a subquery,
        they would let PostgreSQL read and sort all that waits.

        :rtype: list[Row]
        """
        self.flush_model()
        self.env["meta.capi.dataset"].flush_model()
        ((held, set_aside, batch_size, now),) = self.env.execute_query(
            SQL(
                """
                SELECT ARRAY(SELECT unnest(event_ids)
                               FROM meta_capi_lease
                              WHERE dataset_id = dataset.id)::text,
                       ARRAY(SELECT id
                               FROM meta_capi_rule
                              WHERE dataset_id = dataset.id AND is_set_aside)::text,
                       batch_size,
                       %s
                  FROM meta_capi_dataset dataset
                 WHERE id = %s
                """,
                queue.db_now(),
                dataset_id,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                SELECT id, NULLIF(body, ''), tries + 1, rule_id,
                       EXTRACT(EPOCH FROM event_time)::bigint
                  FROM meta_capi_event
                 WHERE dataset_id = %s
                   AND state = 'queued'
                   AND next_try_at <= %s
                   AND id <> ALL(%s::int[])
                   AND (rule_id IS NULL OR rule_id <> ALL(%s::int[]))
              ORDER BY event_time, id
                 LIMIT %s
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                dataset_id,
                now,
                held,
                set_aside,
                min(batch_size, capi_batch.MAX_EVENTS),
            ),
            log_exceptions=False,
        )
        return list(map(Row._make, self.env.cr.fetchall()))

    @api.model
    def _lease(self, dataset_id, group, since, built=(), *, is_search=False):
        """Put a group of rows under a lease of its own.

        :param dict built: bodies that are on no row yet, by event id
        :rtype: Lease
        """
        lease = Lease(dataset_id, 0, group, since, is_search=is_search)
        ids = [row.id for row in lease.all_rows]
        new = {key: built[key] for key in ids if key in built}
        lease_id = self.env["meta.capi.lease"]._take(dataset_id, ids, new)
        return lease._replace(id=lease_id, unwritten=tuple(new))

    @api.model
    def _renew(self, waiting):
        """Take the next waiting lease; rows that must not be sent any more drop out.

        This is the last look before the request, in a transaction that began after the
        claim was on record: what was erased, taken by somebody else or lost its
        person's consent since the claim is found here.

        :rtype: Lease or None
        """
        while waiting:
            lease = waiting.popleft()._replace(since=time.monotonic())
            if not self.env["meta.capi.lease"]._begin(lease.id):
                continue
            lost = self._drop_unsendable(lease)
            if not lost:
                return lease
            group = lease.group.keep(lambda row, lost=lost: row.id not in lost)
            if group.items:
                return lease._replace(group=group)
            # What waited for its outcome has nothing to wait for any more.
            self.env["meta.capi.lease"]._end(lease.id)
        return None

    @api.model
    def _get_unix_time(self):
        """Now by PostgreSQL's clock, in Unix seconds."""
        epoch = SQL("EXTRACT(EPOCH FROM %s)::bigint", queue.db_now())
        return self.env.execute_query(SQL("SELECT %s", epoch))[0][0]

    @api.model
    def _update_leased(self, lease, rows, assignments):
        """Update those of the rows of this lease that are still in the queue.

        Their bytes go to them where the lease alone had them.

        :return: how many there were
        :rtype: int
        """
        if not rows:
            return 0
        source = SQL("")
        if lease.unwritten:
            assignments = SQL("%s, body = COALESCE(event.body, line.body)", assignments)
            lines = self.env["meta.capi.lease"]._get_lines(lease.id)
            source = SQL("FROM %s AS line", lines)
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE meta_capi_event event
                   SET %s
                    %s
                 WHERE event.id = ANY(%s) AND event.state = 'queued' %s
                """,
                assignments,
                source,
                queue.id_array(row.id for row in rows),
                SQL("AND event.id = line.id") if lease.unwritten else SQL(""),
            )
        )
        changed = self.env.cr.rowcount
        self.invalidate_model()
        return changed
