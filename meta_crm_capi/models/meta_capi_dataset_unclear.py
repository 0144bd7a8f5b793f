from odoo import api, fields, models
from odoo.fields import Domain

from ..protocol import messaging
from .meta_capi_dataset_health import FIRST_REST, LONGEST_REST
from .meta_capi_dataset_kind import MESSAGING
from .unclear import GO_AGAIN, MAY_COUNT, NEVER_LEFT, REST, UNCLEAR

#: So few events of chats go in one request: more would be unclear at once.
LARGEST_MESSAGING_BATCH = 50


class MetaCapiDataset(models.Model):
    """Where Meta counts a repeated event again, a lost answer is a person's matter."""

    _inherit = "meta.capi.dataset"

    resend_unknown = fields.Boolean(
        "Send again after a lost answer",
        tracking=True,
        help="Meta counts an event of a chat again that it gets twice. Off: when no "
        "clear answer came, the event rests, and a person decides. On: it is sent "
        "again by itself, so that Meta has it at least once.",
    )
    unclear_count = fields.Integer(
        "Without a clear answer",
        compute="_compute_unclear_count",
        help="Events that Meta may have or not, and that wait for your decision.",
    )

    @api.depends("event_ids.state", "event_ids.is_left")
    def _compute_unclear_count(self):
        counts = dict(
            self.env["meta.capi.event"]._read_group(
                [("dataset_id", "in", self.ids), *self._get_unclear_domain()],
                ["dataset_id"],
                ["__count"],
            )
        )
        for dataset in self:
            dataset.unclear_count = counts.get(dataset._origin, 0)

    @api.model
    def _get_unclear_domain(self):
        return Domain([("state", "=", UNCLEAR), ("is_left", "=", False)])

    def action_open_unclear(self):
        """The events without a clear answer."""
        self.ensure_one()
        return {
            **self.action_open_events(),
            "domain": [("dataset_id", "=", self.id), *self._get_unclear_domain()],
        }

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_batch_size(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._with_batch_size(vals))

    @api.model
    def _with_batch_size(self, vals):
        if vals.get("kind") != MESSAGING:
            return vals
        return {"batch_size": LARGEST_MESSAGING_BATCH, **vals}

    def _get_largest_batch(self):
        if self.kind == MESSAGING:
            return LARGEST_MESSAGING_BATCH
        return super()._get_largest_batch()

    def _is_once(self):
        """Whether an event is better sent never than twice.

        :rtype: bool
        """
        self.ensure_one()
        return self.kind == MESSAGING and not self.resend_unknown

    def _tell_known(self, result):
        """What is known of a request that went wrong, for the log.

        :param result: ``client.Result``
        :return: lines; none where a repeated event does no harm
        :rtype: list[str]
        """
        if self.kind != MESSAGING or result.answer.verdict != "retry":
            return []
        if messaging.may_have_counted(result):
            return [MAY_COUNT, REST if self._is_once() else GO_AGAIN]
        return [] if result.reply.was_sent else [NEVER_LEFT]

    def _heed_unclear(self, words=None):
        """Ask a person about what is unclear: one activity, however many there are.

        :param str words: after an answer that was not clear: what came. The dataset
            then rests, longer each time, and goes on with a single event
        """
        self.ensure_one()
        if words is not None and self.state in ("active", "resting"):
            growing = FIRST_REST * 2 ** min(self.throttle_count, 10)
            self.batch_size = 1
            self.throttle_count += 1
            self._rest(min(growing, LONGEST_REST), words)
        told = self._for_reader()
        told._alarm(
            UNCLEAR,
            told.env._("Meta may have events, or not: please decide"),
            told.env._(
                "Events without a clear answer: %(count)s. Meta counts an event of a "
                "chat again that it gets twice, so they are not sent again by "
                "themselves. Compare with Events Manager, then press “Send again” or "
                "“Leave it” with each; after 7 days they cannot be sent any more.",
                count=self._count_unclear(),
            ),
        )

    def _settle_unclear(self):
        """Something was decided: ask about the rest only, and in the end no more."""
        for dataset in self:
            if not dataset._count_unclear():
                dataset._clear_alarms(UNCLEAR)
            elif dataset._get_alarms([UNCLEAR]):
                dataset._heed_unclear()

    def _count_unclear(self):
        self.ensure_one()
        domain = Domain("dataset_id", "=", self.id) & self._get_unclear_domain()
        return self.env["meta.capi.event"].sudo().search_count(domain)
