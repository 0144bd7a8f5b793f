from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..protocol import messaging
from .meta_capi_dataset_kind import MESSAGING


class MetaCapiRule(models.Model):
    """For chats Meta takes a short list of names: one of it is chosen, not typed."""

    _inherit = "meta.capi.rule"

    dataset_kind = fields.Selection(related="dataset_id.kind", string="Dataset kind")
    messaging_name = fields.Selection(
        [(name, name) for name in messaging.EVENTS],
        "Messaging event",
        compute="_compute_messaging_name",
        inverse="_inverse_messaging_name",
        help="The event by which Meta is told of this step of a chat. These are the "
        "names that it takes for chats.",
    )

    @api.depends("event_name")
    def _compute_messaging_name(self):
        for rule in self:
            is_known = rule.event_name in messaging.EVENTS
            rule.messaging_name = rule.event_name if is_known else False

    def _inverse_messaging_name(self):
        for rule in self:
            if rule.messaging_name and rule.dataset_id.kind == MESSAGING:
                rule.event_name = rule.messaging_name

    @api.onchange("messaging_name")
    def _onchange_messaging_name(self):
        self._inverse_messaging_name()

    @api.constrains("event_name", "dataset_id")
    def _check_messaging_name(self):
        for rule in self:
            is_of_chats = rule.dataset_id.kind == MESSAGING
            if is_of_chats and rule.event_name not in messaging.EVENTS:
                raise ValidationError(
                    self.env._(
                        "Meta does not take “%(name)s” for chats. Choose one of: "
                        "%(list)s.",
                        name=rule.event_name or "",
                        list=", ".join(messaging.EVENTS),
                    )
                )
