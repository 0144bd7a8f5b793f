"""One Graph call as it arrived: version, path, parameters, token, proof."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from .events import decode_json
from .rules import Refusal
from .vocabulary import NEWEST_VERSION, OLDEST_MARKETING_VERSION, OLDEST_VERSION

_VERSION = re.compile(r"v(\d+)\.(\d+)")


@dataclass
class GraphCall:
    """``body`` is the text of a JSON body, None for a form or no body.

    ``body_sha256`` is of its raw bytes; None for no body and for multipart.
    """

    method: str
    path: tuple[str, ...]
    asked_version: int | None
    params: dict[str, Any]
    body: str | None
    token: str | None
    token_in: str | None
    proof: str | None
    proof_in: str | None
    body_sha256: str | None
    # Set once the call turns out to be one of the Marketing API.
    is_marketing: bool = False

    @property
    def version(self) -> int:
        """The version that serves the call.

        Meta: versioning. An unknown or missing version is served by the oldest one,
        an expired one by the oldest that still lives.
        """
        asked = self.asked_version or OLDEST_VERSION
        known = OLDEST_VERSION <= asked <= NEWEST_VERSION
        served = asked if known else OLDEST_VERSION
        return max(served, OLDEST_MARKETING_VERSION) if self.is_marketing else served

    @property
    def version_warning(self) -> str | None:
        """Meta raises an expired version silently, but for this header's text."""
        if self.asked_version is None or self.asked_version >= self.version:
            return None
        return (
            f"The call has been auto-upgraded to v{self.version}.0 as "
            f"v{self.asked_version}.0 has been deprecated."
        )

    def param(self, name: str) -> str | None:
        """A parameter as text; structures come back as JSON. Absent or null: None."""
        value = self.params.get(name)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        return json.dumps(value)

    def required(self, name: str) -> str:
        value = self.param(name)
        if not value:
            raise Refusal("parameter_required", name=name)
        return value

    def names(self, name: str) -> list[str]:
        """A parameter that is a list of names: comma separated, or a JSON array."""
        value = self.params.get(name)
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                value = value.split(",")
        if isinstance(value, str):
            value = [value]
        items = value if isinstance(value, list) else []
        return [str(item).strip() for item in items if str(item).strip()]


def split_path(path: str) -> tuple[int | None, tuple[str, ...]]:
    """``/v26.0/123/events`` -> 26, ("123", "events"); no version -> None."""
    parts = tuple(part for part in path.split("/") if part)
    match = _VERSION.fullmatch(parts[0]) if parts else None
    if match:
        return int(match[1]), parts[1:]
    return None, parts


async def _body_params(request: web.Request) -> tuple[dict[str, Any], str | None]:
    """The parameters in the body and, for JSON, its text. A broken body holds none."""
    try:
        if request.content_type == "application/json":
            text = (await request.read()).decode("utf-8")
            root = decode_json(text)
            return (root, text) if isinstance(root, dict) else ({}, None)
        form = await request.post()
    except (ValueError, LookupError):
        return {}, None
    return {key: value for key, value in form.items() if isinstance(value, str)}, None


async def read_call(request: web.Request) -> GraphCall:
    """Read the whole request. A body of JSON, form or multipart; Bearer or parameter.

    The proof counts in the query string only: Meta's own SDKs send it there, and in
    the body of a POST it has been seen ignored.
    """
    multipart = request.content_type.startswith("multipart/")
    raw = b"" if multipart else await request.read()
    in_body, text = await _body_params(request)
    in_query = dict(request.query)
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token, token_in = None, None
    if scheme.lower() in ("bearer", "oauth") and bearer.strip():
        token, token_in = bearer.strip(), "header"
    elif in_query.get("access_token"):
        token, token_in = in_query["access_token"], "query"
    elif isinstance(in_body.get("access_token"), str) and in_body["access_token"]:
        token, token_in = in_body["access_token"], "body"
    proof_in = next(
        (
            place
            for place, params in (("query", in_query), ("body", in_body))
            if "appsecret_proof" in params
        ),
        None,
    )
    asked_version, path = split_path(request.path)
    return GraphCall(
        method=request.method,
        path=path,
        asked_version=asked_version,
        params={**in_query, **in_body},
        body=text,
        token=token,
        token_in=token_in,
        proof=in_query.get("appsecret_proof"),
        proof_in=proof_in,
        body_sha256=hashlib.sha256(raw).hexdigest() if raw else None,
    )
