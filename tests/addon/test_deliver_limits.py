"""Events that are too old or too young, and batches that are too large."""

from datetime import timedelta
from unittest.mock import patch

from odoo.addons.meta_crm_capi.protocol import batch

from .delivery import EVENTS, DeliveryCase

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class TestAge(DeliveryCase):
    def make_event_of_age(self, age, **vals):
        self.make_known_lead()
        row = self.rows[-1]
        row.write({"event_time": self.now - age, **vals})
        return row

    def test_an_event_older_than_a_week_less_an_hour_is_never_sent(self):
        row = self.make_event_of_age(WEEK - HOUR + MINUTE)
        self.deliver()
        self.assertEqual(row.state, "expired")
        self.assertEqual(self.posts(), [])

    def test_the_row_says_why_and_waits_for_nothing(self):
        row = self.make_event_of_age(WEEK)
        self.deliver()
        self.assertIn("7 days less an hour", row.reason)
        self.assertFalse(row.next_try_at)

    def test_its_time_is_not_falsified(self):
        row = self.make_event_of_age(WEEK)
        moment = row.event_time
        self.deliver()
        self.assertEqual(row.event_time, moment)

    def test_an_event_a_little_younger_is_sent(self):
        row = self.make_event_of_age(WEEK - HOUR - MINUTE)
        self.deliver()
        self.assertEqual(row.state, "accepted")

    def test_an_old_event_does_not_sink_the_others(self):
        old = self.make_event_of_age(WEEK)
        young = self.make_event_of_age(HOUR)
        self.deliver()
        self.assertEqual((old.state, young.state), ("expired", "accepted"))
        self.assertEqual(len(self.posts()), 1)
        self.assertEqual(self.meta.report()["refused"], [])

    def test_an_event_that_waits_for_its_next_try_expires_too(self):
        row = self.make_event_of_age(WEEK, next_try_at=self.now + HOUR)
        self.deliver()
        self.assertEqual(row.state, "expired")

    def test_an_event_whose_body_was_frozen_in_time_expires_too(self):
        row = self.make_event_of_age(HOUR)
        self.meta.script_named("transient", EVENTS)
        self.deliver()
        row.event_time = self.now - WEEK
        self.make_due()
        self.deliver()
        self.assertEqual(row.state, "expired")
        self.assertEqual(len(self.posts()), 1)

    def test_an_event_of_a_paused_or_stopped_dataset_expires_too(self):
        for state in ("paused", "stopped", "resting"):
            with self.subTest(state=state):
                row = self.make_event_of_age(WEEK)
                self.dataset.write({"state": state, "resume_at": self.now + HOUR})
                self.deliver()
                self.assertEqual(row.state, "expired")
                self.dataset.action_resume()

    def test_a_leased_event_is_left_to_the_worker_that_sends_it(self):
        row = self.make_event_of_age(WEEK)
        self.hold(row)
        self.deliver()
        self.assertEqual(row.state, "queued")

    def test_a_lease_given_by_a_clock_that_was_set_back_ends(self):
        row = self.make_event_of_age(WEEK)
        young = self.make_event_of_age(HOUR)
        self.hold(row | young, seconds=(9 * WEEK).total_seconds())
        self.deliver()
        self.assertEqual((row.state, young.state), ("expired", "accepted"))

    def test_a_leased_event_whose_worker_died_expires(self):
        row = self.make_event_of_age(WEEK)
        self.hold(row, seconds=-1)
        self.deliver()
        self.assertEqual(row.state, "expired")
        self.assertFalse(row.is_sending)

    def test_an_accepted_event_does_not_expire(self):
        row = self.make_event_of_age(WEEK, state="accepted")
        self.deliver()
        self.assertEqual(row.state, "accepted")

    def test_a_raw_lead_from_the_future_waits(self):
        soon = self.now + HOUR
        lead = self.make_known_lead(submitted_at=soon)
        self.deliver()
        self.assertEqual(self.posts(), [])
        row = self.event_rows(lead)
        self.assertEqual((row.state, row.tries), ("queued", 0))
        self.assertEqual(row.next_try_at, row.event_time)
        self.assertGreater(row.event_time, soon)

    def test_it_is_sent_with_its_own_time_once_that_has_come(self):
        self.make_known_lead(submitted_at=self.now + timedelta(seconds=2))
        row = self.rows
        moment = row.event_time
        self.env.cr.execute(
            "SELECT pg_sleep(GREATEST(0, EXTRACT(EPOCH FROM %s"
            " - clock_timestamp() AT TIME ZONE 'UTC')))",
            [moment],
        )
        self.deliver()
        self.assertEqual(row.state, "accepted")
        self.assertEqual(row.event_time, moment)

    def test_a_waiting_raw_lead_does_not_hold_others_up(self):
        self.make_known_lead(submitted_at=self.now + HOUR)
        self.make_known_lead()
        self.deliver()
        self.assertEqual(sorted(self.states), ["accepted", "queued"])


class TestSize(DeliveryCase):
    def counts(self):
        """How many events each request carried."""
        return [post["event_count"] for post in self.posts()]

    def test_a_request_never_has_more_than_a_thousand_events(self):
        self.make_events(1001)
        self.deliver()
        self.assertEqual(set(self.states), {"accepted"})
        self.assertEqual(self.counts(), [1000, 1])
        self.assertEqual(self.meta.report()["duplicates"], [])

    def test_a_batch_that_is_too_large_goes_in_several_requests(self):
        self.make_events(7)
        size = 2 * 800 + 1024
        fit = batch.fit
        with patch.object(batch, "fit", lambda sizes: fit(sizes, max_bytes=size)):
            self.deliver()
        self.assertEqual(set(self.states), {"accepted"})
        self.assertGreater(len(self.counts()), 2)
        self.assertEqual(sum(self.counts()), 7)

    def test_the_parts_of_a_large_batch_keep_the_order(self):
        self.make_events(7)
        fit = batch.fit
        with patch.object(batch, "fit", lambda sizes: fit(sizes, max_events=2)):
            self.deliver()
        self.assertEqual(self.counts(), [2, 2, 2, 1])
        times = [event["event_time"] for event in self.received()]
        self.assertEqual(times, sorted(times))

    def test_each_event_of_a_large_batch_is_charged_one_try(self):
        self.make_events(7)
        fit = batch.fit
        with patch.object(batch, "fit", lambda sizes: fit(sizes, max_events=2)):
            self.deliver()
        self.assertEqual(set(self.rows.mapped("tries")), {1})

    def test_when_the_first_part_meets_trouble_the_others_are_not_sent(self):
        self.make_events(6)
        fit = batch.fit
        self.meta.script_named("throttle_app", EVENTS)
        with patch.object(batch, "fit", lambda sizes: fit(sizes, max_events=2)):
            self.deliver()
        self.assertEqual(self.counts(), [2])
        self.assertEqual(set(self.states), {"queued"})
        self.assertEqual(set(self.rows.mapped("tries")), {0})
        self.assertFalse(any(self.rows.mapped("is_sending")))

    def test_a_part_whose_answer_is_lost_leaves_the_accepted_ones_alone(self):
        self.make_events(6)
        fit = batch.fit
        self.meta.script_named("ok", EVENTS)
        self.meta.script_named("lost_answer", EVENTS)
        with patch.object(batch, "fit", lambda sizes: fit(sizes, max_events=2)):
            self.deliver()
            self.make_due()
            self.deliver()
        self.assertEqual(set(self.states), {"accepted"})
        self.assertEqual(len(self.meta.report()["duplicates"]), 2)

    def test_a_queue_longer_than_one_claim_drains_in_one_run(self):
        self.make_events(7)
        with patch.object(batch, "MAX_EVENTS", 3):
            self.deliver()
        self.assertEqual(self.counts(), [3, 3, 1])
        self.assertEqual(set(self.states), {"accepted"})
