from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from . import queue
from .meta_capi_dataset_kind import MESSAGING
from .meta_capi_event_expire import TOO_OLD_AGE
from .unclear import LEFT, LEFT_ERASED, LEFT_TOO_OLD, NO_CLEAR_ANSWER, UNCLEAR


class MetaCapiEvent(models.Model):
    """Events of which nobody knows whether Meta has them, where a second one counts.

    Meta does not de-duplicate events of business messaging. So after a lost answer
    such an event rests, in state ``unclear``: it still occupies its step, and a person
    may look into Events Manager and have it sent again, or leave it. What is known not
    to have been counted never comes here: a request that never left, a throttle, a
    refusal of the whole request.
    """

    _inherit = "meta.capi.event"

    is_left = fields.Boolean(
        "Left as it is",
        readonly=True,
        copy=False,
        help="Nobody knows whether Meta has it, and nobody needs to decide any more.",
    )
    can_send_unclear = fields.Boolean(
        "Can be sent once more", compute="_compute_can_send_unclear"
    )

    @api.depends("state", "is_left", "event_time", "lead_id", "dataset_id.active")
    def _compute_can_send_unclear(self):
        oldest = self._get_oldest_sendable()
        for event in self:
            row = event._origin.sudo()
            event.can_send_unclear = row.state == UNCLEAR and not row._get_obstacle(
                oldest
            )

    def action_send_unclear(self):
        """Send these once more, as a person wants it: the same bytes, the same ID."""
        self.env["meta.connection"]._check_administrator()
        self.check_access("read")
        again = self.sudo().filtered("can_send_unclear")
        datasets = again.dataset_id
        again.write({"state": "queued", "reason": False, "is_left": False})
        again._wake_sender()
        datasets._settle_unclear()
        if again == self.sudo():
            words = self.env._(
                "Queued once more; Meta's answer will stand with the event in a moment."
            )
            return again._notify_sent(words)
        words = self.env._(
            "Of these events %(count)s cannot be sent again: their outcome is known, "
            "they are older than 7 days, or the person may not be shared with Meta.",
            count=len(self - again),
        )
        return self.env["meta.connection"]._notify(words, "warning")

    def action_leave_unclear(self):
        """Leave these as they are: nobody is asked about them any more."""
        self.env["meta.connection"]._check_administrator()
        self.check_access("read")
        rows = self.sudo().filtered(
            lambda event: event.state == UNCLEAR and not event.is_left
        )
        rows._leave(LEFT % {"name": self.env.user.name})
        return True

    def _leave(self, reason):
        self.write({"is_left": True, "reason": reason})
        self.dataset_id._settle_unclear()

    def _erase(self):
        resting = self.filtered(
            lambda event: event.state == UNCLEAR and not event.is_left
        )
        result = super()._erase()
        resting._leave(LEFT_ERASED)
        return result

    @api.model
    def _leave_too_old(self, datasets):
        """Nobody can decide any more what Meta would find too old."""
        datasets = datasets.filtered(lambda dataset: dataset.kind == MESSAGING)
        if not datasets:
            return
        limit = self._get_now() - timedelta(seconds=TOO_OLD_AGE)
        self.search(
            [
                ("dataset_id", "in", datasets.ids),
                ("state", "=", UNCLEAR),
                ("is_left", "=", False),
                ("event_time", "<", limit),
            ]
        )._leave(LEFT_TOO_OLD)
        # What a late answer told leaves nothing to decide.
        datasets.filtered(
            lambda dataset: dataset.may_have_alarms and not dataset._count_unclear()
        )._clear_alarms(UNCLEAR)

    @api.model
    def _rest_unclear(self, lease, rows, answer):
        """These rows of a lease were in a request without a clear answer."""
        said = self._in_words(answer, with_cure=False)
        words = "\n".join(filter(None, [NO_CLEAR_ANSWER, said]))
        self._update_leased(
            lease,
            rows,
            SQL(
                """
                state = %s, reason = %s, code = %s, subcode = %s, trace_id = %s,
                next_try_at = NULL, is_left = FALSE, tries = tries + 1
                """,
                UNCLEAR,
                words,
                answer.code,
                answer.subcode,
                answer.trace_id or None,
            ),
        )

    @api.model
    def _accept_late(self, rows, answer):
        """Meta's answer came after the lease had ended: now it is known."""
        if not answer.accepted:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE meta_capi_event
                   SET state = 'accepted', accepted_at = %s, reason = NULL,
                       trace_id = %s, code = NULL, subcode = NULL
                 WHERE id = ANY(%s) AND state = %s
                """,
                queue.db_now(),
                answer.trace_id or None,
                queue.id_array(row.id for row in rows),
                UNCLEAR,
            )
        )
        self.invalidate_model()
