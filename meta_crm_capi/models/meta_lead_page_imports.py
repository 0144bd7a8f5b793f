from odoo import models


class MetaLeadPage(models.Model):
    _inherit = "meta.lead.page"

    def unlink(self):
        """Its imports go with it, and their files with people's answers."""
        self.check_access("unlink")
        imports = self.env["meta.lead.import"].sudo()
        imports.search([("page_id", "in", self.ids)]).unlink()
        return super().unlink()
