"""Proofs of origin: X-Hub-Signature-256, appsecret_proof and the verify token."""

from __future__ import annotations

import hashlib
import hmac
import re

_HEADER = re.compile(r"sha256=([0-9a-f]{64})")


def verify(raw: bytes, header: str | None, app_secret: str) -> bool:
    """Tell whether `header` is Meta's signature of the body `raw`.

    `raw` is the body exactly as received: Meta signs bytes, and a dictionary that was
    written again has other bytes. `header` is the value of X-Hub-Signature-256,
    "sha256=" and 64 lower-case hex digits (Meta: Webhooks, getting started). Anything
    missing, empty, malformed or not SHA-256 gives False; nothing raises.
    """
    if not isinstance(raw, (bytes, bytearray)) or not isinstance(header, str):
        return False
    if not isinstance(app_secret, str) or not app_secret.strip():
        return False
    match = _HEADER.fullmatch(header)
    if match is None:
        return False
    return hmac.compare_digest(match[1], _hmac_sha256(app_secret, bytes(raw)))


def appsecret_proof(token: str, app_secret: str) -> str:
    """Return the proof that a call with `token` comes from the app's own server.

    64 lower-case hex digits: HMAC-SHA256 of the token with the app secret as key
    (Meta: Graph API, securing requests). ValueError where one of them is empty.
    """
    if not token or not app_secret:
        raise ValueError("appsecret_proof needs an access token and an app secret")
    return _hmac_sha256(app_secret, _utf8(token))


def verify_token_matches(configured: str | None, given: str | None) -> bool:
    """Tell whether the `hub.verify_token` of a handshake is the configured one.

    Case counts, and an empty or missing token never matches, not even another one.
    """
    if not isinstance(configured, str) or not isinstance(given, str):
        return False
    if not configured.strip():
        return False
    return hmac.compare_digest(_utf8(configured), _utf8(given))


def _hmac_sha256(key: str, message: bytes) -> str:
    return hmac.new(_utf8(key), message, hashlib.sha256).hexdigest()


def _utf8(text: str) -> bytes:
    # surrogatepass: a lone surrogate must compare as unequal, not raise.
    return text.encode("utf-8", "surrogatepass")
