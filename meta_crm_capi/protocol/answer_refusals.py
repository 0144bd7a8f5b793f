"""The rows of :mod:`.answer_table` for calls and events that Meta will never take.

Rows without a published text (most subcodes of 100) follow what Meta's own sample and
client code shows; they all land on the same verdict as an unlisted subcode, so that a
wrong meaning costs nothing but a sentence.

Sources: Conversions API "Using the API" and "Troubleshooting", "Conversions API for
business messaging", Marketing API "Error reference".
"""

from __future__ import annotations

from .verdict import REFUSE, Rule
from .words import _lt

_REPORT = _lt("Report this to the maker of the addon, with the trace ID.")
_FIX_EVENT = _lt("Correct the named data; this event cannot be sent as it is.")
_VALUE = _lt(
    "Give the mapping of this step a value and a currency, or another event name."
)
_MESSAGING = _lt("Correct the messaging event's mapping.")

#: Subcodes of 100 that are known to be final, but not what they say.
_UNNAMED = (34, 38, 2804001, 2804007, 2804016, 2804017, 2804048)

REFUSALS = (
    *(
        Rule(100, sub, REFUSE, _lt("A parameter is invalid."), _FIX_EVENT)
        for sub in _UNNAMED
    ),
    Rule(
        1,
        99,
        REFUSE,
        _lt("Meta cannot serve this combination of parameters."),
        _REPORT,
    ),
    Rule(100, None, REFUSE, _lt("A parameter is invalid."), _FIX_EVENT),
    Rule(
        100,
        None,
        REFUSE,
        _lt("The request had no events: its body was malformed."),
        _REPORT,
        words="parameter data is required",
    ),
    Rule(
        100,
        None,
        REFUSE,
        _lt(
            "The object has no such field; the ID may belong to another kind of object."
        ),
        _lt("Check that the ID is of the right kind (Page, form, dataset)."),
        words="nonexisting field",
    ),
    Rule(
        100,
        None,
        REFUSE,
        _lt("The event has a field that Meta does not know."),
        _REPORT,
        words="unexpected key",
    ),
    Rule(
        100,
        2804003,
        REFUSE,
        _lt("The event is older than 7 days."),
        _lt("Nothing to do: Meta takes no event this old. Check why it waited."),
    ),
    Rule(100, 2804009, REFUSE, _lt("A Purchase event needs a value."), _VALUE),
    Rule(100, 2804010, REFUSE, _lt("A Purchase event needs a currency."), _VALUE),
    Rule(
        100,
        2804014,
        REFUSE,
        _lt("The event has no customer information."),
        _lt("Complete the lead's e-mail, phone or Meta lead ID."),
    ),
    Rule(
        100,
        2804019,
        REFUSE,
        _lt("A parameter of the event is missing or has the wrong form."),
        _FIX_EVENT,
    ),
    Rule(
        100, 2804023, REFUSE, _lt("The event has a value without a currency."), _VALUE
    ),
    Rule(
        100,
        2804030,
        REFUSE,
        _lt("The options for limited data use are not stated."),
        _FIX_EVENT,
    ),
    Rule(
        100,
        2804043,
        REFUSE,
        _lt("App data lacks the version of the system."),
        _FIX_EVENT,
    ),
    Rule(
        100,
        2804050,
        REFUSE,
        _lt("The customer information is too little or too broad to find a person."),
        _lt("Complete the lead's e-mail, phone or Meta lead ID."),
    ),
    Rule(
        100,
        2804066,
        REFUSE,
        _lt("Meta does not take this event name for business messaging."),
        _MESSAGING,
    ),
    Rule(
        100, 2804069, REFUSE, _lt("The messaging event lacks the Page ID."), _MESSAGING
    ),
    Rule(
        100, 2804072, REFUSE, _lt("The Page is not the one behind the ad."), _MESSAGING
    ),
    Rule(
        100,
        2804079,
        REFUSE,
        _lt("The messaging event lacks the Instagram account ID."),
        _MESSAGING,
    ),
    Rule(100, 2804087, REFUSE, _lt("The WhatsApp click ID is not valid."), _MESSAGING),
    Rule(
        100,
        2804116,
        REFUSE,
        _lt("The messaging event lacks the WhatsApp account ID."),
        _MESSAGING,
    ),
    Rule(
        100,
        2804117,
        REFUSE,
        _lt("The dataset is not set up for messaging events."),
        _MESSAGING,
    ),
    Rule(506, None, REFUSE, _lt("The same was posted just before."), _REPORT),
    Rule(
        2200,
        None,
        REFUSE,
        _lt("Meta called the webhook's address and did not get the right answer."),
        _lt("Check that the webhook's address is reachable from outside over https."),
    ),
    Rule(2500, None, REFUSE, _lt("Meta could not understand the request."), _REPORT),
    Rule(6200, None, REFUSE, _lt("The ad account already has a dataset."), _REPORT),
    Rule(6202, None, REFUSE, _lt("The ad account has several datasets."), _REPORT),
)
