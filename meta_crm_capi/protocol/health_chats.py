"""Whether webhooks can bring chats: which fields the app is subscribed to.

A part of :mod:`.health`, whose levels and findings it uses.

Sources: Graph API reference, application subscriptions; WhatsApp Business Platform,
webhooks; Messenger Platform and Instagram messaging, webhooks.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from . import shapes
from .health import ATTENTION, INCONCLUSIVE, OK, Finding, same_address
from .referral import INSTAGRAM, MESSENGER, WHATSAPP
from .reply import Result
from .words import _lt


class Wanted(NamedTuple):
    """Where at Meta the webhook of a channel is, and the fields that tell of chats."""

    object: str
    #: One of them is enough for the message that names the ad.
    fields: frozenset[str]
    name: str
    cure: str


CHANNELS = {
    WHATSAPP: Wanted(
        "whatsapp_business_account",
        frozenset(("messages",)),
        "WhatsApp",
        _lt(
            "WhatsApp: Meta for Developers > your app > Webhooks > WhatsApp Business"
            " Account: paste the callback URL and the verify token of the connection,"
            " and subscribe to “messages”."
        ),
    ),
    MESSENGER: Wanted(
        "page",
        frozenset(("messages", "messaging_referrals", "standby")),
        "Messenger",
        _lt(
            "Messenger: Meta for Developers > your app > Webhooks > Page: subscribe to"
            " “messages”, “messaging_postbacks” and “messaging_referrals”, and"
            " subscribe the Page to them too."
        ),
    ),
    INSTAGRAM: Wanted(
        "instagram",
        frozenset(("messages", "messaging_referral", "standby")),
        "Instagram",
        _lt(
            "Instagram: Meta for Developers > your app > Webhooks > Instagram: paste"
            " the callback URL and the verify token of the connection, and subscribe"
            " to “messages”."
        ),
    ),
}


def chat_subscription(
    result: Result, callback_url: str, channels: Collection[str]
) -> Finding:
    """Whether the app's webhooks tell of chats, and come to us.

    :param result: of ``GET /{app_id}/subscriptions``
    :param channels: those by which webhooks brought chats before; empty when none did
        yet, and any would do
    """
    if not result.answer.accepted:
        words = result.answer.message or result.answer.meaning or _lt("no answer")
        return Finding(
            INCONCLUSIVE, _lt("Meta does not tell: %(words)s") % {"words": words}
        )
    heard = [key for key in CHANNELS if _is_heard(result, CHANNELS[key], callback_url)]
    deaf = [key for key in CHANNELS if key in channels and key not in heard]
    if deaf:
        words = _lt(
            "Chats came by these channels, and the app's webhooks do not tell this"
            " Odoo of them any more: %(names)s."
        ) % {"names": _names(deaf)}
        return Finding(ATTENTION, words, "\n".join(CHANNELS[key].cure for key in deaf))
    if not heard:
        return Finding(
            INCONCLUSIVE,
            _lt("No webhook of the app tells this Odoo of chats."),
            "\n".join(wanted.cure for wanted in CHANNELS.values()),
        )
    words = _lt("The app's webhooks tell this Odoo of chats by: %(names)s.")
    return Finding(OK, words % {"names": _names(heard)})


def _is_heard(result: Result, wanted: Wanted, callback_url: str) -> bool:
    rows: list[dict[str, Any]] = result.rows
    row = next((row for row in rows if row.get("object") == wanted.object), {})
    theirs = row.get("callback_url")
    return (
        isinstance(theirs, str)
        and same_address(theirs, callback_url)
        and row.get("active") is not False
        and not wanted.fields.isdisjoint(shapes.names(row.get("fields")))
    )


def _names(channels: list[str]) -> str:
    return ", ".join(CHANNELS[key].name for key in channels)
