"""The body of a webhook: which leads and referrals it announces, and what else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .referral import OBJECTS, Referral, has_messages, quoted, read_entry
from .text import integer, meta_id, storable
from .words import _lt

# Later than this (the year 2286) it is no time in seconds, but milliseconds or junk.
_LAST_UNIX_TIME = 9_999_999_999
_MAX_REMARKS = 20


@dataclass(frozen=True)
class Notification:
    """One lead announced by Meta (Meta: Webhooks for Leads).

    Ids are decimal text, None where Meta sent none; `created_time` is in Unix seconds.
    `is_ping` marks the dashboard's Test button, which announces a lead that does not
    exist. `value` is the change's value as received, fit to be stored as JSON.
    """

    leadgen_id: str
    page_id: str | None
    form_id: str | None
    ad_id: str | None
    created_time: int | None
    is_ping: bool
    value: dict[str, Any] = field(hash=False)


@dataclass(frozen=True)
class Delivery:
    """All of one POST: the leads, and in words what else was there and is not used.

    `lacks_values`: Meta named fields only, because Include Values is off. `referrals`:
    people who wrote after a click on an ad. `other_messages`: how many messages and
    receipts had nothing of an ad; what they said was not read.
    """

    notifications: tuple[Notification, ...]
    passed_over: tuple[str, ...]
    lacks_values: bool = False
    referrals: tuple[Referral, ...] = ()
    other_messages: int = 0


def parse(raw: bytes) -> list[Notification]:
    """Return every lead announced in the body `raw`, in its order, repeats included.

    ValueError, with a plain message, where the body is not a notification at all.
    """
    return list(read(raw).notifications)


def read(raw: bytes) -> Delivery:
    """Return everything in the body `raw`; ValueError where it is no notification."""
    try:
        return _delivery(_json_object(raw))
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None


def _json_object(raw: bytes) -> dict[str, Any]:
    if not isinstance(raw, (bytes, bytearray)):
        raise ValueError("the body is not bytes")
    if not raw.strip():
        raise ValueError("the body is empty")
    try:
        text = bytes(raw).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("the body is not UTF-8 text") from None
    try:
        body = json.loads(text, parse_int=integer)
    except ValueError:
        raise ValueError("the body is not JSON") from None
    if not isinstance(body, dict):
        raise ValueError("the body is not a JSON object")
    return body


def _delivery(body: dict[str, Any]) -> Delivery:
    kind = body.get("object")
    if not isinstance(kind, str):
        raise ValueError('not a notification: "object" is missing')
    if not isinstance(body.get("entry"), list):
        raise ValueError('not a notification: the list "entry" is missing')
    if kind not in OBJECTS:
        words = _lt("object %(name)s: it has neither leads nor messages")
        return Delivery((), (words % {"name": quoted(kind)},))
    entries = [entry for entry in body["entry"] if isinstance(entry, dict)]
    notifications: list[Notification] = []
    referrals: list[Referral] = []
    other_messages = 0
    remarks: Counter[str] = Counter()
    for entry in body["entry"]:
        for found in _entry(kind, entry):
            if isinstance(found, Notification):
                notifications.append(found)
            elif isinstance(found, Referral):
                referrals.append(found)
            elif found is None:
                other_messages += 1
            else:
                remarks[found] += 1
    return Delivery(
        tuple(notifications),
        _summary(remarks),
        kind == "page" and any("changed_fields" in entry for entry in entries),
        tuple(referrals),
        other_messages,
    )


def _entry(kind: str, entry: Any) -> Iterator[Notification | Referral | str | None]:
    if not isinstance(entry, dict):
        yield _lt("an entry that is not an object")
        return
    if kind != "page":
        yield from read_entry(kind, entry)
        return
    if has_messages(entry):
        yield from read_entry(kind, entry)
        if not entry.keys() & {"changes", "changed_fields"}:
            return
    if "changed_fields" in entry:
        names = entry["changed_fields"]
        names = names if isinstance(names, list) else [names]
        listed = ", ".join(quoted(name) for name in names[:5])
        yield _lt(
            "changed_fields without values (%(fields)s): Include Values is off for the"
            " app's page subscription"
        ) % {"fields": listed}
    changes = entry.get("changes")
    if isinstance(changes, list):
        for change in changes:
            yield _change(entry, change)
    elif "changes" in entry:
        yield _lt("an entry whose changes are not a list")
    elif "changed_fields" not in entry:
        others = sorted({quoted(key) for key in entry.keys() - {"id", "time"}})
        if others:
            words = _lt("an entry without changes: %(keys)s")
            yield words % {"keys": ", ".join(others)}
        else:
            yield _lt("an entry without changes")


def _change(entry: dict[str, Any], change: Any) -> Notification | str:
    if not isinstance(change, dict):
        return _lt("a change that is not an object")
    name = change.get("field")
    if name == "leadgen_update":
        return _lt(
            'field "leadgen_update": an update by Meta\'s lead agent, not a new lead'
        )
    if name != "leadgen":
        if "field" not in change:
            return _lt("a change without field")
        return _lt("a change of field %(name)s") % {"name": quoted(name)}
    value = change.get("value")
    if not isinstance(value, dict):
        return _lt("a leadgen change without a value")
    leadgen_id = meta_id(value.get("leadgen_id"))
    if leadgen_id is None:
        words = _lt("a leadgen change without a usable leadgen_id (%(why)s)")
        return words % {"why": _why_unusable(value)}
    return Notification(
        leadgen_id=leadgen_id,
        page_id=meta_id(value.get("page_id")) or meta_id(entry.get("id")),
        form_id=meta_id(value.get("form_id")),
        ad_id=meta_id(value.get("ad_id")),
        created_time=_unix_time(value.get("created_time")),
        is_ping=_is_ping(leadgen_id, entry),
        value=storable(value),
    )


def _is_ping(leadgen_id: str, entry: dict[str, Any]) -> bool:
    # The Test button sends constants: lead 444444444444 and entry id "0" or 0.
    sender = entry.get("id")
    zero = not isinstance(sender, bool) and sender in (0, "0")
    return zero or not leadgen_id.strip("4")


def _unix_time(value: Any) -> int | None:
    text = meta_id(value)
    if text is None or int(text) > _LAST_UNIX_TIME:
        return None
    return int(text)


def _why_unusable(value: dict[str, Any]) -> str:
    given = value.get("leadgen_id")
    if not isinstance(given, bool) and given in (None, "", "0", 0):
        return _lt("the ID is missing")
    if isinstance(given, str):
        return _lt("this text is no ID")
    if isinstance(given, float):
        return _lt("the number is too large to be exact")
    return _lt("the type is %(type)s") % {"type": type(given).__name__}


def _summary(remarks: Counter[str]) -> tuple[str, ...]:
    lines = [
        text
        if count == 1
        else _lt("%(what)s (how often: %(count)s)") % {"what": text, "count": count}
        for text, count in remarks.items()
    ]
    more = len(lines) - _MAX_REMARKS
    if more > 0:
        lines[_MAX_REMARKS:] = [
            _lt("other kinds of things: %(count)s") % {"count": more}
        ]
    return tuple(lines)
