from datetime import timedelta

from odoo import api, fields, models

from ..protocol import anchors, answer_lookup, reasons
from . import errors_page
from .words import Words

#: The sender runs every minute: a shorter wait is none.
SOON = timedelta(minutes=1)


class MetaCapiEvent(models.Model):
    """What the reason of an event means and what a person can do about it.

    Only what the reason does not say itself, so that nothing is read twice.
    """

    _inherit = "meta.capi.event"

    meaning = Words(compute="_compute_help")
    cure = Words("What to do", compute="_compute_help")
    help_url = fields.Char(
        "Read more",
        compute="_compute_help",
        help="The same and its neighbours on the page of errors and reasons.",
    )
    waits_until = fields.Datetime(
        "Waits until",
        compute="_compute_waits_until",
        help="Before that it is not sent: a try that failed, or a rest that Meta "
        "asked for. Empty: it goes with the next run of the sender, or waits for a "
        "person.",
    )

    @api.depends(
        *("state", "reason", "code", "subcode"),
        *("rule_id.is_set_aside", "dataset_id.state", "dataset_id.active"),
    )
    def _compute_help(self):
        for event in self:
            reason = event.reason or ""
            meaning, cure, anchor = event._explain(reason)
            event.meaning = meaning if meaning not in reason else False
            event.cure = cure if cure not in reason else False
            # What was accepted as it should be needs no page.
            event.help_url = errors_page.url(anchor) if meaning else False

    @api.depends("state", "next_try_at", "dataset_id.state", "dataset_id.resume_at")
    def _compute_waits_until(self):
        now = fields.Datetime.now()
        for event in self:
            dataset = event.dataset_id
            moments = [now]
            if event.state == "queued":
                moments.append(event.next_try_at or now)
                if dataset.state == "resting":
                    moments.append(dataset.resume_at or now)
            until = max(moments)
            event.waits_until = until > now + SOON and until

    def _explain(self, reason):
        """Meaning, cure and place on the page of errors; empty where nothing is known.

        :rtype: tuple[str, str, str]
        """
        self.ensure_one()
        if self.state == "queued" and (row := self._get_wait(reason)):
            return row.meaning, row.cure, anchors.of_reason(row)
        if reason and self.code and self.state in ("queued", "refused"):
            verdict = "refuse" if self.state == "refused" else "retry"
            rule = answer_lookup.find_told(verdict, self.code, self.subcode, reason)
            return rule.meaning, rule.cure, anchors.of_rule(rule)
        row = reasons.find(reason)
        return *reasons.explain(reason), anchors.of_reason(row) if row else ""

    def _get_wait(self, reason):
        """Why a queued event waits that does not say so itself, or None."""
        if self.rule_id.is_set_aside:
            return reasons.WAITS_FOR_STEP
        if self.dataset_id and not self.dataset_id.active:
            return reasons.WAITS_FOR_DATASET
        if reason:
            return None
        return {
            "paused": reasons.WAITS_FOR_PERSON,
            "resting": reasons.WAITS_FOR_REST,
        }.get(self.dataset_id.state)
