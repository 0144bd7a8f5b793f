"""Chats that ads open: how they come to be, and the webhooks of their messages.

WhatsApp Business Platform: webhooks, messages with a referral. Messenger Platform and
Instagram messaging: webhooks, messages. Conversions API for business messaging.
"""

from __future__ import annotations

import secrets
from typing import Any

from .state import Chat, MetaState

# The key of user_data that names the account, and the one that names who wrote.
ACCOUNT_KEYS = {
    "whatsapp": "whatsapp_business_account_id",
    "messenger": "page_id",
    "instagram": "ig_account_id",
}
PERSON_KEYS = {
    "whatsapp": "ctwa_clid",
    "messenger": "page_scoped_user_id",
    "instagram": "ig_sid",
}
_OBJECTS = {
    "whatsapp": "whatsapp_business_account",
    "messenger": "page",
    "instagram": "instagram",
}


def new_chat(
    state: MetaState,
    channel: str,
    account_id: str,
    *,
    ad_id: str | None,
    number_id: str | None = None,
    phone: str | None = None,
    person_id: str | None = None,
    created_time: int | None = None,
) -> Chat:
    """Somebody opens a chat: from an ad, or (``ad_id`` None) without one.

    WhatsApp names the click of an ad, and nobody where there was none.
    """
    if channel == "whatsapp":
        # About 100 characters, case-sensitive.
        person_id = "AR" + secrets.token_urlsafe(72) if ad_id else None
        phone = phone or f"49151{secrets.randbelow(10**8):08}"
    else:
        person_id = person_id or state.new_id()
    chat = Chat(
        id=state.new_id(),
        channel=channel,
        account_id=account_id,
        ad_id=ad_id,
        number_id=number_id,
        phone=phone,
        person_id=person_id,
        created_time=int(state.now()) if created_time is None else created_time,
    )
    state.chats[chat.id] = chat
    return chat


def body(chat: Chat, text: str) -> dict[str, Any]:
    """The webhook of the first message of a chat."""
    entry: dict[str, Any] = {"id": chat.account_id}
    if chat.channel == "whatsapp":
        entry["changes"] = [{"value": _whatsapp(chat, text), "field": "messages"}]
    else:
        entry["time"] = chat.created_time * 1000
        entry["messaging"] = [_message(chat, text)]
    return {"object": _OBJECTS[chat.channel], "entry": [entry]}


def _whatsapp(chat: Chat, text: str) -> dict[str, Any]:
    message: dict[str, Any] = {
        "from": chat.phone,
        "id": f"wamid.{chat.id}",
        "timestamp": str(chat.created_time),
        "text": {"body": text},
        "type": "text",
    }
    if chat.ad_id:
        message["referral"] = {
            "source_url": f"https://fb.me/{chat.id}",
            "source_id": chat.ad_id,
            "source_type": "ad",
            "headline": "Chat with us",
            "body": "Ask us anything",
            "media_type": "image",
            "ctwa_clid": chat.person_id,
        }
    return {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": "15550783881",
            "phone_number_id": chat.number_id or chat.account_id,
        },
        "contacts": [{"profile": {"name": "Ana Acker"}, "wa_id": chat.phone}],
        "messages": [message],
    }


def _message(chat: Chat, text: str) -> dict[str, Any]:
    message: dict[str, Any] = {"mid": f"m_{chat.id}", "text": text}
    if chat.ad_id:
        message["referral"] = {
            "ref": "welcome",
            "ad_id": chat.ad_id,
            "source": "ADS",
            "type": "OPEN_THREAD",
            "ads_context_data": {"ad_title": "Chat with us"},
        }
    return {
        "sender": {"id": chat.person_id},
        "recipient": {"id": chat.account_id},
        "timestamp": chat.created_time * 1000,
        "message": message,
    }


def chat_of(event: Any, chats: dict[str, Chat]) -> Chat | None:
    """The chat that an event of business messaging speaks of."""
    channel, user = event.get("messaging_channel"), event.get("user_data") or {}
    if channel not in PERSON_KEYS:
        return None
    person = user.get(PERSON_KEYS[channel])
    account = user.get(ACCOUNT_KEYS[channel])
    for chat in chats.values():
        # A click is nobody else's; other ids count for their account only.
        at_home = channel == "whatsapp" or chat.account_id == account
        if at_home and (chat.channel, chat.person_id) == (channel, person):
            return chat if person else None
    return None
