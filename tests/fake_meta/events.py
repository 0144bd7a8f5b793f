"""POST /{dataset_id}/events: decode, check, all or nothing, count.

Meta (Conversions API, using the API): at most 1,000 events; "if any event in a batch is
invalid the entire batch is rejected"; an answer of 200 says that the payload is valid,
not that it counts.
"""

from __future__ import annotations

import json
from json.decoder import scanstring
from typing import Any, NamedTuple

from .chats import chat_of
from .checks import Context, lead_of
from .ledger import Ledger, ReceivedEvent
from .rules import CHAT_RULES, COUNTING_RULES, EVENT_RULES, Refusal
from .state import Dataset, MetaState
from .vocabulary import MAX_EVENTS


class Item(NamedTuple):
    """One element of ``data``: its exact JSON text and its decoded value."""

    text: str
    value: Any


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_SPACE = " \t\n\r"


def decode_json(text: str) -> Any:
    """Strict JSON: no NaN, no Infinity. Raises ValueError."""
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _skip_space(text: str, at: int) -> int:
    while text[at : at + 1] and text[at] in _SPACE:
        at += 1
    return at


def _slices(text: str, at: int) -> list[str]:
    """The texts of the elements of the JSON array that starts at ``at``."""
    found = []
    at = _skip_space(text, at + 1)
    while text[at] != "]":
        _, end = _DECODER.raw_decode(text, at)
        found.append(text[at:end])
        at = _skip_space(text, end)
        if text[at] == ",":
            at = _skip_space(text, at + 1)
    return found


def array_slices(text: str) -> list[str]:
    """The exact texts of the elements of a JSON array. Raises ValueError."""
    if not isinstance(decode_json(text), list):
        raise ValueError("no array")
    return _slices(text, _skip_space(text, 0))


def data_slices(body: str) -> list[str]:
    """The exact texts of the elements of the root key ``data`` of a JSON object.

    Raises ValueError where the body is no JSON object with an array there. As in
    every JSON reader here, the last of two equal keys wins.
    """
    root = decode_json(body)
    if not isinstance(root, dict) or not isinstance(root.get("data"), list):
        raise ValueError("no array named data")
    found: list[str] = []
    at = _skip_space(body, _skip_space(body, 0) + 1)
    while body[at] != "}":
        key, at = scanstring(body, at + 1)
        at = _skip_space(body, _skip_space(body, at) + 1)
        if key == "data" and body[at] == "[":
            found = _slices(body, at)
        _, at = _DECODER.raw_decode(body, at)
        at = _skip_space(body, at)
        if body[at] == ",":
            at = _skip_space(body, at + 1)
    return found


def _item(text: str) -> Item:
    value = decode_json(text)
    if isinstance(value, str):
        # Meta's reference types data as a list of JSON-encoded strings.
        try:
            return Item(value, decode_json(value))
        except ValueError:
            return Item(text, value)
    return Item(text, value)


def items_of(params: dict[str, Any], body: str | None) -> list[Item]:
    """The events of a request. ``body`` is its JSON text, None for a form."""
    data = params.get("data")
    if data is None:
        raise Refusal("no_data_key")
    try:
        if isinstance(data, str):
            slices = array_slices(data)
        elif body is not None:
            slices = data_slices(body)
        else:
            slices = []
    except ValueError:
        raise Refusal("data_not_a_list") from None
    return [_item(text) for text in slices]


def _check_request(params: dict[str, Any], items: list[Item]) -> None:
    if not items:
        raise Refusal("data_empty")
    if len(items) > MAX_EVENTS:
        raise Refusal("too_many_events")
    agent = params.get("partner_agent")
    if agent is not None and not (
        isinstance(agent, str)
        and len(agent) < 23
        and sum(char.isalpha() for char in agent) >= 2
    ):
        raise Refusal("partner_agent")
    if not isinstance(params.get("test_event_code", ""), str):
        raise Refusal("test_event_code")


def check_event(event: Any, index: int, context: Context) -> None:
    """Raises the Refusal of the first rule that the event breaks."""
    for rule in EVENT_RULES:
        finding = rule.check(event, context)
        if finding is not None:
            raise Refusal(
                rule.name,
                path=f"$['data'][{index}]{finding.path}",
                key=finding.key,
                expected=finding.expected,
            )


def why_not_counted(event: dict, context: Context) -> str | None:
    """The counting rule that an accepted event breaks, in words, or None."""
    of_chats = context.dataset and context.dataset.account_id
    for rule in CHAT_RULES if of_chats else COUNTING_RULES:
        if rule.check(event, context) is not None:
            return rule.when
    return None


def receive(
    state: MetaState,
    ledger: Ledger,
    dataset: Dataset,
    params: dict[str, Any],
    body: str | None,
) -> list[ReceivedEvent]:
    """Take a request of events into the ledger, or raise one Refusal for all of it."""
    now = state.now()
    items = items_of(params, body)
    _check_request(params, items)
    for index, item in enumerate(items):
        check_event(item.value, index, Context(now))
    taken = []
    for item in items:
        lead = lead_of(item.value, state.leads, state.forms)
        unknown_count = state.settings.unknown_leads_count
        chat = chat_of(item.value, state.chats) if dataset.account_id else None
        context = Context(now, dataset, lead, unknown_count, chat)
        taken.append(
            ledger.take(
                dataset.id,
                item.value,
                item.text,
                received_at=now,
                lead_id=lead.id if lead else None,
                why=why_not_counted(item.value, context),
                test_event_code=params.get("test_event_code"),
                partner_agent=params.get("partner_agent"),
                deduplicates=not dataset.account_id,
            )
        )
    return taken
