"""What is done to the database right before Meta is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import Any
from unittest.mock import patch

from odoo.tests.test_cursor import TestCursor

from odoo.addons.meta_crm_capi.protocol.client import GraphClient


@contextmanager
def noting_steps() -> Iterator[list[str]]:
    """Gives ``sql``, ``commit`` and ``http``, in the order in which they happen."""
    steps: list[str] = []

    def noting(kind: str, function: Callable) -> Callable:
        def noted(*args: Any, **kwargs: Any) -> Any:
            steps.append(kind)
            return function(*args, **kwargs)

        return noted

    with ExitStack() as stack:
        for owner, name, kind in (
            (TestCursor, "execute", "sql"),
            (TestCursor, "commit", "commit"),
            (GraphClient, "_call", "http"),
        ):
            function = noting(kind, getattr(owner, name))
            stack.enter_context(patch.object(owner, name, function))
        yield steps


def before_requests(steps: list[str]) -> list[str]:
    """What came right before each request: ``sql`` where a transaction was open."""
    return [before for before, step in pairwise(steps) if step == "http"]
