"""Whether events can be sent: what Meta's answers tell of a dataset and its token.

The other half of :mod:`.health`, whose levels and findings it uses.

Sources: Graph API reference of the dataset; Conversions API "Using the API" (test
events, and that they are processed like real ones).
"""

from __future__ import annotations

from .health import ATTENTION, BROKEN, INCONCLUSIVE, OK, Finding
from .reply import Result
from .verdict import PAUSE, REFUSE
from .words import _lt

NEW_DATASET = _lt(
    "Events Manager > Connect data > CRM makes one. Enter its ID in Odoo."
)
SEND_TEST = _lt(
    "Compare the dataset ID with the one in Events Manager, and assign the"
    " dataset to the system user, with “Manage”. Then press “Send a test event”:"
    " Meta's answer to it is certain."
)
#: Meta's codes for a token that is dead, and for an ID that is none.
_DEAD_CODES = (102, 190, 803)


def dataset(result: Result, *, counts_chats: bool = False) -> Finding:
    """Whether a token works for a dataset, as far as reading it can tell.

    A token that may only send cannot read: every refusal but those of the token or
    the dataset itself leaves it open.

    :param result: of :meth:`.calls.GraphCalls.read_dataset`
    :param counts_chats: it is one for events of chats, which need be no CRM's
    """
    answer = result.answer
    if answer.accepted:
        if counts_chats or (result.data or {}).get("is_crm", True):
            return Finding(OK, _lt("The token works for this dataset."))
        words = _lt(
            "The token works, but this is not a CRM dataset: Meta will not count"
            " CRM events in it."
        )
        return Finding(ATTENTION, words, NEW_DATASET)
    words = answer.message or answer.meaning
    if answer.code in _DEAD_CODES:
        said = _lt("Does not work: %(words)s") % {"words": words}
        return Finding(BROKEN, said, answer.cure)
    if answer.verdict in (PAUSE, REFUSE):
        said = _lt(
            "Not certain: Meta says “%(words)s”. A token that may only send cannot read"
            " the dataset; the first event will tell."
        ) % {"words": words}
        return Finding(INCONCLUSIVE, said, SEND_TEST)
    said = _lt("Meta could not be asked: %(words)s") % {"words": words}
    return Finding(INCONCLUSIVE, said, answer.cure)


def sample(result: Result) -> Finding:
    """What Meta says of a test event.

    :param result: of :meth:`.calls.GraphCalls.send_events`
    """
    answer = result.answer
    words = " ".join(filter(None, [answer.title, answer.message])) or answer.meaning
    if answer.accepted:
        said = " ".join(answer.warnings)
        words = _lt("Meta received the test event.")
        return Finding(OK, f"{words} {said}".rstrip())
    if answer.verdict in (PAUSE, REFUSE):
        said = _lt("Meta refused the test event: %(words)s") % {"words": words}
        return Finding(BROKEN, said, answer.cure)
    said = _lt("Meta did not settle it: %(words)s") % {"words": words}
    return Finding(INCONCLUSIVE, said, answer.cure)
