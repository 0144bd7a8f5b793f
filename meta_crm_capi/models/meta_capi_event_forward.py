import logging

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..protocol import event as capi_event
from ..protocol import words as english
from . import consent, queue
from .meta_capi_lease import IS_HELD

_logger = logging.getLogger(__name__)

#: Events that one transaction forwards.
BATCH = 1000

FORWARDED = english._lt("The dataset was replaced: this event goes to the new one.")
FORWARDED_MAYBE = english._lt(
    "The dataset was replaced: this event goes to the new one. It had been sent"
    " to the old one without a clear answer, so Meta may have it there too."
)
HAS_IT = english._lt(
    "The dataset was replaced, and the new one has this event already."
)
NOT_TAKEN = english._lt(
    "The dataset was replaced, and the new one did not take this event: see it there."
)


class MetaCapiEvent(models.Model):
    """What waits in a dataset that was replaced goes to its successor.

    Row by row: the old one is cancelled and says so, a new one is queued under the
    new dataset's own event id. So no dataset gets the same step twice, nothing that
    waits is lost, and what the old dataset may have been told stays on record.
    """

    _inherit = "meta.capi.event"

    def _get_event_id(self, dataset):
        """The id of this event in a dataset."""
        self.ensure_one()
        return capi_event.event_id(
            dataset.meta_id,
            self.submission_id._get_identity(),
            self.event_name,
            self.entry,
        )

    @api.model
    def _forward_replaced(self):
        """Forward what waits, also what comes back from a request under way.

        A fault here costs this alone: everything else is still sent.
        """
        try:
            while queue.store(self.env, self._forward_batch):
                pass
        except Exception as error:
            self.env.cr.rollback()
            _logger.error(
                "Events of a replaced dataset could not be forwarded: %s",
                queue.describe(error),
            )

    @api.model
    def _forward_batch(self):
        """Forward some of them.

        :return: whether there may be more
        :rtype: bool
        """
        replaced = (
            self.env["meta.capi.dataset"]
            .with_context(active_test=False)
            .search([("successor_id", "!=", False)])
        )
        events = self._take_waiting(replaced) if replaced else self
        for dataset, rows in events.grouped("dataset_id").items():
            rows._forward(dataset._get_last_successor())
        return len(events) == BATCH

    @api.model
    def _take_waiting(self, datasets):
        """Lock what waits in these datasets and is not being sent."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id
                  FROM meta_capi_event event
                 WHERE dataset_id = ANY(%s)
                   AND state = 'queued'
                   AND NOT %s
              ORDER BY dataset_id, event_time, id
                 LIMIT %s
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                datasets.ids,
                IS_HELD,
                BATCH,
            )
        )
        return self.browse(row[0] for row in rows)

    def _forward(self, successor):
        """Cancel these and queue their like in another dataset.

        A step that the other one was told meanwhile is not queued again.
        """
        known = {
            row._get_identity(): row
            for row in self.search(
                Domain("dataset_id", "=", successor.id)
                & Domain("submission_id", "in", self.submission_id.ids)
                & Domain("state", "not in", ("not_sent", "cancelled"))
            )
        }
        rules = {
            (rule.step, rule.stage_id, rule.team_id): rule
            for rule in successor.rule_ids
        }
        new = self.filtered(lambda row: row._get_identity() not in known)
        queued = self.create(
            [
                {
                    **values,
                    "dataset_id": successor.id,
                    "rule_id": rules.get(row._get_rule_key(), row.rule_id.browse()).id,
                    "event_id": row._get_event_id(successor),
                    "state": "queued",
                    "reason": False,
                    "tries": 0,
                    "next_try_at": row.event_time,
                    "body": False,
                    "code": False,
                    "subcode": False,
                    "trace_id": False,
                }
                for row, values in zip(new, new.copy_data(), strict=True)
            ]
        )
        queued._set_moved_at(new.mapped("create_date"))
        for reason, rows in self.grouped(
            lambda row: row._get_reason_left(known.get(row._get_identity()))
        ).items():
            rows.write({"state": "cancelled", "reason": reason, "next_try_at": False})

    def _get_identity(self):
        """What makes it the same event in any dataset."""
        return self.submission_id, self.event_name, self.entry

    def _get_reason_left(self, other):
        """Why this one is cancelled, by the event that the other dataset has, or not.

        :param other: that event, or None
        """
        if not other:
            return FORWARDED_MAYBE if self._was_sent() else FORWARDED
        reason = NOT_TAKEN if other.state in ("refused", "expired") else HAS_IT
        return f"{reason} {consent.TRIED_BEFORE}" if self._was_sent() else reason

    def _get_rule_key(self):
        rule = self.rule_id
        return rule.step, rule.stage_id, rule.team_id

    def _set_moved_at(self, moments):
        """Keep when the moves were, whatever the moment of the new rows."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE meta_capi_event event
                   SET create_date = given.moment
                  FROM unnest(%s::int[], %s::timestamp[]) AS given (id, moment)
                 WHERE event.id = given.id
                """,
                self.ids,
                list(moments),
            )
        )
        self.invalidate_recordset(["create_date"])
