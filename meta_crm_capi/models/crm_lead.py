from odoo import api, fields, models
from odoo.fields import Domain


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
        "Number of Meta events",
        compute="_compute_meta_event_count",
        compute_sudo=True,
        help="Events of this lead, also those that were not sent.",
    )

    @api.depends("meta_submission_ids.meta_id")
    def _compute_meta_lead_id(self):
        for lead in self:
            of_forms = lead.meta_submission_ids.filtered("meta_id")
            lead.meta_lead_id = of_forms._get_newest().meta_id

    def _get_newest_meta_submission(self):
        return self.meta_submission_ids._get_newest()

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
            if lead.meta_lead_id and lead.meta_lead_id.strip():
                self.env["meta.connection"]._check_administrator()
                self.env["meta.lead.submission"].sudo()._add_typed(
                    lead, lead.meta_lead_id, origin
                )
        self.invalidate_recordset(["meta_lead_id", "meta_submission_ids"])

    @api.model
    def _search_meta_lead_id(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            # The opposite of the positive search, so that leads without any count.
            return NotImplemented

        def leads_of(domain):
            # With full rights: who may search leads may not read submissions.
            submissions = self.env["meta.lead.submission"].sudo()
            of_forms = [("lead_id", "!=", False), ("meta_id", "!=", False)]
            return submissions._search([*of_forms, *domain]).subselect("lead_id")

        found = Domain("id", "in", leads_of([("meta_id", operator, value)]))
        if operator == "in" and not all(value):
            found |= Domain("id", "not in", leads_of([]))
        return found

    def _merge_dependences(self, opportunities):
        """A merged lead carries the Meta leads of all that it was merged from."""
        # What the others did in this transaction is theirs, not the merged lead's.
        self._hand_over_moves()
        result = super()._merge_dependences(opportunities)
        tail = opportunities.sudo().with_context(active_test=False)
        tail.meta_submission_ids.write({"lead_id": self.id})
        tail.meta_event_ids.write({"lead_id": self.id})
        return result

    def unlink(self):
        """Deleting a lead erases what is stored about the person for Meta's sake."""
        # What is erased stays erased where the caller gets over the refusal.
        self.check_access("unlink")
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
