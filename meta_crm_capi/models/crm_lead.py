from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..protocol import lead as meta_lead


class CrmLead(models.Model):
    _inherit = "crm.lead"

    meta_lead_id = fields.Char(
        "Meta lead ID",
        compute="_compute_meta_lead_id",
        inverse="_inverse_meta_lead_id",
        search="_search_meta_lead_id",
        compute_sudo=True,
        copy=False,
        help="The newest Meta lead of this lead. Entering another one adds it.",
    )
    meta_submission_ids = fields.One2many(
        "meta.lead.submission",
        "lead_id",
        "Meta submissions",
        groups="meta_crm_capi.group_meta_user",
        copy=False,
    )
    meta_event_ids = fields.One2many(
        "meta.capi.event",
        "lead_id",
        "Meta events",
        groups="meta_crm_capi.group_meta_user",
        copy=False,
    )
    meta_event_count = fields.Integer(
        "Meta events", compute="_compute_meta_event_count", compute_sudo=True
    )

    @api.depends("meta_submission_ids.meta_id")
    def _compute_meta_lead_id(self):
        for lead in self:
            newest = lead.meta_submission_ids.sorted(
                lambda row: (row.submitted_at or row.create_date, row.id)
            )[-1:]
            lead.meta_lead_id = newest.meta_id

    @api.depends("meta_event_ids")
    def _compute_meta_event_count(self):
        counts = dict(
            self.env["meta.capi.event"]._read_group(
                [("lead_id", "in", self.ids)], ["lead_id"], ["__count"]
            )
        )
        for lead in self:
            lead.meta_event_count = counts.get(lead, 0)

    def _inverse_meta_lead_id(self):
        """Add what was typed or imported as a further submission."""
        origin = "import" if self.env.context.get("import_file") else "manual"
        for lead in self:
            meta_id = meta_lead.strip_label(lead.meta_lead_id or "").strip()
            if not meta_id:
                continue
            if not meta_id.isdecimal():
                raise ValidationError(
                    self.env._(
                        "“%s” is not a Meta lead ID: it has digits only, 15 to 17 of "
                        "them.",
                        meta_id,
                    )
                )
            self.env["meta.connection"]._check_administrator()
            self.env["meta.lead.submission"].sudo()._add_typed(lead, meta_id, origin)
        self.invalidate_recordset(["meta_lead_id", "meta_submission_ids"])

    @api.model
    def _search_meta_lead_id(self, operator, value):
        # With full rights: who may search leads may not read submissions.
        submissions = self.env["meta.lead.submission"].sudo()
        if operator == "in" and not any(value):
            known = submissions._search([("lead_id", "!=", False)])
            return Domain("id", "not in", known.subselect("lead_id"))
        found = submissions._search(
            [("lead_id", "!=", False), ("meta_id", operator, value)]
        )
        return Domain("id", "in", found.subselect("lead_id"))

    def _merge_dependences(self, opportunities):
        """A merged lead carries the Meta leads of all that it was merged from."""
        # What the others did in this transaction is theirs, not the merged lead's.
        self._hand_over_moves()
        super()._merge_dependences(opportunities)
        tail = opportunities.sudo().with_context(active_test=False)
        tail.meta_submission_ids.write({"lead_id": self.id})
        tail.meta_event_ids.write({"lead_id": self.id})

    def unlink(self):
        """Deleting a lead erases what is stored about the person for Meta's sake."""
        leads = self.sudo()
        submissions = leads.meta_submission_ids
        events = leads.meta_event_ids | submissions.event_ids
        events._erase()
        submissions._erase()
        return super().unlink()

    def action_open_meta_events(self):
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "meta_crm_capi.meta_capi_event_action"
            ),
            "domain": [("lead_id", "=", self.id)],
            "context": {},
        }
