from odoo import api, fields, models

from ..protocol import redact
from .unclear import MAY_COUNT, REST, STOPPED, UNCLEAR
from .words import ShortWords, Words

DIRECTIONS = [("in", "From Meta"), ("out", "To Meta")]
KINDS = [
    ("webhook", "Webhook"),
    ("ping", "Webhook test"),
    ("lead", "Read leads"),
    ("form", "Read form"),
    ("page", "Page"),
    ("events", "Send events"),
    ("check", "Check"),
]
OUTCOMES = [
    ("accepted", "Accepted"),
    ("retry", "To be tried again"),
    ("unclear", "No clear answer"),
    ("throttle", "Asked to slow down"),
    ("pause", "Stopped: needs a person"),
    ("refuse", "Refused"),
    ("ignored", "Nothing to do"),
]


class MetaSyncLog(models.Model):
    """One exchange with Meta in either direction; no secret and no personal data."""

    _name = "meta.sync.log"
    _description = "Meta Sync Log"
    _order = "id desc"
    _rec_name = "kind"

    create_date = fields.Datetime("Time", index=True, readonly=True)
    direction = fields.Selection(
        DIRECTIONS,
        required=True,
        readonly=True,
        help="Who called whom.",
    )
    kind = fields.Selection(
        KINDS,
        required=True,
        readonly=True,
        help="What the exchange was for.",
    )
    outcome = fields.Selection(
        OUTCOMES,
        required=True,
        readonly=True,
        index=True,
        help="What Meta's answer means for Odoo.",
    )
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    connection_id = fields.Many2one(
        "meta.connection", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    dataset_id = fields.Many2one(
        "meta.capi.dataset", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    page_id = fields.Many2one(
        "meta.lead.page", readonly=True, ondelete="set null", index="btree_not_null"
    )
    form_id = fields.Many2one(
        "meta.lead.form", readonly=True, ondelete="set null", index="btree_not_null"
    )
    asked = ShortWords(
        "About", readonly=True, help="What Meta was asked for, or asked to do."
    )
    event_count = fields.Integer(
        "Records",
        readonly=True,
        aggregator="sum",
        help="How many leads, events, Pages or forms it was about.",
    )
    duration_ms = fields.Integer(
        "Duration (ms)",
        readonly=True,
        aggregator="avg",
        help="How long Meta took to answer.",
    )
    code = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Meta's error code; 0 when there is none.",
    )
    subcode = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Meta's error subcode, which tells more than the code.",
    )
    message = Words("In words", readonly=True)
    trace_id = fields.Char(
        "Trace ID", readonly=True, help="fbtrace_id: what Meta's support asks for."
    )

    # When Meta's webhook came last, however many rows there are.
    _incoming = models.Index("(connection_id, kind, id) WHERE direction = 'in'")

    @api.depends("kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for log in self:
            log.display_name = kinds.get(log.kind, log.kind)

    @api.model
    def _add(
        self,
        kind,
        result,
        *,
        connection,
        company,
        dataset=None,
        event_count=0,
        words=(),
        **about,
    ):
        """Log one request to Meta.

        :param str kind: one of :data:`KINDS`
        :param result: ``client.Result`` of the request
        :param words: further lines of its words
        :param about: ``page_id``, ``form_id`` and ``asked`` of the row; its
            ``outcome`` where that is not the answer's own verdict
        :rtype: meta.sync.log
        """
        answer = result.answer
        said = [answer.title, answer.message or result.reply.failure, *answer.warnings]
        if answer.verdict != "accepted":
            said += [answer.meaning, answer.cure]
        return self.create(
            {
                "direction": "out",
                "kind": kind,
                "outcome": answer.verdict,
                "company_id": company.id,
                "connection_id": connection.id,
                "dataset_id": dataset.id if dataset else False,
                **about,
                "event_count": event_count,
                "duration_ms": result.reply.duration_ms,
                "code": answer.code or 0,
                "subcode": answer.subcode or 0,
                "message": self._in_words([*said, *words]),
                "trace_id": answer.trace_id or False,
            }
        )

    @api.model
    def _add_stopped(self, dataset, event_count):
        """Log that a sender stopped in the middle of a request to a dataset."""
        return self.create(
            {
                "direction": "out",
                "kind": "events",
                "outcome": UNCLEAR,
                "company_id": dataset.company_id.id,
                "connection_id": dataset.connection_id.id,
                "dataset_id": dataset.id,
                "event_count": event_count,
                "message": self._in_words([STOPPED, MAY_COUNT, REST]),
            }
        )

    @api.model
    def _add_for_page(self, kind, page, result, event_count=0, form=None, **more):
        """Log one request to Meta that is about a Page, its forms or leads.

        :param form: ``meta.lead.form`` record that it is about
        :param more: as :meth:`_add` takes it
        """
        return self._add(
            kind,
            result,
            connection=page.connection_id,
            company=page.company_id,
            event_count=event_count,
            page_id=page.id,
            form_id=form.id if form else False,
            **more,
        )

    @api.model
    def _add_check(self, dataset, result, **more):
        """Log one question to Meta about a dataset.

        :param more: as :meth:`_add` takes it
        """
        return self._add(
            "check",
            result,
            connection=dataset.connection_id,
            company=dataset.company_id,
            dataset=dataset,
            **more,
        )

    @api.model
    def _add_incoming(
        self, kind, outcome, connection, event_count, words=(), page_id=False
    ):
        """Log one webhook of Meta's.

        :param page_id: of the ``meta.lead.page`` that it is about alone
        """
        return self.create(
            {
                "direction": "in",
                "kind": kind,
                "outcome": outcome,
                "company_id": connection.company_id.id,
                "connection_id": connection.id,
                "page_id": page_id,
                "event_count": event_count,
                "message": self._in_words(words),
            }
        )

    @api.model
    def _in_words(self, words):
        """Join what is known, once each, with nothing secret or personal in it."""
        unique = dict.fromkeys(word.strip() for word in words if word and word.strip())
        return redact.redact("\n".join(unique)) or False
