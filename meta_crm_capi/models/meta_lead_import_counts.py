from odoo import api, fields, models

from .meta_lead_import import NO_LEADS

#: The field that shows how many lines there are, by their kind.
OF_KIND = {
    "create": "create_count",
    "join": "join_count",
    "attach": "attach_count",
    "ambiguous": "ambiguous_count",
    "parked": "healed_count",
    "known": "known_count",
    "unreadable": "unreadable_count",
    "foreign": "foreign_count",
}
#: Which submissions a number of what was done counts: state, attached, joined.
OF_DONE = {
    "made_count": ("done", False, False),
    "joined_count": ("done", False, True),
    "attached_count": ("done", True, False),
    "parked_count": ("parked", False, False),
    "ignored_count": ("ignored", False, False),
    "waiting_count": ("received", False, False),
}


class MetaLeadImport(models.Model):
    """What an import found and did, in numbers that lead to the rows themselves."""

    _inherit = "meta.lead.import"

    create_count = fields.Integer(
        "New leads",
        compute="_compute_line_counts",
        help="Leads that would be made.",
    )
    join_count = fields.Integer(
        "To add to open leads",
        compute="_compute_line_counts",
        help="Leads of persons who have a lead from Meta already; they would join it.",
    )
    attach_count = fields.Integer(
        "To attach",
        compute="_compute_line_counts",
        help="Leads in Odoo that would get their Meta lead ID.",
    )
    ambiguous_count = fields.Integer(
        "To choose",
        compute="_compute_line_counts",
        help="Leads with several matches in Odoo: you choose.",
    )
    healed_count = fields.Integer(
        "Parked till now",
        compute="_compute_line_counts",
        help="Parked leads that could be read now.",
    )
    known_count = fields.Integer(
        "Known already",
        compute="_compute_line_counts",
        help="Leads that are in Odoo already, with their Meta lead ID.",
    )
    unreadable_count = fields.Integer(
        "Unreadable",
        compute="_compute_line_counts",
        help="Rows of the file that are no leads.",
    )
    foreign_count = fields.Integer(
        "Of other forms",
        compute="_compute_line_counts",
        help="Rows of the file that are of another form.",
    )
    repeated_count = fields.Integer(
        "Repeated",
        compute="_compute_line_counts",
        help="Rows that name a lead once more; each lead is imported once.",
    )
    made_count = fields.Integer(
        "Imported as leads",
        compute="_compute_done_counts",
        help="Leads that were made.",
    )
    joined_count = fields.Integer(
        "Added to open leads",
        compute="_compute_done_counts",
        help="Leads that joined the one that their person had.",
    )
    attached_count = fields.Integer(
        "Attached",
        compute="_compute_done_counts",
        help="Leads in Odoo that got their Meta lead ID.",
    )
    parked_count = fields.Integer(
        "Parked",
        compute="_compute_done_counts",
        help="Leads that wait for a person.",
    )
    ignored_count = fields.Integer(
        "Test leads left out",
        compute="_compute_done_counts",
        help="Test leads that their Page leaves out.",
    )
    waiting_count = fields.Integer(
        "Under way",
        compute="_compute_done_counts",
        help="Leads that are still to be made.",
    )

    @api.depends("line_ids.kind", "position")
    def _compute_line_counts(self):
        groups = self.env["meta.lead.import.line"]._read_group(
            [("import_id", "in", self.ids)], ["import_id", "kind"], ["row_count:sum"]
        )
        found = {(run, kind): count for run, kind, count in groups}
        for run in self:
            for kind, name in OF_KIND.items():
                run[name] = found.get((run._origin, kind), 0)
            named = sum(run[name] for name in OF_KIND.values())
            run.repeated_count = max(0, run.found_count - named)

    @api.depends(
        "submission_ids.state",
        "submission_ids.is_attached",
        "submission_ids.is_joined",
        "position",
    )
    def _compute_done_counts(self):
        groups = self.env["meta.lead.submission"]._read_group(
            [("import_id", "in", self.ids)],
            ["import_id", "state", "is_attached", "is_joined"],
            ["__count"],
        )
        found = {tuple(keys): count for *keys, count in groups}
        for run in self:
            for name, keys in OF_DONE.items():
                run[name] = found.get((run._origin, *keys), 0)

    def action_open_lines(self):
        """What becomes of each lead; the context says which are wanted."""
        self.ensure_one()
        kind = self.env.context.get("meta_kind")
        action = {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "meta_crm_capi.meta_lead_import_line_action"
            ),
            "domain": [("import_id", "=", self.id)],
            "context": {f"search_default_{kind}": 1} if kind in OF_KIND else {},
        }
        if kind in NO_LEADS:
            view = self.env.ref("meta_crm_capi.meta_lead_import_line_view_list_bad")
            action["views"] = [(view.id, "list")]
        return action

    def action_open_submissions(self):
        """The submissions of the import; the context may name the number they make."""
        self.ensure_one()
        domain = [("import_id", "=", self.id)]
        keys = OF_DONE.get(self.env.context.get("meta_count"))
        if keys:
            names = ("state", "is_attached", "is_joined")
            domain += [
                (name, "=", value) for name, value in zip(names, keys, strict=True)
            ]
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "meta_crm_capi.meta_lead_submission_action"
            ),
            "domain": domain,
            "context": {},
        }
