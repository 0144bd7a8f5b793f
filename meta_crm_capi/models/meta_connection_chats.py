from odoo import models

from ..protocol import health, health_chats
from .meta_capi_dataset_kind import MESSAGING
from .meta_connection_setup_judge import TO_DO


class MetaConnection(models.Model):
    """Whether chats from ads can come in, where somebody wants them."""

    _inherit = "meta.connection"

    def _plan_health_check(self):
        plan = super()._plan_health_check()
        plan.wants_webhook = plan.wants_webhook or self._wants_chats()
        return plan

    def _wants_chats(self):
        """Whether chats came here, or a dataset waits for them.

        :rtype: bool
        """
        self.ensure_one()
        return bool(
            self.dataset_ids.filtered(lambda dataset: dataset.kind == MESSAGING)
            or self.env["meta.lead.account"].search_count(
                [("connection_id", "=", self.id)], limit=1
            )
        )

    def _get_heard_channels(self):
        """The channels by which webhooks brought somebody.

        What another program noted has no moment, and needs no webhook.

        :rtype: set[str]
        """
        self.ensure_one()
        found = self.env["meta.lead.referral"]._read_group(
            [("connection_id", "=", self.id), ("sent_at", "!=", False)], ["channel"]
        )
        return {channel for (channel,) in found}

    def _judge_others(self, plan):
        found = super()._judge_others(plan)
        if plan.app_result and self._wants_chats():
            found["chats"] = health_chats.chat_subscription(
                plan.app_result, self.callback_url, self._get_heard_channels()
            )
        return found

    def _judge_event_out(self, dataset):
        """Meta takes no test event of chats: the first real one is the test."""
        row = super()._judge_event_out(dataset)
        if dataset.kind != MESSAGING or row["level"] == health.OK:
            return row
        return self._row(
            row["what"],
            TO_DO,
            self.env._("Meta has received no event of this dataset yet."),
            self.env._(
                "Open a chat from your own ad, and move its lead to a mapped stage: "
                "Meta takes events of real chats only."
            ),
        )
