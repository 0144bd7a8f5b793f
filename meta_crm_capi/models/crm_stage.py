from odoo import api, models


class CrmStage(models.Model):
    _inherit = "crm.stage"

    @api.model_create_multi
    def create(self, vals_list):
        result = super().create(vals_list)
        self.env["meta.capi.rule"]._forget_funnels()
        return result

    def write(self, vals):
        """The order of the stages is the order of the funnel, which is cached."""
        result = super().write(vals)
        if not vals.keys().isdisjoint({"fold", "sequence", "team_ids"}):
            self.env["meta.capi.rule"]._forget_funnels()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["meta.capi.rule"]._forget_funnels()
        return result
