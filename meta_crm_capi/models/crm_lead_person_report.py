from odoo import models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _get_meta_report_name(self):
        """The file name of the report on what Meta was told about this person."""
        self.ensure_one()
        return self.env._("What Meta was told - %s", self.name)
