from odoo import api, fields, models
from odoo.exceptions import UserError

from ..protocol import calls_extension, feature_config
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
    config = fields.Json(
        readonly=True,
        help="What Meta shows of its settings, by Meta's names.",
    )
    settings = fields.Char(
        compute="_compute_settings",
        help="The texts and addresses that Meta shows for it; most features have none.",
    )

    _instance_unique = models.Constraint(
        "UNIQUE(connection_id, instance_id)", "This feature is here already."
    )

    can_configure = fields.Boolean(
        compute="_compute_can_configure",
        help="Meta lets the partner change this type of feature; all others are "
        "changed by the business in Meta's own screen.",
    )

    @api.depends("config")
    def _compute_settings(self):
        for feature in self:
            config = feature.config or {}
            shown = [
                ", ".join(value) if isinstance(value, list) else value
                for value in map(config.get, feature_config.ORDER)
            ]
            feature.settings = " · ".join(filter(None, shown)) or False

    @api.depends("kind", "config", "connection_id.feature_ids.kind")
    def _compute_can_configure(self):
        for feature in self:
            feature.can_configure = bool(feature.config) and feature_config.may_change(
                feature.kind, feature._count_siblings()
            )

    def _count_siblings(self):
        """How many features of this type the business has, this one among them."""
        kinds = self.connection_id.feature_ids.mapped("kind")
        return kinds.count(self.kind)

    @api.model
    def _prepare_config(self, config):
        """The fields that hold what Meta shows of an instance.

        :param config: of ``feature_config.read``; None where Meta shows nothing
        """
        on = (config or {}).get(feature_config.ENABLED)
        return {
            "config": config or False,
            "enabled": on if on is None else ("on" if on else "off"),
        }

    def action_configure(self):
        """Open the settings that Meta lets a partner change."""
        self.ensure_one()
        self.connection_id.check_access("write")
        if not self.can_configure:
            raise UserError(
                self.env._(
                    "Meta does not let Odoo change this feature: the business changes "
                    "it in Meta's own screen."
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Settings at Meta: %s", self.name),
            "res_model": "meta.extension.feature.change",
            "view_mode": "form",
            "target": "new",
            "context": {"default_feature_id": self.id},
        }

    def _configure(self, values):
        """Change settings at Meta, and keep what Meta shows then.

        :param dict values: by Meta's names
        :return: the action that says what became of it
        """
        self.ensure_one()
        connection = self.connection_id
        external_id = connection.external_business_id
        config = feature_config.change(
            self.kind, self.instance_id, values, self._count_siblings()
        )
        with connection._get_client() as graph:
            result = calls_extension.configure(graph, external_id, config)
            connection._log_extension(result, english._lt("Change of a feature"))
            if result.data is None:
                answer = result.answer
                said = answer.message or answer.meaning or ""
                return connection._notify(
                    self.env._("Nothing changed. Meta says: %s", said), "danger"
                )
            result = calls_extension.configuration(graph, external_id)
        connection._log_extension(result, english._lt("Settings of the features"))
        shown = feature_config.read(result.data).get(self.instance_id)
        if shown is None:
            return connection._notify(
                self.env._(
                    "Meta took the change, but does not show it yet. Press “Read it "
                    "from Meta now” in a while."
                ),
                "warning",
            )
        self.write(self._prepare_config(shown))
        if any((shown.get(name) or "") != (values[name] or "") for name in values):
            return connection._notify(
                self.env._(
                    "Meta took the change and shows something else: what you see now "
                    "is what Meta has."
                ),
                "warning",
            )
        return connection._notify(
            self.env._("Meta has changed the feature."), "success"
        )
