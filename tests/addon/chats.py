"""Webhooks of messages, as the channels write them, for people who came from an ad."""

from __future__ import annotations

import json
import time
from typing import Any

from .common import PAGE

WABA, NUMBER = "102290129340398", "106540352242922"
PHONE = "4915112345678"
PSID = "7700000000000001"
AD = "120200000000000001"
SAID = "My IBAN is DE02 1203 and I want the blue one"
NAME = "Ana Secret"


def whatsapp(
    click: str | None = "ARAkLkA8rmlFeiCk", phone: str = PHONE, number: str = NUMBER
) -> bytes:
    """Somebody writes to a WhatsApp number, from an ad or (``click`` None) not."""
    message: dict[str, Any] = {
        "from": phone,
        "id": f"wamid.{click}",
        "timestamp": str(int(time.time()) - 5),
        "type": "text",
        "text": {"body": SAID},
    }
    if click:
        message["referral"] = {
            "source_id": AD,
            "source_type": "ad",
            "headline": SAID,
            "ctwa_clid": click,
        }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": number},
        "contacts": [{"profile": {"name": NAME}, "wa_id": phone}],
        "messages": [message],
    }
    entry = {"id": WABA, "changes": [{"field": "messages", "value": value}]}
    body = {"object": "whatsapp_business_account", "entry": [entry]}
    return json.dumps(body).encode()


def messenger(mid: str = "m_1", person: str = PSID) -> bytes:
    """Somebody writes to the Page from an ad."""
    item = {
        "sender": {"id": person},
        "recipient": {"id": PAGE},
        "timestamp": int(time.time() * 1000) - 5000,
        "message": {
            "mid": mid,
            "text": SAID,
            "referral": {"ad_id": AD, "source": "ADS", "ref": SAID},
        },
    }
    entry = {"id": PAGE, "time": int(time.time() * 1000), "messaging": [item]}
    return json.dumps({"object": "page", "entry": [entry]}).encode()
