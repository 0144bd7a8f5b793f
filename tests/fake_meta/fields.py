"""``fields=`` of the Graph API: ``id,questions{key,label},has_lead_access.user_id(1)``.

Meta: Graph API, field expansion.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from .rules import Refusal

_ARGUMENT = re.compile(r"\.(\w+)\(([^()]*)\)")
_HEAD = re.compile(r"(\w+)(\.\w+\([^()]*\))*")


@dataclass(frozen=True)
class Field:
    """One field asked for, its arguments and the sub-fields in braces (None: all)."""

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    below: tuple[Field, ...] | None = None


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char in "{(") - (char in "})")
        if char == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    if depth:
        raise Refusal("bad_parameter", what="Syntax error in the parameter fields.")
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def parse(text: str) -> tuple[Field, ...]:
    """Raises a Refusal for a text that is no list of fields."""
    found = []
    for part in _split(text):
        head, brace, rest = part.partition("{")
        match = _HEAD.fullmatch(head)
        if not match or (brace and not rest.endswith("}")):
            raise Refusal("bad_parameter", what="Syntax error in the parameter fields.")
        below = parse(rest[:-1]) if brace else None
        found.append(Field(match[1], dict(_ARGUMENT.findall(head)), below))
    return tuple(found)


def pick(value: Any, fields: tuple[Field, ...] | None) -> Any:
    """Of a value what these fields ask for; all of it where they ask for none."""
    if fields is None:
        return value
    if isinstance(value, list):
        return [pick(item, fields) for item in value]
    if isinstance(value, dict):
        return {
            item.name: pick(value[item.name], item.below)
            for item in fields
            if item.name in value
        }
    return value


def select(
    node: str,
    asked: str | None,
    default: Collection[str],
    known: Collection[str],
    read: Callable[[Field], Any],
) -> dict[str, Any]:
    """A node with the fields asked for. ``read`` gives a value, or None for absent.

    ``id`` is always there. An unknown field refuses the whole call, as Meta does.
    """
    fields = parse(asked) if asked else tuple(Field(name) for name in default)
    answer: dict[str, Any] = {}
    for item in fields:
        if item.name not in known:
            raise Refusal("unknown_field", name=item.name, node=node)
        value = read(item)
        if value is not None:
            answer[item.name] = pick(value, item.below)
    if "id" not in answer:
        answer["id"] = read(Field("id"))
    return answer
