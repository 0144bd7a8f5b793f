"""What Meta really sends: the shapes that a mutator starts from.

The ids are ours; key order, types and absences are those of captures from the wire.
"""

from __future__ import annotations

import copy
from typing import Any

#: Ids begin so where the body is signed by the right secret, and so where it is not:
#: no row may ever hold one of the second kind.
SIGNED, UNSIGNED = "33", "66"


def _change(**value: Any) -> dict[str, Any]:
    return {"value": value, "field": "leadgen"}


#: A lead of an ad, an organic one, ids as numbers, several changes and entries, the
#: dashboard's Test button, an update by Meta's agent, other topics, no values.
CAPTURES: tuple[dict[str, Any], ...] = (
    {
        "object": "page",
        "entry": [
            {
                "id": "110000000000001",
                "time": 1769862897,
                "changes": [
                    _change(
                        ad_id="120200000000000001",
                        form_id="220000000000001",
                        leadgen_id="330000000000001",
                        created_time=1769862896,
                        page_id="110000000000001",
                        adgroup_id="120200000000000001",
                    )
                ],
            }
        ],
    },
    {
        "object": "page",
        "entry": [
            {
                "id": "110000000000001",
                "time": 1769862897,
                "changes": [
                    _change(
                        form_id="220000000000001",
                        leadgen_id="330000000000002",
                        created_time=1769862896,
                        page_id="110000000000001",
                    )
                ],
            }
        ],
    },
    {
        "entry": [
            {
                "changes": [
                    {
                        "field": "leadgen",
                        "value": {
                            "leadgen_id": 55459717045641545,
                            "page_id": 110000000000001,
                            "form_id": 220000000000001,
                            "ad_id": 0,
                            "adgroup_id": "",
                            "created_time": "1769862896",
                        },
                    },
                    _change(
                        leadgen_id="330000000000003",
                        page_id="110000000000001",
                        form_id="220000000000002",
                        created_time=1769862896,
                    ),
                ],
                "id": "110000000000001",
                "time": 1769862897,
            },
            {
                "id": "110000000000002",
                "time": 1769862899,
                "changes": [
                    _change(
                        leadgen_id="330000000000004",
                        page_id="110000000000002",
                        form_id="220000000000003",
                        created_time=1769862896,
                    )
                ],
            },
        ],
        "object": "page",
    },
    {
        "object": "page",
        "entry": [
            {
                "id": "0",
                "time": 1769862897,
                "changes": [
                    _change(
                        ad_id="444444444",
                        form_id="444444444444",
                        leadgen_id="444444444444",
                        created_time=1769862897,
                        page_id="444444444444",
                        adgroup_id="44444444444",
                    )
                ],
            }
        ],
    },
    {
        "object": "page",
        "entry": [
            {
                "id": 0,
                "time": 1769862897,
                "changes": [
                    {
                        "field": "leadgen_update",
                        "value": {
                            "leadgen_id": 330000000000005,
                            "page_id": 110000000000001,
                            "updated_time": "1769862896",
                            "area": "ai_agent_updates",
                            "event": "qualification_status_change",
                            "updated_fields": ["qualification_status"],
                        },
                    },
                    {"field": "feed", "value": {"item": "post", "verb": "add"}},
                ],
            }
        ],
    },
    {
        "object": "page",
        "entry": [
            {"id": "110000000000001", "time": 1, "changed_fields": ["leadgen"]},
        ],
    },
    {"object": "user", "entry": [{"id": "1", "time": 1, "changes": []}]},
)


def capture(number: int, index: int, kind: str) -> dict[str, Any]:
    """One of the captures, with lead ids that no other body of the run has.

    :param number: counts the bodies
    :param kind: :data:`SIGNED` or :data:`UNSIGNED`
    """
    made = copy.deepcopy(CAPTURES[index % len(CAPTURES)])
    place = 0
    for entry in made["entry"]:
        for change in entry.get("changes", ()):
            value = change["value"]
            ping = str(value.get("leadgen_id", "4")).strip("4") == ""
            if not ping:
                place += 1
                meta_id = f"{kind}{number:011}{place:02}"
                text = isinstance(value["leadgen_id"], str)
                value["leadgen_id"] = meta_id if text else int(meta_id)
    return made
