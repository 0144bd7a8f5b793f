"""Each event has its own end: Meta takes none older than 7 days."""

from datetime import timedelta

from odoo.tools import format_datetime

from .delivery import EVENTS, HOUR, MINUTE, DeliveryCase

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


class TestOrder(DeliveryCase):
    def test_what_ends_first_goes_first(self):
        self.make_known_lead(submitted_at=self.now - HOUR)
        old = self.make_known_lead(submitted_at=self.now - 6 * DAY)
        self.dataset.batch_size = 1
        self.deliver()
        first = self.received()[0]
        self.assertEqual(first["event_id"], self.event_rows(old).event_id)


class TestLastTries(DeliveryCase):
    def wait_with(self, left):
        """Seconds to the next try of a much tried event with so long to live."""
        self.make_known_lead(submitted_at=self.now - WEEK + HOUR + left)
        self.rows.tries = 9
        self.meta.script_named("transient", EVENTS)
        self.deliver()
        self.assertEqual(self.rows.state, "queued")
        return self.seconds_from_now(self.rows.next_try_at)

    def test_the_back_off_never_passes_half_of_what_is_left(self):
        seconds = self.wait_with(timedelta(hours=2))
        self.assertAlmostEqual(seconds, HOUR.total_seconds(), delta=60)

    def test_in_the_last_minutes_it_is_tried_each_minute(self):
        self.assertAlmostEqual(self.wait_with(timedelta(seconds=100)), 60, delta=5)

    def test_far_from_the_end_the_back_off_is_as_long_as_ever(self):
        seconds = self.wait_with(6 * DAY)
        self.assertGreater(seconds, 4 * HOUR.total_seconds())

    def test_it_is_sent_before_its_end(self):
        """Failing for hours, then well: it goes out, and does not expire."""
        self.wait_with(timedelta(hours=2))
        tries = 0
        while self.rows.state == "queued" and tries < 30:
            tries += 1
            seconds = self.seconds_from_now(self.rows.next_try_at)
            # That much time passes.
            self.rows.event_time -= timedelta(seconds=seconds)
            self.make_due()
            if tries < 5:
                self.meta.script_named("transient", EVENTS)
            self.deliver()
        self.assertEqual(self.rows.state, "accepted")


class TestAlarm(DeliveryCase):
    def make_waiting(self, left, queued_for=HOUR):
        """An event that is too old in so long, and was queued so long ago."""
        lead = self.make_known_lead()
        row = self.event_rows(lead)
        row.event_time = self.now - WEEK + HOUR + left
        self.age(row, create_date=queued_for)
        return row

    def alarms(self):
        return self.dataset.activity_ids.mapped("meta_alarm")

    def test_it_comes_a_day_before_and_says_when(self):
        self.dataset._pause("The token is dead.")
        row = self.make_waiting(timedelta(hours=20))
        self.deliver()
        self.assertIn("expiring", self.alarms())
        ends = row.event_time + WEEK - HOUR
        self.assertEqual(self.dataset.expires_at, ends)
        note = self.dataset.activity_ids.filtered(
            lambda activity: activity.meta_alarm == "expiring"
        ).note
        reader = self.dataset.owner_id
        shown = format_datetime(self.env(user=reader), ends, "UTC", "short")
        self.assertIn(shown, note)
        self.assertIn("The token is dead.", note)
        self.assertEqual(row.state, "queued")

    def test_it_comes_for_every_kind_of_standstill(self):
        for change in (
            {"state": "stopped"},
            {"state": "resting", "resume_at": self.now + DAY},
            {"state": "paused"},
            {"active": False},
        ):
            with self.subTest(change=change):
                self.make_waiting(timedelta(hours=2))
                self.dataset.write(change)
                self.deliver()
                self.assertIn("expiring", self.alarms())
                self.rows.action_cancel()
                self.deliver()
                self.assertNotIn("expiring", self.alarms())
                self.dataset.write({"active": True, "state": "active"})

    def test_it_comes_for_a_step_that_was_set_aside(self):
        self.make_waiting(timedelta(hours=2)).rule_id._set_aside("Refused.")
        self.deliver()
        self.assertIn("expiring", self.alarms())

    def test_there_is_none_two_days_before(self):
        self.make_waiting(2 * DAY)
        self.dataset.action_stop()
        self.deliver()
        self.assertEqual(self.alarms(), [])

    def test_an_old_event_that_was_queued_a_moment_ago_is_none(self):
        self.make_waiting(timedelta(hours=2), queued_for=timedelta(seconds=MINUTE))
        self.dataset.action_stop()
        self.deliver()
        self.assertEqual(self.alarms(), [])

    def test_there_is_one_however_often_the_cron_runs(self):
        self.make_waiting(timedelta(hours=2))
        self.dataset.action_stop()
        for hours in range(4):
            self.rows.event_time -= timedelta(minutes=hours)
            self.deliver()
        self.assertEqual(self.alarms(), ["expiring"])

    def test_it_clears_itself_when_the_events_are_sent(self):
        self.make_waiting(timedelta(hours=2))
        self.dataset.action_stop()
        self.deliver()
        self.dataset.action_resume()
        self.deliver()
        self.assertEqual(self.states, ["accepted"])
        self.deliver()
        self.assertEqual(self.alarms(), [])
        self.assertFalse(self.dataset.expires_at)

    def test_resuming_alone_does_not_clear_it(self):
        self.dataset._pause("Dead.")
        self.make_waiting(timedelta(hours=2))
        self.deliver()
        self.dataset.action_resume()
        self.assertEqual(self.alarms(), ["expiring"])

    def test_what_did_expire_is_an_alarm_of_its_own(self):
        row = self.make_waiting(timedelta(seconds=-1))
        self.dataset.action_stop()
        self.deliver()
        self.assertEqual(row.state, "expired")
        self.assertEqual(self.alarms(), ["expired"])
        self.assertIn("not sent: 1 more.", self.dataset.activity_ids.note)

    def test_another_datasets_events_are_not_ours(self):
        other = self.add_dataset("500000000000002")
        self.form.dataset_id = other
        self.make_waiting(timedelta(hours=2))
        other.action_stop()
        self.deliver()
        self.assertEqual(self.alarms(), [])
        self.assertEqual(other.activity_ids.mapped("meta_alarm"), ["expiring"])
