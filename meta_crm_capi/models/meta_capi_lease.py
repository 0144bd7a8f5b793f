from collections import Counter

from odoo import api, fields, models
from odoo.tools import SQL

from . import queue
from .meta_capi_dataset_kind import MESSAGING
from .unclear import SENDER_STOPPED, UNCLEAR

#: Longer than the longest request, so that a row is sent by one worker at a time
#: (seconds).
LEASE = 90

#: Whether a lease holds the row ``event``, be it of a worker that lives or that died.
IS_HELD = SQL("(event.id IN (SELECT unnest(event_ids) FROM meta_capi_lease))")


class MetaCapiLease(models.Model):
    """Events that one worker alone may send for a while: one row for each request.

    It is on record before the request begins and goes with its result, so that a batch
    costs the outbox one change of its rows. Who finds its lease gone was too slow:
    somebody else has the events, and it writes nothing. A worker that dies leaves its
    leases; when their time is over, the next run of any worker ends them.

    ``lines`` keeps the bytes of those events that have none on their rows yet, a line
    for each event of ``event_ids``, and an empty one for those that have. So what is
    sent is on record, and goes to the rows together with the result.

    An own table, as it comes and goes with each request and has an array. It has no
    foreign key: checking it would meet whoever saves the dataset.
    """

    _name = "meta.capi.lease"
    _description = "Meta Lease of Events"
    _auto = False

    dataset_id = fields.Many2one("meta.capi.dataset", readonly=True)
    until = fields.Datetime(readonly=True, help="By PostgreSQL's clock.")
    lines = fields.Text(readonly=True)
    charge = fields.Integer(
        "Tries begun", readonly=True, help="1 as soon as the request is sent."
    )

    def init(self):
        self.env.cr.execute(
            """
            CREATE TABLE IF NOT EXISTS meta_capi_lease (
                id SERIAL PRIMARY KEY,
                dataset_id int NOT NULL,
                until timestamp NOT NULL,
                event_ids int[] NOT NULL,
                lines text,
                charge int NOT NULL
            );
            -- Hashes hardly compress, and trying to takes longer than all the rest.
            ALTER TABLE meta_capi_lease ALTER COLUMN lines SET STORAGE EXTERNAL
            """
        )

    @api.model
    def _take(self, dataset_id, ids, bodies):
        """Put events under a new lease.

        :param ids: of the events, which no lease holds
        :param bodies: what is new and not on their rows, by their ids
        :return: id of the lease; none is ever used again
        :rtype: int
        """
        lines = "\n".join(bodies.get(key, "") for key in ids) if bodies else None
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO meta_capi_lease
                       (dataset_id, until, event_ids, lines, charge)
                VALUES (%s, %s, %s, %s, 0)
             RETURNING id
                """,
                dataset_id,
                queue.in_seconds(LEASE),
                queue.id_array(ids),
                lines,
            ),
            log_exceptions=False,
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _begin(self, lease_id):
        """Give a lease its full time, right before its request.

        :return: whether it is still there
        :rtype: bool
        """
        return bool(
            self.env.execute_query(
                SQL(
                    """
                    UPDATE meta_capi_lease
                       SET until = %s, charge = 1
                     WHERE id = %s
                 RETURNING id
                    """,
                    queue.in_seconds(LEASE),
                    lease_id,
                )
            )
        )

    @api.model
    def _lock(self, lease_id):
        """Whether a lease is still there; nobody ends it while this transaction runs.

        :rtype: bool
        """
        return bool(
            self.env.execute_query(
                SQL("SELECT id FROM meta_capi_lease WHERE id = %s FOR UPDATE", lease_id)
            )
        )

    @api.model
    def _end(self, lease_id):
        """Let go of the events."""
        self.env.cr.execute(SQL("DELETE FROM meta_capi_lease WHERE id = %s", lease_id))

    @api.model
    def _find_held(self, ids):
        """Which of these events are under a lease.

        :rtype: set[int]
        """
        if not ids:
            return set()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT held.id
                  FROM meta_capi_lease lease, unnest(lease.event_ids) AS held (id)
                 WHERE held.id = ANY(%s)
                """,
                list(ids),
            )
        )
        return {row[0] for row in rows}

    @api.model
    def _find_line(self, event_id):
        """The bytes of an event that only its lease has; None where there are none."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.body
                  FROM meta_capi_lease lease,
                       unnest(lease.event_ids, string_to_array(lease.lines, E'\n', ''))
                       AS line (id, body)
                 WHERE line.id = %s
                """,
                event_id,
            )
        )
        return rows[0][0] if rows else None

    @api.model
    def _forget(self, ids):
        """Forget the bytes of these events: their person was erased."""
        if not self._find_held(ids):
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE meta_capi_lease
                   SET lines = (
                       SELECT string_agg(
                                  CASE WHEN line.id = ANY(%(ids)s) THEN ''
                                       ELSE COALESCE(line.body, '') END,
                                  E'\n' ORDER BY line.place)
                         FROM unnest(event_ids, string_to_array(lines, E'\n', ''))
                              WITH ORDINALITY AS line (id, body, place))
                 WHERE lines IS NOT NULL
                   AND event_ids && %(ids)s
                """,
                ids=list(ids),
            )
        )

    @api.model
    def _get_lines(self, lease_id):
        """The bytes that are new, as a subquery ``(id, body)``."""
        return SQL(
            """
            (SELECT line.id, line.body
               FROM meta_capi_lease lease,
                    unnest(lease.event_ids, string_to_array(lease.lines, E'\\n', ''))
                    AS line (id, body)
              WHERE lease.id = %s)
            """,
            lease_id,
        )

    @api.model
    def _end_expired(self):
        """Give back what dead workers held, and charge it the try that they began.

        What Meta answered to that one is unknown: the same bytes go out again, but
        where Meta would count them again and nobody wants that. A lease that ends later
        than any lease can was given by a clock that was set back.

        :return: ids of the datasets to which a request had begun, and of those with
            events that stay where they are, as Meta may have them now
        :rtype: tuple[set[int], list[int]]
        """
        self.env["meta.capi.dataset"].flush_model(["kind", "resend_unknown"])
        rows = self.env.execute_query(
            SQL(
                """
                WITH ended AS (
                    DELETE FROM meta_capi_lease
                     WHERE id IN (
                           SELECT id
                             FROM meta_capi_lease
                            WHERE NOT until BETWEEN %(now)s AND %(now)s
                                  + make_interval(secs => %(longest)s)
                              FOR UPDATE SKIP LOCKED)
                 RETURNING dataset_id, event_ids, lines, charge),
                held AS (
                    SELECT line.id, line.body, ended.charge,
                           ended.charge > 0 AND dataset.kind = %(messaging)s
                           AND dataset.resend_unknown IS NOT TRUE AS is_unclear
                      FROM ended
                      JOIN meta_capi_dataset dataset ON dataset.id = ended.dataset_id
                CROSS JOIN unnest(ended.event_ids,
                                  string_to_array(ended.lines, E'\\n', ''))
                           AS line (id, body))
                UPDATE meta_capi_event event
                   SET tries = event.tries + held.charge,
                       next_try_at = CASE WHEN NOT held.is_unclear
                           THEN LEAST(event.next_try_at, %(now)s) END,
                       body = COALESCE(event.body, held.body),
                       state = CASE WHEN held.is_unclear
                           THEN %(unclear)s ELSE event.state END,
                       reason = CASE WHEN held.is_unclear
                           THEN %(stopped)s ELSE event.reason END
                  FROM held
                 WHERE event.id = held.id
                   AND event.state = 'queued'
             RETURNING event.dataset_id, held.is_unclear, held.charge > 0
                """,
                now=queue.db_now(),
                longest=2 * LEASE,
                messaging=MESSAGING,
                unclear=UNCLEAR,
                stopped=SENDER_STOPPED,
            )
        )
        self.env["meta.capi.event"].invalidate_model()
        begun = {dataset_id for dataset_id, _is_unclear, is_begun in rows if is_begun}
        unclear = Counter(row[0] for row in rows if row[1])
        for dataset in self.env["meta.capi.dataset"].browse(unclear):
            self.env["meta.sync.log"]._add_stopped(dataset, unclear[dataset.id])
        return begun, list(unclear)
