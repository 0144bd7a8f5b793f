"""The HTTP server: reads Graph calls, applies scripts, answers as Meta does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from .call import GraphCall, read_call, split_path
from .control_api import ControlApi
from .dialog import Dialog
from .extension_state import Install
from .graph import Graph
from .leads import new_test_lead
from .ledger import GraphRequest, Ledger, ReceivedEvent
from .rules import Refusal
from .scripts import ScriptedAnswer, Scripts
from .state import Form, Lead, MetaState
from .subscriptions import callbacks_for
from .webhooks import Postman, bodies, install_body

# 1,000 events of about 25 kB.
MAX_BODY = 32 * 2**20
CONTROL = "/_control/"
_TRACE = "fbtrace_id"


class FakeMeta:
    """One stand-in: its memory, its two sides and its log."""

    def __init__(self) -> None:
        self.state = MetaState()
        self.ledger = Ledger()
        self.scripts = Scripts()
        self.postman = Postman(self.ledger.webhooks)
        self.released = asyncio.Event()
        self.control = ControlApi(self)
        self.dialog = Dialog(self.state, self.announce_install)
        self._make_graph()

    def _make_graph(self) -> None:
        self.graph = Graph(self.state, self.ledger, self.postman.verify, self.test_lead)

    def reset(self) -> None:
        """Forget everything but the counter of invented ids; let hung calls go."""
        self.state.reset()
        self.ledger = Ledger()
        self.scripts.clear()
        self.postman.forget()
        self.postman.log = self.ledger.webhooks
        self.release()
        self._make_graph()

    def release(self) -> None:
        """End the calls that a script has hung, without an answer."""
        self.released.set()
        self.released = asyncio.Event()

    def test_lead(self, form: Form, entries: Any, boxes: Any) -> Lead:
        lead = new_test_lead(self.state, form, entries, boxes)
        self.announce(lead)
        return lead

    def announce(self, lead: Lead) -> None:
        """Post the webhooks of a new lead where automatic delivery is on."""
        settings = self.state.settings
        if not settings.auto_delivery:
            return
        page = self.state.pages[lead.page_id]
        for app, subscription in callbacks_for(self.state, page):
            kind = "leadgen" if subscription.include_values else "changed_fields"
            body = bodies([lead], int(self.state.now()), kind=kind)[0]
            self.postman.announce(
                app, subscription.callback_url, body, lead.id, settings.retry_after
            )

    def announce_install(self, install: Install) -> None:
        """Post the webhook of an install where automatic delivery is on."""
        settings = self.state.settings
        app = self.state.apps[install.app_id]
        subscription = app.subscriptions.get("user")
        if not settings.auto_delivery or subscription is None:
            return
        if subscription.active and "fbe_install" in subscription.fields:
            self.postman.announce(
                app,
                subscription.callback_url,
                install_body(install, int(self.state.now())),
                install.external_business_id,
                settings.retry_after,
            )

    # -- one call -----------------------------------------------------------------

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Any request to the Graph side, or of a person to the login dialog."""
        _version, path = split_path(request.path)
        if path[:1] == ("dialog",):
            return await self.dialog.handle(request, path)
        line = GraphRequest(
            index=len(self.ledger.requests),
            method=request.method,
            path=request.path,
            query=request.query_string,
            at=self.state.now(),
            user_agent=request.headers.get("User-Agent"),
        )
        self.ledger.requests.append(line)
        script = self.scripts.take(request.method, request.path)
        line.scripted = script is not None
        if script and script.close_before:
            return _cut(request)
        try:
            call = await read_call(request)
        except (ConnectionError, asyncio.IncompleteReadError):
            return _cut(request)
        line.token, line.token_in = call.token, call.token_in
        line.proof_in, line.body_sha256 = call.proof_in, call.body_sha256
        line.event_count = _event_count(call)
        if script and script.hang:
            await self._hang(request)
            return _cut(request)
        if script and script.replaces:
            return await self._answer_script(request, line, script)
        return await self._answer(request, line, call, script)

    async def _hang(self, request: web.Request) -> None:
        """Wait until the client gives up or the test lets go."""
        released = self.released
        while not released.is_set() and _connected(request):
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(released.wait(), 0.05)

    async def _answer_script(
        self, request: web.Request, line: GraphRequest, script: ScriptedAnswer
    ) -> web.StreamResponse:
        content, content_type = script.content()
        status = script.status or 200
        headers = {"Content-Type": content_type, **script.headers}
        if isinstance(script.body, dict):
            content = _with_trace(script.body, line)
        return await self._send(request, line, status, content, headers, script, ())

    async def _answer(
        self,
        request: web.Request,
        line: GraphRequest,
        call: GraphCall,
        script: ScriptedAnswer | None,
    ) -> web.StreamResponse:
        taken: Sequence[ReceivedEvent] = ()
        status = 200
        try:
            base_url = f"{request.scheme}://{request.host}"
            body, taken = await self.graph.answer(call, base_url)
        except Refusal as refusal:
            status = refusal.rule.status
            body = {"error": refusal.error()}
            if line.event_count is not None and call.path[1:] == ("events",):
                self.ledger.refused.append(_refused(call, line, refusal))
        is_events = call.path[1:] == ("events",)
        content = (
            _with_trace(body, line)
            if status != 200 or is_events
            else json.dumps(body).encode()
        )
        headers = self._headers(call, is_events)
        if script:
            headers |= script.headers
        return await self._send(request, line, status, content, headers, script, taken)

    def _headers(self, call: GraphCall, is_events: bool) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "facebook-api-version": f"v{call.version}.0",
            "x-fb-request-id": secrets.token_urlsafe(8),
            "Cache-Control": "private, no-cache, no-store, must-revalidate",
        }
        if call.version_warning:
            headers["X-Ad-Api-Version-Warning"] = call.version_warning
        token = self.state.find_token(call.token or "")
        small = {"call_count": 1, "total_cputime": 1, "total_time": 1}
        if token and (token.kind != "page" or is_events):
            headers["X-App-Usage"] = json.dumps(small)
        if token and (token.kind == "page" or is_events):
            usage = {
                "type": "ads_management" if is_events else "leadgen",
                **small,
                "estimated_time_to_regain_access": 0,
            }
            owner = call.path[0] if is_events else token.user_id
            headers["X-Business-Use-Case-Usage"] = json.dumps({owner: [usage]})
        return headers

    async def _send(
        self,
        request: web.Request,
        line: GraphRequest,
        status: int,
        content: bytes,
        headers: Mapping[str, str],
        script: ScriptedAnswer | None,
        taken: Sequence[ReceivedEvent],
    ) -> web.StreamResponse:
        """Wait, write, and note in the log whether the answer went out whole."""
        line.status = status
        latency = self.state.settings.latency_ms + (script.delay_ms if script else 0)
        if latency:
            await asyncio.sleep(latency / 1000)
        if script and script.close_after_accepting:
            return _cut(request)
        cut = script.truncate_at if script else None
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = len(content)
        try:
            await response.prepare(request)
            await response.write(content[:cut])
            if cut is not None and cut < len(content):
                return _cut(request, response)
            await response.write_eof()
        except ConnectionError:
            return response
        line.answer_delivered = True
        for event in taken:
            event.answer_delivered = True
        return response


def _connected(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()


def _cut(
    request: web.Request, response: web.StreamResponse | None = None
) -> web.StreamResponse:
    """Close the connection; what was written before still goes out."""
    if request.transport is not None:
        request.transport.close()
    return response or web.Response(status=400)


def _with_trace(body: dict[str, Any], line: GraphRequest) -> bytes:
    """Add fbtrace_id where Meta puts it and note the answer in the log."""
    trace = "A" + secrets.token_urlsafe(16)
    line.fbtrace_id = trace
    error = body.get("error")
    if isinstance(error, dict):
        line.code, line.subcode = error.get("code"), error.get("error_subcode")
        body = {"error": {**error, _TRACE: error.get(_TRACE, trace)}}
    elif "events_received" in body:
        body = {**body, _TRACE: trace}
    return json.dumps(body).encode()


def _event_count(call: GraphCall) -> int | None:
    """How many events a request carries; None where it is none of events."""
    if call.method != "POST" or call.path[1:] != ("events",):
        return None
    data = call.params.get("data")
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError:
            return 0
    return len(data) if isinstance(data, list) else 0


def _refused(call: GraphCall, line: GraphRequest, refusal: Refusal) -> dict[str, Any]:
    error = refusal.error()
    data = call.params.get("data")
    events = data if isinstance(data, list) else []
    return {
        "request": line.index,
        "dataset_id": call.path[0],
        "rule": refusal.rule.name,
        "status": refusal.rule.status,
        "code": error["code"],
        "subcode": error.get("error_subcode"),
        "message": refusal.text,
        "event_count": line.event_count,
        "event_ids": [
            event.get("event_id") for event in events if isinstance(event, dict)
        ],
    }


def make_app(meta: FakeMeta) -> web.Application:
    """The aiohttp application: /_control/* for the test, the rest is Meta."""

    async def close(app: web.Application) -> None:
        meta.release()
        await meta.postman.close()

    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_route("POST", CONTROL + "{command}", meta.control.handle)
    app.router.add_route("*", "/{path:.*}", meta.handle)
    app.on_shutdown.append(close)
    return app
