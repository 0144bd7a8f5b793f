"""Parts of an answer as they are wanted, whatever shape they came in."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any


def texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if is_list(value) else []


def names(value: Any) -> list[str]:
    """The names in a list of names, or of objects with a name."""
    items = value if is_list(value) else []
    named = (item.get("name") if isinstance(item, dict) else item for item in items)
    return [name for name in named if isinstance(name, str)]


def is_list(value: Any) -> bool:
    return isinstance(value, list)


def moment(value: Any) -> datetime | None:
    """A time in Unix seconds; None for 0, which is never, and for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not 0 < value < 2**32:
        return None
    return datetime.fromtimestamp(value, timezone.utc)
