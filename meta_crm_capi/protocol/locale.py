"""Which language of ours fits the locale that Meta says a form is in."""

from __future__ import annotations

import re
from collections.abc import Collection

_PARTS = re.compile(r"\s*([A-Za-z]{2,3})(?:[_-]([A-Za-z0-9]+))?\s*")
#: Meta's own inventions: Latin America as a whole, and Arabic of no country.
_REGIONS = {("es", "LA"): "419", ("ar", "AR"): "001"}
#: What to read where there is no variant for the country: else that of the country
#: which the language is named after.
_NEXT = {("zh", "HK"): "TW", ("zh", "TW"): "HK", ("zh", "MO"): "HK"}
_HOMES = {"en": "US", "zh": "CN", "ar": "001"}


def match(locale: str, codes: Collection[str]) -> str | None:
    """Return the code among `codes` that fits best, or None.

    `locale` is Meta's ("EN_US", "tr_TR", "es_LA"); `codes` are such as "en_US",
    "es_419", "sr@latin". The same language of the same country goes first, then the
    nearest variant of it, then any.
    """
    parts = _PARTS.fullmatch(locale)
    if not parts:
        return None
    language = parts[1].lower()
    region = (parts[2] or "").upper()
    region = _REGIONS.get((language, region), region)

    home = _HOMES.get(language, language.upper())
    near = _NEXT.get((language, region), home)

    def rank(code: str) -> tuple[bool, bool, bool, str]:
        own = re.split(r"[_@]", code, maxsplit=1)[-1].upper()
        return own != region, own != near, own != home, code

    alike = [c for c in codes if re.split(r"[_@-]", c)[0].lower() == language]
    return min(alike, key=rank, default=None)
