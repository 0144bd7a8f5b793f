"""A real Chromium, driven over its DevTools protocol with a real mouse and keyboard."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import websocket

from tests.workbench import browser
from tests.workbench.layout import Layout
from tests.workbench.processes import Process, wait_until

WIDTH, HEIGHT = 1366, 900
PATIENCE = 20.0
#: What keys write that are pressed by their names.
WRITTEN = {"Enter": "\r", " ": " "}


class PageError(AssertionError):
    """JavaScript in the page failed, or what was waited for did not come."""


def told_failure(event: dict[str, Any]) -> str | None:
    """What a DevTools event says in red in the page's console; None for the others.

    An exception that nobody caught, ``console.error``, and what the browser itself
    reports: a file that is not there, a request that the server failed at.
    """
    told = event.get("params", {})
    if event.get("method") == "Runtime.exceptionThrown":
        details = told["exceptionDetails"]
        return details.get("exception", {}).get("description") or details["text"]
    if event.get("method") == "Runtime.consoleAPICalled":
        if told["type"] in ("error", "assert"):
            return " ".join(
                str(part.get("value", part.get("description", "")))
                for part in told["args"]
            )
    elif event.get("method") == "Log.entryAdded" and told["entry"]["level"] == "error":
        return f"{told['entry']['text']} {told['entry'].get('url', '')}".strip()
    return None


class Chromium:
    """A browser process; :meth:`tab` opens a window without anybody's cookies."""

    def __init__(self, layout: Layout) -> None:
        self._folder = tempfile.TemporaryDirectory(
            prefix="chromium_", ignore_cleanup_errors=True
        )
        profile = Path(self._folder.name)
        self._process = Process(
            "Chromium",
            [
                # Odoo limits the memory of the process that these tests run in.
                *("prlimit", "--as=unlimited:"),
                browser.ensure(layout),
                "--headless=new",
                "--no-sandbox",
                "--no-first-run",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-extensions",
                "--lang=en-US",
                f"--window-size={WIDTH},{HEIGHT}",
                f"--user-data-dir={profile}",
                "--remote-debugging-port=0",
                "--remote-allow-origins=*",
                "about:blank",
            ],
            log=layout.logs / "chromium.log",
        )
        port_file = profile / "DevToolsActivePort"
        wait_until(
            lambda: port_file.exists() and len(port_file.read_text().split()) == 2,
            timeout=PATIENCE,
            what="Chromium's DevTools port",
        )
        port, path = port_file.read_text().split()
        self._address = f"ws://127.0.0.1:{port}{path}"

    def tab(self) -> Tab:
        return Tab(self._address)

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.stop()
        self._folder.cleanup()


class Tab:
    """One tab with cookies of its own. Close it, or use ``with``."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(address, timeout=PATIENCE)
        self._ids = itertools.count(1)
        self._session: str | None = None
        #: What the page's console said in red.
        self.failures: list[str] = []
        #: Parts of what it may say: a test that breaks something on purpose adds them.
        self.foreseen: list[str] = []
        context = self.call("Target.createBrowserContext", disposeOnDetach=True)
        target = self.call(
            "Target.createTarget",
            url="about:blank",
            browserContextId=context["browserContextId"],
        )
        self._session = self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )["sessionId"]
        self.call("Page.enable")
        self.call("Runtime.enable")
        self.call("Log.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=WIDTH,
            height=HEIGHT,
            deviceScaleFactor=1,
            mobile=False,
        )

    def __enter__(self) -> Tab:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._socket.close()

    # --- protocol ---------------------------------------------------------

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One DevTools command; events that arrive meanwhile are looked through."""
        message = {"id": next(self._ids), "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == message["id"]:
                if "error" in answer:
                    raise PageError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            if failure := told_failure(answer):
                self.failures.append(failure)

    def unforeseen(self) -> list[str]:
        """What the console said in red, and no test had in mind."""
        # What came in since the last call is read with the answer to this one.
        self.run("() => true")
        return [
            failure
            for failure in self.failures
            if not any(words in failure for words in self.foreseen)
        ]

    def run(self, script: str, *arguments: Any) -> Any:
        """Call a JavaScript function (given as text) in the page; returns its value."""
        words = ", ".join(json.dumps(argument) for argument in arguments)
        answer = self.call(
            "Runtime.evaluate",
            expression=f"({script})({words})",
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageError(details.get("exception", {}).get("description", details))
        return answer["result"].get("value")

    def wait(self, script: str, *arguments: Any, what: str) -> Any:
        """Call a function until its value is true; returns that.

        :raise PageError: when it is not within :data:`PATIENCE` seconds
        """
        deadline = time.monotonic() + PATIENCE
        reason = ""
        while time.monotonic() < deadline:
            # While the page changes, what is asked of it may fail.
            with contextlib.suppress(PageError):
                if found := self.run(script, *arguments):
                    return found
            time.sleep(0.1)
        with contextlib.suppress(PageError):
            reason = self.run("() => document.body.innerText.slice(0, 3000)")
        raise PageError(
            f"not within {PATIENCE:.0f} s: {what}. The page says:\n{reason}"
        )

    # --- a person's hands and eyes ----------------------------------------

    def go(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def set_cookie(self, url: str, name: str, value: str) -> None:
        self.call("Network.setCookie", url=url, name=name, value=value)

    def mouse(self, kind: str, x: float, y: float, buttons: int = 0) -> None:
        """``kind``: mousePressed, mouseReleased or mouseMoved."""
        self.call(
            "Input.dispatchMouseEvent",
            type=kind,
            x=x,
            y=y,
            button="left" if kind != "mouseMoved" or buttons else "none",
            buttons=buttons,
            clickCount=0 if kind == "mouseMoved" else 1,
        )

    def click_at(self, x: float, y: float) -> None:
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, buttons=1)
        self.mouse("mouseReleased", x, y)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press, move in small steps as a hand does, and let go."""
        steps = 20
        self.mouse("mouseMoved", *start)
        self.mouse("mousePressed", *start, buttons=1)
        for step in range(1, steps + 1):
            x, y = (a + (b - a) * step / steps for a, b in zip(start, end, strict=True))
            self.mouse("mouseMoved", x, y, buttons=1)
            time.sleep(0.02)
        time.sleep(0.2)
        self.mouse("mouseReleased", *end)

    def write(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int) -> None:
        """``key`` as DevTools names it, " " for the space bar; ``code``: its number."""
        for kind in ("keyDown", "keyUp"):
            # Only a key that writes something presses a button.
            text = WRITTEN.get(key) if kind == "keyDown" else None
            written = {"text": text} if text else {}
            self.call(
                "Input.dispatchKeyEvent",
                **written,
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
            )

    def photograph(self, path: Path) -> None:
        """Save what can be seen as a PNG."""
        image = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(image))
