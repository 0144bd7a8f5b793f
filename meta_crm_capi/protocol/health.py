"""What Meta's answers say about a connection and a page: is all well, and if not, what?

Each function judges one thing and returns a :class:`Finding`; nothing here asks Meta.
Answers are taken as they come: a key that is missing or of another type never raises.

Sources: Graph API references "Debug token", application subscriptions, page
subscribed apps and page; Lead ads "Retrieving leads" (permissions), "Webhooks for
leads", "Testing and troubleshooting"; Business help "Leads Access Manager".
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

#: Permission, how bad it is without, and what it is for.
SCOPES = (
    ("leads_retrieval", BROKEN, "read leads"),
    ("pages_manage_metadata", BROKEN, "subscribe Pages to new leads"),
    ("pages_read_engagement", BROKEN, "see the Pages"),
    ("pages_manage_ads", BROKEN, "read forms and earlier leads"),
    ("pages_show_list", ATTENTION, "list the Pages"),
    ("business_management", ATTENTION, "list the business portfolio's Pages"),
    ("ads_management", ATTENTION, "name campaigns and ads, and send events"),
)

_SYSTEM_USERS = "Meta Business settings > Users > System users"
NEW_TOKEN = (
    f"{_SYSTEM_USERS} > Generate token: choose this app, expiry “Never” and the"
    " permissions. Paste the token on the connection in Odoo."
)
DATASET_CURE = (
    "Events Manager > the dataset > Settings > Conversions API > Generate access token."
    " Paste it on the dataset in Odoo."
)
_WEBHOOKS = "Meta for Developers > your app > Webhooks > Page"
SUBSCRIBE_APP = (
    f"{_WEBHOOKS} > Edit subscription: paste the callback URL and the verify token that"
    " the connection shows, switch “Include values” on, then subscribe to “leadgen”."
)
TEST_WEBHOOK = f"{_WEBHOOKS} > leadgen > Test sends one to try it."
SUBSCRIBE_PAGE = "Open the Page in Odoo and press “Subscribe to leads”."
ACCEPT_TERMS = (
    "As an administrator of the Page, begin a new instant form in Meta Business Suite"
    " or Ads Manager: Meta then shows the Lead Ads Terms to accept."
)
LEADS_ACCESS = (
    "Meta Business settings > Integrations > Leads access: choose the Page, then add"
    " this app under CRMs and the token's system user under People."
)
CHECK_APP = (
    "Compare App ID and app secret on the connection with Meta for Developers > your"
    " app > App settings > Basic."
)
_ONE_CALLBACK = (
    "An app has one callback URL. If another connection in Odoo uses this app, make an"
    " app of its own for this connection; else:"
)
_KINDS = {
    "SYSTEM_USER": "system user",
    "USER": "person",
    "PAGE": "Page",
    "APP": "app",
}


def unanswered(result: Result) -> Finding:
    """For an answer that says nothing of the thing that was asked for.

    Broken where a person has to act before Meta answers at all.
    """
    answer = result.answer
    words = answer.message or answer.meaning or "no answer"
    if answer.verdict in (PAUSE, REFUSE):
        return Finding(BROKEN, f"Meta refuses to answer: {words}", answer.cure)
    return Finding(INCONCLUSIVE, f"Meta could not be asked: {words}", answer.cure)


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
        words = f"Not valid: {message}" if message else "Not valid."
        return Finding(BROKEN, words, NEW_TOKEN)
    kind = _KINDS.get(str(info.get("type")), "")
    facts = [f"Valid, of a {kind}" if kind else "Valid", _expiry_words(info)]
    faults = [*_expiry_faults(info, now)]
    scopes = shapes.texts(info.get("scopes"))
    if scopes:
        facts.append(f"permissions: {', '.join(scopes)}")
    if reads_leads:
        faults += _kind_faults(kind)
        faults += _app_faults(info, app_id)
        faults += _scope_faults(scopes)
    facts_line = f"{', '.join(filter(None, facts))}."
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
        return "never expires"
    moment = shapes.moment(expires)
    return f"expires on {moment:%Y-%m-%d}" if moment else ""


def _expiry_faults(info: Mapping[str, Any], now: float) -> list[Finding]:
    today = datetime.fromtimestamp(now, timezone.utc)
    faults = []
    for key, what in (
        ("expires_at", "The token"),
        ("data_access_expires_at", "The token's access to data"),
    ):
        moment = shapes.moment(info.get(key))
        if moment and moment <= today + SOON:
            level, ends = (
                (BROKEN, "ended") if moment <= today else (ATTENTION, "ends soon")
            )
            words = f"{what} {ends}: {moment:%Y-%m-%d %H:%M} UTC."
            faults.append(Finding(level, words, NEW_TOKEN))
    return faults


def _kind_faults(kind: str) -> list[Finding]:
    if kind in ("", "system user"):
        return []
    if kind == "person":
        words = "The token dies with its person's password or role."
        return [Finding(ATTENTION, f"{words} Use a system user's.", NEW_TOKEN)]
    words = f"This is the token of a {kind}: it gives no Page's token."
    return [Finding(BROKEN, words, NEW_TOKEN)]


def _app_faults(info: Mapping[str, Any], app_id: str | None) -> list[Finding]:
    own = info.get("app_id")
    if not app_id or own is None or str(own) == app_id:
        return []
    words = "The token belongs to another app than the connection's."
    return [Finding(BROKEN, words, f"{NEW_TOKEN}\n{CHECK_APP}")]


def _scope_faults(scopes: list[str]) -> list[Finding]:
    if not scopes:
        words = (
            "Meta names no permission: a token made in Events Manager can send events"
            " and reads nothing."
        )
        cure = f"To read leads with it: {NEW_TOKEN}"
        return [Finding(INCONCLUSIVE, words, cure)]
    missing = [row for row in SCOPES if row[0] not in scopes]
    return [
        Finding(level, f"Permission {name} is missing (to {purpose}).", NEW_TOKEN)
        for name, level, purpose in missing
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
        return Finding(BROKEN, "The app has no webhook for Pages.", SUBSCRIBE_APP)
    theirs = row.get("callback_url")
    if not isinstance(theirs, str) or not _same_address(theirs, callback_url):
        return _elsewhere(theirs, callback_url)
    if LEADGEN not in shapes.names(row.get("fields")):
        words = "The app's webhook for Pages is not subscribed to leadgen."
        return Finding(BROKEN, words, f"{_WEBHOOKS}: subscribe to “leadgen”.")
    if row.get("active") is False:
        words = "Meta has switched the app's webhook off, as after many failures."
        return Finding(BROKEN, words, SUBSCRIBE_APP)
    if row.get("include_values") is False:
        words = "“Include values” is off: Meta's webhooks name no lead."
        return Finding(BROKEN, words, SUBSCRIBE_APP)
    return Finding(OK, "Active, subscribed to leadgen, and comes to this Odoo.")


def _same_address(one: str, other: str) -> bool:
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
        words = "The app's webhook for Pages has no callback URL."
    elif there[1:3] == here[1:3]:
        words = (
            "The app's webhook has another callback URL of this same host: the webhook"
            " path was replaced since, or the app serves another connection."
        )
        cure = f"{_ONE_CALLBACK}\n{SUBSCRIBE_APP}"
    else:
        known = isinstance(there, tuple)
        host = there[1] if known else "an address that cannot be read"
        words = f"The app's webhook goes to another host: {host}."
    return Finding(BROKEN, words, cure)


def page_subscription(result: Result, fields: list[str]) -> Finding:
    """Whether a page's new leads are announced to the app.

    :param result: of :meth:`.calls.GraphCalls.subscribed_fields`, as are the fields
    """
    if not result.answer.accepted:
        return unanswered(result)
    if LEADGEN in fields:
        return Finding(OK, "The Page is subscribed to leadgen.")
    if fields:
        words = "The Page is subscribed to the app, but not to leadgen."
    else:
        words = "The Page is not subscribed to the app: Meta announces no lead."
    return Finding(BROKEN, words, SUBSCRIBE_PAGE)


# -- the right to read ---------------------------------------------------------------


def page_node(result: Result) -> Finding:
    """Whether a page can be read with its token."""
    if not result.answer.accepted:
        return unanswered(result)
    return Finding(OK, "The Page's token works.")


def terms(result: Result) -> Finding:
    """Whether somebody accepted Meta's lead ads terms for a page."""
    if not result.answer.accepted:
        return unanswered(result)
    accepted = (result.data or {}).get("leadgen_tos_accepted")
    if accepted is True:
        return Finding(OK, "The Lead Ads Terms are accepted.")
    if accepted is False:
        words = "Nobody has accepted Meta's Lead Ads Terms for this Page."
        return Finding(BROKEN, words, ACCEPT_TERMS)
    return Finding(INCONCLUSIVE, "Meta does not say whether its terms are accepted.")


def lead_access(told: Result | None, tried: Result | None) -> Finding:
    """Whether Meta lets us read a page's leads.

    :param told: of ``has_lead_access``, where it could be asked for
    :param tried: of a read of a lead or of a form's leads, where there was one
    """
    node = (told.data or {}).get("has_lead_access") if told else None
    if isinstance(node, dict) and node.get("can_access_lead") is False:
        reason = node.get("failure_reason")
        words = "Meta's Leads Access Manager keeps us from the Page's leads"
        said = f"{words}: {reason}" if isinstance(reason, str) else f"{words}."
        resolution = node.get("failure_resolution")
        advice = resolution if isinstance(resolution, str) else ""
        return Finding(BROKEN, said, "\n".join(filter(None, [advice, LEADS_ACCESS])))
    if tried and tried.answer.accepted:
        return Finding(OK, "A lead could be read.")
    if tried and is_hidden(tried):
        words = "The lead or form that was tried is gone, or hidden from us."
        return Finding(INCONCLUSIVE, words, LEADS_ACCESS)
    if tried:
        return unanswered(tried)
    if isinstance(node, dict) and node.get("can_access_lead") is True:
        return Finding(OK, "Meta lets us read the Page's leads.")
    return Finding(INCONCLUSIVE, "There is no lead or form yet to try it with.")


def is_hidden(result: Result) -> bool:
    """Meta answers alike for what is gone and for what we may not see."""
    return (result.answer.code, result.answer.subcode) == (100, 33)


# -- the version ---------------------------------------------------------------------


def graph_version(name: str, today: date) -> Finding:
    """Whether Meta still serves the version that is asked for."""
    newest = versions.NEWEST
    cure = (
        f"Connection > Advanced > Graph API version: enter {newest.name}, then press"
        " “Check now”."
    )
    row = versions.find(name)
    if row is None and versions.number(name) > versions.number(newest.name):
        return Finding(INCONCLUSIVE, f"{name} is newer than what this addon knows of.")
    if row is None:
        return Finding(BROKEN, f"Meta has ended {name}.", cure)
    if row.ends and row.ends <= today:
        return Finding(BROKEN, f"Meta ended {name} on {row.ends}.", cure)
    if row.ends and row.ends <= today + VERSION_SOON:
        return Finding(ATTENTION, f"Meta ends {name} on {row.ends}.", cure)
    ended = versions.marketing_end(name)
    if ended and ended <= today:
        words = (
            f"Meta ended {name} for lead forms on {ended}, at the latest, and answers"
            " them as a newer version."
        )
        return Finding(ATTENTION, words, cure)
    end = f"until {row.ends}" if row.ends else "and has announced no end"
    return Finding(OK, f"Meta serves {name} {end}.")
