from odoo import fields, models
from odoo.exceptions import UserError, ValidationError

from ..protocol import referral
from .words import show


class CrmLead(models.Model):
    """Chats from ads belong to a lead as Meta leads do: they move and go with it."""

    _inherit = "crm.lead"

    meta_referral_ids = fields.One2many(
        "meta.lead.referral",
        "lead_id",
        "Chats from ads",
        groups="meta_crm_capi.group_meta_user",
        copy=False,
        help="Which ads made this person write in WhatsApp, Messenger or Instagram.",
    )

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        tail = opportunities.sudo().with_context(active_test=False)
        tail.meta_referral_ids.write({"lead_id": self.id})
        return result

    def unlink(self):
        """Deleting a lead erases who it was in chats too."""
        self.check_access("unlink")
        self.sudo().meta_referral_ids._erase()
        return super().unlink()

    def add_meta_chat(self, channel, account_id, person_id, ad_id=None):
        """Note that this lead wrote from an ad, as another program knows it.

        For Meta administrators, by RPC too. The lead's steps are reported from its next
        move on. A chat that is noted already stays as it
        is; one that waits for a lead gets this one.

        :param str channel: whatsapp, messenger or instagram
        :param str account_id: Meta's ID of the WhatsApp business account, the Page or
            the Instagram account
        :param str person_id: WhatsApp's ``ctwa_clid``, else Meta's ID of the person for
            this account
        :param str ad_id: Meta's ID of the ad, where it is known
        :return: id of the ``meta.lead.referral``
        :raise ValidationError: when Meta could use none of it, or it is another lead's
        """
        self.ensure_one()
        self.check_access("write")
        self.env["meta.connection"]._check_administrator()
        try:
            found = referral.given(channel, account_id, person_id, ad_id)
        except ValueError as error:
            raise ValidationError(show(self.env, str(error))) from None
        connection = self._get_connection_of_chat(found)
        referrals = self.env["meta.lead.referral"].sudo()
        referrals._store(connection, [found])
        row = referrals.search(
            [("key", "=", found.key), ("company_id", "=", connection.company_id.id)]
        )
        if row.state == "erased":
            raise ValidationError(
                self.env._("This chat was erased and cannot be brought back.")
            )
        if row.lead_id and row.lead_id != self:
            raise ValidationError(self.env._("This chat belongs to another lead."))
        row._give_lead(self)
        return row.id

    def _get_connection_of_chat(self, found):
        """The connection whose account it is, else the company's only one.

        :param found: ``referral.Referral``
        """
        company = self.company_id or self.env.company
        accounts = (
            self.env["meta.lead.account"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("channel", "=", found.channel),
                    ("meta_id", "=", found.account_id),
                ]
            )
        )
        connection = accounts.connection_id[:1] or self.env[
            "meta.connection"
        ].sudo().search([("company_id", "=", company.id)])
        if len(connection) != 1:
            raise UserError(
                self.env._(
                    "It is not clear which connection this chat belongs to: the "
                    "company needs exactly one, or one that knows the account already."
                )
            )
        return connection
