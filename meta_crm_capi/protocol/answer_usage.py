"""How much of Meta's rate limits is used, and when they end: the headers that say so.

Each header holds JSON: ``X-Business-Use-Case-Usage`` a list of rows for each business
object, the others one row. They are read in any depth, as far as one may be meant.

Source: Graph API "Rate limits".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from .text import amount, integer

#: A limit is used up at this percentage.
USED_UP = 100

_BUSINESS = "x-business-use-case-usage"
_AD_ACCOUNT = "x-ad-account-usage"
_HEADERS = (
    _BUSINESS,
    "x-app-usage",
    _AD_ACCOUNT,
    "x-page-usage",
    "x-fb-ads-insights-throttle",
)
_PERCENT_KEYS = (
    "call_count",
    "total_time",
    "total_cputime",
    "acc_id_util_pct",
    "app_id_util_pct",
)
#: Rows are on the third level at most: object, list, row.
_DEPTH = 3


def used(heads: Mapping[str, str]) -> float | None:
    """The highest share of any limit, in percent; None where no header tells one.

    :param heads: the answer's headers, names in lower case
    """
    shares = [
        share
        for name in _HEADERS
        for row in _rows(heads.get(name))
        for share in _shares(row)
    ]
    return max(shares, default=None)


def rests(heads: Mapping[str, str], used_up: bool = False) -> Iterator[float]:
    """Seconds until each limit that tells a time lets us call again.

    :param used_up: of those limits alone of which nothing is left
    """
    for row in _rows(heads.get(_BUSINESS)):
        # The only one of Meta's hints that counts in minutes.
        minutes = amount(row.get("estimated_time_to_regain_access"))
        if minutes and not (used_up and max(_shares(row), default=0) < USED_UP):
            yield minutes * 60
    if used_up:
        # The ad account's time is that of a window, which runs whatever is used.
        return
    for row in _rows(heads.get(_AD_ACCOUNT)):
        if seconds := amount(row.get("reset_time_duration")):
            yield seconds


def _shares(row: dict) -> Iterator[float]:
    for key in _PERCENT_KEYS:
        share = amount(row.get(key))
        if share is not None:
            yield share


def _rows(header: str | None, depth: int = _DEPTH) -> Iterator[dict]:
    try:
        data = json.loads(header or "", parse_int=integer)
    except (ValueError, RecursionError):
        return
    yield from _objects(data, depth)


def _objects(data: object, depth: int) -> Iterator[dict]:
    if isinstance(data, dict):
        yield data
        data = list(data.values())
    if isinstance(data, list) and depth:
        for item in data:
            yield from _objects(item, depth - 1)
