"""One event of the Conversions API for CRM: its identity, its form, its bytes.

An event is a plain dict in Meta's own names. :func:`build` makes one,
:func:`problems` says why Meta would refuse or not count it, and :func:`encode` gives
the bytes that are frozen before the first try. What is checked stands in
:mod:`.event_checks`, :mod:`.customer_checks`, :mod:`.custom_data_checks` and
:mod:`.event_json`.

Sources: "Conversions API for CRM" payload specification, "Server event parameters",
"Standard parameters", "Customer information parameters".
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from decimal import Decimal

from . import custom_data_checks, customer_checks, event_checks, event_json
from .event_checks import MAX_AGE, MAX_EVENT_NAME, STANDARD_EVENTS_WITH_VALUE
from .words import _lt

__all__ = [
    "MARGIN",
    "MAX_AGE",
    "MAX_EVENT_NAME",
    "NAMESPACE",
    "STANDARD_EVENTS",
    "STANDARD_EVENTS_WITH_VALUE",
    "build",
    "encode",
    "event_id",
    "limited_data_use",
    "problems",
]

#: Kept free below :data:`MAX_AGE` for the queue and the way to Meta (seconds).
MARGIN = 3600

#: Meta's standard events. A step of a CRM is better off with a name of its own: Meta
#: checks a standard event by rules that were made for shops.
STANDARD_EVENTS = frozenset(
    """
    AddPaymentInfo AddToCart AddToWishlist CompleteRegistration Contact
    CustomizeProduct Donate FindLocation InitiateCheckout Lead PageView Purchase
    Schedule Search StartTrial SubmitApplication Subscribe ViewContent
    """.split()
)

#: Namespace of our event ids. Changing it would make Meta take a repeated event for
#: a new one.
NAMESPACE = uuid.UUID("3ea958da-7c33-467e-a4f3-3295be22deef")

#: Compact and sorted: equal events give equal bytes. What holds itself ends in a
#: RecursionError, without being looked for.
_ENCODER = json.JSONEncoder(
    allow_nan=False,
    check_circular=False,
    ensure_ascii=True,
    separators=(",", ":"),
    sort_keys=True,
)
#: Ids that are text with us and numbers with Meta.
_INTEGER_KEYS = frozenset(("lead_id", "fb_login_id"))
#: A Meta id that survives the way through a JSON integer: no leading zero.
_META_ID = re.compile(r"[1-9][0-9]{0,18}")


def event_id(dataset_id: str, lead_id: str, event_name: str, entry: int = 0) -> str:
    """The id of an event: the same for the same dataset, lead, name and entry.

    A version 5 UUID over the four as a JSON array, so that no text in one of them
    can pass for another. Made of nothing but Meta's ids: a restored backup, or a
    second database, gives the same id for the same thing.

    :param entry: how often this lead entered the step before
    :raises ValueError: when one of the texts is empty or ``entry`` is negative
    """
    if not (dataset_id and lead_id and event_name) or entry < 0:
        raise ValueError("An event id needs a dataset, a lead, a name and an entry.")
    parts = [str(dataset_id), str(lead_id), event_name, int(entry)]
    return str(uuid.uuid5(NAMESPACE, json.dumps(parts, separators=(",", ":"))))


def build(
    *,
    event_name: str,
    event_time: int,
    event_id: str,
    lead_id: str | None,
    user_data: Mapping[str, object],
    lead_event_source: str = "Odoo",
    value: float | Decimal | None = None,
    currency: str | None = None,
    data_processing: Mapping[str, object] | None = None,
) -> dict:
    """A CRM event, as Meta wants it for leads of its instant forms.

    :param event_time: moment of the step, Unix seconds
    :param lead_id: Meta's lead id as text; becomes a JSON integer
    :param user_data: customer information, already normalised and hashed; empty
        values are left out, repeated hashes once
    :param lead_event_source: name of the CRM
    :param value: worth of the step. Left out without a currency, and when it is 0,
        which Meta may read as missing; only an event that must carry one keeps it
    :param currency: ISO 4217
    :param data_processing: how Meta may use the event: :func:`limited_data_use`
    """
    user: dict[str, object] = {}
    if lead_id:
        user["lead_id"] = _as_integer(lead_id)
    for key, given in user_data.items():
        if isinstance(given, list) and len(given) == 1 and given[0]:
            user.setdefault(key, given)
        elif key not in user and (kept := _kept(given)):
            user[key] = _as_integer(kept) if key in _INTEGER_KEYS else kept
    custom: dict[str, object] = {
        "event_source": event_checks.CRM,
        "lead_event_source": lead_event_source,
    }
    if (currency and value) or event_name in STANDARD_EVENTS_WITH_VALUE:
        if value is not None:
            custom["value"] = float(value) if isinstance(value, Decimal) else value
        if currency:
            custom["currency"] = currency.upper()
    return {
        "event_name": event_name,
        "event_time": event_time,
        "action_source": event_checks.SYSTEM_GENERATED,
        "event_id": event_id,
        "user_data": user,
        "custom_data": custom,
        **(data_processing or {}),
    }


def limited_data_use(country: int = 0, state: int = 0) -> dict[str, object]:
    """The parts of an event by which Meta limits its use of the person's data.

    :param country: 1 for the United States, 0 to let Meta geolocate the person
    :param state: Meta's code of the state, from 1000; 0 to let Meta geolocate
    """
    return {
        "data_processing_options": ["LDU"],
        "data_processing_options_country": country,
        "data_processing_options_state": state,
    }


def encode(event: Mapping[str, object]) -> bytes:
    """The event's canonical bytes: compact ASCII JSON with sorted keys.

    Equal events give equal bytes, whatever the order in which they were built.

    :raises ValueError: when the event cannot be written as JSON
    """
    try:
        text = _ENCODER.encode(event)
    except (TypeError, RecursionError) as error:
        raise ValueError("The event cannot be written as JSON.") from error
    return text.encode("ascii")


def problems(event: object, *, now: int) -> list[str]:
    """Every reason why Meta would refuse this event, or take and not count it.

    Each one names the field, in Meta's words, and never repeats a value: it may be
    somebody's. Empty when the event is sound. Never raises, whatever comes in.

    :param now: Unix seconds
    """
    if not isinstance(event, dict):
        return ["event: " + _lt("must be a JSON object")]
    found = [
        *event_json.not_json(event),
        *event_checks.event_fields(event, now),
        *customer_checks.user_data(event),
        *custom_data_checks.custom_data(event),
    ]
    return list(dict.fromkeys(found))


def _as_integer(lead_id: str) -> int | str:
    """The id as a number; as it is where a number would change it."""
    text = str(lead_id)
    return int(text) if _META_ID.fullmatch(text) else text


def _kept(given: object) -> object:
    if isinstance(given, (list, tuple)):
        return [item for item in dict.fromkeys(given) if item]
    return given
