"""Reading forms, Pages and datasets.

Meta: reference of LeadGenForm, Page, HasLeadAccess and AdsPixel.
"""

from __future__ import annotations

from typing import Any

from . import access, paging
from . import vocabulary as words
from .call import GraphCall
from .fields import Field, select
from .lead_nodes import iso_time
from .ledger import Ledger
from .rules import Refusal
from .state import Dataset, Form, MetaState, Page, Token


def form(state: MetaState, call: GraphCall, token: Token, found: Form) -> Any:
    """GET /{form_id}."""
    access.require_page(token, state.pages[found.page_id], call)
    access.require_scope(token, "pages_manage_ads")
    return _form_node(state, call, found)


def page_forms(
    state: MetaState, call: GraphCall, token: Token, page: Page, base_url: str
) -> Any:
    """GET /{page_id}/leadgen_forms."""
    access.require_page(token, page, call)
    access.require_scope(token, "pages_manage_ads")
    return paging.page_of(
        call,
        base_url,
        [form for form in state.forms.values() if form.page_id == page.id],
        lambda form: form.id,
        lambda form: _form_node(state, call, form),
        state.settings.max_page_size,
    )


def _form_node(state: MetaState, call: GraphCall, form: Form) -> dict[str, Any]:
    leads = list(state.leads_of(form.id))
    readable = [lead for lead in leads if state.readable(lead)]
    legal: dict[str, Any] = {"id": form.id, "privacy_policy": {"url": ""}}
    if form.custom_disclaimer:
        legal["custom_disclaimer"] = form.custom_disclaimer
    tracking = [
        {"key": key, "value": value} for key, value in form.tracking_parameters.items()
    ]
    node = {
        "id": form.id,
        "page_id": form.page_id,
        "page": {"id": form.page_id, "name": state.pages[form.page_id].name},
        "name": form.name,
        "locale": form.locale,
        "status": form.status,
        "created_time": iso_time(form.created_time),
        "questions": form.questions,
        "leads_count": len(readable),
        "organic_leads_count": sum(lead.is_organic for lead in readable),
        "expired_leads_count": sum(
            not lead.deleted and not state.readable(lead) for lead in leads
        ),
        "legal_content": legal,
        "tracking_parameters": tracking or None,
    }
    return select(
        "LeadGenData",
        call.param("fields"),
        words.FORM_DEFAULT_FIELDS,
        words.FORM_FIELDS,
        lambda field: node.get(field.name),
    )


def page(state: MetaState, call: GraphCall, token: Token, found: Page) -> Any:
    """GET /{page_id}: for the Page token itself, or to derive it from another."""
    if found.id not in token.page_ids:
        raise access.no_access(call)
    if "pages_read_engagement" not in token.scopes:
        raise Refusal("page_read_missing")
    return page_node(state, call, token, found, words.PAGE_DEFAULT_FIELDS)


def page_node(
    state: MetaState,
    call: GraphCall,
    token: Token,
    page: Page,
    default: tuple[str, ...],
) -> dict[str, Any]:
    def read(field: Field) -> Any:
        if field.name == "access_token":
            own = token if token.kind == "page" else state.page_token(page, token)
            return own.text
        if field.name == "has_lead_access":
            return _lead_access(token, page, field)
        return {
            "id": page.id,
            "name": page.name,
            "category": "Local service",
            "category_list": [{"id": "2500", "name": "Local service"}],
            "tasks": list(words.PAGE_TASKS),
            "leadgen_tos_accepted": page.leadgen_tos_accepted,
        }.get(field.name)

    return select("Page", call.param("fields"), default, words.PAGE_FIELDS, read)


def _lead_access(token: Token, page: Page, field: Field) -> dict[str, Any]:
    if token.kind == "system_user":
        raise Refusal("api_not_available")
    if not field.arguments.get("user_id"):
        raise Refusal("parameter_required", name="user_id")
    may = "leads_retrieval" in token.scopes and not page.lead_access_revoked
    node: dict[str, Any] = {
        "app_has_leads_permission": may,
        "can_access_lead": may,
        "enabled_lead_access_manager": page.lead_access_revoked,
        "is_page_admin": True,
        "page_id": page.id,
        "user_has_leads_permission": not page.lead_access_revoked,
        "user_id": field.arguments["user_id"],
    }
    if not may:
        node["failure_reason"] = "The app has no access to the leads of this Page."
        node["failure_resolution"] = "Assign the app in Leads Access Manager."
    return node


def dataset(ledger: Ledger, call: GraphCall, token: Token, found: Dataset) -> Any:
    """GET /{dataset_id}."""
    access.require_dataset_read(token, found)
    received = [event for event in ledger.events if event.dataset_id == found.id]
    last = iso_time(received[-1].received_at) if received else None
    node = {
        "id": found.id,
        "name": found.name,
        "is_crm": found.is_crm,
        "is_unavailable": found.is_unavailable,
        "is_consolidated_container": True,
        "last_fired_time": last,
        "server_last_fired_time": last,
        "valid_entries": len(received),
    }
    return select(
        "AdsPixel",
        call.param("fields"),
        words.DATASET_DEFAULT_FIELDS,
        words.DATASET_FIELDS,
        lambda field: node.get(field.name),
    )
