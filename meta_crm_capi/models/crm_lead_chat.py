from odoo import api, fields, models
from odoo.fields import Domain

from .meta_lead_account import CHANNELS


class CrmLead(models.Model):
    """What a chat from an ad shows on its lead, for everybody who may see the lead.

    A lead of a chat has no Meta lead ID, so that one cannot tell who came from Meta.
    """

    _inherit = "crm.lead"

    meta_is_from_meta = fields.Boolean(
        "From Meta",
        compute="_compute_meta_is_from_meta",
        search="_search_meta_is_from_meta",
        compute_sudo=True,
        help="Whether it came from a form or a chat that an ad at Meta opened.",
    )
    meta_channel = fields.Selection(
        CHANNELS,
        "Chat",
        compute="_compute_meta_chat",
        compute_sudo=True,
        help="Where the person wrote; of several chats the newest one.",
    )
    meta_chat_at = fields.Datetime(
        "Wrote at",
        compute="_compute_meta_chat",
        compute_sudo=True,
        help="When the first message of the newest chat was sent.",
    )

    @api.depends("meta_submission_ids")
    def _compute_meta_is_from_meta(self):
        for lead in self:
            lead.meta_is_from_meta = bool(lead.meta_submission_ids)

    @api.model
    def _search_meta_is_from_meta(self, operator, value):
        if operator != "in":
            return NotImplemented
        # With full rights: who may search leads may not read submissions.
        submissions = self.env["meta.lead.submission"].sudo()
        found = submissions._search([("lead_id", "!=", False)]).subselect("lead_id")
        domain = Domain.FALSE
        if True in value:
            domain |= Domain("id", "in", found)
        if False in value:
            domain |= Domain("id", "not in", found)
        return domain

    @api.depends("meta_referral_ids.sent_at", "meta_referral_ids.channel")
    def _compute_meta_chat(self):
        for lead in self:
            chat = lead.meta_referral_ids.sorted(
                lambda row: (row.sent_at or row.create_date, row.id)
            )[-1:]
            lead.meta_channel = chat.channel
            lead.meta_chat_at = chat.sent_at
