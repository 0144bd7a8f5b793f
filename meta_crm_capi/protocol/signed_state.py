"""What goes to a login dialog and comes back: signed, and good for ten minutes.

Whoever answers without it, or with another's, was not sent by us (RFC 6749, 10.12).
That a state is used once is kept by the caller: it has a nonce for that.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from .words import _lt

#: Seconds that a person has for the dialog.
LIFE = 600

_EXPIRES = "expires"

FORGED = _lt("This answer does not belong to a request of this Odoo.")
EXPIRED = _lt("More than 10 minutes went by in Meta's window.")


def issue(key: str, values: Mapping[str, str | int], now: int) -> str:
    """Return a state that holds these values, in the letters of an address.

    :param key: the secret that only this Odoo knows
    :param values: by name; not the name ``expires``
    :param now: Unix seconds
    :raises ValueError: without a key
    """
    body = json.dumps({**values, _EXPIRES: now + LIFE}, separators=(",", ":"))
    text = urlsafe_b64encode(body.encode()).decode().rstrip("=")
    return f"{text}.{_sign(key, text)}"


def opened(key: str, state: object, now: int) -> dict[str, str | int]:
    """Return the values of a state of ours.

    :param now: Unix seconds
    :raises ValueError: in words, when it is not ours or its time is over
    """
    if not isinstance(state, str) or not state.isascii():
        raise ValueError(FORGED)
    text, _dot, signature = state.partition(".")
    if not hmac.compare_digest(signature, _sign(key, text)):
        raise ValueError(FORGED)
    values = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    expires = values.pop(_EXPIRES)
    # One from the future was signed by a clock that is wrong, or before a change of it.
    if not now <= expires <= now + LIFE:
        raise ValueError(EXPIRED)
    return values


def _sign(key: str, text: str) -> str:
    if not key:
        raise ValueError("A state needs a key.")
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
