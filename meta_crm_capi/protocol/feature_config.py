"""The settings of installed features: what Meta shows of them, and what it lets change.

Of most features Meta shows only whether they are on, and the business alone changes
that. Those that show more are buttons and links of the business, which the partner may
change too.

Source: Meta Business Extension v3, feature configuration API and list of features
(column "configurable"); Business Extension, "Configure business features".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from .text import scalar_text, storable
from .words import _lt

BUTTON_TEXT = "cta_button_text"
BUTTON_URL = "cta_button_url"
BELOW_BUTTON = "below_button_text"
SEE_ALL_URL = "see_all_url"
DOMAINS = "domains"
ENABLED = "enabled"

#: In which settings are read.
ORDER = (BUTTON_TEXT, BUTTON_URL, BELOW_BUTTON, SEE_ALL_URL, DOMAINS)
#: What the partner may set of which type of feature, besides whether it is on.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "page_cta": (BUTTON_TEXT, BUTTON_URL, BELOW_BUTTON),
    "ig_cta": (BUTTON_TEXT, BUTTON_URL),
    "messenger_menu": (BUTTON_TEXT, BUTTON_URL),
    "messenger_chat": (DOMAINS,),
    "thread_intent": (BUTTON_URL,),
    "page_card": (SEE_ALL_URL,),
}
#: Types that a business may have several of; Meta's name for all of them has an "s".
_REPEATED = frozenset({"page_cta", "ig_cta"})
_ADDRESSES = frozenset({BUTTON_URL, SEE_ALL_URL})
_MAX_TEXT = 500
_MAX_DOMAINS = 100

NOT_HTTPS = _lt("Meta takes addresses that begin with https://, not “%(value)s”.")
NOT_DOMAIN = _lt("A domain looks like https://www.example.com, not “%(value)s”.")
TOO_LONG = _lt("A text is too long: Meta takes %(count)s characters at most.")

Config = dict[str, Any]


def read(data: Any) -> dict[str, Config]:
    """What Meta shows of each instance, by its id: ``enabled`` and known settings.

    What is of another shape is left out. An instance that comes twice, as ``page_cta``
    does, says the same both times.
    """
    found: dict[str, Config] = {}
    for value in data.values() if isinstance(data, dict) else ():
        for item in value if isinstance(value, list) else [value]:
            if not isinstance(item, dict):
                continue
            number = scalar_text(item.get("feature_instance_id"))
            if number:
                found[number] = dict(_settings(item))
    return found


def may_change(kind: str, siblings: int) -> bool:
    """Whether the partner may change features of this type.

    :param siblings: how many of the type the business has; where Meta has no name for
        one among several, none of them can be changed from here
    """
    return kind in SETTINGS and (siblings == 1 or kind in _REPEATED)


def change(kind: str, instance_id: str, values: Config, siblings: int) -> Config:
    """The ``business_config`` that changes one instance.

    :param kind: one that :func:`may_change`
    :param values: ``enabled`` and settings, by Meta's names
    :param siblings: how many of the type the business has
    """
    if siblings == 1:
        return {kind: dict(values)}
    return {f"{kind}s": [{"feature_instance_id": instance_id, **values}]}


def problems(values: Config) -> list[str]:
    """Why Meta would not take these settings, in words; empty when it would."""
    found = []
    for name, value in values.items():
        if name in _ADDRESSES and value and not _is_https(value):
            found.append(NOT_HTTPS % {"value": value})
        elif name == DOMAINS:
            found += [
                NOT_DOMAIN % {"value": domain}
                for domain in value
                if not _is_https(domain) or urlsplit(domain).path not in ("", "/")
            ]
        elif isinstance(value, str) and len(value) > _MAX_TEXT:
            found.append(TOO_LONG % {"count": _MAX_TEXT})
    return found


def _settings(item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(item.get(ENABLED), bool):
        yield ENABLED, item[ENABLED]
    for name in (BUTTON_TEXT, BUTTON_URL, BELOW_BUTTON, SEE_ALL_URL):
        text = scalar_text(item.get(name))
        if text:
            yield name, storable(text)[:_MAX_TEXT]
    domains = item.get(DOMAINS)
    if isinstance(domains, list):
        texts = (scalar_text(domain) for domain in domains[:_MAX_DOMAINS])
        yield DOMAINS, [storable(text)[:_MAX_TEXT] for text in texts if text]


def _is_https(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        return False
