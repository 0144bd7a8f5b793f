from odoo import fields, models


class CrmLead(models.Model):
    """Chats from ads belong to a lead as Meta leads do: they move and go with it."""

    _inherit = "crm.lead"

    meta_referral_ids = fields.One2many(
        "meta.lead.referral",
        "lead_id",
        "Chats from ads",
        groups="meta_crm_capi.group_meta_user",
        copy=False,
    )

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        tail = opportunities.sudo().with_context(active_test=False)
        tail.meta_referral_ids.write({"lead_id": self.id})
        return result

    def unlink(self):
        """Deleting a lead erases who it was in chats too."""
        self.check_access("unlink")
        self.sudo().meta_referral_ids._erase()
        return super().unlink()
