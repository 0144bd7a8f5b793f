"""Lists of leads that misbehave: a client must lose no lead, and must end."""

from __future__ import annotations

import json

from .conftest import FORM
from .test_reading import leads_between


def page(meta, **params):
    """The ids of one page, and the cursor of its ``next`` if it has one."""
    answer = meta.get(f"{FORM}/leads", fields="id", limit=2, **params)
    paging = answer.get("paging", {})
    after = paging["cursors"]["after"] if "next" in paging else None
    return [lead["id"] for lead in answer["data"]], after


def since(moment):
    item = {"field": "time_created", "operator": "GREATER_THAN", "value": moment}
    return {"filtering": json.dumps([item])}


def test_the_last_page_repeats_itself(meta):
    ids = leads_between(meta, 3)
    meta.control.set_paging_faults(["repeat_next"])
    first, after = page(meta)
    assert first == ids[:2]
    second, again = page(meta, after=after)
    assert second == ids[2:]
    assert page(meta, after=again)[1] == again


def test_the_first_page_comes_for_ever(meta):
    ids = leads_between(meta, 5)
    meta.control.set_paging_faults(["repeat_first"])
    first, after = page(meta)
    assert first == ids[:2]
    assert page(meta, after=after) == (first, after)


def test_the_filter_is_ignored(meta):
    ids = leads_between(meta, 2)
    assert page(meta, **since(1_890_000_000))[0] == []
    meta.control.set_paging_faults(["ignore_filter"])
    assert page(meta, **since(1_890_000_000))[0] == ids


def test_a_list_without_order_still_has_all(meta):
    leads = leads_between(meta, 5)
    meta.control.set_paging_faults(["unordered"])
    seen, after = page(meta)
    while after:
        more, after = page(meta, after=after)
        seen += more
    assert sorted(seen) == sorted(leads)


def test_faults_end(meta):
    leads_between(meta, 3)
    meta.control.set_paging_faults(["repeat_first", "ignore_filter"])
    meta.control.set_paging_faults([])
    assert page(meta, **since(1_890_000_000)) == ([], None)
