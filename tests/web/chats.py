"""A firm whose ads open a chat: its accounts at Meta, and people who write to them."""

from __future__ import annotations

import json
from typing import Any

from .firm import Firm

SAID = "My IBAN is DE02 1203 and I want the blue one"
LEAD, KEEP = "lead", "keep"


class Chats:
    """The WhatsApp and Instagram accounts of a firm, and its messaging datasets.

    Nothing of them is known to Odoo until somebody writes.
    """

    def __init__(self, firm: Firm) -> None:
        number = firm.app_id[3:]
        self.firm = firm
        self.waba_id = f"105{number}"
        self.number_id = f"106{number}"
        self.instagram_id = f"107{number}"
        self.dataset_id = f"108{number}"
        self.instagram_dataset_id = f"109{number}"
        self.ad_id = f"110{number}"
        self.token = f"a-token-of-the-chats-{number}-that-nobody-may-read"
        firm.meta.add_dataset(self.dataset_id, "WhatsApp", account_id=self.waba_id)
        firm.meta.add_dataset(
            self.instagram_dataset_id, "Instagram", account_id=self.instagram_id
        )
        firm.meta.add_token(
            self.token,
            "system_user",
            app_id=firm.app_id,
            page_ids=[firm.page_id],
            dataset_ids=[self.dataset_id, self.instagram_dataset_id],
        )

    def add_dataset(self, name: str = "WhatsApp chats", meta_id: str = "") -> int:
        """A mapped messaging dataset, without the screens; returns its id."""
        admin = self.firm.session("administrator")
        dataset = admin.create(
            "meta.capi.dataset",
            {
                "name": name,
                "meta_id": meta_id or self.dataset_id,
                "kind": "messaging",
                "access_token": self.token,
            },
        )
        admin("meta.capi.dataset", "action_map_pipeline", [dataset])
        return dataset

    def write(self, channel: str = "whatsapp", **about: Any) -> dict[str, Any]:
        """Somebody writes after a click on an ad; returns what Meta knows of it."""
        firm = self.firm
        account = {
            "whatsapp": self.waba_id,
            "instagram": self.instagram_id,
            "messenger": firm.page_id,
        }[channel]
        if channel == "whatsapp":
            about = {"number_id": self.number_id, **about}
        chat = firm.meta.create_chat(channel, account, ad_id=self.ad_id, **about)
        (answer,) = firm.meta.deliver_chats(
            firm.callback_url, firm.app_id, [chat["id"]], text=SAID
        )
        if answer["status"] != 200:
            raise AssertionError(f"the webhook was not stored: {answer}")
        return chat

    def choose(self, policy: str, **vals: Any) -> None:
        """Choose what is done with who writes, on every account of the firm."""
        admin = self.firm.session("administrator")
        accounts = admin("meta.lead.account", "search", [])
        vals = {"policy": policy, **vals}
        admin("meta.lead.account", "write", accounts, vals)
        self.firm.run_cron("referral")

    def make_lead(self, channel: str = "whatsapp", **about: Any) -> int:
        """Somebody writes and becomes a lead of the rep's; returns the lead's id."""
        self.write(channel, **about)
        rep, _login = self.firm._users["rep"]
        self.choose(LEAD, user_id=rep)
        found = self.firm.session("administrator")(
            "crm.lead",
            "search",
            [("meta_submission_ids.origin", "=", "message")],
            order="id desc",
            limit=1,
        )
        return found[0]

    def counted(self, dataset_id: str = "") -> list[dict[str, Any]]:
        """The events that Meta counted for a dataset of chats, decoded."""
        return [
            json.loads(event["text"])
            for event in self.firm.meta.report()["events"]
            if event["dataset_id"] == (dataset_id or self.dataset_id)
            and event["outcome"] == "counted"
        ]
