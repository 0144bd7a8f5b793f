from odoo import api, fields, models

from ..protocol.text import scalar_text


class MetaLeadForm(models.Model):
    """What the leads of a form get; the Page says so where the form does not."""

    _name = "meta.lead.form"
    _inherit = ["meta.lead.form", "meta.lead.policy.mixin"]

    locale = fields.Char(
        readonly=True, help="The form's language and country as Meta says them."
    )
    tag_ids = fields.Many2many(help="Empty: the Page's. Otherwise these alone.")
    lang_id = fields.Many2one(
        help="Empty: the Page's, else the language of the form at Meta."
    )
    leave_to_team = fields.Boolean(
        "Leave it to the team",
        help="The team assigns these leads by its own rules, although the Page has a "
        "salesperson.",
    )
    page_user_id = fields.Many2one(
        related="page_id.user_id", string="Salesperson of the Page"
    )

    @api.model
    def _learn(self, page, node):
        form = super()._learn(page, node)
        locale = scalar_text(node.get("locale"))
        if locale:
            form.locale = locale
        return form
