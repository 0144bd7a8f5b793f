"""The two levels of a webhook subscription; a lead is announced only with both.

Meta: webhooks, getting started; application subscriptions; page subscribed_apps.
Whether a second POST adds fields or replaces them is not documented; here it replaces
them, so that a client that does not read and merge first is caught.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from . import access
from .call import GraphCall
from .rules import Refusal
from .state import App, AppSubscription, MetaState, Page, Token

# (callback_url, verify_token) -> None when it echoed the challenge, else why not.
Handshake = Callable[[str, str], Awaitable["str | None"]]

_DONE = {"success": True}


async def app_subscriptions(app: App, call: GraphCall, handshake: Handshake) -> Any:
    """GET, POST, DELETE /{app_id}/subscriptions, with the app's own token."""
    if call.method == "GET":
        return {
            "data": [
                {
                    "object": subscription.object,
                    "callback_url": subscription.callback_url,
                    "active": subscription.active,
                    "fields": [
                        {"name": name, "version": f"v{call.version}.0"}
                        for name in subscription.fields
                    ],
                }
                for subscription in app.subscriptions.values()
            ]
        }
    if call.method == "POST":
        kind = call.required("object")
        fields = call.names("fields")
        if not fields:
            raise Refusal("parameter_required", name="fields")
        callback_url = call.required("callback_url")
        why = await handshake(callback_url, call.param("verify_token") or "")
        if why:
            raise Refusal("callback_failed", why=why)
        values = (call.param("include_values") or "").lower() in ("true", "1")
        app.subscriptions[kind] = AppSubscription(kind, callback_url, fields, values)
        return _DONE
    if call.method == "DELETE":
        kinds = [call.param("object")] if call.param("object") else [*app.subscriptions]
        gone = set(call.names("fields"))
        for kind in kinds:
            subscription = app.subscriptions.get(kind or "")
            if subscription is None:
                continue
            kept = [name for name in subscription.fields if gone and name not in gone]
            if kept:
                subscription.fields = kept
            else:
                del app.subscriptions[subscription.object]
        return _DONE
    raise access.no_access(call)


def page_apps(state: MetaState, call: GraphCall, token: Token, page: Page) -> Any:
    """GET, POST, DELETE /{page_id}/subscribed_apps, with the Page token."""
    access.require_page(token, page, call)
    access.require_scope(token, "pages_manage_metadata")
    app_id = token.app_id or ""
    if call.method == "GET":
        return {
            "data": [
                {
                    "id": app_id,
                    "name": state.apps[app_id].name,
                    "link": f"https://www.facebook.com/games/?app_id={app_id}",
                    "category": "Business",
                    "subscribed_fields": fields,
                }
                for app_id, fields in page.subscribed_apps.items()
            ]
        }
    if app_id not in state.apps:
        raise access.no_access(call)
    if call.method == "POST":
        fields = call.names("subscribed_fields")
        if not fields:
            raise Refusal("parameter_required", name="subscribed_fields")
        page.subscribed_apps[app_id] = fields
        return _DONE
    if call.method == "DELETE":
        page.subscribed_apps.pop(app_id, None)
        return _DONE
    raise access.no_access(call)


def callbacks_for(state: MetaState, page: Page) -> list[tuple[App, AppSubscription]]:
    """Where a lead of this page is announced: apps subscribed on both levels."""
    found = []
    for app_id, fields in page.subscribed_apps.items():
        app = state.apps.get(app_id)
        subscription = app.subscriptions.get("page") if app else None
        if subscription is None or not subscription.active:
            continue
        if "leadgen" in fields and "leadgen" in subscription.fields:
            found.append((app, subscription))
    return found
