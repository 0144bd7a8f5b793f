from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    fb_login_id = fields.Char("Facebook Login ID", copy=False)


class MetaCapiDataset(models.Model):
    _inherit = "meta.capi.dataset"

    send_fb_login_id = fields.Boolean("Facebook Login (fb_login_id)", tracking=True)


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _prepare_meta_user_data(self, dataset):
        """Raw values by Meta's key; normalising and hashing come after it."""
        found = super()._prepare_meta_user_data(dataset)
        if dataset.send_fb_login_id:
            for lead in self:
                if login_id := lead.partner_id.fb_login_id:
                    found.setdefault(lead.id, {})["fb_login_id"] = login_id
        return found


class MetaCapiEvent(models.Model):
    _inherit = "meta.capi.event"

    @api.model
    def _get_customer_key_labels(self):
        """What the key is called where people look at an event."""
        labels = super()._get_customer_key_labels()
        return {**labels, "fb_login_id": self.env._("Facebook Login ID")}
