from odoo import models

from . import consent


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "meta.consent.mixin"]

    def _says_no(self):
        """Whether the contact, or its company, does not want to be shared with Meta.

        With full rights: whoever may link a lead to it need not see its company.
        """
        contact = self.sudo()
        return consent.NO in (
            contact.meta_consent,
            contact.commercial_partner_id.meta_consent,
        )

    def unlink(self):
        """A "no" outlives its contact: it stays with the leads."""
        # Whoever may not delete it changes no lead either.
        self.check_access("unlink")
        self._leave_no_to_leads()
        return super().unlink()

    def _leave_no_to_leads(self):
        """Note the "no" of these contacts on their leads, archived ones too.

        Also on the leads of the people of a company that said no.
        """
        objecting = self.sudo().filtered(lambda contact: contact._says_no())
        if not objecting:
            return
        # A mass of contacts leaves no mass of notes.
        contacts = objecting.with_context(active_test=False, tracking_disable=True)
        companies = objecting.filtered(lambda row: row.meta_consent == consent.NO)
        people = contacts.search([("commercial_partner_id", "in", companies.ids)])
        leads = contacts.env["crm.lead"].search(
            [("partner_id", "in", (objecting | people).ids)]
        )
        leads._keep_no()
