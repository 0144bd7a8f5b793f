import json

from odoo import models
from odoo.tools import SQL
from odoo.tools.sql import escape_psql


class PrivacyLookupWizard(models.TransientModel):
    """Find a person by what they submitted at Meta, whatever the lead says today.

    A salesperson may have corrected the address or the name of the lead, or merged
    leads: the answers kept with the submission still say what the person entered.
    Deleting the lead erases them. A submission that waits, or is parked, has no lead
    yet: it is listed itself.
    """

    _inherit = "privacy.lookup.wizard"

    def _get_query(self):
        found = super()._get_query()
        self.env["meta.lead.submission"].flush_model(["answers", "lead_id"])
        # As the answers are stored, JSON in ASCII: an address anywhere in a text, a
        # name only as a whole one, as Odoo itself looks for them.
        email = json.dumps(self.email.strip())[1:-1]
        name = json.dumps(self.name.strip())
        texts = [f"%{escape_psql(text)}%" for text in (email, name)]
        # UNION, not UNION ALL: a lead that was found by itself is listed once.
        return SQL(
            """
            SELECT res_model_id, res_id, is_active
              FROM (%s) AS found
             UNION
            SELECT %s, id, active
              FROM crm_lead
             WHERE id IN (SELECT lead_id
                            FROM meta_lead_submission
                           WHERE answers ILIKE ANY(%s))
             UNION
            SELECT %s, id, TRUE
              FROM meta_lead_submission
             WHERE lead_id IS NULL AND answers ILIKE ANY(%s)
            """,
            found,
            self.env["ir.model"]._get_id("crm.lead"),
            texts,
            self.env["ir.model"]._get_id("meta.lead.submission"),
            texts,
        )


class PrivacyLookupWizardLine(models.TransientModel):
    _inherit = "privacy.lookup.wizard.line"

    def action_unlink(self):
        """Erase a submission: its row stays, lest the lead come in again."""
        self.ensure_one()
        if self.res_model != "meta.lead.submission" or self.is_unlinked:
            return super().action_unlink()
        self.env[self.res_model].sudo().browse(self.res_id).exists()._erase()
        self.execution_details = self.env._(
            "Erased %(model)s #%(id)s", model=self.res_model_id.name, id=self.res_id
        )
        self.is_unlinked = True
        return None


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def action_privacy_lookup(self):
        """Look for everything of this lead's person, as Odoo offers on contacts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "privacy_lookup.action_privacy_lookup_wizard"
        )
        name = self.contact_name or self.partner_id.name or self.partner_name
        return {
            **action,
            "context": {"default_email": self.email_from, "default_name": name},
        }
