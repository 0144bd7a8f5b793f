"""``POST /_control/<command>``: how a test sets the stage and asks what happened.

The body is a JSON object of arguments, the answer ``{"result": …}``, or HTTP 400 with
``{"error": "…"}`` for a command that makes no sense. Every public coroutine or method
of :class:`Commands` is a command; control.py is its client.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from base64 import b64decode
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import chats, quality, scripts, webhooks
from .extension_control import ExtensionCommands
from .leads import new_lead
from .ledger import GraphRequest
from .rules import WITHDRAWAL_RULES
from .state import App, AppSubscription, Dataset, Form, Lead, Page, Token
from .vocabulary import DAY, FORM_STATUSES, PAGING_FAULTS, SCOPES, TOKEN_KINDS

if TYPE_CHECKING:
    from .server import FakeMeta


def _id(value: Any, what: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,20}", value):
        raise ValueError(f"{what} must be digits as text, not {value!r}")
    return value


def _choice(value: str, choices: tuple[str, ...], what: str) -> str:
    if value not in choices:
        raise ValueError(f"{what} must be one of {', '.join(choices)}, not {value!r}")
    return value


def _ids(values: list[str], what: str) -> frozenset[str]:
    return frozenset(_id(value, what) for value in values)


class Commands(ExtensionCommands):
    """The commands. A ValueError or LookupError becomes the answer's ``error``."""

    def __init__(self, meta: FakeMeta) -> None:
        self._meta = meta

    def _known(self, kind: str, key: str) -> Any:
        found = getattr(self._meta.state, kind).get(key)
        if found is None:
            raise LookupError(f"no such thing among {kind}: {key}")
        return found

    def _new_id(self, value: str, what: str) -> str:
        state = self._meta.state
        kinds = (state.apps, state.pages, state.forms, state.datasets, state.leads)
        if any(_id(value, what) in known for known in kinds):
            raise ValueError(f"the id {value} is taken")
        return value

    def ping(self) -> str:
        return "fake Meta"

    def reset(self) -> None:
        self._meta.reset()

    # -- the stage ------------------------------------------------------------------

    def add_app(
        self,
        app_id: str,
        secret: str,
        require_proof: bool = False,
        name: str = "Lead app",
    ) -> None:
        self._new_id(app_id, "app_id")
        self._meta.state.apps[app_id] = App(app_id, secret, name, require_proof)

    def add_token(
        self,
        token: str,
        kind: str,
        app_id: str | None = None,
        page_ids: list[str] = (),
        dataset_ids: list[str] = (),
        scopes: list[str] | None = None,
        expires_at: int = 0,
        revoked: bool | int = False,
        name: str = "Token owner",
        data_access_expires_at: int = 0,
        granular: dict[str, list[str]] | None = None,
    ) -> None:
        state = self._meta.state
        _choice(kind, TOKEN_KINDS, "kind")
        if kind == "app":
            raise ValueError("an app's own token is <app id>|<secret>: use add_app")
        if app_id is not None:
            self._known("apps", app_id)
        elif kind != "send_only":
            raise ValueError(f"a token of the kind {kind} belongs to an app")
        if kind == "page" and len(page_ids) != 1:
            raise ValueError("a Page token belongs to one page")
        unknown = set(scopes or ()) - set(SCOPES)
        if unknown:
            raise ValueError(f"no permission {sorted(unknown)[0]!r}: {SCOPES}")
        allowed = SCOPES if scopes is None else scopes
        state.tokens[token] = Token(
            text=token,
            kind=kind,
            app_id=app_id,
            user_id=page_ids[0] if kind == "page" else state.new_id(),
            name=name,
            page_ids=_ids(page_ids, "page_ids"),
            dataset_ids=_ids(dataset_ids, "dataset_ids"),
            scopes=frozenset() if kind == "send_only" else frozenset(allowed),
            issued_at=int(state.now()),
            expires_at=expires_at,
            data_access_expires_at=data_access_expires_at,
            granular=granular or {},
        )
        if revoked:
            self.revoke_token(token, 467 if revoked is True else revoked)

    def revoke_token(self, token: str, subcode: int = 467) -> None:
        if subcode not in WITHDRAWAL_RULES:
            raise ValueError(f"subcode must be one of {sorted(WITHDRAWAL_RULES)}")
        self._known("tokens", token).revoked = subcode

    def renew_token(self, token: str) -> None:
        found = self._known("tokens", token)
        found.revoked, found.expires_at = None, 0

    def expire_token(self, token: str) -> None:
        self._known("tokens", token).expires_at = int(self._meta.state.now()) - 1

    def set_scopes(self, token: str, scopes: list[str]) -> None:
        unknown = set(scopes) - set(SCOPES)
        if unknown:
            raise ValueError(f"no permission {sorted(unknown)[0]!r}: {SCOPES}")
        changed = self._known("tokens", token)
        for each in self._meta.state.tokens.values():
            if each is changed or each.parent is changed:
                each.scopes = frozenset(scopes)

    def add_page(
        self,
        page_id: str,
        name: str,
        access_token: str | None = None,
        app_id: str | None = None,
        leadgen_tos_accepted: bool = True,
        lead_access_revoked: bool = False,
    ) -> str:
        state = self._meta.state
        self._new_id(page_id, "page_id")
        if app_id is None and state.apps:
            app_id = next(iter(state.apps))
        text = access_token or f"EAAPage{state.new_id()}"
        state.pages[page_id] = Page(
            page_id, name, text, leadgen_tos_accepted, lead_access_revoked
        )
        if app_id is not None:
            self.add_token(text, "page", app_id, [page_id], name=name)
        return text

    def set_lead_access(self, page_id: str, revoked: bool) -> None:
        self._known("pages", page_id).lead_access_revoked = revoked

    def set_terms(self, page_id: str, accepted: bool) -> None:
        self._known("pages", page_id).leadgen_tos_accepted = accepted

    def subscribe_app(
        self,
        app_id: str,
        callback_url: str,
        fields: list[str] = ("leadgen",),
        active: bool = True,
        include_values: bool = True,
        kind: str = "page",
    ) -> None:
        self._known("apps", app_id).subscriptions[kind] = AppSubscription(
            kind, callback_url, list(fields), include_values, active
        )

    def unsubscribe_page(self, page_id: str, app_id: str) -> None:
        self._known("pages", page_id).subscribed_apps.pop(app_id, None)

    def subscribe_page(
        self, page_id: str, app_id: str, fields: list[str] = ("leadgen",)
    ) -> None:
        self._known("apps", app_id)
        self._known("pages", page_id).subscribed_apps[app_id] = list(fields)

    def page_subscriptions(self, page_id: str) -> dict[str, list[str]]:
        return self._known("pages", page_id).subscribed_apps

    def app_subscriptions(self, app_id: str) -> dict[str, Any]:
        found = self._known("apps", app_id).subscriptions
        return {kind: asdict(subscription) for kind, subscription in found.items()}

    def add_form(
        self,
        form_id: str,
        page_id: str,
        name: str,
        questions: list[dict],
        locale: str = "en_US",
        status: str = "ACTIVE",
        custom_disclaimer: dict | None = None,
        tracking_parameters: dict[str, str] | None = None,
        created_time: int | None = None,
    ) -> None:
        state = self._meta.state
        self._known("pages", page_id)
        self._new_id(form_id, "form_id")
        made = []
        for question in questions:
            if not {"key", "type"} <= set(question):
                raise ValueError(f"a question needs key and type: {question!r}")
            made.append({"id": state.new_id(), "label": question["key"], **question})
        keys = [question["key"] for question in made]
        if len(set(keys)) != len(keys):
            raise ValueError(f"two questions have the same key: {keys}")
        state.forms[form_id] = Form(
            id=form_id,
            page_id=page_id,
            name=name,
            questions=made,
            locale=locale,
            status=_choice(status, FORM_STATUSES, "status"),
            custom_disclaimer=custom_disclaimer,
            tracking_parameters=tracking_parameters or {},
            created_time=int(state.now()) if created_time is None else created_time,
        )

    def add_dataset(
        self,
        dataset_id: str,
        name: str,
        is_crm: bool = True,
        is_unavailable: bool = False,
        account_id: str | None = None,
    ) -> None:
        self._new_id(dataset_id, "dataset_id")
        if account_id is not None:
            _id(account_id, "account_id")
        self._meta.state.datasets[dataset_id] = Dataset(
            dataset_id, name, is_crm, is_unavailable, account_id
        )

    def set_quality(
        self, dataset_id: str, rows: list[dict], agent_name: str = ""
    ) -> None:
        found = self._known("datasets", dataset_id)
        found.quality[agent_name] = quality.checked_rows(rows)

    def create_chat(
        self,
        channel: str,
        account_id: str,
        ad_id: str | None = None,
        number_id: str | None = None,
        phone: str | None = None,
        person_id: str | None = None,
        created_time: int | None = None,
    ) -> dict:
        _choice(channel, tuple(chats.ACCOUNT_KEYS), "channel")
        given = {
            "account_id": account_id,
            "ad_id": ad_id,
            "number_id": number_id,
            "phone": phone,
            "person_id": person_id,
        }
        for what, value in given.items():
            if value is not None:
                _id(value, what)
        del given["account_id"]
        state = self._meta.state
        return asdict(
            chats.new_chat(
                state, channel, account_id, created_time=created_time, **given
            )
        )

    async def deliver_chats(
        self,
        callback_url: str,
        app_id: str,
        chat_ids: list[str],
        text: str = "Hello",
        times: int = 1,
        signature: str = "valid",
    ) -> list[dict]:
        _choice(signature, webhooks.SIGNATURES, "signature")
        secret = self._known("apps", app_id).secret
        bodies = [chats.body(self._known("chats", key), text) for key in chat_ids]
        posts = [
            (callback_url, *webhooks.signed_post(body, secret, signature), [])
            for _ in range(times)
            for body in bodies
        ]
        return await self._post_all(posts, at_once=False)

    def create_lead(
        self, form_id: str, answers: dict | None = None, **details: Any
    ) -> str:
        state = self._meta.state
        if details.get("lead_id") is not None:
            self._new_id(details["lead_id"], "lead_id")
        lead = new_lead(state, self._known("forms", form_id), answers, **details)
        self._meta.announce(lead)
        return lead.id

    def delete_lead(self, lead_id: str) -> None:
        self._known("leads", lead_id).deleted = True

    def age_lead(self, lead_id: str, days: float) -> None:
        lead = self._known("leads", lead_id)
        lead.created_time = int(self._meta.state.now() - days * DAY)

    # -- webhooks -------------------------------------------------------------------

    async def deliver(
        self,
        callback_url: str,
        app_id: str,
        lead_ids: list[str] = (),
        together: bool | str = False,
        times: int = 1,
        ids_as: str = "text",
        signature: str = "valid",
        kind: str = "leadgen",
        at_once: bool = False,
    ) -> list[dict]:
        state = self._meta.state
        _choice(signature, webhooks.SIGNATURES, "signature")
        _choice(kind, webhooks.KINDS, "kind")
        _choice(ids_as, ("text", "int"), "ids_as")
        if together not in (True, False, "entries"):
            raise ValueError('together must be True, False or "entries"')
        webhooks.require_loopback(callback_url)
        secret = self._known("apps", app_id).secret
        leads: list[Lead] = [self._known("leads", lead_id) for lead_id in lead_ids]
        if not leads and kind != "ping":
            raise ValueError("no lead to deliver")
        made = webhooks.bodies(
            leads, int(state.now()), together=together, ids_as=ids_as, kind=kind
        )
        posts = []
        for _ in range(times):
            for number, body in enumerate(made):
                told = lead_ids if together else lead_ids[number : number + 1]
                raw, headers = webhooks.signed_post(body, secret, signature)
                posts.append((callback_url, raw, headers, told))
        return await self._post_all(posts, at_once)

    async def _post_all(self, posts: list[tuple], at_once: bool) -> list[dict]:
        if at_once:
            post = self._meta.postman.post
            return list(await asyncio.gather(*(post(*args) for args in posts)))
        return [await self._meta.postman.post(*args) for args in posts]

    async def post_raw(
        self,
        callback_url: str,
        app_id: str,
        body: str,
        signed: bool = True,
        headers: dict[str, str] | None = None,
    ) -> dict:
        """``body`` is base64."""
        raw = b64decode(body)
        secret = self._known("apps", app_id).secret
        told = webhooks.sign(raw, secret) if signed else {}
        told.update(headers or {})
        return await self._meta.postman.post(callback_url, raw, told, [])

    async def handshake(
        self,
        callback_url: str,
        verify_token: str,
        challenge: str | None = None,
        mode: str = "subscribe",
        leave_out: list[str] = (),
    ) -> dict:
        return await self._meta.postman.handshake(
            callback_url, verify_token, challenge, mode=mode, leave_out=leave_out
        )

    def set_auto_delivery(self, on: bool, retry_after: list[float] = ()) -> None:
        self._meta.state.settings.auto_delivery = on
        self._meta.state.settings.retry_after = tuple(retry_after)

    # -- trouble --------------------------------------------------------------------

    def script(self, path_pattern: str, answers: list[dict]) -> None:
        self._meta.scripts.add(path_pattern, answers)

    def script_named(
        self,
        name: str,
        path_pattern: str = "POST */events",
        times: int | None = 1,
        changes: dict | None = None,
    ) -> None:
        answer = {**scripts.named(name), "times": times, **(changes or {})}
        self._meta.scripts.add(path_pattern, [answer])

    def script_names(self) -> list[str]:
        return scripts.names()

    def scripts_left(self) -> int:
        return self._meta.scripts.left()

    def clear_scripts(self) -> None:
        self._meta.scripts.clear()
        self._meta.release()

    def set_latency(self, ms: int) -> None:
        self._meta.state.settings.latency_ms = ms

    def set_clock_offset(self, seconds: float) -> None:
        self._meta.state.settings.clock_offset = seconds

    def set_unknown_leads_count(self, on: bool) -> None:
        self._meta.state.settings.unknown_leads_count = on

    def set_max_page_size(self, limit: int) -> None:
        self._meta.state.settings.max_page_size = limit

    def set_paging_faults(self, faults: list[str]) -> None:
        for fault in faults:
            _choice(fault, PAGING_FAULTS, "fault")
        self._meta.state.settings.paging_faults = frozenset(faults)

    # -- what happened --------------------------------------------------------------

    def report(self) -> dict:
        return self._meta.ledger.report()

    def requests(self, path_pattern: str = "*") -> list[dict]:
        def wanted(line: GraphRequest) -> bool:
            return scripts.matches(path_pattern, line.method, line.path)

        return [asdict(line) for line in self._meta.ledger.requests if wanted(line)]


class ControlApi:
    """Dispatches control requests to :class:`Commands`.

    The server listens on 127.0.0.1 only, so every peer is on this machine.
    """

    def __init__(self, meta: FakeMeta) -> None:
        self._commands = Commands(meta)

    async def handle(self, request: web.Request) -> web.Response:
        name = request.match_info["command"]
        command = None if name[0] == "_" else getattr(self._commands, name, None)
        if command is None:
            return web.json_response({"error": f"no command {name}"}, status=404)
        try:
            arguments = await request.json() if request.can_read_body else {}
            inspect.signature(command).bind(**arguments)
            result = command(**arguments)
            if inspect.isawaitable(result):
                result = await result
        except (ValueError, LookupError, TypeError) as error:
            text = error.args[0] if error.args else type(error).__name__
            return web.json_response({"error": str(text)}, status=400)
        return web.json_response({"result": result})
