from odoo import fields, models


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
    trouble = fields.Text(readonly=True, copy=False)

    def _set_aside(self, words):
        """Hold the events of these rules back until a person mends them; say so once.

        :param str words: what Meta said of their events
        """
        for rule in self.exists():
            rule.write({"is_set_aside": True, "trouble": words})
            rule.dataset_id._alarm(
                rule._get_alarm_cause(),
                self.env._("Meta refuses the step “%s”", rule.event_name),
                self.env._(
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
