"""Meta's rules for one event, part by part: :func:`.event.problems` puts them together.

Each check yields sentences that begin with the field. They never repeat a value.
A rule stands here when Meta refuses an event that breaks it, or takes the event and
does not count it; what merely lowers the match quality does not.

Sources: "Server event parameters", "Customer information parameters", "Standard
parameters", "Conversions API for CRM" payload specification, "Conversions API for
business messaging", "Data processing options", "Best practices" (combinations of
customer information that are too broad).
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Iterator

from .user_data import HASHED_KEYS, KEYS, UNHASHED_KEYS

SYSTEM_GENERATED = "system_generated"
CRM = "crm"

#: Meta refuses a whole request for one event older than this (seconds).
MAX_AGE = 7 * 24 * 3600
#: The one exception: a sale in a shop.
MAX_AGE_PHYSICAL_STORE = 62 * 24 * 3600
#: Meta pixel, custom events: a name is at most this long (characters).
MAX_EVENT_NAME = 50
#: Standard events that Meta refuses without a value and a currency.
STANDARD_EVENTS_WITH_VALUE = frozenset(("Purchase",))

ACTION_SOURCES = (
    "email",
    "website",
    "app",
    "phone_call",
    "chat",
    "physical_store",
    SYSTEM_GENERATED,
    "business_messaging",
    "other",
)
MESSAGING_CHANNELS = ("messenger", "whatsapp", "instagram")
#: Business messaging knows these names only. ``Lead`` is not one of them.
MESSAGING_EVENTS = frozenset(
    (
        "AddToCart",
        "CartAbandoned",
        "InitiateCheckout",
        "LeadSubmitted",
        "OrderCanceled",
        "OrderCreated",
        "OrderDelivered",
        "OrderReturned",
        "OrderShipped",
        "Purchase",
        "QualifiedLead",
        "RatingProvided",
        "ReviewProvided",
        "ViewContent",
    )
)
CUSTOMER_SEGMENTS = (
    *(
        f"{kind}_customer_to_{scope}"
        for kind in ("new", "existing")
        for scope in ("business", "business_line", "product_area", "medium")
    ),
    "customer_in_loyalty_program",
)
#: Limited data use: 0 lets Meta locate the person, 1 is the United States.
LDU_COUNTRIES = (0, 1)
LDU_STATES = (0, *range(1000, 1014))

#: Plain keys that are useless as a hash, and that some senders hash by mistake.
NEVER_HASHED_KEYS = frozenset(("client_user_agent", "fbc", "fbp"))
#: An event is refused when all it knows of a person lies within one of these.
TOO_BROAD = (
    frozenset(("ct", "country", "st", "zp", "ge", "client_user_agent")),
    frozenset(("db", "client_user_agent")),
    frozenset(("fn", "ge")),
    frozenset(("ln", "ge")),
)

_HASH_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#: Meta's Parameter Builder marks its values with a dot and 8 characters (2 before).
_APPENDIX = r"(?:\.(?:[A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{2}))?"
_HASH = re.compile(rf"([0-9a-f]{{64}}){_APPENDIX}")
_HASH_OF_ANY_CASE = re.compile(rf"[0-9A-Fa-f]{{64}}{_APPENDIX}")
_IP_APPENDIX = re.compile(r"\.(?:[A-Za-z0-9_-]{8}|[A-Za-z_-][A-Za-z0-9_-])$")
_LEAD_IDS = range(10**14, 10**17)
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_MILLISECONDS_FROM = 10**11
_SAFE_KEY = re.compile(r"[A-Za-z0-9_]{1,40}")
_SURROGATE = re.compile("[\ud800-\udfff]")

_MAX_DEPTH = 30
_MAX_NODES = 10_000
_INT64 = range(-(2**63), 2**63)


# --- the whole -------------------------------------------------------------------


def not_json(event: dict) -> Iterator[str]:
    """What keeps the event from being written as JSON."""
    waiting: list[tuple[str, object, int]] = [("event", event, 0)]
    for _ in range(_MAX_NODES):
        if not waiting:
            return
        place, value, depth = waiting.pop()
        if isinstance(value, (dict, list, tuple)):
            if depth == _MAX_DEPTH:
                yield f"{place}: is nested too deeply"
                return
            if isinstance(value, dict):
                if not all(isinstance(key, str) for key in value):
                    yield f"{place}: has a key that is not text"
                parts = [(_below(place, key), part) for key, part in value.items()]
            else:
                parts = [(place, part) for part in value]
            waiting.extend((name, part, depth + 1) for name, part in parts)
        elif isinstance(value, float) and not math.isfinite(value):
            yield f"{place}: is not a finite number"
        elif isinstance(value, int) and value not in _INT64:
            yield f"{place}: is too large a number"
        elif isinstance(value, str) and _SURROGATE.search(value):
            yield f"{place}: is not valid Unicode text"
        elif value is not None and not isinstance(value, (str, int, float)):
            yield f"{place}: is of a type that JSON does not have"
    yield "event: holds too many values"


def event_fields(event: dict, now: int) -> Iterator[str]:
    """The event's own fields (server event parameters)."""
    source = event.get("action_source")
    yield from _event_name(event.get("event_name"), source)
    yield from _event_time(event.get("event_time"), source, now)
    if source is None:
        yield "action_source: is missing"
    elif source not in ACTION_SOURCES:
        yield f"action_source: must be one of {', '.join(ACTION_SOURCES)}"
    for key in ("event_id", "event_source_url", "referrer_url"):
        yield from _filled_text(key, event.get(key))
    if source == "website":
        user = event.get("user_data")
        if not event.get("event_source_url"):
            yield "event_source_url: is missing; a website event needs it"
        if not (isinstance(user, dict) and user.get("client_user_agent")):
            yield "user_data.client_user_agent: is missing; a website event needs it"
    if not isinstance(event.get("opt_out"), (bool, type(None))):
        yield "opt_out: must be true or false"
    for key in ("app_data", "original_event_data"):
        if not isinstance(event.get(key), (dict, type(None))):
            yield f"{key}: must be an object"
    yield from _one_of("messaging_channel", event, MESSAGING_CHANNELS)
    yield from _one_of("customer_segmentation", event, CUSTOMER_SEGMENTS)
    yield from _limited_data_use(event)


def _event_name(name: object, source: object) -> Iterator[str]:
    if name is None:
        yield "event_name: is missing"
    elif not isinstance(name, str):
        yield "event_name: must be text"
    elif not name.strip():
        yield "event_name: is empty"
    elif len(name) > MAX_EVENT_NAME:
        yield f"event_name: is longer than {MAX_EVENT_NAME} characters"
    elif source == "business_messaging" and name not in MESSAGING_EVENTS:
        instead = "; use LeadSubmitted" if name == "Lead" else ""
        yield f"event_name: is not one that business messaging takes{instead}"


def _event_time(value: object, source: object, now: int) -> Iterator[str]:
    if value is None:
        yield "event_time: is missing"
    elif not _is_int(value):
        yield "event_time: must be Unix time in whole seconds"
    elif value >= _MILLISECONDS_FROM:
        yield "event_time: must be in seconds; this looks like milliseconds"
    elif value > now:
        yield "event_time: is in the future"
    elif source == "physical_store":
        if now - value > MAX_AGE_PHYSICAL_STORE:
            yield "event_time: is older than 62 days"
    elif now - value > MAX_AGE:
        yield "event_time: is older than 7 days"


def _limited_data_use(event: dict) -> Iterator[str]:
    options = event.get("data_processing_options")
    limited = False
    if isinstance(options, (list, tuple)):
        limited = "LDU" in options
        if any(option != "LDU" for option in options):
            yield 'data_processing_options: may hold nothing but "LDU"'
    elif options is not None:
        yield "data_processing_options: must be a list"
    country = event.get("data_processing_options_country")
    state = event.get("data_processing_options_state")
    if country is None and limited:
        yield "data_processing_options_country: is missing; LDU needs it"
    elif country is not None and not _is_int(country, LDU_COUNTRIES):
        yield "data_processing_options_country: must be 0 or 1"
    if state is None and (limited or country is not None):
        yield "data_processing_options_state: is missing; it goes with the country"
    elif state is not None and not _is_int(state, LDU_STATES):
        yield "data_processing_options_state: must be 0 or a state from 1000 to 1013"


# --- customer information ----------------------------------------------------------


def user_data(event: dict) -> Iterator[str]:
    """Customer information: form of each key, and whether it can find a person."""
    user = event.get("user_data")
    if user is None:
        yield "user_data: is missing"
        return
    if not isinstance(user, dict):
        yield "user_data: must be an object"
        return
    for key, value in user.items():
        if value is None:
            continue
        place = _below("user_data", key)
        if key == "external_id":
            yield from _each(place, value, _external_id)
        elif key in HASHED_KEYS:
            yield from _each(place, value, _hash)
        elif key == "lead_id":
            yield from _lead_id(place, value)
        elif key == "fb_login_id":
            if not (_is_int(value) or (isinstance(value, str) and value.isdecimal())):
                yield f"{place}: must be a whole number"
        elif key == "client_ip_address":
            yield from _ip_address(place, value)
        elif key in UNHASHED_KEYS:
            yield from _plain(key, place, value)
        else:
            yield f"{place}: is not a key that Meta knows"
    known = {key for key in KEYS if user.get(key) not in (None, "", [], ())}
    if not known:
        yield "user_data: has no customer information"
    elif any(known <= broad for broad in TOO_BROAD):
        yield (
            f"user_data: only {', '.join(sorted(known))}; this is too broad to find a"
            " person"
        )


def _each(
    place: str, value: object, check: Callable[[str, object], Iterator[str]]
) -> Iterator[str]:
    items = value if isinstance(value, (list, tuple)) else [value]
    if not items:
        yield f"{place}: is empty; leave it out"
    for item in items:
        yield from check(place, item)


def _hash(place: str, value: object) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{place}: must be text"
    elif not value:
        yield f"{place}: is empty; leave it out"
    elif found := _HASH.fullmatch(value):
        yield from _hash_of_nothing(place, found.group(1))
    elif _HASH_OF_ANY_CASE.fullmatch(value):
        yield f"{place}: the SHA-256 must be in lower case"
    else:
        yield f"{place}: must be a SHA-256 in hex; it is not hashed"


def _hash_of_nothing(place: str, value: str) -> Iterator[str]:
    if value[:64] == _HASH_OF_NOTHING:
        yield f"{place}: is the hash of an empty text; leave it out"


def _external_id(place: str, value: object) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{place}: must be text"
    elif not value.strip():
        yield f"{place}: is empty; leave it out"
    else:
        yield from _hash_of_nothing(place, value.lower())


def _lead_id(place: str, value: object) -> Iterator[str]:
    if not _is_int(value):
        yield f"{place}: must be a whole number, not text and not hashed"
    elif value not in _LEAD_IDS:
        yield f"{place}: must have 15 to 17 digits"


def _ip_address(place: str, value: object) -> Iterator[str]:
    if isinstance(value, str):
        for text in (value, _IP_APPENDIX.sub("", value)):
            try:
                ipaddress.ip_address(text)
            except ValueError:
                continue
            return
    yield f"{place}: must be an IPv4 or IPv6 address, not hashed"


def _plain(key: str, place: str, value: object) -> Iterator[str]:
    # Ids of pages and accounts travel as numbers as well as text.
    if key.endswith("_id") and _is_int(value):
        return
    yield from _filled_text(place, value)
    hashed = isinstance(value, str) and _HASH_OF_ANY_CASE.fullmatch(value)
    if hashed and key in NEVER_HASHED_KEYS:
        yield f"{place}: must not be hashed"


# --- custom data -------------------------------------------------------------------


def custom_data(event: dict) -> Iterator[str]:
    """Custom data: what makes a CRM event count, value and currency, types."""
    custom = event.get("custom_data")
    source = event.get("action_source")
    if custom is not None and not isinstance(custom, dict):
        yield "custom_data: must be an object"
        custom = None
    custom = custom or {}
    if source == SYSTEM_GENERATED:
        if custom.get("event_source") != CRM:
            yield (
                f'custom_data.event_source: must be "{CRM}"; without it Meta does not'
                " count the event"
            )
        if not custom.get("lead_event_source"):
            yield (
                "custom_data.lead_event_source: is missing; without the CRM's name Meta"
                " does not count the event"
            )
    elif custom.get("event_source") == CRM and source in ACTION_SOURCES:
        yield f"action_source: must be {SYSTEM_GENERATED} for an event of a CRM"
    yield from _money(event.get("event_name"), custom)
    for key in ("order_id", "content_name", "content_category", "lead_event_source"):
        yield from _filled_text(f"custom_data.{key}", custom.get(key))
    for key, kind in (("content_ids", (str, int)), ("contents", dict)):
        items = custom.get(key)
        if items is not None and not isinstance(items, (list, tuple)):
            yield f"custom_data.{key}: must be a list"
        elif not all(isinstance(item, kind) for item in items or ()):
            yield f"custom_data.{key}: holds an item of a wrong type"
    kind = custom.get("content_type")
    if kind not in (None, "product", "product_group"):
        yield "custom_data.content_type: must be product or product_group"


def _money(name: object, custom: dict) -> Iterator[str]:
    value, currency = custom.get("value"), custom.get("currency")
    required = isinstance(name, str) and name in STANDARD_EVENTS_WITH_VALUE
    if value is None and required:
        yield f"custom_data.value: is missing; {name} needs it"
    if currency is None and required:
        yield f"custom_data.currency: is missing; {name} needs it"
    elif currency is None and value is not None:
        yield "custom_data.currency: is missing; a value needs it"
    elif currency is not None and not (
        isinstance(currency, str) and _CURRENCY.fullmatch(currency)
    ):
        yield "custom_data.currency: must be a code of three letters (ISO 4217)"
    for key in ("value", "net_revenue", "predicted_ltv", "num_items"):
        amount = custom.get(key)
        number = isinstance(amount, (int, float)) and not isinstance(amount, bool)
        if amount is not None and not number:
            yield f"custom_data.{key}: must be a number"


# --- small parts -------------------------------------------------------------------


def _below(place: str, key: object) -> str:
    """The name of a field; a key that could be somebody's data is not repeated."""
    shown = key if isinstance(key, str) and _SAFE_KEY.fullmatch(key) else "…"
    return shown if place == "event" else f"{place}.{shown}"


def _is_int(value: object, allowed: range | tuple[int, ...] | None = None) -> bool:
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return allowed is None or value in allowed


def _filled_text(place: str, value: object) -> Iterator[str]:
    if value is not None and not isinstance(value, str):
        yield f"{place}: must be text"
    elif value is not None and not value.strip():
        yield f"{place}: is empty; leave it out"


def _one_of(key: str, holder: dict, allowed: tuple[str, ...]) -> Iterator[str]:
    value = holder.get(key)
    if value is not None and value not in allowed:
        yield f"{key}: must be one of {', '.join(allowed)}"
