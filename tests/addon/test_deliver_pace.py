"""How fast and in how large batches a dataset is called."""

import json

from odoo.addons.meta_crm_capi.protocol import batch
from odoo.addons.meta_crm_capi.protocol.answer import Answer

from .common import DATASET
from .delivery import EVENTS, MINUTE, DeliveryCase

NAMELESS = {"code": 100, "error_subcode": 2804003, "message": "Invalid parameter"}


class TestGrowingRest(DeliveryCase):
    def rest_after(self, **details):
        self.dataset.write({"state": "active"})
        self.dataset._heed(Answer("throttle", **details))
        self.assertEqual(self.dataset.state, "resting")
        return round(self.seconds_from_now(self.dataset.resume_at))

    def test_each_throttle_without_a_hint_rests_twice_as_long(self):
        rests = [self.rest_after() for _number in range(6)]
        for rest, expected in zip(rests, [60, 120, 240, 480, 900, 900], strict=True):
            self.assertAlmostEqual(rest, expected, delta=5)

    def test_after_a_success_it_starts_anew(self):
        self.rest_after()
        self.rest_after()
        self.dataset._heed(Answer("accepted"))
        self.assertEqual(self.dataset.state, "active")
        self.assertAlmostEqual(self.rest_after(), MINUTE, delta=5)

    def test_metas_own_hint_goes_before(self):
        self.rest_after()
        self.assertAlmostEqual(self.rest_after(resume_after=420), 420, delta=5)

    def test_a_thousand_throttles_in_a_row_are_no_overflow(self):
        self.dataset.throttle_count = 1000
        self.assertAlmostEqual(self.rest_after(), 900, delta=5)


class TestUsage(DeliveryCase):
    def deliver_with_usage(self, percent, header="X-App-Usage", minutes=0):
        self.make_events(2)
        usage = {"call_count": percent, "total_time": 1, "total_cputime": 1}
        if header == "X-Business-Use-Case-Usage":
            usage = {DATASET: [{**usage, "estimated_time_to_regain_access": minutes}]}
        self.meta.script(EVENTS, [{"headers": {header: json.dumps(usage)}}])
        self.deliver()
        self.assertEqual(set(self.states), {"accepted"})

    def test_near_the_limit_we_slow_down_before_meta_says_so(self):
        self.deliver_with_usage(95)
        self.assertEqual(self.dataset.state, "resting")
        self.assertIn("95 %", self.dataset.trouble)
        seconds = self.seconds_from_now(self.dataset.resume_at)
        self.assertAlmostEqual(seconds, 45, delta=10)
        self.assertFalse(self.dataset.activity_ids)

    def test_the_limits_of_a_business_count_too(self):
        self.deliver_with_usage(100, header="X-Business-Use-Case-Usage")
        seconds = self.seconds_from_now(self.dataset.resume_at)
        self.assertAlmostEqual(seconds, 60, delta=10)

    def test_a_limit_that_is_used_up_rests_until_meta_lets_us_call_again(self):
        self.deliver_with_usage(100, "X-Business-Use-Case-Usage", minutes=12)
        seconds = self.seconds_from_now(self.dataset.resume_at)
        self.assertAlmostEqual(seconds, 12 * 60, delta=10)

    def test_far_from_the_limit_nothing_changes(self):
        self.deliver_with_usage(79)
        self.assertEqual(self.dataset.state, "active")

    def test_no_further_request_goes_out_meanwhile(self):
        self.dataset.batch_size = 1
        self.make_events(2)
        usage = json.dumps({"call_count": 99})
        self.meta.script(EVENTS, [{"headers": {"X-App-Usage": usage}}])
        self.deliver()
        self.assertEqual(len(self.posts()), 1)
        self.assertEqual(sorted(self.states), ["accepted", "queued"])

    def test_it_goes_on_by_itself(self):
        self.deliver_with_usage(99)
        self.make_events(1)
        self.make_due()
        self.deliver()
        self.assertEqual(set(self.states), {"accepted"})
        self.assertEqual(self.dataset.state, "active")
        self.assertFalse(self.dataset.trouble)


class TestBatchSize(DeliveryCase):
    def counts(self):
        return [post["event_count"] for post in self.posts()]

    def heed(self, verdict, event_count, **details):
        self.dataset._heed(Answer(verdict, **details), event_count)
        return self.dataset.batch_size

    def test_a_claim_is_no_larger_than_the_dataset_bears(self):
        self.dataset.batch_size = 3
        self.make_events(4)
        self.deliver()
        self.assertEqual(self.counts(), [3, 1])

    def test_it_is_never_larger_than_meta_takes(self):
        self.assertEqual(self.heed("accepted", 1000), batch.MAX_EVENTS)

    def test_it_halves_when_meta_refuses_a_batch_and_names_nobody(self):
        self.assertEqual(self.heed("refuse", 1000), 500)
        self.assertEqual(self.heed("refuse", 300), 150)

    def test_it_halves_when_no_answer_comes(self):
        self.assertEqual(self.heed("retry", 1000, outcome_known=False), 500)

    def test_it_stays_when_meta_names_the_culprit(self):
        self.assertEqual(self.heed("refuse", 1000, culprit=3), 1000)

    def test_it_stays_when_meta_is_busy_or_shut(self):
        for verdict in ("retry", "throttle", "pause"):
            self.assertEqual(self.heed(verdict, 1000), 1000)

    def test_it_never_falls_below_a_bound(self):
        for _number in range(20):
            self.heed("refuse", 1000)
        self.assertEqual(self.heed("refuse", 1000), 50)

    def test_a_few_events_say_nothing_of_batches(self):
        self.assertEqual(self.heed("refuse", 1), 1000)
        self.assertEqual(self.heed("refuse", 50), 1000)
        self.assertEqual(self.heed("retry", 50, outcome_known=False), 1000)

    def test_it_doubles_with_each_full_batch_that_is_accepted(self):
        self.dataset.batch_size = 200
        self.assertEqual(self.heed("accepted", 100), 200)
        self.assertEqual(self.heed("accepted", 200), 400)
        self.assertEqual(self.heed("accepted", 400), 800)
        self.assertEqual(self.heed("accepted", 800), 1000)

    def test_a_search_for_culprits_changes_it_once(self):
        self.make_events(120)
        self.meta.script(EVENTS, [{"status": 400, "body": {"error": NAMELESS}}] * 3)
        self.deliver()
        self.assertEqual(self.counts()[:3], [120, 60, 30])
        self.assertEqual(self.dataset.batch_size, 60)
        self.assertEqual(set(self.states), {"accepted"})

    def test_what_is_left_of_a_slow_search_starts_smaller_in_the_next_run(self):
        self.make_events(120)
        self.meta.script(EVENTS, [{"status": 400, "body": {"error": NAMELESS}}])
        self.meta.script_named("no_answer", EVENTS)
        self.deliver()
        self.assertEqual(self.logged.mapped("event_count"), [120, 60])
        self.make_due()
        self.deliver()
        self.assertEqual(self.counts()[2:], [60, 60])
        self.assertEqual(set(self.states), {"accepted"})


class TestReplacedToken(DeliveryCase):
    def test_an_answer_to_the_old_token_does_not_pause_the_new_one(self):
        self.make_known_lead()
        self.add_token("new-token")

        def save_new_token(env):
            env["meta.connection"].browse(self.connection.id).access_token = "new-token"

        self.before("_apply_result", save_new_token)
        self.meta.script_named("bad_token", EVENTS)
        self.deliver()
        self.assertEqual(self.dataset.state, "active")
        self.assertFalse(self.dataset.activity_ids)
        # The cron goes on at once, with the new token.
        self.assertEqual(self.logged.mapped("outcome"), ["pause", "accepted"])
        self.assertEqual(self.states, ["accepted"])

    def test_the_same_token_once_more_pauses(self):
        self.make_known_lead()
        self.meta.script_named("bad_token", EVENTS)
        self.deliver()
        self.assertEqual(self.dataset.state, "paused")

    def test_the_stamp_tells_nothing_of_the_token(self):
        stamp = self.dataset._get_token_stamp()
        self.assertNotIn("test-system-user-token", stamp)
        self.dataset.access_token = "own-token"
        self.assertNotEqual(self.dataset._get_token_stamp(), stamp)
