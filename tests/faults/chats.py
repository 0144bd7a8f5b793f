"""A queue of events of chats: a messaging dataset beside the one of forms."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from tests.fake_meta.control import FakeMetaControl

from .house import APP, PAGE, TOKEN, House

DATASET = "500000000000009"
ACCOUNT = "102290129340398"
AD = "120200000000000001"

_FILL = """
    WITH moment AS (
        SELECT date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC')
                   - interval '50 minutes' AS at
    ), lead AS (
        INSERT INTO crm_lead
               (name, type, active, company_id, phone, create_date, write_date)
        SELECT 'Chat ' || number, 'opportunity', TRUE, dataset.company_id,
               '+49151' || (10000000 + number), moment.at, moment.at
          FROM generate_series(1, cardinality(%(clicks)s)) AS number,
               meta_capi_dataset dataset, moment
         WHERE dataset.id = %(dataset)s
     RETURNING id, company_id
    ), referral AS (
        INSERT INTO meta_lead_referral
               (key, channel, account_id, connection_id, company_id, lead_id, state,
                ctwa_clid, sent_at)
        SELECT md5(click), 'whatsapp', %(account)s, dataset.connection_id,
               lead.company_id, lead.id, 'done', click, moment.at
          FROM (SELECT *, row_number() OVER (ORDER BY id) AS place FROM lead) AS lead
          JOIN unnest(%(clicks)s) WITH ORDINALITY AS given (click, place) USING (place),
               meta_capi_dataset dataset, moment
         WHERE dataset.id = %(dataset)s
     RETURNING id, key, account_id, connection_id, company_id, lead_id
    ), submission AS (
        INSERT INTO meta_lead_submission
               (referral_id, account_id, chat_key, connection_id, company_id, lead_id,
                origin, state, tries)
        SELECT id, account_id, key, connection_id, company_id, lead_id, 'message',
               'done', 0
          FROM referral
     RETURNING id, lead_id, company_id
    )
    INSERT INTO meta_capi_event
           (dataset_id, submission_id, lead_id, company_id, step, entry, event_name,
            event_id, event_time, state, value, currency_id, tries, next_try_at,
            create_date, write_date)
    SELECT %(dataset)s, submission.id, submission.lead_id, submission.company_id,
           'stage', 0, step.name, gen_random_uuid()::text, moment.at, 'queued', 100,
           company.currency_id, 0, moment.at, moment.at, moment.at
      FROM submission
      JOIN res_company company ON company.id = submission.company_id,
           (VALUES ('LeadSubmitted'), ('Purchase')) AS step (name), moment
"""


class Chats:
    """Chats of one WhatsApp account, whose steps go to a dataset of their own."""

    def __init__(self, house: House, meta: FakeMetaControl) -> None:
        self._house, self._meta = house, meta
        with house.env() as env:
            datasets = env["meta.capi.dataset"].with_context(active_test=False)
            dataset = datasets.search([("meta_id", "=", DATASET)]) or datasets.create(
                {
                    "name": "Chats",
                    "meta_id": DATASET,
                    "connection_id": house.connection,
                    "kind": "messaging",
                }
            )
            dataset.write({"active": True, "resend_unknown": False, "batch_size": 50})
            accounts = env["meta.lead.account"]
            account = accounts.search([("meta_id", "=", ACCOUNT)]) or accounts.create(
                {
                    "name": "WhatsApp",
                    "channel": "whatsapp",
                    "meta_id": ACCOUNT,
                    "connection_id": house.connection,
                    "company_id": dataset.company_id.id,
                }
            )
            self.dataset, self._account = dataset.id, account.id
        meta.add_dataset(DATASET, "Chats", account_id=ACCOUNT)
        meta.add_token(
            TOKEN, "system_user", app_id=APP, page_ids=[PAGE], dataset_ids=[DATASET]
        )

    def fill(self, number: int) -> None:
        """Two events, all due, of so many chats that an ad opened an hour ago."""
        an_hour_ago = int(time.time()) - 3600
        clicks = [
            self._meta.create_chat(
                "whatsapp", ACCOUNT, ad_id=AD, created_time=an_hour_ago
            )["person_id"]
            for _number in range(number)
        ]
        self._house.query(
            _FILL,
            {"clicks": clicks, "dataset": self.dataset, "account": self._account},
        )

    def resend(self) -> None:
        """Let the dataset send again what may have been counted."""
        self._house.query(
            "UPDATE meta_capi_dataset SET resend_unknown = TRUE WHERE id = %s",
            self.dataset,
        )

    def close(self) -> None:
        self._house.query("DELETE FROM meta_capi_event")
        self._house.query("DELETE FROM meta_capi_lease")
        self._house.query("DELETE FROM meta_lead_submission")
        self._house.query("DELETE FROM meta_lead_referral")
        self._house.archive_datasets([self.dataset])


def seen(report: Mapping[str, Any]) -> Counter[str]:
    """How often Meta got each event, by event id."""
    return Counter(event["event_id"] for event in report["events"])


def problems(rows: Collection[Mapping[str, Any]], report: Mapping[str, Any]) -> list:
    """Why it was not what is promised of chats; empty when it was.

    Promised is: no event twice; what is accepted was got; what Meta did not get is not
    said to be there; the bytes that it got are on record.
    """
    times, found = seen(report), []
    texts = {event["event_id"]: event["text"] for event in report["events"]}
    for row in rows:
        event_id, state = row["event_id"], row["state"]
        count = times.pop(event_id, 0)
        if count > 1:
            found.append(f"{event_id} was sent {count} times")
        if state not in ("accepted", "unclear"):
            found.append(f"{event_id} is {state}")
        if state == "accepted" and not count:
            found.append(f"{event_id} is lost: Meta never got it")
        if count and texts[event_id] != row["body"]:
            found.append(f"{event_id} was sent with other bytes than are kept")
    found += [f"{event_id} is unknown to Odoo" for event_id in times]
    found += [
        f"{event['event_id']} does not count: {event['why']}"
        for event in report["not_counted"]
    ]
    return found
