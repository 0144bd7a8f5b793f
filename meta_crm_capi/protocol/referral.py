"""Which ad made a person write: the referral of a chat message, and nothing else of it.

WhatsApp, Messenger and Instagram post every message to the same webhook as leads. The
first message after a click on an ad has a *referral*. Only that, who wrote and to whom
are read here: no field of :class:`Referral` could hold a message's text, a file, a
name, or the words of the ad.

Sources: "Conversions API for business messaging"; WhatsApp Business Platform, webhooks,
messages with a referral; Messenger Platform, webhooks, messages, messaging_referrals,
messaging_postbacks and standby; Instagram messaging, webhooks.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .text import meta_id, scalar_text
from .words import _lt

WHATSAPP, MESSENGER, INSTAGRAM = "whatsapp", "messenger", "instagram"
CHANNELS = (WHATSAPP, MESSENGER, INSTAGRAM)
#: The channel by the ``object`` of a notification whose entries hold messages.
OBJECTS = {
    "whatsapp_business_account": WHATSAPP,
    "page": MESSENGER,
    "instagram": INSTAGRAM,
}
#: The keys of an entry that list messages. In ``standby`` are those of a chat that
#: another app of the Page answers, which is how a CRM beside a chat tool hears of them.
LISTS = ("messaging", "standby")

#: A click id is opaque, about 100 characters long and case-sensitive.
_CLICK_ID = re.compile(r"[!-~]{1,512}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,59}")
_PHONE = re.compile(r"[1-9][0-9]{5,18}")
# Later than this it is no time in seconds (the year 2286), but milliseconds or junk.
_LAST_UNIX_TIME = 9_999_999_999
_MAX_MESSAGE_ID = 1024


@dataclass(frozen=True)
class Referral:
    """A person who wrote after a click on an ad.

    Ids are decimal text, None where Meta sent none. What tells who the person is stays
    out of ``repr``, so that no log has it by accident.

    - ``channel``: one of :data:`CHANNELS`
    - ``account_id``: the WhatsApp business account, the Page or the Instagram account
      that was written to
    - ``number_id``: the ID of WhatsApp's business phone number, not the number itself
    - ``user_id``: page-scoped (Messenger) or Instagram-scoped ID of the person
    - ``phone``: the person's WhatsApp number, digits with the country code
    - ``ctwa_clid``: the click on an ad that opens WhatsApp
    - ``ad_id``: the ad; for WhatsApp also a post that is promoted
    - ``sent_at``: Unix seconds
    - ``key``: 64 hex digits, the same each time Meta delivers the same click
    """

    key: str
    channel: str
    account_id: str
    number_id: str | None
    ad_id: str | None
    sent_at: int | None
    user_id: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    ctwa_clid: str | None = field(default=None, repr=False)


def given(
    channel: str, account_id: str, person_id: str, ad_id: str | None = None
) -> Referral:
    """The referral that another program knows, as a webhook would have brought it.

    A WhatsApp click has the key that its webhook has: whichever comes first, the other
    one is known.

    :param person_id: WhatsApp's ``ctwa_clid``, else the person's ID for this account
    :raises ValueError: in plain words, when it says nothing that Meta could use
    """
    account, ad = meta_id(account_id), meta_id(ad_id)
    if channel not in CHANNELS:
        raise ValueError(_lt("The channel is whatsapp, messenger or instagram."))
    if account is None:
        raise ValueError(_lt("The account ID is Meta's: digits only."))
    if ad_id and ad is None:
        raise ValueError(_lt("The ad ID is Meta's: digits only."))
    is_click = channel == WHATSAPP
    person = _click_id(person_id) if is_click else meta_id(person_id)
    if person is None:
        raise ValueError(
            _lt("The click ID (ctwa_clid) is text without blanks.")
            if is_click
            else _lt("The user ID is Meta's for this account: digits only.")
        )
    return Referral(
        key=_key(channel, account, None, person)
        if is_click
        else _key(channel, account, person, [ad, None]),
        channel=channel,
        account_id=account,
        number_id=None,
        ad_id=ad,
        sent_at=None,
        user_id=None if is_click else person,
        ctwa_clid=person if is_click else None,
    )


def read_entry(kind: str, entry: dict[str, Any]) -> Iterator[Referral | str | None]:
    """Read the messages of one entry of a notification.

    :param kind: the notification's ``object``, one of :data:`OBJECTS`
    :return: for each message a referral, None where it has none of an ad's, or in
        words why it cannot be used; the words repeat nothing of the message
    """
    channel = OBJECTS[kind]
    if channel != WHATSAPP:
        for name in LISTS:
            if name in entry:
                yield from _each(entry[name], channel, entry)
    if channel == MESSENGER:
        return
    changes = entry.get("changes")
    if isinstance(changes, list):
        for change in changes:
            yield from _change(change, channel, entry)
    elif "changes" in entry:
        yield _lt("an entry whose changes are not a list")
    elif not has_messages(entry):
        yield _lt("an entry without changes")


def has_messages(entry: dict[str, Any]) -> bool:
    """Whether an entry lists messages, and not (only) changes."""
    return any(entry.get(name) for name in LISTS)


def _each(
    messages: Any, channel: str, entry: dict[str, Any]
) -> Iterator[Referral | str | None]:
    if not isinstance(messages, list):
        yield _lt("messages that are not a list")
        return
    for message in messages:
        if not isinstance(message, dict):
            yield _lt("a message that is not an object")
        else:
            yield _chat(message, channel, entry)


def _change(
    change: Any, channel: str, entry: dict[str, Any]
) -> Iterator[Referral | str | None]:
    if not isinstance(change, dict):
        yield _lt("a change that is not an object")
        return
    name, value = change.get("field"), change.get("value")
    if not _is_of_messages(name, channel):
        yield _lt("a change of field %(name)s") % {"name": quoted(name)}
    elif not isinstance(value, dict):
        yield _lt("a change of messages without a value")
    elif channel == INSTAGRAM:
        # Apps with Instagram's own login get a message as a change.
        yield _chat(value, channel, entry)
    elif "messages" not in value:
        # What became of our own messages: sent, delivered, read.
        yield None
    elif not isinstance(value["messages"], list):
        yield _lt("messages that are not a list")
    else:
        for message in value["messages"]:
            if isinstance(message, dict):
                yield _whatsapp(message, value, entry)
            else:
                yield _lt("a message that is not an object")


def _is_of_messages(name: Any, channel: str) -> bool:
    if channel == WHATSAPP:
        return name == "messages"
    return name in ("messages", "messaging_referral", "messaging_postbacks", "standby")


def _whatsapp(
    message: dict[str, Any], value: dict[str, Any], entry: dict[str, Any]
) -> Referral | str | None:
    found = message.get("referral")
    if not isinstance(found, dict):
        return None
    click = _click_id(found.get("ctwa_clid"))
    if click is None and scalar_text(found.get("source_type")) != "ad":
        return None
    phone = scalar_text(message.get("from"))
    phone = phone.removeprefix("+") if phone else ""
    phone = phone if _PHONE.fullmatch(phone) else None
    account_id = meta_id(entry.get("id"))
    if account_id is None:
        return _lt("a referral without the ID of the account that was written to")
    if click is None and phone is None:
        return _lt("a referral without the ID of who wrote")
    metadata = value.get("metadata")
    number_id = metadata.get("phone_number_id") if isinstance(metadata, dict) else None
    sent_at = _seconds(message.get("timestamp"))
    ad_id = meta_id(found.get("source_id"))
    mark = click or _message_id(message.get("id")) or [ad_id, sent_at]
    return Referral(
        key=_key(WHATSAPP, account_id, phone if click is None else None, mark),
        channel=WHATSAPP,
        account_id=account_id,
        number_id=meta_id(number_id),
        ad_id=ad_id,
        sent_at=sent_at,
        phone=phone,
        ctwa_clid=click,
    )


def _chat(
    item: dict[str, Any], channel: str, entry: dict[str, Any]
) -> Referral | str | None:
    """Messenger and Instagram, which share one form."""
    message = item.get("message")
    message = message if isinstance(message, dict) else {}
    # Our own answers come back as echoes.
    if message.get("is_echo"):
        return None
    postback = item.get("postback")
    postback = postback if isinstance(postback, dict) else {}
    given = (part.get("referral") for part in (item, message, postback))
    found = next((one for one in given if _is_of_an_ad(one)), None)
    if found is None:
        return None
    account_id = meta_id(entry.get("id")) or _id_of(item.get("recipient"))
    if account_id is None:
        return _lt("a referral without the ID of the account that was written to")
    user_id = _id_of(item.get("sender"))
    if user_id is None:
        return _lt("a referral without the ID of who wrote")
    ad_id = meta_id(found.get("ad_id"))
    sent_at = _seconds(item.get("timestamp"))
    mid = _message_id(message.get("mid")) or _message_id(postback.get("mid"))
    return Referral(
        key=_key(channel, account_id, user_id, mid or [ad_id, sent_at]),
        channel=channel,
        account_id=account_id,
        number_id=None,
        ad_id=ad_id,
        sent_at=sent_at,
        user_id=user_id,
    )


def _is_of_an_ad(found: Any) -> bool:
    """Other referrals are short links, buttons of a website and the like."""
    if not isinstance(found, dict):
        return False
    source = scalar_text(found.get("source")) or ""
    return source.upper() == "ADS" or meta_id(found.get("ad_id")) is not None


def _id_of(person: Any) -> str | None:
    return meta_id(person.get("id")) if isinstance(person, dict) else None


def _click_id(value: Any) -> str | None:
    text = scalar_text(value)
    return text if text and _CLICK_ID.fullmatch(text) else None


def _message_id(value: Any) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text if 0 < len(text) <= _MAX_MESSAGE_ID else None


def _seconds(value: Any) -> int | None:
    """WhatsApp says seconds, the others milliseconds."""
    text = meta_id(value)
    if text is None:
        return None
    number = int(text)
    if number > _LAST_UNIX_TIME:
        number //= 1000
    return number if number <= _LAST_UNIX_TIME else None


def _key(*parts: Any) -> str:
    # A message ID of WhatsApp's holds the number of who wrote: only its hash is kept.
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def quoted(value: Any) -> str:
    """Quote a name from a notification for people to read, if it looks like one.

    Meta's names of objects, fields and keys are short and have no blanks. Whatever else
    stands there may be what somebody wrote, and is not repeated.
    """
    if not isinstance(value, str):
        return f"of type {type(value).__name__}"
    return f'"{value}"' if _NAME.fullmatch(value) else "that is no name"
