"""What keeps a value from being written as JSON, and what its parts are called."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from itertools import repeat

from .words import _lt

_SAFE_KEY = re.compile(r"[A-Za-z0-9_]{1,40}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_DEPTH = 30
_MAX_VALUES = 10_000
_INT64 = range(-(2**63), 2**63)

#: Where a value is: the path of what holds it, then its key; None is the event. Names
#: are made of it only for what is wrong, as each event is checked value by value.
_Path = tuple["_Path", object] | None


def not_json(event: dict) -> Iterator[str]:
    """What keeps the event from being written as JSON."""
    if _is_plain(event):
        return
    waiting: list[tuple[_Path, object, int]] = [(None, event, 0)]
    values = 1
    while waiting:
        path, holder, depth = waiting.pop()
        if depth == _MAX_DEPTH:
            yield f"{_place(path)}: " + _lt("is nested too deeply")
            return
        parts: Iterable[tuple[object, object]]
        if isinstance(holder, dict):
            if not all(map(_is_text, holder)):
                yield f"{_place(path)}: " + _lt("has a key that is not text")
            parts = holder.items()
        else:
            parts = zip(repeat(None), holder)
        values += len(holder)
        if values >= _MAX_VALUES:
            yield "event: " + _lt("holds too many values")
            return
        for key, part in parts:
            # What nearly all of an event is: plain text, alone or in a list.
            if isinstance(part, str) and part.isascii():
                continue
            if isinstance(part, list) and depth < _MAX_DEPTH - 1 and _is_ascii(part):
                values += len(part)
                continue
            # Items of a list go by the name of the list.
            part_path = path if key is None else (path, key)
            if isinstance(part, (dict, list, tuple)):
                waiting.append((part_path, part, depth + 1))
            elif fault := _fault(part):
                yield f"{_place(part_path)}: {fault}"
    if values >= _MAX_VALUES:
        yield "event: " + _lt("holds too many values")


def _is_plain(event: dict) -> bool:
    """Whether it is what nearly every event is: some plain texts and numbers.

    That is, two levels of objects, and lists of text in them, with nothing that needs a
    closer look.
    """
    texts: list = [*event]
    for value in event.values():
        if isinstance(value, dict):
            texts += value
            for part in value.values():
                if isinstance(part, list):
                    texts += part
                elif isinstance(part, str):
                    texts.append(part)
                elif not isinstance(part, int) or part not in _INT64:
                    return False
        elif isinstance(value, str):
            texts.append(value)
        elif not isinstance(value, int) or value not in _INT64:
            return False
    return len(texts) < _MAX_VALUES and _is_ascii(texts)


def _is_ascii(items: list) -> bool:
    """Whether all items are plain text."""
    try:
        return "".join(items).isascii()
    except TypeError:
        return False


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _fault(value: object) -> str | None:
    """What is wrong with a single value."""
    if isinstance(value, str):
        return _lt("is not valid Unicode text") if _SURROGATE.search(value) else None
    if isinstance(value, float):
        return None if math.isfinite(value) else _lt("is not a finite number")
    if isinstance(value, int):
        return None if value in _INT64 else _lt("is too large a number")
    return None if value is None else _lt("is of a type that JSON does not have")


def below(place: str, key: object) -> str:
    """The name of a field; a key that could be somebody's data is not repeated."""
    shown = key if isinstance(key, str) and _SAFE_KEY.fullmatch(key) else "…"
    return shown if place == "event" else f"{place}.{shown}"


def _place(path: _Path) -> str:
    """The name of a value by its path."""
    keys = []
    while path:
        path, key = path
        keys.append(key)
    place = "event"
    for key in reversed(keys):
        place = below(place, key)
    return place
