"""The cron that reads what webhooks named and makes leads of it."""

import logging
from datetime import timedelta
from unittest.mock import patch

import psycopg2
import psycopg2.errorcodes

from odoo import fields
from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.models import meta_lead_submission as inbox
from odoo.addons.meta_crm_capi.models import meta_lead_submission_fetch as fetch_module
from odoo.addons.meta_crm_capi.models import meta_lead_submission_read as read_module

from .common import APP, FORM, PAGE
from .way_in import (
    PAGE_TOKEN,
    QUESTIONS,
    SECRET,
    SYSTEM_TOKEN,
    WayInCase,
    announcement,
    change,
    entry,
    notification,
)

CREATE_LEAD_LOGGER = "odoo.addons.meta_crm_capi.models.meta_lead_submission_create_lead"
OTHER_PAGE = "110000000000002"
OTHER_FORM = "220000000000002"


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
        self.fetch()
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


class TestPagesOfSubmissions(WayInCase):
    """A lead comes in by the connection that its Page belongs to, and by no other."""

    def setUp(self):
        super().setUp()
        self.meta.add_page(OTHER_PAGE, "Shady Roofs", "other-page-token")
        self.meta.add_form(OTHER_FORM, OTHER_PAGE, "Autumn offer", QUESTIONS)

    def connect_other_page(self, connection=None):
        return self.env["meta.lead.page"].create(
            {
                "name": "Shady Roofs",
                "meta_id": OTHER_PAGE,
                "connection_id": (connection or self.connection).id,
                "access_token": "other-page-token",
            }
        )

    def other_connection(self):
        return self.env["meta.connection"].create(
            {"name": "Other app", "app_id": "1000000000000002", "app_secret": "other"}
        )

    def named_by(self, connection, meta_id, **changes):
        """The submission after this connection's webhook named the lead."""
        connection._receive(
            announcement(meta_id, page_id=OTHER_PAGE, form_id=OTHER_FORM, **changes)
        )
        return self.find(meta_id)

    def test_a_lead_of_an_unknown_page_is_parked_until_the_page_is_connected(self):
        meta_id = self.fill_in(form=OTHER_FORM)
        row = self.named_by(self.connection, meta_id)
        self.fetch()
        self.assertRecordValues(
            row, [{"state": "parked", "reason": inbox.UNKNOWN_PAGE, "lead_id": False}]
        )
        self.assertEqual(self.reads(meta_id), [])
        page = self.connect_other_page()
        self.assertEqual((row.state, row.reason, row.tries), ("received", False, 0))
        self.fetch()
        self.assertEqual((row.state, row.page_id), ("done", page))
        self.assertTrue(row.lead_id)

    def test_a_lead_that_names_no_page_at_all_is_parked(self):
        meta_id = self.fill_in()
        body = notification(entry(change(meta_id, page_id=None), id=None))
        self.connection._receive(body)
        self.fetch()
        row = self.find(meta_id)
        self.assertEqual((row.state, row.reason), ("parked", inbox.UNKNOWN_PAGE))

    def test_a_lead_of_an_archived_page_is_parked_until_it_is_back(self):
        self.page.active = False
        row = self.come_in()
        self.assertEqual((row.state, row.reason), ("parked", inbox.UNKNOWN_PAGE))
        self.page.active = True
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_a_page_of_another_connection_parks_and_its_own_webhook_adopts(self):
        other = self.other_connection()
        self.connect_other_page(self.connection)
        meta_id = self.fill_in(form=OTHER_FORM)
        row = self.named_by(other, meta_id)
        self.fetch()
        self.assertEqual((row.state, row.reason), ("parked", inbox.FOREIGN_PAGE))
        self.assertEqual(self.reads(meta_id), [])
        self.named_by(self.connection, meta_id)
        self.assertRecordValues(
            row,
            [
                {
                    "state": "received",
                    "reason": False,
                    "connection_id": self.connection.id,
                    "company_id": self.connection.company_id.id,
                    "tries": 0,
                }
            ],
        )
        self.fetch()
        self.assertTrue(row.lead_id)

    def test_the_own_webhook_adopts_also_what_was_not_parked_yet(self):
        other = self.other_connection()
        page = self.connect_other_page(self.connection)
        meta_id = self.fill_in(form=OTHER_FORM)
        self.named_by(other, meta_id)
        row = self.named_by(self.connection, meta_id)
        self.fetch()
        self.assertEqual((row.state, row.page_id), ("done", page))

    def test_what_another_connection_said_of_page_and_form_does_not_stay(self):
        other = self.other_connection()
        page = self.connect_other_page(self.connection)
        meta_id = self.fill_in(form=OTHER_FORM)
        other._receive(announcement(meta_id, page_id="119999999999999", form_id="1"))
        self.fetch()
        row = self.find(meta_id)
        self.assertEqual((row.state, row.reason), ("parked", inbox.UNKNOWN_PAGE))
        self.named_by(self.connection, meta_id)
        self.fetch()
        self.assertEqual((row.state, row.page_id), ("done", page))

    def test_another_connection_cannot_take_a_lead_away(self):
        other = self.other_connection()
        page = self.connect_other_page(self.connection)
        meta_id = self.fill_in(form=OTHER_FORM)
        row = self.named_by(self.connection, meta_id)
        self.named_by(other, meta_id)
        self.assertEqual(row.connection_id, self.connection)
        row.write({"state": "parked", "reason": "Meta says no."})
        self.named_by(other, meta_id)
        self.assertRecordValues(
            row,
            [
                {
                    "connection_id": self.connection.id,
                    "state": "parked",
                    "reason": "Meta says no.",
                }
            ],
        )
        row.action_try_again()
        self.fetch()
        self.assertEqual((row.state, row.page_id), ("done", page))

    def test_a_page_moved_to_the_connection_heals_its_parked_leads(self):
        other = self.other_connection()
        page = self.connect_other_page(self.connection)
        meta_id = self.fill_in(form=OTHER_FORM)
        row = self.named_by(other, meta_id)
        self.fetch()
        self.assertEqual(row.reason, inbox.FOREIGN_PAGE)
        page.connection_id = other
        self.assertEqual(row.state, "received")

    def test_a_connected_page_heals_nothing_that_is_parked_for_other_reasons(self):
        row = self.named_by(self.connection, "3300000000000011")
        row.write({"state": "parked", "reason": "Meta says no."})
        self.connect_other_page()
        self.assertEqual((row.state, row.reason), ("parked", "Meta says no."))


class TestPageToken(WayInCase):
    def stored(self, record):
        return record.sudo().access_token_stored

    def test_a_missing_page_token_is_derived_from_the_connections_and_kept(self):
        self.env.cr.execute(
            "UPDATE meta_lead_page SET access_token_stored = NULL WHERE id = %s",
            [self.page.id],
        )
        self.env.invalidate_all()
        row = self.come_in()
        self.assertEqual(row.state, "done")
        derived = self.stored(self.page)
        self.assertTrue(derived)
        self.assertNotEqual(derived, SYSTEM_TOKEN)
        self.come_in()
        self.assertEqual(len(self.meta.requests(f"/{PAGE}")), 1)

    def test_a_dead_page_token_is_derived_anew_and_the_lead_read_at_once(self):
        self.meta.revoke_token(PAGE_TOKEN)
        row = self.come_in()
        self.assertEqual((row.state, row.tries), ("done", 1))
        self.assertNotIn(self.stored(self.page), (PAGE_TOKEN, SYSTEM_TOKEN, False))
        self.assertEqual(self.page.state, "connected")
        self.assertFalse(self.page.activity_ids)

    def test_a_token_that_is_not_a_pages_is_replaced_by_a_derived_one(self):
        self.page.access_token = SYSTEM_TOKEN  # Meta answers 190/2069032
        row = self.come_in()
        self.assertEqual(row.state, "done")
        self.assertNotEqual(self.stored(self.page), SYSTEM_TOKEN)

    def test_without_any_token_the_page_asks_for_one_and_the_lead_waits(self):
        self.env.cr.execute("UPDATE meta_lead_page SET access_token_stored = NULL")
        self.env.cr.execute("UPDATE meta_connection SET access_token_stored = NULL")
        self.env.invalidate_all()
        row = self.come_in()
        self.assertRecordValues(row, [{"state": "received", "tries": 0}])
        self.assertEqual(self.page.state, "reconnect")
        self.assertIn("no token", self.page.trouble)
        self.assertEqual(len(self.page.activity_ids), 1)
        self.assertEqual(self.meta.requests(), [])

    def test_meta_being_down_while_a_token_is_derived_is_no_reason_to_reconnect(self):
        self.env.cr.execute("UPDATE meta_lead_page SET access_token_stored = NULL")
        self.env.invalidate_all()
        for name in ("transient", "html", "no_answer", "throttle_app"):
            with self.subTest(answer=name):
                self.meta.script_named(name, f"GET /{PAGE}")
                row = self.come_in()
                self.assertEqual(row.state, "received")
                self.assertEqual(self.page.state, "connected")
                self.assertFalse(self.page.activity_ids)
                row.action_try_again()
                self.page.resume_at = False
                self.fetch()
                self.assertEqual(row.state, "done")
                self.env.cr.execute(
                    "UPDATE meta_lead_page SET access_token_stored = NULL"
                )

    def test_a_refusal_while_a_dead_token_is_renewed_is_told_once(self):
        self.meta.revoke_token(PAGE_TOKEN)
        self.meta.script_named("transient", f"GET /{PAGE}")
        row = self.come_in()
        self.assertEqual(row.state, "received")
        self.assertEqual(self.page.state, "connected")
        row.action_try_again()
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_a_required_proof_is_sent_with_the_page_token(self):
        self.meta.reset()
        self.meta.add_app(APP, SECRET, require_proof=True)
        self.meta.add_page(PAGE, "Sunny Roofs", PAGE_TOKEN)
        self.meta.add_form(FORM, PAGE, "Spring offer", QUESTIONS)
        row = self.come_in()
        self.assertEqual(row.state, "done")
