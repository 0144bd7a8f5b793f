"""Imports that Meta stops: what they wait for, and who is told."""

from datetime import timedelta

from odoo import fields

from odoo.addons.meta_crm_capi.models.meta_lead_import_run import MAX_TRIES

from .common import FORM
from .health import HealthCase
from .importing import OTHER_FORM, ImportCase, LongImportCase
from .way_in import PAGE_TOKEN, SYSTEM_TOKEN

FORBIDDEN = {
    "status": 403,
    "body": {
        "error": {
            "code": 200,
            "message": "(#200) Requires pages_manage_ads permission",
        }
    },
    "times": None,
}
SERVER_ERROR = {
    "message": "Service temporarily unavailable",
    "type": "OAuthException",
    "code": 2,
}


class TestImportWaits(LongImportCase):
    """It goes on where it was, and nothing comes twice."""

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
        for _ in range(MAX_TRIES):
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

    def test_what_holds_for_its_page_is_told_there_and_waited_for(self):
        run = self.make_import()
        run.action_count()
        self.meta.script(f"GET /{FORM}/leads", [FORBIDDEN])
        self.work()
        self.assertRecordValues(
            run, [{"state": "counting", "next_try_at": False, "tries": 0}]
        )
        self.assertIn("pages_manage_ads", run.reason)
        self.assertGreater(len(run.reason.splitlines()), 1)
        # One cause, one activity.
        self.assertFalse(run.sudo().activity_ids)
        self.assertEqual(self.page.state, "reconnect")
        self.assertEqual(self.page.activity_ids.mapped("meta_alarm"), ["reconnect"])
        asked = len(self.meta.requests())
        self.work()
        self.assertEqual(len(self.meta.requests()), asked)
        self.meta.clear_scripts()
        self.page.action_resume()
        self.work()
        self.assertRecordValues(
            run, [{"state": "ready", "create_count": 20, "reason": False}]
        )

    def test_one_that_begins_while_its_page_waits_says_so_and_waits_too(self):
        self.page._set_reconnect("The token is dead.")
        run = self.make_import()
        run.action_count()
        self.work()
        self.assertEqual(run.state, "counting")
        self.assertIn("The token is dead.", run.reason)
        self.assertFalse(run.sudo().activity_ids)
        # Whoever presses the button sees what it says now.
        run.action_resume()
        self.work()
        self.assertIn("The token is dead.", run.reason)
        self.page.action_resume()
        self.work()
        self.assertEqual(run.state, "ready")

    def test_a_file_does_not_wait_for_the_page(self):
        self.page._set_reconnect("The token is dead.")
        run = self.make_file_import(self.rows_of_file({"id": "330000000000001"}))
        run.action_count()
        run.sudo().reason = "It waited for something else."
        self.work()
        self.assertEqual(run.state, "ready")


class TestDeadToken(HealthCase, ImportCase):
    def told(self, run):
        alarms = self.activities() | run.sudo().activity_ids
        return alarms.mapped("meta_alarm")

    def test_it_is_told_once_whoever_meets_it(self):
        self.fill_in()
        self.meta.revoke_token(PAGE_TOKEN)
        self.meta.revoke_token(SYSTEM_TOKEN)
        run = self.make_import()
        run.action_count()
        self.work()
        self.assertEqual(self.told(run), ["reconnect"])
        self.run_cron()
        self.work()
        self.assertEqual(self.told(run), ["health token"])
        self.assertEqual(run.state, "counting")
        self.meta.renew_token(PAGE_TOKEN)
        self.meta.renew_token(SYSTEM_TOKEN)
        self.run_cron()
        self.run_cron()
        self.work()
        self.assertEqual(run.state, "ready")
        self.assertEqual(self.told(run), [])


class TestFormThatFails(ImportCase):
    """Meta fails at one form, again and again: the others do not wait for it."""

    def setUp(self):
        super().setUp()
        self.meta.set_max_page_size(3)
        other = self.add_other_form()
        self.elsewhere = [self.meta.create_lead(OTHER_FORM, {}) for _ in range(5)]
        self.broken = {"status": 500, "body": {"error": SERVER_ERROR}, "times": None}
        # It comes before ours.
        self.run = self.make_import(form_ids=[other.id, self.form.id])
        self.made = [self.fill_in() for _ in range(4)]

    def break_form(self):
        self.meta.script(f"GET /{OTHER_FORM}/leads", [self.broken])

    def let_time_pass(self, times=1):
        for _ in range(times):
            self.run.sudo().next_try_at = False
            self.work()

    def keys(self):
        return {line[0] for line in self.lines(self.run)}

    def test_the_others_are_read_at_once_and_it_is_tried_again(self):
        self.break_form()
        self.count(self.run)
        self.assertEqual(self.keys(), set(self.made))
        self.assertRecordValues(self.run, [{"state": "counting", "tries": 1}])
        self.assertGreater(self.run.next_try_at, fields.Datetime.now())
        self.assertIn("Autumn", self.run.reason)
        self.assertIn(SERVER_ERROR["message"], self.run.reason)
        self.assertNotIn("Spring", self.run.reason)
        self.meta.clear_scripts()
        self.let_time_pass()
        self.assertRecordValues(
            self.run, [{"state": "ready", "found_count": 9, "reason": False}]
        )

    def test_in_the_end_the_import_is_done_and_says_what_is_missing(self):
        self.break_form()
        self.count(self.run)
        self.let_time_pass(MAX_TRIES - 1)
        self.assertRecordValues(self.run, [{"state": "ready", "create_count": 4}])
        self.assertIn("Autumn", self.run.reason)
        self.run.action_start()
        self.work()
        self.assertEqual(self.find(*self.made).mapped("state"), ["done"] * 4)
        self.let_time_pass(MAX_TRIES - 1)
        self.assertRecordValues(self.run, [{"state": "done", "made_count": 4}])
        self.assertIn("Autumn", self.run.reason)
        self.assertIn(SERVER_ERROR["message"], self.run.reason)
        self.assertEqual(
            self.run.sudo().activity_ids.mapped("summary"),
            ["Not all Meta leads were imported"],
        )

    def test_where_no_form_can_be_read_it_stops_and_goes_on_where_it_was(self):
        self.run.form_ids = self.run.form_ids.filtered(
            lambda form: form.meta_id == OTHER_FORM
        )
        self.run.action_count()
        self.work_until_death("_store_chunk", 1)
        self.assertEqual(self.run.position, 3)
        self.break_form()
        self.let_time_pass(MAX_TRIES)
        self.assertEqual((self.run.state, self.run.position), ("failed", 3))
        self.assertIn("Autumn", self.run.reason)
        self.meta.clear_scripts()
        self.run.action_resume()
        self.work()
        self.assertRecordValues(
            self.run, [{"state": "ready", "found_count": 5, "repeated_count": 0}]
        )

    def test_where_meta_does_not_answer_no_other_form_is_asked_for(self):
        self.meta.script_named("no_answer", "GET *", times=None)
        self.count(self.run)
        asked = {call["path"] for call in self.meta.requests("GET *")}
        self.assertEqual(self.run.tries, 1)
        self.assertEqual(len(asked), 1)
