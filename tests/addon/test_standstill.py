"""A sender that is dead or switched off is noticed by others than itself."""

from datetime import timedelta

from odoo.tests import new_test_user
from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.models import meta_capi_dataset_standstill as standstill

from .delivery import HOUR, DeliveryCase
from .way_in import WebhookCase, announcement

LATE = timedelta(minutes=16)
STANDSTILL = "odoo.addons.meta_crm_capi.models.meta_capi_dataset_standstill"


class StandstillCase(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.patch(standstill, "_looked_at", {})
        self.age(self.dataset, state_since=HOUR)
        self.age(self.dataset.rule_ids, write_date=HOUR)

    def make_late(self, age=LATE):
        """An event that is due for so long."""
        self.make_known_lead()
        self.age(self.rows, create_date=age, next_try_at=age)

    @property
    def words(self):
        self.env.invalidate_all()
        return self.dataset.standstill

    @property
    def alarms(self):
        return self.dataset.activity_ids.mapped("meta_alarm")


class TestScreen(StandstillCase):
    def test_nothing_waits(self):
        self.assertFalse(self.words)

    def test_a_due_event_that_nobody_sends_is_a_standstill(self):
        self.make_late()
        self.assertIn("nobody sends them", self.words)
        self.assertIn(str(self.rows.next_try_at.replace(microsecond=0)), self.words)

    def test_a_quarter_of_an_hour_is_nothing(self):
        self.make_late(timedelta(minutes=14))
        self.assertFalse(self.words)

    def test_a_lead_of_yesterday_that_came_in_now_does_not_wait_since_then(self):
        self.make_known_lead(submitted_at=self.now - 24 * HOUR)
        self.assertFalse(self.words)

    def test_what_is_not_due_does_not_count(self):
        self.make_late()
        self.rows.next_try_at = self.now + HOUR
        self.assertFalse(self.words)

    def test_a_sender_that_is_at_work_does_not_stand_still(self):
        self.make_late()
        self.env["meta.sync.log"].create(
            {
                "direction": "out",
                "kind": "events",
                "outcome": "accepted",
                "dataset_id": self.dataset.id,
                "company_id": self.company.id,
            }
        )
        self.assertFalse(self.words)

    def test_a_dataset_that_must_not_be_called_has_its_own_reason(self):
        self.make_late()
        for change in (
            {"state": "paused"},
            {"state": "stopped"},
            {"state": "resting", "resume_at": self.now + HOUR},
            {"active": False},
        ):
            with self.subTest(change=change):
                self.dataset.write(change)
                self.age(self.dataset, state_since=HOUR)
                self.assertFalse(self.words)
                self.dataset.write({"state": "active", "active": True})

    def test_a_rest_that_is_over_is_no_reason(self):
        self.make_late()
        self.dataset.write({"state": "resting", "resume_at": self.now - LATE})
        self.age(self.dataset, state_since=HOUR)
        self.assertIn("nobody sends them", self.words)

    def test_who_resumes_gives_the_sender_its_time(self):
        self.make_late()
        self.dataset._pause("Gone.")
        self.dataset.action_resume()
        self.assertFalse(self.words)
        rule = self.rows.rule_id
        self.age(self.dataset, state_since=HOUR)
        rule._set_aside("Refused.")
        self.assertFalse(self.words)
        rule.action_resume()
        self.assertFalse(self.words)

    def test_a_sender_that_is_switched_off_is_told_at_once(self):
        self.make_known_lead()
        self.cron.active = False
        self.assertIn("switched off", self.words)
        self.rows.action_cancel()
        self.assertFalse(self.words)

    def test_another_lane_sends_as_well(self):
        self.make_known_lead()
        self.cron.copy({"name": "Meta: send events, too"})
        self.cron.active = False
        self.assertFalse(self.words)

    def test_a_reader_sees_it_and_a_new_dataset_has_none(self):
        self.make_late()
        reader = new_test_user(
            self.env, "reader", groups="meta_crm_capi.group_meta_user"
        )
        self.assertTrue(self.dataset.with_user(reader).standstill)
        self.assertFalse(self.env["meta.capi.dataset"].new({}).standstill)


class TestSender(StandstillCase):
    def heed(self):
        self.env["meta.capi.event"]._heed_deadlines()

    def test_a_sender_that_was_dead_goes_to_work_without_a_word(self):
        self.make_late()
        self.cron.lastcall = self.now - HOUR
        self.heed()
        self.assertEqual(self.alarms, [])

    def test_one_that_runs_and_moves_nothing_tells_it(self):
        self.make_late()
        self.cron.lastcall = self.now - timedelta(minutes=1)
        self.heed()
        self.assertEqual(self.alarms, ["standstill"])

    def test_it_goes_when_the_events_are_sent(self):
        self.make_late()
        self.dataset._alarm_standstills(self.dataset._find_standstills())
        self.assertEqual(self.alarms, ["standstill"])
        self.deliver()
        self.assertEqual(self.states, ["accepted"])
        self.deliver()
        self.assertEqual(self.alarms, [])
        self.assertFalse(self.dataset.stands_since)


class TestWebhook(StandstillCase, WebhookCase):
    def receive(self, meta_id="3300000000000011"):
        response = self.post(announcement(meta_id))
        self.assertEqual((response.status_code, response.text), (200, "stored"))
        self.env.invalidate_all()

    def test_the_webhook_tells_it(self):
        self.make_late()
        self.receive()
        self.assertEqual(self.alarms, ["standstill"])
        self.assertTrue(self.dataset.stands_since)

    def test_it_tells_nothing_where_all_is_well(self):
        self.make_known_lead()
        self.receive()
        self.assertEqual(self.alarms, [])

    def test_it_tells_it_once(self):
        self.make_late()
        self.receive()
        self.dataset.activity_ids.action_done()
        standstill._looked_at.clear()
        self.receive("3300000000000012")
        self.assertEqual(self.alarms, [])

    def test_it_looks_only_now_and_then(self):
        looks = []
        original = type(self.dataset)._find_standstills

        def look(datasets):
            looks.append(datasets)
            return original(datasets)

        self.patch(self.registry["meta.capi.dataset"], "_find_standstills", look)
        for number in range(3):
            self.receive(f"330000000000001{number}")
        self.assertEqual(len(looks), 1)

    def test_a_fault_in_looking_costs_the_webhook_nothing(self):
        def fail(datasets):
            datasets.env.cr.execute("SELECT 1/0", log_exceptions=False)

        self.patch(self.registry["meta.capi.dataset"], "_find_standstills", fail)
        with mute_logger(STANDSTILL):
            self.receive()
        stored = self.env["meta.lead.submission"].search_count(
            [("meta_id", "=", "3300000000000011")]
        )
        self.assertEqual(stored, 1)
