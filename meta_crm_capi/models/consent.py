"""May a person be shared with Meta? One rule, for the move, the sender and the screen.

The lead and its contact each hold what the person said. A "no" wins wherever it stands,
the "no" of the contact's company too; a "yes" counts where the person said it, on the
lead or on the contact: nobody says yes for somebody else. Otherwise it is unknown.
"""

from collections.abc import Iterable

from odoo.tools import SQL

from ..protocol import words as english

YES = "yes"
NO = "no"
UNKNOWN = "unknown"

SAID_NO = english._lt("No consent: the person does not want to be shared with Meta.")
NOT_ASKED = english._lt(
    "No consent: nobody noted whether the person may be shared with Meta, and this "
    "dataset sends only who said yes."
)
TRIED_BEFORE = english._lt("It was tried before, so Meta may have it.")

#: The effective consent, where the query knows ``lead``, ``contact`` and
#: ``contact_company``.
EFFECTIVE = SQL(
    """
    CASE WHEN 'no' IN (lead.meta_consent, contact.meta_consent,
                       contact_company.meta_consent) THEN 'no'
         WHEN 'yes' IN (lead.meta_consent, contact.meta_consent) THEN 'yes'
         ELSE 'unknown' END
    """
)
#: Gives a query that knows ``lead`` the two others.
JOIN_CONTACT = SQL(
    """
    LEFT JOIN res_partner contact ON contact.id = lead.partner_id
    LEFT JOIN res_partner contact_company
           ON contact_company.id = contact.commercial_partner_id
    """
)


def effective(lead, contact, contact_company):
    """The effective consent by what the three of them hold; empty is unknown."""
    if NO in (lead, contact, contact_company):
        return NO
    return YES if YES in (lead, contact) else UNKNOWN


def strictest(consents: Iterable[str]) -> str:
    """What a record holds that is merged from others: a "no" survives, then a "yes"."""
    given = set(consents)
    return next((consent for consent in (NO, YES) if consent in given), UNKNOWN)


def reason_against(consent: str, unknown_consent: str | None) -> str | None:
    """Why a person is not shared, or None.

    :param unknown_consent: the policy of the dataset, "send" or "withhold"
    """
    if consent == NO:
        return SAID_NO
    if consent == UNKNOWN and unknown_consent == "withhold":
        return NOT_ASKED
    return None


def flush(env) -> None:
    """Let queries see what this transaction wrote of consent."""
    env["crm.lead"].flush_model(["meta_consent", "partner_id"])
    env["res.partner"].flush_model(["meta_consent", "commercial_partner_id"])
