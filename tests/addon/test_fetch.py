"""The cron that reads what webhooks named and makes leads of it."""

import logging
from datetime import timedelta
from unittest.mock import patch

import psycopg2
import psycopg2.errorcodes

from odoo import fields
from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.models import meta_lead_submission_fetch as fetch_module
from odoo.addons.meta_crm_capi.models import meta_lead_submission_read as read_module

from .way_in import PAGE_TOKEN, WayInCase

CREATE_LEAD_LOGGER = "odoo.addons.meta_crm_capi.models.meta_lead_submission_create_lead"


class Conflict(psycopg2.Error):
    """As PostgreSQL says that another transaction was first."""

    pgcode = psycopg2.errorcodes.SERIALIZATION_FAILURE


class TestFetch(WayInCase):
    def test_a_lead_is_read_once_and_becomes_a_lead_of_crm(self):
        meta_id = self.fill_in({"email": "ana@example.com"})
        row = self.announce(meta_id)
        self.fetch()
        self.assertRecordValues(
            row,
            [
                {
                    "state": "done",
                    "reason": False,
                    "tries": 1,
                    "next_try_at": False,
                    "page_id": self.page.id,
                    "form_id": self.form.id,
                }
            ],
        )
        self.assertEqual(row.lead_id.meta_lead_id, meta_id)
        self.assertEqual(row.lead_id.email_from, "ana@example.com")
        self.fetch()
        self.assertEqual(self.reads(meta_id), [meta_id])

    def test_a_lead_brings_its_raw_lead_event(self):
        row = self.come_in()
        self.assertEqual(
            row.event_ids.mapped(lambda event: (event.event_name, event.state)),
            [("initial_lead", "queued")],
        )
        self.assertRecordValues(
            row.event_ids,
            [
                {
                    "lead_id": row.lead_id.id,
                    "event_time": row.submitted_at + timedelta(seconds=1),
                    "company_id": self.company.id,
                }
            ],
        )

    def test_lead_and_raw_lead_event_come_in_one_transaction(self):
        row = self.announce(self.fill_in())
        events = type(self.env["meta.capi.event"])
        enqueue, met = events._enqueue_moves, []

        def meet_another_transaction(records, *arguments):
            if not met:
                met.append(row.with_env(records.env).lead_id)
                raise Conflict
            return enqueue(records, *arguments)

        with patch.object(events, "_enqueue_moves", meet_another_transaction):
            self.fetch()
        # The lead was there when the event could not be queued; both were made anew.
        self.assertTrue(met[0])
        self.assertFalse(met[0].with_env(self.env).exists())
        self.assertEqual((row.state, len(row.event_ids)), ("done", 1))
        same = self.env["crm.lead"].search([("meta_lead_id", "=", row.meta_id)])
        self.assertEqual(same, row.lead_id)
        self.assertEqual(self.reads(row.meta_id), [row.meta_id])

    def test_not_even_a_broken_outbox_keeps_a_lead_out(self):
        row = self.announce(self.fill_in())
        with (
            patch.object(
                type(self.env["meta.capi.event"]),
                "_insert",
                side_effect=ValueError("broken"),
            ),
            mute_logger("odoo.addons.meta_crm_capi.models.meta_capi_event_enqueue"),
        ):
            self.fetch()
        self.assertEqual(row.state, "done")
        self.assertTrue(row.lead_id)
        self.assertEqual(row.event_ids.mapped("state"), ["not_sent"])

    def test_a_hundred_and_twenty_leads_come_in_by_one_run(self):
        meta_ids = [
            self.fill_in({"full_name": f"Person {number}"}) for number in range(120)
        ]
        rows = self.announce(*meta_ids)
        self.fetch_without_end()
        self.assertEqual(set(rows.mapped("state")), {"done"})
        self.assertEqual(
            rows.lead_id.sorted("id").mapped("contact_name"),
            [f"Person {number}" for number in range(120)],
        )
        self.assertEqual(rows.mapped("lead_id.meta_lead_id"), meta_ids)
        self.assertEqual(len(rows.event_ids), 120)
        self.assertEqual(sorted(self.reads(*meta_ids)), sorted(meta_ids))

    def test_one_lead_that_odoo_cannot_make_does_not_stop_the_others(self):
        names = ["Ana", "Ben", "Clara", "Dan"]
        rows = self.announce(*(self.fill_in({"full_name": name}) for name in names))
        bad = rows[2]
        leads = type(self.env["crm.lead"])
        create = leads.create

        def refuse_clara(records, vals_list):
            if any("Clara" in (vals.get("contact_name") or "") for vals in vals_list):
                raise ValueError("Clara cannot be stored")
            return create(records, vals_list)

        with (
            patch.object(leads, "create", refuse_clara),
            mute_logger(CREATE_LEAD_LOGGER),
        ):
            self.fetch()
        self.assertEqual(set((rows - bad).mapped("state")), {"done"})
        made = (rows - bad).lead_id.mapped("contact_name")
        self.assertEqual(made, ["Ana", "Ben", "Dan"])
        self.assertRecordValues(
            bad, [{"state": "received", "lead_id": False, "tries": 1}]
        )
        self.assertIn("Odoo could not make a lead of it", bad.reason)
        self.assertGreater(bad.next_try_at, fields.Datetime.now())
        bad.action_try_again()
        self.fetch()
        self.assertEqual((bad.state, bad.lead_id.contact_name), ("done", "Clara"))

    def test_why_a_lead_cannot_be_made_is_logged_without_the_person(self):
        self.announce(self.fill_in({"email": "ana@example.com"}))
        with (
            patch.object(
                type(self.env["crm.lead"]),
                "create",
                side_effect=ValueError("ana@example.com is bad"),
            ),
            self.assertLogs(CREATE_LEAD_LOGGER, logging.INFO) as logs,
        ):
            self.fetch()
        self.assertEqual(len(logs.records), 2)
        for record in logs.records:
            self.assertNotIn("ana@", record.getMessage())

    def settled_meanwhile(self):
        """Another worker settles the rows of a batch while Meta answers for them."""
        read = read_module.MetaLeadSubmission._read_from_meta

        def read_and_lose(submissions):
            reading = read(submissions)
            submissions.write({"state": "done", "reason": "By another worker."})
            submissions.env.flush_all()
            return reading

        return patch.object(type(self.submissions), "_read_from_meta", read_and_lose)

    def test_a_row_settled_while_meta_answered_makes_no_second_lead(self):
        row = self.announce(self.fill_in())
        with self.settled_meanwhile():
            self.fetch()
        self.assertEqual((row.state, row.reason), ("done", "By another worker."))
        self.assertFalse(row.lead_id)
        self.assertFalse(row.event_ids)

    def test_a_row_settled_while_meta_refused_is_left_alone(self):
        for name in ("no_access", "unknown_field", "transient"):
            with self.subTest(answer=name):
                meta_id = self.fill_in()
                row = self.announce(meta_id)
                self.meta.script_named(name, f"GET /{meta_id}")
                with self.settled_meanwhile():
                    self.fetch()
                self.assertRecordValues(
                    row,
                    [{"state": "done", "reason": "By another worker.", "tries": 1}],
                )

    def test_a_lease_keeps_other_workers_from_the_row_until_it_ends(self):
        row = self.announce(self.fill_in())
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            worker = row.with_env(row.env(cr=cr))
            claimed = worker._claim()
            self.assertEqual(claimed.ids, row.ids)
            self.assertFalse(worker._claim())
            lease = claimed.next_try_at - fields.Datetime.now()
            self.assertGreater(lease, timedelta(seconds=fetch_module.LEASE - 60))
            claimed.next_try_at = fields.Datetime.now() - timedelta(seconds=1)
            self.assertEqual(worker._claim().ids, row.ids)

    def test_the_longest_waiting_come_first(self):
        rows = self.announce(*(self.fill_in() for _lead in range(3)))
        now = fields.Datetime.now()
        for minutes, row in enumerate(rows):
            row.next_try_at = now - timedelta(minutes=minutes + 1)
        self.patch(fetch_module, "BATCH", 2)
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env.flush_all()
            claimed = row.with_env(row.env(cr=cr))._claim()
            self.assertEqual(claimed.ids, rows[1:].ids)

    def test_the_cron_never_raises_and_goes_on_with_the_next_run(self):
        row = self.announce(self.fill_in())
        with (
            patch.object(type(row), "_find_pages", side_effect=RuntimeError("bug")),
            mute_logger("odoo.addons.meta_crm_capi.models.meta_lead_submission_fetch"),
        ):
            self.fetch()
        self.assertTrue(self.fetch_cron.active)
        self.assertEqual(self.fetch_cron.failure_count, 0)
        self.assertEqual(row.state, "received")
        row.action_try_again()
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_nothing_is_asked_of_meta_when_nothing_waits(self):
        self.fetch()
        self.assertEqual(self.meta.requests(), [])

    def test_the_token_travels_in_the_header_and_never_in_an_address(self):
        self.come_in()
        for call in self.meta.requests():
            self.assertNotIn(PAGE_TOKEN, str(call.get("query", "")) + call["path"])

    def test_a_webhook_with_send_at_once_wakes_the_cron_once(self):
        self.connection.send_at_once = True
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search([("cron_id", "=", self.fetch_cron.id)])
        self.announce("3300000000000011", "3300000000000012")
        after = triggers.search([("cron_id", "=", self.fetch_cron.id)])
        self.assertEqual(len(after - before), 1)
        self.announce("3300000000000011")
        again = triggers.search([("cron_id", "=", self.fetch_cron.id)])
        self.assertEqual(again, after)

    def test_a_webhook_wakes_nobody_by_default(self):
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search([("cron_id", "=", self.fetch_cron.id)])
        self.announce("3300000000000011")
        after = triggers.search([("cron_id", "=", self.fetch_cron.id)])
        self.assertEqual(after, before)
