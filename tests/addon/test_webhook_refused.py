"""Webhooks that Odoo refuses: the connection says so, however many are posted."""

from datetime import timedelta
from unittest.mock import patch

from odoo.addons.meta_crm_capi.controllers import webhook as controller
from odoo.addons.meta_crm_capi.models import meta_webhook_refusal as refusal

from .health import HealthCase
from .way_in import WebhookCase, announcement, sign

LEAD = "3300000000000011"


class RefusedCase(HealthCase, WebhookCase):
    def setUp(self):
        super().setUp()
        self.clock = 1000.0
        self.patch(refusal.time, "monotonic", lambda: self.clock)
        self.patch(controller.MetaWebhook, "_refusals", controller.Refusals())
        model = self.env.registry["meta.webhook.refusal"]
        self.patch(model, "_counter", refusal.Counter())
        self.refusals = self.env["meta.webhook.refusal"]

    def refuse(self, times=1, **more):
        raw = announcement(LEAD)
        for _time in range(times):
            answer = self.post(raw, sign(raw, "another secret"), **more)
            self.assertEqual(answer.status_code, 403)

    def row(self):
        self.env.invalidate_all()
        return self.refusals.search([])

    def age(self, **ago):
        """As if all that was refused had been so long ago."""
        row = self.row()
        ago = timedelta(**ago)
        row.write({"since": row.since - ago, "refused_at": row.refused_at - ago})
        self.env.flush_all()


class TestCounting(RefusedCase):
    def test_what_is_refused_is_written_at_most_once_a_minute_with_its_number(self):
        self.refuse(3)
        self.assertEqual(self.row().refused_count, 1)
        self.clock += 59
        self.refuse()
        self.assertEqual(self.row().refused_count, 1)
        self.clock += 1
        self.refuse()
        self.assertEqual(self.row().refused_count, 5)

    def test_however_many_there_are_it_is_one_row_and_nothing_else(self):
        before = self.rows()
        for _minute in range(4):
            self.refuse(2)
            self.clock += 61
        self.assertEqual(len(self.row()), 1)
        self.assertEqual(self.rows(), before)

    def test_two_processes_add_to_one_number(self):
        self.refuse()
        self.patch(
            self.env.registry["meta.webhook.refusal"], "_counter", refusal.Counter()
        )
        self.refuse()
        self.assertEqual(self.row().refused_count, 2)

    def test_an_unknown_path_costs_no_query_and_no_memory(self):
        self.refuse(path="/meta/webhook/unknown")
        self.assertFalse(self.row())
        self.assertFalse(self.refusals._counter._waiting)
        self.assertFalse(self.refusals._counter._written_at)

    def test_what_could_not_be_written_is_counted_with_the_next(self):
        def fail(*_args):
            raise ValueError

        model = self.env.registry["meta.webhook.refusal"]
        with (
            patch.object(model, "_write_count", fail),
            self.assertLogs(refusal._logger.name, "WARNING") as logs,
        ):
            self.refuse()
        self.assertNotIn(self.connection.webhook_path, logs.output[0])
        self.clock += 61
        self.refuse()
        self.assertEqual(self.row().refused_count, 2)

    def test_a_number_that_postgresql_cannot_hold_stays_at_the_largest(self):
        self.refuse()
        self.row().refused_count = refusal.MANY
        self.env.flush_all()
        self.clock += 61
        self.refuse()
        self.assertEqual(self.row().refused_count, refusal.MANY)

    def test_after_a_quiet_day_the_count_begins_anew(self):
        self.refuse()
        self.age(hours=25)
        self.clock += 61
        self.refuse()
        row = self.row()
        self.assertEqual(row.refused_count, 1)
        self.assertGreater(row.since, self.now - timedelta(hours=1))


class TestTold(RefusedCase):
    def test_it_is_a_finding_with_one_activity_and_a_banner(self):
        self.refuse()
        self.check()
        found = self.found("refused")
        self.assertEqual(found.level, "broken")
        self.assertIn("does not fit the app secret: 1.", found.words)
        self.assertIn("Is the app secret wrong?", found.words)
        self.assertIn("App settings > Basic", found.cure)
        self.assertEqual(len(self.activities()), 1)
        shown = self.connection.with_user(self.administrator).refused_webhooks
        self.assertIn("Is the app secret wrong?", shown)

    def test_it_is_told_without_pages_and_without_a_secret_too(self):
        self.page.active = False
        self.connection.sudo().app_secret_stored = False
        self.env.flush_all()
        self.refuse()
        self.check()
        self.assertIn("There is no app secret in Odoo", self.found("refused").words)

    def test_nothing_that_was_posted_is_in_it(self):
        self.refuse()
        self.check()
        texts = [*self.found("refused").read(["words", "cure"])[0].values()]
        texts += [*self.row().read()[0].values(), *self.activities().mapped("note")]
        for secret in (LEAD, self.connection.webhook_path, "another secret"):
            self.assertNotIn(secret, str(texts))

    def test_where_others_are_taken_it_needs_attention_only(self):
        self.refuse()
        self.age(hours=2)
        raw = announcement(LEAD)
        self.assertEqual(self.post(raw).status_code, 200)
        self.check()
        found = self.found("refused")
        self.assertEqual(found.level, "attention")
        self.assertIn("Others were taken meanwhile.", found.words)
        self.assertIn("another app of yours", found.cure)

    def test_a_new_secret_ends_it(self):
        self.refuse()
        self.check()
        self.connection.with_user(self.administrator).app_secret = "another secret"
        self.assertFalse(self.row())
        self.check()
        self.assertNotIn("refused", self.levels())
        self.assertFalse(self.connection.refused_webhooks)
        raw = announcement(LEAD)
        taken = self.post(raw, sign(raw, "another secret"))
        self.assertEqual(taken.status_code, 200)

    def test_a_quiet_day_ends_it(self):
        self.refuse()
        self.check()
        self.age(hours=25)
        self.check()
        self.assertNotIn("refused", self.levels())
        self.assertFalse(
            self.activities().filtered(lambda row: row.meta_alarm == "health refused")
        )

    def test_another_connection_hears_nothing_of_it(self):
        other = self.env["meta.connection"].create({"name": "Other"})
        self.refuse()
        self.assertFalse(other.refused_webhooks)
        self.check(other)
        kinds = self.findings.search([("connection_id", "=", other.id)])
        self.assertNotIn("refused", kinds.mapped("kind"))
