"""From what a CRM knows of a person to the keys of `user_data`.

A lead speaks first, its contact where the lead is silent. What comes in is raw, as
people typed it; what goes out is normalised and hashed by :mod:`.user_data`.

Source: "Customer information parameters" of the Conversions API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from . import user_data
from .text import plain

#: Countries whose states have a code in Meta's rules; elsewhere the name is sent.
_STATES_BY_CODE = frozenset(("US", "CA"))


class Party(NamedTuple):
    """What one record of a CRM, a lead or a contact, says of a person.

    Everything is raw text or empty. ``country`` is ISO alpha-2, ``state_country`` that
    of the state.
    """

    name: str | None = None
    emails: Iterable[str | None] = ()
    phones: Iterable[str | None] = ()
    city: str | None = None
    zip: str | None = None
    state: str | None = None
    state_code: str | None = None
    state_country: str | None = None
    country: str | None = None


class Choice(NamedTuple):
    """What of a person may be told.

    ``left_out`` are the keys that are not sent; ``lead_id_only`` leaves out all of
    them. ``plain_external_id`` sends ``external_id`` as it is and not hashed.
    """

    left_out: frozenset[str] = frozenset()
    lead_id_only: bool = False
    plain_external_id: bool = False


#: What nobody restricted.
EVERYTHING = Choice()


def customer_keys(
    lead: Party,
    contact: Party,
    *,
    company_country: str | None = None,
    choice: Choice = EVERYTHING,
    more: Mapping[str, object] | None = None,
) -> dict[str, list[str] | str]:
    """The keys of `user_data` that are known of a person, ready to be sent.

    :param company_country: reads national numbers, where neither the lead nor the
        contact names a country; it is never told as the person's own
    :param more: further raw values by key: one, or a list where a person may have
        several. They come after the lead's and the contact's
    :return: lists of hashes, and plain text for the keys that are never hashed; no
        key is empty
    :raises ValueError: when ``more`` holds something that is no key of `user_data`
    """
    if choice.lead_id_only:
        return {}
    home = lead.country or lead.state_country
    abroad = contact.country or contact.state_country
    country = home or abroad
    # Half an address here and half a one there would be a place that is not.
    second = Party() if home and abroad and home != abroad else contact
    first_name, last_name = split_name(lead.name or contact.name)
    reading = country or company_country
    emails: list[str] = []
    _hash_all("em", lead.emails, None, emails)
    _hash_all("em", contact.emails, None, emails)
    phones: list[str] = []
    _hash_all("ph", lead.phones, reading, phones)
    _hash_all("ph", contact.phones, abroad or reading, phones)
    found: dict[str, list[str] | str] = {
        "em": emails,
        "ph": phones,
        "fn": _hash("fn", first_name, None),
        "ln": _hash("ln", last_name, None),
        "ct": _place("ct", lead.city or second.city, reading),
        "st": _state(lead) or _state(second),
        "zp": _hash("zp", lead.zip or second.zip, reading),
        "country": _place("country", country, None),
    }
    if more:
        _add(found, more, reading, choice)
    left_out = choice.left_out
    return {
        key: values for key, values in found.items() if values and key not in left_out
    }


def split_name(name: str | None) -> tuple[str, str]:
    """First and last name: the first word and the rest; one word is a first name."""
    words = (name or "").split(None, 1)
    return words[0] if words else "", words[1] if len(words) > 1 else ""


def _add(
    found: dict, more: Mapping[str, object], country: str | None, choice: Choice
) -> None:
    """Add raw values of any key; the first usable one where there may be only one."""
    for key, given in more.items():
        values = given if isinstance(given, (list, tuple)) else [given]
        usable = [
            hashed
            for value in values
            if (hashed := _sent(key, value, country, choice.plain_external_id))
        ]
        if key in user_data.HASHED_KEYS:
            found[key] = list(dict.fromkeys((*found.get(key, ()), *usable)))
        elif usable and key not in found:
            found[key] = usable[0]


def _sent(
    key: str, value: object, country: str | None, plain_external_id: bool
) -> str | None:
    if key == "external_id" and plain_external_id:
        text = plain(value)
        # Somebody's address must not leave unhashed, whatever field it stands in.
        return text if text and "@" not in text else None
    return user_data.hashed(key, value, country=country)


def _hash_all(
    key: str, values: Iterable[str | None], country: str | None, found: list[str]
) -> None:
    """Add what is usable of the values, each hash once."""
    for value in values:
        if value:
            hashed = user_data.hashed(key, value, country=country)
            if hashed and hashed not in found:
                found.append(hashed)


def _hash(key: str, value: str | None, country: str | None) -> list[str]:
    hashed = user_data.hashed(key, value, country=country) if value else None
    return [hashed] if hashed else []


def _state(party: Party) -> list[str]:
    country = party.state_country
    by_code = country in _STATES_BY_CODE
    return _place("st", party.state_code if by_code else party.state, country)


def _place(key: str, value: str | None, country: str | None) -> list[str]:
    hashed = _place_hash(key, value, country) if value else None
    return [hashed] if hashed else []


# Hashes of places are remembered, those of people never, nor of post codes: there are
# too many of them.
@lru_cache(maxsize=8192)
def _place_hash(key: str, value: str, country: str | None) -> str | None:
    return user_data.hashed(key, value, country=country)
