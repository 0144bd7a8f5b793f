"""What Odoo believes against what Meta got: every way in which they can differ."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Any


def delivery_problems(
    rows: Collection[Mapping[str, Any]],
    report: Mapping[str, Any],
    excusable: Collection[str] = (),
) -> list[str]:
    """Why the delivery of these rows was not what was promised; empty when it was.

    Promised is: nothing lost; an event twice only where its answer was never seen, and
    then with the same bytes.

    :param rows: of the outbox, with ``event_id``, ``state`` and ``body``
    :param report: of the fake Meta
    :param excusable: ids of the events whose answer was lost with its worker
    """
    received: dict[str, list[str]] = defaultdict(list)
    for event in report["events"]:
        received[event["event_id"]].append(event["text"])
    found = []
    for row in rows:
        event_id, texts = row["event_id"], received.pop(row["event_id"], [])
        if row["state"] != "accepted":
            found.append(f"{event_id} is {row['state']}, not accepted")
        if not texts:
            found.append(f"{event_id} is lost: Meta never got it")
        if len(texts) > 1 and event_id not in excusable:
            found.append(f"{event_id} was sent {len(texts)} times without need")
        if set(texts) - {row["body"]}:
            found.append(f"{event_id} was sent with other bytes than are kept")
    found += [f"{event_id} is unknown to Odoo" for event_id in received]
    found += [
        f"{event['event_id']} does not count: {event['why']}"
        for event in report["not_counted"]
    ]
    found += [
        f"{duplicate['event_id']} is a second event for the same step"
        for duplicate in report["duplicates"]
        if duplicate["kind"] != "same_event_id"
    ]
    return found


def intake_problems(
    submissions: Collection[Mapping[str, Any]],
    announced: Collection[str],
    leads: int,
    raw_leads: Collection[str],
) -> list[str]:
    """Why the intake of these leads was not what was promised; empty when it was.

    Promised is: each lead that Meta announced is one lead in Odoo, with one raw lead
    event.

    :param announced: Meta's ids of the leads
    :param leads: how many ``crm.lead`` there are
    :param raw_leads: Meta's lead id of each raw lead event
    """
    known = Counter(row["meta_id"] for row in submissions)
    found = [f"lead {meta_id} is lost" for meta_id in set(announced) - set(known)]
    found += [f"lead {key} is here {n} times" for key, n in known.items() if n > 1]
    found += [
        f"lead {row['meta_id']} is {row['state']}: {row['reason']}"
        for row in submissions
        if row["state"] != "done" or not row["lead_id"]
    ]
    if leads != len(announced):
        found.append(f"{leads} leads in Odoo of {len(announced)} at Meta")
    events = Counter(raw_leads)
    found += [
        f"lead {meta_id} has {events[meta_id]} raw lead events"
        for meta_id in announced
        if events[meta_id] != 1
    ]
    return found
