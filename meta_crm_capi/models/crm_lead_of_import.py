from odoo import models
from odoo.fields import Domain


class CrmLead(models.Model):
    _inherit = "crm.lead"

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
        chosen = lines.search([("kind", "=", "attach"), ("lead_id", "in", self.ids)])
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
        unassigned = (
            self.env["meta.lead.submission"]
            .sudo()
            ._search(
                [
                    ("is_unassigned", "=", True),
                    ("is_attached", "=", False),
                    ("lead_id", "!=", False),
                ]
            )
        )
        return Domain(super()._get_lead_to_assign_domain()) & Domain(
            "id", "not in", unassigned.subselect("lead_id")
        )
