from collections import defaultdict
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
    def _merge_chats(self, routed, reported):
        """Let the newest of a lead's chats report for all of them to one dataset.

        Who clicked two ads buys once: Meta would count a step of each chat.

        :param list routed: ``(what _find_moved tells, its dataset or None)``, in the
            order of submissions
        :param dict reported: what was reported of each submission, by its id and the
            dataset's; that of the newest chat gets what the others reported
        :return: the same without the older chats
        :rtype: list[tuple]
        """
        if not any(moved["referral_id"] for moved, _dataset in routed):
            return routed
        newest, merged = {}, defaultdict(list)
        for moved, dataset in routed:
            if moved["referral_id"]:
                dataset_id = dataset and dataset.id
                key = moved["lead_id"], dataset_id
                newest[key] = moved
                merged[key] += reported[moved["submission_id"], dataset_id]
        for (lead_id, dataset_id), moved in newest.items():
            told = merged[lead_id, dataset_id]
            reported[moved["submission_id"], dataset_id] = told
        return [
            (moved, dataset)
            for moved, dataset in routed
            if not moved["referral_id"]
            or newest[moved["lead_id"], dataset and dataset.id] is moved
        ]

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
