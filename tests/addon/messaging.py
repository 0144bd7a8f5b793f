"""The set-up for tests of chats: people who wrote from an ad, and their dataset."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import timezone

from tests.fake_meta import chats as meta_chats
from tests.fake_meta.state import Chat

from .chats import AD, NUMBER, SAID, WABA
from .common import APP, PAGE
from .delivery import HOUR, DeliveryCase

CHATS = "500000000000009"
MESSENGER_CHATS = "500000000000010"
INSTAGRAM = "17841400000000001"
CHAT_TOKEN = "test-system-user-token-of-chats"


class MessagingCase(DeliveryCase):
    """A dataset of chats beside the one of forms, both known to Meta."""

    def setUp(self):
        super().setUp()
        self.chats = self.add_messaging(CHATS, WABA)

    def add_messaging(self, meta_id: str, account_id: str, **vals):
        """A messaging dataset of ours that Meta has linked to this account."""
        self.meta.add_dataset(meta_id, "Chats", account_id=account_id)
        token = f"{CHAT_TOKEN}-{meta_id}"
        self.meta.add_token(
            token,
            "system_user",
            app_id=APP,
            page_ids=[PAGE],
            dataset_ids=[meta_id],
        )
        dataset = self.env["meta.capi.dataset"].create(
            {
                "name": f"Chats {meta_id}",
                "meta_id": meta_id,
                "connection_id": self.connection.id,
                "kind": "messaging",
                "access_token": token,
                **vals,
            }
        )
        dataset.action_map_pipeline()
        return dataset

    def open_chat(self, channel="whatsapp", account_id=WABA, **about):
        """Somebody opened a chat from an ad an hour ago, and Meta's webhook says so.

        :param about: as the fake Meta's ``create_chat`` takes it
        :return: the ``meta.lead.referral``
        """
        if channel == "whatsapp":
            about.setdefault("number_id", NUMBER)
        opened_at = (self.now - HOUR).replace(tzinfo=timezone.utc)
        chat = self.meta.create_chat(
            channel,
            account_id,
            **{"ad_id": AD, "created_time": int(opened_at.timestamp()), **about},
        )
        referrals = self.env["meta.lead.referral"]
        before = referrals.search([])
        body = meta_chats.body(Chat(**chat), SAID)
        self.connection._receive(json.dumps(body).encode())
        return referrals.search([]) - before

    def make_chat_lead(self, *args, **about):
        """The same with the lead that became of it, in the rep's pipeline."""
        referral = self.open_chat(*args, **about)
        referral._settle(may_create=True)
        lead = referral.lead_id
        lead.write({"type": "opportunity", "team_id": self.team.id})
        self.flush()
        return lead

    def sent_to(self, dataset) -> list[dict]:
        """The events that Meta accepted for a dataset, decoded, first one first."""
        return [
            json.loads(event["text"])
            for event in self.meta.report()["events"]
            if event["dataset_id"] == dataset.meta_id
        ]

    @contextmanager
    def refused(self, kind, words):
        """What is done inside raises this, in these words, and leaves no trace."""
        with self.assertRaises(kind) as caught:
            yield
        self.assertIn(words, str(caught.exception))

    def outcomes(self, dataset) -> list[tuple[str, str, str | None]]:
        """``(event name, outcome, why)`` of what Meta got for a dataset."""
        return [
            (event["event_name"], event["outcome"], event["why"])
            for event in self.meta.report()["events"]
            if event["dataset_id"] == dataset.meta_id
        ]
