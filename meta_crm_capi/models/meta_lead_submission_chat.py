from odoo import api, fields, models

from .meta_lead_account import CHANNELS

#: How a submission of a chat came in.
MESSAGE = "message"


class MetaLeadSubmission(models.Model):
    """A chat from an ad that has a lead is a submission too, without a Meta lead ID.

    So its steps, its events, their log, its erasure and its move to another lead are
    those of every other one. What belongs to a form it has none of: no Page, no form,
    no answers, nothing that could be read from Meta.
    """

    _inherit = "meta.lead.submission"

    origin = fields.Selection(
        selection_add=[(MESSAGE, "Chat from an ad")], ondelete={MESSAGE: "cascade"}
    )
    referral_id = fields.Many2one(
        "meta.lead.referral",
        "Chat",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        help="The chat from an ad that this stands for.",
    )
    account_id = fields.Many2one(
        "meta.lead.account",
        "Written to",
        readonly=True,
        ondelete="restrict",
        help="The WhatsApp number, Page or Instagram account of the chat.",
    )
    channel = fields.Selection(
        related="account_id.channel", help="Where the person wrote; empty for forms."
    )
    chat_key = fields.Char(
        "Key of the chat",
        readonly=True,
        copy=False,
        help="From this the IDs of its events are made. Empty: Meta gave nothing by "
        "which it would recognise the chat.",
    )

    _lead_id_or_chat = models.Constraint(
        "CHECK((meta_id IS NULL) = (referral_id IS NOT NULL))",
        "A submission has either a Meta lead ID or a chat.",
    )

    @api.depends("meta_id", "referral_id")
    def _compute_display_name(self):
        channels = dict(CHANNELS)
        for row in self:
            row.display_name = row.meta_id or self.env._(
                "%(channel)s chat",
                channel=channels.get(row.referral_id.sudo().channel, ""),
            )

    def _get_newest(self):
        """The one that came last of these."""
        return self.sorted(lambda row: (row.submitted_at or row.create_date, row.id))[
            -1:
        ]

    def _get_identity(self):
        """What Meta's side of it is known by, for the IDs of events.

        :return: the Meta lead ID, or the key of the chat; empty where Meta gave none
        :rtype: str
        """
        self.ensure_one()
        return self.meta_id or self.chat_key or ""


class MetaLeadReferral(models.Model):
    _inherit = "meta.lead.referral"

    submission_ids = fields.One2many(
        "meta.lead.submission",
        "referral_id",
        help="What stands for this chat among the submissions, once it has a lead.",
    )

    def _give_lead(self, lead):
        """Let a chat belong to a lead: from now on the lead's steps are reported.

        :rtype: meta.lead.submission
        """
        self.ensure_one()
        self.write({"lead_id": lead.id, "state": "done"})
        return self.submission_ids or self.submission_ids.create(
            self._prepare_submission()
        )

    def _prepare_submission(self):
        return {
            "origin": MESSAGE,
            "state": "done",
            "referral_id": self.id,
            "account_id": self.account_id.id,
            "chat_key": self.key if self._get_person_id() else False,
            "connection_id": self.connection_id.id,
            "company_id": self.company_id.id,
            "lead_id": self.lead_id.id,
            "submitted_at": self.sent_at,
            "ad_id": self.ad_id,
            "platform": dict(CHANNELS)[self.channel],
        }

    def _get_person_id(self):
        """By what Meta knows who wrote: WhatsApp's click, else the person's ID."""
        return self.ctwa_clid if self.channel == "whatsapp" else self.user_meta_id

    def _erase(self):
        """What stands for it goes the way of a form's submission."""
        result = super()._erase()
        self.submission_ids.event_ids._erase()
        self.submission_ids._erase()
        return result
