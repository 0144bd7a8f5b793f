"""Where on the page of errors (docs/errors.md) each explanation stands.

The page is written from the same tables, so that a link on a screen always leads to the
row that the screen's words are from.
"""

from __future__ import annotations

import re

from . import answer_table
from .reasons import Reason
from .verdict import Rule

#: Rows that no code names, by their anchor.
NAMED: dict[str, Rule] = {
    **{f"other-{first}-{last}": rule for first, last, rule in answer_table.FAMILIES},
    "no-answer": answer_table.NO_ANSWER,
    "not-of-meta": answer_table.NOT_GRAPH,
    **{
        f"not-of-meta-{status}": rule
        for status, rule in answer_table.NOT_GRAPH_BY_STATUS.items()
    },
    "no-code": answer_table.UNREADABLE,
    "unknown-code": answer_table.UNKNOWN,
}


def of_rule(rule: Rule) -> str:
    """``190-463``, ``100``, ``100-missing-permission``, ``no-answer``.

    Empty for a row that is not on the page.
    """
    for anchor, named in NAMED.items():
        if named == rule:
            return anchor
    if not rule.code:
        return ""
    parts = [str(rule.code)]
    if rule.subcode is not None:
        parts.append(str(rule.subcode))
    if rule.words:
        parts.append(_slug(rule.words))
    return "-".join(parts)


def of_reason(reason: Reason) -> str:
    """``no-rule-for-this-step``: the opening words of one of our own reasons."""
    return _slug(reason.opening)


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")
