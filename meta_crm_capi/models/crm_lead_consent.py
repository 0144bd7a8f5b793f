from odoo import api, fields, models

from . import consent


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "meta.consent.mixin"]

    meta_effective_consent = fields.Selection(
        [(consent.UNKNOWN, "Unknown"), (consent.YES, "Yes"), (consent.NO, "No")],
        "Shared with Meta",
        compute="_compute_meta_effective_consent",
        compute_sudo=True,
        help="What counts, by the lead, its contact and the contact's company.",
    )

    @api.depends(
        "meta_consent",
        "partner_id.meta_consent",
        "partner_id.commercial_partner_id.meta_consent",
    )
    def _compute_meta_effective_consent(self):
        for lead in self:
            contact = lead.partner_id
            lead.meta_effective_consent = consent.effective(
                lead.meta_consent,
                contact.meta_consent,
                contact.commercial_partner_id.meta_consent,
            )

    def _prepare_customer_values(self, partner_name, is_company=False, parent_id=False):
        """The contact that is made of a lead says what the person said."""
        values = super()._prepare_customer_values(partner_name, is_company, parent_id)
        said = self.meta_consent
        # The person spoke for themselves, not for the company.
        if not is_company and said and said != consent.UNKNOWN:
            values["meta_consent"] = said
        return values

    def _merge_get_fields_specific(self):
        return {
            **super()._merge_get_fields_specific(),
            "meta_consent": lambda fname, leads: consent.strictest(leads.mapped(fname)),
        }
