import logging
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing
from functools import partial

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..protocol import batch as capi_batch
from ..protocol import messaging
from ..protocol.client import TIMEOUT
from . import queue
from .meta_capi_event_run import MOST_REQUESTS, PATIENCE, Call, Run
from .meta_capi_lease import LEASE

_logger = logging.getLogger(__name__)

#: What a request is made of. Read by name: each transaction reads it anew, and all
#: fields of such records are many.
OF_DATASET = (
    "connection_id",
    "meta_id",
    "test_event_code",
    "access_token_stored",
    "kind",
    "resend_unknown",
)
OF_CONNECTION = (
    "partner_agent",
    "graph_version",
    "access_token_stored",
    "app_secret_stored",
)


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
            # Whoever the scheduled action runs as.
            self.sudo()._deliver_due()
        except Exception as error:
            self.env.cr.rollback()
            _logger.error(
                "Delivery to Meta stopped; it goes on with the next run: %s",
                queue.describe(error),
            )

    @api.model
    def _deliver_due(self):
        """Keep one request in flight for each dataset that has something due."""
        self._plan_by_index()
        # A transaction that is rolled back would take it along.
        self.env["ir.cron"]._commit_progress()
        begun, unclear = queue.store(self.env, self.env["meta.capi.lease"]._end_expired)
        for dataset_id in unclear:
            self._tell_unclear(dataset_id)
        self._look_at_deadlines()
        self._forward_replaced()
        sent = 0
        with closing(Run()) as run, ThreadPoolExecutor(MOST_REQUESTS) as pool:
            run.careful = begun
            while True:
                chosen = self._find_next(run, sent)
                for dataset_id in chosen:
                    self._guard(run, dataset_id, self._start, pool)
                # Where none of them could be called, it is others' turn.
                if not (chosen or run.in_flight):
                    break
                ended = wait(
                    run.in_flight, timeout=PATIENCE, return_when=FIRST_COMPLETED
                ).done
                sent = 0
                for future in ended:
                    call = run.in_flight.pop(future)
                    sent += len(call.lease.rows)
                    dataset_id = call.lease.dataset_id
                    self._guard(run, dataset_id, self._settle, call, future)
        for dataset_id in list(run.waiting):
            self._guard(run, dataset_id, self._release)
        remaining = len(self._find_due_datasets() - run.stuck)
        if remaining:
            # A run that is merely "partially done" would sleep for up to a minute.
            self.env.ref("meta_crm_capi.ir_cron_deliver")._trigger()
        self.env["ir.cron"]._commit_progress(remaining=remaining)

    @api.model
    def _look_at_deadlines(self):
        """Heed the deadlines; where nobody can be told of them, send all the same."""
        try:
            queue.store(self.env, self._heed_deadlines)
        except Exception as error:
            self.env.cr.rollback()
            _logger.error(
                "Nobody could be told of events that wait: %s", queue.describe(error)
            )
            # What is too old would be refused with its whole batch.
            datasets = self.env["meta.capi.dataset"].with_context(active_test=False)
            queue.store(self.env, self._expire, datasets.search(Domain.TRUE))

    @api.model
    def _plan_by_index(self):
        """Let PostgreSQL go by its indexes, for the rest of this session.

        What is sent was written a moment ago, and is in memory. Left to think of disks,
        it now and then reads a whole table for a batch, or sorts the queue for a claim.
        """
        self.env.cr.execute(SQL("SET random_page_cost = 1"))

    @api.model
    def _guard(self, run, dataset_id, operation, *args):
        """Do one thing for a dataset; whatever fails, fails for this dataset alone.

        The answers to the requests under way to others must not be lost by it.
        """
        try:
            operation(run, dataset_id, *args)
        except Exception as error:
            self.env.cr.rollback()
            run.given_up.add(dataset_id)
            if not queue.is_conflict(error):
                run.stuck.add(dataset_id)
                _logger.error(
                    "Delivery to dataset %s failed: %s",
                    dataset_id,
                    queue.describe(error),
                )
                self._tell_fault(dataset_id)

    @api.model
    def _tell_fault(self, dataset_id):
        """Let the dataset say that a fault of ours holds it up."""
        dataset = self.env["meta.capi.dataset"].browse(dataset_id)
        try:
            queue.store(self.env, dataset._fail)
        except Exception as error:
            self.env.cr.rollback()
            _logger.error("Nobody could be told of it: %s", queue.describe(error))

    @api.model
    def _find_next(self, run, sent):
        """Ids of the datasets to call now.

        :param int sent: how many events were sent since it was asked before
        """
        waiting = {dataset_id for dataset_id in run.waiting if run.waiting[dataset_id]}
        ready = self._find_due_datasets(waiting)
        # No transaction stays open while Meta answers.
        run.time_left = self.env["ir.cron"]._commit_progress(
            sent, remaining=len(ready - run.stuck)
        )
        if run.is_over:
            ready.clear()
        elif not run.time_left and not run.slow:
            ready &= waiting
        ready -= run.given_up
        busy = run.busy
        for dataset_id in waiting - ready - busy:
            self._guard(run, dataset_id, self._release)
        return run.choose(ready - busy)

    @api.model
    def _start(self, run, dataset_id, pool):
        """Send the next lease of a dataset, once it is on record.

        While Meta answers, the lease after it is made ready.
        """
        leases = run.waiting[dataset_id]
        if not leases:
            self._claim_and_tell(dataset_id, leases)
            self.env["ir.cron"]._commit_progress()
        lease = self._renew(leases)
        if not lease:
            run.given_up.add(dataset_id)
            return
        dataset = self.env["meta.capi.dataset"].browse(dataset_id)
        try:
            request = self._prepare_request(lease, run.sessions[dataset_id])
            stamp, is_once = dataset._get_token_stamp(), dataset._is_once()
            # What the last look found, and the lease's time, before the POST.
            self.env["ir.cron"]._commit_progress()
        except Exception as error:
            self.env.cr.rollback()
            leases.appendleft(lease)
            if not isinstance(error, UserError):
                raise
            # Nothing to call with: no token, or an address that must not be called.
            run.given_up.add(dataset_id)
            if dataset.state != "stopped":
                queue.store(self.env, dataset._pause, str(error))
            return
        run.requests[dataset_id] += 1
        call = Call(lease, stamp, time.monotonic(), is_once)
        run.in_flight[pool.submit(request)] = call
        may_claim = dataset_id not in run.careful and run.time_left and not run.is_over
        if not leases and may_claim:
            self._claim_and_tell(dataset_id, leases)
            self.env["ir.cron"]._commit_progress()

    @api.model
    def _claim_and_tell(self, dataset_id, leases):
        """Claim what is due; what our own check refuses is told in its own time."""
        refused = self._claim(dataset_id, leases)
        if refused:
            self.env["ir.cron"]._commit_progress()
            dataset = self.env["meta.capi.dataset"].browse(dataset_id)
            words = self.browse(refused[-1]).reason
            queue.store(self.env, dataset._alarm_refused, len(refused), words)

    @api.model
    def _prepare_request(self, lease, session):
        """The call that sends a lease; it needs no cursor and can run in a thread."""
        dataset = self.env["meta.capi.dataset"].browse(lease.dataset_id)
        dataset.fetch(OF_DATASET)
        dataset.connection_id.fetch(OF_CONNECTION)
        join = partial(
            capi_batch.body,
            partner_agent=dataset.connection_id.partner_agent or None,
            test_event_code=dataset.test_event_code or None,
        )
        graph = dataset._get_client(session)
        # Later than this, somebody else may have taken the rows.
        not_after = lease.since + LEASE - TIMEOUT
        return partial(self._post, graph, dataset.meta_id, lease.rows, join, not_after)

    @staticmethod
    def _post(graph, dataset_meta_id, rows, join, not_after):
        """Send a batch, unless this process was held up until the lease ran out.

        It is joined here, in the thread, while PostgreSQL looks for the next one.
        """
        with graph:
            body = join([row.body.encode() for row in rows])
            if time.monotonic() > not_after:
                return None
            return graph.send_events(dataset_meta_id, body)

    @api.model
    def _settle(self, run, dataset_id, call, future):
        """Store what Meta answered, and then what it means for dataset and rules.

        A failure of our own leaves the rows to the end of their lease.

        :param future: of the request; its result is a ``client.Result``, or None
            when it was not made
        """
        lease, leases = call.lease, run.waiting[dataset_id]
        result = future.result()
        if result is None:
            leases.appendleft(lease)
            run.given_up.add(dataset_id)
            return
        progress = run.progress[dataset_id]
        is_unclear = call.is_once and messaging.may_have_counted(result)
        outcome = progress.judge(lease, result.answer, is_unclear)
        found, is_well = queue.store(
            self.env, self._apply_result, lease, result, outcome, progress.waits
        )
        leases.extendleft(reversed(found))
        run.careful.discard(dataset_id)
        if not outcome.goes_on:
            run.given_up.add(dataset_id)
            self._put_search_off(leases, result.answer, progress.waits)
        if outcome.later:
            run.stuck.add(dataset_id)
        self._heed_answer(call, leases, result.answer, outcome.finding, is_well)
        if outcome.unclear:
            words = self._in_words(result.answer, with_cure=False)
            self._tell_unclear(dataset_id, words or "")

    @api.model
    def _heed_answer(self, call, leases, answer, finding, is_well):
        """Store what an answer means for the dataset and its rules.

        In transactions of their own: an administrator who saves the dataset or the
        rule at this moment must not undo the results.

        :param bool is_well: whether it means nothing for the dataset
        """
        lease = call.lease
        dataset = self.env["meta.capi.dataset"].browse(lease.dataset_id)
        if not is_well:
            count = len(lease.rows)
            queue.store(
                self.env, dataset._heed, answer, count, call.stamp, lease.is_search
            )
        if finding.culprits:
            words = self._in_words(finding.culprits[-1].answer)
            queue.store(self.env, dataset._alarm_refused, len(finding.culprits), words)
        if finding.rules:
            self._set_rules_aside(leases, finding)

    @api.model
    def _tell_unclear(self, dataset_id, words=None):
        """Ask a person about what Meta may have; see ``_heed_unclear``."""
        dataset = self.env["meta.capi.dataset"].browse(dataset_id)
        queue.store(self.env, dataset._heed_unclear, words)

    @api.model
    def _put_search_off(self, leases, answer, waits):
        """What was in a failed batch is not due again before its back-off."""
        if answer.verdict != "retry":
            return
        for lease in [lease for lease in leases if lease.is_search]:
            leases.remove(lease)
            queue.store(self.env, self._put_off, lease, answer, waits)

    @api.model
    def _put_off(self, lease, answer, waits):
        self._put_back(lease, lease.all_rows, answer, waits)
        self.env["meta.capi.lease"]._end(lease.id)

    @api.model
    def _set_rules_aside(self, leases, finding):
        """Stop sending the events of rules that are to blame themselves."""
        for rule_id in finding.rules:
            words = next(
                self._in_words(culprit.answer)
                for culprit in finding.culprits
                if culprit.item.rule_id == rule_id
            )
            rule = self.env["meta.capi.rule"].browse(rule_id)
            queue.store(self.env, rule._set_aside, words)
        for _number in range(len(leases)):
            lease = leases.popleft()
            group = lease.group.keep(lambda row: row.rule_id not in finding.rules)
            if group.items:
                leases.append(lease._replace(group=group))
            else:
                queue.store(self.env, self.env["meta.capi.lease"]._end, lease.id)

    @api.model
    def _release(self, run, dataset_id):
        """Put back, uncharged, what will not be sent in this run."""
        leases = run.waiting[dataset_id]
        while leases:
            lease = leases.popleft()
            queue.store(self.env, self.env["meta.capi.lease"]._end, lease.id)
