"""Why an event is not sent by our own decision, and what a person can do about it.

The counterpart of :mod:`.answer_table` for the reasons that stand on an outbox row
without Meta having been asked. A row of the table is found by the opening words of the
reason, so that a reason may go on with details.
"""

from __future__ import annotations

from .reason import (
    ACCEPTED,
    CANCELLED,
    EXPIRED,
    NOT_SENT,
    QUEUED,
    REFUSED,
    Reason,
)
from .reasons_messaging import REASONS_OF_CHATS
from .words import _lt

_RIGHT = _lt("Nothing to do, if that is what you want.")
_LOG = _lt(
    "Give the server log of that moment to whoever runs this Odoo, or to the maker."
)
REASONS = (
    Reason(
        NOT_SENT,
        "No rule for this step",
        _lt("The funnel-stage mapping has no active line for this step and team."),
        _lt("Add a line to the dataset's mapping if Meta should hear of this step."),
    ),
    Reason(
        NOT_SENT,
        "Already reported",
        _lt("This lead was in this step before, and Meta was told then."),
        _RIGHT + " " + _lt("Otherwise have the dataset report every entry."),
    ),
    Reason(
        NOT_SENT,
        "Refused before",
        _lt(
            "This lead was in this step before, and Meta, or our own check, refused its"
            " event then. A step is not queued twice."
        ),
        _lt(
            "Open the refused event of this step, correct what it names, and press Send"
            " again there."
        ),
    ),
    Reason(
        NOT_SENT,
        "Too late before",
        _lt(
            "This lead was in this step before, and its event waited until Meta would"
            " no longer have taken it."
        ),
        _lt("Nothing to do: the lead's next step is reported as usual."),
    ),
    Reason(
        NOT_SENT,
        "Moved back",
        _lt("The lead went to an earlier stage. Meta's funnel only goes forward."),
        _RIGHT,
    ),
    Reason(
        NOT_SENT,
        "A later step was reported before",
        _lt("Meta already knows that this lead is further on."),
        _RIGHT,
    ),
    Reason(
        NOT_SENT,
        "Reopened",
        _lt("A lost lead came back. Meta has no event that takes a loss back."),
        _lt("Nothing to do: its next step is reported as usual."),
    ),
    Reason(
        NOT_SENT,
        "The lead has no stage",
        _lt("The lead's stage was removed, so there is no step to report."),
        _lt("Put the lead into a stage."),
    ),
    Reason(
        NOT_SENT,
        "Older than 7 days: Meta no longer takes it",
        _lt(
            "Meta takes no event older than 7 days, and a false time would harm the"
            " campaign."
        ),
        _lt(
            "Nothing to do for this one. Leads that arrive late are worth a look at the"
            " connection."
        ),
    ),
    Reason(
        NOT_SENT,
        "No dataset",
        _lt("Nothing says which dataset of Meta's this lead belongs to."),
        _lt("Choose the dataset on the lead's form or on its Page."),
    ),
    Reason(
        NOT_SENT,
        "The dataset was stopped",
        _lt("An administrator has switched reporting to this dataset off."),
        _lt(
            "Start the dataset again. Moves made meanwhile are not sent by"
            " themselves, but Send now is offered within 7 days of the move."
        ),
    ),
    Reason(
        NOT_SENT,
        "Test lead",
        _lt(
            "It came from Meta's testing tool: its steps would teach Meta nothing true."
        ),
        _RIGHT
        + " "
        + _lt(
            "Otherwise choose on the Page that test leads are treated like any other"
            " lead; it holds for those that come in from then on."
        ),
    ),
    Reason(
        NOT_SENT,
        "No consent: the person does not want",
        _lt("The lead or its contact says no to sharing with Meta."),
        _RIGHT
        + " "
        + _lt(
            "Where the person says yes later, note it; then Send now is offered"
            " within 7 days of the move."
        ),
    ),
    Reason(
        NOT_SENT,
        "No consent: nobody noted",
        _lt(
            "Neither lead nor contact says yes or no, and the dataset sends nothing"
            " then."
        ),
        _lt(
            "Note the person's consent on the lead or the contact, or let the dataset"
            " share where nothing is known. Then Send now is offered within 7 days of"
            " the move."
        ),
    ),
    Reason(
        NOT_SENT,
        "No Meta lead ID",
        _lt(
            "Said by a report of past steps: Meta knows its leads by their ID, and"
            " this one has none."
        ),
        _lt(
            "If it came from Meta by another tool, enter its Meta lead ID on the"
            " lead, or import it."
        ),
    ),
    Reason(
        NOT_SENT,
        "Its history in Odoo has a hole",
        _lt(
            "Said by a report of past steps: when the lead took which step is not"
            " known for certain, and times are never guessed."
        ),
        _lt("Nothing to do: its next step is reported as usual."),
    ),
    Reason(
        NOT_SENT,
        "Taken out of the queue before",
        _lt(
            "Said by a report of past steps: this step had an event, and somebody"
            " cancelled it, or Meta may have got it."
        ),
        _lt("Open the event of this step: it says why."),
    ),
    Reason(
        NOT_SENT,
        "Nothing happened to this lead",
        _lt(
            "Said by a report of past steps: Meta takes steps of the last 7 days, and"
            " the lead took none."
        ),
        _lt("Nothing to do."),
    ),
    Reason(
        NOT_SENT,
        "It belongs to another dataset",
        _lt("Said by a report of past steps that is about one dataset alone."),
        _lt("Leave the dataset empty, so that each lead goes to its own."),
    ),
    Reason(
        NOT_SENT,
        "The lead, or the mapping, was changed",
        _lt(
            "Said by a report of past steps: what was planned is not what would be"
            " reported now."
        ),
        _lt("Plan once more."),
    ),
    Reason(
        NOT_SENT,
        "Internal error while queueing",
        _lt("A fault of this addon kept the event from the queue; the lead is saved."),
        _LOG,
    ),
    Reason(
        EXPIRED,
        "Older than 7 days less an hour",
        _lt(
            "The event waited so long that Meta would refuse it, and with it every"
            " other event of the same request."
        ),
        _lt(
            "Look in the sync log for what held it up. Times are never falsified, so"
            " this event cannot be sent any more."
        ),
    ),
    Reason(
        CANCELLED,
        "Cancelled by",
        _lt("An administrator took the event out of the queue."),
        _RIGHT,
    ),
    Reason(
        CANCELLED,
        "Its step was set aside, then taken out of the mapping",
        _lt(
            "Meta refused several events of this step, and an administrator archived or"
            " deleted its line of the funnel-stage mapping."
        ),
        _RIGHT,
    ),
    Reason(
        CANCELLED,
        "The dataset was replaced: this event goes to the new one. It had been sent",
        _lt(
            "The same step was queued for the new dataset. Whether the old one has this"
            " event too is not known: Meta's answer never came."
        ),
        _lt("Nothing to do."),
    ),
    Reason(
        CANCELLED,
        "The dataset was replaced, and the new one has this event already",
        _lt(
            "The new dataset was told of this step before the old one's event came"
            " there."
        ),
        _lt("Nothing to do."),
    ),
    Reason(
        CANCELLED,
        "The dataset was replaced, and the new one did not take this event",
        _lt("The new dataset's own event of this step was refused, or was too late."),
        _lt(
            "Open that event: where it was refused, correct what it names and press"
            " Send again there."
        ),
    ),
    Reason(
        CANCELLED,
        "The dataset was replaced",
        _lt("The same step was queued for the new dataset."),
        _lt("Nothing to do."),
    ),
    Reason(
        CANCELLED,
        "The lead was deleted. The event had been sent",
        _lt(
            "The person was erased here. Whether Meta has this event is not known: its"
            " answer never came."
        ),
        _lt("If the person asked for it, ask Meta to erase as well."),
    ),
    Reason(
        CANCELLED,
        "The lead was deleted",
        _lt("The person was erased before the event was sent, so it never will be."),
        _RIGHT,
    ),
    Reason(
        REFUSED,
        "Not sent, as Meta would refuse it or not count it",
        _lt(
            "Our own check found a fault in the event. One bad event would have cost"
            " every other event of the same request."
        ),
        _lt(
            "Correct what the lines below the reason name, on the lead or in the"
            " mapping, and press Send again."
        ),
    ),
    Reason(
        REFUSED,
        "Internal error while building the event",
        _lt("A fault of this addon kept the event from being built."),
        _LOG + " " + _lt("Then press Send again."),
    ),
    Reason(
        ACCEPTED,
        "Meta says that it received",
        _lt(
            "Meta took the request and counts another number of events than were in it."
        ),
        _lt(
            "Nothing is sent twice. Compare with Events Manager; if it stays, report it"
            " with the trace ID."
        ),
    ),
)

REASONS += REASONS_OF_CHATS

#: Why an event waits that has no reason of its own yet; never found by words.
WAITS_FOR_STEP = Reason(
    QUEUED,
    _lt("Its step is set aside"),
    _lt(
        "Meta refused several events of this step for the same reason, so the others"
        " wait."
    ),
    _lt(
        "Correct the step in the dataset's funnel-stage mapping, then resume it there."
    ),
)
WAITS_FOR_PERSON = Reason(
    QUEUED,
    _lt("Its dataset is paused"),
    _lt(
        "Meta refuses the token, a permission or the dataset itself. Nothing is sent"
        " until a person has mended it."
    ),
    _lt("Open the dataset: it says what is wrong."),
)
WAITS_FOR_REST = Reason(
    QUEUED,
    _lt("Its dataset is resting"),
    _lt("Meta asked to slow down."),
    _lt("Nothing to do: it goes on by itself."),
)
WAITS_FOR_DATASET = Reason(
    QUEUED,
    _lt("Its dataset is archived"),
    _lt("An archived dataset sends nothing; after 7 days its events are too old."),
    _lt("Unarchive the dataset, and its events go out."),
)
WAITS = (WAITS_FOR_STEP, WAITS_FOR_PERSON, WAITS_FOR_REST, WAITS_FOR_DATASET)


#: Said after another reason.
REMARKS = (
    Reason(
        CANCELLED,
        "It was tried before, so Meta may have it",
        _lt(
            "The event went to Meta before it was cancelled, and no clear answer came."
        ),
        _lt("If the person objects to what Meta may have, ask Meta to erase it."),
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
