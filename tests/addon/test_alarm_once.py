"""One cause is told once, whatever meets it: reading, catch-up or health."""

import time
from datetime import timedelta

from odoo import fields

from .common import APP, FORM, PAGE
from .health import HealthCase
from .way_in import PAGE_TOKEN, SYSTEM_TOKEN

TOKEN = "health token"
APP_SUBSCRIPTION = "health app_subscription"


class OnceCase(HealthCase):
    def setUp(self):
        super().setUp()
        self.catch_up_cron = self.env.ref("meta_crm_capi.ir_cron_catch_up")
        self.page.catch_up_from = self.now - timedelta(days=30)

    def catch_up(self):
        self.page.next_catch_up_at = fields.Datetime.now()
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.catch_up_cron.method_direct_trigger()
        self.env.invalidate_all()

    def read_a_lead(self):
        self.announce(self.fill_in())
        self.fetch()

    def told(self):
        return sorted(self.activities().mapped("meta_alarm"))


class TestDeadToken(OnceCase):
    def setUp(self):
        super().setUp()
        self.meta.revoke_token(PAGE_TOKEN)
        self.meta.revoke_token(SYSTEM_TOKEN)

    def test_whatever_meets_it_first(self):
        steps = {
            "read": self.read_a_lead,
            "catch up": self.catch_up,
            "health": self.run_cron,
        }
        for order in (
            ("read", "catch up", "health"),
            ("catch up", "read", "health"),
            ("catch up", "health", "read"),
            ("health", "read", "catch up"),
        ):
            with self.subTest(order=order):
                for step in order:
                    steps[step]()
                    self.assertEqual(len(self.told()), 1, step)
                self.assertEqual(self.told(), [TOKEN])
            self.page._resume()
            self.findings.search([]).unlink()
            self.activities().unlink()

    def test_reading_that_stops_takes_back_what_the_catch_up_told(self):
        self.catch_up()
        self.assertEqual(self.told(), ["catch_up"])
        self.read_a_lead()
        self.assertEqual(self.told(), ["reconnect"])
        self.catch_up()
        self.assertEqual(self.told(), ["reconnect"])

    def test_the_pages_token_is_told_once_the_connections_works_again(self):
        self.read_a_lead()
        self.run_cron()
        self.assertEqual(self.told(), [TOKEN])
        self.meta.renew_token(SYSTEM_TOKEN)
        # The Page is not the system user's any more.
        self.meta.script_named("permission", f"GET */{PAGE}", times=None)
        self.run_cron()
        self.assertEqual(self.page.state, "reconnect")
        self.assertIn("health page_token", self.told())

    def test_all_is_taken_back_when_the_token_works(self):
        self.read_a_lead()
        self.catch_up()
        self.run_cron()
        self.meta.renew_token(PAGE_TOKEN)
        self.meta.renew_token(SYSTEM_TOKEN)
        self.run_cron()
        self.run_cron()
        self.catch_up()
        self.assertEqual((self.told(), self.page.state), ([], "connected"))

    def test_a_page_token_of_its_own_is_told_on_the_page(self):
        self.meta.renew_token(SYSTEM_TOKEN)
        self.meta.script_named("token_invalidated", f"GET */{FORM}/leads", times=None)
        self.catch_up()
        self.assertEqual(self.told(), ["catch_up"])


class TestSubscription(OnceCase):
    """Three leads that no webhook announced, and weeks in which each was."""

    def setUp(self):
        super().setUp()
        for number in range(60):
            moment = self.now - timedelta(days=3 + number * 0.8)
            self.make_submission(str(340000000000000 + number), submitted_at=moment)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE meta_lead_submission SET create_date = submitted_at"
        )
        self.page.write({"subscribed_at": self.now - timedelta(days=60)})
        for number in range(3):
            self.meta.create_lead(
                FORM,
                {"full_name": f"Ana {number}"},
                created_time=int(time.time()) - 3600 * (number + 1),
            )

    def move_callback(self):
        self.meta.subscribe_app(APP, "https://elsewhere.example/hook")

    def test_a_callback_that_moved_away_is_told_on_the_connection(self):
        self.move_callback()
        self.catch_up()
        self.run_cron()
        self.assertEqual(self.told(), [APP_SUBSCRIPTION])

    def test_nor_is_it_told_again_by_what_meets_it_later(self):
        self.move_callback()
        self.run_cron()
        self.catch_up()
        self.run_cron()
        self.assertEqual(self.told(), [APP_SUBSCRIPTION])

    def test_late_leads_go_before_the_silence_that_they_explain(self):
        self.run_cron()
        self.assertEqual(self.told(), ["health arrivals"])
        self.catch_up()
        self.run_cron()
        self.assertEqual(self.told(), ["late"])

    def test_the_silence_is_told_when_the_late_leads_are_forgotten(self):
        self.catch_up()
        self.run_cron()
        self.assertEqual(self.told(), ["late"])
        self.env.cr.execute("UPDATE meta_lead_submission SET came_late = FALSE")
        self.catch_up()
        self.run_cron()
        self.assertEqual(self.told(), ["health arrivals"])
