"""Reading leads: the node, the lists of a form, test leads, deleting.

Meta: lead ads, retrieving leads; reference of Lead and LeadGenForm; testing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from . import access, paging
from . import vocabulary as words
from .call import GraphCall
from .fields import Field, select
from .rules import Refusal
from .state import Form, Lead, MetaState, Token

# (form, field_data or None, custom_disclaimer_responses or None) -> the new lead.
NewTestLead = Callable[[Form, Any, Any], Lead]


def iso_time(moment: float) -> str:
    """Meta's datetime: ``2026-01-31T12:34:56+0000``."""
    utc = datetime.fromtimestamp(int(moment), timezone.utc)
    return utc.strftime("%Y-%m-%dT%H:%M:%S+0000")


def _node(call: GraphCall, token: Token, lead: Lead) -> dict[str, Any]:
    def read(field: Field) -> Any:
        if field.name in words.LEAD_AD_FIELDS:
            # Without the permission they are silently absent, as for an organic lead.
            return lead.ad.get(field.name) if "ads_management" in token.scopes else None
        return {
            "id": lead.id,
            "created_time": iso_time(lead.created_time),
            "form_id": lead.form_id,
            "field_data": lead.field_data,
            "custom_disclaimer_responses": lead.consents or None,
            "is_organic": lead.is_organic,
            "platform": lead.platform,
        }.get(field.name)

    return select(
        "UserLeadGenInfo",
        call.param("fields"),
        words.LEAD_DEFAULT_FIELDS,
        words.LEAD_FIELDS,
        read,
    )


def lead(state: MetaState, call: GraphCall, token: Token, found: Lead) -> Any:
    """GET and DELETE /{leadgen_id}."""
    page = state.pages[found.page_id]
    if call.method == "DELETE":
        access.require_page(token, page, call)
    else:
        access.require_lead_access(token, page, call)
    if not state.readable(found):
        raise access.no_access(call)
    if call.method == "DELETE":
        found.deleted = True
        return {"success": True}
    return _node(call, token, found)


def all_leads(lead: Lead) -> bool:
    """The filter of a server that ignores it."""
    return True


def form_leads(
    state: MetaState,
    call: GraphCall,
    token: Token,
    form: Form,
    base_url: str,
    only_test: bool,
) -> Any:
    """GET /{form_id}/leads and /{form_id}/test_leads, newest first."""
    access.require_lead_access(token, state.pages[form.page_id], call)
    access.require_scope(token, "pages_manage_ads")
    faults = state.settings.paging_faults
    wanted = paging.lead_filter(call)
    if "ignore_filter" in faults:
        wanted = all_leads
    found = [
        lead
        for lead in state.leads_of(form.id)
        if state.readable(lead) and wanted(lead) and (lead.is_test or not only_test)
    ]
    if "unordered" in faults:
        found.sort(key=lambda lead: lead.id[::-1])
    else:
        found.sort(key=lambda lead: (lead.created_time, lead.id), reverse=True)
    return paging.page_of(
        call,
        base_url,
        found,
        lambda lead: f"{lead.created_time:012}:{lead.id}",
        lambda lead: _node(call, token, lead),
        state.settings.max_page_size,
        faults,
    )


def _array(call: GraphCall, name: str) -> list | None:
    text = call.param(name)
    if not text:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, list):
        raise Refusal("bad_parameter", what=f"Param {name} must be an array.")
    return value


def create_test_lead(
    state: MetaState, call: GraphCall, token: Token, form: Form, create: NewTestLead
) -> Any:
    """POST /{form_id}/test_leads: one per form."""
    access.require_lead_access(token, state.pages[form.page_id], call)
    given = _array(call, "field_data"), _array(call, "custom_disclaimer_responses")
    if any(lead.is_test and state.readable(lead) for lead in state.leads_of(form.id)):
        raise Refusal("test_lead_exists")
    try:
        return {"id": create(form, *given).id}
    except ValueError as error:
        raise Refusal("bad_parameter", what=str(error)) from None
