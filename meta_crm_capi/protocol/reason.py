"""What a row of the reasons table has: see :mod:`.reasons`."""

from __future__ import annotations

from typing import NamedTuple

#: States of an event in which no error of Meta's is the reason.
NOT_SENT = "not_sent"
QUEUED = "queued"
EXPIRED = "expired"
CANCELLED = "cancelled"
REFUSED = "refused"
ACCEPTED = "accepted"
UNCLEAR = "unclear"


class Reason(NamedTuple):
    """One reason: the state it leads to, its opening words, meaning and cure."""

    state: str
    opening: str
    meaning: str
    cure: str
