"""Which row of :mod:`.answer_table` an error of Meta's belongs to."""

from __future__ import annotations

from .answer_table import (
    FAMILIES,
    NO_ANSWER,
    NOT_GRAPH,
    NOT_GRAPH_BY_STATUS,
    RULES,
    TRANSIENT,
    UNKNOWN,
    UNREADABLE,
)
from .verdict import ACCEPTED, PAUSE, REFUSE, RETRY, Rule

#: Meta's subcodes about what is in an event: 2804000 to 2804099.
_EVENT_SUBCODES = 28040


def find(
    code: int | None, subcode: int | None, message: str, *, names_event: bool = False
) -> Rule:
    """The row for an error; there is always one.

    The row of the exact subcode goes first, then rows whose words are in Meta's
    ``message`` (the untranslated one), then the code's own row, then its family.

    :param names_event: whether Meta names an event of the batch as the culprit. Its
        message may quote that event: such words, or those of a subcode that is about
        events, say nothing of the token or the settings
    """
    if code is None:
        return UNREADABLE
    rows = [rule for rule in RULES if rule.code == code]
    said = message.lower()
    for rule in rows:
        if rule.subcode is not None and rule.subcode == subcode:
            return rule
    general = [rule for rule in rows if rule.subcode is None]
    is_of_event = names_event or (subcode or 0) // 100 == _EVENT_SUBCODES
    for rule in general:
        if is_of_event and rule.verdict == PAUSE:
            continue
        if rule.words and rule.words in said:
            return rule
    for rule in general:
        if not rule.words:
            return rule
    for first, last, rule in FAMILIES:
        if first <= code <= last:
            return rule
    return UNKNOWN


def explain(
    verdict: str, code: int | None, subcode: int | None, words: str
) -> tuple[str, str]:
    """Meaning and cure of an answer, from what a log keeps of it.

    :param verdict: what followed from the answer
    :param words: Meta's message, alone or among other text
    :return: two sentences; both empty for what was accepted
    """
    rule = find_told(verdict, code, subcode, words)
    return (rule.meaning, rule.cure) if rule else ("", "")


def find_told(
    verdict: str, code: int | None, subcode: int | None, words: str
) -> Rule | None:
    """The row of an answer, from what a log keeps of it; None for what was accepted.

    The parameters are those of :func:`explain`.
    """
    if verdict == ACCEPTED:
        return None
    if code:
        # Our own words in a log name the row; and they may hold another row's words.
        told = (
            rule
            for rule in RULES
            if rule.code == code
            and rule.subcode in (None, subcode)
            and rule.meaning in words
        )
        rule = next(told, None) or find(
            code, subcode, words, names_event=verdict == REFUSE
        )
        if verdict == RETRY and rule.verdict == REFUSE:
            return UNKNOWN._replace(meaning=TRANSIENT)
        return rule
    without_code = (UNREADABLE, NOT_GRAPH, *NOT_GRAPH_BY_STATUS.values())
    return next((rule for rule in without_code if rule.meaning in words), NO_ANSWER)
