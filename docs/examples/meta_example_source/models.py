from odoo import fields, models


class MetaLeadSubmission(models.Model):
    _inherit = "meta.lead.submission"

    origin = fields.Selection(
        selection_add=[("partner", "Partner")], ondelete={"partner": "set manual"}
    )
