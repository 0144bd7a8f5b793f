"""The catch-up: what Meta lists comes in, once, whatever happens in the middle."""

import logging
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import ValidationError

from odoo.addons.meta_crm_capi.models import meta_lead_page_catch_up_read as reader

from .catch_up import CatchUpCase
from .common import FORM, PAGE
from .way_in import PAGE_TOKEN, QUESTIONS, SYSTEM_TOKEN

OLD_FORM = "220000000000007"
OTHER_PAGE = "110000000000002"
OTHER_FORM = "220000000000002"


class TestCatchUp(CatchUpCase):
    def test_a_lead_that_no_webhook_announced_comes_in_with_its_answers(self):
        meta_id = self.lead_at_meta(120)
        self.catch_up()
        row = self.find(meta_id)
        self.assertRecordValues(
            row, [{"origin": "catch_up", "state": "received", "page_id": self.page.id}]
        )
        self.fetch()
        self.assertEqual(row.state, "done")
        self.assertEqual(row.form_id, self.form)
        self.assertEqual(row.lead_id.contact_name, "Ana Acker")
        self.assertEqual(self.reads(meta_id), [])

    def test_nothing_new_is_a_whole_catch_up_too(self):
        self.catch_up()
        self.assertTrue(self.page.caught_up_at)
        self.assertFalse(self.page.catch_up_trouble)
        self.assertFalse(self.form.watermark)
        self.assertGreater(self.page.next_catch_up_at, fields.Datetime.now())

    def test_a_lead_that_came_by_webhook_does_not_come_again(self):
        row = self.come_in()
        self.catch_up()
        self.fetch()
        self.assertEqual(self.find(row.meta_id).origin, "webhook")
        self.assertEqual(
            self.env["crm.lead"].search_count([("meta_lead_id", "=", row.meta_id)]), 1
        )

    def test_three_pages_of_leads_come_in(self):
        self.small_pages()
        meta_ids = self.leads_at_meta(8)
        self.catch_up()
        self.assertEqual(self.come(*meta_ids), meta_ids)
        newest = self.find(meta_ids[0]).submitted_at
        self.assertEqual(self.form.watermark, newest)

    def test_more_leads_than_one_request_gives_come_in_as_they_are_asked_for(self):
        meta_ids = [self.lead_at_meta(20 + n / 60) for n in range(201)]
        self.catch_up()
        self.assertEqual(len(self.come(*meta_ids)), 201)
        self.assertEqual(len(self.lists()), 3)

    def test_only_leads_from_a_quarter_of_an_hour_before_the_watermark_are_read(self):
        self.lead_at_meta(120)
        self.catch_up()
        watermark = self.form.watermark
        self.catch_up()
        self.assertEqual(self.form.catch_up_since, watermark - timedelta(minutes=15))
        before, within = self.lead_at_meta(136), self.lead_at_meta(134)
        self.catch_up()
        self.assertEqual(self.come(before, within), [within])

    def test_a_lead_at_the_very_moment_of_the_watermark_is_not_lost(self):
        self.meta.create_lead(FORM, {}, created_time=self.seconds_ago(7200))
        self.catch_up()
        same = self.meta.create_lead(FORM, {}, created_time=self.seconds_ago(7200))
        late = self.meta.create_lead(
            FORM, {}, created_time=self.seconds_ago(7200 + 600)
        )
        self.catch_up()
        self.assertEqual(self.come(same, late), [same, late])

    def seconds_ago(self, seconds):
        """The same second in both calls."""
        now = self.page.catch_up_from + timedelta(days=30)
        return int((now - timedelta(seconds=seconds)).timestamp())

    def test_leads_from_before_the_page_was_connected_stay_at_meta(self):
        self.page.catch_up_from = self.now - timedelta(hours=2)
        old, new = self.lead_at_meta(180), self.lead_at_meta(60)
        self.catch_up()
        self.assertEqual(self.come(old, new), [new])

    def test_leads_since_the_forms_first_known_one_come_in(self):
        self.page.catch_up_from = self.now
        self.make_submission(
            "3300000000000001", submitted_at=self.now - timedelta(days=3)
        )
        older, between = self.lead_at_meta(4 * 1440), self.lead_at_meta(2 * 1440)
        self.catch_up()
        self.assertEqual(self.come(older, between), [between])

    def test_an_earlier_start_brings_older_leads(self):
        self.page.catch_up_from = self.now - timedelta(hours=2)
        old, new = self.lead_at_meta(180), self.lead_at_meta(60)
        self.catch_up()
        self.page.catch_up_from = self.now - timedelta(hours=4)
        self.catch_up()
        self.assertEqual(self.come(old, new), [old, new])

    def test_a_later_start_changes_nothing(self):
        self.lead_at_meta(60)
        self.catch_up()
        self.page.catch_up_from = self.now
        self.assertTrue(self.form.watermark)

    def test_meta_is_not_asked_for_more_than_90_days(self):
        self.page.catch_up_from = self.now - timedelta(days=400)
        gone, there = self.lead_at_meta(10), self.lead_at_meta(89 * 1440)
        self.meta.age_lead(gone, 91)
        self.catch_up()
        self.assertEqual(self.come(gone, there), [there])
        self.assertAlmostEqual(
            self.form.catch_up_since,
            self.now - timedelta(days=90),
            delta=timedelta(minutes=5),
        )

    def test_a_form_that_is_new_at_meta_is_learned_and_read(self):
        self.meta.add_form(OLD_FORM, PAGE, "Autumn", QUESTIONS)
        meta_id = self.lead_at_meta(60, OLD_FORM)
        self.catch_up()
        self.fetch()
        row = self.find(meta_id)
        self.assertEqual(row.form_id.name, "Autumn")
        self.assertEqual(row.lead_id.contact_name, "Ana Acker")

    def test_an_archived_form_is_read_only_while_it_gets_leads(self):
        self.meta.add_form(OLD_FORM, PAGE, "Old", QUESTIONS, status="ARCHIVED")
        missed = self.lead_at_meta(60, OLD_FORM)
        self.catch_up()
        self.assertEqual(self.lists(OLD_FORM), [])
        form = self.env["meta.lead.form"].search([("meta_id", "=", OLD_FORM)])
        self.assertEqual(form.status, "ARCHIVED")
        self.make_submission(
            "3300000000000001",
            form_id=form.id,
            submitted_at=self.now - timedelta(days=2),
        )
        self.catch_up()
        self.assertEqual(self.come(missed), [missed])

    def test_a_form_that_was_archived_in_odoo_is_left_alone(self):
        self.form.active = False
        self.lead_at_meta(60)
        self.catch_up()
        self.assertEqual(self.lists(), [])

    def test_each_page_has_an_interval_of_its_own(self):
        self.page.catch_up_interval = 240
        self.catch_up()
        wait = self.page.next_catch_up_at - fields.Datetime.now()
        self.assertAlmostEqual(wait.total_seconds(), 240 * 60, delta=15 * 60)
        asked = len(self.lists())
        self.run_cron()
        self.assertEqual(len(self.lists()), asked)

    def test_an_interval_of_0_switches_it_off_but_forms_are_still_read(self):
        self.page.catch_up_interval = 0
        self.lead_at_meta(60)
        self.catch_up()
        self.assertEqual(self.lists(), [])
        self.assertTrue(self.page.forms_read_at)
        self.assertGreater(
            self.page.next_catch_up_at, fields.Datetime.now() + timedelta(hours=20)
        )

    def test_an_interval_of_less_than_five_minutes_is_refused(self):
        for minutes in (1, 4, -1):
            with self.subTest(minutes=minutes), self.assertRaises(ValidationError):
                self.page.catch_up_interval = minutes

    def test_the_button_makes_the_page_due(self):
        self.catch_up()
        meta_id = self.lead_at_meta(60)
        action = self.page.with_user(self.administrator).action_catch_up()
        self.assertEqual(action["params"]["type"], "success")
        self.run_cron()
        self.assertEqual(self.come(meta_id), [meta_id])

    def test_the_button_says_that_a_page_rests(self):
        self.page._rest(900)
        action = self.page.action_catch_up()
        self.assertEqual(action["params"]["type"], "warning")
        self.run_cron()
        self.assertEqual(self.meta.requests(), [])

    def test_a_parked_lead_that_meta_lists_comes_in(self):
        meta_id = self.lead_at_meta(60)
        row = self.announce(meta_id)
        row._park("Meta does not let us read it.")
        self.catch_up()
        self.fetch()
        self.assertRecordValues(row, [{"state": "done", "reason": False}])
        self.assertEqual(self.reads(meta_id), [])

    def test_an_erased_lead_does_not_come_back(self):
        row = self.come_in()
        row._erase()
        self.catch_up()
        self.assertEqual(row.state, "erased")
        self.assertFalse(row.answers)

    def test_an_archived_page_is_not_caught_up(self):
        self.page.active = False
        self.catch_up()
        self.assertEqual(self.meta.requests(), [])

    def test_a_time_in_the_future_does_not_hide_what_comes_till_then(self):
        early = self.lead_at_meta(60)
        self.lead_at_meta(-3 * 1440)
        self.catch_up()
        self.assertEqual(self.form.watermark, self.find(early).submitted_at)

    def test_the_log_tells_what_came_and_holds_no_cursor_or_token(self):
        self.small_pages()
        self.leads_at_meta(4)
        self.catch_up()
        self.catch_up()
        rows = self.log.search([("kind", "=", "lead")])
        self.assertEqual(sorted(rows.mapped("event_count")), [1, 3])
        self.assertFalse(self.form.catch_up_after)
        for text in filter(None, self.log.search([]).mapped("message")):
            self.assertNotIn("access_token", text)
            self.assertNotIn(PAGE_TOKEN, text)


class TestBrokenOff(CatchUpCase):
    """Whatever ends a pass in the middle: the next one goes on where it stood."""

    def setUp(self):
        super().setUp()
        self.small_pages()

    def break_off_after(self, pages):
        """The process dies while it keeps the next page of the list."""
        keep, kept = reader.MetaLeadPage._keep_leads, []

        def dying(page, *args):
            if len(kept) == pages:
                raise MemoryError
            kept.append(args)
            return keep(page, *args)

        with (
            patch.object(type(self.page), "_keep_leads", dying),
            self.assertLogs("odoo.addons.meta_crm_capi", logging.ERROR),
        ):
            self.catch_up()

    def test_what_was_kept_stays_and_the_rest_comes_next_time(self):
        meta_ids = self.leads_at_meta(8)
        self.break_off_after(1)
        self.assertEqual(self.come(*meta_ids), meta_ids[:3])
        self.assertFalse(self.form.watermark)
        asked = len(self.lists())
        self.catch_up()
        self.assertEqual(self.come(*meta_ids), meta_ids)
        self.assertEqual(self.form.watermark, self.find(meta_ids[0]).submitted_at)
        # On behind the cursor, not from the start (sizes that are too large apart).
        sizes = [100, 50, 25, 12, 6]
        self.assertEqual(len(self.lists()) - asked, len(sizes) + 2)

    def test_a_page_and_the_place_where_the_pass_stands_are_kept_together(self):
        meta_ids = self.leads_at_meta(4)
        note = type(self.form)._note_page

        def dying(form, *args):
            note(form, *args)
            form.flush_recordset()
            raise MemoryError

        with (
            patch.object(type(self.form), "_note_page", dying),
            self.assertLogs("odoo.addons.meta_crm_capi", logging.ERROR),
        ):
            self.catch_up()
        self.assertEqual(self.come(*meta_ids), [])
        self.assertFalse(self.form.catch_up_after)
        self.catch_up()
        self.assertEqual(self.come(*meta_ids), meta_ids)

    def test_leads_of_meanwhile_come_with_the_next_pass(self):
        meta_ids = self.leads_at_meta(5)
        self.break_off_after(1)
        new = self.lead_at_meta(15)
        self.catch_up()
        self.assertEqual(self.come(*meta_ids), meta_ids)
        self.assertEqual(self.come(new), [])
        self.catch_up()
        self.assertEqual(self.come(new), [new])

    def test_a_cursor_that_meta_forgot_begins_the_pass_anew(self):
        meta_ids = self.leads_at_meta(5)
        self.break_off_after(1)
        self.form.catch_up_after = "!"
        self.catch_up()
        self.assertFalse(self.form.catch_up_after)
        self.catch_up()
        self.assertEqual(self.come(*meta_ids), meta_ids)

    def test_a_page_that_died_is_due_again_after_its_lease(self):
        self.leads_at_meta(4)
        self.break_off_after(0)
        wait = self.page.next_catch_up_at - fields.Datetime.now()
        self.assertAlmostEqual(wait.total_seconds(), 300, delta=30)

    def test_a_run_that_is_over_goes_on_at_once(self):
        meta_ids = self.leads_at_meta(8)
        self.catch_up_briefly()
        self.assertLess(len(self.come(*meta_ids)), 8)
        self.assertFalse(self.page.caught_up_at)
        self.assertLessEqual(
            self.page.next_catch_up_at, fields.Datetime.now() + timedelta(seconds=1)
        )
        self.run_cron()
        self.assertEqual(self.come(*meta_ids), meta_ids)
        self.assertTrue(self.page.caught_up_at)


class TestSeveralPages(CatchUpCase):
    def setUp(self):
        super().setUp()
        self.meta.add_page(OTHER_PAGE, "Shady Roofs", "other-page-token")
        self.meta.add_form(OTHER_FORM, OTHER_PAGE, "Autumn", QUESTIONS)
        self.other = self.env["meta.lead.page"].create(
            {
                "name": "Shady Roofs",
                "meta_id": OTHER_PAGE,
                "connection_id": self.connection.id,
                "access_token": "other-page-token",
                "catch_up_from": self.now - timedelta(days=30),
            }
        )

    def test_all_pages_that_are_due_are_caught_up_in_one_run(self):
        meta_ids = [self.lead_at_meta(60), self.lead_at_meta(60, OTHER_FORM)]
        self.catch_up(self.page + self.other)
        rows = self.find(*meta_ids)
        self.assertEqual(rows.page_id, self.page + self.other)

    def test_a_page_that_cannot_be_read_does_not_hold_up_the_others(self):
        self.other.access_token = "dead"
        self.meta.revoke_token(SYSTEM_TOKEN)
        self.other.next_catch_up_at = self.now - timedelta(hours=1)
        meta_id = self.lead_at_meta(60)
        self.catch_up()
        self.assertEqual(self.come(meta_id), [meta_id])
        self.assertTrue(self.other.catch_up_trouble)
        self.assertFalse(self.page.catch_up_trouble)

    def test_an_error_of_odoos_own_does_not_hold_up_the_others(self):
        self.other.next_catch_up_at = self.now - timedelta(hours=1)
        meta_id = self.lead_at_meta(60)
        refresh = reader.MetaLeadPage._refresh_forms

        def failing(page, *args):
            if page == self.other:
                raise ValueError
            return refresh(page, *args)

        with (
            patch.object(type(self.page), "_refresh_forms", failing),
            self.assertLogs("odoo.addons.meta_crm_capi", logging.ERROR),
        ):
            self.catch_up()
        self.assertEqual(self.come(meta_id), [meta_id])
