"""What one call gives back: the wire, its meaning, and the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .answer import Answer


@dataclass(frozen=True, slots=True)
class Reply:
    """What came over the wire.

    ``status`` is None when no whole answer came; ``failure`` then says why, in words
    without any secret. A redirect keeps its status and has a failure too. Header
    names are in lower case.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    duration_ms: int = 0
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One call: the reply, what it means, and its JSON object when Meta took it."""

    reply: Reply
    answer: Answer
    data: dict | None = field(default=None, repr=False)

    @property
    def rows(self) -> list[dict]:
        """The objects of a list answer (``{"data": [...]}``); empty for all else."""
        rows = (self.data or {}).get("data")
        if not isinstance(rows, list):
            return []
        return [row for row in rows if isinstance(row, dict)]

    @property
    def has_next(self) -> bool:
        """Whether Meta says that the list goes on."""
        return bool(self._paging.get("next"))

    @property
    def after(self) -> str | None:
        """The cursor behind which the list goes on; None where it does not.

        Meta's address of the next page holds the token: only the cursor is taken.
        """
        cursors = self._paging.get("cursors")
        after = cursors.get("after") if isinstance(cursors, dict) else None
        return after if self.has_next and isinstance(after, str) and after else None

    @property
    def _paging(self) -> dict:
        paging = (self.data or {}).get("paging")
        return paging if isinstance(paging, dict) else {}
