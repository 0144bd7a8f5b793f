import logging
import time
from collections import defaultdict, deque
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from functools import partial

from odoo import api, models
from odoo.exceptions import UserError

from ..protocol import batch as capi_batch
from . import queue

_logger = logging.getLogger(__name__)

#: Requests side by side, each to another dataset.
PARALLEL_DATASETS = 8
#: Parts of a refused batch are followed up for so long after the run began (seconds).
FOLLOW_UP = 60

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
                    goes_on = self._settle(lease, future, waiting)
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
    def _settle(self, lease, future, waiting):
        """Store what Meta answered, and then what it means for the dataset.

        A failure of our own leaves the rows to the end of their lease, and the results
        of the other datasets alone.

        :param future: of the request; its result is a ``client.Result``
        :param waiting: gets the parts of a batch that has to be taken apart
        :return: whether the dataset may be called again in this run
        :rtype: bool
        """
        try:
            result = future.result()
            more = queue.store(self.env, self._apply_result, lease, result)
            waiting.extendleft(reversed(more))
            # In a transaction of its own: an administrator who saves the dataset at
            # this moment must not undo the results.
            dataset = self.env["meta.capi.dataset"].browse(lease.dataset_id)
            queue.store(self.env, dataset._heed, result.answer)
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Meta's answer for dataset %s is lost", lease.dataset_id)
            return False
        return result.answer.verdict in ("accepted", "refuse")
