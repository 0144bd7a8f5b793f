from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..protocol import event as capi_event
from ..protocol import messaging


class Chat(NamedTuple):
    """Who wrote to whom: what an event of business messaging is about."""

    channel: str
    account_id: str | None
    #: WhatsApp's click, else the person's ID for this account.
    person_id: str | None


class MetaCapiEvent(models.Model):
    """Events of chats are built of the chat's own IDs, and one by one."""

    _inherit = "meta.capi.event"

    @api.model
    def _find_chats(self, referral_ids):
        """Who wrote to whom in these chats.

        Never logged with its values. Nothing is asked where there are no chats.

        :param referral_ids: ids of ``meta.lead.referral``
        :rtype: dict[int, Chat]
        """
        if not referral_ids:
            return {}
        self.env.cr.execute(
            SQL(
                """
                SELECT referral.id, referral.channel, account.meta_id,
                       CASE WHEN referral.channel = 'whatsapp'
                            THEN referral.ctwa_clid
                            ELSE referral.user_meta_id END
                  FROM meta_lead_referral referral
             LEFT JOIN meta_lead_account account ON account.id = referral.account_id
                 WHERE referral.id = ANY(%s)
                """,
                list(referral_ids),
            ),
            log_exceptions=False,
        )
        return {key: Chat(*chat) for key, *chat in self.env.cr.fetchall()}

    @api.model
    def _cast_chat(self, chat, telling, **parts):
        """The text of an event of a chat, and why Meta would not take it.

        :param chat: a :class:`Chat`
        :param parts: as ``messaging.build`` takes them
        :rtype: tuple[str, list[str]]
        """
        try:
            made = messaging.build(
                channel=chat.channel,
                account_id=chat.account_id or "",
                person_id=chat.person_id or "",
                data_processing=telling.data_processing,
                **parts,
            )
        except ValueError as error:
            return "", [str(error)]
        problems = capi_event.problems(made, now=telling.now)
        return ("" if problems else capi_event.encode(made).decode()), problems
