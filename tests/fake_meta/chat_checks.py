"""The checks of events of business messaging, beside those of names and accounts.

Meta: Conversions API for business messaging. What it leaves open is taken strictly: a
dataset of a Page, a WhatsApp business account or an Instagram account counts nothing
but events of chats that an ad opened there.
"""

from __future__ import annotations

from .chats import ACCOUNT_KEYS, PERSON_KEYS
from .checks import Context, Finding

_BROWSER_KEYS = ("client_ip_address", "client_user_agent", "fbc", "fbp")


def _user(event: dict) -> dict:
    return event.get("user_data") or {}


def _lacks_person(event: dict, channel: str) -> Finding | None:
    if event["action_source"] != "business_messaging":
        return None
    if event["messaging_channel"] != channel:
        return None
    person = _user(event).get(PERSON_KEYS[channel])
    sound = isinstance(person, str) and person and not any(map(str.isspace, person))
    return None if sound else Finding()


def whatsapp_without_click(event: dict, context: Context) -> Finding | None:
    return _lacks_person(event, "whatsapp")


def messenger_without_person(event: dict, context: Context) -> Finding | None:
    return _lacks_person(event, "messenger")


def instagram_without_person(event: dict, context: Context) -> Finding | None:
    return _lacks_person(event, "instagram")


def not_of_a_chat(event: dict, context: Context) -> Finding | None:
    return None if event["action_source"] == "business_messaging" else Finding()


def with_browser_data(event: dict, context: Context) -> Finding | None:
    return Finding() if any(_user(event).get(key) for key in _BROWSER_KEYS) else None


def of_another_account(event: dict, context: Context) -> Finding | None:
    key = ACCOUNT_KEYS.get(event.get("messaging_channel") or "")
    own = context.dataset and context.dataset.account_id
    return None if key and _user(event).get(key) == own else Finding()


def without_a_chat(event: dict, context: Context) -> Finding | None:
    chat = context.chat
    return None if chat and chat.ad_id else Finding()


def before_the_chat(event: dict, context: Context) -> Finding | None:
    chat = context.chat
    return Finding() if chat and event["event_time"] < chat.created_time else None
