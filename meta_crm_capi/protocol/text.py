"""Text that is safe to store and to compare, whatever came in over the wire."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any

# JSON may carry both, but PostgreSQL stores no NUL and UTF-8 has no lone surrogate.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_WIDTH_FORMS = re.compile("[\uff00-\uffef\u3000]+")
#: Whether a text has letters of another width, as Asian keyboards give them.
HAS_WIDTH_FORMS = _WIDTH_FORMS.search
# Zero-width and direction marks are category Cf; these choose a glyph, as in emoji.
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f]")
_META_ID = re.compile(r"[0-9]{1,64}")
_LABELLED = re.compile(r"^\s*(?:l|ag|as|c|f|p|z):", re.IGNORECASE)
# Python refuses to print integers beyond a few thousand digits; no id comes near.
_MAX_BITS = 256


def storable(value: Any) -> Any:
    """Return a JSON value with everything a database cannot hold replaced.

    NUL and lone surrogates become U+FFFD, infinities and NaN become None; all else
    is kept as it is. Dictionaries and lists are copied.
    """
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    return value


def integer(digits: str) -> int | str:
    """Return an integer of JSON; one that nobody can mean as the text that it is.

    Python refuses to read very long ones, and one must not cost all else.
    """
    return int(digits) if len(digits) <= 64 else digits


def amount(value: Any) -> float | None:
    """Return a finite number of at least 0, also out of a text; None for all else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None


def scalar_text(value: Any) -> str | None:
    """Return a JSON scalar as stripped text; None for empty and for anything else.

    Integers keep all their digits; floats, booleans and containers are no text.
    """
    if isinstance(value, str):
        if not value.isascii() or "\0" in value:
            value = _UNSTORABLE.sub("\ufffd", value)
        return value.strip() or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if value.bit_length() <= _MAX_BITS else None
    return None


def meta_id(value: Any) -> str | None:
    """Return one of Meta's ids as decimal text, or None where there is none.

    Meta sends ids as strings and, in older samples, as integers; absent ones also as
    an empty string, 0 or "0" (webhooks of the dashboard and of organic leads). A float
    counts only below 2**53, where it is still exact.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    text = scalar_text(value)
    if text is None or not _META_ID.fullmatch(text) or not text.strip("0"):
        return None
    return text


def strip_label(value: Any) -> str:
    """Return `value` as text without the label that Meta's exports put before ids.

    "l:123" is a lead, "ag:" an ad, "as:" an ad set, "c:" a campaign, "f:" a form,
    "p:" a phone number, "z:" a post code (leads downloaded as CSV).
    """
    return _LABELLED.sub("", scalar_text(value) or "").strip()


def plain(value: Any) -> str | None:
    """Return text in one comparable form: NFC, normal width, no invisible characters.

    Full-width and half-width forms become ordinary ones, format characters (zero-width
    space, byte order mark, direction marks, soft hyphen) go, control characters become
    spaces. None for what is no text or empty.
    """
    text = scalar_text(value)
    if text is None:
        return None
    if text.isascii() and text.isprintable():
        return text
    if not text.isascii():
        text = _WIDTH_FORMS.sub(
            lambda match: unicodedata.normalize("NFKC", match[0]), text
        )
        text = _VARIATION_SELECTORS.sub("", text)
    # Printable text has neither format nor control characters.
    if not text.isprintable():
        categories = [(unicodedata.category(c), c) for c in text]
        text = "".join(
            " " if category == "Cc" else c
            for category, c in categories
            if category != "Cf"
        )
    return unicodedata.normalize("NFC", text).strip() or None


def ascii_digits(text: str) -> str:
    """Return `text` with the decimal digits of every script as 0-9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c, c)) for c in text)


def folded(text: str) -> str:
    """Return the letters of `text` for looking up a name: no case, no accents."""
    text = unicodedata.normalize("NFKD", text.casefold()).replace("ı", "i")
    return "".join(c for c in text if c.isalpha())
