from odoo import fields, models
from odoo.fields import Domain


class CrmLead(models.Model):
    """Leads that an import made for nobody: no rule gives them out.

    Until somebody gets such a lead for the first time, or it is merged with another.
    """

    _inherit = "crm.lead"

    meta_is_unassigned = fields.Boolean(
        "Imported without assignment",
        readonly=True,
        copy=False,
        help="An import of Meta leads made it for nobody: Odoo's assignment rules pass "
        "over it until somebody gets it.",
    )

    _meta_unassigned = models.Index("(id) WHERE meta_is_unassigned")

    def write(self, vals):
        if vals.get("user_id"):
            vals = {**vals, "meta_is_unassigned": False}
        return super().write(vals)

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        if not all(opportunities.mapped("meta_is_unassigned")):
            self.meta_is_unassigned = False
        return result

    def _assign_userless_lead_in_team(self, creation_source):
        """Leads of an import that assigns nobody are not given to the team leader."""
        if self.env.context.get("meta_unassigned"):
            return None
        return super()._assign_userless_lead_in_team(creation_source)

    def unlink(self):
        """What an import is to attach to these leads is erased with them.

        What waits for a choice among leads is erased with the last of them.
        """
        lines = self.env["meta.lead.import.line"].sudo().with_context(active_test=False)
        chosen = lines.search(
            [("kind", "in", ("attach", "join")), ("lead_id", "in", self.ids)]
        )
        open_lines = lines.search(
            [("kind", "=", "ambiguous"), ("candidate_ids", "in", self.ids)]
        )
        result = super().unlink()
        open_lines.invalidate_recordset(["candidate_ids"])
        left_over = open_lines.filtered(lambda line: not line.candidate_ids)
        left_over._get_submissions().filtered(
            lambda row: row.state == "parked"
        )._erase()
        (chosen + left_over)._keep_erased()
        return result


class CrmTeam(models.Model):
    _inherit = "crm.team"

    def _get_lead_to_assign_domain(self):
        """Nor are they given out by the team's assignment rules."""
        return Domain(super()._get_lead_to_assign_domain()) & Domain(
            "meta_is_unassigned", "=", False
        )
