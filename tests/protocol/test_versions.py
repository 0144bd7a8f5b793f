"""The table of Graph API versions, and what it says of each on a given day."""

from datetime import date

import pytest
from protocol import health, versions

TODAY = date(2026, 11, 22)


def test_the_table_goes_from_the_newest_to_the_oldest_and_ends_follow():
    released = [row.released for row in versions.VERSIONS]
    assert released == sorted(released, reverse=True)
    ends = [row.ends for row in versions.VERSIONS if row.ends]
    assert ends == sorted(ends, reverse=True)
    assert versions.NEWEST.name == "v26.0"


@pytest.mark.parametrize(
    ("name", "level", "words"),
    [
        ("v26.0", health.OK, "no end"),
        ("v25.0", health.OK, "2028-07-29"),
        ("v24.0", health.ATTENTION, "lead forms on 2026-10-06"),
        ("v22.0", health.ATTENTION, "lead forms"),
        ("v21.0", health.ATTENTION, "ends v21.0 on 2027-01-21"),
        ("v20.0", health.BROKEN, "2026-09-24"),
        ("v19.0", health.BROKEN, "ended v19.0"),
        ("v27.0", health.INCONCLUSIVE, "newer"),
    ],
)
def test_a_version_is_judged_by_its_end(name, level, words):
    finding = health.graph_version(name, TODAY)
    assert finding.level == level
    assert words in finding.words
    assert bool(finding.cure) == finding.needs_person


def test_a_version_is_over_on_the_day_of_its_end_and_near_it_ninety_days_before():
    judged = {
        day: health.graph_version("v25.0", day).level
        for day in (date(2028, 4, 29), date(2028, 4, 30), date(2028, 7, 29))
    }
    assert list(judged.values()) == [health.OK, health.ATTENTION, health.BROKEN]
