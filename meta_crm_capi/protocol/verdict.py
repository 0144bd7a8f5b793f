"""What an answer of the Graph API can mean for us, and the row that says so.

The rows themselves are :mod:`.answer_table`.
"""

from __future__ import annotations

from typing import NamedTuple

#: Meta took the call.
ACCEPTED = "accepted"
#: Nothing is wrong with the call; send the same bytes again later.
RETRY = "retry"
#: Meta asks for a rest; no further call until then.
THROTTLE = "throttle"
#: Token, permission or id is wrong; a person has to act, everything else waits.
PAUSE = "pause"
#: This call will never be taken; for a batch, at least one event is to blame.
REFUSE = "refuse"

VERDICTS = (ACCEPTED, RETRY, THROTTLE, PAUSE, REFUSE)

#: Rest before the one probe that a policy block allows (seconds).
POLICY_REST = 6 * 3600
#: Rest before an event that Meta takes for one from the future is sent again.
CLOCK_REST = 300


class Rule(NamedTuple):
    """One row: what an error is called, and what follows from it.

    ``subcode`` None is any subcode that has no row of its own. ``words`` must be
    part of Meta's untranslated message, in lower case; rows with words go before
    those without. ``rest`` is a resume time in seconds for errors that never carry
    one. ``tries`` is how often a retry is worth it before the call counts as
    refused; None is as long as the caller likes.
    """

    code: int
    subcode: int | None
    verdict: str
    meaning: str
    cure: str
    words: str = ""
    rest: int | None = None
    tries: int | None = None
