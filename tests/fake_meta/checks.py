"""The checks behind the rows of rules.py, one per rule, each a pure function.

A check is given one event as decoded from JSON and a :class:`Context`. It returns
``None`` for an event that keeps the rule, else a :class:`Finding` that says where.
Checks of the scope "event" run in the order of the table, so that a later one may rely
on what an earlier one made sure of.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from typing import Any, NamedTuple

from . import vocabulary as words
from .state import Chat, Dataset, Form, Lead

_HASH = re.compile(r"[0-9a-f]{64}(\.([A-Za-z0-9_-]{8}|AQ|Ag|Aw|BA|BQ|Bg))?")


class Finding(NamedTuple):
    """Where an event breaks a rule: the path below the event, a key, what is wanted."""

    path: str = ""
    key: str = ""
    expected: str = ""


class Context(NamedTuple):
    """What a check may know besides the event itself. ``now`` is in unix seconds."""

    now: float
    dataset: Dataset | None = None
    lead: Lead | None = None
    unknown_leads_count: bool = False
    chat: Chat | None = None


def _path(*keys: str | int) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f"['{key}']" for key in keys)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_list_of(kind: type, value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)


_KINDS = {
    "anything": lambda value: True,
    "text": lambda value: isinstance(value, str),
    "integer": _is_integer,
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "objects": lambda value: _is_list_of(dict, value),
    "texts": lambda value: _is_list_of(str, value),
    "text or texts": lambda v: isinstance(v, str) or _is_list_of(str, v),
}


def _parts(event: dict) -> tuple[tuple[tuple[str, ...], dict, dict], ...]:
    """The objects of an event with their key tables; null counts as absent."""
    return (
        ((), event, words.EVENT_KEYS),
        (("user_data",), event.get("user_data") or {}, words.USER_DATA_KEYS),
        (("custom_data",), event.get("custom_data") or {}, words.CUSTOM_DATA_KEYS),
    )


def _present(event: dict, part: str) -> dict:
    """The keys of user_data or custom_data that carry something."""
    values = event.get(part) or {}
    return {key: value for key, value in values.items() if value not in (None, "", [])}


def _values(value: Any) -> list:
    return value if isinstance(value, list) else [value]


# -- refused ----------------------------------------------------------------------


def is_object(event: Any, context: Context) -> Finding | None:
    return None if isinstance(event, dict) else Finding(expected="an object")


def unexpected_key(event: dict, context: Context) -> Finding | None:
    for path, part, known in _parts(event):
        if path == ("custom_data",) or not isinstance(part, dict):
            continue  # any own key is allowed in custom_data
        for key in part:
            if key not in known:
                return Finding(_path(*path), key)
    return None


def required(event: dict, context: Context) -> Finding | None:
    for key in ("event_name", "event_time", "action_source"):
        if event.get(key) in (None, ""):
            return Finding(_path(key))
    if event["action_source"] == "website" and not event.get("event_source_url"):
        return Finding(_path("event_source_url"))
    if event["action_source"] == "business_messaging" and not event.get(
        "messaging_channel"
    ):
        return Finding(_path("messaging_channel"))
    return None


def wrong_type(event: dict, context: Context) -> Finding | None:
    for path, part, known in _parts(event):
        if not isinstance(part, dict):
            return Finding(_path(*path), expected="of type object")
        for key, value in part.items():
            kind = known.get(key, "anything")
            if value is not None and not _KINDS[kind](value):
                return Finding(_path(*path, key), expected=f"of type {kind}")
    return None


def wrong_value(event: dict, context: Context) -> Finding | None:
    custom_data = event.get("custom_data") or {}
    allowed = (
        (("action_source",), event.get("action_source"), words.ACTION_SOURCES),
        (
            ("messaging_channel",),
            event.get("messaging_channel"),
            words.MESSAGING_CHANNELS,
        ),
        (
            ("customer_segmentation",),
            event.get("customer_segmentation"),
            words.CUSTOMER_SEGMENTATIONS,
        ),
        (
            ("custom_data", "content_type"),
            custom_data.get("content_type"),
            words.CONTENT_TYPES,
        ),
    )
    for path, value, choices in allowed:
        if value is not None and value not in choices:
            return Finding(
                _path(*path), expected="one of " + ", ".join(sorted(choices))
            )
    currency = custom_data.get("currency")
    if currency is not None and currency.upper() not in words.CURRENCIES:
        return Finding(
            _path("custom_data", "currency"), expected="an ISO 4217 currency code"
        )
    return None


def limited_data_use(event: dict, context: Context) -> Finding | None:
    options = event.get("data_processing_options") or []
    country = event.get("data_processing_options_country")
    state = event.get("data_processing_options_state")
    if options not in ([], ["LDU"]):
        return Finding(_path("data_processing_options"), expected='[] or ["LDU"]')
    if country not in (None, 0, 1) or (options and country is None):
        return Finding(_path("data_processing_options_country"), expected="0 or 1")
    if state not in words.LDU_STATES and (state is not None or country is not None):
        return Finding(
            _path("data_processing_options_state"),
            expected="0 or a state code from 1000 to 1013",
        )
    return None


def hashed(event: dict, context: Context) -> Finding | None:
    for key, value in (event.get("user_data") or {}).items():
        if key not in words.HASHED_KEYS or value is None:
            continue
        for index, item in enumerate(_values(value)):
            if not _HASH.fullmatch(item) or item.startswith(words.HASH_OF_NOTHING):
                place = (index,) if isinstance(value, list) else ()
                return Finding(_path("user_data", key, *place))
    return None


def ip_address(event: dict, context: Context) -> Finding | None:
    value = (event.get("user_data") or {}).get("client_ip_address")
    if value is None:
        return None
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return Finding(
            _path("user_data", "client_ip_address"), expected="an IPv4 or IPv6 address"
        )
    return None


def lead_id(event: dict, context: Context) -> Finding | None:
    value = (event.get("user_data") or {}).get("lead_id")
    if value is None or (_is_integer(value) and 10**14 <= value < 10**17):
        return None
    return Finding(_path("user_data", "lead_id"))


def too_old(event: dict, context: Context) -> Finding | None:
    physical = event["action_source"] == "physical_store"
    limit = words.MAX_AGE_PHYSICAL_STORE if physical else words.MAX_AGE
    return Finding() if event["event_time"] < context.now - limit else None


def in_the_future(event: dict, context: Context) -> Finding | None:
    latest = context.now + words.FUTURE_TOLERANCE
    return Finding() if event["event_time"] > latest else None


def no_user_data(event: dict, context: Context) -> Finding | None:
    return None if _present(event, "user_data") else Finding()


def too_broad(event: dict, context: Context) -> Finding | None:
    keys = set(_present(event, "user_data"))
    return Finding() if any(keys <= broad for broad in words.TOO_BROAD) else None


def purchase_without_value(event: dict, context: Context) -> Finding | None:
    lacks = _present(event, "custom_data").get("value") is None
    return Finding() if event["event_name"] == "Purchase" and lacks else None


def purchase_without_currency(event: dict, context: Context) -> Finding | None:
    lacks = "currency" not in _present(event, "custom_data")
    return Finding() if event["event_name"] == "Purchase" and lacks else None


def value_without_currency(event: dict, context: Context) -> Finding | None:
    custom_data = _present(event, "custom_data")
    lacks = "value" in custom_data and "currency" not in custom_data
    return Finding() if lacks else None


def app_event_without_os_version(event: dict, context: Context) -> Finding | None:
    if event["action_source"] != "app":
        return None
    extinfo = (event.get("app_data") or {}).get("extinfo")
    sound = _is_list_of(str, extinfo) and len(extinfo) == 16 and extinfo[4]
    return None if sound else Finding()


def messaging_name(event: dict, context: Context) -> Finding | None:
    messaging = event["action_source"] == "business_messaging"
    known = event["event_name"] in words.MESSAGING_EVENT_NAMES
    return Finding() if messaging and not known else None


def _messaging_id_lacks(event: dict, channel: str, key: str) -> Finding | None:
    if event["action_source"] != "business_messaging":
        return None
    lacks = key not in _present(event, "user_data")
    return Finding() if event["messaging_channel"] == channel and lacks else None


def messenger_without_page(event: dict, context: Context) -> Finding | None:
    return _messaging_id_lacks(event, "messenger", "page_id")


def whatsapp_without_account(event: dict, context: Context) -> Finding | None:
    return _messaging_id_lacks(event, "whatsapp", "whatsapp_business_account_id")


def instagram_without_account(event: dict, context: Context) -> Finding | None:
    return _messaging_id_lacks(event, "instagram", "ig_account_id")


# -- accepted, yet not counted ----------------------------------------------------


def not_a_crm_dataset(event: dict, context: Context) -> Finding | None:
    return Finding() if context.dataset and not context.dataset.is_crm else None


def not_system_generated(event: dict, context: Context) -> Finding | None:
    return None if event["action_source"] == "system_generated" else Finding()


def without_event_source(event: dict, context: Context) -> Finding | None:
    sound = _present(event, "custom_data").get("event_source") == "crm"
    return None if sound else Finding()


def without_lead_event_source(event: dict, context: Context) -> Finding | None:
    return (
        None if _present(event, "custom_data").get("lead_event_source") else Finding()
    )


def without_a_lead(event: dict, context: Context) -> Finding | None:
    known = context.lead or context.unknown_leads_count
    return None if known else Finding()


def before_the_lead(event: dict, context: Context) -> Finding | None:
    lead = context.lead
    return Finding() if lead and event["event_time"] <= lead.created_time else None


# -- which lead an event speaks of --------------------------------------------------


def _contact_hashes(lead: Lead, form: Form) -> set[tuple[str, str]]:
    types = {question["key"]: question["type"] for question in form.questions}
    found = set()
    for answer in lead.field_data:
        for value in answer.get("values", ()):
            if types.get(answer["name"]) in ("EMAIL", "WORK_EMAIL"):
                found.add(("em", value.strip().lower()))
            elif "PHONE" in types.get(answer["name"], ""):
                digits = "".join(char for char in value if char in "0123456789")
                found.add(("ph", digits.lstrip("0")))
    return {(key, hashlib.sha256(text.encode()).hexdigest()) for key, text in found}


def lead_of(event: dict, leads: dict[str, Lead], forms: dict[str, Form]) -> Lead | None:
    """The lead an event can be attributed to: by lead_id, else by e-mail or phone.

    Meta: payload specification, "at least one customer parameter; lead_id is
    recommended". With several candidates it is the newest lead.
    """
    user_data = _present(event, "user_data")
    if "lead_id" in user_data:
        return leads.get(str(user_data["lead_id"]))
    sent = {
        (key, item.partition(".")[0])
        for key in ("em", "ph")
        for item in _values(user_data.get(key, []))
    }
    if not sent:
        return None
    for lead in sorted(leads.values(), key=lambda lead: -lead.created_time):
        if sent & _contact_hashes(lead, forms[lead.form_id]):
            return lead
    return None
