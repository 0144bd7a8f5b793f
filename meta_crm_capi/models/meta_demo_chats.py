import hashlib
from dataclasses import replace
from datetime import timedelta

from odoo import models

from ..protocol import event as capi_event
from ..protocol import funnel, messaging, referral
from .meta_demo import DAYS, FIRST_ID, NEVER_CALLS
from .meta_lead_form_catch_up import as_unix
from .unclear import NO_CLEAR_ANSWER

WHATSAPP, NUMBER, INSTAGRAM = FIRST_ID + 50, FIRST_ID + 51, FIRST_ID + 52
CHATS = 24
#: How far the lead of each chat came in the pipeline; None is kept for later.
REACHED = (3, 0, 1, 1, 3, None, 2, 1)


class MetaDemo(models.AbstractModel):
    """People whom ads brought into a chat: their leads, and what Meta was told."""

    _inherit = "meta.demo"

    def _make_chats(self, chance, connection):
        dataset = self.env["meta.capi.dataset"].create(
            {
                "name": "Chats (demo)",
                "meta_id": str(FIRST_ID + 21),
                "connection_id": connection.id,
                "kind": "messaging",
                "state": "paused",
                "trouble": NEVER_CALLS,
            }
        )
        dataset.action_map_pipeline()
        rows = self._make_referrals(connection)
        self._name_accounts(connection)
        events = []
        for place, row in enumerate(rows):
            reached = REACHED[place % len(REACHED)]
            if reached is not None:
                lead = self._make_chat_lead(chance, row, reached)
                events += self._prepare_chat_events(dataset, row, lead)
        newest = max(
            (event for event in events if event["state"] == "accepted"),
            key=lambda event: event["event_time"],
        )
        newest.update(
            state="unclear",
            reason=NO_CLEAR_ANSWER,
            accepted_at=False,
            trace_id=False,
        )
        created = self.env["meta.capi.event"].create(events)
        self._date("meta_capi_event", created, created.mapped("event_time"))

    def _make_referrals(self, connection):
        """Who wrote, the oldest first, as webhooks would have brought them."""
        now = self.env.cr.now().replace(microsecond=0)
        items = []
        for place in range(CHATS):
            is_whatsapp = place % 3 != 2
            sent_at = now - timedelta(hours=DAYS * 24 * (CHATS - 1 - place) / CHATS + 5)
            item = referral.given(
                referral.WHATSAPP if is_whatsapp else referral.INSTAGRAM,
                str(WHATSAPP if is_whatsapp else INSTAGRAM),
                f"Demo-click-{place}" if is_whatsapp else str(FIRST_ID + 600 + place),
                str(FIRST_ID + 700 + place % 2),
            )
            items.append(
                replace(
                    item,
                    sent_at=as_unix(sent_at),
                    number_id=str(NUMBER) if is_whatsapp else None,
                    phone=f"120255501{place:02}" if is_whatsapp else None,
                )
            )
        referrals = self.env["meta.lead.referral"]
        referrals._store(connection, items)
        rows = referrals.search([("connection_id", "=", connection.id)], order="id")
        self._date("meta_lead_referral", rows, rows.mapped("sent_at"))
        return rows

    def _name_accounts(self, connection):
        names = {"whatsapp": "Sunny Roofs WhatsApp", "instagram": "@sunny.roofs"}
        for account in self.env["meta.lead.account"].search(
            [("connection_id", "=", connection.id)]
        ):
            account.name = names[account.channel]

    def _make_chat_lead(self, chance, row, reached):
        stages = self.env["crm.stage"].search(
            [("team_ids", "=", False)], order="sequence, id"
        )
        values = {
            **row._prepare_lead(),
            "type": "opportunity",
            "user_id": self.env.ref("base.user_admin").id,
            "stage_id": stages[min(reached, len(stages) - 1)].id,
            "expected_revenue": chance.choice((2400, 4000, 6500)),
        }
        lead = self.env["crm.lead"].create(values)
        self._date("crm_lead", lead, [row.sent_at])
        submission = row._give_lead(lead)
        self._date("meta_lead_submission", submission, [row.sent_at])
        return lead

    def _prepare_chat_events(self, dataset, row, lead):
        """What Meta was told of a chat, a day for each stage."""
        now = self.env.cr.now().replace(microsecond=0)
        submission = row.submission_ids
        prepared = []
        for rule in dataset.rule_ids.sorted("stage_sequence"):
            if rule.stage_id.sequence > lead.stage_id.sequence:
                continue
            is_sale = rule.value_source == "expected_revenue"
            moment = min(row.sent_at + timedelta(days=1 + 2 * is_sale), now)
            values = {
                "dataset_id": dataset.id,
                "submission_id": submission.id,
                "lead_id": lead.id,
                "company_id": submission.company_id.id,
                "rule_id": rule.id,
                "step": funnel.STAGE,
                "stage_id": rule.stage_id.id,
                "entry": 0,
                "event_name": rule.event_name,
                "event_id": capi_event.event_id(
                    dataset.meta_id, submission.chat_key, rule.event_name
                ),
                "event_time": moment,
                "value": lead.expected_revenue if is_sale else 0,
                "currency_id": is_sale and lead.company_id.currency_id.id,
            }
            if moment > now - timedelta(hours=30):
                values.update(state="queued", next_try_at=moment)
            else:
                values.update(
                    state="accepted",
                    body=self._write_chat_body(row, lead, values),
                    tries=1,
                    accepted_at=moment + timedelta(seconds=20),
                    trace_id=f"Demo{row.id:08}",
                )
            prepared.append(values)
        return prepared

    def _write_chat_body(self, row, lead, values):
        phone = (row.phone or "").encode()
        body = messaging.build(
            channel=row.channel,
            account_id=row.account_id.meta_id,
            person_id=row._get_person_id(),
            event_name=values["event_name"],
            event_time=int(values["event_time"].timestamp()),
            event_id=values["event_id"],
            user_data={"ph": [hashlib.sha256(phone).hexdigest()]} if phone else {},
            value=values["value"] or None,
            currency=lead.company_id.currency_id.name if values["value"] else None,
        )
        return capi_event.encode(body).decode()
