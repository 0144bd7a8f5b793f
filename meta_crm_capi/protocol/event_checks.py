"""Meta's rules for one event: its own fields. :func:`.event.problems` asks them all.

Each check yields sentences that begin with the field. They never repeat a value.
A rule stands here when Meta refuses an event that breaks it, or takes the event and
does not count it; what merely lowers the match quality does not, and neither does what
Meta is known to take in another form than it documents. A key that is null is absent.

Sources: "Server event parameters", "App data parameters", "Conversions API for CRM"
payload specification, "Conversions API for business messaging", "Data processing
options".
"""

from __future__ import annotations

from collections.abc import Iterator

from .check_parts import is_integer, must_be_one_of, must_be_text
from .event_json import below
from .words import _lt

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
EVENT_KEYS = frozenset(
    """
    event_name event_time action_source user_data custom_data event_id event_source_url
    referrer_url opt_out data_processing_options data_processing_options_country
    data_processing_options_state app_data original_event_data customer_segmentation
    messaging_channel attribution_data advanced_measurement_table
    advertiser_tracking_enabled partner_agent
    """.split()
)
#: What an event of ours has; all other keys need a look for other senders' sake.
_USUAL_KEYS = frozenset(
    "event_name event_time action_source event_id user_data custom_data".split()
)
#: Which account a message came to: each channel needs one of its keys of user_data.
MESSAGING_ACCOUNTS = {
    "messenger": ("page_id",),
    "whatsapp": ("whatsapp_business_account_id", "page_id"),
    "instagram": ("ig_account_id", "instagram_business_account_id"),
}
#: Who wrote, or by which click: without it Meta finds no chat.
MESSAGING_PERSONS = {
    "messenger": "page_scoped_user_id",
    "whatsapp": "ctwa_clid",
    "instagram": "ig_sid",
}
#: What a browser tells, and a lead form: not of a chat, and to be left out.
MESSAGING_FORBIDDEN = frozenset(
    ("client_ip_address", "client_user_agent", "fbc", "fbp", "lead_id")
)
#: Business messaging knows these names only. ``Lead`` is not one of them.
MESSAGING_EVENTS = frozenset(
    """
    AddToCart CartAbandoned InitiateCheckout LeadSubmitted OrderCanceled OrderCreated
    OrderDelivered OrderReturned OrderShipped Purchase QualifiedLead RatingProvided
    ReviewProvided ViewContent
    """.split()
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

#: ``extinfo`` is a list with a fixed place for each value; these two are needed.
_EXTINFO_LENGTH = 16
_EXTINFO_SYSTEM, _EXTINFO_SYSTEM_VERSION = 0, 4
_EXTINFO_SYSTEMS = ("a2", "i2")
_MILLISECONDS_FROM = 10**11
_OBJECTS = ("original_event_data", "attribution_data")
_TEXTS = (
    "event_source_url",
    "referrer_url",
    "advanced_measurement_table",
    "partner_agent",
)


def event_fields(event: dict, now: int) -> Iterator[str]:
    """The event's own fields; ``now`` is in Unix seconds."""
    source = event.get("action_source")
    yield from _event_name(event.get("event_name"), source)
    yield from _event_time(event.get("event_time"), source, now)
    if source is None:
        yield "action_source: " + _lt("is missing")
    yield from must_be_one_of("action_source", source, ACTION_SOURCES)
    if not event.keys() <= _USUAL_KEYS:
        yield from _further_fields(event)
    event_id = event.get("event_id")
    yield from must_be_text("event_id", event_id)
    if isinstance(event_id, str) and not event_id.strip():
        yield "event_id: " + _lt(
            "is empty, so that Meta takes different events for one"
        )
    if source == "website":
        yield from _website(event)
    elif source == "business_messaging":
        yield from _messaging(event)
    yield from _app_data(event.get("app_data"), source)


def _further_fields(event: dict) -> Iterator[str]:
    for key in event:
        if key not in EVENT_KEYS:
            yield f"{below('event', key)}: " + _lt("is not a key that Meta knows")
    for key in _TEXTS:
        yield from must_be_text(key, event.get(key))
    for key in _OBJECTS:
        if not isinstance(event.get(key), (dict, type(None))):
            yield f"{key}: " + _lt("must be an object")
    if not isinstance(event.get("opt_out"), (bool, type(None))):
        yield "opt_out: " + _lt("must be true or false")
    for key, allowed in (
        ("messaging_channel", tuple(MESSAGING_ACCOUNTS)),
        ("customer_segmentation", CUSTOMER_SEGMENTS),
    ):
        yield from must_be_one_of(key, event.get(key), allowed)
    yield from _limited_data_use(event)


def _event_name(name: object, source: object) -> Iterator[str]:
    if name is None:
        yield "event_name: " + _lt("is missing")
    elif not isinstance(name, str):
        yield "event_name: " + _lt("must be text")
    elif not name.strip():
        yield "event_name: " + _lt("is empty")
    elif len(name) > MAX_EVENT_NAME:
        yield "event_name: " + (
            _lt("is longer than %(most)s characters") % {"most": MAX_EVENT_NAME}
        )
    elif source == "business_messaging" and name not in MESSAGING_EVENTS:
        yield "event_name: " + (
            _lt("is not one that business messaging takes; use LeadSubmitted")
            if name == "Lead"
            else _lt("is not one that business messaging takes")
        )


def _event_time(value: object, source: object, now: int) -> Iterator[str]:
    if value is None:
        yield "event_time: " + _lt("is missing")
    elif not is_integer(value):
        yield "event_time: " + _lt("must be Unix time in whole seconds")
    elif value >= _MILLISECONDS_FROM:
        yield "event_time: " + _lt("must be in seconds; this looks like milliseconds")
    elif value > now:
        yield "event_time: " + _lt("is in the future")
    elif source == "physical_store":
        if now - value > MAX_AGE_PHYSICAL_STORE:
            yield "event_time: " + _lt("is older than 62 days")
    elif now - value > MAX_AGE:
        yield "event_time: " + _lt("is older than 7 days")


def _website(event: dict) -> Iterator[str]:
    url = event.get("event_source_url")
    if not url:
        yield "event_source_url: " + _lt("is missing; a website event needs it")
    elif isinstance(url, str) and not url.lower().startswith(("http://", "https://")):
        yield "event_source_url: " + _lt("must begin with http:// or https://")
    user = event.get("user_data")
    if not (isinstance(user, dict) and user.get("client_user_agent")):
        yield "user_data.client_user_agent: " + _lt(
            "is missing; a website event needs it"
        )


def _messaging(event: dict) -> Iterator[str]:
    channel = event.get("messaging_channel")
    if channel is None:
        yield "messaging_channel: " + _lt("is missing; a messaging event needs it")
    elif isinstance(channel, str) and channel in MESSAGING_ACCOUNTS:
        keys, user = MESSAGING_ACCOUNTS[channel], event.get("user_data")
        user = user if isinstance(user, dict) else {}
        person = MESSAGING_PERSONS[channel]
        lacking = [] if any(user.get(key) for key in keys) else [keys[0]]
        for key in [*lacking, *([] if user.get(person) else [person])]:
            yield f"user_data.{key}: " + (
                _lt("is missing; an event of %(channel)s needs it")
                % {"channel": channel}
            )


def _app_data(app: object, source: object) -> Iterator[str]:
    is_needed = source == "app"
    if app is None:
        if is_needed:
            yield "app_data: " + _lt("is missing; an app event needs it")
        return
    if not isinstance(app, dict):
        yield "app_data: " + _lt("must be an object")
        return
    place, extinfo = "app_data.extinfo", app.get("extinfo")
    if extinfo is None:
        if is_needed:
            yield f"{place}: " + _lt("is missing; an app event needs it")
    elif not isinstance(extinfo, (list, tuple)) or len(extinfo) != _EXTINFO_LENGTH:
        yield f"{place}: " + (
            _lt("must be a list of %(length)s values") % {"length": _EXTINFO_LENGTH}
        )
    elif not all(isinstance(item, (str, int, float)) for item in extinfo):
        yield f"{place}: " + _lt("holds an item of a wrong type")
    elif extinfo[_EXTINFO_SYSTEM] not in _EXTINFO_SYSTEMS:
        yield f"{place}: " + (
            _lt("must begin with one of %(list)s")
            % {"list": ", ".join(_EXTINFO_SYSTEMS)}
        )
    elif not str(extinfo[_EXTINFO_SYSTEM_VERSION]).strip():
        yield f"{place}: " + _lt("lacks the version of the operating system")


def _limited_data_use(event: dict) -> Iterator[str]:
    options = event.get("data_processing_options")
    limited = False
    if isinstance(options, (list, tuple)):
        limited = "LDU" in options
        if any(option != "LDU" for option in options):
            yield "data_processing_options: " + _lt('may hold nothing but "LDU"')
    elif options is not None:
        yield "data_processing_options: " + _lt("must be a list")
    country = event.get("data_processing_options_country")
    state = event.get("data_processing_options_state")
    if country is None and limited:
        yield "data_processing_options_country: " + _lt("is missing; LDU needs it")
    elif country is not None and not is_integer(country, LDU_COUNTRIES):
        yield "data_processing_options_country: " + _lt("must be 0 or 1")
    if state is None and (limited or country is not None):
        yield "data_processing_options_state: " + _lt(
            "is missing; it goes with the country"
        )
    elif state is not None and not is_integer(state, LDU_STATES):
        yield "data_processing_options_state: " + _lt(
            "must be 0 or a state from 1000 to 1013"
        )
