import json

from odoo import api, fields, models
from odoo.tools import SQL

from ..protocol import funnel_backfill
from .meta_capi_rule import STEPS
from .words import Words

#: What is or was to be sent, and what is not.
PLANNED = ("send", "queued", "skipped")
#: Columns that a plan fills, with their PostgreSQL types.
COLUMNS = {
    "backfill_id": "int",
    "company_id": "int",
    "lead_id": "int",
    "submission_id": "int",
    "dataset_id": "int",
    "step": "varchar",
    "stage_id": "int",
    "event_name": "varchar",
    "event_time": "timestamp",
    "kind": "varchar",
    "reason": "text",
    "event_id": "int",
}


class MetaCapiBackfillLine(models.Model):
    """One step of one lead's past: whether it is reported, and if not, why.

    Written by the plan; what is to be sent becomes ``queued``, or ``skipped`` where
    something happened since. No personal data.
    """

    _name = "meta.capi.backfill.line"
    _description = "Past Step of a Lead"
    _order = "event_time, id"
    _rec_name = "event_name"

    backfill_id = fields.Many2one(
        "meta.capi.backfill", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    lead_id = fields.Many2one(
        "crm.lead", readonly=True, ondelete="set null", index="btree_not_null"
    )
    submission_id = fields.Many2one(
        "meta.lead.submission",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
        help="The filled-in form that this lead came from.",
    )
    dataset_id = fields.Many2one(
        "meta.capi.dataset",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
    )
    step = fields.Selection(
        STEPS,
        readonly=True,
        help="What the lead did: came in, was converted, reached a stage, or was lost.",
    )
    stage_id = fields.Many2one("crm.stage", readonly=True, ondelete="set null")
    event_name = fields.Char(
        "Event name", readonly=True, help="The name under which Meta gets the step."
    )
    event_time = fields.Datetime(
        "Moment",
        readonly=True,
        help="When the lead took the step: the event's own time. Meta takes none older "
        "than 7 days.",
    )
    kind = fields.Selection(
        [
            (funnel_backfill.SEND, "To send"),
            ("queued", "Sent to the queue"),
            ("skipped", "Left out"),
            (funnel_backfill.REPORTED, "Already reported"),
            (funnel_backfill.NOT_SENT, "Not to send"),
        ],
        "What happens",
        required=True,
        readonly=True,
        help="Left out: it was to be sent, but something happened since; see the "
        "reason.",
    )
    reason = Words(readonly=True)
    event_id = fields.Many2one(
        "meta.capi.event",
        "Event",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The event that reports this step.",
    )
    event_state = fields.Selection(
        related="event_id.state",
        string="State of the event",
        help="What became of it: accepted by Meta, waiting, or what went wrong.",
    )

    _by_kind = models.Index("(backfill_id, kind, id)")

    @api.model
    def _insert(self, values):
        """Write the lines of a chunk by one statement: a plan has tens of thousands.

        :param list values: dicts of :data:`COLUMNS`; what is missing or False is empty
        """
        rows = [
            {name: value for name, value in line.items() if value is not False}
            for line in values
        ]
        self.env.execute_query(
            SQL(
                """
                INSERT INTO meta_capi_backfill_line
                       (%(names)s, create_uid, create_date, write_uid, write_date)
                SELECT %(names)s, %(user)s, %(now)s, %(user)s, %(now)s
                  FROM json_to_recordset(%(rows)s) AS given (%(typed_names)s)
             RETURNING id
                """,
                names=SQL(", ".join(COLUMNS)),
                typed_names=SQL(", ".join(map(" ".join, COLUMNS.items()))),
                rows=json.dumps(rows, default=str),
                user=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        self.invalidate_model()

    def action_open_lead(self):
        """The lead of this step."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.lead",
            "res_id": self.lead_id.id,
            "views": [(False, "form")],
        }
