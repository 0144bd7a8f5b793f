"""Answers of the Graph API as tests need them."""

import json

HTML = b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>"


def error_body(code, subcode=None, **fields) -> bytes:
    error = {"type": "OAuthException", "fbtrace_id": "Atrace", **fields}
    error.setdefault("message", "Invalid parameter")
    if code is not None:
        error["code"] = code
    if subcode is not None:
        error["error_subcode"] = subcode
    return json.dumps({"error": error}).encode()


def accepted_body(count=1, **fields) -> bytes:
    answer = {"events_received": count, "messages": [], "fbtrace_id": "Aok"}
    return json.dumps({**answer, **fields}).encode()
