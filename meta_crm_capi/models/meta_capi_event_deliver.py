import logging
import secrets
import time
from collections import defaultdict, deque
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from functools import partial
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..protocol import answer as capi_answer
from ..protocol import batch as capi_batch
from ..protocol import event as capi_event
from . import queue

_logger = logging.getLogger(__name__)

#: Longer than the longest request, so that a row is sent by one worker at a time
#: (seconds).
LEASE = 90
#: Requests side by side, each to another dataset.
PARALLEL_DATASETS = 8
#: Parts of a refused batch are followed up for so long after the run began (seconds).
FOLLOW_UP = 60

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
    """From the outbox to Meta: claim, freeze, commit, POST, result, commit.

    No transaction is open while Meta answers. Whenever the worker dies, each row
    either has its result or is under a lease that ends by itself, and then the same
    bytes are sent again.
    """

    _inherit = "meta.capi.event"

    @api.model
    def _cron_deliver(self):
        """Send what is due. Never raises: Odoo would switch the cron off."""
        try:
            self._deliver_due()
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Delivery to Meta stopped; it goes on with the next run")

    @api.model
    def _deliver_due(self):
        """Keep one request in flight for each dataset that has something due."""
        commit_progress = self.env["ir.cron"]._commit_progress
        began = time.monotonic()
        self._expire()
        time_left = commit_progress(remaining=self._count_due())
        parts = defaultdict(deque)
        in_flight = {}
        given_up = set()
        with ThreadPoolExecutor(PARALLEL_DATASETS) as pool:
            while True:
                due = {dataset_id for dataset_id, waiting in parts.items() if waiting}
                if time_left > 0:
                    due |= self._find_due_datasets() - given_up
                for dataset_id in due - {
                    lease.dataset_id for lease in in_flight.values()
                }:
                    started = self._start(dataset_id, parts[dataset_id])
                    if started:
                        lease, request = started
                        in_flight[pool.submit(request)] = lease
                    elif not parts[dataset_id]:
                        given_up.add(dataset_id)
                if not in_flight:
                    break
                for future in wait(in_flight, return_when=FIRST_COMPLETED).done:
                    lease = in_flight.pop(future)
                    waiting = parts[lease.dataset_id]
                    goes_on = self._settle(lease, future.result(), waiting)
                    if not goes_on or time.monotonic() - began > FOLLOW_UP:
                        given_up.add(lease.dataset_id)
                        self._release(waiting)
                    time_left = commit_progress(
                        len(lease.rows), remaining=self._count_due()
                    )
        if self._count_due():
            # A run that is merely "partially done" would sleep for up to a minute.
            self.env.ref("meta_crm_capi.ir_cron_deliver")._trigger()
            commit_progress()

    # === CLAIM AND FREEZE === #

    @api.model
    def _find_due_datasets(self):
        """Ids of the datasets that may be called and have something due."""
        self.flush_model()
        self.env["meta.capi.dataset"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT dataset.id
                  FROM meta_capi_dataset dataset
                 WHERE (dataset.state = 'active'
                        OR (dataset.state = 'resting' AND dataset.resume_at <= %(now)s))
                   AND EXISTS (
                       SELECT 1
                         FROM meta_capi_event event
                        WHERE event.dataset_id = dataset.id
                          AND event.state IN ('queued', 'sending')
                          AND event.next_try_at <= %(now)s)
                """,
                now=queue.db_now(),
            )
        )
        return {row[0] for row in rows}

    @api.model
    def _count_due(self):
        datasets = self._find_due_datasets()
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
    def _start(self, dataset_id, waiting):
        """Get the next lease of a dataset ready to be sent, and put it on record.

        :param waiting: deque of leases left over from an earlier claim; taken first
        :return: the lease and the request to make, or None
        """
        try:
            lease = (
                self._renew(waiting) if waiting else self._claim(dataset_id, waiting)
            )
            request = self._prepare_request(lease) if lease else None
            # The lease and the frozen bodies must be on record before the POST.
            self.env["ir.cron"]._commit_progress()
        except UserError as error:
            # Nothing to call with: no token, or an address that must not be called.
            self.env.cr.rollback()
            dataset = self.env["meta.capi.dataset"].browse(dataset_id)
            queue.store(self.env, dataset._pause, str(error))
            return None
        except Exception as error:
            self.env.cr.rollback()
            if not queue.is_conflict(error):
                _logger.exception("Events of dataset %s could not be sent", dataset_id)
            return None
        return (lease, request) if request else None

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
        lease = waiting.popleft()
        kept = self._update_leased(
            lease, SQL("next_try_at = %s", queue.in_seconds(LEASE))
        )
        rows = [row for row in lease.rows if row[0] in kept]
        return lease._replace(rows=rows) if rows else None

    @api.model
    def _prepare_request(self, lease):
        """The call that sends a lease; it needs no cursor and can run in a thread."""
        dataset = self.env["meta.capi.dataset"].browse(lease.dataset_id)
        body = capi_batch.body(
            [body for _id, body, _tries in lease.rows],
            partner_agent=dataset.connection_id.partner_agent or None,
            test_event_code=dataset.test_event_code or None,
        )
        return partial(self._post, dataset._get_client(), dataset.meta_id, body)

    @staticmethod
    def _post(graph, dataset_meta_id, body):
        with graph:
            return graph.send_events(dataset_meta_id, body)

    @api.model
    def _get_unix_time(self):
        """Now by PostgreSQL's clock, in Unix seconds."""
        epoch = SQL("EXTRACT(EPOCH FROM %s)::bigint", queue.db_now())
        return self.env.execute_query(SQL("SELECT %s", epoch))[0][0]

    # === RESULT === #

    @api.model
    def _settle(self, lease, result, waiting):
        """Store what Meta answered, and then what it means for the dataset.

        :param result: ``client.Result`` of the request
        :param waiting: gets the parts of a batch that has to be taken apart
        :return: whether the dataset may be called again in this run
        :rtype: bool
        """
        more = queue.store(self.env, self._apply_result, lease, result)
        waiting.extendleft(reversed(more))
        # In a transaction of its own: an administrator who saves the dataset at this
        # moment must not undo the results.
        dataset = self.env["meta.capi.dataset"].browse(lease.dataset_id)
        queue.store(self.env, dataset._heed, result.answer)
        return result.answer.verdict in ("accepted", "refuse")

    @api.model
    def _apply_result(self, lease, result):
        """Give each leased row its result.

        :return: leases to send next
        :rtype: list[Lease]
        """
        answer = result.answer
        dataset = self.env["meta.capi.dataset"].browse(lease.dataset_id)
        self.env["meta.sync.log"]._add(
            "events",
            result,
            connection=dataset.connection_id,
            company=dataset.company_id,
            dataset=dataset,
            event_count=len(lease.rows),
        )
        if answer.verdict == "accepted":
            self._accept(lease, answer)
        elif answer.verdict == "refuse":
            return self._find_culprits(lease, answer)
        elif answer.verdict == "retry":
            return self._retry(lease, answer)
        else:
            self._put_back(lease, answer, refund=True)
        return []

    @api.model
    def _accept(self, lease, answer):
        words = None
        if answer.events_received not in (None, len(lease.rows)):
            words = (
                f"Meta says that it received {answer.events_received} of the "
                f"{len(lease.rows)} events of this request."
            )
        self._update_leased(
            lease,
            SQL(
                """
                state = 'accepted', accepted_at = %s, reason = %s, trace_id = %s,
                code = NULL, subcode = NULL, next_try_at = NULL, lease_token = NULL
                """,
                queue.db_now(),
                words,
                answer.trace_id or None,
            ),
        )

    @api.model
    def _find_culprits(self, lease, answer):
        """Refuse the event to blame; the others of its batch are sent again.

        :return: leases to send next
        :rtype: list[Lease]
        """
        rows = lease.rows
        if len(rows) > 1 and answer.culprit not in range(len(rows)):
            return [lease._replace(rows=part) for part in capi_batch.halves(rows)]
        index = answer.culprit if len(rows) > 1 else 0
        self._refuse(lease._replace(rows=[rows[index]]), answer)
        others = [*rows[:index], *rows[index + 1 :]]
        return [lease._replace(rows=others)] if others else []

    @api.model
    def _refuse(self, lease, answer):
        self._update_leased(
            lease,
            SQL(
                """
                state = 'refused', reason = %s, code = %s, subcode = %s,
                trace_id = %s, next_try_at = NULL, lease_token = NULL
                """,
                self._in_words(answer),
                answer.code,
                answer.subcode,
                answer.trace_id or None,
            ),
        )

    @api.model
    def _retry(self, lease, answer):
        """Put the rows back for later; those tried too often count as refused."""
        spent = [row for row in lease.rows if answer.tries and row[2] >= answer.tries]
        rest = [row for row in lease.rows if row not in spent]
        if rest:
            self._put_back(lease._replace(rows=rest), answer)
        return self._find_culprits(lease._replace(rows=spent), answer) if spent else []

    @api.model
    def _put_back(self, lease, answer, refund=False):
        """Queue leased rows again.

        :param bool refund: whether the try counts for nothing, as the events are not
            to blame
        """
        for tries in {row[2] for row in lease.rows}:
            seconds = 0 if refund else answer.resume_after or queue.back_off(tries)
            self._update_leased(
                lease._replace(rows=[row for row in lease.rows if row[2] == tries]),
                SQL(
                    """
                    state = 'queued', reason = %s, code = %s, subcode = %s,
                    trace_id = %s, lease_token = NULL, tries = tries - %s,
                    next_try_at = LEAST(%s, event_time + make_interval(secs => %s))
                    """,
                    self._in_words(answer),
                    answer.code,
                    answer.subcode,
                    answer.trace_id or None,
                    int(refund),
                    queue.in_seconds(seconds),
                    capi_event.MAX_AGE - capi_event.MARGIN,
                ),
            )

    @api.model
    def _release(self, waiting):
        """Put back, uncharged, what will not be sent in this run."""
        while waiting:
            self._update_leased(
                waiting.popleft(),
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

    @api.model
    def _in_words(self, answer: capi_answer.Answer):
        """Meta's title and words, then ours."""
        words = [answer.title, answer.message, answer.meaning, answer.cure]
        return self.env["meta.sync.log"]._in_words(words) or None
