"""Graph API versions and how long Meta serves them.

Source: Meta's Graph API changelog and "Marketing API versioning", as read on
2026-11-22. The Conversions API follows the Graph schedule; lead forms belong to the
Marketing API, whose versions end sooner. Meta announces an end months ahead and serves
a version that is over as the next one.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple


class Version(NamedTuple):
    """One version; an end is None where Meta has announced none, or we know none."""

    name: str
    released: date
    ends: date | None
    marketing_ends: date | None


VERSIONS = (
    Version("v26.0", date(2026, 7, 29), None, None),
    Version("v25.0", date(2026, 2, 18), date(2028, 7, 29), None),
    Version("v24.0", date(2025, 10, 8), date(2028, 2, 18), date(2026, 10, 6)),
    Version("v23.0", date(2025, 5, 29), date(2027, 10, 8), date(2026, 6, 9)),
    Version("v22.0", date(2025, 1, 21), date(2027, 5, 20), None),
    Version("v21.0", date(2024, 10, 2), date(2027, 1, 21), None),
    Version("v20.0", date(2024, 5, 21), date(2026, 9, 24), None),
)
NEWEST = VERSIONS[0]


def number(name: str) -> int:
    """26 for ``v26.0``, which :func:`.address.checked_version` has let through."""
    return int(name[1:].partition(".")[0])


def find(name: str) -> Version | None:
    """The row of a version; None for one that is older or newer than the table."""
    return next((row for row in VERSIONS if row.name == name), None)


def marketing_end(name: str) -> date | None:
    """When the Marketing API leaves a version, at the latest; None while unknown."""
    ends = [
        row.marketing_ends
        for row in VERSIONS
        if row.marketing_ends and number(row.name) >= number(name)
    ]
    return min(ends, default=None)
