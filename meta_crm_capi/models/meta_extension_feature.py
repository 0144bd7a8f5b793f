from odoo import fields, models


class MetaExtensionFeature(models.Model):
    """One feature that a business has installed, as Meta says it."""

    _name = "meta.extension.feature"
    _description = "Meta Business Extension Feature"
    _order = "kind, instance_id"
    _rec_name = "name"

    connection_id = fields.Many2one(
        "meta.connection", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="connection_id.company_id", store=True, index=True
    )
    instance_id = fields.Char(
        "Instance ID",
        required=True,
        readonly=True,
        help="Meta's own id of this one installation.",
    )
    kind = fields.Char(
        "Feature type",
        required=True,
        readonly=True,
        help="Meta's word for it: lead_ads, ads, pixel. The type pixel is the "
        "Conversions API too.",
    )
    name = fields.Char("Feature", required=True, readonly=True)
    assets = fields.Char(
        "Connected assets",
        readonly=True,
        help="Meta's ids of what the business connected it with.",
    )
    enabled = fields.Selection(
        [("on", "On"), ("off", "Off")],
        readonly=True,
        help="Whether it is switched on at Meta; empty where Meta does not say.",
    )

    _instance_unique = models.Constraint(
        "UNIQUE(connection_id, instance_id)", "This feature is here already."
    )
