from odoo import fields, models

from ..protocol import words as english
from .consent import TRIED_BEFORE
from .words import Words

TAKEN_OUT = english._lt("Its step was set aside, then taken out of the mapping.")


class MetaCapiRule(models.Model):
    """A mapping of which Meta refuses every event is set aside, not tried for ever."""

    _inherit = "meta.capi.rule"

    is_set_aside = fields.Boolean(
        "Set aside",
        readonly=True,
        copy=False,
        help="Meta refused several events of this step for the same reason. Its events "
        "wait in the queue until you resume it.",
    )
    trouble = Words(readonly=True, copy=False)

    def write(self, vals):
        aside = self.browse()
        if vals.get("active") is False:
            aside = self.filtered("is_set_aside")
            vals = {**vals, "is_set_aside": False, "trouble": False}
        result = super().write(vals)
        aside._give_up()
        return result

    def unlink(self):
        self.filtered("is_set_aside")._give_up()
        return super().unlink()

    def _give_up(self):
        """Whoever takes a step out that Meta refuses does not want it sent.

        What waits for it is cancelled. An event that another worker has in its hands
        goes out as if nothing had been.
        """
        waiting = (
            self.env["meta.capi.event"]
            .sudo()
            .search([("rule_id", "in", self.ids), ("state", "=", "queued")])
            .filtered(lambda event: not event.is_sending)
        )
        for was_tried, events in waiting.grouped(lambda row: bool(row.tries)).items():
            reason = f"{TAKEN_OUT} {TRIED_BEFORE}" if was_tried else TAKEN_OUT
            events.write({"state": "cancelled", "reason": reason, "next_try_at": False})
        for rule in self.sudo():
            rule.dataset_id._clear_alarms(rule._get_alarm_cause())

    def _set_aside(self, words):
        """Hold the events of these rules back until a person mends them; say so once.

        :param str words: what Meta said of their events
        """
        for rule in self.exists():
            rule.write({"is_set_aside": True, "trouble": words})
            told = rule.dataset_id._for_reader()
            told._alarm(
                rule._get_alarm_cause(),
                told.env._("Meta refuses the step “%s”", rule.event_name),
                told.env._(
                    "Several events of this step were refused for the same reason. The "
                    "others of it wait, and so do new ones. Correct the step in the "
                    "funnel-stage mapping, then resume it there. What waits carries "
                    "the name and value of its own move: cancel what cannot be mended."
                    "\n%s",
                    words or "",
                ),
            )

    def action_resume(self):
        """Send the events of these steps again."""
        self.check_access("write")
        for rule in self.sudo().filtered("is_set_aside"):
            rule.write({"is_set_aside": False, "trouble": False})
            rule.dataset_id._clear_alarms(rule._get_alarm_cause())
        self.env.ref("meta_crm_capi.ir_cron_deliver").sudo()._trigger()
        return True

    def _get_alarm_cause(self):
        return f"rule {self.id}"
