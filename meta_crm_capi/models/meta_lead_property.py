from odoo import api, fields, models


class MetaLeadProperty(models.Model):
    """A property that a sales team gives to its leads, to be chosen in a mapping.

    Odoo keeps the properties in one value of the team. Each has a row here that follows
    it; a property that is deleted leaves its row archived, so that a mapping to it is
    not lost in silence.
    """

    _name = "meta.lead.property"
    _description = "Property of Leads"
    _order = "team_id, sequence, id"

    name = fields.Char(required=True, readonly=True)
    active = fields.Boolean(default=True, readonly=True)
    sequence = fields.Integer(readonly=True)
    property_name = fields.Char("Name of the property", required=True, readonly=True)
    type = fields.Char(required=True, readonly=True)
    relation = fields.Char(readonly=True)
    team_id = fields.Many2one(
        "crm.team", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="team_id.company_id", store=True, index=True, precompute=True
    )

    _property_unique = models.Constraint(
        "UNIQUE(team_id, property_name)", "This property is here already."
    )

    @api.model
    def _follow_all(self):
        """Bring the rows of all teams up to date."""
        teams = self.env["crm.team"].with_context(active_test=False)
        teams.search([("lead_properties_definition", "!=", False)])._follow_properties()


class CrmTeam(models.Model):
    _inherit = "crm.team"

    meta_property_ids = fields.One2many(
        "meta.lead.property",
        "team_id",
        groups="meta_crm_capi.group_meta_user",
        copy=False,
    )

    @api.model_create_multi
    def create(self, vals_list):
        teams = super().create(vals_list)
        teams.filtered("lead_properties_definition")._follow_properties()
        return teams

    def write(self, vals):
        result = super().write(vals)
        if "lead_properties_definition" in vals:
            self._follow_properties()
        return result

    def _follow_properties(self):
        """Keep one row of ``meta.lead.property`` for each property of these teams."""
        rows = self.env["meta.lead.property"].sudo().with_context(active_test=False)
        known = {
            (row.team_id.id, row.property_name): row
            for row in rows.search([("team_id", "in", self.ids)])
        }
        for team in self.sudo():
            for position, item in enumerate(team.lead_properties_definition or []):
                if not item.get("name") or item.get("type") == "separator":
                    continue
                values = {
                    "name": item.get("string") or item["name"],
                    "active": True,
                    "sequence": position,
                    "type": item.get("type") or "char",
                    "relation": item.get("comodel"),
                }
                row = known.pop((team.id, item["name"]), None)
                if row:
                    row.write(values)
                else:
                    rows.create(
                        {"team_id": team.id, "property_name": item["name"], **values}
                    )
        for row in known.values():
            row.active = False
