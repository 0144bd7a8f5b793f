from odoo import fields, models

from .meta_lead_policy_mixin import NEW

IGNORE = "ignore"
TAG = "tag"
NORMAL = "normal"


class MetaLeadPage(models.Model):
    """What the leads of a Page get, where their form does not say otherwise."""

    _name = "meta.lead.page"
    _inherit = ["meta.lead.page", "meta.lead.policy.mixin"]

    tag_ids = fields.Many2many(help="A form with tags of its own gives those alone.")
    lang_id = fields.Many2one(help="Empty: the language of the form at Meta.")
    person_policy = fields.Selection(required=True, default=NEW)
    test_lead_policy = fields.Selection(
        [
            (IGNORE, "Make no lead"),
            (TAG, "Make a lead that is tagged as a test, report nothing"),
            (NORMAL, "Treat it like any other lead"),
        ],
        "Test leads",
        required=True,
        default=TAG,
        help="Leads of Meta's testing tool, told by the dummy values that it fills in. "
        "Those with values that somebody typed there cannot be told from real ones.",
    )
