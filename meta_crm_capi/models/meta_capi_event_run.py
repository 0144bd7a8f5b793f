"""What one run of the cron that delivers knows, and whom it calls next."""

import time
from collections import Counter, defaultdict, deque
from typing import Any, NamedTuple

from ..protocol.client import new_session
from .meta_capi_event_claim import Lease
from .meta_capi_event_result import Progress

#: Requests side by side, each to another dataset. Those that are slow take no place of
#: these, up to so many all together: some that hang do not keep the others waiting.
PARALLEL_DATASETS = 8
MOST_REQUESTS = 32
#: A request that takes longer than this is slow (seconds).
PATIENCE = 1
#: No further request begins so long after the run began (seconds). With the last
#: request's own time this stays below Odoo's limit for a cron of 120 s.
RUN = 60


class Call(NamedTuple):
    """A request under way."""

    lease: Lease
    #: Of the token that it was made with.
    stamp: Any
    #: Moment of its start.
    since: float
    #: Whether its events must not go out twice.
    is_once: bool


class Run:
    """What it knows of the datasets, by their ids."""

    def __init__(self):
        self.began = time.monotonic()
        #: What Odoo's scheduler leaves us (seconds).
        self.time_left = 0
        #: Leases that wait for their turn.
        self.waiting = defaultdict(deque)
        #: What is known of the batches of each.
        self.progress = defaultdict(Progress)
        #: Requests under way: ``{future: Call}``.
        self.in_flight = {}
        #: HTTP connections of each, one request after the other.
        self.sessions = defaultdict(new_session)
        #: How many requests each dataset had.
        self.requests = Counter()
        #: Not called again in this run.
        self.given_up = set()
        #: Those that a fault of ours or Meta's holds up: no run is made for them alone.
        self.stuck = set()
        #: A worker died before it stored what Meta answered these. Lest the same thing
        #: kills this one too before the answer is stored, it does nothing meanwhile.
        self.careful = set()

    def close(self):
        """Close the connections to Meta."""
        for session in self.sessions.values():
            session.close()

    @property
    def is_over(self):
        return time.monotonic() > self.began + RUN

    @property
    def slow(self):
        """Ids of the datasets whose request takes so long that none waits for it."""
        limit = time.monotonic() - PATIENCE
        calls = self.in_flight.values()
        return {call.lease.dataset_id for call in calls if call.since < limit}

    @property
    def busy(self):
        """Ids of the datasets that have a request under way."""
        return {call.lease.dataset_id for call in self.in_flight.values()}

    def choose(self, ready):
        """Which datasets to call now, those that had the fewest calls first.

        :param set ready: ids of those that may be called and are not busy
        :rtype: list[int]
        """
        busy = self.busy
        prompt = busy - self.slow
        if prompt & self.careful:
            return []
        fewest_first = sorted(ready, key=lambda key: (self.requests[key], key))
        if careful := [key for key in fewest_first if key in self.careful]:
            return [] if prompt else careful[:1]
        room = min(PARALLEL_DATASETS - len(prompt), MOST_REQUESTS - len(busy))
        return fewest_first[: max(room, 0)]
