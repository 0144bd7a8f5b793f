"""Demo data: sixty days of leads and events, relative to now, that never call Meta.

No secret is stored and no token: whatever runs, there is nothing to call with. The
dataset is paused besides, so that its waiting events stay in sight.
"""

import hashlib
import random
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..protocol import answer_lookup, funnel
from ..protocol import event as capi_event
from ..protocol import words as english
from .meta_lead_form_catch_up import as_unix

#: Meta's IDs of all that there is count from here; they are nobody's.
FIRST_ID = 10**15 + 999 * 10**9
DAYS = 60
LEADS = 150
#: Same data in every demo database.
SEED = 20
#: The share of leads that takes each further step, and after how many days.
STEPS = ((0.55, 1, 4), (0.45, 2, 8), (0.4, 3, 10))
LOST = 0.25
NEVER_CALLS = english._lt(
    "Demo data: there is no token, so nothing is sent to Meta and no lead is read."
)
FIRST_NAMES = (
    "Ana Ben Chloé Dev Elif Femi Gil Hana Ivo Jun Kira Leo Mai Noah Olga".split()
)
LAST_NAMES = "Acker Bauer Costa Diaz Evans Fontaine Garcia Huber Ito Jansen".split()
QUESTIONS = (
    ("full_name", "Full name", "FULL_NAME"),
    ("email", "Email", "EMAIL"),
    ("phone_number", "Phone number", "PHONE"),
    ("when_do_you_want_to_start?", "When do you want to start?", "CUSTOM"),
)


class MetaDemo(models.AbstractModel):
    _name = "meta.demo"
    _description = "Meta Demo Data"

    @api.model
    def _install(self):
        """Make the demo data of the main company, once."""
        if self.env["meta.lead.page"].search_count([("meta_id", "=", str(FIRST_ID))]):
            return
        chance = random.Random(SEED)  # noqa: S311
        connection = self.env["meta.connection"].create(
            {
                "name": "Sunny Roofs (demo)",
                "company_id": self.env.ref("base.main_company").id,
                "app_id": "1000000000000001",
            }
        )
        pages = self._make_pages(connection)
        forms = self._make_forms(pages)
        dataset = self._make_dataset(connection)
        submissions = self._make_submissions(chance, forms)
        self._make_events(chance, dataset, submissions)
        self._make_parked(connection, pages[:1])
        self._make_log(chance, connection, dataset)
        self._make_counts(forms)
        self._make_quality(dataset)
        self._make_chats(chance, connection)

    def _make_pages(self, connection):
        return self.env["meta.lead.page"].create(
            [
                {
                    "name": name,
                    "meta_id": str(FIRST_ID + place),
                    "connection_id": connection.id,
                    # Neither would find anything to call with.
                    "catch_up_interval": 0,
                    "keep_subscribed": False,
                }
                for place, name in enumerate(["Sunny Roofs", "Sunny Roofs Lisbon"])
            ]
        )

    def _make_forms(self, pages):
        titles = ("Spring offer", "Free quote", "Solar check Lisbon")
        return self.env["meta.lead.form"].create(
            [
                {
                    "name": title,
                    "meta_id": str(FIRST_ID + 10 + place),
                    "page_id": pages[place // 2].id,
                    "needs_mapping": place == 2,
                    "question_ids": [
                        (0, 0, {"key": key, "label": label, "type": kind})
                        for key, label, kind in QUESTIONS
                    ],
                }
                for place, title in enumerate(titles)
            ]
        )

    def _make_dataset(self, connection):
        dataset = self.env["meta.capi.dataset"].create(
            {
                "name": "CRM dataset (demo)",
                "meta_id": str(FIRST_ID + 20),
                "connection_id": connection.id,
                "state": "paused",
                "trouble": NEVER_CALLS,
            }
        )
        dataset.action_map_pipeline()
        return dataset

    def _make_submissions(self, chance, forms):
        """Leads in their last stage, with the submissions they came from."""
        now = self.env.cr.now().replace(microsecond=0)
        stages = self.env["crm.stage"].search(
            [("team_ids", "=", False)], order="sequence, id"
        )[: len(STEPS) + 1]
        team = self.env.ref("sales_team.team_sales_department", False)
        rows = []
        for place in range(LEADS):
            # The newest leads are some hours old.
            age = DAYS * 24 * (LEADS - 1 - place) / LEADS + 3
            name = f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"
            form = forms[chance.choice((0, 0, 1, 1, 2))]
            moves = self._draw_moves(chance, age)
            rows.append(
                {
                    "name": name,
                    "email": f"{name.split()[0].lower()}{place}@example.com",
                    "form": form,
                    "at": now - timedelta(hours=age),
                    "moves": moves,
                    "lost": len(moves) < len(STEPS) and chance.random() < LOST,
                    "worth": chance.choice((4000, 6500, 9000, 12500)),
                }
            )
        leads = self.env["crm.lead"].create(
            [
                {
                    "name": f"{row['form'].name}: {row['name']}",
                    "contact_name": row["name"],
                    "email_from": row["email"],
                    "type": "opportunity",
                    "team_id": team.id if team else False,
                    "user_id": self.env.ref("base.user_admin").id,
                    "company_id": row["form"].company_id.id,
                    "expected_revenue": row["worth"],
                    "stage_id": stages[len(row["moves"])].id,
                    **({"active": False, "probability": 0} if row["lost"] else {}),
                }
                for row in rows
            ]
        )
        submissions = self.env["meta.lead.submission"].create(
            [
                self._prepare_submission(chance, place, row, lead)
                for place, (row, lead) in enumerate(zip(rows, leads, strict=True))
            ]
        )
        self._date("crm_lead", leads, [row["at"] for row in rows])
        self._date("meta_lead_submission", submissions, [row["at"] for row in rows])
        return [
            {**row, "lead": lead, "submission": submission, "stages": stages}
            for row, lead, submission in zip(rows, leads, submissions, strict=True)
        ]

    def _draw_moves(self, chance, age):
        """Hours after its birth at which a lead of this age reached each stage."""
        moves, hours = [], 0.0
        for share, least, most in STEPS:
            hours += chance.uniform(least, most) * 24
            if hours > age - 1 or chance.random() > share:
                break
            moves.append(hours)
        return moves

    def _prepare_submission(self, chance, place, row, lead):
        form = row["form"]
        return {
            "meta_id": str(FIRST_ID + 1000 + place),
            "connection_id": form.page_id.connection_id.id,
            "company_id": form.company_id.id,
            "page_id": form.page_id.id,
            "page_meta_id": form.page_id.meta_id,
            "form_id": form.id,
            "form_meta_id": form.meta_id,
            "lead_id": lead.id,
            "origin": "catch_up" if place % 20 == 7 else "webhook",
            "state": "done",
            "submitted_at": row["at"] - timedelta(seconds=20),
            "campaign_name": chance.choice(("Spring 2026", "Retargeting")),
            "ad_name": chance.choice(("Roof video", "Before and after")),
            "platform": chance.choice(("fb", "ig")),
        }

    def _make_events(self, chance, dataset, rows):
        rules = {(rule.step, rule.stage_id.id): rule for rule in dataset.rule_ids}
        planned = []
        for row in rows:
            steps = [(funnel.RAW_LEAD, False, 0.01)]
            steps += [
                (funnel.STAGE, row["stages"][place + 1].id, hours)
                for place, hours in enumerate(row["moves"])
            ]
            if row["lost"]:
                steps.append((funnel.LOST, False, max(row["moves"], default=0) + 1))
            for step, stage_id, hours in steps:
                rule = rules.get((step, stage_id))
                if rule:
                    planned.append((row["at"] + timedelta(hours=hours), rule, row))
        # In the order in which they would have been written.
        planned.sort(key=lambda plan: plan[0])
        events = self.env["meta.capi.event"].create(
            [
                self._prepare_event(chance, rule, row, moment)
                for moment, rule, row in planned
            ]
        )
        self._date("meta_capi_event", events, [moment for moment, *_rest in planned])

    def _prepare_event(self, chance, rule, row, moment):
        now = self.env.cr.now()
        submission = row["submission"]
        values = {
            "dataset_id": rule.dataset_id.id,
            "submission_id": submission.id,
            "lead_id": row["lead"].id,
            "company_id": submission.company_id.id,
            "rule_id": rule.id,
            "step": rule.step,
            "stage_id": rule.stage_id.id,
            "entry": 0,
            "event_name": rule.event_name,
            "event_id": capi_event.event_id(
                rule.dataset_id.meta_id, submission.meta_id, rule.event_name
            ),
            "event_time": moment.replace(microsecond=0),
        }
        if moment > now - timedelta(hours=30):
            return {**values, "state": "queued", "next_try_at": values["event_time"]}
        body = capi_event.encode(
            capi_event.build(
                event_name=rule.event_name,
                event_time=int(moment.timestamp()),
                event_id=values["event_id"],
                lead_id=submission.meta_id,
                user_data={"em": [hashlib.sha256(row["email"].encode()).hexdigest()]},
            )
        ).decode()
        luck = chance.random()
        if luck < 0.05:
            refused = answer_lookup.find(100, None, "")
            return {
                **values,
                "state": "refused",
                "body": body,
                "code": 100,
                "reason": f"Invalid parameter\n{refused.meaning}\n{refused.cure}",
                "tries": 1,
            }
        if luck < 0.08 and rule.step == funnel.STAGE:
            return {**values, "state": "not_sent", "reason": funnel.MOVED_BACK}
        return {
            **values,
            "state": "accepted",
            "body": body,
            "tries": 1,
            "accepted_at": (moment + timedelta(seconds=chance.randint(5, 80))).replace(
                microsecond=0
            ),
            "trace_id": f"Demo{chance.randrange(10**8):08}",
        }

    def _make_parked(self, connection, page):
        """Two leads that wait for a person."""
        now = self.env.cr.now().replace(microsecond=0)
        self.env["meta.lead.submission"].create(
            [
                {
                    "meta_id": str(FIRST_ID + 9000 + place),
                    "connection_id": connection.id,
                    "company_id": connection.company_id.id,
                    "page_id": page.id,
                    "page_meta_id": page.meta_id,
                    "origin": "webhook",
                    "state": "parked",
                    "parked_cause": "other",
                    "reason": NEVER_CALLS,
                    "submitted_at": now - timedelta(hours=5 + place),
                }
                for place in range(2)
            ]
        )

    def _make_counts(self, forms):
        """What Meta would list: all but one of each form, and one more of the first."""
        now = self.env.cr.now().replace(microsecond=0)
        for place, form in enumerate(forms):
            count = self.env["meta.lead.count"].create(
                {
                    "form_id": form.id,
                    "since": now - timedelta(days=89),
                    "started_at": now - timedelta(minutes=40),
                    "state": "done",
                }
            )
            known = form.submission_ids.sorted("submitted_at", reverse=True)[1:]
            listed = {row.meta_id: as_unix(row.submitted_at) for row in known}
            if not place:
                listed[str(FIRST_ID + 9500)] = as_unix(now - timedelta(days=2))
            count._list(listed)

    def _make_log(self, chance, connection, dataset):
        now = self.env.cr.now().replace(microsecond=0)
        own = {"connection_id": connection.id, "company_id": connection.company_id.id}
        values, moments = [], []
        for day in range(DAYS, 0, -1):
            moment = now - timedelta(days=day)
            values += [
                {"direction": "in", "kind": "webhook", "outcome": "accepted", **own},
                {
                    "direction": "out",
                    "kind": "events",
                    "outcome": "throttle" if day % 17 == 0 else "accepted",
                    "code": 80004 if day % 17 == 0 else 0,
                    "dataset_id": dataset.id,
                    "duration_ms": chance.randint(180, 900),
                    "event_count": chance.randint(1, 6),
                    **own,
                },
            ]
            moments += [moment, moment + timedelta(minutes=1)]
        self._date("meta_sync_log", self.env["meta.sync.log"].create(values), moments)

    def _date(self, table, records, moments):
        """Let records have been made at these moments."""
        records.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE %s SET create_date = given.moment
                  FROM UNNEST(%s, %s::timestamp[]) AS given (id, moment)
                 WHERE %s.id = given.id
                """,
                SQL.identifier(table),
                records.ids,
                moments,
                SQL.identifier(table),
            )
        )
        records.invalidate_recordset()
