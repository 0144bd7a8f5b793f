"""What every Graph API error means for us, as one table.

A row reads: for this code (and subcode, and words in Meta's message), the verdict
is this, it means that, and a person can do the following. :mod:`.answer_lookup` finds
the row; nothing here looks at HTTP.

Sources: Graph API "Handling errors" and "Rate limits", Marketing API "Error
reference", Conversions API "Using the API" and "Troubleshooting", Lead ads
"Retrieving leads".
"""

from __future__ import annotations

from .answer_refusals import REFUSALS
from .verdict import (
    CLOCK_REST,
    PAUSE,
    POLICY_REST,
    RETRY,
    THROTTLE,
    Rule,
)
from .words import _lt

_WAIT = _lt("Nothing to do: it is sent again by itself.")
_REST = _lt("Nothing to do: calls resume by themselves when Meta's limit allows it.")
_LOOK = _lt(
    "Sent again by itself. If it stays, check proxy, firewall and the API address."
)
_RECONNECT = _lt(
    "Make a new access token in Meta and enter it in Odoo where the old one is: on the "
    "connection, Page or dataset."
)
_GRANT = _lt("Give the token's app and system user the missing permission in Meta.")
_NEWER = _lt("Choose a newer API version on the connection, under Advanced.")
_NOT_TAKEN = _lt("Meta does not take one of the settings.")
_SETTINGS = _lt(
    "Check the API version and partner agent of the connection, and the test event "
    "code of the dataset."
)
_NO_LEADS = _lt("Meta's Leads Access Manager keeps this CRM from the Page's leads.")
_NO_OBJECT = _lt("The object does not exist, or this token may not see it.")
_CHECK_ID = _lt(
    "Check the ID, and that the token's system user is assigned to it in Meta."
)
_LEADS_ACCESS = _lt(
    "In Meta Business settings, Integrations, Leads access: add this CRM (and the"
    " token's system user) for the Page."
)

THROTTLES = (
    Rule(4, None, THROTTLE, _lt("The app's request limit is reached."), _REST),
    Rule(4, 1504022, THROTTLE, _lt("The app asks for ads insights too often."), _REST),
    Rule(4, 1504039, THROTTLE, _lt("The app asks for ads insights too often."), _REST),
    Rule(17, None, THROTTLE, _lt("The user's request limit is reached."), _REST),
    Rule(
        17,
        1885172,
        THROTTLE,
        _lt("The spend limit was changed too often today."),
        _REST,
    ),
    Rule(
        17, 2446079, THROTTLE, _lt("The ad account's request limit is reached."), _REST
    ),
    Rule(32, None, THROTTLE, _lt("The Page's request limit is reached."), _REST),
    Rule(
        341, None, THROTTLE, _lt("The app's limit is reached, or Meta is down."), _REST
    ),
    Rule(613, None, THROTTLE, _lt("A limit on this kind of call is reached."), _REST),
    Rule(613, 1487742, THROTTLE, _lt("Too many calls from this ad account."), _REST),
    Rule(613, 5044001, THROTTLE, _lt("Too many calls per second."), _REST),
    Rule(613, 1996, THROTTLE, _lt("Meta sees an unusual number of calls."), _REST),
    Rule(80000, None, THROTTLE, _lt("The limit on ads insights is reached."), _REST),
    Rule(
        80001,
        None,
        THROTTLE,
        _lt("The limit on calls for this Page is reached."),
        _REST,
    ),
    Rule(80002, None, THROTTLE, _lt("The limit on Instagram calls is reached."), _REST),
    Rule(80003, None, THROTTLE, _lt("The limit on audience calls is reached."), _REST),
    Rule(
        80004, None, THROTTLE, _lt("The ad account's limit on calls is reached."), _REST
    ),
    Rule(80004, 2446079, THROTTLE, _lt("Too many calls to this ad account."), _REST),
    Rule(
        80005, None, THROTTLE, _lt("The Page's limit on lead reads is reached."), _REST
    ),
    Rule(80006, None, THROTTLE, _lt("The limit on Messenger calls is reached."), _REST),
    Rule(80008, None, THROTTLE, _lt("The limit on WhatsApp calls is reached."), _REST),
    Rule(80009, None, THROTTLE, _lt("The limit on catalog calls is reached."), _REST),
    Rule(80014, None, THROTTLE, _lt("The limit on catalog batches is reached."), _REST),
)

PAUSES = (
    Rule(3, None, PAUSE, _lt("The app has no right to make this call."), _GRANT),
    Rule(10, None, PAUSE, _lt("A permission is missing or was taken away."), _GRANT),
    Rule(12, None, PAUSE, _lt("This call has left the API version in use."), _NEWER),
    Rule(15, None, PAUSE, _lt("This call needs the app's own token."), _RECONNECT),
    Rule(
        101, None, PAUSE, _lt("Meta does not know the app of this token."), _RECONNECT
    ),
    Rule(102, None, PAUSE, _lt("The access token is not valid."), _RECONNECT),
    Rule(103, None, PAUSE, _NO_LEADS, _LEADS_ACCESS),
    Rule(
        104, None, PAUSE, _lt("Meta could not verify the call's signature."), _RECONNECT
    ),
    Rule(
        190,
        None,
        PAUSE,
        _lt("The access token is not valid or has expired."),
        _RECONNECT,
    ),
    Rule(190, 452, PAUSE, _lt("The token belongs to another session."), _RECONNECT),
    Rule(
        190,
        458,
        PAUSE,
        _lt("The app was removed by the person or business behind the token."),
        _lt("Add the app again in Meta, then make a new token."),
    ),
    Rule(
        190,
        459,
        PAUSE,
        _lt("Meta wants the token's user to log in and pass a check."),
        _lt("Log in to Facebook as that user and follow the request."),
    ),
    Rule(190, 460, PAUSE, _lt("The password of the token's user changed."), _RECONNECT),
    Rule(190, 463, PAUSE, _lt("The access token has expired."), _RECONNECT),
    Rule(
        190,
        464,
        PAUSE,
        _lt("The token's user is not confirmed."),
        _lt("Log in to Facebook as that user and confirm the account."),
    ),
    Rule(
        190,
        465,
        PAUSE,
        _lt("The token's user may not use the app; a system user may be deleted."),
        _lt("Check the system user in Meta Business settings, then make a new token."),
    ),
    Rule(190, 466, PAUSE, _lt("The access token was invalidated."), _RECONNECT),
    Rule(
        190, 467, PAUSE, _lt("The access token is invalid or logged out."), _RECONNECT
    ),
    Rule(190, 492, PAUSE, _lt("The token's user has lost the role."), _RECONNECT),
    Rule(
        190,
        2069032,
        PAUSE,
        _lt("This call needs the Page's own token; another kind was given."),
        _lt("Connect the Page again so that its Page token is read anew."),
    ),
    Rule(200, None, PAUSE, _NO_LEADS, _LEADS_ACCESS, words="access manager"),
    Rule(
        200,
        1870034,
        PAUSE,
        _lt("Meta's terms for custom audiences are not accepted."),
        _lt("Accept them in Meta's Ads Manager."),
    ),
    Rule(
        278,
        None,
        PAUSE,
        _lt("The permission to read leads (leads_retrieval) is missing."),
        _GRANT,
    ),
    Rule(
        368,
        None,
        PAUSE,
        _lt("Meta has blocked these calls for a while for policy reasons."),
        _lt(
            "Look at the account's quality page in Meta; one probe is made after a"
            " rest."
        ),
        rest=POLICY_REST,
    ),
    Rule(
        803,
        None,
        PAUSE,
        _lt("Meta knows no object with this ID."),
        _lt("Check the ID of the dataset, Page or form in Odoo."),
    ),
    # A single lead that is deleted or older than 90 days is answered the same way,
    # so whoever reads leads must not take this row for the whole connection's.
    Rule(100, 33, PAUSE, _NO_OBJECT, _CHECK_ID),
    Rule(100, None, PAUSE, _NO_OBJECT, _CHECK_ID, words="cannot be loaded due to"),
    Rule(
        100,
        None,
        PAUSE,
        _lt("The token may not make this call. A send-only token reads nothing."),
        _GRANT,
        words="missing permission",
    ),
    Rule(
        100,
        None,
        PAUSE,
        _lt("The app demands the app secret's proof with each call."),
        _lt("Enter the app secret on the connection in Odoo."),
        words="require an appsecret_proof",
    ),
    Rule(
        100,
        None,
        PAUSE,
        _lt("The app secret does not belong to the app that made the token."),
        _lt("Enter the right app secret on the connection in Odoo."),
        words="appsecret_proof",
    ),
    Rule(
        100,
        None,
        PAUSE,
        _lt("A permission is missing from the token."),
        _GRANT,
        words=" permission",
    ),
    # Parameters beside the events: no event is to blame for them.
    Rule(100, None, PAUSE, _NOT_TAKEN, _SETTINGS, words="partner_agent"),
    Rule(100, None, PAUSE, _NOT_TAKEN, _SETTINGS, words="test_event_code"),
    Rule(2500, None, PAUSE, _NOT_TAKEN, _SETTINGS, words="unknown path components"),
    Rule(
        2500,
        None,
        PAUSE,
        _lt("The call had no token."),
        _RECONNECT,
        words="access token",
    ),
    Rule(2635, None, PAUSE, _lt("The API version in use is no longer served."), _NEWER),
)

RETRIES = (
    Rule(
        1,
        None,
        RETRY,
        _lt("The answer was too large for Meta."),
        _lt("Nothing to do: smaller pages are asked for."),
        words="reduce the amount of data",
        tries=5,
    ),
    Rule(1, None, RETRY, _lt("Unknown error, mostly a short failure."), _WAIT, tries=5),
    Rule(2, None, RETRY, _lt("The service is down for a moment."), _WAIT),
    Rule(5000, None, RETRY, _lt("Unknown failure of Meta's server."), _WAIT),
    Rule(21009, None, RETRY, _lt("The dataset is not ready for a moment."), _WAIT),
    Rule(
        100,
        2804004,
        RETRY,
        _lt(
            "The event's time is in the future for Meta: this server's clock is ahead."
        ),
        _lt("Set this server's clock (NTP); the event is sent again by itself."),
        rest=CLOCK_REST,
    ),
)

RULES = THROTTLES + PAUSES + RETRIES + REFUSALS

#: For codes of a family that has no row of its own: first code, last code, row.
FAMILIES = (
    (
        200,
        299,
        Rule(200, None, PAUSE, _lt("A permission is missing or removed."), _GRANT),
    ),
    (
        80000,
        80014,
        Rule(80000, None, THROTTLE, _lt("A limit on calls is reached."), _REST),
    ),
)

#: For an error that no row knows, and for one without a readable code.
UNKNOWN = Rule(
    0, None, RETRY, _lt("Meta gave an error that is not known."), _WAIT, tries=2
)
UNREADABLE = Rule(
    0, None, RETRY, _lt("Meta's error could not be understood."), _WAIT, tries=5
)
#: For no answer at all (time-out, DNS, TLS, connection closed, empty body).
NO_ANSWER = Rule(
    0,
    None,
    RETRY,
    _lt("No answer came back, so it is not known whether Meta took the call."),
    _WAIT,
)
#: For an answer that Graph does not give (HTML, half a JSON text): words for the HTTP
#: statuses that say more. The verdict is the same for all; only a request that was too
#: large to come through must not be repeated as it is.
_ON_THE_WAY = {
    401: _lt("something on the way wants to know who we are"),
    403: _lt("something on the way forbids the call"),
    404: _lt("nothing of Meta's is at this address"),
    407: _lt("the proxy wants to know who we are"),
    413: _lt("the request is too large for something on the way"),
    429: _lt("something on the way asks to slow down"),
    502: _lt("Meta, or a proxy, is down for a moment"),
    503: _lt("Meta, or a proxy, is down for a moment"),
    504: _lt("a proxy waited too long for Meta"),
}
_SMALLER = _lt(
    "Nothing to do: it goes in smaller parts. When a single event is too large, raise"
    " the size limit of the proxy or firewall and send it again."
)
NOT_GRAPH = Rule(
    0,
    None,
    RETRY,
    _lt(
        "The answer is not one of Meta's API, so it is not known whether it took the"
        " call."
    ),
    _LOOK,
)
NOT_GRAPH_BY_STATUS = {
    status: NOT_GRAPH._replace(
        meaning=_lt(
            "The answer is not one of Meta's API (%(words)s), so it is not known"
            " whether it took the call."
        )
        % {"words": words}
    )
    for status, words in _ON_THE_WAY.items()
}
NOT_GRAPH_BY_STATUS[413] = NOT_GRAPH_BY_STATUS[413]._replace(cure=_SMALLER, tries=1)
#: Said instead of a refusal's meaning when Meta itself calls the error temporary.
TRANSIENT = _lt("Meta says this is a temporary failure.")
