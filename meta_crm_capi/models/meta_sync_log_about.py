from odoo import fields, models


class MetaSyncLog(models.Model):
    """What an exchange was about: the Page, the form and the question to Meta."""

    _inherit = "meta.sync.log"

    page_id = fields.Many2one(
        "meta.lead.page", readonly=True, ondelete="set null", index="btree_not_null"
    )
    form_id = fields.Many2one(
        "meta.lead.form", readonly=True, ondelete="set null", index="btree_not_null"
    )
    asked = fields.Char(
        "Question", readonly=True, help="What Meta was asked for, or asked to do."
    )
