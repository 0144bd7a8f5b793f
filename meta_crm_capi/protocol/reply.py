"""What one call gives back: the wire, its meaning, and the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from .answer import Answer
from .text import scalar_text


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
    #: False where it is certain that not a byte of the request left.
    was_sent: bool = True


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

        Meta's address of the next page holds the token: only the cursor is taken,
        from that address where it stands nowhere else.
        """
        if not self.has_next:
            return None
        cursors = self._paging.get("cursors")
        after = cursors.get("after") if isinstance(cursors, dict) else None
        return scalar_text(after) or _cursor_of(self._paging["next"])

    @property
    def _paging(self) -> dict:
        paging = (self.data or {}).get("paging")
        return paging if isinstance(paging, dict) else {}


def _cursor_of(address: object) -> str | None:
    try:
        query = urlsplit(address).query if isinstance(address, str) else ""
        return parse_qs(query).get("after", [None])[0]
    except ValueError:
        return None
