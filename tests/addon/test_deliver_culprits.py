"""One bad event makes Meta refuse its whole batch: it is found, the others go."""

from datetime import timedelta

from .common import DATASET
from .delivery import EVENTS, DeliveryCase

#: Croatia's money until 2023.
OUT_OF_USE = "HRK"


class CulpritCase(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.make_known_leads(7)
        self.bad = self.env["meta.capi.event"]

    def spoil(self, *places):
        """Make events that pass our own check and that Meta refuses by name.

        We let a currency that went out of use pass; Meta does not.
        """
        currencies = self.env["res.currency"].with_context(active_test=False)
        currency = currencies.search([("name", "=", OUT_OF_USE)]) or currencies.create(
            {"name": OUT_OF_USE, "symbol": "kn"}
        )
        for place in places:
            row = self.rows[place]
            row.write({"value": 5, "currency_id": currency.id})
            self.bad += row

    def spoil_namelessly(self, *places):
        """Make events that Meta refuses without saying which it means.

        They are too old for Meta, whose clock is ahead, and not yet for us.
        """
        rows = self.rows
        for place in places:
            row = rows[place]
            row.event_time = self.now - timedelta(days=6, hours=22, minutes=30 + place)
            self.bad += row
        self.meta.set_clock_offset(2 * 3600)

    def assert_only_the_bad_ones_are_refused(self, title):
        good = self.rows - self.bad
        self.assertEqual(good.mapped("state"), ["accepted"] * len(good))
        self.assertEqual(self.bad.mapped("state"), ["refused"] * len(self.bad))
        for row in self.bad:
            self.assertEqual(row.reason.splitlines()[0], title)
        report = self.meta.report()
        self.assertEqual(report["accepted"], len(good))
        self.assertEqual(report["duplicates"], [])
        self.assertEqual(
            {event["event_id"] for event in report["events"]},
            set(good.mapped("event_id")),
        )


class TestNamedCulprit(CulpritCase):
    TITLE = "Server Side Api Parameter Error"

    def test_the_event_that_meta_names_is_refused_and_the_others_are_accepted(self):
        self.spoil(3)
        self.deliver()
        self.assert_only_the_bad_ones_are_refused(self.TITLE)

    def test_the_refused_event_carries_what_meta_said_of_it(self):
        self.spoil(3)
        self.deliver()
        self.assertIn("$['data'][3]['custom_data']['currency']", self.bad.reason)
        self.assertEqual((self.bad.code, self.bad.subcode), (100, 2804019))
        self.assertIn(self.bad.trace_id, [post["fbtrace_id"] for post in self.posts()])

    def test_the_first_and_the_last_event_can_be_to_blame(self):
        self.spoil(0, 6)
        self.deliver()
        self.assert_only_the_bad_ones_are_refused(self.TITLE)

    def test_finding_it_takes_one_request_more(self):
        self.spoil(3)
        self.deliver()
        self.assertEqual([post["event_count"] for post in self.posts()], [7, 6])

    def test_several_cost_one_request_more_each(self):
        self.spoil(1, 4)
        self.deliver()
        self.assert_only_the_bad_ones_are_refused(self.TITLE)
        self.assertEqual([post["event_count"] for post in self.posts()], [7, 6, 5])

    def test_all_events_can_be_to_blame(self):
        # Their rule is gone; else it would be set aside.
        self.rows.rule_id = False
        self.spoil(*range(7))
        self.deliver()
        self.assert_only_the_bad_ones_are_refused(self.TITLE)

    def test_an_innocent_event_that_meta_names_is_accepted(self):
        self.spoil_namelessly(5)
        error = {
            "code": 100,
            "error_subcode": 2804019,
            "message": "The parameter $['data'][3]['event_name'] is required.",
        }
        self.meta.script(EVENTS, [{"status": 400, "body": {"error": error}}])
        self.deliver()
        self.assert_only_the_bad_ones_are_refused("Event Timestamp Too Old")

    def test_an_index_that_never_fits_costs_few_requests(self):
        self.spoil_namelessly(6)
        error = {"code": 100, "message": "The parameter data[4] is odd."}
        answers = [{"status": 400, "body": {"error": error}}]
        self.meta.script(EVENTS, answers)
        self.deliver()
        self.assert_only_the_bad_ones_are_refused("Event Timestamp Too Old")
        self.assertLess(len(self.posts()), 10)

    def test_an_index_outside_of_the_batch_is_no_index(self):
        self.spoil_namelessly(2)
        error = {"code": 100, "message": "The parameter data[700] is odd."}
        self.meta.script(EVENTS, [{"status": 400, "body": {"error": error}}])
        self.deliver()
        self.assert_only_the_bad_ones_are_refused("Event Timestamp Too Old")

    def test_one_run_is_enough(self):
        self.spoil(3)
        with self.wake_ups() as wake_ups:
            self.deliver()
        self.assertFalse(wake_ups.records)
        self.assertFalse({"queued"} & set(self.states))

    def test_the_innocent_are_charged_one_try(self):
        self.spoil(3)
        self.deliver()
        self.assertEqual(set(self.rows.mapped("tries")), {1})

    def test_every_exchange_is_in_the_log(self):
        self.spoil(3)
        self.deliver()
        self.assertEqual(len(self.logged), len(self.posts()))
        accepted = self.logged.filtered(lambda row: row.outcome == "accepted")
        self.assertEqual(sum(accepted.mapped("event_count")), 6)

    def test_the_dataset_goes_on(self):
        self.spoil(3)
        self.deliver()
        self.assertEqual(self.dataset.state, "active")
        alarm = self.dataset.activity_ids
        self.assertEqual(alarm.meta_alarm, "refused")
        self.assertIn("1", alarm.summary)


class TestNamelessCulprit(CulpritCase):
    TITLE = "Event Timestamp Too Old"

    def test_it_is_found_by_halves(self):
        self.spoil_namelessly(4)
        self.deliver()
        self.assert_only_the_bad_ones_are_refused(self.TITLE)

    def test_finding_it_takes_few_requests(self):
        self.spoil_namelessly(4)
        self.deliver()
        # 7, then halves on the way to one of them.
        self.assertLessEqual(len(self.posts()), 1 + 2 * 3)

    def test_two_are_found(self):
        self.spoil_namelessly(1, 5)
        self.deliver()
        self.assert_only_the_bad_ones_are_refused(self.TITLE)

    def test_all_are_found(self):
        # Their rule is gone; else it would be set aside.
        self.rows.rule_id = False
        self.spoil_namelessly(*range(7))
        self.deliver()
        self.assert_only_the_bad_ones_are_refused(self.TITLE)
        self.assertEqual(len(self.posts()), 7 + 6)

    def test_a_throttle_in_the_middle_loses_nothing(self):
        self.spoil_namelessly(0)
        too_old = {"code": 100, "error_subcode": 2804003, "message": "Invalid"}
        self.meta.script(EVENTS, [{"status": 400, "body": {"error": too_old}}])
        self.meta.script_named("throttle_app", EVENTS)
        self.deliver()
        self.assertEqual(self.dataset.state, "resting")
        self.assertEqual(set(self.states), {"queued"})
        self.assertEqual(set(self.rows.mapped("tries")), {0})
        self.make_due()
        self.deliver()
        self.assert_only_the_bad_ones_are_refused(self.TITLE)

    def test_a_dead_token_in_the_middle_loses_nothing(self):
        self.spoil_namelessly(0)
        self.meta.script_named("too_old", EVENTS)
        self.meta.script_named("bad_token", EVENTS)
        self.deliver()
        self.assertEqual(self.dataset.state, "paused")
        self.assertEqual(set(self.states), {"queued"})
        self.dataset.action_resume()
        self.deliver()
        self.assert_only_the_bad_ones_are_refused(self.TITLE)

    def test_a_lost_answer_in_the_middle_repeats_the_same_bytes_only(self):
        self.spoil_namelessly(0)
        self.meta.script_named("too_old", EVENTS)
        self.meta.script_named("too_old", EVENTS)
        self.meta.script_named("ok", EVENTS)
        self.meta.script_named("ok", EVENTS)
        self.meta.script_named("lost_answer", EVENTS)
        self.deliver()
        self.make_due()
        self.deliver()
        self.assertEqual(set((self.rows - self.bad).mapped("state")), {"accepted"})
        self.assertEqual(self.bad.state, "refused")
        for duplicate in self.meta.report()["duplicates"]:
            self.assertEqual(duplicate["kind"], "same_event_id")
            self.assertTrue(duplicate["identical"])
            self.assertFalse(duplicate["first_answer_delivered"])

    def test_stopping_the_dataset_in_the_middle_stops_the_search(self):
        self.spoil_namelessly(0)
        settle = type(self.rows)._settle

        def settle_and_stop(rows, *args):
            settle(rows, *args)
            rows.env["meta.capi.dataset"].search([]).action_stop()

        self.patch(self.registry["meta.capi.event"], "_settle", settle_and_stop)
        self.deliver()
        self.assertEqual(len(self.posts()), 1)
        self.assertEqual(set(self.states), {"queued"})


class TestRefusedHere(DeliveryCase):
    """What Meta would refuse, or take and not count, is not sent at all."""

    def test_it_does_not_hold_the_others_back(self):
        leads = self.make_known_leads(3)
        leads[1].meta_submission_ids.meta_id = "42"
        self.deliver()
        self.assertEqual(self.states, ["accepted", "refused", "accepted"])
        self.assertEqual(len(self.posts()), 1)

    def test_the_reason_names_the_field_and_no_value(self):
        lead = self.make_known_lead()
        lead.meta_submission_ids.meta_id = "4242"
        self.deliver()
        self.assertIn("user_data.lead_id", self.rows.reason)
        self.assertIn("Not sent", self.rows.reason)
        self.assertNotIn("4242", self.rows.reason)

    def test_a_purchase_without_value_never_sinks_its_batch(self):
        self.make_known_leads(2)
        self.rows[0].event_name = "Purchase"
        self.deliver()
        self.assertEqual(self.states, ["refused", "accepted"])
        self.assertIn("custom_data.value", self.rows[0].reason)

    def test_it_is_told(self):
        leads = self.make_known_leads(3)
        leads[1].meta_submission_ids.meta_id = "42"
        self.deliver()
        alarm = self.dataset.activity_ids
        self.assertEqual(alarm.meta_alarm, "refused")
        self.assertIn("user_data.lead_id", alarm.note)

    def test_it_is_neither_due_nor_leased_and_leaves_no_log_row(self):
        lead = self.make_known_lead()
        lead.meta_submission_ids.meta_id = "42"
        self.deliver()
        self.assertFalse(self.rows.next_try_at)
        self.assertFalse(self.rows.is_sending)
        self.assertFalse(self.logged)
        self.assertEqual(self.posts(), [])

    def test_after_it_was_mended_it_can_be_sent_again(self):
        lead = self.make_known_lead()
        submission = lead.meta_submission_ids
        meta_id = submission.meta_id
        submission.meta_id = "42"
        self.deliver()
        submission.meta_id = meta_id
        with self.wake_ups() as wake_ups:
            self.rows.with_user(self.administrator).action_send_again()
        self.assertEqual(len(wake_ups.records), 1)
        self.deliver()
        self.assertEqual(self.states, ["accepted"])
        self.assertEqual(self.rows.dataset_id.meta_id, DATASET)
