"""One real stand-in for the whole run; every test starts from the same small stage."""

from __future__ import annotations

import hashlib
import http.server
import threading
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from .control import FakeMetaControl
from .process import FakeMetaProcess

APP, SECRET = "1000000000000001", "odoo-test-app-secret"
PAGE, PAGE_TOKEN = "110000000000001", "page-token"
OTHER_PAGE = "110000000000002"
FORM = "220000000000001"
DATASET, OTHER_DATASET = "500000000000001", "500000000000002"
TOKEN = "system-user-token"
QUESTIONS = [
    {"key": "full_name", "type": "FULL_NAME", "label": "Name"},
    {"key": "email", "type": "EMAIL", "label": "E-mail"},
    {"key": "phone_number", "type": "PHONE", "label": "Phone"},
    {
        "key": "which_size?",
        "type": "CUSTOM",
        "label": "Which size?",
        "options": [
            {"key": "small_(1-5)", "value": "Small (1-5)"},
            {"key": "large", "value": "Large"},
        ],
    },
]
ANSWERS = {"full_name": "Ana Test", "email": "ana@example.com"}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Stage:
    """The stage with shortcuts for the calls that a CRM makes."""

    def __init__(self, url: str, control: FakeMetaControl) -> None:
        self.url = url
        self.control = control
        self.http = requests.Session()
        self.http.trust_env = False
        control.reset()
        control.add_app(APP, SECRET)
        control.add_page(PAGE, "Page", PAGE_TOKEN)
        control.add_page(OTHER_PAGE, "Other page", "other-page-token")
        control.add_dataset(DATASET, "CRM dataset")
        control.add_dataset(OTHER_DATASET, "Other dataset")
        control.add_form(FORM, PAGE, "Form", QUESTIONS)
        control.add_token(
            TOKEN, "system_user", app_id=APP, page_ids=[PAGE], dataset_ids=[DATASET]
        )

    def call(
        self, method: str, path: str, token: str | None = None, **options: Any
    ) -> requests.Response:
        if not path.startswith("/"):
            path = f"/v26.0/{path}"
        headers = dict(options.pop("headers", {}))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self.http.request(
            method, self.url + path, headers=headers, timeout=10, **options
        )

    def get(self, path: str, token: str | None = PAGE_TOKEN, **params: Any) -> Any:
        """The JSON of a GET; Graph parameters as keywords."""
        return self.call("GET", path, token, params=params).json()

    def lead(self, **details: Any) -> str:
        return self.control.create_lead(FORM, ANSWERS, **details)

    def event(self, lead_id: str | None = None, **changes: Any) -> dict[str, Any]:
        """A sound CRM event; None among the changes takes a key away."""
        if "user_data" not in changes:
            changes["user_data"] = {"lead_id": int(lead_id or self.lead())}
        event: dict[str, Any] = {
            "event_name": "initial_lead",
            "event_time": int(time.time()),
            "action_source": "system_generated",
            "event_id": f"id-{time.perf_counter_ns()}",
            "custom_data": {"event_source": "crm", "lead_event_source": "Odoo"},
        }
        event |= changes
        return {key: value for key, value in event.items() if value is not None}

    def send(
        self, *events: Any, token: str = TOKEN, dataset: str = DATASET, **root: Any
    ) -> requests.Response:
        body = {"data": list(events), **root}
        return self.call("POST", f"{dataset}/events", token, json=body)


def codes(answer: requests.Response | dict) -> tuple[int, int | None]:
    """(code, subcode) of an error answer; fails on any other."""
    body = answer if isinstance(answer, dict) else answer.json()
    error = body["error"]
    assert error["fbtrace_id"].startswith("A")
    assert error["type"] in ("OAuthException", "GraphMethodException")
    return error["code"], error.get("error_subcode")


class Callback:
    """A webhook receiver: keeps every request; ``statuses`` are answered in turn."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.queries: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self.verify_token = "verify-me"
        self.echo = True
        callback = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = dict(parse_qsl(urlsplit(self.path).query))
                callback.queries.append(query)
                sound = query.get("hub.verify_token") == callback.verify_token
                text = query.get("hub.challenge", "") if callback.echo else "hello"
                self._answer(200 if sound else 403, text if sound else "")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                callback.posts.append((dict(self.headers), body))
                status = callback.statuses.pop(0) if callback.statuses else 200
                self._answer(status, "ok")

            def _answer(self, status: int, text: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *words: object) -> None:
                """Silent."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def wait_for_posts(self, count: int, timeout: float = 10) -> None:
        end = time.monotonic() + timeout
        while len(self.posts) < count and time.monotonic() < end:
            time.sleep(0.01)
        assert len(self.posts) >= count

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="session")
def process():
    with FakeMetaProcess() as running:
        yield running


@pytest.fixture
def meta(process):
    stage = Stage(process.url, process.control)
    yield stage
    stage.http.close()


@pytest.fixture
def callback():
    receiver = Callback()
    yield receiver
    receiver.stop()
