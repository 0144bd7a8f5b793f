from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .meta_retention import MAX_DAYS, PERIODS


class ResConfigSettings(models.TransientModel):
    """For how many days what passes between Odoo and Meta is kept.

    Stored by hand, not by ``config_parameter``: that deletes the parameter of a 0, and
    a 0 means for ever here.
    """

    _inherit = "res.config.settings"

    meta_keep_log_days = fields.Integer(
        "Sync log",
        help="Rows of the Meta sync log are deleted so many days after the exchange. "
        "0 keeps them for ever.",
    )
    meta_keep_not_sent_days = fields.Integer(
        "Moves that reported nothing",
        help="The rows that say why a move was not reported are deleted so many days "
        "after the move. 0 keeps them for ever.",
    )
    meta_keep_body_days = fields.Integer(
        "Content of events",
        help="The exact content of a finished event, with its hashed customer data, is "
        "removed so many days after the move. That the event was sent, when and with "
        "what result stays on record. 0 keeps it for ever.",
    )

    @api.constrains(*(f"meta_keep_{kind}_days" for kind in PERIODS))
    def _check_meta_keep_days(self):
        for settings in self:
            days = [settings[f"meta_keep_{kind}_days"] for kind in PERIODS]
            if not 0 <= min(days) <= max(days) <= MAX_DAYS:
                raise ValidationError(
                    self.env._("Days to keep are 0 to %s; 0 keeps for ever.", MAX_DAYS)
                )

    @api.model
    def get_values(self):
        days = {
            f"meta_keep_{kind}_days": self.env["meta.retention"]._get_days(kind) or 0
            for kind in PERIODS
        }
        return {**super().get_values(), **days}

    def set_values(self):
        result = super().set_values()
        parameters = self.env["ir.config_parameter"].sudo()
        for kind, (parameter, _default) in PERIODS.items():
            parameters.set_param(parameter, str(self[f"meta_keep_{kind}_days"]))
        return result
