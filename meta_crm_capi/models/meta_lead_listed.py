from odoo import fields, models


class MetaLeadListed(models.Model):
    """One lead id that Meta's list of a form had when its leads were counted.

    Nothing of the person: the id alone, and when the form was sent.
    """

    _name = "meta.lead.listed"
    _description = "Lead in Meta's List"
    _order = "submitted_at desc, id desc"
    _rec_name = "meta_id"
    _log_access = False

    count_id = fields.Many2one(
        "meta.lead.count", required=True, readonly=True, ondelete="cascade"
    )
    form_id = fields.Many2one(related="count_id.form_id")
    meta_id = fields.Char(
        "Meta lead ID",
        required=True,
        readonly=True,
        help="Meta's own ID of the lead.",
    )
    submitted_at = fields.Datetime(
        "Submitted", readonly=True, help="When the person sent the form, by Meta."
    )

    _once = models.Constraint(
        "UNIQUE(count_id, meta_id)", "A list has each lead but once."
    )
    # A submission is looked for in every list.
    _by_meta_id = models.Index("(meta_id)")
