from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain

from ..models.meta_retention import MAX_DAYS, PERIODS


class MetaRetentionSettings(models.TransientModel):
    """For how many days what passes between Odoo and Meta is kept.

    The same as in Odoo's settings, which a Meta administrator need not be able to
    open. It holds for all companies: only who may work in all of them may change it.
    """

    _name = "meta.retention.settings"
    _description = "Meta Retention Settings"

    log_days = fields.Integer(
        "Sync log", help="Each exchange with Meta, for finding faults."
    )
    not_sent_days = fields.Integer(
        "Moves that reported nothing", help="Why a move was not reported to Meta."
    )
    body_days = fields.Integer(
        "Content of events",
        help="What exactly was sent, with hashed customer data. The event itself stays "
        "on record.",
    )
    may_change = fields.Boolean("May be changed", compute="_compute_may_change")

    @api.model
    def default_get(self, fields):
        retention = self.env["meta.retention"]
        days = {f"{kind}_days": retention._get_days(kind) or 0 for kind in PERIODS}
        return {**super().default_get(fields), **days}

    def _compute_display_name(self):
        self.display_name = self.env._("How long things are kept")

    def _compute_may_change(self):
        self.may_change = self._may_change()

    @api.model
    def _may_change(self):
        companies = self.env["res.company"].sudo().search(Domain.TRUE)
        return self.env.su or companies <= self.env.user.company_ids

    @api.constrains(*(f"{kind}_days" for kind in PERIODS))
    def _check_days(self):
        for settings in self:
            days = [settings[f"{kind}_days"] for kind in PERIODS]
            if not 0 <= min(days) <= max(days) <= MAX_DAYS:
                raise ValidationError(
                    self.env._("Days to keep are 0 to %s; 0 keeps for ever.", MAX_DAYS)
                )

    def action_save(self):
        """Keep the days, for all companies."""
        self.ensure_one()
        self.env["meta.connection"]._check_administrator()
        if not self._may_change():
            raise AccessError(
                self.env._("Only who may work in all companies may change this.")
            )
        parameters = self.env["ir.config_parameter"].sudo()
        for kind, (parameter, _default) in PERIODS.items():
            parameters.set_param(parameter, str(self[f"{kind}_days"]))
        return {"type": "ir.actions.act_window_close"}
