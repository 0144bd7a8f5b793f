from datetime import datetime, timedelta, timezone

from odoo import api, fields, models
from odoo.tools import SQL

from . import consent, queue
from .meta_capi_event_enqueue import STOPPED
from .meta_capi_event_expire import TOO_OLD_AGE
from .words import ShortWords

#: Reasons against a move that may be gone later, while the event is still wanted. The
#: funnel's own reasons (told before, moved back …) stay true.
HEALING = (consent.SAID_NO, consent.NOT_ASKED, STOPPED)
#: A form shows by itself what becomes of so many events.
FOLLOWED = 80


class MetaCapiEvent(models.Model):
    """What a person may have sent once more, or now.

    *Send again* is for what was refused: it is built anew with what was mended, and
    goes under the same event id. *Send now* is for what was not sent yet: what waits
    for its next try goes at once; a move that was held back for want of consent, or
    while the dataset was stopped, is reported after all.

    Neither is for what Meta accepted, as it may count a second one, nor for what is
    older than 7 days, as times are never falsified.
    """

    _inherit = "meta.capi.event"

    can_send_again = fields.Boolean("Can be sent again", compute="_compute_can_send")
    can_send_now = fields.Boolean("Can be sent now", compute="_compute_can_send")
    send_obstacle = ShortWords(
        "Cannot be sent any more",
        compute="_compute_can_send",
        help="Why an event that Meta refused, or that was held back, is not sent.",
    )

    @api.depends(
        *("state", "reason", "event_time", "event_name", "lead_id"),
        *("rule_id.active", "rule_id.is_set_aside"),
        *("dataset_id.active", "dataset_id.state", "dataset_id.unknown_consent"),
    )
    def _compute_can_send(self):
        oldest = self._get_oldest_sendable()
        now = fields.Datetime.now()
        for event in self:
            row = event._origin.sudo()
            obstacle = row._get_obstacle(oldest)
            event.can_send_again = not obstacle and row.state == "refused"
            event.can_send_now = (
                not (obstacle or row.is_sending)
                and row.event_time <= now
                and row._may_go_now()
            )
            is_asked = row.state == "refused" or row._is_held_back()
            event.send_obstacle = is_asked and obstacle != row.reason and obstacle

    def _get_obstacle(self, oldest):
        """What no button gets over, or None.

        :param oldest: moment, as :meth:`_get_oldest_sendable` gives it
        """
        if not self.lead_id or not self.event_time:
            return self.env._("The lead was deleted.")
        if self.event_time <= oldest:
            return self.env._("It is older than 7 days: Meta no longer takes it.")
        return self._get_reason_against()

    def _may_go_now(self):
        """Whether nothing but its turn, or what is mended by now, holds it back."""
        if not self.dataset_id.active or self.dataset_id.state != "active":
            return False
        if self.state == "queued":
            return not self.rule_id.is_set_aside
        return (
            self._is_held_back()
            and bool(self.event_name)
            and self.rule_id.active
            and not self._find_live_twin()
        )

    def _is_held_back(self):
        """Whether the move would have been reported, but for a reason that may heal.

        What was sent before it was cancelled is not: Meta may have it.
        """
        return (
            self.state in ("not_sent", "cancelled")
            and self.reason in HEALING
            and not self._was_sent()
        )

    def _find_live_twin(self):
        """Another row of the same step that was sent, or is to be."""
        return self.search(
            [
                ("submission_id", "=", self.submission_id.id),
                ("dataset_id", "=", self.dataset_id.id),
                ("event_name", "=", self.event_name),
                ("entry", "=", self.entry),
                ("state", "not in", ("not_sent", "cancelled")),
            ],
            limit=1,
        )

    @api.model
    def _get_oldest_sendable(self):
        """Meta would find too old what is not younger than this (UTC, no zone)."""
        now = datetime.fromtimestamp(self._get_unix_time(), timezone.utc)
        return now.replace(tzinfo=None) - timedelta(seconds=TOO_OLD_AGE)

    def action_send_again(self):
        """Queue refused events once more; what was mended meanwhile goes into them.

        Those that Meta would find too old stay refused, with what Meta said of them,
        and so do those of people who do not want to be shared.
        """
        self.env["meta.connection"]._check_administrator()
        self.check_access("read")
        # Without a lead the person was erased.
        refused = self.sudo().filtered(
            lambda event: event.state == "refused" and event.lead_id
        )
        again = refused.filtered("can_send_again")
        # What Meta may have got of it must not be forgotten with the count.
        again.filtered("tries").sent_before = True
        again.write({"state": "queued", "reason": False, "body": False, "tries": 0})
        again._wake_sender()
        if not (left := refused - again):
            words = self.env._(
                "Queued once more; Meta's answer will stand with the event in a moment."
            )
            return again._notify_sent(words)
        objected = left.filtered(lambda event: event._get_reason_against())
        words = []
        if objected:
            words.append(
                self.env._(
                    "%s of them are of people who may not be shared with Meta.",
                    len(objected),
                )
            )
        if left != objected:
            words.append(
                self.env._(
                    "%s of them are older than 7 days: Meta no longer takes them.",
                    len(left - objected),
                )
            )
        return self.env["meta.connection"]._notify(" ".join(words), "warning")

    def action_send_now(self):
        """Send at once what waits, and what was not sent for a reason that is gone."""
        self.env["meta.connection"]._check_administrator()
        self.check_access("read")
        rows = self.sudo().filtered("can_send_now")
        for event in rows.filtered(lambda event: event._is_held_back()):
            # Of two of the same step the first one goes.
            if event._find_live_twin():
                rows -= event
            else:
                event._queue_after_all()
        rows._wake_sender()
        if rows == self.sudo():
            words = self.env._(
                "On its way to Meta; the answer will stand with the event in a moment."
            )
            return rows._notify_sent(words)
        words = self.env._(
            "%s of these cannot be sent now: the reason, and what to do, stand with "
            "each event. The others are on their way.",
            len(self - rows),
        )
        return self.env["meta.connection"]._notify(words, "warning")

    def _notify_sent(self, words):
        """Say it, and let the form that is open show by itself what Meta answers."""
        action = self.env["meta.connection"]._notify(words, "success")
        action["params"]["follow"] = self.ids[:FOLLOWED]
        return action

    def _queue_after_all(self):
        """Queue what was held back: with the time of its move, and the value of now
        where the move's own was not kept.
        """
        self.ensure_one()
        values = {
            "event_id": self._get_event_id(self.dataset_id),
            "state": "queued",
            "reason": False,
            "tries": 0,
        }
        if not self.currency_id:
            values.update(self._prepare_value_of_now())
        self.write(values)

    def _prepare_value_of_now(self):
        """What the step is worth by its rule; a move's own value was not kept."""
        funnels = self.env["meta.capi.rule"]._get_funnels()
        dataset = funnels.datasets.get(self.dataset_id.id)
        if not dataset or self.rule_id.id not in funnels.values:
            return {}
        lead = self.lead_id
        worth = {
            "expected_revenue": lead.expected_revenue,
            "prorated_revenue": lead.prorated_revenue,
            "currency_company_id": lead.company_id.id or self.company_id.id,
        }
        return self._prepare_value(funnels, dataset, worth, self.rule_id)

    def _wake_sender(self):
        self._make_due()
        self.env.ref("meta_crm_capi.ir_cron_deliver").sudo()._trigger()

    def _make_due(self):
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                "UPDATE meta_capi_event SET next_try_at = %s WHERE id = ANY(%s) "
                "RETURNING id",
                queue.db_now(),
                self.ids,
            )
        )
        self.invalidate_recordset(["next_try_at"])
