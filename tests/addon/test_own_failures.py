"""Errors of our own on the way in: nothing stands still without anybody knowing."""

from datetime import timedelta
from unittest.mock import patch

from odoo.addons.meta_crm_capi.models import meta_lead_page_catch_up as schedule

from .catch_up import CatchUpCase
from .common import PAGE
from .health import HealthCase
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


class TestInbox(HealthCase):
    """Rows whose settling fails are told, and hold up no others."""

    def fetch_failing(self, wrong):
        """The cron reads what is due; settling the wrong one fails."""
        settle = type(wrong)._settle

        def failing(row, result):
            if row == wrong:
                raise ValueError(QUOTE)
            return settle(row, result)

        with (
            patch.object(type(wrong), "_settle", failing),
            self.assertLogs(LOGGER, "ERROR") as logs,
        ):
            self.fetch()
        self.assertNotIn(QUOTE, "".join(logs.output))

    def age(self, row, hours):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE meta_lead_submission"
            " SET create_date = create_date - make_interval(hours => %s) WHERE id = %s",
            [hours, row.id],
        )
        self.env.invalidate_all()

    def test_one_that_fails_says_so_and_the_others_come_in(self):
        wrong, *sound = (self.announce(self.fill_in()) for _number in range(3))
        self.fetch_failing(wrong)
        self.assertEqual([row.state for row in sound], ["done", "done"])
        self.assertEqual(wrong.state, "received")
        self.assertIn("ValueError", wrong.reason)
        self.make_due(wrong)
        self.fetch()
        self.assertEqual(wrong.state, "done")

    def make_due(self, row):
        row.next_try_at = self.now - timedelta(minutes=1)
        row.flush_recordset()

    def test_one_that_fails_for_days_is_parked(self):
        wrong = self.announce(self.fill_in())
        self.age(wrong, 37)
        wrong.tries = 5
        self.fetch_failing(wrong)
        self.assertEqual((wrong.state, wrong.parked_cause), ("parked", "internal"))

    def test_whatever_fails_stays_on_record(self):
        for method in ("_find_pages", "_read_from_meta", "_store_reading"):
            row = self.announce(self.fill_in())
            with (
                patch.object(type(row), method, side_effect=ValueError(QUOTE)),
                self.assertLogs(LOGGER, "ERROR") as logs,
            ):
                self.fetch()
            self.assertNotIn(QUOTE, "".join(logs.output))
            self.assertIn("ValueError", row.reason, method)
            self.assertGreater(row.next_try_at, self.now)

    def test_an_error_before_any_lead_is_logged_without_words(self):
        model = type(self.submissions)
        with (
            patch.object(model, "_claim", side_effect=ValueError(QUOTE)),
            self.assertLogs(LOGGER, "ERROR") as logs,
        ):
            self.fetch()
        self.assertNotIn(QUOTE, "".join(logs.output))

    def test_a_lead_that_waits_for_hours_is_told_until_it_is_made(self):
        row = self.announce(self.fill_in())
        self.age(row, 5)
        self.check(self.page)
        self.assertNotIn("waiting", self.levels())
        self.age(row, 2)
        self.check(self.page)
        self.assertEqual(self.found("waiting").level, "attention")
        self.assertIn("1", self.found("waiting").words)
        self.assertEqual(self.activities().mapped("meta_alarm"), ["health waiting"])
        self.fetch()
        self.check(self.page)
        self.assertNotIn("waiting", self.levels())
        self.assertFalse(self.activities())


class TestLog(HealthCase):
    def test_imports_and_mappings_that_stop_are_logged_without_words(self):
        for model, method, cron in (
            ("meta.lead.import", "_run_due", "ir_cron_import"),
            ("meta.lead.form", "_remap_running", "ir_cron_remap"),
        ):
            failing = patch.object(
                type(self.env[model]), method, side_effect=ValueError(QUOTE)
            )
            self.env.flush_all()
            with (
                self.enter_registry_test_mode(),
                failing,
                self.assertLogs(LOGGER, "ERROR") as logs,
            ):
                self.env.ref(f"meta_crm_capi.{cron}").method_direct_trigger()
            self.assertIn("ValueError", logs.output[0])
            self.assertIn(method, logs.output[0])
            self.assertNotIn(QUOTE, "".join(logs.output))
