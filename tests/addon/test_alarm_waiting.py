"""Alarms of what waits though nobody says no, and of steps that were taken out."""

from datetime import timedelta

from odoo.addons.meta_crm_capi.protocol.answer import Answer

from .delivery import EVENTS, HOUR
from .test_alarm_readers import AlarmCase

HTML = "<html>Bad gateway</html>"


class TestWaiting(AlarmCase):
    """Nobody says no, and yet nothing gets through."""

    def fail_request(self, times=1):
        for _number in range(times):
            self.meta.script(EVENTS, [{"status": 502, "html": HTML}])
            self.make_due()
            self.deliver()

    def test_the_dataset_says_at_once_that_a_request_failed(self):
        self.make_known_lead(submitted_at=self.now - 3 * HOUR)
        self.fail_request()
        self.assertIn("not one of Meta's API", self.dataset.trouble)
        self.assertEqual((self.dataset.state, self.alarms), ("active", []))
        self.make_due()
        self.deliver()
        self.assertEqual(self.states, ["accepted"])
        self.assertFalse(self.dataset.trouble)

    def test_a_request_that_looks_for_a_culprit_says_nothing_of_the_dataset(self):
        self.dataset._heed(Answer("retry", message="Down."), 0)
        self.assertFalse(self.dataset.trouble)

    def test_after_an_hour_it_is_an_alarm_until_it_gets_through(self):
        self.make_known_lead(submitted_at=self.now - 3 * HOUR)
        self.fail_request(times=3)
        self.assertEqual(self.alarms, [])
        self.age(self.rows, create_date=2 * HOUR)
        self.fail_request()
        self.assertEqual(self.alarms, ["waiting"])
        self.assertIn("not one of Meta's API", self.dataset.activity_ids.note)
        self.assertTrue(self.dataset.waits_since)
        self.make_due()
        self.deliver()
        self.assertEqual(set(self.states), {"accepted"})
        self.deliver()
        self.assertEqual(self.alarms, [])
        self.assertFalse(self.dataset.waits_since)

    def test_who_marked_it_as_done_is_not_told_each_minute(self):
        self.make_known_lead(submitted_at=self.now - 3 * HOUR)
        self.fail_request()
        self.age(self.rows, create_date=2 * HOUR)
        self.fail_request()
        self.assertEqual(self.alarms, ["waiting"])
        self.dataset.activity_ids.action_done()
        self.fail_request()
        self.assertEqual(self.alarms, [])

    def test_nor_when_the_next_one_becomes_the_oldest(self):
        self.make_known_leads(2)
        self.fail_request()
        self.age(self.rows[0], create_date=3 * HOUR)
        self.age(self.rows[1], create_date=2 * HOUR)
        self.fail_request()
        self.assertEqual(self.alarms, ["waiting"])
        self.dataset.activity_ids.action_done()
        since = self.dataset.waits_since
        self.rows[0].action_cancel()
        self.fail_request()
        self.assertGreater(self.dataset.waits_since, since)
        self.assertEqual(self.alarms, [])

    def test_one_that_was_never_tried_only_waits_for_its_turn(self):
        self.make_known_lead(submitted_at=self.now - 3 * HOUR)
        self.age(self.rows, create_date=2 * HOUR)
        self.env["meta.capi.event"]._heed_deadlines()
        self.assertEqual(self.alarms, [])

    def test_what_waits_for_a_reason_that_was_told_is_no_second_alarm(self):
        self.make_known_lead(submitted_at=self.now - 3 * HOUR)
        self.fail_request()
        self.age(self.rows, create_date=2 * HOUR)
        self.dataset._pause("Gone.")
        self.deliver()
        self.assertEqual(self.alarms, ["paused"])
        self.dataset.action_resume()
        rule = self.rows.rule_id
        rule._set_aside("Refused.")
        self.deliver()
        self.assertEqual(self.alarms, [f"rule {rule.id}"])

    def test_an_archived_dataset_with_waiting_events_is_an_alarm(self):
        self.make_known_lead(submitted_at=self.now - 3 * HOUR)
        self.dataset.active = False
        self.deliver()
        self.assertEqual(self.alarms, [])
        self.age(self.rows, create_date=2 * HOUR)
        self.deliver()
        self.assertEqual(self.alarms, ["waiting"])
        self.assertIn("archived", self.dataset.activity_ids.note)
        self.rows.action_cancel()
        self.deliver()
        self.assertEqual(self.alarms, [])

    def test_one_that_was_replaced_is_none(self):
        self.make_known_lead(submitted_at=self.now - 3 * HOUR)
        self.age(self.rows, create_date=2 * HOUR)
        new = self.add_dataset("500000000000009")
        self.dataset._replace(new)
        self.env["meta.capi.event"]._heed_deadlines()
        self.assertEqual(self.alarms, [])

    def test_what_expires_after_the_alarm_was_done_is_told_again(self):
        for _number in range(2):
            self.make_known_lead()
            self.rows[-1:].event_time = self.now - timedelta(days=7)
            self.env["meta.capi.event"]._heed_deadlines()
            self.assertEqual(self.alarms, ["expired"])
            self.dataset.activity_ids.action_done()
            self.assertEqual(self.alarms, [])

    def test_the_expiry_alarm_names_no_number_that_grows_old(self):
        self.make_known_lead(submitted_at=self.now - 3 * HOUR)
        self.rows.event_time = self.now - timedelta(days=6, hours=12)
        self.age(self.rows, create_date=2 * HOUR)
        self.dataset._pause("Gone.")
        self.deliver()
        expiring = self.dataset.activity_ids.filtered(
            lambda activity: activity.meta_alarm == "expiring"
        )
        self.assertNotIn("1 events", expiring.note)
        self.assertIn("Gone.", expiring.note)


class TestTakenOut(AlarmCase):
    """A step that was set aside, then archived or deleted by a person."""

    def setUp(self):
        super().setUp()
        self.make_known_leads(2)
        self.rule = self.rows.rule_id
        self.rows[0].tries = 1
        self.rule._set_aside("Refused.")

    def assert_given_up(self):
        self.assertEqual(self.alarms, [])
        self.assertEqual(self.states, ["cancelled"] * 2)
        tried, other = self.rows
        self.assertIn("taken out of the mapping. It was tried before", tried.reason)
        self.assertTrue(other.reason.endswith("taken out of the mapping."))
        self.deliver()
        self.assertEqual(self.posts(), [])

    def test_archived(self):
        self.rule.with_user(self.administrator).active = False
        self.assert_given_up()

    def test_deleted(self):
        self.rule.with_user(self.administrator).unlink()
        self.assert_given_up()

    def test_it_comes_back_as_a_step_like_any_other(self):
        self.rule.active = False
        self.rule.active = True
        self.assertFalse(self.rule.is_set_aside)
        self.make_known_lead()
        self.deliver()
        self.assertEqual(sorted(self.states), ["accepted", "cancelled", "cancelled"])

    def test_what_another_worker_sends_goes_on(self):
        sending = self.rows[1]
        self.hold(sending)
        self.rule.active = False
        self.assertEqual(sending.state, "queued")
        self.make_due()
        self.deliver()
        self.assertEqual(sending.state, "accepted")

    def test_archiving_a_step_that_is_sent_cancels_nothing(self):
        self.rule.action_resume()
        self.rule.active = False
        self.deliver()
        self.assertEqual(self.states, ["accepted"] * 2)
