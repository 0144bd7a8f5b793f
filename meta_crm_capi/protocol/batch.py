"""A request of several events: its body, its size, and how to split it.

An event's bytes are frozen before the first try and repeated unchanged, so a body
is spliced together from them and never built again from parsed events.

Source: Conversions API "Using the API" (up to 1,000 events; one invalid event
rejects the whole request) and "End-to-end implementation" (``partner_agent``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TypeVar

from .words import _lt

#: Most events that Meta takes in one request.
MAX_EVENTS = 1000
#: Most bytes of one request. Meta publishes no limit; other senders report about
#: 1 MB, so this stays below.
MAX_BYTES = 900_000
#: Longest ``partner_agent``; Meta asks for fewer than 23 characters.
MAX_PARTNER_AGENT = 22

#: Room for everything in a body that is not an event.
_ENVELOPE = 1024
_MAX_TEST_CODE = 100

_Item = TypeVar("_Item")


def body(
    events: Sequence[bytes],
    *,
    partner_agent: str | None = None,
    test_event_code: str | None = None,
) -> bytes:
    """The JSON body of ``POST /{dataset id}/events``.

    :param events: encoded events, each one JSON object; spliced in as they are
    :param partner_agent: name of the platform that sends, see
        :func:`partner_agent_problem`
    :param test_event_code: sends the batch to the dataset's Test events tab; Meta
        still uses the events
    :raises ValueError: for no event, too many, bytes that are no JSON object, or an
        unusable partner agent or test code
    """
    if not events:
        raise ValueError("A request needs at least one event.")
    if len(events) > MAX_EVENTS:
        raise ValueError(f"A request takes at most {MAX_EVENTS} events.")
    for index, event in enumerate(events):
        if not (event.startswith(b"{") and event.endswith(b"}")):
            raise ValueError(f"Event {index} is not an encoded JSON object.")
    rest: dict[str, str] = {}
    if partner_agent:
        problem = partner_agent_problem(partner_agent)
        if problem:
            raise ValueError(problem)
        rest["partner_agent"] = partner_agent
    if test_event_code:
        if len(test_event_code) > _MAX_TEST_CODE:
            raise ValueError("The test event code is too long.")
        rest["test_event_code"] = test_event_code
    tail = b"}"
    if rest:
        tail = b"," + json.dumps(rest, separators=(",", ":")).encode()[1:]
    return b"".join((b'{"data":[', b",".join(events), b"]", tail))


def partner_agent_problem(agent: str) -> str | None:
    """Why Meta would not take this ``partner_agent``, in words; None when sound."""
    if len(agent) > MAX_PARTNER_AGENT:
        return _lt("The partner agent is longer than %(most)s characters.") % {
            "most": MAX_PARTNER_AGENT
        }
    if len(re.findall(r"[A-Za-z]", agent)) < 2:
        return _lt("The partner agent needs at least two letters.")
    if not re.fullmatch(r"[ -~]+", agent):
        return _lt("The partner agent may hold only printable ASCII characters.")
    return None


def fit(
    sizes: Sequence[int], max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES
) -> list[range]:
    """Group events, in order, into requests that stay below both limits.

    :param sizes: length in bytes of each encoded event
    :return: the indexes of each request. An event that alone is over the limit gets
        a request of its own: only Meta can say whether it is too large
    :raises ValueError: when ``max_events`` is below 1
    """
    if max_events < 1:
        raise ValueError("A request takes at least one event.")
    groups: list[range] = []
    start, used = 0, _ENVELOPE
    for index, size in enumerate(sizes):
        full = index - start == max_events or used + size + 1 > max_bytes
        if full and index > start:
            groups.append(range(start, index))
            start, used = index, _ENVELOPE
        used += size + 1
    if start < len(sizes):
        groups.append(range(start, len(sizes)))
    return groups


def halves(items: Sequence[_Item]) -> tuple[Sequence[_Item], Sequence[_Item]]:
    """The two halves of a refused batch, in order, to find the event to blame.

    :raises ValueError: for fewer than two items, which cannot be split
    """
    if len(items) < 2:
        raise ValueError("One event cannot be split.")
    middle = (len(items) + 1) // 2
    return items[:middle], items[middle:]
