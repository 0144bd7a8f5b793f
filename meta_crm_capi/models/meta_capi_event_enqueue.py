import json
import logging
from datetime import datetime, timezone

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from ..protocol import event as capi_event
from ..protocol import funnel
from ..protocol import words as english
from . import consent, queue
from .meta_capi_dataset_kind import CRM, MESSAGING

_logger = logging.getLogger(__name__)

NO_DATASET = english._lt(
    "No dataset: neither the form nor its Page names an active one, and the"
    " company has not exactly one."
)
NO_MESSAGING_DATASET = english._lt(
    "No messaging dataset: the account that was written to names no active one, and"
    " the company has not exactly one."
)
NO_CLICK = english._lt(
    "Meta cannot recognise this chat: its message named neither the click on the ad"
    " nor who wrote."
)
TEST_LEAD = english._lt(
    "Test lead: by the policy of its Page, Meta is told nothing of it."
)
STOPPED = english._lt("The dataset was stopped by an administrator.")
INTERNAL_ERROR = english._lt("Internal error while queueing: see the server log.")

#: Columns of the raw INSERT, in order, with their PostgreSQL types.
COLUMNS = {
    "dataset_id": "int",
    "submission_id": "int",
    "lead_id": "int",
    "company_id": "int",
    "rule_id": "int",
    "step": "varchar",
    "stage_id": "int",
    "entry": "int",
    "event_name": "varchar",
    "event_id": "varchar",
    "event_time": "timestamp",
    "value": "numeric",
    "currency_id": "int",
    "state": "varchar",
    "reason": "text",
    "next_try_at": "timestamp",
}
_NAMES = SQL(", ".join(COLUMNS))
_TYPED_NAMES = SQL(", ".join(f"{name} {kind}" for name, kind in COLUMNS.items()))


class MetaCapiEvent(models.Model):
    """From the moves of one transaction to outbox rows, inside that transaction.

    One SELECT finds which of the moved leads are Meta's, one what was reported of them
    before, one more what their contacts say of consent where they have any, and one raw
    INSERT writes all rows. Nothing else of Meta happens while the salesperson waits, so
    each statement is kept simple: of a save it is the planning that costs.
    """

    _inherit = "meta.capi.event"

    @api.model
    def _enqueue_moves(self, moves, arrivals, further=None):
        """Write the outbox rows for what happened in this transaction.

        A conflict with another transaction is raised again, so that Odoo repeats the
        whole transaction; any other error is logged and told by a row, and never
        stops the salesperson's save.

        :param dict moves: ``{lead id: funnel.Snapshot}`` at the start of the
            transaction
        :param arrivals: ids of the submissions that this transaction brought in
        :param dict further: ``{lead id: kinds of steps}`` that integrations reported
        """
        self = self.with_env(self.env(user=SUPERUSER_ID, su=True, context={}))
        # Not our errors yet: this reads the lead, which may complete what others began.
        # Most moves are of leads that are not Meta's and end here.
        found = self._find_moved(list(moves), list(arrivals))
        if not found:
            return
        try:
            with self.env.cr.savepoint(flush=False):
                wake = self._enqueue(moves, arrivals, found, further or {})
        except Exception as error:
            if queue.is_conflict(error):
                raise
            _logger.error(
                "Meta events of this transaction could not be queued: %s",
                queue.describe(error),
            )
            self._enqueue_internal_error(moves, arrivals)
            return
        if wake:
            self._wake_once()

    @api.model
    def _enqueue(self, moves, arrivals, found, further):
        """Plan every moved submission and write the rows.

        :param list found: what :meth:`_find_moved` returned
        :return: whether the sender is to be woken for them
        :rtype: bool
        """
        rows = []
        at_once = set()
        funnels = self.env["meta.capi.rule"]._get_funnels()
        reported = self._find_reported(found)
        self._add_consents(found)
        routed = [(moved, self._route(funnels, moved)) for moved in found]
        for moved, dataset in self._merge_chats(routed, reported):
            moved["further_steps"] = further.get(moved["lead_id"], ())
            arrived = moved["submission_id"] in arrivals
            before = None if arrived else moves[moved["lead_id"]]
            key = moved["submission_id"], dataset and dataset.id
            rows += self._prepare_rows(funnels, dataset, before, moved, reported[key])
            if dataset and dataset.send_at_once:
                at_once.add(dataset.id)
        if rows:
            self._insert(rows)
        return any(
            row["state"] == "queued" and row["dataset_id"] in at_once for row in rows
        )

    @api.model
    def _route(self, funnels, found):
        """The dataset of a submission: its form's, its Page's, or the only one.

        That of a chat is its account's, or the only one for chats.
        """
        kind = MESSAGING if found["referral_id"] else CRM
        for named in (
            funnels.form_datasets.get(found["form_id"]),
            funnels.page_datasets.get(found["page_id"]),
            funnels.account_datasets.get(found["account_id"]),
        ):
            if named:
                return funnels.datasets.get(named)
        own = [
            dataset
            for dataset in funnels.datasets.values()
            if dataset.company_id == found["company_id"] and dataset.kind == kind
        ]
        # One that was stopped does not stand in the way of its successor.
        own = [dataset for dataset in own if not dataset.is_stopped] or own
        return own[0] if len(own) == 1 else None

    @api.model
    def _prepare_rows(self, funnels, dataset, before, found, reported):
        """The rows of one submission for one transaction."""
        now = int(self.env.cr.now().replace(tzinfo=timezone.utc).timestamp())
        dataset_id = dataset.id if dataset else None
        steps = funnel.plan(
            self.env["meta.capi.rule"]._get_pipeline(dataset_id, found["team_id"]),
            before,
            found["after"],
            reported,
            moved_at=now,
            submitted_at=found["submitted_at"],
            fill_skipped_steps=bool(dataset and dataset.fill_skipped_steps),
            every_entry=bool(dataset and dataset.every_entry),
            backward_moves=bool(dataset and dataset.backward_moves),
            further_steps=found["further_steps"],
        )
        against_all = self._get_reason_against_all(dataset, found)
        is_chat = bool(dataset and found["referral_id"])
        rows = []
        for step in steps:
            if against_all and step.skipped:
                continue
            if is_chat and step.step == funnel.RAW_LEAD and not step.rule:
                # That somebody wrote is no step that Meta waits to hear of.
                continue
            reason = against_all or step.reason
            if reason:
                row = self._prepare_row(found, dataset_id, step, reason)
            else:
                row = self._prepare_queued(funnels, dataset, found, step)
            rows.append(row)
        return rows

    @api.model
    def _prepare_queued(self, funnels, dataset, found, step):
        """The row of a step that is reported."""
        row = self._prepare_row(found, dataset.id, step, None)
        event_name = step.rule.event_name
        row["event_id"] = capi_event.event_id(
            dataset.meta_id,
            found["meta_id"] or found["chat_key"],
            event_name,
            step.entry,
        )
        # Of a form sent by a clock ahead of ours: wait, never change times.
        row["next_try_at"] = row["event_time"]
        if step.carries_value:
            row.update(self._prepare_value(funnels, dataset, found, step.rule))
        return row

    @api.model
    def _get_reason_against_all(self, dataset, found):
        """Why nothing of this submission is reported, whatever it did; or None."""
        if found["test_only"]:
            return TEST_LEAD
        if not dataset:
            return NO_MESSAGING_DATASET if found["referral_id"] else NO_DATASET
        if found["referral_id"] and not found["chat_key"]:
            return NO_CLICK
        if dataset.is_stopped:
            return STOPPED
        return consent.reason_against(found["consent"], dataset.unknown_consent)

    @api.model
    def _prepare_value(self, funnels, dataset, found, rule):
        """What the step is worth at this moment, in the currency that it is kept in.

        Revenue is in the currency of the lead's company, a fixed amount in that of the
        dataset's. Less than nothing is no worth: it counts as 0.
        """
        worth = funnels.values[rule.id]
        if worth.source == "none":
            return {}
        company_id = found["currency_company_id"]
        if worth.source == "fixed":
            amount, company_id = worth.fixed_value, dataset.company_id
        else:
            amount = found[worth.source]
        company = self.env["res.company"].browse(company_id)
        return {"value": max(amount or 0, 0), "currency_id": company.currency_id.id}

    @api.model
    def _prepare_row(self, found, dataset_id, step, reason):
        event_time = datetime.fromtimestamp(step.event_time, timezone.utc)
        return {
            **dict.fromkeys(COLUMNS),
            "dataset_id": dataset_id,
            "submission_id": found["submission_id"],
            "lead_id": found["lead_id"],
            "company_id": found["company_id"],
            "rule_id": step.rule.id if step.rule else None,
            "step": step.step,
            "stage_id": step.stage_id,
            "entry": step.entry,
            "event_name": step.rule.event_name if step.rule else None,
            "event_time": event_time.replace(tzinfo=None),
            "state": "not_sent" if reason else "queued",
            "reason": reason,
        }

    @api.model
    def _insert(self, rows):
        """Write all rows by one statement.

        A row of another transaction that committed meanwhile makes PostgreSQL refuse
        this one (it reads repeatably), and Odoo runs the transaction again.

        :return: the row of each event id; of a step that had its event before, none
        :rtype: dict[str, int]
        """
        now = self.env.cr.now()
        # The rows as one text: measured cheaper than a list for each column, for one
        # row as for a thousand. The conflict is that of ``_once``: to name it would be
        # to pay for it with each save.
        inserted = self.env.execute_query(
            SQL(
                """
                INSERT INTO meta_capi_event
                       (%(names)s, tries, create_date, write_date)
                SELECT %(names)s, 0, %(now)s, %(now)s
                  FROM json_to_recordset(%(rows)s) AS given (%(typed_names)s)
                    ON CONFLICT DO NOTHING
             RETURNING event_id, id
                """,
                names=_NAMES,
                typed_names=_TYPED_NAMES,
                rows=json.dumps(rows, default=str),
                now=now,
            )
        )
        self.invalidate_model()
        return dict(inserted)

    @api.model
    def _enqueue_internal_error(self, moves, arrivals):
        """Leave a row for each move that our own error kept from the queue."""
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.execute_query(
                    SQL(
                        """
                        INSERT INTO meta_capi_event
                               (submission_id, lead_id, company_id, step, stage_id,
                                entry, event_time, state, reason, tries,
                                create_date, write_date)
                        SELECT submission.id, lead.id, submission.company_id, %(step)s,
                               lead.stage_id, 0, %(now)s, 'not_sent', %(reason)s, 0,
                               %(now)s, %(now)s
                          FROM meta_lead_submission submission
                          JOIN crm_lead lead ON lead.id = submission.lead_id
                         WHERE submission.lead_id = ANY(%(leads)s)
                            OR submission.id = ANY(%(arrivals)s)
                     RETURNING id
                        """,
                        step=funnel.STAGE,
                        now=self.env.cr.now().replace(microsecond=0),
                        reason=INTERNAL_ERROR,
                        leads=list(moves),
                        arrivals=list(arrivals),
                    )
                )
        except Exception as error:
            if queue.is_conflict(error):
                raise
            _logger.error(
                "Not even the reason could be stored: %s", queue.describe(error)
            )

    @api.model
    def _wake_once(self):
        """Wake the deliver cron after this commit; once, as each wake-up connects."""
        told = self.env.cr.postcommit.data
        if told.get("meta_crm_capi.wake"):
            return
        told["meta_crm_capi.wake"] = True
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.ref("meta_crm_capi.ir_cron_deliver")._trigger()
        except Exception as error:
            if queue.is_conflict(error):
                raise
            _logger.error(
                "The sender could not be woken; it runs every minute: %s",
                queue.describe(error),
            )
