"""Where a forked worker dies. Everything here runs in the fork and changes it alone."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

from odoo.sql_db import Cursor

from odoo.addons.meta_crm_capi.protocol import client

from .house import House

_ADDON = "odoo.addons.meta_crm_capi."
#: What the body of a request with events begins with.
_EVENTS = b'{"data":['

#: A method around which something is done: ``(model, method, whether after it)``.
Step = tuple[str, str, bool]

#: Where a delivering worker dies.
DELIVERY_STEPS: dict[str, Step] = {
    "inside the claim": ("meta.capi.event", "_claim", True),
    "after the claim is on record": ("meta.capi.event", "_renew", False),
    "inside the last look": ("meta.capi.event", "_prepare_request", True),
    "right before the request": ("meta.capi.event", "_post", False),
    "in the middle of the request": ("connection", "send", False),
    "after Meta took it": ("client", "_read", False),
    "before the answer is stored": ("meta.capi.event", "_apply_result", False),
    "inside the result": ("meta.capi.event", "_apply_result", True),
    "after the result is on record": ("meta.capi.event", "_heed_answer", False),
    "after the health of the dataset": ("meta.capi.event", "_heed_answer", True),
}
#: The same where a claim makes several requests.
NEXT_REQUEST_STEPS: dict[str, Step] = {
    "before the last look at a waiting lease": ("meta.capi.event", "_renew", False),
    "inside the last look at a waiting lease": ("meta.capi.event", "_renew", True),
}
#: The same of a worker that reads leads.
INTAKE_STEPS: dict[str, Step] = {
    "after the claim is on record": ("meta.lead.submission", "_read_from_meta", False),
    "while Meta answers": ("client", "_read", False),
    "after the leads were read": ("meta.lead.submission", "_store_reading", False),
    "before the leads are on record": ("meta.lead.submission", "_store_reading", True),
    "after the leads are on record": ("meta.lead.submission", "_fetch", True),
}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    # The signal reaches a thread of ours any moment now.
    time.sleep(60)


def nothing(*_args: Any) -> None:
    """What is done around a method where nothing is."""


def set_constant(name: str, value: Any) -> None:
    """Give a constant of the addon another value, wherever it was imported."""
    holders = [
        module
        for key, module in list(sys.modules.items())
        if key.startswith(_ADDON) and name in vars(module)
    ]
    if not holders:
        raise LookupError(f"the addon has no constant {name}")
    for module in holders:
        setattr(module, name, value)


def wrap(
    house: House,
    model: str,
    method: str,
    *,
    before: Callable[..., None] = nothing,
    after: Callable[..., None] = nothing,
) -> None:
    """Do something around a method, in this process.

    :param model: a model of Odoo's, or ``client`` for the one of HTTP
    """
    owner: Any = client.GraphClient if model == "client" else house.registry[model]
    original = getattr(owner, method)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        before(*args)
        outcome = original(*args, **kwargs)
        after(*args)
        return outcome

    setattr(owner, method, staticmethod(wrapper) if method == "_post" else wrapper)


def around_requests(act: Callable[[bool], None]) -> None:
    """Call ``act(False)`` with the first half of a request's body sent, then True."""
    original = HTTPConnection.send

    def send(connection: HTTPConnection, data: Any) -> None:
        if not (isinstance(data, bytes) and data.startswith(_EVENTS)):
            return original(connection, data)
        half = len(data) // 2
        original(connection, data[:half])
        act(False)
        original(connection, data[half:])
        act(True)

    HTTPConnection.send = send


class Fuse:
    """Ends the process when it was reached for the so-manieth time."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._lock = threading.Lock()
        #: What was reached so far, in words.
        self.reached: list[str] = []

    def reach(self, what: str) -> None:
        with self._lock:
            self.reached.append(what)
            is_last = len(self.reached) == self._number
        if is_last:
            die()


def die_at(house: House, step: Step, number: int) -> None:
    """Die when this step is reached for the so-manieth time."""
    model, method, is_after = step
    fuse = Fuse(number)
    if model == "connection":
        around_requests(lambda whole: fuse.reach(method) if not whole else None)
        return
    reached = {"after" if is_after else "before": lambda *_args: fuse.reach(method)}
    wrap(house, model, method, **reached)


def lay_fuse(number: int) -> Fuse:
    """Die at the so-manieth point of all: before each SQL statement, on both sides
    of each commit, in the middle and at the end of each request, and on both sides of
    reading its answer.
    """
    fuse = Fuse(number)
    execute, commit = Cursor.execute, Cursor.commit
    read = client.GraphClient._read

    def counted_execute(cursor: Cursor, query: Any, *args: Any, **kwargs: Any) -> Any:
        words = " ".join(str(getattr(query, "code", query)).split())
        fuse.reach(f"before {words[:60]}")
        return execute(cursor, query, *args, **kwargs)

    def counted_commit(cursor: Cursor) -> Any:
        fuse.reach("before a commit")
        outcome = commit(cursor)
        fuse.reach("after a commit")
        return outcome

    def counted_read(graph: client.GraphClient, response: Any) -> Any:
        fuse.reach("before the answer is read")
        reply = read(graph, response)
        fuse.reach("after the answer is read")
        return reply

    Cursor.execute, Cursor.commit = counted_execute, counted_commit
    client.GraphClient._read = counted_read
    around_requests(
        lambda whole: fuse.reach(f"with {'the whole' if whole else 'half a'} request")
    )
    return fuse
