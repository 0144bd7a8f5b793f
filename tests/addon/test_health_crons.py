"""Scheduled actions that are dead or switched off are noticed by others; pings."""

from datetime import timedelta

from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.models import meta_connection_crons as crons

from .health import HealthCase
from .way_in import WebhookCase, announcement, entry, notification

CRONS = "odoo.addons.meta_crm_capi.models.meta_connection_crons"
PING = {
    "value": {
        "ad_id": "444444444",
        "form_id": "444444444444",
        "leadgen_id": "444444444444",
        "created_time": 1_795_000_000,
        "page_id": "444444444444",
        "adgroup_id": "44444444444",
    },
    "field": "leadgen",
}


class CronCase(HealthCase):
    def setUp(self):
        super().setUp()
        self.patch(crons, "_looked_at", {})

    def die(self, cron=None, ago=timedelta(minutes=16)):
        """Nobody has run the cron since it was due."""
        (cron or self.fetch_cron).nextcall = self.now - ago

    @property
    def words(self):
        self.env.invalidate_all()
        return self.connection.standstill


class TestScreen(CronCase):
    def test_crons_that_run_say_nothing(self):
        self.assertFalse(self.words)
        self.assertFalse(self.page.standstill)

    def test_one_that_is_due_and_does_not_run_is_told_on_both_forms(self):
        self.die()
        self.assertIn("Meta: read leads", self.words)
        self.assertIn("does not run", self.words)
        self.assertEqual(self.page.standstill, self.words)

    def test_a_quarter_of_an_hour_is_nothing(self):
        self.die(ago=timedelta(minutes=14))
        self.assertFalse(self.words)

    def test_one_that_is_switched_off_is_told_at_once(self):
        self.fetch_cron.active = False
        self.assertIn("switched off", self.words)
        self.assertIn("Scheduled Actions", self.words)

    def test_another_one_that_does_the_same_will_do(self):
        self.fetch_cron.copy({"nextcall": self.now + timedelta(minutes=1)})
        self.fetch_cron.active = False
        self.assertFalse(self.words)
        self.die()
        self.fetch_cron.active = True
        self.assertFalse(self.words)

    def test_the_look_itself_is_looked_at_too(self):
        self.die(self.health_cron)
        self.assertIn("Meta: check connections", self.words)

    def test_imports_and_mappings_that_nobody_runs_are_told_too(self):
        for name in ("import", "remap"):
            cron = self.env.ref(f"meta_crm_capi.ir_cron_{name}")
            self.die(cron)
            self.assertIn(cron.name, self.words)
            cron.nextcall = self.now + timedelta(minutes=1)
            self.assertFalse(self.words)

    def test_a_connection_without_pages_waits_for_nothing(self):
        self.die()
        self.page.active = False
        self.assertFalse(self.words)


class TestTold(CronCase):
    def test_a_look_tells_of_the_others_and_clears_it(self):
        self.die()
        self.check()
        self.assertEqual(self.found("scheduled_actions").level, "broken")
        self.assertEqual(len(self.activities()), 1)
        self.fetch_cron.nextcall = self.now + timedelta(minutes=1)
        self.check()
        self.assertFalse(self.activities())


class TestWebhook(CronCase, WebhookCase):
    def receive(self, raw=None):
        response = self.post(raw or announcement("3300000000000011"))
        self.assertEqual((response.status_code, response.text), (200, "stored"))

    def test_the_webhook_tells_it_once_and_leaves_the_other_findings(self):
        self.check()
        before = self.levels()
        self.die()
        self.receive()
        self.assertEqual(self.levels(), {**before, "scheduled_actions": "broken"})
        self.assertEqual(len(self.activities()), 1)
        crons._looked_at.clear()
        self.receive()
        self.assertEqual(len(self.activities()), 1)

    def test_it_tells_nothing_where_all_is_well(self):
        self.receive()
        self.assertFalse(self.findings.search([]))

    def test_a_fault_in_looking_costs_the_webhook_nothing(self):
        def fail(connections):
            connections.env.cr.execute("SELECT 1/0", log_exceptions=False)

        self.patch(self.registry["meta.connection"], "_judge_crons", fail)
        with mute_logger(CRONS):
            self.receive()
        self.assertTrue(self.find("3300000000000011"))

    def test_it_looks_only_now_and_then(self):
        looks = []
        original = type(self.connection)._judge_crons

        def look(connections):
            looks.append(connections)
            return original(connections)

        self.patch(self.registry["meta.connection"], "_judge_crons", look)
        for number in range(3):
            self.receive(announcement(f"330000000000001{number}"))
        self.assertEqual(len(looks), 1)

    def test_the_test_button_shows_as_a_webhook_that_works(self):
        self.receive(notification(entry(PING, id="0")))
        self.assertTrue(self.connection.last_ping_at)
        self.assertFalse(self.submissions.search([]))
        [logged] = self.log.search([("kind", "=", "ping")])
        self.assertEqual(logged.outcome, "accepted")
        self.check()
        webhook = self.found("webhook")
        self.assertEqual(webhook.level, "ok")
        self.assertIn("Meta's test came", webhook.words)

    def test_a_lead_shows_when_the_last_webhook_came(self):
        self.receive()
        self.assertTrue(self.connection.last_webhook_at)
        self.check()
        self.assertIn("The last one came", self.found("webhook").words)

    def test_webhooks_without_values_are_told_until_one_has_them(self):
        bare = {"id": "110000000000001", "time": 1, "changed_fields": ["leadgen"]}
        self.receive(notification(bare))
        noted = self.connection.valueless_at
        self.assertTrue(noted)
        self.receive(notification(bare))
        self.assertEqual(self.connection.valueless_at, noted)
        self.check()
        webhook = self.found("webhook")
        self.assertEqual(webhook.level, "broken")
        self.assertIn("Include values", webhook.cure)
        self.connection.valueless_at = self.now - timedelta(hours=2)
        self.receive()
        self.check()
        self.assertEqual(self.found("webhook").level, "ok")
