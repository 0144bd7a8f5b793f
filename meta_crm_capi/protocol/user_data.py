"""Meta's normal form and hash of each key of `user_data`.

The rules are those of Meta: Conversions API, customer information parameters. Where
that page leaves room, what Meta's newest normaliser (Parameter Builder) does decides,
except where it loses the value: letters outside a-z stay, as the page allows.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from .countries import country_code
from .phone import international_digits, is_plain
from .states import state_code
from .text import HAS_WIDTH_FORMS, ascii_digits, meta_id, plain, strip_label

# What the hash of "nothing" looks like; senders that hash blindly produce it.
_EMPTY_HASH = hashlib.sha256(b"").hexdigest()
# Parameter Builder appends eight (formerly two) characters about itself.
_APPENDIX = r"(?:\.(?:[A-Za-z0-9_-]{8}|AQ|Ag|Aw|BA|BQ|Bg))?"
_SHA256 = re.compile(rf"([0-9a-fA-F]{{64}})({_APPENDIX})")
_MD5 = re.compile(r"[0-9a-fA-F]{32}")
_SHORTEST_HASH = 32
_EMAIL = re.compile(
    r"[^\s@\"(),:;<>\[\]\\]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]"
)
_NAMED_ADDRESS = re.compile(r"[^<>]*<([^<>]+)>")
# Letters that stand for an apostrophe: Ukrainian, Hawaiian, transliterations.
_APOSTROPHES = frozenset("\u02b9\u02bb\u02bc\u02bd\u02be\u02bf")
#: For each set of categories that :func:`_without` drops, its ASCII characters.
_ASCII_WITHOUT = {
    categories: {
        code: None
        for code in range(128)
        if unicodedata.category(chr(code))[0] in categories
    }
    for categories in ("ZPS", "ZPSN")
}
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ].*)?", re.DOTALL)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_FIRST_YEAR = 1900
_GENDERS = {
    "m": "m male man mr herr männlich mann masculino masculin homme hombre maschio "
    "maschile uomo erkek bay mannelijk man mężczyzna",
    "f": "f female woman mrs ms miss frau weiblich w femenino feminino féminin femme "
    "mujer mulher femmina femminile donna kadın kadin bayan vrouwelijk vrouw kobieta",
}
_GENDER_OF_WORD = {
    word: letter for letter, words in _GENDERS.items() for word in words.split()
}
# The USA and what shares its ZIP codes.
_ZIP_COUNTRIES = frozenset({"us", "pr", "gu", "vi", "as", "mp", "um"})
_ZIP_PLUS_4 = re.compile(r"(\d{5})[\s-]?(\d{4})")
_CLICK = re.compile(r"fb\.\d\.\d{13}\.[^\s.]+" + _APPENDIX)
_BROWSER = re.compile(r"fb\.\d\.\d{13}\.\d+" + _APPENDIX)
_LEAD_ID = re.compile(r"\d{15,17}")


def normalise(key: str, value: Any, *, country: str | None = None) -> str | None:
    """Return `value` in Meta's normal form for `key`; None where it cannot be used.

    `key` is one of KEYS (ValueError otherwise). `country` is the ISO alpha-2 code of
    the person's country, else of the company's: it says how to read national phone
    numbers, post codes and states. A value that is already a SHA-256 (64 hex digits, or
    with the appendix of Meta's own libraries) comes back as one, in lower case. An MD5
    is unusable: Meta documents SHA-256 only. (In `external_id` 32 hex digits are an
    ordinary id.) Values of the keys that are never hashed are checked and come back as
    they are. Titles stay part of a name, since Meta's rule does not take them out.

    No value raises: None, False, bytes, containers and NaN are unusable.
    """
    rule = _rule(key)
    if key in UNHASHED_KEYS:
        return rule(value)
    text = value if isinstance(value, date) else plain(value)
    if isinstance(text, str) and len(text) >= _SHORTEST_HASH:
        already = _SHA256.fullmatch(text)
        if already:
            digest = already[1].lower()
            return None if digest == _EMPTY_HASH else digest + already[2]
        if key != "external_id" and _MD5.fullmatch(text):
            return None
    if text is None or (isinstance(text, date) and key not in _DATES):
        return None
    return rule(text, country_code(country) if country else None) or None


def hashed(key: str, value: Any, *, country: str | None = None) -> str | None:
    """Return what is sent for `key`: the SHA-256 of the normal form, 64 hex digits.

    None where there is no normal form. A value that is a SHA-256 already is not hashed
    again, and a key that Meta wants plain (UNHASHED_KEYS) is not hashed at all.
    """
    plain_text = isinstance(key, str) and isinstance(value, str)
    shortcut = _SHORTCUTS.get(key) if plain_text else None
    if shortcut and (normal := shortcut(value)):
        return hashlib.sha256(normal.encode()).hexdigest()
    normal = normalise(key, value, country=country)
    if normal is None or key in UNHASHED_KEYS:
        return normal
    if len(normal) >= _SHORTEST_HASH and _SHA256.fullmatch(normal):
        return normal
    return hashlib.sha256(normal.encode()).hexdigest()


def _rule(key: str) -> Callable[..., str | None]:
    rule = _RULES.get(key) if isinstance(key, str) else None
    if rule is None:
        raise ValueError(f"{key!r} is no key of user_data")
    return rule


def _email(text: str, country: str | None) -> str | None:
    text = text.lower()
    named = _NAMED_ADDRESS.fullmatch(text) if text.endswith(">") else None
    text = (named[1] if named else text).strip().removeprefix("mailto:")
    text = unicodedata.normalize("NFC", text.strip().rstrip(".,;"))
    return text if len(text) <= 254 and _EMAIL.fullmatch(text) else None


def _phone(text: str, country: str | None) -> str | None:
    if not text.startswith("+"):
        text = strip_label(text)
    return international_digits(text, country and country.upper())


def _name(text: str, country: str | None) -> str | None:
    text = _without(text.lower(), "ZPS")
    return text if _has_letter(text) else None


def _letters(text: str, country: str | None) -> str | None:
    text = _without(text.lower(), "ZPSN")
    return text if _has_letter(text) else None


def _has_letter(text: str) -> bool:
    return text.isalpha() or any(c.isalpha() for c in text)


def _without(text: str, categories: str) -> str:
    """Drop separators (Z), punctuation (P), symbols (S), numbers (N), as told."""
    if text.isascii():
        return text.translate(_ASCII_WITHOUT[categories])
    if text.isalpha() and _APOSTROPHES.isdisjoint(text):
        return unicodedata.normalize("NFC", text)
    text = "".join(
        c
        for c in text
        if unicodedata.category(c)[0] not in categories and c not in _APOSTROPHES
    )
    # What stood between a letter and its accent may be gone now.
    return unicodedata.normalize("NFC", text)


def _state(text: str, country: str | None) -> str | None:
    if country in (None, "us", "ca"):
        code = state_code(text, country)
        # There, only the code is the normal form; elsewhere the name is.
        if code or country:
            return code
    return _letters(text, country)


def _post_code(text: str, country: str | None) -> str | None:
    text = re.sub(r"^(\d+)\.0$", r"\1", ascii_digits(text)).lower()
    plus_4 = _ZIP_PLUS_4.fullmatch(text)
    if plus_4 and (country is None or country in _ZIP_COUNTRIES):
        return plus_4[1]
    text = "".join(c for c in text if c.isascii() and c.isalnum())
    if country in _ZIP_COUNTRIES:
        code = re.fullmatch(r"(?:[a-z]{2})?(\d{5})(?:\d{4})?", text)
        return code[1] if code else None
    usable = 3 <= len(text) <= 12 and any(c.isdecimal() for c in text)
    return text if usable else None


def _country(text: str, country: str | None) -> str | None:
    return country_code(text)


def _birth_date(value: str | date, country: str | None) -> str | None:
    day = value if isinstance(value, date) else _read_date(ascii_digits(value))
    if isinstance(day, datetime):
        day = day.date()
    if day is None or not date(_FIRST_YEAR, 1, 1) <= day <= date.today():
        return None
    return day.strftime("%Y%m%d")


def _read_date(text: str) -> date | None:
    if match := _COMPACT.fullmatch(text):
        return _date(match[1], match[2], match[3])
    if match := _YEAR_FIRST.fullmatch(text):
        return _date(match[1], match[3], match[4])
    if match := _YEAR_LAST.fullmatch(text):
        first, separator, second, year = match.groups()
        # Month first is Meta's reading ("2/16/1997"); with dots it is never meant.
        if separator == ".":
            return _date(year, second, first)
        return _date(year, first, second) or _date(year, second, first)
    return None


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _gender(text: str, country: str | None) -> str | None:
    return _GENDER_OF_WORD.get(text.lower().rstrip("."))


def _external_id(text: str, country: str | None) -> str | None:
    return "".join(text.lower().split())


def _beginning(length: int) -> Callable[..., str | None]:
    def rule(text: str, country: str | None) -> str | None:
        name = _name(text, country)
        return name and _name(name[:length], country)

    return rule


def _part_of_date(pattern: str, form: str, low: int) -> Callable[..., str | None]:
    """Make the rule of a day, month or year: a number alone, or taken from a date."""

    def rule(value: str | date, country: str | None) -> str | None:
        if not isinstance(value, date):
            text = ascii_digits(value)
            day = _birth_date(text, country)
            if day is None:
                high = {"%d": 31, "%m": 12}.get(form) or date.today().year
                match = re.fullmatch(pattern, text)
                number = int(match[0]) if match else 0
                return f"{number:02d}" if low <= number <= high else None
            value = datetime.strptime(day, "%Y%m%d")
        elif _birth_date(value, country) is None:
            return None
        return value.strftime(form)

    return rule


def _address(value: Any) -> str | None:
    text = plain(value)
    match = text and re.fullmatch(rf"([0-9a-fA-F:.]+?)({_APPENDIX})", text)
    try:
        return text if match and ipaddress.ip_address(match[1]) else None
    except ValueError:
        return None


def _user_agent(value: Any) -> str | None:
    text = plain(value)
    return None if text and _SHA256.fullmatch(text) else text


def _token(value: Any) -> str | None:
    text = plain(value)
    return text if text and not re.search(r"\s", text) else None


def _shaped(pattern: re.Pattern[str]) -> Callable[[Any], str | None]:
    def rule(value: Any) -> str | None:
        text = _token(value)
        return text if text and text.isascii() and pattern.fullmatch(text) else None

    return rule


def _lead_id(value: Any) -> str | None:
    text = meta_id(strip_label(value))
    return text if text and _LEAD_ID.fullmatch(text) else None


_HASHED: dict[str, Callable[..., str | None]] = {
    "em": _email,
    "ph": _phone,
    "fn": _name,
    "ln": _name,
    "db": _birth_date,
    "ge": _gender,
    "ct": _letters,
    "st": _state,
    "zp": _post_code,
    "country": _country,
    "external_id": _external_id,
    "f5first": _beginning(5),
    "f5last": _beginning(5),
    "fi": _beginning(1),
    "dobd": _part_of_date(r"\d{1,2}", "%d", 1),
    "dobm": _part_of_date(r"\d{1,2}", "%m", 1),
    "doby": _part_of_date(r"\d{4}", "%Y", _FIRST_YEAR),
}
_DATES = frozenset({"db", "dobd", "dobm", "doby"})
_UNHASHED: dict[str, Callable[[Any], str | None]] = {
    "lead_id": _lead_id,
    "client_ip_address": _address,
    "client_user_agent": _user_agent,
    "fbc": _shaped(_CLICK),
    "fbp": _shaped(_BROWSER),
    "subscription_id": _token,
    "fb_login_id": meta_id,
    "anon_id": _token,
    "madid": _token,
    "page_id": meta_id,
    "page_scoped_user_id": meta_id,
    "ctwa_clid": _token,
    "ig_account_id": meta_id,
    "ig_sid": meta_id,
    "whatsapp_business_account_id": meta_id,
    "instagram_business_account_id": meta_id,
}
_RULES = {**_HASHED, **_UNHASHED}


# What nearly every value is needs no rule for rare ones. Each of these gives what the
# rule of its key gives, or None for all that is not plainly of the usual form.


def _plain_email(text: str) -> str | None:
    text = text.lower()
    return text if _PLAIN_EMAIL(text) else None


def _plain_phone(text: str) -> str | None:
    return text[1:] if _E164(text) and is_plain(text[1:]) else None


def _plain_name(text: str) -> str | None:
    if len(text) >= _SHORTEST_HASH or not text.isprintable():
        return None
    text = text.lower()
    if not text.isalpha():
        text = text.translate(_ASCII_WITHOUT["ZPS"])
        if not text.isalpha():
            return None
    if text.isascii():
        return text
    is_usual = (
        unicodedata.is_normalized("NFC", text)
        and _APOSTROPHES.isdisjoint(text)
        and not HAS_WIDTH_FORMS(text)
    )
    return text if is_usual else None


def _plain_post_code(text: str) -> str | None:
    return text if len(text) == 5 and text.isascii() and text.isdecimal() else None


_PLAIN_EMAIL = re.compile(
    r"[a-z0-9][a-z0-9._+-]{0,62}@[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?"
    r"(?:\.[a-z]{2,12}){1,3}"
).fullmatch
_E164 = re.compile(r"\+[1-9][0-9]{7,14}").fullmatch
_SHORTCUTS: dict[str, Callable[[str], str | None]] = {
    "em": _plain_email,
    "ph": _plain_phone,
    "fn": _plain_name,
    "ln": _plain_name,
    "zp": _plain_post_code,
}
UNHASHED_KEYS = frozenset(_UNHASHED)
HASHED_KEYS = frozenset(_HASHED)
KEYS = HASHED_KEYS | UNHASHED_KEYS
