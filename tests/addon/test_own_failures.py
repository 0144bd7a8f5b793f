"""Errors of our own on the way in: nothing stands still without anybody knowing."""

from datetime import timedelta
from unittest.mock import patch

from odoo.addons.meta_crm_capi.models import meta_lead_page_catch_up as schedule

from .catch_up import CatchUpCase
from .common import PAGE
from .test_catch_up_lists import NEXT_FORM
from .way_in import QUESTIONS

LOGGER = "odoo.addons.meta_crm_capi"
#: What a person wrote, as the words of an error may quote it.
QUOTE = "quoted@person.example"


class TestCatchUp(CatchUpCase):
    def setUp(self):
        super().setUp()
        self.page.caught_up_at = self.now - timedelta(days=9)

    def alarms(self):
        return self.page.activity_ids.filtered(
            lambda activity: activity.meta_alarm == schedule.CATCH_UP
        )

    def failing(self, method, records=None):
        """Each call fails with a person's words; what is logged does not have them."""
        model = type(self.page if records is None else records)
        return patch.object(model, method, side_effect=ValueError(QUOTE))

    def catch_up_failing(self, method):
        with self.failing(method), self.assertLogs(LOGGER, "ERROR") as logs:
            self.catch_up()
        self.assertIn("ValueError", logs.output[0])
        self.assertNotIn(QUOTE, "".join(logs.output))

    def test_an_error_at_a_form_is_told_and_heals(self):
        self.catch_up_failing("_keep_leads")
        self.assertIn("ValueError", self.form.catch_up_trouble)
        self.assertIn("ValueError", self.page.catch_up_trouble)
        self.assertNotIn(QUOTE, self.page.catch_up_trouble)
        self.assertEqual(len(self.alarms()), 1)
        self.catch_up()
        self.assertFalse(self.page.catch_up_trouble)
        self.assertFalse(self.alarms())

    def test_an_error_at_one_form_does_not_hold_up_the_next(self):
        self.meta.add_form(NEXT_FORM, PAGE, "Autumn", QUESTIONS)
        meta_id = self.lead_at_meta(60, NEXT_FORM)
        keep = type(self.page)._keep_leads

        def failing_once(page, run, form, *args):
            if form == self.form:
                raise ValueError(QUOTE)
            return keep(page, run, form, *args)

        with (
            patch.object(type(self.page), "_keep_leads", failing_once),
            self.assertLogs(LOGGER, "ERROR"),
        ):
            self.catch_up()
        self.assertEqual(self.come(meta_id), [meta_id])
        self.assertTrue(self.page.catch_up_trouble)

    def test_an_error_of_the_whole_page_is_told_too(self):
        self.catch_up_failing("_keep_forms")
        self.assertIn("ValueError", self.page.catch_up_trouble)
        self.assertEqual(len(self.alarms()), 1)

    def test_a_first_error_is_no_alarm_yet(self):
        self.page.caught_up_at = self.now - timedelta(hours=1)
        self.catch_up_failing("_keep_leads")
        self.assertTrue(self.page.catch_up_trouble)
        self.assertFalse(self.alarms())

    def test_an_error_before_any_page_is_logged_without_words(self):
        self.catch_up_failing("_claim_catch_up")

    def test_a_catch_up_of_long_ago_is_found_whatever_the_cause(self):
        self.assertEqual(self.page._judge_caught_up().level, "attention")
        self.page.catch_up_interval = 10 * 24 * 60
        self.assertEqual(self.page._judge_caught_up().level, "ok")
        self.page.catch_up_interval = 60
        self.page.caught_up_at = self.now - timedelta(hours=23)
        self.assertEqual(self.page._judge_caught_up().level, "ok")
