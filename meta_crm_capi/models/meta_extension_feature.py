from odoo import api, fields, models
from odoo.exceptions import UserError

from ..protocol import calls_extension, installs
from ..protocol import words as english


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

    can_switch = fields.Boolean(
        compute="_compute_can_switch",
        help="Meta lets the partner switch this type of feature on and off; all others "
        "are changed by the business in Meta's own screen.",
    )

    @api.depends("kind", "enabled")
    def _compute_can_switch(self):
        for feature in self:
            is_known = bool(feature.enabled)
            feature.can_switch = is_known and feature.kind in installs.CONFIGURABLE

    def action_switch(self):
        """Switch the feature on or off at Meta, and show what Meta has then."""
        self.ensure_one()
        connection = self.connection_id
        connection.check_access("write")
        feature, connection = self.sudo(), connection.sudo()
        if not feature.can_switch:
            raise UserError(
                self.env._(
                    "Meta does not let Odoo switch this feature: the business changes "
                    "it in Meta's own screen."
                )
            )
        config = {feature.kind: {"enabled": feature.enabled != "on"}}
        with connection._get_client() as graph:
            result = calls_extension.configure(
                graph, connection.external_business_id, config
            )
        connection._log_extension(result, english._lt("Switch a feature"))
        answer = result.answer
        if result.data is None:
            return connection._notify(
                self.env._(
                    "Nothing changed. Meta says: %s", answer.message or answer.meaning
                ),
                "danger",
            )
        found = installs.enabled(result.data)
        if feature.instance_id in found:
            feature.enabled = "on" if found[feature.instance_id] else "off"
        return connection._notify(
            self.env._("Meta has changed the feature."), "success"
        )
