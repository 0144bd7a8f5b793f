"""The login dialog of Meta Business Extension: a page for a person, on loopback.

Meta: Business login; Facebook Login, "Manually build a login flow"; Business Extension
v3 (extras, verticals and intents). What Meta would show as an error page is one here.
"""

from __future__ import annotations

import html
import json
import secrets
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from . import extension
from .extension_state import Code, Install, Plan
from .state import MetaState, Token
from .time_zones import TIME_ZONES
from .vocabulary import BUSINESS_INTENTS, EXTENSION_SCOPE

_KEYS = {
    "client_id",
    "redirect_uri",
    "state",
    "display",
    "response_type",
    "scope",
    "extras",
}
_SETUP_KEYS = {
    "external_business_id",
    "timezone",
    "currency",
    "business_vertical",
    "intent",
    "domain",
    "channel",
}
#: What each intent installs; "pixel" stands for the Conversions API too.
_FEATURES = {"LEAD_ADS": ("lead_ads", "ads"), "CONVERSIONS_API": ("pixel", "ads")}
_NAMES = {"lead_ads": "Lead ads", "ads": "Ads", "pixel": "Conversions API"}


class Wrong(Exception):
    """Meta would show this to the person instead of the dialog."""


class Dialog:
    """``/dialog/oauth`` shows it; its two buttons lead back to the partner."""

    def __init__(self, state: MetaState, installed: Any) -> None:
        self._state = state
        # Called with the install after each onboarding.
        self._installed = installed

    async def handle(self, request: web.Request, path: tuple[str, ...]) -> web.Response:
        """``path`` is what comes behind the version."""
        try:
            if path == ("dialog", "oauth") and request.method == "GET":
                return self._show(dict(request.query))
            if path == ("dialog", "answer") and request.method == "POST":
                form = await request.post()
                return self._answer(str(form.get("id")), str(form.get("press")))
            raise Wrong("This page isn't available")
        except Wrong as wrong:
            text = f"<h1>Sorry, something went wrong.</h1><p>{html.escape(str(wrong))}"
            return web.Response(status=400, text=text, content_type="text/html")

    def _show(self, asked: dict[str, str]) -> web.Response:
        extras = self._check(asked)
        number = secrets.token_urlsafe(8)
        self._state.extension.dialogs[number] = {**asked, "extras": extras}
        app = self._state.apps[asked["client_id"]].name
        business = extras["business_config"]["business"]["name"]
        page = (
            "<!DOCTYPE html><html lang=en><title>Log in to Facebook</title>"
            f"<h1>Connect {html.escape(business)} to {html.escape(app)}</h1>"
            "<form method=post action=answer>"
            f"<input type=hidden name=id value={number}>"
            "<button name=press value=Continue>Continue</button> "
            "<button name=press value=Cancel>Cancel</button></form></html>"
        )
        # Facebook's pages cut the bond between a window and the one that opened it.
        return web.Response(
            text=page,
            content_type="text/html",
            headers={"Cross-Origin-Opener-Policy": "same-origin"},
        )

    def _check(self, asked: dict[str, str]) -> dict[str, Any]:
        """The extras of a call that Meta would take; raises :class:`Wrong`."""
        app_id = asked.get("client_id", "")
        if app_id not in self._state.apps:
            raise Wrong("Invalid App ID: The provided app ID does not look like one.")
        if app_id not in self._state.extension.allowed:
            raise Wrong("This app is not allowed to use the business extension.")
        if asked.get("redirect_uri") not in self._state.extension.allowed[app_id]:
            raise Wrong("URL blocked: the redirect URI is not on the app's list.")
        missing = sorted(_KEYS - set(asked) - {"display"})
        foreign = sorted(set(asked) - _KEYS)
        if missing or foreign or asked["response_type"] != "code" or not asked["state"]:
            raise Wrong(f"Invalid parameter: {[*missing, *foreign]}")
        if asked.get("display", "popup") not in ("popup", "page", "window"):
            raise Wrong("Invalid parameter: display")
        scopes = set(asked["scope"].split(","))
        unknown = scopes - extension.all_scopes()
        if unknown or EXTENSION_SCOPE not in scopes:
            raise Wrong(f"Invalid Scopes: {sorted(unknown)}")
        return _checked_extras(asked["extras"])

    def _answer(self, number: str, press: str) -> web.Response:
        asked = self._state.extension.dialogs.pop(number, None)
        if asked is None or press not in ("Continue", "Cancel"):
            raise Wrong("This dialog has been answered.")
        if press == "Cancel":
            answer = {
                "error": "access_denied",
                "error_code": "200",
                "error_description": "Permissions error",
                "error_reason": "user_denied",
            }
        else:
            answer = {"code": self._onboard(asked)}
        answer["state"] = asked["state"]
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode(answer)}#_=_")

    def _onboard(self, asked: dict[str, Any]) -> str:
        """The person gives what the plan says; returns the code."""
        state, app_id = self._state, asked["client_id"]
        setup = asked["extras"]["setup"]
        name = setup["external_business_id"]
        install = state.extension.installs.get(name)
        plan = state.extension.plans.get(app_id) or self._usual_plan()
        business = state.extension.businesses[plan.business_id]
        # Meta: with the same external id the business stays on one portfolio.
        if install and install.installed and not plan.breaks_lock:
            business = state.extension.businesses[install.business_id]
        if install is None or not install.installed:
            install = Install(
                name, app_id, business.id, state.new_id(), int(state.now())
            )
            state.extension.installs[name] = install
        install.business_id = business.id
        features = _FEATURES[setup.get("intent") or "CONVERSIONS_API"]
        if "lead_ads" in features:
            pages = business.page_ids if plan.page_ids is None else plan.page_ids
            install.page_ids = list(pages)
        if "pixel" in features:
            first = next(iter(business.dataset_ids), None)
            given = plan.dataset_id or first
            install.dataset_id = given if plan.gives_dataset else None
        for kind in features:
            self._add_feature(install, kind, business.ad_account_id)
        token = Token(
            text="EAAUser" + secrets.token_hex(20),
            kind="user",
            app_id=app_id,
            user_id=install.user_id,
            name="Person",
            scopes=frozenset(asked["scope"].split(",")),
            issued_at=int(state.now()),
            expires_at=int(state.now()) + 60 * 86400,
        )
        state.tokens[token.text] = token
        install.tokens.append(token.text)
        extension.assign(state, install)
        code = "AQ" + secrets.token_urlsafe(40)
        state.extension.codes[code] = Code(
            app_id, asked["redirect_uri"], token.text, state.now()
        )
        self._installed(install)
        return code

    def _usual_plan(self) -> Plan:
        businesses = self._state.extension.businesses
        if not businesses:
            raise Wrong("You have no business portfolio.")
        return Plan(next(iter(businesses)))

    def _add_feature(self, install: Install, kind: str, ad_account: str | None) -> None:
        assets: dict[str, str] = {"business_manager_id": install.business_id}
        if ad_account:
            assets["ad_account_id"] = ad_account
        if kind == "pixel" and install.dataset_id:
            assets["pixel_id"] = install.dataset_id
        if kind == "lead_ads" and install.page_ids:
            assets["page_id"] = install.page_ids[0]
        known = [row for row in install.features if row["feature_type"] == kind]
        if known:
            known[0]["connected_assets"] = assets
            return
        number = self._state.new_id()
        install.features.append(
            {
                "feature_instance_id": number,
                "feature_name": _NAMES[kind],
                "feature_type": kind,
                "connected_assets": assets,
                "additional_info": {"onsite_commerce_eligible": False},
            }
        )
        install.config[number] = {"enabled": True}


def _checked_extras(text: str) -> dict[str, Any]:
    try:
        extras = json.loads(text)
        setup = extras["setup"]
        name = extras["business_config"]["business"]["name"]
    except (ValueError, TypeError, LookupError):
        raise Wrong("Invalid parameter: extras") from None
    foreign = set(extras) - {"setup", "business_config", "repeat", "flow_config"}
    if foreign or set(setup) - _SETUP_KEYS or extras.get("repeat") is not False:
        raise Wrong("Invalid parameter: extras has what it cannot have")
    flow = extras.get("flow_config", {})
    if set(flow) - {"use_minimal_onboarding"} or not all(
        isinstance(value, bool) for value in flow.values()
    ):
        raise Wrong("Invalid parameter: flow_config")
    vertical, intent = setup.get("business_vertical"), setup.get("intent")
    if vertical not in BUSINESS_INTENTS:
        raise Wrong("Invalid parameter: business_vertical")
    if intent is not None and intent not in BUSINESS_INTENTS[vertical]:
        raise Wrong("Invalid parameter: this vertical has no such intent")
    if setup.get("timezone") not in TIME_ZONES:
        raise Wrong("Invalid parameter: timezone is not on the list")
    currency = setup.get("currency")
    is_code = isinstance(currency, str) and len(currency) == 3
    if not is_code or not (currency.isascii() and currency.isupper()):
        raise Wrong("Invalid parameter: currency")
    if not setup.get("external_business_id") or not isinstance(name, str) or not name:
        raise Wrong("Invalid parameter: the business has no name or no id")
    return extras
