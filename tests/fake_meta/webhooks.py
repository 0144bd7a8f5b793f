"""The webhook side: bodies as Meta writes them, signatures, posts, redelivery.

Meta: webhooks, getting started (handshake, signature, retries); webhooks for leads.
Only loopback addresses are called.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import json
import secrets
import time
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from .extension_state import Install
from .state import App, Lead

SIGNATURES = ("valid", "wrong", "missing", "sha1_only", "reserialised")
KINDS = (
    "leadgen",
    "ping",
    "leadgen_update",
    "feed",
    "changed_fields",
    "user_object",
)
USER_AGENT = "facebookexternalua"
TIMEOUT_S = 20
# The constants of the Test button of Meta's dashboard.
PING_VALUE = {
    "ad_id": "444444444",
    "form_id": "444444444444",
    "leadgen_id": "444444444444",
    "page_id": "444444444444",
    "adgroup_id": "44444444444",
}


def require_loopback(url: str) -> None:
    """Raises ValueError for a callback that is not on this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if parts.scheme not in ("http", "https") or not local:
        raise ValueError(f"the callback must be a loopback address: {url}")


def encode(body: Any) -> bytes:
    """Meta's way of writing JSON: compact, ASCII, slashes escaped."""
    text = json.dumps(body, separators=(",", ":"))
    return text.replace("/", "\\/").encode("ascii")


def sign(body: bytes, secret: str) -> dict[str, str]:
    """Both signature headers: HMAC of the raw body with the app secret."""
    return {
        f"X-Hub-Signature{suffix}": f"{name}="
        + hmac.new(secret.encode(), body, name).hexdigest()
        for suffix, name in (("", "sha1"), ("-256", "sha256"))
    }


def signed_post(
    body: Any, secret: str, signature: str = "valid"
) -> tuple[bytes, dict[str, str]]:
    """The bytes and signature headers of a post, sound or spoilt on purpose."""
    raw = encode(body)
    headers = sign(raw, secret)
    if signature == "wrong":
        headers = sign(raw, secret + "?")
    elif signature == "missing":
        headers = {}
    elif signature == "sha1_only":
        del headers["X-Hub-Signature-256"]
    elif signature == "reserialised":
        raw = json.dumps(body).encode("ascii")
    return raw, headers


def _number(ids_as: str, value: str) -> str | int:
    return int(value) if ids_as == "int" else value


def _value(lead: Lead, ids_as: str) -> dict[str, Any]:
    ad_id = lead.ad.get("ad_id")
    ids = {"ad_id": ad_id} if ad_id else {}
    ids |= {"form_id": lead.form_id, "leadgen_id": lead.id}
    value: dict[str, Any] = {key: _number(ids_as, text) for key, text in ids.items()}
    value["created_time"] = lead.created_time
    value["page_id"] = _number(ids_as, lead.page_id)
    if ad_id:
        # Meta's old name for the ad, not the ad set; seen equal to ad_id.
        value["adgroup_id"] = _number(ids_as, ad_id)
    return value


def _change(kind: str, lead: Lead, ids_as: str, now: int) -> dict[str, Any]:
    if kind == "leadgen_update":
        value = _value(lead, "int")
        value |= {
            "updated_time": str(now),
            "area": "ai_agent_updates",
            "event": "qualification_status_change",
            "updated_fields": ["qualification_status"],
        }
        return {"value": value, "field": kind}
    if kind == "feed":
        value = {
            "item": "status",
            "verb": "add",
            "post_id": f"{lead.page_id}_{lead.id}",
            "from": {"id": lead.page_id, "name": "Page"},
            "created_time": lead.created_time,
            "message": "Open day <b>Saturday</b> & more",
        }
        return {"value": value, "field": kind}
    return {"value": _value(lead, ids_as), "field": "leadgen"}


def _entry(kind: str, leads: Sequence[Lead], ids_as: str, now: int) -> dict[str, Any]:
    page_id = "0" if kind == "leadgen_update" else leads[0].page_id
    entry: dict[str, Any] = {
        "id": _number("int" if kind == "leadgen_update" else ids_as, page_id),
        "time": now,
    }
    if kind == "changed_fields":
        entry["changed_fields"] = ["leadgen"]
    else:
        entry["changes"] = [_change(kind, lead, ids_as, now) for lead in leads]
    return entry


def ping_body(now: int, ids_as: str = "text") -> dict[str, Any]:
    """What the Test button of the dashboard sends."""
    value: dict[str, Any] = {k: _number(ids_as, v) for k, v in PING_VALUE.items()}
    value["created_time"] = now
    change = {"value": value, "field": "leadgen"}
    entry = {"id": _number(ids_as, "0"), "time": now, "changes": [change]}
    return {"object": "page", "entry": [entry]}


def bodies(
    leads: Sequence[Lead],
    now: int,
    *,
    together: bool | str = False,
    ids_as: str = "text",
    kind: str = "leadgen",
) -> list[dict[str, Any]]:
    """The bodies that announce these leads.

    ``together``: False = a body per lead; True = one body, an entry per page with all
    its changes; "entries" = one body with an entry per lead.
    """
    if kind == "ping":
        return [ping_body(now, ids_as)]
    object_ = "user" if kind == "user_object" else "page"
    by_page: dict[str, list[Lead]] = {}
    for lead in leads:
        by_page.setdefault(lead.page_id, []).append(lead)
    groups = [*by_page.values()] if together is True else [[lead] for lead in leads]
    entries = [_entry(kind, group, ids_as, now) for group in groups]
    if together:
        return [{"object": object_, "entry": entries}] if entries else []
    return [{"object": object_, "entry": [entry]} for entry in entries]


def install_body(install: Install, now: int, kind: str = "INSTALL") -> dict[str, Any]:
    """What Meta posts after each install and uninstall, with what is still there.

    Meta: Business Extension, webhooks. After an uninstall it has no token and no
    profiles.
    """
    value: dict[str, Any] = {
        "business_id": install.external_business_id,
        "business_manager_id": install.business_id,
        "fbe_event": kind,
        "token_type": "User",
        "install_time": install.installed_at,
        "installed_features": list(install.features),
    }
    if kind == "INSTALL":
        value |= {
            "access_token": install.tokens[0],
            "profiles": list(install.page_ids),
            "pages": list(install.page_ids),
        }
        if install.dataset_id:
            value["pixel_id"] = install.dataset_id
    change = {"field": "fbe_install", "value": value}
    entry = {"id": install.user_id, "uid": install.user_id, "time": now}
    return {"object": "user", "entry": [{**entry, "changes": [change]}]}


class Postman:
    """Posts webhooks and keeps a log line of each in ``log``."""

    def __init__(self, log: list[dict]) -> None:
        self.log = log
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task] = set()

    async def close(self) -> None:
        self.forget()
        if self._session:
            await self._session.close()

    def forget(self) -> None:
        """Drop the deliveries that still wait for a retry."""
        for task in self._tasks:
            task.cancel()

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Meta's address is the peer's only knowledge of it: no cookies, no proxy.
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    async def post(
        self, url: str, raw: bytes, headers: dict[str, str], lead_ids: Iterable[str]
    ) -> dict[str, Any]:
        """One POST. ``status`` is None when there was no answer; ``body`` says why."""
        require_loopback(url)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "Accept": "*/*",
            **headers,
        }
        start = time.monotonic()
        try:
            async with self._client().post(
                url, data=raw, headers=headers, allow_redirects=False
            ) as answer:
                status, text = answer.status, await answer.text(errors="replace")
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            status, text = None, f"{type(error).__name__}: {error}"
        ms = round((time.monotonic() - start) * 1000, 1)
        result = {"status": status, "ms": ms, "body": text}
        self.log.append(
            {
                "url": url,
                "lead_ids": list(lead_ids),
                "sha256": hashlib.sha256(raw).hexdigest(),
                "at": time.time(),
                **result,
            }
        )
        return result

    def announce(
        self, app: App, url: str, body: Any, lead_id: str, retry_after: Sequence[float]
    ) -> None:
        """Deliver in the background; anything but 2xx is tried again.

        Meta: immediately, then a few more times with decreasing frequency. The pauses
        are ``retry_after`` in seconds, so that a test need not wait for 36 hours.
        """

        async def deliver() -> None:
            raw, headers = signed_post(body, app.secret)
            for pause in (0.0, *retry_after):
                await asyncio.sleep(pause)
                result = await self.post(url, raw, headers, [lead_id])
                if result["status"] is not None and 200 <= result["status"] < 300:
                    return

        task = asyncio.get_running_loop().create_task(deliver())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def handshake(
        self,
        url: str,
        verify_token: str,
        challenge: str | None = None,
        *,
        mode: str = "subscribe",
        leave_out: Sequence[str] = (),
    ) -> dict[str, Any]:
        """GET the callback as Meta does when a subscription is made."""
        require_loopback(url)
        sent = str(secrets.randbelow(2**31)) if challenge is None else challenge
        query = {
            "hub.mode": mode,
            "hub.challenge": sent,
            "hub.verify_token": verify_token,
        }
        for name in leave_out:
            query.pop(name, None)
        try:
            async with self._client().get(
                url,
                params=query,
                headers={"User-Agent": USER_AGENT},
                allow_redirects=False,
            ) as answer:
                text = await answer.text(errors="replace")
                return {
                    "status": answer.status,
                    "body": text,
                    "content_type": answer.headers.get("Content-Type", ""),
                    "echoed": answer.status == 200 and text == sent,
                    "reason": answer.reason,
                }
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            why = f"{type(error).__name__}: {error}"
            return {
                "status": None,
                "body": why,
                "content_type": "",
                "echoed": False,
                "reason": "no answer",
            }

    async def verify(self, url: str, verify_token: str) -> str | None:
        """The handshake of POST /{app_id}/subscriptions: None, or why it failed."""
        try:
            result = await self.handshake(url, verify_token)
        except ValueError as error:
            return str(error)
        if result["echoed"]:
            return None
        if result["status"] == 200:
            return "the response does not match the challenge"
        return (
            f"HTTP Status Code = {result['status']}; HTTP Message = {result['reason']}"
        )
