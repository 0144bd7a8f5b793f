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

    def write(self, vals):
        """A lead that leaves a contact keeps what the contact had said.

        Unless something else is noted with it: whoever does so knows better.
        """
        if "partner_id" not in vals:
            return super().write(vals)
        leaving = self.browse()
        if "meta_consent" not in vals:
            leaving = self._find_under_no().filtered(
                lambda lead: lead.partner_id.id != vals["partner_id"]
            )
        result = super().write(vals)
        leaving._keep_no()
        self._find_under_no()._collect_objections()
        return result

    def _compute_field_value(self, field):
        """Where another module computes the contact, ``write`` is not called."""
        if field.name != "partner_id" or not field.store:
            return super()._compute_field_value(field)
        before = {lead: lead.partner_id for lead in self._find_under_no()}
        result = super()._compute_field_value(field)
        leaving = [lead.id for lead, was in before.items() if lead.partner_id != was]
        self.browse(leaving)._keep_no()
        self._find_under_no()._collect_objections()
        return result

    def _find_under_no(self):
        """Those that are stored and whose contact, or its company, said no."""
        return self.filtered(lambda lead: lead.id and lead.sudo().partner_id._says_no())

    def _keep_no(self):
        """Note on the leads themselves what their contact had said."""
        leads = self.sudo().filtered(lambda lead: lead.meta_consent != consent.NO)
        if leads:
            leads.write({"meta_consent": consent.NO})

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
            "meta_consent": lambda fname, leads: (
                # The others' contacts are not the merged lead's.
                consent.NO
                if leads._find_under_no()
                else consent.strictest(leads.mapped(fname))
            ),
        }
