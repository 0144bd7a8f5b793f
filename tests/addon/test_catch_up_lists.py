"""Catching up from lists that misbehave, and under Meta's limits and refusals."""

import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields

from odoo.addons.meta_crm_capi.models import meta_lead_page_catch_up as schedule

from .catch_up import CatchUpCase
from .common import APP, FORM, PAGE
from .test_fetch import Conflict
from .transactions import before_requests, noting_steps
from .way_in import PAGE_TOKEN, QUESTIONS, SYSTEM_TOKEN

NEXT_FORM = "220000000000007"
#: The sizes that are tried in vain before three leads at a time.
TOO_LARGE = 5


class TestLists(CatchUpCase):
    """Whatever the list does: no lead is lost, and the reading ends."""

    def setUp(self):
        super().setUp()
        self.small_pages()

    def assertAllCome(self, meta_ids):
        self.assertEqual(self.come(*meta_ids), meta_ids)
        self.assertTrue(self.page.caught_up_at)
        self.assertFalse(self.page.catch_up_trouble)
        self.assertEqual(self.form.watermark, self.find(meta_ids[0]).submitted_at)

    def test_a_last_page_that_repeats_itself_ends_the_list(self):
        self.meta.set_paging_faults(["repeat_next"])
        meta_ids = self.leads_at_meta(7)
        self.catch_up()
        self.assertAllCome(meta_ids)

    def test_an_empty_list_that_repeats_itself_ends(self):
        self.meta.set_paging_faults(["repeat_next"])
        self.catch_up()
        self.assertTrue(self.page.caught_up_at)

    def test_where_every_page_is_the_first_one_the_older_leads_come_too(self):
        self.meta.set_paging_faults(["repeat_first"])
        meta_ids = self.leads_at_meta(8)
        self.catch_up()
        self.assertAllCome(meta_ids)

    def test_a_page_that_is_kept_a_second_time_is_seen_but_once(self):
        self.meta.set_paging_faults(["repeat_first"])
        meta_ids = self.leads_at_meta(8)
        note, conflicts = type(self.form)._note_page, []

        def meeting_another(form, result, times):
            if times not in conflicts:
                conflicts.append(times)
                raise Conflict
            return note(form, result, times)

        with patch.object(type(self.form), "_note_page", meeting_another):
            self.catch_up()
        self.assertTrue(conflicts)
        self.assertAllCome(meta_ids)

    def test_where_neither_paging_nor_filter_work_it_is_said(self):
        self.meta.set_paging_faults(["repeat_first", "ignore_filter"])
        meta_ids = self.leads_at_meta(8)
        self.catch_up()
        self.assertEqual(self.come(*meta_ids), meta_ids[:3])
        self.assertFalse(self.form.watermark)
        self.assertFalse(self.page.caught_up_at)
        self.assertIn("repeats itself", self.page.catch_up_trouble)
        self.meta.set_paging_faults([])
        self.catch_up()
        self.assertAllCome(meta_ids)
        self.assertFalse(self.form.catch_up_trouble)

    def test_an_ignored_filter_brings_no_lead_that_is_too_old(self):
        self.meta.set_paging_faults(["ignore_filter"])
        new = self.leads_at_meta(4)
        old = [self.lead_at_meta(31 * 1440 + n) for n in range(20)]
        self.catch_up()
        self.assertAllCome(new)
        self.assertEqual(self.come(*old), [])
        # Two new pages, and two old ones to be sure.
        self.assertEqual(len(self.lists()), TOO_LARGE + 4)

    def test_an_ignored_filter_on_a_list_without_order_loses_no_lead(self):
        self.meta.set_paging_faults(["ignore_filter", "unordered"])
        new = self.leads_at_meta(4)
        old = [self.lead_at_meta(31 * 1440 + n) for n in range(20)]
        self.catch_up()
        self.assertEqual(sorted(self.come(*new)), sorted(new))
        self.assertEqual(self.come(*old), [])
        self.assertTrue(self.page.caught_up_at)

    def test_a_list_without_order_sets_the_watermark_to_the_newest(self):
        self.meta.set_paging_faults(["unordered"])
        meta_ids = self.leads_at_meta(10)
        self.catch_up()
        self.assertAllCome(meta_ids)

    def test_a_list_without_order_that_repeats_itself_is_not_taken_for_whole(self):
        self.meta.set_paging_faults(["unordered", "repeat_first"])
        # Out of order for certain: their ids end in rising digits.
        meta_ids = [
            self.lead_at_meta(20 + minutes, lead_id=f"33000000000001{digit}1")
            for digit, minutes in enumerate((2, 1, 3, 0, 4))
        ]
        self.catch_up()
        self.assertEqual(len(self.come(*meta_ids)), 3)
        self.assertFalse(self.page.caught_up_at)
        self.assertIn("repeats itself", self.page.catch_up_trouble)

    def test_fewer_leads_at_a_time_are_asked_for_where_it_is_too_much(self):
        meta_ids = self.leads_at_meta(3)
        self.catch_up()
        self.assertAllCome(meta_ids)
        self.assertEqual(len(self.lists()), TOO_LARGE + 1)

    def test_leads_of_odd_shapes_do_not_hold_up_the_others(self):
        sound = self.lead_at_meta(60)
        nodes = [
            {"id": "3300000000000001"},
            {"id": sound, "created_time": self.as_meta(60), "field_data": None},
            {"created_time": self.as_meta(60)},
            {"id": "3300000000000002", "created_time": self.as_meta(61)},
            "lead",
            None,
        ]
        self.meta.script(
            f"GET /{FORM}/leads", [{"status": 200, "body": {"data": nodes}}]
        )
        with self.assertLogs("odoo.addons.meta_crm_capi", "WARNING"):
            self.catch_up()
        wanted = ["3300000000000001", "3300000000000002", sound]
        self.assertEqual(self.come(*wanted), wanted)
        self.assertEqual(
            self.find(sound).form_meta_id, FORM, "The list says whose leads they are."
        )

    def as_meta(self, minutes):
        moment = self.now - timedelta(minutes=minutes)
        return f"{moment:%Y-%m-%dT%H:%M:%S}+0000"

    def test_what_is_no_list_is_tried_again_soon(self):
        self.meta.script(f"GET /{FORM}/leads", [{"status": 200, "body": {"data": 5}}])
        self.catch_up()
        self.assertFalse(self.page.caught_up_at)
        wait = self.page.next_catch_up_at - fields.Datetime.now()
        self.assertAlmostEqual(wait.total_seconds(), 300, delta=30)


class TestLimits(CatchUpCase):
    """Meta's limits, refusals and outages."""

    def add_next_form(self):
        self.meta.add_form(NEXT_FORM, PAGE, "Autumn", QUESTIONS)
        return self.lead_at_meta(60, NEXT_FORM)

    def alarms(self):
        return self.page.activity_ids.filtered(
            lambda activity: activity.meta_alarm == schedule.CATCH_UP
        )

    def test_too_many_calls_rest_the_page_and_the_pass_goes_on_afterwards(self):
        meta_id = self.lead_at_meta(60)
        self.meta.script_named("throttle_leads", f"GET /{FORM}/leads")
        self.catch_up()
        rest = self.page.resume_at - fields.Datetime.now()
        self.assertAlmostEqual(rest.total_seconds(), 7 * 60, delta=30)
        self.assertEqual(self.page.state, "connected")
        asked = len(self.meta.requests())
        self.catch_up()
        self.assertEqual(len(self.meta.requests()), asked)
        self.page.resume_at = False
        self.run_cron()
        self.assertEqual(self.come(meta_id), [meta_id])
        self.assertFalse(self.alarms())

    def test_a_limit_that_is_nearly_reached_leaves_the_rest_to_new_leads(self):
        self.add_next_form()
        usage = {"call_count": 85, "total_time": 1, "total_cputime": 1}
        self.meta.script(
            f"GET /{FORM}/leads", [{"headers": {"X-App-Usage": json.dumps(usage)}}]
        )
        self.catch_up()
        self.assertEqual(self.lists(NEXT_FORM), [])
        self.assertIn("nearly reached", self.page.catch_up_trouble)
        self.assertFalse(self.page.caught_up_at)
        self.catch_up()
        self.assertEqual(len(self.lists(NEXT_FORM)), 1)
        self.assertTrue(self.page.caught_up_at)
        self.assertFalse(self.page.catch_up_trouble)

    def test_the_days_share_of_calls_ends_the_pass(self):
        self.lead_at_meta(60)
        self.catch_up()
        self.assertEqual(self.page._get_call_budget(), 2400)
        self.page.catch_up_calls = 2400
        asked = len(self.meta.requests())
        self.catch_up()
        self.assertEqual(len(self.meta.requests()), asked)
        self.assertIn("share of the calls", self.page.catch_up_trouble)
        self.page.catch_up_calls_from = self.now - timedelta(hours=25)
        self.catch_up()
        self.assertEqual(len(self.meta.requests()), asked + 1)
        self.assertEqual(self.page.catch_up_calls, 1)
        self.assertFalse(self.page.catch_up_trouble)

    def test_the_share_of_calls_grows_with_the_leads_of_90_days(self):
        for number, days in enumerate((1, 2, 89, 91)):
            self.make_submission(
                f"330000000000000{number}", submitted_at=self.now - timedelta(days=days)
            )
        self.assertEqual(self.page._get_call_budget(), 3 * 2400)

    def test_calls_are_counted_over_all_runs(self):
        self.catch_up()
        calls = self.page.catch_up_calls
        self.assertEqual(calls, len(self.meta.requests()))
        self.catch_up()
        self.assertEqual(self.page.catch_up_calls, len(self.meta.requests()))

    def test_a_dead_page_token_is_derived_anew_in_the_middle(self):
        self.small_pages()
        meta_ids = self.leads_at_meta(6)
        self.meta.script(f"GET /{FORM}/leads", [{}] * 6)
        self.meta.script_named("bad_token", f"GET /{FORM}/leads")
        self.catch_up()
        self.assertEqual(self.come(*meta_ids), meta_ids)
        self.assertNotEqual(self.page.sudo().access_token_stored, PAGE_TOKEN)
        self.assertFalse(self.page.catch_up_trouble)

    def test_a_missing_page_token_is_derived(self):
        self.env.cr.execute("UPDATE meta_lead_page SET access_token_stored = NULL")
        self.env.invalidate_all()
        meta_id = self.lead_at_meta(60)
        self.catch_up()
        self.assertEqual(self.come(meta_id), [meta_id])

    def test_tokens_that_are_all_dead_are_an_alarm_and_heal(self):
        self.meta.revoke_token(SYSTEM_TOKEN)
        self.meta.revoke_token(PAGE_TOKEN)
        self.catch_up()
        self.assertEqual(len(self.alarms()), 1)
        self.assertTrue(self.page.catch_up_trouble)
        self.catch_up()
        self.assertEqual(len(self.alarms()), 1)
        self.meta.renew_token(SYSTEM_TOKEN)
        self.catch_up()
        self.assertFalse(self.alarms())
        self.assertFalse(self.page.catch_up_trouble)

    def test_a_missing_permission_does_not_stop_the_webhooks_road(self):
        self.meta.set_scopes(SYSTEM_TOKEN, ["leads_retrieval", "pages_show_list"])
        self.meta.script_named("scope_missing", f"GET /{PAGE}/leadgen_forms")
        self.catch_up()
        self.assertEqual(len(self.alarms()), 1)
        self.assertEqual(self.page.state, "connected")
        self.assertEqual(self.come_in().state, "done")

    def test_a_form_that_meta_refuses_does_not_hold_up_the_next_one(self):
        meta_id = self.add_next_form()
        self.meta.script_named("no_access", f"GET /{FORM}/leads")
        self.catch_up()
        self.assertEqual(self.come(meta_id), [meta_id])
        self.assertIn(self.form.name, self.page.catch_up_trouble)
        self.assertTrue(self.form.catch_up_trouble)
        self.assertFalse(self.alarms())
        self.catch_up()
        self.assertFalse(self.form.catch_up_trouble)
        self.assertFalse(self.page.catch_up_trouble)

    def test_a_form_that_fails_for_a_day_is_an_alarm_until_it_is_archived(self):
        error = {"code": 100, "error_subcode": 33, "message": "Unsupported get request"}
        self.meta.script(
            f"GET /{FORM}/leads",
            [{"status": 400, "body": {"error": error}, "times": None}],
        )
        self.catch_up()
        self.assertFalse(self.alarms())
        self.env.cr.execute(
            "UPDATE meta_lead_page SET create_date = create_date - interval '25 h'"
        )
        self.env.invalidate_all()
        self.catch_up()
        self.assertEqual(len(self.alarms()), 1)
        self.form.active = False
        self.catch_up()
        self.assertFalse(self.alarms())
        self.assertTrue(self.page.caught_up_at)

    def test_silence_ends_the_run_and_the_other_forms_come_soon(self):
        meta_id = self.add_next_form()
        self.meta.script_named("no_answer", f"GET /{FORM}/leads")
        self.catch_up()
        self.assertEqual(self.lists(NEXT_FORM), [])
        wait = self.page.next_catch_up_at - fields.Datetime.now()
        self.assertAlmostEqual(wait.total_seconds(), 300, delta=30)
        self.catch_up()
        self.assertEqual(self.come(meta_id), [meta_id])
        self.assertFalse(self.page.caught_up_at)
        self.catch_up()
        self.assertTrue(self.page.caught_up_at)

    def test_an_error_of_the_moment_at_one_form_lets_the_others_be_read(self):
        meta_id = self.add_next_form()
        self.meta.script_named("transient", f"GET /{FORM}/leads")
        self.catch_up()
        self.assertEqual(self.come(meta_id), [meta_id])
        self.assertTrue(self.form.catch_up_trouble)

    def test_a_list_of_forms_that_fails_still_lets_leads_come(self):
        meta_id = self.lead_at_meta(60)
        self.meta.script_named("transient", f"GET /{PAGE}/leadgen_forms")
        self.catch_up()
        self.assertEqual(self.come(meta_id), [meta_id])
        self.assertTrue(self.page.catch_up_trouble)
        self.assertFalse(self.page.forms_read_at)
        self.catch_up()
        self.assertTrue(self.page.forms_read_at)

    def test_a_proof_is_sent_where_the_app_wants_one(self):
        self.meta.reset()
        self.meta.add_app(APP, "test-app-secret", require_proof=True)
        self.meta.add_page(PAGE, "Sunny Roofs", PAGE_TOKEN)
        self.meta.add_form(FORM, PAGE, "Spring offer", QUESTIONS)
        meta_id = self.lead_at_meta(60)
        self.catch_up()
        self.assertEqual(self.come(meta_id), [meta_id])

    def test_no_transaction_is_open_while_meta_answers(self):
        self.env.cr.execute("UPDATE meta_lead_page SET access_token_stored = NULL")
        self.env.invalidate_all()
        self.lead_at_meta(60)
        with noting_steps() as steps:
            self.catch_up()
        before = before_requests(steps)
        self.assertGreaterEqual(len(before), 3)
        self.assertNotIn("sql", before)
