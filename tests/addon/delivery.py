"""The set-up for tests of delivery: the shared case, connected to the fake Meta."""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from itertools import count
from typing import Any

from odoo.tests import RecordCapturer
from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.protocol import event as capi_event

from tests.workbench.in_odoo import fake_meta

from .common import APP, DATASET, FORM, PAGE, MetaCase

TOKEN = "test-system-user-token"
DELIVER = "odoo.addons.meta_crm_capi.models.meta_capi_event_deliver"
RUN = "odoo.addons.meta_crm_capi.models.meta_capi_event_run"
EVENTS = "POST */events"
HOUR = timedelta(hours=1)
MINUTE = 60


class DeliveryCase(MetaCase):
    """Leads that Meta knows too, and a cron that really calls the fake Meta."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.meta = fake_meta()
        cls.addClassCleanup(cls.meta.close)
        cls.env["ir.config_parameter"].set_param(
            "meta_crm_capi.graph_url", cls.meta.url
        )
        cls.cron = cls.env.ref("meta_crm_capi.ir_cron_deliver")

    def setUp(self):
        super().setUp()
        self._numbers = count(1)
        self._meta_ids = count(10**15)
        self.open_meta()

    def open_meta(self, *, require_proof: bool = False) -> None:
        """A business at Meta, anew: our app, Page, form, dataset and token."""
        self.meta.reset()
        self.meta.add_app(APP, "test-app-secret", require_proof=require_proof)
        self.meta.add_page(PAGE, "Sunny Roofs")
        self.meta.add_form(
            FORM, PAGE, "Spring offer", [{"key": "email", "type": "EMAIL"}]
        )
        self.meta.add_dataset(DATASET, "CRM dataset")
        self.add_token(TOKEN)

    def add_token(self, token: str, *datasets: str) -> None:
        """A token of a system user that may send to these datasets, else to ours."""
        self.meta.add_token(
            token,
            "system_user",
            app_id=APP,
            page_ids=[PAGE],
            dataset_ids=datasets or [DATASET],
        )

    def make_known_lead(self, *, meta_id: str | None = None, **vals):
        """A lead of an hour ago that Meta knows, with its raw lead queued."""
        submitted_at = vals.pop("submitted_at", None) or self.now - HOUR
        created_time = int(submitted_at.replace(tzinfo=timezone.utc).timestamp())
        meta_id = self.meta.create_lead(
            FORM,
            {"email": vals.get("email_from", "ana@example.com")},
            created_time=created_time,
            lead_id=meta_id,
        )
        return self.make_lead(meta_id, submitted_at=submitted_at, **vals)

    def make_known_leads(self, number: int):
        """So many leads, in the order in which their events are sent."""
        leads = self.env["crm.lead"]
        for minutes in range(number, 0, -1):
            leads += self.make_known_lead(
                submitted_at=self.now - HOUR - timedelta(minutes=minutes),
                email_from=f"person{next(self._numbers)}@example.com",
            )
        return leads

    def add_dataset(self, meta_id: str, **vals):
        """A further dataset that Meta knows and our token may send to."""
        self.meta.add_dataset(meta_id, f"Dataset {meta_id}")
        self.add_token(TOKEN, DATASET, meta_id)
        dataset = self.env["meta.capi.dataset"].create(
            {
                "name": f"Dataset {meta_id}",
                "meta_id": meta_id,
                "connection_id": self.connection.id,
                **vals,
            }
        )
        dataset.action_map_pipeline()
        return dataset

    def make_events(self, number: int, dataset=None):
        """So many events of as many Meta leads, all due, a second apart.

        Only the first one's lead is known to Meta; all are of the same person.

        :param dataset: whose queue they are in, else ours
        """
        dataset = dataset or self.dataset
        self.form.dataset_id = dataset
        lead = self.make_lead(str(next(self._meta_ids)))
        submission = lead.meta_submission_ids
        rows = row = self.event_rows(lead)
        for _number in range(1, number):
            meta_id = str(next(self._meta_ids))
            rows += row.copy(
                {
                    "submission_id": submission.copy(
                        {"meta_id": meta_id, "state": "done"}
                    ).id,
                    "event_id": capi_event.event_id(
                        dataset.meta_id, meta_id, row.event_name
                    ),
                    "event_time": rows[-1].event_time + timedelta(seconds=1),
                    "state": "queued",
                }
            )
        self.env.flush_all()
        return rows

    def deliver(self) -> None:
        """One run of the cron, as the scheduler makes it."""
        self.flush()
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()

    def deliver_with_trouble(self) -> None:
        """The same where the log is expected to hold a traceback of ours."""
        with mute_logger(DELIVER):
            self.deliver()

    def make_due(self, *events) -> None:
        """Let the back-off, the lease or the rest of what waits be over."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE meta_capi_event
               SET next_try_at = clock_timestamp() AT TIME ZONE 'UTC'
             WHERE next_try_at IS NOT NULL;
            UPDATE meta_capi_lease
               SET until = clock_timestamp() AT TIME ZONE 'UTC';
            UPDATE meta_capi_dataset
               SET resume_at = clock_timestamp() AT TIME ZONE 'UTC'
             WHERE resume_at IS NOT NULL
            """
        )
        self.env.invalidate_all()

    def age(self, records, **columns: timedelta) -> None:
        """Set columns of rows to so long ago, by the database's clock."""
        self.env.flush_all()
        for column, age in columns.items():
            self.env.cr.execute(
                f"""
                UPDATE {records._table}
                   SET {column} = clock_timestamp() AT TIME ZONE 'UTC'
                                  - make_interval(secs => %s)
                 WHERE id = ANY(%s)
                """,
                [age.total_seconds(), records.ids],
            )
        self.env.invalidate_all()

    def seconds_from_now(self, moment) -> float:
        """How far off a stored moment is by the database's clock."""
        self.env.cr.execute(
            "SELECT EXTRACT(EPOCH FROM %s - clock_timestamp() AT TIME ZONE 'UTC')",
            [moment],
        )
        return float(self.env.cr.fetchone()[0])

    def wake_ups(self):
        """Captures the wake-ups of the cron."""
        return RecordCapturer(
            self.env["ir.cron.trigger"].sudo(), [("cron_id", "=", self.cron.id)]
        )

    @property
    def rows(self):
        """Every event row, in the order of sending."""
        return self.env["meta.capi.event"].search([], order="event_time, id")

    @property
    def states(self) -> list[str]:
        return self.rows.mapped("state")

    @property
    def logged(self):
        """Exchanges about events, first one first."""
        domain = [("kind", "=", "events")]
        return self.env["meta.sync.log"].search(domain, order="id")

    def received(self) -> list[dict[str, Any]]:
        """The events that Meta accepted, decoded, first one first."""
        return [json.loads(event["text"]) for event in self.meta.report()["events"]]

    def posts(self) -> list[dict[str, Any]]:
        """The requests of events that reached Meta, refused ones too."""
        return self.meta.requests(EVENTS)

    def before(self, name, action):
        """Do something of another transaction's just before a step of the delivery."""
        original = getattr(type(self.rows), name)

        def wrapper(rows, *args):
            action(rows.env)
            rows.env.flush_all()
            return original(rows, *args)

        self.patch(self.registry["meta.capi.event"], name, wrapper)


class AnswerCase(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.make_known_lead()

    def deliver_and_get(self, name, **changes):
        """Deliver the one queued event and get this ready-made answer to it."""
        self.meta.script_named(name, EVENTS, **changes)
        self.deliver()
        self.assertEqual(self.meta.scripts_left(), 0)
        self.row = self.rows
        self.log = self.logged

    def assert_log(self, outcome, code=0, subcode=0):
        self.assertEqual(
            (self.log.outcome, self.log.code, self.log.subcode, self.log.event_count),
            (outcome, code, subcode, 1),
        )
        self.assertEqual((self.row.code, self.row.subcode), (code, subcode))

    def assert_back_in_the_queue(self, *, tries):
        self.assertEqual((self.row.state, self.row.tries), ("queued", tries))
        self.assertFalse(self.row.is_sending)
        self.assertTrue(self.row.body)

    def assert_due_in(self, low, high):
        seconds = self.seconds_from_now(self.row.next_try_at)
        self.assertGreater(seconds, low - 10)
        self.assertLess(seconds, high + 10)

    def assert_dataset_goes_on(self):
        """Its screen tells of a request that is tried again, and nobody is called."""
        self.assertEqual(self.dataset.state, "active")
        self.assertTrue(self.dataset.trouble)
        self.assertFalse(self.dataset.activity_ids)

    def assert_dataset_unharmed(self):
        self.assertEqual(self.dataset.state, "active")
        self.assertFalse(self.dataset.trouble)
        self.assertFalse(self.dataset.activity_ids)

    def assert_refusal_told(self):
        """One alarm tells of it; the dataset itself goes on."""
        self.assertEqual(self.dataset.state, "active")
        self.assertFalse(self.dataset.trouble)
        self.assertEqual(self.dataset.activity_ids.mapped("meta_alarm"), ["refused"])

    def assert_quiet_after(self):
        """Not called again, neither in the next run nor by a wake-up of its own."""
        calls = len(self.posts())
        with self.wake_ups() as wake_ups:
            self.deliver()
        self.assertEqual(len(self.posts()), calls)
        self.assertFalse(wake_ups.records)
