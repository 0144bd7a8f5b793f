"""Phone numbers as Meta wants them: the digits of the international number."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from .text import ascii_digits

# Digits of an international number: at most 15 (E.164), at least 7 to be a person's.
_MIN, _MAX = 7, 15
# "6169547888.0": a spreadsheet took the number for one to count with.
_DECIMAL = re.compile(r"(\+?\d{7,15})\.0")
_EXTENSION = re.compile(
    r"(?:(?<=[\d\s).,;])(?:extension|extn|ext|доб|anexo|interno|int|durchwahl|dw|poste"
    r"|dahili|wewn|x)[\s.:=]*|#\s*)\d{1,7}[^\d+]{0,3}$",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"[;,\n]")
_COMMENT = re.compile(r"[^\W\d_].*$", re.DOTALL)
# Country codes under which digits after the code may be a dialling prefix other than
# zero (Argentina's 15, Mexico's 1, Belarus' 80 …): only the library can tell.
_INTRICATE = frozenset(
    {"52", "54", "261", "298", "352", "370", "375", "378", "423", "506", "672", "692"}
    | {"993"}
)
# The 1 of Mexican mobile numbers went in 2019; chat programs still write it.
_OLD_MEXICAN_MOBILE = re.compile(r"521(\d{10})")
_NORTH_AMERICA = re.compile(r"1[2-9]\d{9}")


def international_digits(text: str, region: str | None) -> str | None:
    """Return the digits of a phone number with its country code; None if unusable.

    `text` is what a person typed, `region` the upper-case ISO code of the country to
    take a national number for. Without one, a number in national form is unusable, and
    digits alone count where they are an international number without its plus.
    Extensions are cut and trunk zeros dropped, except where they are part of the
    number (Italy). An E.164 number is recognised without asking the library.
    """
    found = _digits(text)
    if found is None:
        return None
    international, digits = found
    if international:
        digits = digits[2:] if digits.startswith("00") else digits
        if not digits.startswith("0"):
            return _international(digits)
    if region in phonenumbers.SUPPORTED_REGIONS:
        return _national(digits, region)
    if digits.startswith("00"):
        return _international(digits[2:])
    return _unmarked(digits)


def _digits(text: str) -> tuple[bool, str] | None:
    """Return (written with a plus, digits) of the first number in `text`."""
    text = ascii_digits(text).strip()
    if text.startswith("+") and text[1:].isdecimal():
        return True, text[1:]
    decimal = _DECIMAL.fullmatch(text)
    text = _EXTENSION.sub("", decimal[1] if decimal else text)
    parts = [part for part in _SEVERAL.split(text) if sum(map(str.isdecimal, part)) > 3]
    text = parts[0].strip() if parts else ""
    first = re.search(r"\d", text)
    if first is None:
        return None
    before, number = text[: first.start()], text[first.start() :]
    if before[-1:].isalpha():
        return None
    # Right-to-left text may carry its plus at the end.
    international = "+" in before or number.endswith("+")
    number = _COMMENT.sub("", number.partition("+")[0])
    digits = "".join(c for c in number if c.isdecimal())
    # Digits after a word are part of something else than a number.
    rest = text[first.start() + len(number) :].partition("+")[0]
    if any(c.isdecimal() for c in rest):
        return None
    return international, digits


def _international(digits: str) -> str | None:
    if not _MIN <= len(digits) <= _MAX or digits.startswith("0"):
        return None
    if is_plain(digits):
        return digits
    digits = _OLD_MEXICAN_MOBILE.sub(r"52\1", digits)
    number = _parse("+" + digits, None)
    if number is None:
        return None
    if _possible(number):
        return _format(number)
    # "+34 (0)91 …": a trunk zero in a country that has none.
    code = str(number.country_code)
    without = _parse(f"+{code}{digits[len(code) :].lstrip('0')}", None)
    return _format(without) if _possible(without) else None


def is_plain(digits: str) -> bool:
    """Tell whether the digits are sure to be what the library would make of them."""
    if not 8 <= len(digits) <= _MAX:
        return False
    if digits[0] == "1":
        return bool(_NORTH_AMERICA.fullmatch(digits)) and not _is_one_digit(digits[1:])
    if digits[0] == "7":
        is_long = len(digits) == 11 and digits[1] not in "08"
        return is_long and not _is_one_digit(digits[1:])
    for length in (2, 3):
        code = digits[:length]
        if int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            rest = digits[length:]
            is_usual = code not in _INTRICATE and rest[0] != "0"
            return is_usual and not _is_one_digit(rest)
    return False


def _is_one_digit(digits: str) -> bool:
    """Whether it is nothing but one digit, as people write who do not want to say."""
    return digits == digits[0] * len(digits)


def _national(digits: str, region: str) -> str | None:
    here = _parse(digits, region)
    abroad = None if digits.startswith("0") else _parse("+" + digits, None)
    # "4915112345678" in Germany: whoever leaves out the plus, not the trunk zero.
    code = str(phonenumbers.country_code_for_region(region))
    if digits.startswith(code) and _valid(abroad) and _has_trunk_prefix(region):
        return _format(abroad)
    if _valid(here):
        return _format(here)
    if digits.startswith("00"):
        return _international(digits[2:])
    if _valid(abroad):
        return _format(abroad)
    if _possible(here):
        return _format(here)
    return _international(digits) if len(digits) > 10 else None


def _has_trunk_prefix(region: str) -> bool:
    return bool(phonenumbers.ndd_prefix_for_region(region, True))


def _unmarked(digits: str) -> str | None:
    if digits.startswith("0"):
        return None
    number = _parse("+" + digits, None)
    if _valid(number):
        # Ten digits may as well be a North American number without its 1.
        if len(digits) <= 10 and _valid(_parse("+1" + digits, None)):
            return None
        return _format(number)
    return _international(digits) if len(digits) > 10 else None


def _parse(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def _valid(number: phonenumbers.PhoneNumber | None) -> bool:
    return number is not None and phonenumbers.is_valid_number(number)


def _possible(number: phonenumbers.PhoneNumber | None) -> bool:
    # Not more than possible: numbers of examples and new areas are often not "valid".
    return (
        number is not None
        and not _is_one_digit(str(number.national_number))
        and phonenumbers.is_possible_number_with_reason(number)
        == ValidationResult.IS_POSSIBLE
    )


def _format(number: phonenumbers.PhoneNumber) -> str | None:
    digits = phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]
    return digits if _MIN <= len(digits) <= _MAX else None
