"""Who calls, and may they? Tokens, appsecret_proof, permissions, reach.

Sources: Meta's pages "handling errors", "securing requests", "access tokens", "lead
ads: permissions" and "Conversions API: get started".
"""

from __future__ import annotations

import hashlib
import hmac
import time

from .call import GraphCall
from .rules import WITHDRAWAL_RULES, Refusal
from .state import Dataset, MetaState, Page, Token

WITHOUT_OBJECT = ("me", "debug_token")


def appsecret_proof(token: str, secret: str) -> str:
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def _clock(moment: float) -> str:
    return time.strftime("%A, %d-%b-%y %H:%M:%S UTC", time.gmtime(moment))


def check_alive(state: MetaState, token: Token) -> None:
    """Raises the 190 of a token that is withdrawn or over, or whose parent is."""
    if token.parent is not None:
        check_alive(state, token.parent)
    if token.revoked is not None:
        raise Refusal(WITHDRAWAL_RULES[token.revoked], app_id=token.app_id)
    if token.expires_at and token.expires_at <= state.now():
        raise Refusal(
            "expired_token", expired=_clock(token.expires_at), now=_clock(state.now())
        )


def authenticate(state: MetaState, call: GraphCall) -> Token:
    """The token of a call, alive and with a proof where its app wants one."""
    if not call.token:
        if call.path[:1] and call.path[0] not in WITHOUT_OBJECT:
            raise Refusal("no_token", method=call.method.lower(), id=call.path[0])
        raise Refusal("no_token_for_me")
    token = state.find_token(call.token)
    if token is None:
        raise Refusal("bad_token")
    check_alive(state, token)
    app = state.apps.get(token.app_id or "")
    if call.proof is not None:
        wanted = appsecret_proof(token.text, app.secret) if app else ""
        if not hmac.compare_digest(wanted.encode(), call.proof.encode()):
            raise Refusal("proof_wrong")
    elif app and app.require_proof:
        raise Refusal("proof_missing")
    return token


def no_access(call: GraphCall) -> Refusal:
    return Refusal("no_access", method=call.method.lower(), id=call.path[0])


def require_scope(token: Token, scope: str) -> None:
    if scope not in token.scopes:
        raise Refusal("scope_missing", scope=scope)


def require_page(token: Token, page: Page, call: GraphCall) -> None:
    """The call needs the Page token of exactly this page."""
    if token.kind in ("user", "system_user"):
        raise Refusal("page_token_needed")
    if token.kind != "page" or page.id not in token.page_ids:
        raise no_access(call)


def require_lead_access(token: Token, page: Page, call: GraphCall) -> None:
    """Page token, leads_retrieval, and not put out by the Leads Access Manager."""
    require_page(token, page, call)
    require_scope(token, "leads_retrieval")
    if page.lead_access_revoked:
        raise Refusal("lead_access_revoked")


def require_app(token: Token, app_id: str, call: GraphCall) -> None:
    if token.kind != "app":
        raise Refusal("app_token_needed")
    if token.app_id != app_id:
        raise no_access(call)


def require_dataset_write(token: Token, dataset: Dataset, call: GraphCall) -> None:
    """A token may send when the dataset is assigned to it."""
    if dataset.id not in token.dataset_ids:
        raise no_access(call)
    if token.kind != "send_only" and "ads_management" not in token.scopes:
        raise Refusal("events_refused")


def require_dataset_read(token: Token, dataset: Dataset) -> None:
    """Meta: a token made in Events Manager may be unable to read its own dataset."""
    reads = {"ads_management", "ads_read"} & token.scopes
    if dataset.id not in token.dataset_ids or not reads:
        raise Refusal("read_refused")
