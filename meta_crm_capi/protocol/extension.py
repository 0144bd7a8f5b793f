"""Meta Business Extension v3: what is sent to its dialog, and its addresses.

Sources: Meta Business Extension, migration guide v2 to v3 (verticals, intents,
management view); Business login (extras); Facebook Login, "Manually build a login
flow".
"""

from __future__ import annotations

import json
from typing import NamedTuple
from urllib.parse import urlencode

from .address import checked_id, checked_url, checked_version
from .time_zones import accepted

LEAD_ADS = "lead_ads"
MEASUREMENT = "measurement"

#: Who calls Meta's dialog in a browser; Graph's host does not show it.
DIALOG_URL = "https://www.facebook.com"
MANAGEMENT_URL = (
    "https://business.facebook.com/latest/business_app_store"
    "/manage_external_business_connection"
)
#: What the app must have passed review for.
SCOPES = (
    "manage_business_extension",
    "ads_management",
    "ads_read",
    "business_management",
    "leads_retrieval",
    "pages_manage_ads",
    "pages_manage_metadata",
    "pages_read_engagement",
    "pages_show_list",
)


class Entry(NamedTuple):
    """One way into the dialog: a vertical and the intent that it begins with."""

    vertical: str
    intent: str


#: The vertical of lead ads has no Conversions API, so there are two.
ENTRIES = {
    LEAD_ADS: Entry("LEAD_ADS", "LEAD_ADS"),
    MEASUREMENT: Entry("MEASUREMENT_AND_OPTIMIZATION", "CONVERSIONS_API"),
}


def external_business_id(database_uuid: str, company_id: int) -> str:
    """Meta's name for one company of one Odoo: the same for ever."""
    return f"odoo-{database_uuid}-{company_id}"


def extras(
    entry: str,
    external_id: str,
    *,
    business_name: str,
    time_zone: object,
    currency: str,
    minimal_onboarding: bool = True,
) -> str:
    """The ``extras`` of the dialog, as JSON.

    :param entry: a key of :data:`ENTRIES`
    :param external_id: of :func:`external_business_id`
    :param time_zone: any name; Meta gets the nearest one that it takes
    :param currency: ISO 4217 code
    :param minimal_onboarding: the feature menu of v3; False shows the screens of v2
    """
    vertical, intent = ENTRIES[entry]
    return json.dumps(
        {
            "setup": {
                "external_business_id": external_id,
                "timezone": accepted(time_zone),
                "currency": currency,
                "business_vertical": vertical,
                "intent": intent,
            },
            "business_config": {"business": {"name": business_name}},
            "flow_config": {"use_minimal_onboarding": minimal_onboarding},
            "repeat": False,
        },
        separators=(",", ":"),
    )


def dialog_url(
    base: str,
    version: str,
    *,
    app_id: str,
    redirect_uri: str,
    state: str,
    extras: str,
) -> str:
    """The address of the login dialog, to be opened in a pop-up.

    :raises ValueError: when the base address, version or App ID cannot be used
    """
    query = {
        "client_id": checked_id(app_id),
        "redirect_uri": redirect_uri,
        "state": state,
        "display": "popup",
        "response_type": "code",
        "scope": ",".join(SCOPES),
        "extras": extras,
    }
    address = f"{checked_url(base)}/{checked_version(version)}/dialog/oauth"
    return f"{address}?{urlencode(query)}"


def management_url(
    app_id: str, business_id: str, external_id: str, page_id: str | None = None
) -> str:
    """Where a business sees what it has installed, and takes it away again.

    :param page_id: one of its Pages; without one Meta asks
    """
    query = {"asset_id": checked_id(page_id)} if page_id else {}
    query |= {
        "business_id": checked_id(business_id),
        "app_id": checked_id(app_id),
        "external_business_id": external_id,
    }
    return f"{MANAGEMENT_URL}?{urlencode(query)}"
