"""The demo's chat: an ad opens WhatsApp, the person becomes a lead and buys."""

from __future__ import annotations

import json
from typing import Any

from tests.fake_meta.control import FakeMetaControl

from . import demo_scene as scene
from .rpc import Session

WABA = "102290129340398"
NUMBER = "106540352242922"
DATASET = "500000000000077"
TOKEN = "demo-token-of-the-chats"
PERSON = "491701234567"
AD = "120200000000000077"
#: What Odoo calls the submission of a chat.
SHOWN = "WhatsApp chat"
SALE = 2400.0
#: LeadSubmitted and Purchase.
EVENTS = 2


def open_meta(meta: FakeMetaControl) -> None:
    """A WhatsApp business account at Meta, and the dataset that is linked to it."""
    meta.add_dataset(DATASET, "WhatsApp", account_id=WABA)
    meta.add_token(
        TOKEN,
        "system_user",
        app_id=scene.APP,
        page_ids=[scene.PAGE],
        dataset_ids=[DATASET],
    )


def set_up(admin: Session, connection: dict[str, Any]) -> None:
    """What an administrator sets up in Odoo: a messaging dataset and its mapping."""
    dataset = admin.create(
        "meta.capi.dataset",
        {
            "name": "WhatsApp chats",
            "meta_id": DATASET,
            "kind": "messaging",
            "access_token": TOKEN,
            "connection_id": connection["id"],
        },
    )
    admin("meta.capi.dataset", "action_map_pipeline", [dataset])


def write(meta: FakeMetaControl, callback_url: str) -> None:
    """Somebody clicks an ad and writes; Meta's webhook comes twice."""
    chat = meta.create_chat("whatsapp", WABA, ad_id=AD, number_id=NUMBER, phone=PERSON)
    answers = meta.deliver_chats(
        callback_url, scene.APP, [chat["id"]], text="Is the roof still free?", times=2
    )
    refused = [answer for answer in answers if answer["status"] != 200]
    if refused:
        raise AssertionError(f"a webhook was not stored: {refused}")


def choose_policy(admin: Session) -> None:
    """The account appeared by itself; from now on its people become the rep's leads."""
    (account,) = admin("meta.lead.account", "search", [("meta_id", "=", WABA)])
    (rep,) = admin("res.users", "search", [("login", "=", scene.REP)])
    vals = {"policy": "lead", "user_id": rep}
    admin("meta.lead.account", "write", [account], vals)


def leads(admin: Session) -> list[int]:
    """The ids of the leads that chats became."""
    domain = [("meta_submission_ids.origin", "=", "message")]
    return admin("crm.lead", "search", domain)


def win(rep: Session, lead: int) -> None:
    """The sales rep qualifies the person, and sells."""
    stages = rep("crm.stage", "search", [], order="sequence, id")
    rep("crm.lead", "write", [lead], {"stage_id": stages[1]})
    rep("crm.lead", "write", [lead], {"expected_revenue": SALE, "stage_id": stages[-1]})


def check(admin: Session, meta: FakeMetaControl) -> None:
    """Meta counted the sale with its worth, of the ad's click, and no word was kept."""
    told = [
        json.loads(event["text"])
        for event in meta.report()["events"]
        if event["dataset_id"] == DATASET and event["outcome"] == "counted"
    ]
    names = [event["event_name"] for event in told]
    if names != ["LeadSubmitted", "Purchase"]:
        raise AssertionError(f"of the chat Meta counted {names}")
    worth = told[-1]["custom_data"]
    if worth["value"] != SALE or len(worth["currency"]) != 3:
        raise AssertionError(f"Meta was told of a sale of {worth}")
    clicks = {event["user_data"].get("ctwa_clid") for event in told}
    if len(clicks) != 1 or None in clicks:
        raise AssertionError("Meta was not told which click it was")
    (lead,) = leads(admin)
    (shown,) = admin("crm.lead", "read", [lead], ["description", "phone"])
    if shown["description"] or shown["phone"] != f"+{PERSON}":
        raise AssertionError(f"the lead of the chat has {shown}")
