"""The calls that look whether everything is still in order at Meta.

Sources: Graph API references of the application's subscriptions, the page
(``has_lead_access``, ``leadgen_tos_accepted``) and the form's leads; Conversions API
"Dataset Quality API".
"""

from __future__ import annotations

from .address import checked_id
from .calls import GraphCalls
from .quality import DEDUPLICATION_FIELDS, WEB_FIELDS
from .reply import Result

_LEAD_ACCESS = (
    "can_access_lead,failure_reason,failure_resolution,enabled_lead_access_manager"
)


class HealthCalls(GraphCalls):
    """Reading calls only; none of them changes anything."""

    def app_subscriptions(self, app_id: str) -> Result:
        """An app's webhooks, one row for each object. Needs the app's own token."""
        return self.get(f"{checked_id(app_id)}/subscriptions")

    def page_health(self, page_id: str) -> Result:
        """A page with whether its lead ads terms are accepted. Needs its token."""
        return self.get(checked_id(page_id), {"fields": "id,name,leadgen_tos_accepted"})

    def lead_access(self, page_id: str, user_id: str, app_id: str) -> Result:
        """What the page's Leads Access Manager lets a person and an app do.

        ``data["has_lead_access"]``. For a person's token: Meta does not answer a
        system user's.
        """
        who = f".user_id({checked_id(user_id)}).app_id({checked_id(app_id)})"
        fields = f"has_lead_access{who}{{{_LEAD_ACCESS}}}"
        return self.get(checked_id(page_id), {"fields": fields})

    def try_form(self, form_id: str) -> Result:
        """Read one lead's id of a form, to see whether its leads can be read."""
        return self.get(f"{checked_id(form_id)}/leads", {"fields": "id", "limit": 1})

    def dataset_quality(self, dataset_id: str) -> Result:
        """What Meta measured of a dataset's web events: :func:`.quality.judge`.

        Without the figures of de-duplication where Meta does not know their field: its
        pages spell it in two ways.
        """
        params = {"dataset_id": checked_id(dataset_id)}
        fields = f"web{{{WEB_FIELDS},{DEDUPLICATION_FIELDS}}}"
        result = self.get("dataset_quality", {**params, "fields": fields})
        answer = result.answer
        if answer.code == 100 and "nonexisting field" in answer.message.lower():
            fields = f"web{{{WEB_FIELDS}}}"
            return self.get("dataset_quality", {**params, "fields": fields})
        return result
