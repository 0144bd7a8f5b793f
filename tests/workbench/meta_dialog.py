"""Meta's login window, gone through as a person does, without a browser."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import requests

from .rpc import Session

CALLBACK = "/meta_crm_capi/extension/callback"
_DIALOG = re.compile(r"name=id value=(\S+)>")


def press(url: str, button: str = "Continue") -> dict[str, str]:
    """Press a button of the window at this address.

    :return: the query that Meta comes back with, without going there
    :raise AssertionError: when Meta shows an error instead; with its page
    """
    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.get(url, timeout=10)
        number = _DIALOG.search(page.text)
        if number is None:
            raise AssertionError(f"Meta shows no window: {page.text}")
        answer = browser.post(
            url.split("/oauth?")[0] + "/answer",
            data={"id": number[1], "press": button},
            allow_redirects=False,
            timeout=10,
        )
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def open_dialog(session: Session, connection: int, entry: str) -> str:
    """The address of the window for an entry point of a connection."""
    return session("meta.connection", "get_extension_dialog", [connection], entry)


def connect(session: Session, connection: int, entry: str) -> str:
    """The whole way; returns the page on which the window ends."""
    query = press(open_dialog(session, connection, entry))
    return session.get(CALLBACK, query)
