from odoo import api, fields, models

from ..protocol import answer_table, reasons


class MetaCapiEvent(models.Model):
    """What the reason of an event means and what a person can do about it.

    Only what the reason does not say itself, so that nothing is read twice.
    """

    _inherit = "meta.capi.event"

    meaning = fields.Text(compute="_compute_help")
    cure = fields.Text("What to do", compute="_compute_help")

    @api.depends(
        *("state", "reason", "code", "subcode"),
        *("rule_id.is_set_aside", "dataset_id.state"),
    )
    def _compute_help(self):
        for event in self:
            reason = event.reason or ""
            meaning, cure = event._explain(reason)
            event.meaning = meaning if meaning not in reason else False
            event.cure = cure if cure not in reason else False

    def _explain(self, reason):
        """Meaning and cure of the reason; both empty where nothing is known."""
        self.ensure_one()
        if self.state == "queued":
            if self.rule_id.is_set_aside:
                return self._get_words(reasons.WAITS_FOR_STEP)
            if not reason and self.dataset_id.state == "paused":
                return self._get_words(reasons.WAITS_FOR_PERSON)
            if not reason and self.dataset_id.state == "resting":
                return self._get_words(reasons.WAITS_FOR_REST)
        if reason and self.code and self.state in ("queued", "sending", "refused"):
            verdict = "refuse" if self.state == "refused" else "retry"
            return answer_table.explain(verdict, self.code, self.subcode, reason)
        return reasons.explain(reason)

    @staticmethod
    def _get_words(row):
        return row.meaning, row.cure
