"""Why an event is not sent by our own decision, and what a person can do about it.

The counterpart of :mod:`.answer_table` for the reasons that stand on an outbox row
without Meta having been asked. A row of the table is found by the opening words of the
reason, so that a reason may go on with details.
"""

from __future__ import annotations

from typing import NamedTuple

#: States of an event in which no error of Meta's is the reason.
NOT_SENT = "not_sent"
QUEUED = "queued"
EXPIRED = "expired"
CANCELLED = "cancelled"
REFUSED = "refused"
ACCEPTED = "accepted"


class Reason(NamedTuple):
    """One reason: the state it leads to, its opening words, meaning and cure."""

    state: str
    opening: str
    meaning: str
    cure: str


_RIGHT = "Nothing to do, if that is what you want."
_LOG = "Give the server log of that moment to whoever runs this Odoo, or to the maker."

REASONS = (
    Reason(
        NOT_SENT,
        "No rule for this step",
        "The funnel-stage mapping has no active line for this step and team.",
        "Add a line to the dataset's mapping if Meta should hear of this step.",
    ),
    Reason(
        NOT_SENT,
        "Already reported",
        "This lead was in this step before, and Meta was told then.",
        f"{_RIGHT} Otherwise have the dataset report every entry.",
    ),
    Reason(
        NOT_SENT,
        "Refused before",
        "This lead was in this step before, and Meta, or our own check, refused its"
        " event then. A step is not queued twice.",
        "Open the refused event of this step, correct what it names, and press Send"
        " again there.",
    ),
    Reason(
        NOT_SENT,
        "Too late before",
        "This lead was in this step before, and its event waited until Meta would no"
        " longer have taken it.",
        "Nothing to do: the lead's next step is reported as usual.",
    ),
    Reason(
        NOT_SENT,
        "Moved back",
        "The lead went to an earlier stage. Meta's funnel only goes forward.",
        _RIGHT,
    ),
    Reason(
        NOT_SENT,
        "A later step was reported before",
        "Meta already knows that this lead is further on.",
        _RIGHT,
    ),
    Reason(
        NOT_SENT,
        "Reopened",
        "A lost lead came back. Meta has no event that takes a loss back.",
        "Nothing to do: its next step is reported as usual.",
    ),
    Reason(
        NOT_SENT,
        "The lead has no stage",
        "The lead's stage was removed, so there is no step to report.",
        "Put the lead into a stage.",
    ),
    Reason(
        NOT_SENT,
        "Older than 7 days: Meta no longer takes it",
        "Meta takes no event older than 7 days, and a false time would harm the"
        " campaign.",
        "Nothing to do for this one. Leads that arrive late are worth a look at the"
        " connection.",
    ),
    Reason(
        NOT_SENT,
        "No dataset",
        "Nothing says which dataset of Meta's this lead belongs to.",
        "Choose the dataset on the lead's form or on its Page.",
    ),
    Reason(
        NOT_SENT,
        "The dataset was stopped",
        "An administrator has switched reporting to this dataset off.",
        "Start the dataset again. Moves made meanwhile are not sent by themselves, but"
        " Send now is offered within 7 days of the move.",
    ),
    Reason(
        NOT_SENT,
        "Test lead",
        "It came from Meta's testing tool: its steps would teach Meta nothing true.",
        f"{_RIGHT} Otherwise choose on the Page that test leads are treated like any"
        " other lead; it holds for those that come in from then on.",
    ),
    Reason(
        NOT_SENT,
        "No consent: the person does not want",
        "The lead or its contact says no to sharing with Meta.",
        f"{_RIGHT} Where the person says yes later, note it; then Send now is offered"
        " within 7 days of the move.",
    ),
    Reason(
        NOT_SENT,
        "No consent: nobody noted",
        "Neither lead nor contact says yes or no, and the dataset sends nothing then.",
        "Note the person's consent on the lead or the contact, or let the dataset share"
        " where nothing is known. Then Send now is offered within 7 days of the move.",
    ),
    Reason(
        NOT_SENT,
        "Internal error while queueing",
        "A fault of this addon kept the event from the queue; the lead is saved.",
        _LOG,
    ),
    Reason(
        EXPIRED,
        "Older than 7 days less an hour",
        "The event waited so long that Meta would refuse it, and with it every other"
        " event of the same request.",
        "Look in the sync log for what held it up. Times are never falsified, so this"
        " event cannot be sent any more.",
    ),
    Reason(
        CANCELLED,
        "Cancelled by",
        "An administrator took the event out of the queue.",
        _RIGHT,
    ),
    Reason(
        CANCELLED,
        "Its step was set aside, then taken out of the mapping",
        "Meta refused several events of this step, and an administrator archived or"
        " deleted its line of the funnel-stage mapping.",
        _RIGHT,
    ),
    Reason(
        CANCELLED,
        "The dataset was replaced: this event goes to the new one. It had been sent",
        "The same step was queued for the new dataset. Whether the old one has this"
        " event too is not known: Meta's answer never came.",
        "Nothing to do.",
    ),
    Reason(
        CANCELLED,
        "The dataset was replaced, and the new one has this event already",
        "The new dataset was told of this step before the old one's event came there.",
        "Nothing to do.",
    ),
    Reason(
        CANCELLED,
        "The dataset was replaced, and the new one did not take this event",
        "The new dataset's own event of this step was refused, or was too late.",
        "Open that event: where it was refused, correct what it names and press Send"
        " again there.",
    ),
    Reason(
        CANCELLED,
        "The dataset was replaced",
        "The same step was queued for the new dataset.",
        "Nothing to do.",
    ),
    Reason(
        CANCELLED,
        "The lead was deleted. The event had been sent",
        "The person was erased here. Whether Meta has this event is not known: its"
        " answer never came.",
        "If the person asked for it, ask Meta to erase as well.",
    ),
    Reason(
        CANCELLED,
        "The lead was deleted",
        "The person was erased before the event was sent, so it never will be.",
        _RIGHT,
    ),
    Reason(
        REFUSED,
        "Not sent, as Meta would refuse it or not count it",
        "Our own check found a fault in the event. One bad event would have cost every"
        " other event of the same request.",
        "Correct what the lines below the reason name, on the lead or in the mapping,"
        " and press Send again.",
    ),
    Reason(
        REFUSED,
        "Internal error while building the event",
        "A fault of this addon kept the event from being built.",
        f"{_LOG} Then press Send again.",
    ),
    Reason(
        ACCEPTED,
        "Meta says that it received",
        "Meta took the request and counts another number of events than were in it.",
        "Nothing is sent twice. Compare with Events Manager; if it stays, report it"
        " with the trace id.",
    ),
)


#: Why an event waits that has no reason of its own yet; never found by words.
WAITS_FOR_STEP = Reason(
    QUEUED,
    "Its step is set aside",
    "Meta refused several events of this step for the same reason, so the others wait.",
    "Correct the step in the dataset's funnel-stage mapping, then resume it there.",
)
WAITS_FOR_PERSON = Reason(
    QUEUED,
    "Its dataset is paused",
    "Meta refuses the token, a permission or the dataset itself. Nothing is sent until"
    " a person has mended it.",
    "Open the dataset: it says what is wrong.",
)
WAITS_FOR_REST = Reason(
    QUEUED,
    "Its dataset is resting",
    "Meta asked to slow down.",
    "Nothing to do: it goes on by itself.",
)
WAITS = (WAITS_FOR_STEP, WAITS_FOR_PERSON, WAITS_FOR_REST)


#: Said after another reason.
REMARKS = (
    Reason(
        CANCELLED,
        "It was tried before, so Meta may have it",
        "The event went to Meta before it was cancelled, and no clear answer came.",
        "If the person objects to what Meta may have, ask Meta to erase it.",
    ),
)


def find(reason: str) -> Reason | None:
    """The row of a reason on an event; None for one not known here."""
    return next((row for row in REASONS if reason.startswith(row.opening)), None)


def explain(reason: str) -> tuple[str, str]:
    """Meaning and cure of a reason on an event; both empty for one not known here."""
    rows = [row for row in (find(reason),) if row]
    rows += [row for row in REMARKS if row.opening in reason]
    return (
        " ".join(row.meaning for row in rows),
        " ".join(row.cure for row in rows),
    )
