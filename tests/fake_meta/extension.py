"""The Graph side of Meta Business Extension: tokens, installs, configuration.

Meta: Business Extension v3 (migration guide), its installs and feature configuration
APIs; Facebook Login, "Manually build a login flow" (exchange of the code).
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from . import access
from .call import GraphCall
from .extension_state import Install
from .rules import Refusal
from .state import MetaState, Token
from .vocabulary import EXTENSION_SCOPE, SCOPES

#: Seconds for which a code of the login dialog can be exchanged.
CODE_LIFE = 600
#: The features that the feature configuration API changes, and what of each.
CONFIGURABLE = {
    "page_cta": ("enabled", "cta_button_text", "cta_button_url", "below_button_text"),
    "ig_cta": ("enabled", "cta_button_text", "cta_button_url"),
    "messenger_menu": ("enabled", "cta_button_text", "cta_button_url"),
    "messenger_chat": ("enabled", "domains"),
    "thread_intent": ("enabled", "cta_button_url"),
    "page_card": ("enabled", "see_all_url"),
}
#: What a business may have several of: they come as one and, with an "s", as all.
REPEATED = ("page_cta", "ig_cta")


def exchange(state: MetaState, call: GraphCall) -> Any:
    """GET /oauth/access_token: a code and the app's secret for the person's token."""
    if call.method != "GET":
        raise Refusal("unknown_path", name="oauth/access_token")
    wanted = ("client_id", "redirect_uri", "client_secret", "code")
    client_id, redirect_uri, secret, code = (call.required(name) for name in wanted)
    app = state.apps.get(client_id)
    if app is None:
        raise Refusal("app_unknown")
    if not secrets.compare_digest(secret.encode(), app.secret.encode()):
        raise Refusal("secret_wrong")
    known = state.extension.codes.get(code)
    if known is None or known.app_id != client_id:
        raise Refusal("code_unknown")
    if known.used:
        raise Refusal("code_used")
    if state.now() - known.made_at > CODE_LIFE:
        raise Refusal("code_expired")
    if known.redirect_uri != redirect_uri:
        raise Refusal("code_elsewhere")
    known.used = True
    return {"access_token": known.token, "token_type": "bearer", "expires_in": 5183944}


def system_user_token(
    state: MetaState, call: GraphCall, token: Token, business_id: str
) -> Any:
    """POST /{business_id}/access_token with the token of the person who installed."""
    install = find(state, call, token)
    if token.kind != "user" or call.required("app_id") != token.app_id:
        raise access.no_access(call)
    if business_id != install.business_id:
        raise access.no_access(call)
    scopes = set(call.names("scope"))
    if not scopes:
        raise Refusal("parameter_required", name="scope")
    missing = sorted(scopes - token.scopes)
    if missing:
        raise Refusal("scope_missing", scope=missing[0])
    app = state.apps[install.app_id]
    made = Token(
        text="EAASystem" + secrets.token_hex(24),
        kind="system_user",
        app_id=app.id,
        user_id=state.new_id(),
        name=f"{app.name} System User (FBE)",
        scopes=frozenset(scopes),
        issued_at=int(state.now()),
    )
    state.tokens[made.text] = made
    install.tokens.append(made.text)
    assign(state, install)
    return {"access_token": made.text}


def installs(state: MetaState, call: GraphCall, token: Token) -> Any:
    """GET and DELETE /fbe_business/fbe_installs."""
    install = find(state, call, token)
    if call.method == "DELETE":
        if not install.installed:
            raise Refusal("not_installed")
        uninstall(state, install)
        return {"success": True}
    if call.method != "GET":
        raise Refusal("unknown_path", name="fbe_installs")
    return {"data": [describe(state, install, token)] if install.installed else []}


def configuration(state: MetaState, call: GraphCall, token: Token) -> Any:
    """GET and POST /fbe_business: what of each feature is switched on."""
    install = find(state, call, token)
    if not install.installed:
        raise Refusal("not_installed")
    if call.method == "POST":
        _configure(install, call)
    elif call.method != "GET":
        raise Refusal("unknown_path", name="fbe_business")
    groups: dict[str, Any] = {}
    for feature in install.features:
        kind, number = feature["feature_type"], feature["feature_instance_id"]
        shown = {"feature_instance_id": number, **install.config[number]}
        if kind in REPEATED:
            groups.setdefault(kind, shown)
            groups.setdefault(f"{kind}s", []).append(shown)
        elif kind in CONFIGURABLE:
            groups[kind] = shown
        else:
            groups.setdefault(kind, []).append(shown)
    return groups


def _configure(install: Install, call: GraphCall) -> None:
    try:
        wanted = json.loads(call.required("business_config"))
    except ValueError:
        wanted = None
    if not isinstance(wanted, dict) or not wanted:
        raise Refusal("bad_parameter", what="business_config must be a JSON object")
    changes: list[tuple[str, dict[str, Any]]] = []
    for kind, values in wanted.items():
        several = kind.removesuffix("s") if kind.removesuffix("s") in REPEATED else None
        if several and kind != several and isinstance(values, list):
            changes += [_checked_change(install, several, item) for item in values]
        else:
            changes.append(_checked_change(install, kind, values))
    for number, values in changes:
        install.config[number].update(values)


def _checked_change(
    install: Install, kind: str, values: Any
) -> tuple[str, dict[str, Any]]:
    """The instance that a change is for, and what it sets."""
    known = [
        feature["feature_instance_id"]
        for feature in install.features
        if feature["feature_type"] == kind
    ]
    allowed = CONFIGURABLE.get(kind)
    if not known or allowed is None or not isinstance(values, dict):
        raise Refusal("bad_parameter", what=f"{kind} cannot be configured")
    values = dict(values)
    number = values.pop("feature_instance_id", known[0] if len(known) == 1 else None)
    if number not in known:
        raise Refusal("bad_parameter", what=f"{kind} needs its feature_instance_id")
    if not set(values) <= set(allowed):
        raise Refusal("bad_parameter", what=f"{kind} has no such setting")
    if not isinstance(values.get("enabled", True), bool):
        raise Refusal("bad_parameter", what="enabled must be true or false")
    for name in ("cta_button_url", "see_all_url"):
        if not str(values.get(name, "https://")).startswith("https://"):
            raise Refusal("bad_parameter", what=f"{name} must begin with https://")
    return number, values


def find(state: MetaState, call: GraphCall, token: Token) -> Install:
    """The install that a call names, if its token reaches it."""
    if EXTENSION_SCOPE not in token.scopes:
        raise Refusal("scope_missing", scope=EXTENSION_SCOPE)
    name = call.required("fbe_external_business_id")
    install = state.extension.installs.get(name)
    if install is None or token.text not in install.tokens:
        raise Refusal("no_install")
    return install


def assign(state: MetaState, install: Install) -> None:
    """The tokens of an install reach what the person gave, and nothing else."""
    for text in install.tokens:
        token = state.tokens[text]
        token.page_ids = frozenset(install.page_ids)
        token.dataset_ids = frozenset(filter(None, [install.dataset_id]))


def uninstall(state: MetaState, install: Install) -> None:
    """Meta: the system user goes, and what it could reach with it."""
    install.installed = False
    install.features, install.config = [], {}
    for text in install.tokens:
        state.tokens[text].revoked = 458


def describe(state: MetaState, install: Install, token: Token) -> dict[str, Any]:
    """One row of the installs; what the person did not give is not there."""
    business = state.extension.businesses[install.business_id]
    row: dict[str, Any] = {
        "business_manager_id": business.id,
        "onsite_eligible": False,
        "token_type": "System User" if token.kind == "system_user" else "User",
        "installed_features": [dict(feature) for feature in install.features],
    }
    if business.ad_account_id:
        row["ad_account_id"] = business.ad_account_id
    if install.page_ids:
        row["pages"] = row["profiles"] = list(install.page_ids)
    if install.dataset_id:
        row["pixel_id"] = install.dataset_id
    return row


def all_scopes() -> frozenset[str]:
    return frozenset((*SCOPES, EXTENSION_SCOPE))
