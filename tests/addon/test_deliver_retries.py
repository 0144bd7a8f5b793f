"""An event that is tried again: the same bytes, later and later, and not for ever."""

from datetime import timedelta
from unittest.mock import patch

from odoo.addons.meta_crm_capi.models import queue

from .common import CRON
from .delivery import DELIVER, EVENTS, TOKEN, DeliveryCase

MINUTE = 60
HOUR = 60 * MINUTE


class TestFrozenBytes(DeliveryCase):
    def change_everything(self, lead):
        lead.write(
            {
                "email_from": "another@example.com",
                "phone": "+12025550999",
                "contact_name": "Somebody Else",
                "city": "Elsewhere",
                "expected_revenue": 77,
            }
        )
        self.dataset.rule_ids.event_name = "renamed"
        self.connection.partner_agent = "another_agent"

    def test_a_retry_after_a_lost_answer_repeats_the_same_bytes(self):
        lead = self.make_known_lead()
        self.meta.script_named("lost_answer", EVENTS)
        self.deliver()
        self.change_everything(lead)
        self.make_due()
        self.deliver()
        first, second = self.meta.report()["events"]
        self.assertEqual(first["text"], second["text"])
        self.assertEqual(first["event_id"], second["event_id"])
        self.assertEqual(self.states, ["accepted"])

    def test_meta_sees_the_repeat_as_a_resend_and_counts_one(self):
        self.make_known_lead()
        self.meta.script_named("lost_answer", EVENTS)
        self.deliver()
        self.make_due()
        self.deliver()
        report = self.meta.report()
        self.assertEqual(report["counted"], 1)
        (duplicate,) = report["duplicates"]
        self.assertEqual(duplicate["kind"], "same_event_id")
        self.assertTrue(duplicate["identical"])
        self.assertFalse(duplicate["first_answer_delivered"])

    def test_after_a_refusal_to_serve_us_the_bytes_are_the_same_too(self):
        lead = self.make_known_lead()
        self.meta.script_named("throttle_app", EVENTS)
        self.deliver()
        frozen = self.rows.body
        self.change_everything(lead)
        self.make_due()
        self.deliver()
        self.assertEqual(self.meta.report()["events"][0]["text"], frozen)

    def test_over_many_tries_the_bytes_never_change(self):
        lead = self.make_known_lead()
        for number in range(4):
            self.meta.script_named("lost_answer", EVENTS)
            self.deliver()
            lead.email_from = f"person{number}@example.com"
            self.make_due()
        self.deliver()
        texts = {event["text"] for event in self.meta.report()["events"]}
        self.assertEqual(len(self.meta.report()["events"]), 5)
        self.assertEqual(len(texts), 1)

    def test_an_event_frozen_for_a_batch_is_the_same_when_it_goes_alone(self):
        self.make_known_leads(3)
        self.meta.script_named("transient", EVENTS)
        self.deliver()
        frozen = self.rows.mapped("body")
        self.rows[1:].action_cancel()
        self.make_due()
        self.deliver()
        self.assertEqual(
            [event["text"] for event in self.meta.report()["events"]], frozen[:1]
        )


class TestBackOff(DeliveryCase):
    def wait_after(self, tries):
        """Seconds until the next try of an event that was tried so often."""
        self.make_known_lead()
        self.rows.tries = tries - 1
        self.meta.script_named("transient", EVENTS)
        self.deliver()
        self.assertEqual(self.rows.tries, tries)
        return self.seconds_from_now(self.rows.next_try_at)

    def test_the_second_wait_is_about_five_minutes(self):
        self.assertAlmostEqual(self.wait_after(2), 5 * MINUTE, delta=MINUTE + 10)

    def test_the_third_wait_is_about_a_quarter_of_an_hour(self):
        self.assertAlmostEqual(self.wait_after(3), 15 * MINUTE, delta=3 * MINUTE + 10)

    def test_the_fourth_wait_is_about_an_hour(self):
        self.assertAlmostEqual(self.wait_after(4), HOUR, delta=12 * MINUTE + 10)

    def test_later_waits_are_about_six_hours(self):
        self.assertAlmostEqual(self.wait_after(9), 6 * HOUR, delta=1.2 * HOUR + 10)

    def test_waits_are_spread(self):
        waits = {queue.back_off(1) for _ in range(50)}
        self.assertGreater(len(waits), 40)
        self.assertTrue(all(48 <= wait <= 72 for wait in waits))

    def test_a_wait_never_passes_the_moment_when_the_event_is_too_old(self):
        self.make_known_lead(
            submitted_at=self.now - timedelta(days=7) + timedelta(hours=1, minutes=2)
        )
        self.rows.tries = 9
        self.meta.script_named("transient", EVENTS)
        self.deliver()
        seconds = self.seconds_from_now(self.rows.next_try_at)
        self.assertGreater(seconds, 0)
        self.assertLess(seconds, 2 * MINUTE + 5)

    def test_a_long_rest_that_meta_names_does_not_pass_that_moment_either(self):
        self.make_known_lead(
            submitted_at=self.now - timedelta(days=7) + timedelta(hours=1, minutes=2)
        )
        self.meta.script_named("transient", EVENTS, headers={"Retry-After": "9999"})
        self.deliver()
        self.assertLess(self.seconds_from_now(self.rows.next_try_at), 2 * MINUTE + 5)


class TestBoundedTries(DeliveryCase):
    """Errors that Meta gives for short failures and for bad calls alike."""

    def deliver_until_quiet(self, limit=20):
        """Runs of the cron, each at its time; how many it took."""
        for number in range(limit):
            if not {"queued"} & set(self.states):
                return number
            self.make_due()
            self.deliver()
        return self.fail(f"still {self.states} after {limit} runs")

    def always(self, name):
        self.meta.script_named(name, EVENTS, times=None)

    def test_an_unknown_failure_of_one_event_is_refused_after_five_tries(self):
        self.make_known_lead()
        self.always("unknown_error")
        self.assertEqual(self.deliver_until_quiet(), 5)
        self.assertEqual(len(self.posts()), 5)
        self.assertEqual(self.states, ["refused"])
        self.assertIn("unknown error", self.rows.reason)

    def test_an_unknown_failure_of_all_is_nobodys_fault(self):
        """Meta is down and says so with a code that it also has for bad calls."""
        self.make_known_leads(4)
        self.always("unknown_error")
        for _number in range(7):
            self.deliver()
            self.make_due()
        self.assertEqual(set(self.states), {"queued"})
        self.assertFalse(self.rows.rule_id.filtered("is_set_aside"))
        self.meta.clear_scripts()
        self.deliver()
        self.assertEqual(set(self.states), {"accepted"})

    def test_from_the_fifth_run_on_a_half_is_probed(self):
        self.make_known_leads(4)
        self.always("unknown_error")
        for _number in range(6):
            self.deliver()
            self.make_due()
        self.assertEqual(self.logged.mapped("event_count"), [4, 4, 4, 4, 4, 2, 4, 2])

    def test_an_error_that_nobody_knows_is_refused_after_two_tries(self):
        self.make_known_lead()
        error = {"code": 987654, "message": "Odd."}
        self.meta.script(
            EVENTS, [{"status": 400, "body": {"error": error}, "times": None}]
        )
        self.assertEqual(self.deliver_until_quiet(), 2)
        self.assertEqual(self.states, ["refused"])

    def test_a_batch_never_makes_the_cron_wake_itself_for_the_same_failure(self):
        self.make_known_leads(4)
        self.rows.tries = 4
        self.always("unknown_error")
        with self.wake_ups() as wake_ups:
            self.deliver()
        self.assertFalse(wake_ups.records)

    def test_a_silent_meta_is_tried_for_as_long_as_the_event_is_young(self):
        self.make_known_lead()
        self.rows.tries = 40
        self.meta.script_named("no_answer", EVENTS)
        self.deliver()
        self.assertEqual((self.rows.state, self.rows.tries), ("queued", 41))

    def test_tries_do_not_count_while_a_person_has_to_act(self):
        self.make_known_lead()
        self.meta.script_named("bad_token", EVENTS, times=6)
        for _ in range(6):
            self.deliver()
            self.dataset.action_resume()
        self.assertEqual((self.rows.state, self.rows.tries), ("queued", 0))
        self.deliver()
        self.assertEqual(self.states, ["accepted"])


class TestReconnecting(DeliveryCase):
    """After a pause everything that queued meanwhile goes out, oldest first."""

    def setUp(self):
        super().setUp()
        self.leads = self.make_known_leads(2)
        self.meta.revoke_token(TOKEN)
        self.deliver()
        self.assertEqual(self.dataset.state, "paused")

    def assert_drained(self, number):
        self.deliver()
        self.assertEqual(self.states, ["accepted"] * number)
        times = [event["event_time"] for event in self.received()]
        self.assertEqual(times, sorted(times))
        self.assertEqual(len(times), number)
        self.assertFalse(self.dataset.activity_ids)
        self.assertFalse(self.dataset.trouble)

    def test_moves_queue_while_the_dataset_is_paused(self):
        self.leads[0].stage_id = self.qualified
        self.assertEqual(self.queued(self.leads[0]), ["initial_lead", "qualified"])

    def test_a_new_token_of_the_connection_lets_it_drain(self):
        self.leads[1].stage_id = self.qualified
        self.add_token("new-token")
        self.connection.access_token = "new-token"
        self.assertEqual(self.dataset.state, "active")
        self.assert_drained(3)

    def test_a_token_of_its_own_lets_it_drain(self):
        self.add_token("own-token")
        self.dataset.access_token = "own-token"
        self.assert_drained(2)

    def test_an_administrator_enters_the_token_without_further_rights(self):
        self.add_token("new-token")
        connection = self.connection.with_user(self.administrator)
        connection.access_token = "new-token"
        self.assertEqual(self.dataset.state, "active")
        self.assert_drained(2)

    def test_the_button_lets_it_drain(self):
        self.meta.renew_token(TOKEN)
        with self.wake_ups() as wake_ups:
            self.dataset.with_user(self.administrator).action_resume()
        self.assertEqual(len(wake_ups.records), 1)
        self.assert_drained(2)

    def test_a_token_that_is_no_better_pauses_it_again_with_one_activity(self):
        self.connection.access_token = "no-better-token"
        self.assertFalse(self.dataset.activity_ids)
        self.deliver()
        self.assertEqual(self.dataset.state, "paused")
        self.assertEqual(len(self.dataset.activity_ids), 1)

    def test_an_emptied_token_field_changes_nothing(self):
        self.connection.access_token = ""
        self.assertEqual(self.dataset.state, "paused")

    def test_an_event_that_grew_too_old_meanwhile_is_not_sent(self):
        self.rows[0].event_time = self.now - timedelta(days=7)
        self.meta.renew_token(TOKEN)
        self.dataset.action_resume()
        self.deliver()
        self.assertEqual(sorted(self.states), ["accepted", "expired"])


class TestTimeOut(DeliveryCase):
    def test_a_meta_that_never_answers_is_left_and_tried_again(self):
        self.make_known_lead()
        self.meta.script_named("hang", EVENTS)
        get_client = type(self.connection)._get_client

        def impatient(*args, **kwargs):
            graph = get_client(*args, **kwargs)
            graph._timeout = 1.5
            return graph

        with patch.object(type(self.connection), "_get_client", impatient):
            self.deliver()
        self.assertEqual((self.rows.state, self.rows.tries), ("queued", 1))
        self.assertIn("timed out", self.rows.reason)
        self.assertIn("timed out", self.logged.message)
        self.assertEqual(self.dataset.state, "active")

    def test_a_lease_lasts_longer_than_the_longest_request(self):
        from odoo.addons.meta_crm_capi.models import meta_capi_lease
        from odoo.addons.meta_crm_capi.protocol import client

        self.assertGreaterEqual(meta_capi_lease.LEASE, 2 * client.TIMEOUT)

    def test_a_request_that_would_begin_too_late_is_not_made(self):
        self.make_known_lead()
        # The run tries until its time is over.
        with patch(f"{DELIVER}.LEASE", 0), patch(f"{CRON}.MIN_TIME_PER_JOB", 1):
            self.deliver()
        self.assertEqual(self.posts(), [])
        self.assertEqual((self.rows.state, self.rows.tries), ("queued", 0))
        self.deliver()
        self.assertEqual((self.rows.state, self.rows.tries), ("accepted", 1))
