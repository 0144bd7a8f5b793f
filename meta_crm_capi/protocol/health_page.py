"""Whether a Page's leads are announced and may be read: what Meta's answers tell.

A part of :mod:`.health`, whose levels and findings it uses.

Sources: Graph API references page and page subscribed apps; Lead ads "Retrieving
leads" (permissions), "Testing and troubleshooting"; Business help "Leads Access
Manager".
"""

from __future__ import annotations

from .calls import LEADGEN
from .health import BROKEN, INCONCLUSIVE, OK, Finding, unanswered
from .reply import Result
from .words import _lt

NO_SUBSCRIPTION = _lt("The Page is not subscribed to the app: Meta announces no lead.")
SUBSCRIBE_PAGE = _lt("Open the Page in Odoo and press “Subscribe to leads”.")
ACCEPT_TERMS = _lt(
    "As an administrator of the Page, begin a new instant form in Meta Business Suite"
    " or Ads Manager: Meta then shows the Lead Ads Terms to accept."
)
LEADS_ACCESS = _lt(
    "Meta Business settings > Integrations > Leads access: choose the Page, then add"
    " this app under CRMs and the token's system user under People."
)


def page_subscription(result: Result, fields: list[str]) -> Finding:
    """Whether a page's new leads are announced to the app.

    :param result: of :meth:`.calls.GraphCalls.subscribed_fields`, as are the fields
    """
    if not result.answer.accepted:
        return unanswered(result)
    if LEADGEN in fields:
        return Finding(OK, _lt("The Page is subscribed to leadgen."))
    if fields:
        words = _lt("The Page is subscribed to the app, but not to leadgen.")
    else:
        words = NO_SUBSCRIPTION
    return Finding(BROKEN, words, SUBSCRIBE_PAGE)


def page_node(result: Result) -> Finding:
    """Whether a page can be read with its token."""
    if not result.answer.accepted:
        return unanswered(result)
    return Finding(OK, _lt("The Page's token works."))


def terms(result: Result) -> Finding:
    """Whether somebody accepted Meta's lead ads terms for a page."""
    if not result.answer.accepted:
        return unanswered(result)
    accepted = (result.data or {}).get("leadgen_tos_accepted")
    if accepted is True:
        return Finding(OK, _lt("The Lead Ads Terms are accepted."))
    if accepted is False:
        words = _lt("Nobody has accepted Meta's Lead Ads Terms for this Page.")
        return Finding(BROKEN, words, ACCEPT_TERMS)
    return Finding(
        INCONCLUSIVE, _lt("Meta does not say whether its terms are accepted.")
    )


def lead_access(told: Result | None, tried: Result | None) -> Finding:
    """Whether Meta lets us read a page's leads.

    :param told: of ``has_lead_access``, where it could be asked for
    :param tried: of a read of a lead or of a form's leads, where there was one
    """
    node = (told.data or {}).get("has_lead_access") if told else None
    if isinstance(node, dict) and node.get("can_access_lead") is False:
        reason = node.get("failure_reason")
        said = _lt("Meta's Leads Access Manager keeps us from the Page's leads.")
        if isinstance(reason, str):
            said = _lt(
                "Meta's Leads Access Manager keeps us from the Page's leads: %(words)s"
            ) % {"words": reason}
        resolution = node.get("failure_resolution")
        advice = resolution if isinstance(resolution, str) else ""
        return Finding(BROKEN, said, "\n".join(filter(None, [advice, LEADS_ACCESS])))
    if tried and tried.answer.accepted:
        return Finding(OK, _lt("A lead could be read."))
    if tried and is_hidden(tried):
        words = _lt("The lead or form that was tried is gone, or hidden from us.")
        return Finding(INCONCLUSIVE, words, LEADS_ACCESS)
    if tried:
        return unanswered(tried)
    if isinstance(node, dict) and node.get("can_access_lead") is True:
        return Finding(OK, _lt("Meta lets us read the Page's leads."))
    return Finding(INCONCLUSIVE, _lt("There is no lead or form yet to try it with."))


def is_hidden(result: Result) -> bool:
    """Meta answers alike for what is gone and for what we may not see."""
    return (result.answer.code, result.answer.subcode) == (100, 33)
