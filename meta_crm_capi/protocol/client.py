"""The only place that talks HTTP: one call to the Graph API at a time.

:class:`GraphClient` gives back a :class:`.reply.Result` for every call; nothing that
can go wrong on the way raises. A wrong argument does (``ValueError``), before
anything is sent. Which calls there are is :mod:`.calls` and :mod:`.calls_health`.

The access token travels in the Authorization header only, so that no proxy or log
sees it in an address; a ``.netrc`` entry for the host never replaces it. Proxies
and CA bundles of the environment are obeyed, as a company's network may demand;
for a loopback address proxies are not asked. Cookies are not kept, redirects are
not followed.

Sources: Graph API "Overview" and "Secure Graph API calls".
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from .address import checked_path, checked_url, checked_version, is_loopback
from .answer import classify, json_object
from .calls_health import HealthCalls
from .deadline import Deadline, guard
from .redact import redact
from .reply import Reply, Result
from .signature import appsecret_proof
from .words import _lt

__all__ = [
    "MAX_BYTES",
    "TIMEOUT",
    "GraphClient",
    "Reply",
    "Result",
    "is_token",
    "new_session",
]

#: Seconds for one whole exchange. A batch answers within one; what takes longer is
#: repeated later with the same bytes.
TIMEOUT = 30
#: Largest answer that is read (bytes); a page of leads stays far below.
MAX_BYTES = 8 * 1024 * 1024

_CHUNK = 64 * 1024
_TOKEN = re.compile(r"[!-~]+")


def is_token(value: object) -> bool:
    """Whether this can be an access token: text that fits into a header."""
    return isinstance(value, str) and _TOKEN.fullmatch(value.strip()) is not None


class GraphClient(HealthCalls):
    """Calls of one access token.

    Use one client per thread. Close it, or use it in a ``with`` block.

    :param url: see :func:`.address.checked_url`
    :param version: see :func:`.address.checked_version`
    :param token: access token of a system user, a page, or an app
    :param app_secret: proves with every call that the caller has the secret of the
        token's app (``appsecret_proof``)
    :param timeout: seconds for one whole exchange
    :param session: one made by :func:`new_session`, to share its connections among
        clients; the client then leaves it open
    :param max_bytes: largest answer to read
    :raises ValueError: when an argument cannot be used; never shows the token
    """

    def __init__(
        self,
        url: str,
        version: str,
        token: str,
        *,
        app_secret: str | None = None,
        timeout: float = TIMEOUT,
        session: requests.Session | None = None,
        max_bytes: int = MAX_BYTES,
    ):
        base = checked_url(url)
        if not is_token(token):
            raise ValueError("The access token is empty or has a foreign character.")
        if not timeout > 0:
            raise ValueError("The time-out must be more than 0 seconds.")
        token = token.strip()
        self._base = f"{base}/{checked_version(version)}"
        self._token = token
        self._auth = _Bearer(token)
        self._proof = appsecret_proof(token, app_secret) if app_secret else None
        self._secrets = tuple(filter(None, (token, app_secret, self._proof)))
        local = is_loopback(urlsplit(base).hostname)
        self._proxies = dict.fromkeys(("http", "https", "all")) if local else {}
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._session = session or new_session()
        self._owns_session = session is None

    def __repr__(self) -> str:
        return f"<GraphClient {self._base}>"

    def __enter__(self) -> GraphClient:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless the session was given."""
        if self._owns_session:
            self._session.close()

    def get(self, path: str, params: Mapping[str, object] | None = None) -> Result:
        return self._call("GET", path, params=params)

    def post(self, path: str, params: Mapping[str, object] | None = None) -> Result:
        return self._call("POST", path, data=dict(params or {}))

    def post_json(self, path: str, body: bytes) -> Result:
        return self._call("POST", path, data=body, content_type="application/json")

    def delete(self, path: str, params: Mapping[str, object] | None = None) -> Result:
        return self._call("DELETE", path, params=params)

    def failed(self, failure: str) -> Result:
        return self._result(Reply(None, failure=failure))

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, object] | None = None,
        data: bytes | dict | None = None,
        content_type: str | None = None,
    ) -> Result:
        address = f"{self._base}/{checked_path(path)}"
        query = dict(params or {})
        if self._proof:
            query["appsecret_proof"] = self._proof
        start = time.monotonic()
        with Deadline(self._timeout) as deadline:
            try:
                with self._session.request(
                    method,
                    address,
                    params=query,
                    data=data,
                    headers={"Content-Type": content_type} if content_type else None,
                    auth=self._auth,
                    timeout=self._timeout,
                    proxies=dict(self._proxies),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    reply = self._read(response)
                failure = None
            # Not only the exceptions of requests (OSError): some of the layers below
            # come through, and a host name may be one that nothing can encode.
            except (OSError, HTTPError, HTTPException, ValueError) as error:
                failure = self._words(error)
        if deadline.passed:
            failure = self._timed_out()
        if failure:
            was_sent = deadline.wrote or not deadline.dialled
            reply = Reply(None, failure=failure, was_sent=was_sent)
        elapsed = round((time.monotonic() - start) * 1000)
        return self._result(replace(reply, duration_ms=elapsed))

    def _read(self, response: requests.Response) -> Reply:
        status = response.status_code
        headers = {name.lower(): text for name, text in response.headers.items()}
        if 300 <= status < 400:
            failure = _lt(
                "redirected to another address (%(status)s), which is not followed"
            ) % {"status": status}
            return Reply(status, headers, failure=failure)
        # Older releases of urllib3 take a body that breaks off for a whole one.
        response.raw.enforce_content_length = True
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > self._max_bytes:
                limit = f"{self._max_bytes:,} bytes"
                return Reply(
                    None,
                    headers,
                    failure=_lt("answer larger than %(limit)s") % {"limit": limit},
                )
        return Reply(status, headers, bytes(body))

    def _result(self, reply: Reply) -> Result:
        answer = classify(reply.status, reply.headers, reply.body)
        answer = replace(
            answer,
            title=redact(answer.title, self._secrets),
            message=reply.failure or redact(answer.message, self._secrets),
            warnings=tuple(redact(text, self._secrets) for text in answer.warnings),
        )
        data = json_object(reply.body) if answer.accepted else None
        return Result(reply, answer, data)

    def _timed_out(self) -> str:
        return _lt("timed out after %(timeout)s s") % {"timeout": f"{self._timeout:g}"}

    def _words(self, error: Exception) -> str:
        """Why an exchange failed. An exception's own text may hold the address."""
        causes = list(_causes(error))

        def find(*kinds: type[BaseException]) -> BaseException | None:
            return next((cause for cause in causes if isinstance(cause, kinds)), None)

        if find(requests.Timeout, TimeoutError):
            return self._timed_out()
        if find(socket.gaierror):
            return _lt("the host name could not be resolved")
        if refused := find(ssl.SSLError):
            reason = getattr(refused, "verify_message", "") or refused.reason or ""
            return redact(
                (_lt("no secure connection: %(reason)s") % {"reason": reason}).rstrip(
                    ": "
                ),
                self._secrets,
            )
        if find(requests.exceptions.ProxyError):
            return _lt("the proxy did not make the connection")
        if find(ConnectionRefusedError):
            return _lt("connection refused")
        # Whether a reset or an end is seen first is a matter of moments.
        cut = ConnectionResetError, BrokenPipeError
        if find(requests.exceptions.ChunkedEncodingError, HTTPException, *cut):
            return _lt("the connection was closed before the answer was complete")
        reasons = [cause.strerror for cause in causes if isinstance(cause, OSError)]
        reason = next(filter(None, reasons), type(error).__name__)
        return redact(
            _lt("the connection failed: %(reason)s") % {"reason": reason}, self._secrets
        )


def new_session() -> requests.Session:
    """A session for one or several clients, with connections that obey a deadline."""
    session = _Session()
    adapter = _Adapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.headers.update(
        {
            "Accept": "application/json",
            # Size and completeness of an answer are then what the wire says.
            "Accept-Encoding": "identity",
            "User-Agent": "meta_crm_capi",
        }
    )
    return session


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        # Otherwise the body of a redirect is read whole before it is given back.
        return None


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args, **kwargs) -> None:
        super().init_poolmanager(*args, **kwargs)
        guard(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs):
        manager = super().proxy_manager_for(proxy, **kwargs)
        # A SOCKS proxy brings connections of its own; between two reads the
        # time-out still holds there.
        if not proxy.lower().startswith("socks"):
            guard(manager)
        return manager


class _Bearer(AuthBase):
    """Sets the header; as an ``auth`` it also keeps ``.netrc`` from being read."""

    def __init__(self, token: str):
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and all that it wraps, outermost first."""
    waiting, seen = [error], set()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (cause.__cause__, cause.__context__, getattr(cause, "reason", None))
        for part in (*inner, *cause.args):
            if isinstance(part, BaseException):
                waiting.append(part)
