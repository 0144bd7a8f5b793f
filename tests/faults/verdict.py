"""What Odoo believes against what Meta got: every way in which they can differ."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]
Report = Mapping[str, Any]


@dataclass
class Verdict:
    """How a delivery went, event by event.

    ``lost``: Meta never got them. ``needless``: sent again though the answer was
    there. ``repeated``: sent again because the answer was lost, as promised.
    ``others``: every other way in which it was not what was promised, in words.
    """

    lost: list[str] = field(default_factory=list)
    needless: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """Why the delivery was not what was promised; empty when it was."""
        return [
            *(f"{event_id} is lost: Meta never got it" for event_id in self.lost),
            *(f"{event_id} was sent again without need" for event_id in self.needless),
            *self.others,
        ]


def judge(
    rows: Collection[Row],
    report: Report,
    answers_lost: Iterable[str] | Mapping[str, int] = (),
    set_aside: Mapping[str, str] | None = None,
) -> Verdict:
    """Compare the outbox with what Meta got, when nothing waits any more.

    Promised is: nothing lost; an event again only where its answer was never seen, and
    then with the same id and the same bytes.

    :param rows: of the outbox, with ``event_id``, ``state`` and ``body``
    :param report: of the fake Meta
    :param answers_lost: event ids, each as often as an answer to it was lost
    :param set_aside: states of the events that must not be accepted, by event id
    """
    found, excused, aside = Verdict(), Counter(answers_lost), set_aside or {}
    received = _texts(report)
    for row in rows:
        event_id, texts = row["event_id"], received.pop(row["event_id"], [])
        state = aside.get(event_id, "accepted")
        if row["state"] != state:
            found.others.append(f"{event_id} is {row['state']}, not {state}")
        if event_id in aside:
            if texts:
                found.others.append(f"{event_id} was sent, though it is {state}")
            continue
        if not texts:
            found.lost.append(event_id)
        if len(texts) > 1:
            due = len(texts) <= 1 + excused[event_id]
            (found.repeated if due else found.needless).append(event_id)
        if set(texts) - {row["body"]}:
            found.others.append(f"{event_id} was sent with other bytes than are kept")
    found.others += [f"{event_id} is unknown to Odoo" for event_id in received]
    found.others += [
        f"{event['event_id']} does not count: {event['why']}"
        for event in report["not_counted"]
    ]
    found.others += [
        f"{duplicate['event_id']} is a second event for the same step"
        for duplicate in report["duplicates"]
        if duplicate["kind"] != "same_event_id"
    ]
    return found


def delivery_problems(
    rows: Collection[Row],
    report: Report,
    answers_lost: Iterable[str] | Mapping[str, int] = (),
) -> list[str]:
    """Why the delivery was not what was promised, see :func:`judge`."""
    return judge(rows, report, answers_lost).problems


def unrecorded(rows: Collection[Row], report: Report) -> list[str]:
    """What Meta got before its exact bytes were on record; empty at any moment."""
    on_record = {row["event_id"]: row["body"] for row in rows}
    return [
        f"{event_id} was sent before its bytes were on record"
        for event_id, texts in _texts(report).items()
        if set(texts) != {on_record.get(event_id)}
    ]


def _texts(report: Report) -> dict[str, list[str]]:
    """The texts of each event that Meta took, by event id."""
    received = defaultdict(list)
    for event in report["events"]:
        received[event["event_id"]].append(event["text"])
    return received


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
