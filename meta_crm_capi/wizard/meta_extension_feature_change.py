from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.words import show
from ..protocol import feature_config

#: Fields of the form, by Meta's name of the setting.
FIELDS = {
    feature_config.BUTTON_TEXT: "button_text",
    feature_config.BUTTON_URL: "button_url",
    feature_config.BELOW_BUTTON: "below_button_text",
    feature_config.SEE_ALL_URL: "see_all_url",
}


class MetaExtensionFeatureChange(models.TransientModel):
    """The settings of one feature, to be saved at Meta."""

    _name = "meta.extension.feature.change"
    _description = "Settings of a Feature at Meta"

    feature_id = fields.Many2one(
        "meta.extension.feature", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Char(related="feature_id.kind")
    is_on = fields.Boolean(
        "Switched on",
        compute="_compute_settings",
        store=True,
        readonly=False,
        help="Whether people see it at Meta.",
    )
    button_text = fields.Char(
        compute="_compute_settings",
        store=True,
        readonly=False,
        help="One of the texts that Meta offers for such a button, in English, as "
        "Book Now. Meta refuses others.",
    )
    button_url = fields.Char(
        "Button opens",
        compute="_compute_settings",
        store=True,
        readonly=False,
        help="Address of yours that the button leads to; begins with https://.",
    )
    below_button_text = fields.Char(
        "Text below the button",
        compute="_compute_settings",
        store=True,
        readonly=False,
        help="A line that Meta shows below the button.",
    )
    see_all_url = fields.Char(
        "“See all” opens",
        compute="_compute_settings",
        store=True,
        readonly=False,
        help="Address of yours with all services; begins with https://.",
    )
    domains = fields.Text(
        compute="_compute_settings",
        store=True,
        readonly=False,
        help="Websites that may show the chat, one a line, as https://www.example.com.",
    )

    @api.depends("feature_id")
    def _compute_settings(self):
        for change in self:
            config = change.feature_id.config or {}
            change.is_on = bool(config.get(feature_config.ENABLED))
            for name, field in FIELDS.items():
                change[field] = config.get(name)
            change.domains = "\n".join(config.get(feature_config.DOMAINS, []))

    def action_save(self):
        """Save them at Meta, and show what Meta has then."""
        self.ensure_one()
        feature = self.feature_id
        feature.connection_id.check_access("write")
        feature = feature.sudo()
        if not feature.can_configure:
            raise UserError(
                self.env._(
                    "This feature was changed or uninstalled meanwhile: open it again."
                )
            )
        values = self._prepare_changes()
        found = feature_config.problems(values)
        if found:
            raise UserError("\n".join(show(self.env, words) for words in found))
        if not values:
            raise UserError(self.env._("Nothing was changed."))
        return feature._configure(values)

    def _prepare_changes(self):
        """What differs from what Meta has, by Meta's names."""
        values = {feature_config.ENABLED: self.is_on}
        for name in feature_config.SETTINGS[self.kind]:
            if name == feature_config.DOMAINS:
                lines = (self.domains or "").split()
                values[name] = list(dict.fromkeys(lines))
            else:
                values[name] = (self[FIELDS[name]] or "").strip()
        config = self.feature_id.config
        empty = {feature_config.DOMAINS: []}
        return {
            name: value
            for name, value in values.items()
            if value != config.get(name, empty.get(name, ""))
        }
