"""What a person typed or chose, read as a number, a date, a time, a yes or a choice.

Meta gives every answer as text, and says nothing of its form (reference of Lead, field
data). Each function returns None where the text is not clearly such a value: the caller
keeps the text then. A wrong value in a field is worse than a right one in the notes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeVar

from .currencies import CURRENCIES
from .question import same_key
from .text import ascii_digits, plain

Chosen = TypeVar("Chosen", bound=Hashable)

_YES = """
    yes y true 1 on checked agree i_agree
    sí si oui ja sim tak evet igen da ano áno jah jā taip kyllä joo po
    да так ναι हाँ हां 是 是的 有 對 对 はい 네 예 ใช่ có vâng đồng_ý ya iya نعم כן
"""
_NO = """
    no n false 0 off unchecked disagree
    non nein não nao nie hayır hayir nem ne nu nee ei nej inte
    нет ні όχι नहीं 否 不 不是 沒有 没有 いいえ 아니요 아니오 ไม่ ไม่ใช่ không tidak لا לא
"""
_MAX_LENGTH = 40
_GROUPS = re.compile(r"[0-9]{1,3}(?P<by>[.,' ])[0-9]{3}(?:(?P=by)[0-9]{3})*")
# Groups of two before the last three, as in India: 12,34,567.
_INDIAN_GROUPS = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}")
_NUMBER = re.compile(
    rf"(?P<sign>[-+−]?)\s?(?P<whole>{_INDIAN_GROUPS.pattern}|{_GROUPS.pattern}|[0-9]+)"
    r"(?:(?P<point>[.,])(?P<rest>[0-9]+))?"
)
_YEAR_FIRST = re.compile(
    r"(?P<year>[0-9]{4})(?P<by>[-/.])(?P<month>[0-9]{1,2})(?P=by)(?P<day>[0-9]{1,2})"
)
_IDEOGRAPHS = re.compile(r"([0-9]{4})\s?年\s?([0-9]{1,2})\s?月\s?([0-9]{1,2})\s?日")
_YEAR_LAST = re.compile(
    r"(?P<first>[0-9]{1,2})(?P<by>[-/.])(?P<second>[0-9]{1,2})(?P=by)(?P<year>[0-9]{4})"
)
_CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    r"(?:\s?(?P<half>[ap])\.?m\.?)?"
    r"\s?(?P<offset>Z|UTC|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)
_UNIX = re.compile(r"[0-9]{10}|[0-9]{13}")


class Day(NamedTuple):
    """A date, and whether the text could mean no other one."""

    date: date
    is_certain: bool


def boolean(text: object) -> bool | None:
    """Return what a yes or a no means, in the languages that forms are made in.

    >>> boolean("Sí"), boolean("nein"), boolean("maybe")
    (True, False, None)
    """
    line = _line(text)
    word = same_key(line) if line else ""
    return _WORDS.get(word)


def number(text: object) -> Decimal | None:
    """Return the number in a text, with whatever currency stands before or after it.

    Separators of thousands and the decimal point are told apart by their places. One
    separator with three digits after it parts thousands, for that is how people write
    amounts: "1.500" and "1,500" are both 1500, and "0.500" is a half.

    >>> number("1.234,50 €"), number("USD 1,500"), number("10-20")
    (Decimal('1234.50'), Decimal('1500'), None)
    """
    line = _line(text)
    match = _NUMBER.fullmatch(_without_currency(line)) if line else None
    if not match:
        return None
    whole, rest = match["whole"], match["rest"] or ""
    by = re.sub("[0-9]", "", whole)[:1]
    if by and match["point"] == by:
        return None
    if by and by in ".," and not rest and whole.startswith("0"):
        # 0.500: nobody groups the digits of zero.
        head, tail = whole.split(by, 1)
        if not tail.isdigit():
            return None
        whole, rest = head, tail
    digits = re.sub("[^0-9]", "", whole)
    sign = "-" if match["sign"] in ("-", "−") else ""
    return Decimal(f"{sign}{digits}.{rest or 0}") if rest else Decimal(sign + digits)


def day(text: object, *, month_first: bool | None = None) -> Day | None:
    """Return the date in a text: ISO 8601, or day, month and year in figures.

    Dots put the day first. With slashes and dashes either may stand first: where the
    figures do not tell, `month_first` does, and the date is not certain; None there
    means that it cannot be told.

    >>> day("31.01.2026").date == day("01/31/2026").date == day("2026-01-31").date
    True
    >>> day("01/02/2026")
    """
    line = _line(text)
    if line is None:
        return None
    if match := _YEAR_FIRST.fullmatch(line):
        return _certain(match["year"], match["month"], match["day"])
    if match := _IDEOGRAPHS.fullmatch(line):
        return _certain(*match.groups())
    match = _YEAR_LAST.fullmatch(line)
    if not match:
        return None
    first, second, year = match["first"], match["second"], match["year"]
    if match["by"] == "." or int(first) > 12:
        return _certain(year, second, first)
    if int(second) > 12 or first.zfill(2) == second.zfill(2):
        return _certain(year, first, second)
    if month_first is None:
        return None
    parts = (year, first, second) if month_first else (year, second, first)
    found = _certain(*parts)
    return found and found._replace(is_certain=False)


def moment(
    text: object, to_utc: Callable[[datetime], datetime] = lambda local: local
) -> datetime | None:
    """Return the moment in a text, in UTC and without a zone, as Odoo keeps it.

    It is a date whose order is certain with a time of day, or Unix seconds or
    milliseconds. `to_utc` turns a time without an offset, as it is meant at its place,
    into UTC; neither has a zone. A mere date is no moment.
    """
    line = _line(text)
    if line is None:
        return None
    if _UNIX.fullmatch(line):
        seconds = int(line) // (1000 if len(line) == 13 else 1)
        return datetime(1970, 1, 1) + timedelta(seconds=seconds)
    parts = re.split(r"(?<=[0-9日])(?:[Tt]|,?\s+)", line, maxsplit=1)
    found = day(parts[0])
    clock = _CLOCK.fullmatch(parts[1]) if len(parts) == 2 else None
    if not found or not clock:
        return None
    hour = int(clock["hour"])
    if clock["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if clock["half"] in "pP" else 0)
    try:
        time_of_day = time(hour, int(clock["minute"]), int(clock["second"] or 0))
        local = datetime.combine(found.date, time_of_day)
        offset = _offset(clock["offset"])
        return to_utc(local) if offset is None else local - offset
    except (ValueError, OverflowError):
        return None


def choice(
    spellings: Iterable[str], options: Iterable[tuple[Chosen, Iterable[str]]]
) -> Chosen | None:
    """Return the one option that an answer names, by any of the option's names.

    An exact name goes before one that differs in case, accents or separators; a name
    that two options share chooses none.

    :param spellings: the answer as Meta's key and as the label of the choice
    :param options: each option with its names
    """
    known = [(option, _lines(names)) for option, names in options]
    asked = _lines(spellings)
    for like in (str.casefold, same_key):
        wanted = {like(line) for line in asked} - {""}
        found = {
            option: None
            for option, names in known
            if wanted & {like(name) for name in names}
        }
        if found:
            return next(iter(found)) if len(found) == 1 else None
    return None


def _lines(texts: Iterable[object]) -> list[str]:
    return [line for line in map(_line_of_any_length, texts) if line]


def _line_of_any_length(text: object) -> str | None:
    line = plain(text)
    return " ".join(ascii_digits(line).split()) if line else None


def _line(text: object) -> str | None:
    """The text on one line; None where it is too long to be one value."""
    line = _line_of_any_length(text)
    return line if line and len(line) <= _MAX_LENGTH else None


def _without_currency(line: str) -> str:
    """The text without one currency's sign or code at one of its ends."""
    line = line.replace("’", "'")
    match = re.fullmatch(r"(?P<before>[^0-9+−-]*)(?P<figures>.*?)(?P<after>\D*)", line)
    if not match:
        return line
    marks = [mark for mark in (match["before"].strip(), match["after"].strip()) if mark]
    if len(marks) > 1 or not all(map(_is_currency, marks)):
        return line
    return match["figures"].strip()


def _is_currency(mark: str) -> bool:
    return mark.upper() in CURRENCIES or mark.casefold() in _CURRENCY_MARKS


def _certain(year: str, month: str, day_of_month: str) -> Day | None:
    try:
        found = date(int(year), int(month), int(day_of_month))
    except ValueError:
        return None
    return Day(found, True) if found.year >= 1000 else None


def _offset(text: str | None) -> timedelta | None:
    """ValueError where no place on earth has such an offset."""
    if not text:
        return None
    if text.upper() in ("Z", "UTC"):
        return timedelta()
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 15 or minutes > 59:
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if text[0] == "-" else offset


_WORDS = {
    **{same_key(word): True for word in _YES.split()},
    **{same_key(word): False for word in _NO.split()},
}
_CURRENCY_MARKS = frozenset(
    "€ $ us$ £ ¥ ₺ ₹ ₽ ₩ ₫ ฿ ₴ zł kr kr. tl r$ lei kč ft".split()
)
