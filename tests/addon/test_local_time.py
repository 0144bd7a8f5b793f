"""Times in findings are those of the one who reads them."""

from datetime import datetime

from odoo.addons.meta_crm_capi.models.local_time import show_times

from .health import HealthCase


class TestLocalTime(HealthCase):
    def show(self, words, tz="Europe/Berlin", lang="en_US"):
        return show_times(self.env(context={"tz": tz, "lang": lang}), words)

    def test_each_moment_is_shown_in_the_reader_s_time_zone(self):
        words = "From 2026-01-31 23:30:00 UTC to 2026-07-01 12:00 UTC, not 2026-01-01."
        shown = self.show(words).replace("\u202f", " ")
        self.assertIn("2/1/26, 12:30 AM (Europe/Berlin)", shown)
        self.assertIn("7/1/26, 2:00 PM (Europe/Berlin)", shown)
        self.assertIn("not 2026-01-01.", shown)
        self.assertNotIn("UTC", shown)

    def test_fractions_of_a_second_are_not_shown(self):
        shown = self.show("At 2026-01-31 12:00:00.123456 UTC.", "UTC")
        self.assertIn("12:00", shown)
        self.assertNotIn("123456", shown)

    def test_what_has_no_moment_stays_as_it_is(self):
        for words in ("All is well.", "2026-13-45 UTC", "", False):
            self.assertEqual(self.show(words), words or False)

    def test_a_moment_that_is_none_stays_as_it_is(self):
        words = "At 2026-13-45 99:99 UTC."
        self.assertEqual(self.show(words), words)

    def test_a_finding_and_its_activity_have_the_reader_s_time(self):
        self.administrator.tz = "Asia/Tokyo"
        self.connection.owner_id = self.administrator
        self.connection.valueless_at = datetime(2026, 1, 31, 20, 0)
        self.check()
        row = self.found("webhook")
        self.assertIn("2026-01-31 20:00:00 UTC", row.words)
        shown = row.with_user(self.administrator).shown_words
        self.assertIn("2/1/26", shown)
        self.assertIn("(Asia/Tokyo)", shown)
        self.assertIn("(Asia/Tokyo)", str(self.connection.activity_ids.mapped("note")))

    def test_dead_scheduled_actions_are_told_in_the_reader_s_time(self):
        self.administrator.tz = "Asia/Tokyo"
        crons = self.env["ir.cron"].search([("code", "like", "model._cron_")])
        crons.nextcall = datetime(2026, 1, 31, 20, 0)
        self.env.flush_all()
        connection = self.connection.with_user(self.administrator)
        (shown,) = connection.read(["standstill"])
        self.assertIn("(Asia/Tokyo)", shown["standstill"])
