from odoo import api, fields, models
from odoo.exceptions import UserError

from ..protocol import words as english
from .words import Words

STATES = [
    ("queued", "Waiting"),
    ("accepted", "Accepted"),
    ("refused", "Refused"),
    ("unclear", "No clear answer"),
    ("expired", "Expired"),
    ("cancelled", "Cancelled"),
    ("not_sent", "Not sent"),
]

ERASED = english._lt("The lead was deleted.")
ERASED_MAYBE = english._lt(
    "The lead was deleted. The event had been sent without a clear answer, so"
    " Meta may have it."
)


class MetaCapiEvent(models.Model):
    """The outbox row: one event to one dataset for one submission.

    Written with the move itself (:mod:`.meta_capi_event_enqueue`). The cron
    (:mod:`.meta_capi_event_deliver`) takes what is due
    (:mod:`.meta_capi_event_claim`), builds the exact bytes
    (:mod:`.meta_capi_event_body`), puts them on record under a lease
    (:mod:`.meta_capi_lease`), sends them and stores Meta's answer
    (:mod:`.meta_capi_event_result`). A move that reports nothing leaves a row too,
    in state ``not_sent`` with the reason.

    ``queued → accepted``, with a lease in between; ``queued`` it stays to be tried
    again, or ``unclear`` where Meta would count a second one
    (:mod:`.meta_capi_event_unclear`); ``refused`` by Meta or by our own check;
    ``expired`` when Meta would find it too old; ``cancelled`` by an administrator,
    when the person was erased or said no (:mod:`.meta_capi_event_consent`).
    """

    _name = "meta.capi.event"
    _description = "Meta Conversions API Event"
    _order = "id desc"
    _rec_name = "event_name"

    create_date = fields.Datetime("Moved at", readonly=True)
    dataset_id = fields.Many2one(
        "meta.capi.dataset", readonly=True, ondelete="restrict"
    )
    submission_id = fields.Many2one(
        "meta.lead.submission",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
        help="The filled-in form, or the chat, that this lead came from.",
    )
    lead_id = fields.Many2one(
        "crm.lead", readonly=True, ondelete="set null", index="btree_not_null"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    rule_id = fields.Many2one(
        "meta.capi.rule",
        readonly=True,
        ondelete="set null",
        help="The line of the funnel-stage mapping that made this event.",
    )
    step = fields.Selection(
        "_selection_step",
        required=True,
        readonly=True,
        help="What the lead did: came in, was converted, reached a stage, or was lost.",
    )
    stage_id = fields.Many2one("crm.stage", readonly=True, ondelete="restrict")
    entry = fields.Integer(
        readonly=True,
        help="0 for the first entry into this step, 1 for the next one, and so on.",
    )
    event_name = fields.Char(
        "Event name",
        readonly=True,
        help="The name under which Meta gets the step.",
    )
    event_id = fields.Char(
        "Event ID", readonly=True, help="By this Meta recognises a repeated event."
    )
    event_time = fields.Datetime(
        "Event time",
        readonly=True,
        help="When the lead took the step; Meta takes none older than 7 days.",
    )
    value = fields.Float(
        readonly=True,
        digits=(16, 2),
        aggregator=None,
        help="What the step is worth, as it was at the moment of the move.",
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    state = fields.Selection(
        STATES,
        required=True,
        readonly=True,
        help="Waiting: goes out by itself.\nRefused: Meta does not take it; "
        "see the reason.\nNo clear answer: Meta may have it, and would count it again; "
        "a person decides.\nExpired: was not sent within Meta's 7 "
        "days.\nNot sent: nothing to report; see the reason.",
    )
    reason = Words(
        readonly=True, help="Why it was not sent, waits or was refused, in words."
    )
    tries = fields.Integer(
        readonly=True,
        help="How often it was sent without a final answer.",
    )
    sent_before = fields.Boolean(
        "Sent before",
        readonly=True,
        copy=False,
        help="It had been sent already when a person queued it anew; tries count from "
        "then on.",
    )
    next_try_at = fields.Datetime(
        "Next try", readonly=True, help="When it may be sent."
    )
    is_sending = fields.Boolean(
        "Being sent",
        compute="_compute_is_sending",
        help="A worker has taken it, and its result is not stored yet.",
    )
    body = fields.Text(
        readonly=True,
        prefetch=False,
        help="Exactly what is sent, frozen before the first try: customer data only "
        "as hashes, beside Meta's own IDs.",
    )
    code = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Meta's error code.",
    )
    subcode = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Meta's error subcode, which tells more than the code.",
    )
    trace_id = fields.Char(
        "Trace ID", readonly=True, help="fbtrace_id: what Meta's support asks for."
    )
    accepted_at = fields.Datetime(
        "Accepted at",
        readonly=True,
        help="When Meta's answer said that it received the event.",
    )

    # Each index that holds queued rows is paid for by the salesperson's save: no more
    # than these two. The others hold rows that are settled.
    _once = models.UniqueIndex(
        "(dataset_id, submission_id, event_name, entry) "
        "WHERE state NOT IN ('not_sent', 'cancelled')"
    )
    _waiting = models.Index("(dataset_id, event_time, id) WHERE state = 'queued'")
    _set_aside = models.Index(
        "(state, create_date, dataset_id) "
        "WHERE state IN ('refused', 'expired', 'cancelled', 'not_sent', 'unclear')"
    )
    _finished_bodies = models.Index(
        "(create_date) WHERE body IS NOT NULL "
        "AND state IN ('accepted', 'refused', 'expired', 'cancelled', 'unclear')"
    )

    @api.depends("event_name", "step", "stage_id.name")
    def _compute_display_name(self):
        steps = dict(self._fields["step"]._description_selection(self.env))
        for event in self:
            event.display_name = (
                event.event_name
                or event.stage_id.name
                or steps.get(event.step, event.step)
            )

    @api.model
    def _selection_step(self):
        """The kinds of steps that a rule can have, those of integrations too."""
        return (
            self.env["meta.capi.rule"]._fields["step"]._description_selection(self.env)
        )

    def _compute_is_sending(self):
        held = self.env["meta.capi.lease"].sudo()._find_held(self.ids)
        for event in self:
            event.is_sending = event._origin.id in held

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._(
                "Events are kept as long as their submission: they tell what Meta got. "
                "Delete the lead to erase what is stored about the person."
            )
        )

    def action_cancel(self):
        """Take queued events out of the queue; one that is being sent stays."""
        self.env["meta.connection"]._check_administrator()
        self.check_access("read")
        queued = self.sudo().filtered(
            lambda event: event.state == "queued" and not event.is_sending
        )
        queued.write(
            {
                "state": "cancelled",
                "reason": english._lt("Cancelled by %(name)s.")
                % {"name": self.env.user.name},
                "next_try_at": False,
            }
        )
        return True

    def _was_sent(self):
        """Whether it was sent at least once, so that Meta may have it."""
        self.ensure_one()
        return bool(self.tries or self.sent_before or self.is_sending)

    def _get_bytes(self):
        """Exactly what is sent, also where only the lease has it yet; or None."""
        self.ensure_one()
        if self.body or not self.is_sending:
            return self.body or None
        return self.env["meta.capi.lease"].sudo()._find_line(self.id)

    def _erase(self):
        """Cancel what waits and forget every body: the person was erased."""
        waiting = self.filtered(lambda event: event.state == "queued")
        for reason, events in waiting.grouped(
            lambda event: ERASED_MAYBE if event._was_sent() else ERASED
        ).items():
            events.write(
                # The result of a request under way finds no row to write to.
                {"state": "cancelled", "reason": reason, "next_try_at": False}
            )
        self.env["meta.capi.lease"].sudo()._forget(waiting.ids)
        self.write({"body": False, "lead_id": False})
