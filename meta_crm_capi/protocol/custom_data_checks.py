"""Meta's rules for one event: ``custom_data``, and what makes a CRM event count.

Sources: "Standard parameters", "Conversions API for CRM" payload specification.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .check_parts import must_be_one_of, must_be_text
from .currencies import CURRENCIES
from .event_checks import (
    ACTION_SOURCES,
    CRM,
    STANDARD_EVENTS_WITH_VALUE,
    SYSTEM_GENERATED,
)
from .words import _lt

#: The first two are of every shop, the others of catalogs of one trade.
CONTENT_TYPES = (
    "product",
    "product_group",
    "destination",
    "flight",
    "home_listing",
    "hotel",
    "vehicle",
)
#: What an event of ours has; all other keys need a look for other senders' sake.
_USUAL_KEYS = frozenset(("event_source", "lead_event_source", "value", "currency"))
_AMOUNTS = ("value", "net_revenue", "predicted_ltv", "num_items")
_TEXTS = ("order_id", "content_name", "content_category")
_LISTS = (("content_ids", (str, int)), ("contents", dict))
#: Meta's own samples have an amount as text.
_AMOUNT = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")


def custom_data(event: dict) -> Iterator[str]:
    """Value and currency, types, and the keys of an event from a CRM."""
    custom = event.get("custom_data")
    if custom is not None and not isinstance(custom, dict):
        yield "custom_data: " + _lt("must be an object")
        custom = None
    custom = custom or {}
    yield from _crm(event.get("action_source"), custom)
    yield from _money(event.get("event_name"), custom)
    yield from must_be_text(
        "custom_data.lead_event_source", custom.get("lead_event_source")
    )
    if not custom.keys() <= _USUAL_KEYS:
        yield from _further_data(custom)


def _further_data(custom: dict) -> Iterator[str]:
    for key in _TEXTS:
        yield from must_be_text(f"custom_data.{key}", custom.get(key))
    for key, kind in _LISTS:
        items = custom.get(key)
        if items is not None and not isinstance(items, (list, tuple)):
            yield f"custom_data.{key}: " + _lt("must be a list")
        elif not all(isinstance(item, kind) for item in items or ()):
            yield f"custom_data.{key}: " + _lt("holds an item of a wrong type")
    yield from must_be_one_of(
        "custom_data.content_type", custom.get("content_type") or None, CONTENT_TYPES
    )


def _crm(source: object, custom: dict) -> Iterator[str]:
    if source == SYSTEM_GENERATED:
        if custom.get("event_source") != CRM:
            yield (
                "custom_data.event_source: "
                + (
                    _lt('must be "%(crm)s"; without it Meta does not count the event')
                    % {"crm": CRM}
                )
            )
        name = custom.get("lead_event_source")
        if not name or (isinstance(name, str) and not name.strip()):
            yield (
                "custom_data.lead_event_source: "
                + _lt(
                    "is missing; without the CRM's name Meta does not count the event"
                )
            )
    elif custom.get("event_source") == CRM and source in ACTION_SOURCES:
        yield "action_source: " + (
            _lt("must be %(source)s for an event of a CRM")
            % {"source": SYSTEM_GENERATED}
        )


def _money(name: object, custom: dict) -> Iterator[str]:
    value, currency = custom.get("value"), custom.get("currency")
    required = isinstance(name, str) and name in STANDARD_EVENTS_WITH_VALUE
    if value is None and required:
        yield "custom_data.value: " + (
            _lt("is missing; %(name)s needs it") % {"name": name}
        )
    if currency is None or currency == "":
        if required:
            yield "custom_data.currency: " + (
                _lt("is missing; %(name)s needs it") % {"name": name}
            )
        elif value is not None:
            yield "custom_data.currency: " + _lt("is missing; a value needs it")
    elif not (isinstance(currency, str) and currency.upper() in CURRENCIES):
        yield "custom_data.currency: " + _lt("must be a code of ISO 4217")
    for key in _AMOUNTS:
        amount = custom.get(key)
        if amount is not None and not _is_amount(amount):
            yield f"custom_data.{key}: " + _lt("must be a number")


def _is_amount(value: object) -> bool:
    if isinstance(value, str):
        return _AMOUNT.fullmatch(value) is not None
    return isinstance(value, (int, float)) and not isinstance(value, bool)
