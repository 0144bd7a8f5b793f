"""Leads that were at Meta before: counted first, then imported, once."""

import time
from datetime import timedelta
from itertools import pairwise
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import test_cursor
from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.models import (
    meta_lead_import_run,
    meta_lead_import_source,
)
from odoo.addons.meta_crm_capi.models.meta_lead_import_source import Chunk
from odoo.addons.meta_crm_capi.protocol.client import GraphClient

from .common import FORM
from .importing import OTHER_FORM, ImportCase

RUN = "odoo.addons.meta_crm_capi.models.meta_lead_import_run"
DAY = 24 * 3600
GONE = {
    "status": 400,
    "body": {
        "error": {
            "message": "Unsupported get request. Object with ID 'x' does not exist, "
            "cannot be loaded due to missing permissions",
            "type": "GraphMethodException",
            "code": 100,
            "error_subcode": 33,
        }
    },
    "times": None,
}


class TestImportFromMeta(ImportCase):
    def test_the_dry_run_counts_and_makes_nothing(self):
        new = [self.fill_in() for _ in range(3)]
        known = self.come_in()
        leads = self.env["crm.lead"].search_count([])
        run = self.count(self.make_import())
        self.assertRecordValues(
            run,
            [
                {
                    "state": "ready",
                    "found_count": 4,
                    "create_count": 3,
                    "known_count": 1,
                    "attach_count": 0,
                    "reason": False,
                }
            ],
        )
        self.assertEqual(
            set(self.lines(run)),
            {*((key, "create") for key in new), (known.meta_id, "known")},
        )
        self.assertEqual(self.env["crm.lead"].search_count([]), leads)
        self.assertFalse(self.find(*new))

    def test_leads_come_in_as_they_do_by_webhook(self):
        meta_id = self.fill_in(
            {"email": "ana@example.com", "which_size?": "large"}, platform="ig"
        )
        run = self.run_whole(self.make_import(is_unassigned=False))
        row = self.find(meta_id)
        self.assertRecordValues(
            row,
            [
                {
                    "state": "done",
                    "origin": "import",
                    "import_id": run.id,
                    "form_id": self.form.id,
                    "platform": "ig",
                    "campaign_name": "Campaign one",
                    "is_attached": False,
                }
            ],
        )
        self.assertEqual(row.lead_id.email_from, "ana@example.com")
        self.assertRecordValues(
            run, [{"state": "done", "made_count": 1, "progress": 100, "reason": False}]
        )
        self.assertEqual(self.queued(row.lead_id), ["initial_lead"])
        self.assertEqual(self.reads(meta_id), [])

    def test_a_known_lead_is_not_made_again_and_a_second_import_makes_none(self):
        known = self.come_in()
        new = self.fill_in()
        self.run_whole(self.make_import())
        leads = self.env["crm.lead"].search([])
        again = self.run_whole(self.make_import())
        self.assertEqual(self.env["crm.lead"].search([]), leads)
        self.assertEqual(again.known_count, 2)
        self.assertEqual(self.find(known.meta_id, new).mapped("state"), ["done"] * 2)

    def test_only_leads_since_the_day_and_of_the_chosen_forms_are_read(self):
        other = self.add_other_form()
        old = self.fill_in(created_time=int(time.time()) - 10 * DAY)
        young = self.fill_in(created_time=int(time.time()) - 2 * DAY)
        elsewhere = self.meta.create_lead(other.meta_id, {})
        since = fields.Date.today() - timedelta(days=5)
        run = self.count(self.make_import(since=since, form_ids=self.form.ids))
        self.assertEqual(self.lines(run), [(young, "create")])
        run = self.count(self.make_import())
        self.assertEqual(
            {key for key, _kind in self.lines(run)}, {old, young, elsewhere}
        )

    def test_a_filter_that_meta_ignores_imports_no_older_leads(self):
        node = {
            "id": "330000000000777",
            "created_time": "2026-01-01T00:00:00+0000",
            "form_id": FORM,
            "field_data": [],
        }
        self.meta.script(
            f"GET /{FORM}/leads", [{"status": 200, "body": {"data": [node]}}]
        )
        run = self.count(self.make_import())
        self.assertEqual(self.lines(run), [])
        self.assertEqual(run.found_count, 0)

    def test_a_form_that_is_archived_has_its_leads_imported_too(self):
        meta_id = self.fill_in()
        self.form.active = False
        self.run_whole(self.make_import())
        self.assertEqual(self.find(meta_id).state, "done")

    def test_long_lists_are_read_to_their_end(self):
        self.meta.set_max_page_size(10)
        made = [self.fill_in() for _ in range(35)]
        run = self.run_whole(self.make_import())
        self.assertEqual(run.made_count, 35)
        self.assertEqual(len(self.find(*made).lead_id), 35)

    def test_what_cannot_be_parsed_is_stored_by_its_id_and_read_by_itself(self):
        meta_id = self.fill_in()
        body = {"data": [{"id": meta_id, "created_time": "soon"}]}
        self.meta.script(
            f"GET /{FORM}/leads", [{"status": 200, "body": body, "times": None}]
        )
        run = self.run_whole(self.make_import())
        self.assertEqual(self.lines(run), [(meta_id, "create")])
        self.assertEqual(self.find(meta_id).state, "done")
        self.assertEqual(self.reads(meta_id), [meta_id])

    def test_the_day_must_be_one_that_meta_still_has(self):
        today = fields.Date.today()
        self.make_import(since=today - timedelta(days=90))
        for day in (today - timedelta(days=91), today + timedelta(days=1), False):
            with self.assertRaises(ValidationError):
                self.make_import(since=day)

    def test_forms_of_another_page_cannot_be_chosen(self):
        other = self.page.copy({"name": "Other", "meta_id": "110000000000002"})
        with self.assertRaises(ValidationError):
            self.make_import(page_id=other.id, form_ids=self.form.ids)

    def test_a_page_without_forms_says_so(self):
        other = self.page.copy({"name": "Other", "meta_id": "110000000000002"})
        with self.assertRaisesRegex(UserError, "has no forms"):
            self.make_import(page_id=other.id).action_count()

    def test_nobody_but_administrators_imports(self):
        run = self.make_import()
        for user in (self.rep, self.env.ref("base.user_demo", False) or self.rep):
            with self.assertRaises(AccessError):
                run.with_user(user).action_count()
            with self.assertRaises(AccessError):
                run.with_user(user).read(["state"])

    def test_a_button_that_is_not_there_any_more_does_nothing(self):
        run = self.make_import()
        for button in ("action_start", "action_pause", "action_resume"):
            with self.assertRaises(UserError):
                getattr(run, button)()
        self.assertEqual(run.state, "draft")

    def test_an_import_at_work_cannot_be_deleted(self):
        run = self.make_import()
        run.action_count()
        with self.assertRaises(UserError):
            run.unlink()
        run.action_cancel()
        run.unlink()

    def test_after_counting_the_choice_can_be_changed_until_leads_are_in(self):
        self.fill_in()
        run = self.count(self.make_import())
        run.action_change()
        self.assertEqual((run.state, self.lines(run)), ("draft", []))
        self.run_whole(run)
        self.assertEqual(run.made_count, 1)


class TestOneFormInTrouble(ImportCase):
    def setUp(self):
        super().setUp()
        self.add_other_form()
        self.meta.script(f"GET /{OTHER_FORM}/leads", [GONE])

    def test_the_other_forms_are_imported_and_it_says_what_is_missing(self):
        made = self.fill_in()
        run = self.count(self.make_import())
        self.assertEqual((run.state, self.lines(run)), ("ready", [(made, "create")]))
        self.assertIn("Autumn", run.reason)
        run.action_start()
        self.work()
        self.assertRecordValues(run, [{"state": "done", "made_count": 1}])
        self.assertIn("Autumn", run.reason)
        self.assertNotIn("Spring", run.reason)
        self.assertIn("Not all", run.sudo().activity_ids.summary)

    def test_the_live_leads_of_the_page_go_on(self):
        self.count(self.make_import())
        self.assertEqual((self.page.state, self.page.trouble), ("connected", False))
        self.assertEqual(self.come_in().state, "done")

    def test_where_no_form_can_be_read_it_stops_and_reads_them_again_on_resume(self):
        run = self.count(self.make_import(form_ids=[self.form_of(OTHER_FORM).id]))
        self.assertEqual(run.state, "failed")
        self.assertIn("Autumn", run.reason)
        self.meta.clear_scripts()
        made = self.meta.create_lead(OTHER_FORM, {})
        run.action_resume()
        self.work()
        self.assertRecordValues(run, [{"state": "ready", "reason": False}])
        self.assertEqual(self.lines(run), [(made, "create")])

    def form_of(self, meta_id):
        return self.env["meta.lead.form"].search([("meta_id", "=", meta_id)])


class TestListsWithoutAnEnd(ImportCase):
    """Paging that leads in circles ends, and brings each lead once."""

    def setUp(self):
        super().setUp()
        # Ours asks for half as many until Meta gives them: three at a time.
        self.meta.set_max_page_size(3)
        self.moment = int(time.time())
        self.made = [
            self.fill_in(created_time=self.moment - DAY - 60 * number)
            for number in range(5)
        ]

    def requests(self):
        return [call for call in self.meta.requests() if "/leads" in call["path"]]

    def test_a_list_that_begins_again_with_each_page_is_read_by_time(self):
        self.meta.set_paging_faults(["repeat_first"])
        run = self.count(self.make_import())
        self.assertRecordValues(
            run, [{"found_count": 5, "create_count": 5, "repeated_count": 0}]
        )
        self.assertLess(len(self.requests()), 40)
        run.action_start()
        self.work()
        self.assertRecordValues(run, [{"state": "done", "made_count": 5}])

    def test_a_lead_that_comes_again_later_than_any_is_remembered_counts_once(self):
        self.meta.set_paging_faults(["repeat_first"])
        with patch.object(meta_lead_import_source, "RECENT", 0):
            run = self.count(self.make_import())
        self.assertRecordValues(run, [{"found_count": 5, "create_count": 5}])

    def test_what_such_a_list_may_hide_is_said(self):
        same = [self.fill_in(created_time=self.moment - 2 * DAY) for _ in range(4)]
        self.meta.set_paging_faults(["repeat_first"])
        run = self.count(self.make_import())
        self.assertEqual(run.state, "failed")
        self.assertIn("has no end", run.reason)
        keys = {key for key, _kind in self.lines(run)}
        self.assertLess(keys, {*self.made, *same})

    def test_a_last_page_that_names_another_one_is_not_read_for_ever(self):
        self.meta.set_paging_faults(["repeat_next"])
        run = self.count(self.make_import())
        self.assertNotEqual(run.state, "counting")
        self.assertRecordValues(run, [{"found_count": 5, "create_count": 5}])
        self.assertLess(len(self.requests()), 40)

    def test_cursors_that_meta_refuses_always_are_given_up_with_words(self):
        node = {"id": self.made[0], "created_time": int(time.time()) - DAY}
        page = {
            "data": [{**node, "form_id": FORM, "field_data": []}],
            "paging": {"cursors": {"after": "abc"}, "next": "https://meta.example"},
        }
        refusal = {"error": {"code": 100, "message": "Invalid cursor"}}
        self.meta.script(
            f"GET /{FORM}/leads",
            [{"status": 200, "body": page}, {"status": 400, "body": refusal}] * 20,
        )
        run = self.count(self.make_import())
        self.assertEqual(run.state, "failed")
        self.assertIn("Invalid cursor", run.reason)
        self.assertLess(len(self.requests()), 8)

    def test_a_page_that_brings_nothing_new_is_no_progress(self):
        run = self.make_import()
        run.action_count()
        run.sudo().tries = 3
        chunk = Chunk("counting", part=run.sudo().part_ids, after="abc")
        run.sudo()._store_chunk(chunk)
        self.assertEqual(run.tries, 3)


class TestParkedLeads(ImportCase):
    """A lead that was parked unread comes in by an import that has its answers."""

    def setUp(self):
        super().setUp()
        self.made = self.fill_in({"email": "ana@example.com"})
        self.row = self.announce(self.made)
        self.row._park("Meta does not show it", "unreadable")
        self.env.flush_all()

    def assert_in(self, run):
        self.assertRecordValues(
            self.row,
            [{"state": "done", "import_id": run.id, "origin": "webhook"}],
        )
        self.assertEqual(self.row.lead_id.email_from, "ana@example.com")
        self.assertFalse(self.row.lead_id.user_id)
        self.assertEqual(run.made_count, 1)

    def test_from_meta(self):
        run = self.count(self.make_import())
        self.assertEqual(self.lines(run), [(self.made, "parked")])
        self.assertRecordValues(run, [{"healed_count": 1, "known_count": 0}])
        self.assertEqual(self.row.state, "parked")
        run.action_start()
        self.work()
        self.assert_in(run)
        self.assertEqual(self.lines(self.count(self.make_import()))[0][1], "known")

    def test_from_a_file(self):
        content = self.rows_of_file({"id": self.made, "email": "ana@example.com"})
        run = self.run_whole(self.make_file_import(content))
        self.assertEqual(self.lines(run), [(self.made, "parked")])
        self.assert_in(run)

    def test_not_one_of_another_connection(self):
        other = self.env["meta.connection"].create(
            {"name": "Other", "app_id": "1000000000000009", "app_secret": "secret"}
        )
        self.row.connection_id = other
        run = self.run_whole(self.make_import())
        self.assertEqual(self.lines(run), [(self.made, "known")])
        self.assertEqual(self.row.state, "parked")


class TestTransactions(ImportCase):
    def test_none_is_open_while_meta_is_asked(self):
        self.fill_in()
        self.page.access_token_stored = False
        run = self.make_import()
        run.action_count()
        cursor, steps = test_cursor.TestCursor, []

        def noting(kind, function):
            def noted(*args, **kwargs):
                steps.append(kind)
                return function(*args, **kwargs)

            return noted

        with (
            patch.object(cursor, "execute", noting("sql", cursor.execute)),
            patch.object(cursor, "commit", noting("commit", cursor.commit)),
            patch.object(GraphClient, "_call", noting("http", GraphClient._call)),
        ):
            self.work()
        self.assertEqual(run.state, "ready")
        before = [a for a, b in pairwise(steps) if b == "http"]
        self.assertEqual(before, ["commit"] * 2)


class TestImportInterrupted(ImportCase):
    """Killed, paused, refused: it goes on where it was, and nothing comes twice."""

    def setUp(self):
        super().setUp()
        # Ours asks for half as many until Meta gives them: six at a time.
        self.meta.set_max_page_size(6)
        self.made = [self.fill_in() for _ in range(20)]

    def assert_all_in_once(self, run):
        self.assertRecordValues(run, [{"state": "done", "made_count": 20}])
        rows = self.find(*self.made)
        self.assertEqual(rows.mapped("state"), ["done"] * 20)
        self.assertEqual(len(rows.lead_id), 20)

    def test_a_death_between_any_two_steps_loses_and_doubles_nothing(self):
        run = self.count(self.make_import())
        run.action_start()
        for method, after in (
            ("_store_chunk", 1),
            ("_fetch", 0),
            ("_store_chunk", 0),
            ("_fetch", 1),
        ):
            self.work_until_death(method, after)
            self.assertEqual(run.state, "running")
        self.assertEqual(self.deaths, 4)
        self.work()
        self.assertEqual(run.state, "done")
        # What was stored and not made into leads is made by the reader of the inbox.
        waiting = self.find(*self.made).filtered(lambda row: row.state == "received")
        self.assertTrue(waiting)
        self.assertEqual(run.waiting_count, len(waiting))
        # Not at once: the import itself held them.
        held_until = fields.Datetime.now() + timedelta(minutes=4)
        self.assertGreater(min(waiting.mapped("next_try_at")), held_until)
        waiting.next_try_at = fields.Datetime.now() - timedelta(minutes=1)
        self.fetch()
        self.assert_all_in_once(run)

    def test_a_pass_goes_on_behind_the_last_page_that_was_stored(self):
        run = self.count(self.make_import())
        run.action_start()
        self.work_until_death("_store_chunk", 2)
        self.assertEqual(run.position, 12)
        asked = len(self.meta.requests())
        self.work()
        self.assert_all_in_once(run)
        answered = [
            call
            for call in self.meta.requests()[asked:]
            if "/leads" in call["path"] and call["status"] == 200
        ]
        self.assertEqual(len(answered), 2)

    def test_the_dry_run_goes_on_too_and_counts_each_lead_once(self):
        run = self.make_import()
        run.action_count()
        self.work_until_death("_store_chunk", 2)
        self.assertEqual(run.state, "counting")
        self.work()
        self.assertRecordValues(
            run, [{"state": "ready", "found_count": 20, "create_count": 20}]
        )

    def test_a_cursor_that_meta_no_longer_knows_starts_the_form_again(self):
        run = self.count(self.make_import())
        run.action_start()
        self.work_until_death("_store_chunk", 2)
        self.meta.script(
            f"GET /{FORM}/leads",
            [
                {
                    "status": 400,
                    "body": {"error": {"code": 100, "message": "Invalid cursor"}},
                }
            ],
        )
        self.work()
        self.assert_all_in_once(run)

    def test_pause_and_resume(self):
        run = self.count(self.make_import())
        run.action_start()
        store = type(self.imports)._store_chunk

        def paused_meanwhile(records, chunk):
            rows = store(records, chunk)
            records.with_user(self.administrator).action_pause()
            return rows

        with patch.object(type(self.imports), "_store_chunk", paused_meanwhile):
            self.work()
        self.assertRecordValues(run, [{"state": "paused", "position": 6}])
        self.work()
        self.assertEqual(run.position, 6)
        run.action_resume()
        self.work()
        self.assert_all_in_once(run)

    def test_cancelling_keeps_what_is_here_and_reads_no_more(self):
        run = self.count(self.make_import())
        run.action_start()
        self.work_until_death("_store_chunk", 1)
        run.action_cancel()
        self.work()
        self.assertEqual(run.state, "cancelled")
        self.assertEqual(len(self.find(*self.made)), 6)

    def test_an_outage_is_waited_for_and_its_reason_shown(self):
        run = self.count(self.make_import())
        run.action_start()
        self.meta.script(f"GET /{FORM}/leads", [{"status": 503, "raw": "<html>"}])
        self.work()
        self.assertEqual((run.state, run.tries), ("running", 1))
        self.assertGreater(run.next_try_at, fields.Datetime.now())
        self.assertTrue(run.reason)
        asked = len(self.meta.requests())
        self.work()
        self.assertEqual(len(self.meta.requests()), asked)
        run.sudo().next_try_at = fields.Datetime.now() - timedelta(minutes=1)
        self.work()
        self.assert_all_in_once(run)
        self.assertEqual((run.tries, run.reason), (0, False))

    def test_an_outage_that_does_not_end_asks_a_person(self):
        run = self.make_import()
        run.action_count()
        self.meta.script(
            f"GET /{FORM}/leads", [{"status": 503, "raw": "<html>", "times": None}]
        )
        for _ in range(meta_lead_import_run.MAX_TRIES):
            run.sudo().next_try_at = False
            self.work()
        self.assertEqual(run.state, "failed")
        self.assertTrue(run.reason)

    def test_a_throttle_rests_the_page_and_the_import(self):
        run = self.make_import()
        run.action_count()
        self.meta.script_named("throttle_leads", f"GET /{FORM}/leads")
        self.work()
        self.assertEqual(run.state, "counting")
        self.assertEqual(run.next_try_at, self.page.resume_at)
        self.assertGreater(run.next_try_at, fields.Datetime.now())

    def test_a_dead_page_token_is_derived_once_more(self):
        run = self.count(self.make_import())
        run.action_start()
        self.page.access_token_stored = "an-old-token-of-this-page"
        self.work()
        self.assert_all_in_once(run)

    def test_a_refused_permission_stops_it_with_words_and_an_activity(self):
        run = self.make_import()
        run.action_count()
        self.meta.script(
            f"GET /{FORM}/leads",
            [
                {
                    "status": 403,
                    "body": {
                        "error": {
                            "code": 200,
                            "message": "(#200) Requires pages_manage_ads permission",
                        }
                    },
                    "times": None,
                }
            ],
        )
        self.work()
        self.assertEqual((run.state, run.phase), ("failed", "counting"))
        self.assertIn("pages_manage_ads", run.reason)
        self.assertGreater(len(run.reason.splitlines()), 1)
        self.assertEqual(run.sudo().activity_ids.user_id, self.administrator)
        self.meta.clear_scripts()
        self.page.action_resume()
        run.action_resume()
        self.assertFalse(run.sudo().activity_ids)
        self.work()
        self.assertEqual((run.state, run.create_count), ("ready", 20))

    def test_a_fault_of_ours_stops_it_without_quoting_anybody(self):
        run = self.make_import()
        run.action_count()

        def fails(*_args):
            raise ValueError("Ana Acker, ana@example.com")

        with (
            patch.object(type(self.imports), "_judge", fails),
            mute_logger(RUN),
        ):
            self.work()
        self.assertEqual(run.state, "failed")
        self.assertIn("ValueError", run.reason)
        self.assertNotIn("Ana", run.reason)
        run.action_resume()
        self.work()
        self.assertEqual(run.state, "ready")

    def test_one_import_in_trouble_does_not_hold_the_others(self):
        stuck = self.make_import()
        stuck.action_count()
        judge = type(self.imports)._judge

        def fails(records, nodes):
            if records == stuck:
                raise ValueError
            return judge(records, nodes)

        run = self.make_import()
        run.action_count()
        with patch.object(type(self.imports), "_judge", fails), mute_logger(RUN):
            self.work()
        self.assertEqual((stuck.state, run.state), ("failed", "ready"))
