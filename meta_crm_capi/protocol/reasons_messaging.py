"""Reasons that events of chats alone can have: a part of :mod:`.reasons`."""

from __future__ import annotations

from .reason import NOT_SENT, UNCLEAR, Reason
from .words import _lt

_DECIDE = _lt(
    "Look into Events Manager: if the event is there, press Leave it, else Send again."
    " The dataset's policy can also have such events sent again by themselves."
)

REASONS_OF_CHATS = (
    Reason(
        NOT_SENT,
        "No messaging dataset",
        _lt("Nothing says which dataset of Meta's this chat belongs to."),
        _lt(
            "Add a dataset of the kind Messaging, or choose one on the chat account"
            " that was written to."
        ),
    ),
    Reason(
        NOT_SENT,
        "Meta cannot recognise this chat",
        _lt(
            "Meta finds the ad of a WhatsApp chat by the click ID (ctwa_clid) in its"
            " first message, that of another chat by the ID of who wrote. Meta sent"
            " none."
        ),
        _lt(
            "Nothing to do, as Meta does not send it later. A chat tool that knows it"
            " may add it to the lead by add_meta_chat."
        ),
    ),
    Reason(
        UNCLEAR,
        "No clear answer came, so Meta",
        _lt(
            "The request may have reached Meta, but its answer did not come back whole."
            " Meta does not recognise a repeated event of a chat: it would count twice."
        ),
        _DECIDE,
    ),
    Reason(
        UNCLEAR,
        "The sender stopped before",
        _lt(
            "Odoo, or the machine, was stopped while a request was under way. Meta does"
            " not recognise a repeated event of a chat: it would count twice."
        ),
        _DECIDE,
    ),
    Reason(
        UNCLEAR,
        "Left as it is by",
        _lt("Somebody decided not to send it again. Whether Meta has it is not known."),
        _lt("Nothing to do. Within 7 days of the move it can still be sent again."),
    ),
    Reason(
        UNCLEAR,
        "No clear answer came, and by now",
        _lt("Nobody decided about it within the 7 days in which Meta takes an event."),
        _lt("Nothing to do for this one any more."),
    ),
    Reason(
        UNCLEAR,
        "Erased without a clear answer",
        _lt("The person was erased here. Whether Meta has this event is not known."),
        _lt("If the person asked for it, ask Meta to erase as well."),
    ),
)
