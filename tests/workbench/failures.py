"""The one exception that a user of the workbench sees."""

from __future__ import annotations


class WorkbenchError(Exception):
    """Something outside this repository stands in the way.

    :param cause: what is wrong, one sentence without a full stop
    :param cure: what the reader can do about it, one sentence
    """

    def __init__(self, cause: str, cure: str = "") -> None:
        self.cause = " ".join(cause.split()).rstrip(".")
        self.cure = " ".join(cure.split())
        super().__init__(f"{self.cause}. {self.cure}".strip())
