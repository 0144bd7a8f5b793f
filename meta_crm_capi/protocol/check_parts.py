"""What the checks of an event have in common."""

from __future__ import annotations

from collections.abc import Iterator

from .words import _lt


def is_integer(value: object, allowed: range | tuple[int, ...] | None = None) -> bool:
    """Whether it is a whole number, and one of ``allowed``; True and False are none."""
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return allowed is None or value in allowed


def must_be_text(place: str, value: object) -> Iterator[str]:
    """Text or absent. An empty one says nothing, and Meta does not mind it."""
    if value is not None and not isinstance(value, str):
        yield f"{place}: " + _lt("must be text")


def must_be_one_of(
    place: str, value: object, allowed: tuple[str, ...]
) -> Iterator[str]:
    if value is not None and value not in allowed:
        yield f"{place}: " + (
            _lt("must be one of %(list)s") % {"list": ", ".join(allowed)}
        )
