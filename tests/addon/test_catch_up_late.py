"""Leads that the webhook missed are counted, shown and told."""

from datetime import timedelta

from odoo import fields

from odoo.addons.meta_crm_capi.models import meta_lead_page_late as late

from .catch_up import CatchUpCase
from .common import APP, PAGE
from .way_in import announcement


class TestLate(CatchUpCase):
    def setUp(self):
        super().setUp()
        self.meta.subscribe_page(PAGE, APP, ["feed", "leadgen"])

    def alarms(self):
        self.env.invalidate_all()
        return self.page.activity_ids.filtered(
            lambda activity: activity.meta_alarm == late.LATE
        )

    def counts(self):
        self.env.invalidate_all()
        return self.page.late_week_count, self.page.late_month_count

    def shift(self, rows, days):
        """As if these rows had been written so long ago."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE meta_lead_submission SET"
            " create_date = create_date - make_interval(days => %s) WHERE id = ANY(%s)",
            [days, rows.ids],
        )
        self.env.invalidate_all()

    def test_a_lead_that_no_webhook_brought_came_late(self):
        meta_id = self.lead_at_meta(20)
        self.catch_up()
        self.assertTrue(self.find(meta_id).came_late)
        self.assertEqual(self.counts(), (1, 1))
        action = self.page.with_user(self.administrator).action_open_late()
        self.assertEqual(
            self.submissions.search(action["domain"]).mapped("meta_id"), [meta_id]
        )

    def test_a_lead_that_a_webhook_brought_did_not(self):
        row = self.come_in(created_time=int(self.now.timestamp()) - 1200)
        self.catch_up()
        self.assertFalse(row.came_late)
        self.assertEqual(self.counts(), (0, 0))

    def test_a_lead_that_a_webhook_is_just_bringing_is_not_late(self):
        young, old = self.lead_at_meta(9), self.lead_at_meta(11)
        self.catch_up()
        self.assertEqual(self.find(young, old).mapped("came_late"), [False, True])

    def test_a_webhook_that_comes_after_the_catch_up_takes_the_alarm_back(self):
        meta_ids = self.leads_at_meta(3)
        self.catch_up()
        self.assertTrue(self.alarms())
        self.announce(*meta_ids)
        self.assertEqual(self.counts(), (0, 0))
        rows = self.find(*meta_ids)
        self.assertEqual(set(rows.mapped("origin")), {"catch_up"})
        self.assertTrue(all(rows.mapped("announced_at")))
        self.catch_up()
        self.assertFalse(self.alarms())

    def test_what_another_connection_tells_takes_no_late_lead_back(self):
        meta_id = self.lead_at_meta(30)
        self.catch_up()
        other = self.env["meta.connection"].create(
            {"name": "Other", "app_id": "1000000000000009", "app_secret": "secret"}
        )
        other._receive(announcement(meta_id))
        self.assertTrue(self.find(meta_id).came_late)

    def test_a_lead_from_before_the_subscription_is_not_late(self):
        self.page.subscribed_at = self.now - timedelta(hours=1)
        before, after = self.lead_at_meta(90), self.lead_at_meta(30)
        self.catch_up()
        self.assertEqual(self.find(before, after).mapped("came_late"), [False, True])

    def test_without_a_subscription_nothing_is_late(self):
        self.page.subscribed = False
        meta_id = self.lead_at_meta(30)
        self.catch_up()
        self.assertFalse(self.find(meta_id).came_late)

    def test_late_leads_are_counted_by_week_and_month(self):
        meta_ids = [self.lead_at_meta(30 + number) for number in range(3)]
        self.catch_up()
        rows = self.find(*meta_ids)
        self.shift(rows[0], 8)
        self.shift(rows[1], 31)
        self.assertEqual(self.counts(), (1, 2))

    def test_each_page_counts_its_own(self):
        other = self.env["meta.lead.page"].create(
            {"name": "Other", "meta_id": "110000000000002"}
        )
        self.lead_at_meta(30)
        self.catch_up()
        self.assertEqual(other.late_month_count, 0)
        self.assertEqual(self.counts(), (1, 1))

    def test_two_late_leads_are_no_alarm_yet(self):
        self.leads_at_meta(2)
        self.catch_up()
        self.assertFalse(self.alarms())

    def test_three_within_a_day_are_one(self):
        self.leads_at_meta(2)
        self.catch_up()
        self.lead_at_meta(15)
        self.catch_up()
        alarm = self.alarms()
        self.assertEqual(len(alarm), 1)
        self.assertEqual(alarm.user_id, self.administrator)
        self.assertIn("3", alarm.note)
        self.assertIn("callback URL", alarm.note)
        self.lead_at_meta(14)
        self.catch_up()
        self.assertEqual(len(self.alarms()), 1)
        self.assertIn("4", self.alarms().note)

    def test_the_alarm_goes_when_no_lead_was_late_for_a_day(self):
        meta_ids = self.leads_at_meta(3)
        self.catch_up()
        self.catch_up()
        self.assertTrue(self.alarms())
        self.shift(self.find(*meta_ids), 1)
        self.catch_up()
        self.assertFalse(self.alarms())

    def test_a_lost_subscription_is_found_renewed_and_told(self):
        self.meta.subscribe_page(PAGE, APP, ["feed"])
        self.lead_at_meta(30)
        self.catch_up()
        self.assertEqual(
            sorted(self.meta.page_subscriptions(PAGE)[APP]), ["feed", "leadgen"]
        )
        self.assertIn("dropped", self.alarms().note)
        self.assertTrue(self.page.subscribed)
        self.assertTrue(self.page.resubscribed_at)

    def test_a_subscription_that_is_there_is_not_written_again(self):
        self.leads_at_meta(3)
        self.catch_up()
        self.assertEqual(
            [call["method"] for call in self.meta.requests(f"/{PAGE}/subscribed_apps")],
            ["GET"],
        )

    def test_a_subscription_is_not_looked_for_without_late_leads(self):
        self.lead_at_meta(5)
        self.catch_up()
        self.assertEqual(self.meta.requests(f"/{PAGE}/subscribed_apps"), [])

    def test_a_page_that_was_unsubscribed_in_odoo_stays_so(self):
        self.page.subscribed = False
        self.meta.subscribe_page(PAGE, APP, ["feed"])
        self.leads_at_meta(3)
        self.catch_up()
        self.assertEqual(self.meta.page_subscriptions(PAGE)[APP], ["feed"])
        self.assertFalse(self.alarms())

    def test_leads_between_the_loss_of_a_subscription_and_its_renewal_came_late(self):
        since = self.page.subscribed_at
        self.page.write({"subscribed": False, "subscription_lost": True})
        meta_id = self.lead_at_meta(30)
        self.meta.subscribe_page(PAGE, APP, ["feed"])
        self.catch_up()
        self.assertTrue(self.find(meta_id).came_late)
        self.assertRecordValues(
            self.page,
            [
                {
                    "subscribed": True,
                    "subscription_lost": False,
                    "subscribed_at": since,
                }
            ],
        )
        self.assertIn("dropped", self.alarms().note)

    def test_a_page_that_is_not_to_be_kept_subscribed_is_left_alone(self):
        self.page.keep_subscribed = False
        self.meta.subscribe_page(PAGE, APP, ["feed"])
        self.leads_at_meta(3)
        self.catch_up()
        self.assertEqual(self.meta.page_subscriptions(PAGE)[APP], ["feed"])
        self.assertNotIn("dropped", self.alarms().note)

    def test_a_subscription_that_meta_does_not_renew_is_not_told_as_renewed(self):
        self.meta.subscribe_page(PAGE, APP, ["feed"])
        self.meta.script_named("scope_missing", f"POST /{PAGE}/subscribed_apps")
        self.leads_at_meta(3)
        self.catch_up()
        self.assertNotIn("dropped", self.alarms().note)
        self.assertFalse(self.page.resubscribed_at)

    def test_a_subscription_that_cannot_be_read_costs_nothing_else(self):
        self.meta.script_named("scope_missing", f"GET /{PAGE}/subscribed_apps")
        meta_ids = self.leads_at_meta(3)
        self.catch_up()
        self.assertEqual(self.come(*meta_ids), meta_ids)
        self.assertEqual(len(self.alarms()), 1)
        self.assertTrue(self.page.caught_up_at)
        logged = self.log.search([("kind", "=", "page")], limit=1)
        self.assertEqual(logged.outcome, "pause")

    def test_the_moment_of_the_subscription_is_kept(self):
        page = self.page
        page.subscribed = False
        self.assertFalse(page.subscribed_at)
        page.subscribed = True
        first = page.subscribed_at
        self.assertAlmostEqual(
            first, fields.Datetime.now(), delta=timedelta(seconds=60)
        )
        page.subscribed_at = first - timedelta(days=1)
        page.subscribed = True
        self.assertEqual(page.subscribed_at, first - timedelta(days=1))
