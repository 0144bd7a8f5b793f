"""What Meta's answers say about a connection: is all well, and if not, what?

Each function judges one thing and returns a :class:`Finding`; nothing here asks Meta.
Answers are taken as they come: a key that is missing or of another type never raises.

Sources: Graph API references "Debug token", application subscriptions; Lead ads
"Retrieving leads" (permissions), "Webhooks for leads". Of a Page: :mod:`.health_page`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from . import shapes, versions
from .calls import LEADGEN
from .reply import Result
from .verdict import PAUSE, REFUSE
from .words import _lt

OK = "ok"
#: Works, and a person should see to it before it does not.
ATTENTION = "attention"
BROKEN = "broken"
#: Cannot be told now; no fault by itself.
INCONCLUSIVE = "inconclusive"
#: From the best to the worst.
LEVELS = (OK, INCONCLUSIVE, ATTENTION, BROKEN)
NEED_PERSON = (ATTENTION, BROKEN)


class Finding(NamedTuple):
    """One thing that was looked at: how it is, in words, and where to click."""

    level: str
    words: str
    cure: str = ""

    @property
    def needs_person(self) -> bool:
        return self.level in NEED_PERSON


#: Meta's code for a token that is not valid.
TOKEN_DEAD = 190
#: So long before its end a token, or a version, is a matter for a person.
SOON = timedelta(days=14)
VERSION_SOON = timedelta(days=90)


class Scope(NamedTuple):
    """A permission, how bad it is without, and what it is for."""

    name: str
    level: str
    purpose: str


SCOPES = (
    Scope("leads_retrieval", BROKEN, _lt("reading leads")),
    Scope("pages_manage_metadata", BROKEN, _lt("subscribing Pages to new leads")),
    Scope("pages_read_engagement", BROKEN, _lt("seeing the Pages")),
    Scope("pages_manage_ads", BROKEN, _lt("reading forms and earlier leads")),
    Scope("pages_show_list", ATTENTION, _lt("listing the Pages")),
    Scope(
        "business_management", ATTENTION, _lt("listing the business portfolio's Pages")
    ),
    Scope(
        "ads_management", ATTENTION, _lt("naming campaigns and ads, and sending events")
    ),
)

NEW_TOKEN = _lt(
    "Meta Business settings > Users > System users > Generate token: choose this app,"
    " expiry “Never” and the permissions. Paste the token on the connection in Odoo."
)
DATASET_CURE = _lt(
    "Events Manager > the dataset > Settings > Conversions API > Generate access token."
    " Paste it on the dataset in Odoo."
)
SUBSCRIBE_APP = _lt(
    "Meta for Developers > your app > Webhooks > Page > Edit subscription: paste the"
    " callback URL and the verify token that the connection shows, switch “Include"
    " values” on, then subscribe to “leadgen”."
)
NO_WEBHOOK = _lt("The app has no webhook for Pages.")
_SUBSCRIBE_TO_LEADGEN = _lt(
    "Meta for Developers > your app > Webhooks > Page: subscribe to “leadgen”."
)
TEST_WEBHOOK = _lt(
    "Meta for Developers > your app > Webhooks > Page > leadgen > Test sends one to try"
    " it."
)
CHECK_APP = _lt(
    "Compare App ID and app secret on the connection with Meta for Developers > your"
    " app > App settings > Basic."
)
_ONE_CALLBACK = _lt(
    "An app has one callback URL. If another connection in Odoo uses this app, make an"
    " app of its own for this connection; else:"
)
#: Whose token it is, in words.
_KINDS = {
    "SYSTEM_USER": _lt("Valid, of a system user."),
    "USER": _lt("Valid, of a person."),
    "PAGE": _lt("Valid, of a Page."),
    "APP": _lt("Valid, of an app."),
}


class _End(NamedTuple):
    """A moment in ``debug_token``'s answer, and words for its being past or near."""

    key: str
    ended: str
    ends_soon: str


_ENDS = (
    _End(
        "expires_at",
        _lt("The token ended: %(moment)s."),
        _lt("The token ends soon: %(moment)s."),
    ),
    _End(
        "data_access_expires_at",
        _lt("The token's access to data ended: %(moment)s."),
        _lt("The token's access to data ends soon: %(moment)s."),
    ),
)
_WRONG_KINDS = {
    "USER": Finding(
        ATTENTION,
        _lt("The token dies with its person's password or role. Use a system user's."),
        NEW_TOKEN,
    ),
    "PAGE": Finding(
        BROKEN,
        _lt("This is the token of a Page: it gives no Page's token."),
        NEW_TOKEN,
    ),
    "APP": Finding(
        BROKEN,
        _lt("This is the token of an app: it gives no Page's token."),
        NEW_TOKEN,
    ),
}


def unanswered(result: Result) -> Finding:
    """For an answer that says nothing of the thing that was asked for.

    Broken where a person has to act before Meta answers at all.
    """
    answer = result.answer
    words = answer.message or answer.meaning or _lt("no answer")
    if answer.verdict in (PAUSE, REFUSE):
        said = _lt("Meta refuses to answer: %(words)s") % {"words": words}
        return Finding(BROKEN, said, answer.cure)
    said = _lt("Meta could not be asked: %(words)s") % {"words": words}
    return Finding(INCONCLUSIVE, said, answer.cure)


def worst(findings: list[Finding]) -> str:
    """The worst level among these; ``inconclusive`` where there is none."""
    levels = [finding.level for finding in findings]
    return max(levels, key=LEVELS.index, default=INCONCLUSIVE)


# -- tokens --------------------------------------------------------------------------


def token_info(result: Result) -> dict[str, Any] | None:
    """What ``debug_token`` tells; None where it tells nothing."""
    info = (result.data or {}).get("data")
    return info if isinstance(info, dict) else None


def token(
    info: Mapping[str, Any], *, now: float, app_id: str | None, reads_leads: bool
) -> Finding:
    """A connection's token, as ``debug_token`` describes it.

    :param info: see :func:`token_info`
    :param now: Unix seconds
    :param app_id: the connection's app
    :param reads_leads: whether the token is to read leads; else it is to send only
    """
    if info.get("is_valid") is not True:
        error = info.get("error")
        message = error.get("message") if isinstance(error, dict) else None
        words = _lt("Not valid.")
        if message:
            words = _lt("Not valid: %(words)s") % {"words": message}
        return Finding(BROKEN, words, NEW_TOKEN)
    kind = str(info.get("type"))
    facts = [_KINDS.get(kind, _lt("Valid.")), _expiry_words(info)]
    faults = [*_expiry_faults(info, now)]
    scopes = shapes.texts(info.get("scopes"))
    if scopes:
        facts.append(_lt("Permissions: %(list)s.") % {"list": ", ".join(scopes)})
    if reads_leads:
        faults += _kind_faults(kind)
        faults += _app_faults(info, app_id)
        faults += _scope_faults(scopes)
    facts_line = " ".join(filter(None, facts))
    if not faults:
        return Finding(OK, facts_line)
    return Finding(
        worst(faults),
        " ".join([*(fault.words for fault in faults), facts_line]),
        "\n".join(dict.fromkeys(fault.cure for fault in faults if fault.cure)),
    )


def _expiry_words(info: Mapping[str, Any]) -> str:
    expires = info.get("expires_at")
    if expires == 0 and not isinstance(expires, bool):
        return _lt("It never expires.")
    moment = shapes.moment(expires)
    return _lt("It expires on %(day)s.") % {"day": moment.date()} if moment else ""


def _expiry_faults(info: Mapping[str, Any], now: float) -> list[Finding]:
    today = datetime.fromtimestamp(now, timezone.utc)
    faults = []
    for end in _ENDS:
        moment = shapes.moment(info.get(end.key))
        if moment and moment <= today + SOON:
            level, words = (
                (BROKEN, end.ended) if moment <= today else (ATTENTION, end.ends_soon)
            )
            words %= {"moment": f"{moment:%Y-%m-%d %H:%M} UTC"}
            faults.append(Finding(level, words, NEW_TOKEN))
    return faults


def _kind_faults(kind: str) -> list[Finding]:
    return [_WRONG_KINDS[kind]] if kind in _WRONG_KINDS else []


def _app_faults(info: Mapping[str, Any], app_id: str | None) -> list[Finding]:
    own = info.get("app_id")
    if not app_id or own is None or str(own) == app_id:
        return []
    words = _lt("The token belongs to another app than the connection's.")
    return [Finding(BROKEN, words, f"{NEW_TOKEN}\n{CHECK_APP}")]


def _scope_faults(scopes: list[str]) -> list[Finding]:
    if not scopes:
        words = _lt(
            "Meta names no permission: a token made in Events Manager can send"
            " events and reads nothing."
        )
        cure = _lt("To read leads with it:") + f" {NEW_TOKEN}"
        return [Finding(INCONCLUSIVE, words, cure)]
    missing = [scope for scope in SCOPES if scope.name not in scopes]
    return [
        Finding(
            scope.level,
            _lt("Permission %(name)s is missing. What it is for: %(what)s.")
            % {"name": scope.name, "what": scope.purpose},
            NEW_TOKEN,
        )
        for scope in missing
    ]


def covers(info: Mapping[str, Any], scope: str, page_id: str) -> bool:
    """Whether a permission holds for a page: it may be given for some pages only."""
    granular = info.get("granular_scopes")
    for row in granular if isinstance(granular, list) else []:
        if isinstance(row, dict) and row.get("scope") == scope:
            targets = row.get("target_ids")
            if isinstance(targets, list) and targets:
                return page_id in [str(target) for target in targets]
    return True


# -- webhooks ------------------------------------------------------------------------


def app_subscription(result: Result, callback_url: str) -> Finding:
    """Whether the app's webhook for leads is active and comes to us.

    Neither address is quoted: both may hold a private path.

    :param result: of ``GET /{app_id}/subscriptions``
    """
    if not result.answer.accepted:
        finding = unanswered(result)
        if finding.level == BROKEN:
            return finding._replace(cure=CHECK_APP)
        return finding
    row = next((row for row in result.rows if row.get("object") == "page"), None)
    if row is None:
        return Finding(BROKEN, NO_WEBHOOK, SUBSCRIBE_APP)
    theirs = row.get("callback_url")
    if not isinstance(theirs, str) or not same_address(theirs, callback_url):
        return _elsewhere(theirs, callback_url)
    if LEADGEN not in shapes.names(row.get("fields")):
        words = _lt("The app's webhook for Pages is not subscribed to leadgen.")
        return Finding(BROKEN, words, _SUBSCRIBE_TO_LEADGEN)
    if row.get("active") is False:
        words = _lt("Meta has switched the app's webhook off, as after many failures.")
        return Finding(BROKEN, words, SUBSCRIBE_APP)
    if row.get("include_values") is False:
        words = _lt("“Include values” is off: Meta's webhooks name no lead.")
        return Finding(BROKEN, words, SUBSCRIBE_APP)
    return Finding(OK, _lt("Active, subscribed to leadgen, and comes to this Odoo."))


def same_address(one: str, other: str) -> bool:
    """Whether two callback URLs lead to the same place."""
    return one.rstrip("/") == other.rstrip("/") or _parts(one) == _parts(other)


def _parts(url: str) -> tuple[str, ...] | str:
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower()
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return url
    return parts.scheme, host, str(port), parts.path.rstrip("/")


def _elsewhere(theirs: Any, ours: str) -> Finding:
    cure = SUBSCRIBE_APP
    there, here = _parts(theirs) if isinstance(theirs, str) else "", _parts(ours)
    if not there:
        words = _lt("The app's webhook for Pages has no callback URL.")
    elif there[1:3] == here[1:3]:
        words = _lt(
            "The app's webhook has another callback URL of this same host: the"
            " webhook path was replaced since, or the app serves another"
            " connection."
        )
        cure = f"{_ONE_CALLBACK}\n{SUBSCRIBE_APP}"
    else:
        known = isinstance(there, tuple)
        host = there[1] if known else _lt("an address that cannot be read")
        words = _lt("The app's webhook goes to another host: %(what)s.") % {
            "what": host
        }
    return Finding(BROKEN, words, cure)


# -- the version ---------------------------------------------------------------------


def graph_version(name: str, today: date) -> Finding:
    """Whether Meta still serves the version that is asked for."""
    newest = versions.NEWEST
    cure = _lt(
        "Connection > Advanced > Graph API version: enter %(version)s, then press"
        " “Check now”."
    ) % {"version": newest.name}
    row = versions.find(name)
    if row is None and versions.number(name) > versions.number(newest.name):
        words = _lt("%(version)s is newer than what this addon knows of.")
        return Finding(INCONCLUSIVE, words % {"version": name})
    if row is None:
        words = _lt("Meta has ended %(version)s.") % {"version": name}
        return Finding(BROKEN, words, cure)
    values = {"version": name, "day": row.ends}
    if row.ends and row.ends <= today:
        words = _lt("Meta ended %(version)s on %(day)s.")
        return Finding(BROKEN, words % values, cure)
    if row.ends and row.ends <= today + VERSION_SOON:
        words = _lt("Meta ends %(version)s on %(day)s.")
        return Finding(ATTENTION, words % values, cure)
    ended = versions.marketing_end(name)
    if ended and ended <= today:
        words = _lt(
            "Meta ended %(version)s for lead forms on %(day)s, at the latest, and"
            " answers them as a newer version."
        ) % {"version": name, "day": ended}
        return Finding(ATTENTION, words, cure)
    if row.ends:
        return Finding(OK, _lt("Meta serves %(version)s until %(day)s.") % values)
    words = _lt("Meta serves %(version)s and has announced no end.")
    return Finding(OK, words % values)
