import logging

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain

from ..protocol import funnel, funnel_backfill
from ..protocol import words as english
from . import queue
from .meta_capi_backfill import AT_WORK, STOPPED
from .meta_capi_event import ERASED

_logger = logging.getLogger(__name__)

#: Steps that one transaction queues.
CHUNK = 500

#: By these a step that was planned is found again.
KEY = ("submission_id", "dataset_id", "step", "stage_id", "event_time")

GONE = english._lt("The lead, or the mapping, was changed after the plan was made.")


class MetaCapiBackfill(models.Model):
    """What was planned is queued chunk by chunk, each looked at once more.

    A chunk is stored by one transaction: its events, and with each line what became of
    it. So whoever dies in between leaves nothing half done, and two plans of the same
    leads cannot report a step twice: the event's own unique index decides.
    """

    _inherit = "meta.capi.backfill"

    @api.model
    def _cron_backfill(self):
        """Go on with every report that is under way. Never raises."""
        try:
            self._run_due()
        except Exception as error:
            self.env.cr.rollback()
            _logger.error(
                "The report of past steps stopped; it goes on with the next run: %s",
                queue.describe(error),
            )

    @api.model
    def _run_due(self):
        commit_progress = self.env["ir.cron"]._commit_progress
        plans = self.search([("state", "in", AT_WORK)], order="id")
        time_left = commit_progress(remaining=len(plans))
        for plan in plans:
            while time_left > 0 and plan._go_on():
                time_left = commit_progress(1, remaining=1)
        queue.store(self.env, plans._finish)
        is_waiting = bool(self.search_count([("state", "=", "sending")], limit=1))
        if is_waiting:
            # A run that is merely "partially done" would sleep for up to a minute.
            self.env.ref("meta_crm_capi.ir_cron_backfill")._trigger()
        commit_progress(remaining=int(is_waiting))

    def _go_on(self):
        """Queue one chunk.

        :return: whether there may be more to do
        :rtype: bool
        """
        try:
            return queue.store(self.env, self._queue_chunk)
        except Exception as error:
            self.env.cr.rollback()
            if queue.is_conflict(error):
                return False
            _logger.error("Past steps were not queued: %s", queue.describe(error))
            queue.store(self.env, self._stop_for, type(error).__name__)
            return False

    def _stop_for(self, name):
        """Wait for a person: the fault is our own.

        :param str name: of the error
        """
        if not self._is_at_work():
            return
        words = english._lt(
            "Odoo failed at it (%(name)s). The server log says where. Resume it"
            " once that is mended: it goes on where it was."
        ) % {"name": name}
        self.write({"state": "paused", "reason": words})
        summary = self._for_reader().env._("The report of past steps to Meta stopped")
        self._alarm(STOPPED, summary, words)

    def _is_at_work(self):
        """Lock the plan; whether nobody paused or cancelled it, or is working on it."""
        locked = self.try_lock_for_update(allow_referencing=True)
        locked.invalidate_recordset()
        return bool(locked) and locked.state == "sending"

    def _queue_chunk(self):
        """Queue the next steps, as far as they are still to be reported.

        :return: whether there are more
        :rtype: bool
        """
        self.ensure_one()
        if not self._is_at_work():
            return False
        of_plan = Domain("backfill_id", "=", self.id)
        to_send = of_plan & Domain("kind", "=", funnel_backfill.SEND)
        lines = self.env["meta.capi.backfill.line"]
        first = lines.search(to_send, order="id", limit=CHUNK)
        if not first:
            self.state = "delivering"
            return False
        # All of a submission together: of its steps one decides about the other.
        lines = lines.search(
            to_send & Domain("submission_id", "in", first.submission_id.ids)
        )
        lines |= first
        lines._queue()
        return True

    def _finish(self):
        """Those are done whose events all have their answer."""
        waiting = {
            plan.id
            for plan, _count in self.env["meta.capi.backfill.line"]._read_group(
                [
                    ("backfill_id", "in", self.ids),
                    ("kind", "=", "queued"),
                    ("event_id.state", "=", "queued"),
                ],
                ["backfill_id"],
                ["__count"],
            )
        }
        self.invalidate_recordset(["state"])
        done = self.filtered(
            lambda plan: plan.state == "delivering" and plan.id not in waiting
        )
        done.write({"state": "done", "ended_at": fields.Datetime.now()})


class MetaCapiBackfillLine(models.Model):
    _inherit = "meta.capi.backfill.line"

    def _queue(self):
        """Queue the events of these steps by what holds at this moment."""
        self = self.with_env(self.env(user=SUPERUSER_ID, su=True, context={}))
        events = self.env["meta.capi.event"]
        funnels = self.env["meta.capi.rule"]._get_funnels()
        pasts, leads = {}, {}
        for found, dataset, steps in self.backfill_id._look_back(self.lead_id.ids):
            leads[found["submission_id"]] = found, dataset, steps
            for past in steps:
                if past.step:
                    values = self.backfill_id._prepare_line(found, dataset, past)
                    pasts[_get_key(values)] = past
        oldest = events._get_oldest_sendable()
        rows, sent = [], {}
        for line in self:
            past = pasts.get(_get_key(line.read(KEY, load=None)[0]))
            if past and past.kind == funnel_backfill.SEND:
                found, dataset, _steps = leads[line.submission_id.id]
                row = events._prepare_queued(funnels, dataset, found, past.step)
                rows.append(row)
                sent[row["event_id"]] = line
            else:
                reason = line._get_reason(past, leads, oldest)
                line.write({"kind": "skipped", "reason": reason})
        if not rows:
            return
        # Last of all: who moves one of these leads now may wait for our commit.
        self.env.flush_all()
        inserted = events._insert(rows)
        for event_id, line in sent.items():
            if event_id in inserted:
                line.write({"kind": "queued", "event_id": inserted[event_id]})
            else:
                reason = funnel.ALREADY_REPORTED
                line.write({"kind": "skipped", "reason": reason})
        events._wake_once()

    def _get_reason(self, past, leads, oldest):
        """Why a step that was planned is not reported now.

        :param past: what is said of it now, or None
        :param dict leads: ``{submission id: (what was found, dataset, steps)}``
        :param oldest: moment, as ``_get_oldest_sendable`` gives it
        """
        if past:
            return past.reason or funnel.ALREADY_REPORTED
        if not self.lead_id or self.submission_id.id not in leads:
            # A lead that was merged lives on in another one.
            return GONE if self.submission_id.lead_id else ERASED
        if self.event_time <= oldest:
            return funnel.TOO_OLD
        found, dataset, steps = leads[self.submission_id.id]
        mine = self.step, self.stage_id.id or None
        if any(
            now.kind == funnel_backfill.REPORTED
            and (now.step.step, now.step.stage_id) == mine
            for now in steps
        ):
            # With a later move, and dated as that.
            return funnel.ALREADY_REPORTED
        against_all = self.env["meta.capi.event"]._get_reason_against_all(
            dataset, found
        )
        if against_all or steps[0].step:
            return against_all or GONE
        return steps[0].reason


def _get_key(values):
    return tuple(values.get(name) or False for name in KEY)
