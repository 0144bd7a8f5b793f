"""Meta's rules for one event: the customer information in ``user_data``.

Sources: "Customer information parameters", "Conversions API for CRM" payload
specification, "Best practices" (combinations that are too broad).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Set

from .check_parts import is_integer, must_be_text
from .event_json import below
from .user_data import HASHED_KEYS, KEYS, UNHASHED_KEYS
from .words import _lt

#: Plain keys that are useless as a hash, and that some senders hash by mistake.
NEVER_HASHED_KEYS = frozenset(("client_user_agent", "fbc", "fbp"))
#: They name the business that was written to, and nobody who wrote.
ACCOUNT_KEYS = frozenset(
    (
        "page_id",
        "whatsapp_business_account_id",
        "ig_account_id",
        "instagram_business_account_id",
    )
)
PERSON_KEYS = KEYS - ACCOUNT_KEYS
#: An event is refused when all it knows of a person lies within one of these.
TOO_BROAD = (
    frozenset(("ct", "country", "st", "zp", "ge", "client_user_agent")),
    frozenset(("db", "client_user_agent")),
    frozenset(("fn", "ge")),
    frozenset(("ln", "ge")),
)
_BROAD = frozenset().union(*TOO_BROAD)

_HASH_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#: Meta's Parameter Builder marks its values with a dot and 8 characters (2 before).
_APPENDIX = r"(?:\.(?:[A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{2}))?"
_HASH = re.compile(rf"([0-9a-f]{{64}}){_APPENDIX}")
_HASH_OF_ANY_CASE = re.compile(rf"[0-9A-Fa-f]{{64}}{_APPENDIX}")
_IP_APPENDIX = re.compile(r"\.(?:[A-Za-z0-9_-]{8}|[A-Za-z_-][A-Za-z0-9_-])$")
#: Real ones have 15 to 17 digits. Meta's test tools give shorter ones, and ids grow;
#: what is none at all costs its whole request.
_LEAD_IDS = range(10**11, 10**18)
_DIGITS = re.compile("[1-9][0-9]{0,17}")


def user_data(event: dict) -> Iterator[str]:
    """The form of each key, and whether all of them can find a person."""
    user = event.get("user_data")
    if user is None:
        yield "user_data: " + _lt("is missing")
        return
    if not isinstance(user, dict):
        yield "user_data: " + _lt("must be an object")
        return
    known = _plain_keys(user)
    if known is None:
        known = set()
        for key, value in user.items():
            if value is not None:
                yield from _key(key, below("user_data", key), value)
            if key in PERSON_KEYS and _says_something(value):
                known.add(key)
    if not known:
        yield "user_data: " + _lt("has no customer information")
    elif known <= _BROAD and any(known <= broad for broad in TOO_BROAD):
        yield (
            "user_data: "
            + (
                _lt("only %(list)s; this is too broad to find a person")
                % {"list": ", ".join(sorted(known))}
            )
        )


def _plain_keys(user: dict) -> Set[str] | None:
    """The keys of what nearly every event has: a lead id and lists of sound hashes.

    None where there is anything else, which needs a closer look.
    """
    hashes: list = []
    for key, value in user.items():
        if key == "lead_id":
            if not is_integer(value, _LEAD_IDS):
                return None
        elif value and key in HASHED_KEYS and isinstance(value, list):
            hashes += value
        else:
            return None
    return user.keys() if not hashes or are_sound_hashes(hashes) else None


def are_sound_hashes(values: list) -> bool:
    """Whether all of them are SHA-256 in lower-case hex, and none that of nothing.

    :param values: of whatever type, at least one
    """
    try:
        joined = "".join(values)
        # Far faster than a pattern. Capitals come back small, and blanks not at all.
        is_hex = bytes.fromhex(joined).hex() == joined
    except (TypeError, ValueError):
        return False
    return is_hex and set(map(len, values)) == {64} and _HASH_OF_NOTHING not in values


def _key(key: object, place: str, value: object) -> Iterator[str]:
    if key == "external_id":
        yield from _each(place, value, _external_id)
    elif key in HASHED_KEYS:
        yield from _each(place, value, _hash)
    elif key == "lead_id":
        yield from _lead_id(place, value)
    elif key == "fb_login_id":
        if not (is_integer(value) or (isinstance(value, str) and value.isdecimal())):
            yield f"{place}: " + _lt("must be a whole number")
    elif key == "client_ip_address":
        yield from _ip_address(place, value)
    elif key in UNHASHED_KEYS:
        yield from _plain(key, place, value)
    else:
        yield f"{place}: " + _lt("is not a key that Meta knows")


def _says_something(value: object) -> bool:
    if not isinstance(value, (list, tuple)):
        return value is not None and value != ""
    return len(value) > value.count(None) + value.count("")


def _each(
    place: str, value: object, check: Callable[[str, object], Iterator[str]]
) -> Iterator[str]:
    for item in value if isinstance(value, (list, tuple)) else [value]:
        if item is not None:
            yield from check(place, item)


def _hash(place: str, value: object) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{place}: " + _lt("must be text")
    elif not value:
        yield f"{place}: " + _lt("is empty; leave it out")
    elif found := _HASH.fullmatch(value):
        yield from _hash_of_nothing(place, found.group(1))
    elif _HASH_OF_ANY_CASE.fullmatch(value):
        yield f"{place}: " + _lt("the SHA-256 must be in lower case")
    else:
        yield f"{place}: " + _lt("must be a SHA-256 in hex; it is not hashed")


def _hash_of_nothing(place: str, value: str) -> Iterator[str]:
    if value[:64] == _HASH_OF_NOTHING:
        yield f"{place}: " + _lt("is the hash of an empty text; leave it out")


def _external_id(place: str, value: object) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{place}: " + _lt("must be text")
    elif not value.strip():
        yield f"{place}: " + _lt("is empty; leave it out")
    else:
        yield from _hash_of_nothing(place, value.lower())


def _lead_id(place: str, value: object) -> Iterator[str]:
    # Documented as a number; Meta takes its digits as text too.
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if not is_integer(value):
        yield f"{place}: " + _lt(
            "must be a whole number, not hashed and without a label"
        )
    elif value not in _LEAD_IDS:
        yield f"{place}: " + _lt("is no lead ID of Meta's, which have 15 to 17 digits")


def _ip_address(place: str, value: object) -> Iterator[str]:
    if isinstance(value, str):
        for text in (value, _IP_APPENDIX.sub("", value)):
            try:
                ipaddress.ip_address(text)
            except ValueError:
                continue
            return
    yield f"{place}: " + _lt("must be an IPv4 or IPv6 address, not hashed")


def _plain(key: str, place: str, value: object) -> Iterator[str]:
    # Ids of pages and accounts travel as numbers as well as text.
    if key.endswith("_id") and is_integer(value):
        return
    yield from must_be_text(place, value)
    hashed = isinstance(value, str) and _HASH_OF_ANY_CASE.fullmatch(value)
    if hashed and key in NEVER_HASHED_KEYS:
        yield f"{place}: " + _lt("must not be hashed")
