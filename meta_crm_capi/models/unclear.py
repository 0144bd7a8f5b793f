"""Is an event at Meta or not? The words of those of which nobody knows."""

from ..protocol import words as english

UNCLEAR = "unclear"

NO_CLEAR_ANSWER = english._lt(
    "No clear answer came, so Meta may have this event. It counts a repeated one"
    " again: it is not sent again by itself."
)
SENDER_STOPPED = english._lt(
    "The sender stopped before Meta's answer was stored, so Meta may have this event."
    " It counts a repeated one again: it is not sent again by itself."
)
LEFT = english._lt("Left as it is by %(name)s. Meta may have this event, or not.")
LEFT_TOO_OLD = english._lt(
    "No clear answer came, and by now it is older than 7 days: it cannot be sent"
    " again. Meta may have this event, or not."
)
LEFT_ERASED = english._lt(
    "Erased without a clear answer: the lead was deleted. Meta may have this event."
)

#: What the log says of a request to a messaging dataset that went wrong.
MAY_COUNT = english._lt(
    "It is not known whether Meta has these events. It counts a repeated one again."
)
REST = english._lt("They rest until a person decides.")
GO_AGAIN = english._lt("By the policy of the dataset they are sent again all the same.")
NEVER_LEFT = english._lt(
    "The request never left this server, so Meta has none of these events. They are"
    " sent again."
)
STOPPED = english._lt(
    "A sender stopped before it stored Meta's answer to a request, or before it made"
    " it."
)
