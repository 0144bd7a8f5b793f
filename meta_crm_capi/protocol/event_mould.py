"""The texts of many events, of which nearly all differ in times, ids and hashes alone.

:func:`.event.build`, :func:`.event.problems` and :func:`.event.encode` take an event
part by part. Of a thousand events that are sent together, most have the same parts: so
one of a kind goes that way, and what comes out is the mould for the others. Into it
goes only what was looked at by itself and needs no escaping; any other event goes the
long way. The result is always that of the long way.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from . import event
from .customer_checks import are_sound_hashes
from .event_checks import MAX_AGE
from .user_data import HASHED_KEYS

#: Stand for what differs, in the text that a mould is made of. No name has a NUL.
_TEXT_GAP, _NUMBER_GAP = "\0t", "\0n"
_SAMPLE_HASH = "a" * 64
_SAMPLE_LEAD_ID = "123456789012345"
_SAMPLE_EVENT_ID = "00000000-0000-5000-8000-000000000000"

_LEAD_ID = re.compile(r"[1-9][0-9]{11,17}").fullmatch
_EVENT_ID = re.compile(r"[0-9A-Za-z-]{1,64}").fullmatch
_LISTS = {list}
_ONE_EACH = {1}
_MOST_HASHES = 100


class _Mould(NamedTuple):
    """The text of a kind of event, and what goes into its gaps.

    ``text`` takes the value (where there is one), the event's id and time, the hashes
    of the keys before ``lead_id``, that, and those of the keys behind it.
    """

    text: str
    #: From `user_data` to the hashes of its keys, in the order of the text.
    get_hashes: Callable[[Mapping], tuple]
    #: How many keys come before ``lead_id``.
    lead_id_at: int


class Caster:
    """Makes texts of the events of one dataset.

    :param now: Unix seconds, as :func:`.event.problems` takes it
    :param data_processing: of all of them, see :func:`.event.limited_data_use`
    """

    def __init__(
        self, *, now: int, data_processing: Mapping[str, object] | None = None
    ):
        self._now = now
        self._data_processing = data_processing
        #: By kind; None for a kind that no text can be made of in this way.
        self._moulds: dict[tuple, _Mould | None] = {}

    def cast(
        self,
        *,
        event_name: str,
        event_time: int,
        event_id: str,
        lead_id: str | None,
        user_data: Mapping[str, object],
        value: float | None = None,
        currency: str | None = None,
    ) -> tuple[str, list[str]]:
        """An event's text, and every reason why Meta would not take it.

        The arguments are those of :func:`.event.build`. There is no text where there
        are problems.

        :raises ValueError: when the event cannot be written as JSON
        """
        worth = value if value and currency else None
        kind = (event_name, currency, worth is None, *user_data)
        if kind in self._moulds:
            mould = self._moulds[kind]
        else:
            mould = self._moulds[kind] = self._make(*kind)
        hashes = mould and _get_texts(mould.get_hashes(user_data))
        if (
            hashes
            and type(event_time) is int
            and 0 <= self._now - event_time <= MAX_AGE
            and _LEAD_ID(lead_id or "")
            and _EVENT_ID(event_id or "")
            and (worth is None or (type(worth) is float and math.isfinite(worth)))
        ):
            hashes.insert(mould.lead_id_at, lead_id)
            fillings = (event_id, event_time, *hashes)
            if worth is not None:
                fillings = (repr(worth), *fillings)
            return mould.text % fillings, []
        made = self._build(
            event_name=event_name,
            event_time=event_time,
            event_id=event_id,
            lead_id=lead_id,
            user_data=user_data,
            value=value,
            currency=currency,
        )
        problems = event.problems(made, now=self._now)
        return ("" if problems else event.encode(made).decode()), problems

    def _make(
        self, event_name: str | None, currency: str | None, is_worthless: bool, *keys
    ) -> _Mould | None:
        """The mould for events of this kind; None where one cannot stand for all."""
        if not (
            event_name
            and event_name.isprintable()
            and keys
            and HASHED_KEYS.issuperset(keys)
        ):
            return None
        made = self._build(
            event_name=event_name,
            event_time=self._now,
            event_id=_SAMPLE_EVENT_ID,
            lead_id=_SAMPLE_LEAD_ID,
            user_data={key: [_SAMPLE_HASH] for key in keys},
            value=None if is_worthless else 1.0,
            currency=currency,
        )
        if event.problems(made, now=self._now):
            return None
        made["event_id"] = _TEXT_GAP
        made["event_time"] = _NUMBER_GAP
        if not is_worthless:
            made["custom_data"]["value"] = _NUMBER_GAP
        made["user_data"] = {key: [_TEXT_GAP] for key in keys}
        made["user_data"]["lead_id"] = _NUMBER_GAP
        text = event.encode(made).decode().replace("%", "%%")
        for gap in (json.dumps(_NUMBER_GAP), json.dumps(_TEXT_GAP)[1:-1]):
            text = text.replace(gap, "%s")
        names = sorted(keys)
        return _Mould(text, _getter(names), bisect(names, "lead_id"))

    def _build(self, **parts) -> dict:
        return event.build(**parts, data_processing=self._data_processing)


def _getter(names: Sequence[str]) -> Callable[[Mapping], tuple]:
    if len(names) == 1:
        return lambda holder: (holder[names[0]],)
    return itemgetter(*names)


def _get_texts(lists: tuple) -> list[str] | None:
    """What stands in each list, for its gap; None where it needs a closer look."""
    if set(map(type, lists)) != _LISTS:
        return None
    if set(map(len, lists)) == _ONE_EACH:
        hashes = [value for (value,) in lists]
        return hashes if are_sound_hashes(hashes) else None
    hashes = list(chain.from_iterable(lists))
    is_usual = (
        len(hashes) <= _MOST_HASHES
        and are_sound_hashes(hashes)
        and all(values and len(set(values)) == len(values) for values in lists)
    )
    return ['","'.join(values) for values in lists] if is_usual else None
