"""What the stand-in has received, for a test to compare with what the sender believes.

Every accepted event is kept with its exact text. Its outcome is one of
  "counted"      Meta would count it as a Conversion Leads event;
  "not_counted"  accepted with 200, yet Meta would never count it (``why`` says why);
  "duplicate"    the same event_name and event_id arrived before in the same dataset.
A dataset of chats knows no duplicates, as Meta's does not: it counts both, and
``duplicates`` names the second one all the same.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class ReceivedEvent:
    """One accepted event. ``answer_delivered`` is about the HTTP answer to it."""

    index: int
    dataset_id: str
    event_name: str
    event_id: str | None
    event_time: int
    lead_id: str | None
    text: str
    sha256: str
    received_at: float
    outcome: str
    why: str | None
    test_event_code: str | None
    partner_agent: str | None
    answer_delivered: bool = False


@dataclass
class Duplicate:
    """A second event like an earlier one.

    ``kind``: "same_event_id" (name and id again: a resend), "shared_event_id" (the id
    again with another name: two different events, Meta may drop one) or "same_step"
    (another id for the same dataset, lead and event name: Meta counts both).
    ``first_answer_delivered`` is how it stood when the second one arrived: true means
    that the answer was written to a connection still open. A sender that was killed at
    that moment may not have read it all the same.
    """

    kind: str
    dataset_id: str
    event_name: str
    event_id: str | None
    lead_id: str | None
    first_index: int
    index: int
    identical: bool
    first_answer_delivered: bool


@dataclass
class GraphRequest:
    """One request to the Graph side, also one that was answered from a script."""

    index: int
    method: str
    path: str
    query: str
    at: float
    status: int | None = None
    event_count: int | None = None
    body_sha256: str | None = None
    token: str | None = None
    token_in: str | None = None
    proof_in: str | None = None
    user_agent: str | None = None
    scripted: bool = False
    answer_delivered: bool = False
    code: int | None = None
    subcode: int | None = None
    fbtrace_id: str | None = None


@dataclass
class Ledger:
    events: list[ReceivedEvent] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    refused: list[dict] = field(default_factory=list)
    requests: list[GraphRequest] = field(default_factory=list)
    webhooks: list[dict] = field(default_factory=list)
    _by_event_id: dict[tuple[str, str], dict[str, ReceivedEvent]] = field(
        default_factory=dict
    )
    _by_step: dict[tuple[str, str, str], ReceivedEvent] = field(default_factory=dict)

    def take(
        self,
        dataset_id: str,
        event: dict[str, Any],
        text: str,
        *,
        received_at: float,
        lead_id: str | None,
        why: str | None,
        test_event_code: str | None,
        partner_agent: str | None,
        deduplicates: bool = True,
    ) -> ReceivedEvent:
        """Add one accepted event and note what it repeats."""
        said = (event.get("user_data") or {}).get("lead_id")
        received = ReceivedEvent(
            index=len(self.events),
            dataset_id=dataset_id,
            event_name=event["event_name"],
            event_id=event.get("event_id") or None,
            event_time=event["event_time"],
            lead_id=lead_id or (str(said) if said is not None else None),
            text=text,
            sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
            received_at=received_at,
            outcome="not_counted" if why else "counted",
            why=why,
            test_event_code=test_event_code,
            partner_agent=partner_agent,
        )
        duplicate = self._duplicate(received)
        if duplicate:
            self.duplicates.append(duplicate)
            if duplicate.kind == "same_event_id" and deduplicates:
                received.outcome, received.why = "duplicate", None
        self.events.append(received)
        return received

    def _duplicate(self, new: ReceivedEvent) -> Duplicate | None:
        first, kind = None, ""
        if new.event_id:
            names = self._by_event_id.setdefault((new.dataset_id, new.event_id), {})
            if new.event_name in names:
                first, kind = names[new.event_name], "same_event_id"
            elif names:
                first, kind = next(iter(names.values())), "shared_event_id"
            names.setdefault(new.event_name, new)
        if new.lead_id:
            step = (new.dataset_id, new.lead_id, new.event_name)
            earlier = self._by_step.setdefault(step, new)
            if first is None and earlier is not new:
                first, kind = earlier, "same_step"
        if first is None:
            return None
        return Duplicate(
            kind=kind,
            dataset_id=new.dataset_id,
            event_name=new.event_name,
            event_id=new.event_id,
            lead_id=new.lead_id,
            first_index=first.index,
            index=new.index,
            identical=first.text == new.text,
            first_answer_delivered=first.answer_delivered,
        )

    def report(self) -> dict[str, Any]:
        """The whole ledger as plain JSON values."""
        outcomes = Counter(event.outcome for event in self.events)
        not_counted = [
            {
                "event_id": event.event_id,
                "event_name": event.event_name,
                "lead_id": event.lead_id,
                "why": event.why,
            }
            for event in self.events
            if event.outcome == "not_counted"
        ]
        return {
            "accepted": len(self.events),
            "counted": outcomes["counted"],
            "not_counted": not_counted,
            "duplicates": [asdict(duplicate) for duplicate in self.duplicates],
            "events": [asdict(event) for event in self.events],
            "refused": self.refused,
            "requests": [asdict(request) for request in self.requests],
            "webhooks": self.webhooks,
        }
