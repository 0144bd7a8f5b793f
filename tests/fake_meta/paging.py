"""Lists of the Graph API: filtering, cursors, ``paging.next``.

Meta: Graph API, paginated results; lead ads, retrieving leads (filtering).
"""

from __future__ import annotations

import base64
import binascii
import json
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from .call import GraphCall
from .rules import Refusal
from .state import Lead

DEFAULT_LIMIT = 25
T = TypeVar("T")
_KEY = re.compile(r"[0-9:]+")

_OPERATORS = {
    "GREATER_THAN": operator.gt,
    "GREATER_THAN_OR_EQUAL": operator.ge,
    "LESS_THAN": operator.lt,
}


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _position(keys: Sequence[str], cursor: str) -> tuple[int, bool]:
    """Where the item of a cursor stands, and whether it is still there."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = base64.urlsafe_b64decode(padded).decode("ascii")
        if not _KEY.fullmatch(key):
            raise ValueError
    except (binascii.Error, ValueError):
        raise Refusal("bad_parameter", what="Invalid cursors values") from None
    if key in keys:
        return keys.index(key), True
    # Only leads can vanish, and their keys fall from the newest to the oldest.
    return sum(other > key for other in keys), False


def _limit(call: GraphCall, most: int) -> int:
    text = call.param("limit")
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise Refusal("bad_parameter", what="Param limit must be a positive integer")
    if int(text) > most:
        raise Refusal("reduce_data")
    return int(text)


def page_of(
    call: GraphCall,
    base_url: str,
    items: Sequence[T],
    key: Callable[[T], str],
    render: Callable[[T], Any],
    most: int,
    faults: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """One page of ``items``, which are in their order already.

    ``key`` is digits, or digits with a colon. A cursor holds the key of an item, so
    that items that come or go in between neither repeat nor hide another.
    ``paging.next`` is a whole URL with the token in it, as Meta's. ``faults``: see
    ``set_paging_faults`` in control.py.
    """
    limit = _limit(call, most)
    keys = [key(item) for item in items]
    start = 0
    if call.param("after"):
        start, found = _position(keys, call.required("after"))
        start += found
    elif call.param("before"):
        stop, _ = _position(keys, call.required("before"))
        start, limit = max(0, stop - limit), min(limit, stop)
    if "repeat_first" in faults:
        start = 0
    elif "repeat_next" in faults:
        start = min(start, max(0, len(items) - 1) // limit * limit)
    end = start + limit
    shown = items[start:end]
    answer: dict[str, Any] = {"data": [render(item) for item in shown]}
    if not shown:
        return answer
    after = _cursor(keys[start + len(shown) - 1])
    answer["paging"] = {"cursors": {"before": _cursor(keys[start]), "after": after}}
    if end < len(items) or faults & {"repeat_first", "repeat_next"}:
        query = {
            name: call.param(name)
            for name in call.params
            if name not in ("access_token", "after", "before", "appsecret_proof")
        }
        query |= {"access_token": call.token, "limit": limit, "after": after}
        path = "/".join((f"v{call.version}.0", *call.path))
        answer["paging"]["next"] = f"{base_url}/{path}?{urlencode(query)}"
    return answer


def _moment(value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise Refusal(
            "bad_parameter", what="Param filtering: value must be a unix time"
        ) from None


def lead_filter(call: GraphCall) -> Callable[[Lead], bool]:
    """``filtering`` as a predicate; the only field is ``time_created``."""
    text = call.param("filtering")
    if not text:
        return lambda lead: True
    try:
        filters = json.loads(text)
    except ValueError:
        filters = None
    if not isinstance(filters, list) or not all(isinstance(f, dict) for f in filters):
        raise Refusal("bad_parameter", what="Param filtering must be an array.")
    tests = []
    for item in filters:
        if item.get("field") != "time_created":
            raise Refusal(
                "bad_parameter", what="Param filtering: field must be time_created"
            )
        if item.get("operator") not in _OPERATORS:
            raise Refusal("bad_parameter", what="Param filtering: unknown operator")
        tests.append((_OPERATORS[item["operator"]], _moment(item.get("value"))))
    return lambda lead: all(test(lead.created_time, moment) for test, moment in tests)
