"""Asking Meta which leads it has: paging, troubles, and what is kept."""

from datetime import timedelta
from itertools import groupby
from unittest.mock import patch
from urllib.parse import parse_qs

from odoo.exceptions import AccessError

from odoo.addons.meta_crm_capi.models import meta_lead_page_catch_up_run as run

from .common import FORM
from .reconciling import MONTH, ReconciliationCase

LISTS = f"GET /{FORM}/leads"
THROTTLE = {
    "status": 400,
    "body": {"error": {"code": 80005, "message": "Too many leadgen api calls"}},
}


class TestReconciliationCount(ReconciliationCase):
    @property
    def counts(self):
        self.env.invalidate_all()
        return self.env["meta.lead.count"].search([])

    @property
    def listed(self):
        return set(self.counts.listed_ids.mapped("meta_id"))

    def lists(self):
        return self.meta.requests(f"/{FORM}/leads")

    def asked(self, name):
        """A parameter of each request for the list, where it has one."""
        queries = [parse_qs(call["query"]) for call in self.lists()]
        return [query[name][0] for query in queries if name in query]

    def make_due(self):
        self.counts.next_try_at = self.now - timedelta(minutes=1)

    def test_a_list_of_many_pages_is_read_to_its_end(self):
        self.meta.set_max_page_size(3)
        ids = {self.at_meta(days=number) for number in range(1, 9)}
        self.count()

        self.assertEqual(self.counts.state, "done")
        self.assertEqual(self.listed, ids)
        self.assertGreater(len(self.lists()), 2)

    def test_nothing_of_a_person_is_asked_for(self):
        self.at_meta()
        self.count()

        self.assertEqual(self.asked("fields"), ["id,created_time"])

    def test_counting_fewer_days_does_not_forget_what_is_known_of_more(self):
        self.come_from_meta(days=60)
        self.come_from_meta(days=1)
        self.count({"days": 90})
        self.count({"days": 7})

        self.assertEqual(self.numbers({"days": 7})[:2], [1, 1])
        self.assertEqual(self.numbers({"days": 90})[:2], [2, 2])
        counts = self.env["meta.lead.count"].search([])
        self.assertEqual(len(counts), 2)

        self.count({"days": 90})
        self.assertEqual(self.numbers({"days": 90})[:2], [2, 2])
        self.assertEqual(len(counts.exists()), 0)

    def test_only_the_period_is_listed(self):
        young = self.at_meta(days=3)
        self.at_meta(days=20)
        self.count({"days": 7})

        self.assertEqual(self.listed, {young})

    def test_a_new_count_takes_the_place_of_the_old_one_once_it_is_done(self):
        first = self.at_meta(days=2)
        self.count()
        second = self.at_meta(days=1)
        self.screen(self.administrator).count_at_meta(MONTH)
        self.assertEqual(self.numbers()[0], 1)
        found = self.look()
        self.assertTrue(found["total"]["is_counting"])

        self.run_cron(self.count_cron)
        self.assertEqual(self.numbers()[0], 2)
        self.assertEqual(self.listed, {first, second})
        self.assertEqual(len(self.counts), 1)

    def test_pressed_twice_meta_is_asked_once(self):
        self.screen(self.administrator).count_at_meta(MONTH)
        self.count()

        self.assertEqual(len(self.lists()), 1)
        self.assertEqual(len(self.counts), 1)

    def test_an_interrupted_count_goes_on_where_it_was(self):
        self.meta.set_max_page_size(2)
        ids = {self.at_meta(days=number) for number in range(1, 8)}
        self.screen(self.administrator).count_at_meta(MONTH)
        with patch.object(run, "RUN", -1):
            self.run_cron(self.count_cron)
        self.make_due()
        self.run_cron(self.count_cron)

        self.assertEqual(self.listed, ids)
        self.assertEqual(self.counts.state, "done")
        # It is asked for again with smaller pages, and none a second time later.
        cursors = [cursor for cursor, _again in groupby(self.asked("after"))]
        self.assertEqual(len(cursors), 6)
        self.assertEqual(len(cursors), len(set(cursors)))

    def test_a_list_that_repeats_itself_is_read_by_time_and_counts_each_once(self):
        self.meta.set_max_page_size(2)
        self.meta.set_paging_faults(["repeat_next"])
        ids = {self.at_meta(days=number) for number in range(1, 6)}
        self.count()

        self.assertEqual(self.listed, ids)
        self.assertEqual(self.numbers()[0], 5)

    def test_a_dead_token_leaves_the_number_unknown_and_says_why(self):
        self.at_meta()
        self.meta.script_named("bad_token", LISTS)
        self.meta.script_named("bad_token", LISTS)
        self.count()

        found = self.look()
        self.assertIsNone(found["total"]["numbers"]["listed"])
        self.assertIn("access token", found["total"]["count_trouble"])
        self.assertFalse(found["total"]["is_counting"])
        self.assertEqual(self.page.state, "connected")

        self.count()
        self.assertEqual(self.numbers()[0], 1)
        self.assertFalse(self.look()["total"]["count_trouble"])

    def test_after_trouble_the_number_of_before_stays_with_its_time(self):
        self.at_meta()
        self.count()
        before = self.look()["total"]["counted_at"]
        self.meta.script_named("bad_token", LISTS)
        self.meta.script_named("bad_token", LISTS)
        self.count()

        found = self.look()
        self.assertEqual(found["total"]["numbers"]["listed"], 1)
        self.assertEqual(found["total"]["counted_at"], before)
        self.assertTrue(found["total"]["count_trouble"])

    def test_a_page_that_is_to_be_reconnected_is_not_asked(self):
        self.page._set_reconnect("Leads Access was taken away.")
        self.count()

        self.assertEqual(self.lists(), [])
        self.assertIn("Leads Access", self.look()["total"]["count_trouble"])

    def test_a_throttle_rests_the_page_and_the_count_goes_on_after_it(self):
        self.at_meta()
        self.meta.script(LISTS, [{**THROTTLE, "times": 1}])
        self.count()
        self.assertTrue(self.page.resume_at)
        self.assertTrue(self.look()["total"]["is_counting"])
        self.assertTrue(self.look()["total"]["count_trouble"])

        self.page.resume_at = False
        self.make_due()
        self.run_cron(self.count_cron)
        self.assertEqual(self.numbers()[0], 1)

    def test_a_meta_that_does_not_answer_is_asked_again_and_then_given_up(self):
        self.meta.script(LISTS, [{"status": 500, "raw": "<html>", "times": 9}])
        self.screen(self.administrator).count_at_meta(MONTH)
        for tries in range(1, 4):
            self.run_cron(self.count_cron)
            self.assertEqual(
                (self.counts.state, self.counts.tries), ("counting", tries)
            )
            self.make_due()
        self.run_cron(self.count_cron)

        self.assertEqual(self.counts.state, "failed")
        self.assertIsNone(self.numbers()[0])

    def test_an_error_of_our_own_is_told_and_the_next_form_is_counted(self):
        other = self.add_form()
        self.at_meta(form=other.meta_id)
        keep, failing = type(self.counts)._keep, self.form

        def fail(count, view, result):
            if count.form_id == failing:
                raise RuntimeError
            return keep(count, view, result)

        logger = "odoo.addons.meta_crm_capi.models.meta_lead_count_run"
        self.patch(type(self.counts), "_keep", fail)
        with self.assertLogs(logger, "ERROR"):
            self.count()

        self.assertIn("RuntimeError", self.look()["total"]["count_trouble"])
        self.assertEqual(self.row(self.look(), other)["numbers"]["listed"], 1)

    def test_the_calls_are_of_the_share_of_the_catch_up(self):
        self.count()
        self.assertEqual(self.page.catch_up_calls, 1)

        self.page.catch_up_calls = 10**6
        self.count()
        self.assertEqual(len(self.lists()), 1)
        self.assertTrue(self.counts.filtered(lambda count: count.state == "counting"))

    def test_each_count_is_a_row_of_the_log(self):
        self.at_meta()
        self.count()
        log = self.log.search([("asked", "like", "Which leads")])

        self.assertEqual((log.outcome, log.event_count), ("accepted", 1))

    def test_old_counts_are_removed(self):
        self.at_meta()
        self.count()
        self.env.cr.execute(
            "UPDATE meta_lead_count SET create_date = create_date - interval '92 days'"
        )
        self.env.invalidate_all()
        self.env["meta.lead.count"]._gc_old()

        self.assertFalse(self.counts)
        self.assertFalse(self.env["meta.lead.listed"].search([]))

    def test_only_an_administrator_has_meta_asked(self):
        with self.assertRaises(AccessError):
            self.screen(self.marketer).count_at_meta(MONTH)
        self.assertFalse(self.counts)
