"""*Send again* and *Send now*: what each does, and for what it is offered."""

from datetime import timedelta

from odoo.addons.meta_crm_capi.models import consent
from odoo.addons.meta_crm_capi.models import meta_capi_event_enqueue as enqueue

from .delivery import EVENTS, DeliveryCase

NO = consent.SAID_NO


class SendCase(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.lead = self.make_known_lead()
        self.row = self.rows

    def offered(self, row=None):
        """Which of the two buttons are there."""
        self.env.invalidate_all()
        row = (row or self.row).with_user(self.administrator)
        return [name for name in ("again", "now") if row[f"can_send_{name}"]]

    def refuse(self):
        self.meta.script_named("too_old", EVENTS)
        self.deliver()
        self.assertEqual(self.row.state, "refused")


class TestOffers(SendCase):
    def test_each_state_offers_what_makes_sense(self):
        offers = {
            "queued": ["now"],
            "accepted": [],
            "refused": ["again"],
            # That one has a button of its own.
            "unclear": [],
            "expired": [],
            "cancelled": [],
            "not_sent": [],
        }
        states = dict(self.row._fields["state"].selection)
        self.assertEqual(set(offers), set(states))
        for state, offer in offers.items():
            with self.subTest(state=state):
                self.row.state = state
                self.assertEqual(self.offered(), offer)

    def test_nothing_is_offered_of_what_is_being_sent(self):
        self.hold(self.row)
        self.assertEqual(self.offered(), [])

    def test_nothing_is_offered_beyond_7_days(self):
        for state in ("queued", "refused"):
            self.row.state = state
            self.age(self.row, event_time=timedelta(days=6, hours=22))
            self.assertTrue(self.offered())
            self.age(self.row, event_time=timedelta(days=6, hours=23, seconds=5))
            self.assertEqual(self.offered(), [])

    def test_nothing_is_offered_of_who_does_not_want_to_be_shared(self):
        self.row.state = "refused"
        self.lead.meta_consent = "no"
        self.assertEqual(self.offered(), [])
        self.lead.meta_consent = "unknown"
        self.dataset.unknown_consent = "withhold"
        self.assertEqual(self.offered(), [])
        self.lead.meta_consent = "yes"
        self.assertEqual(self.offered(), ["again"])

    def test_what_stands_against_sending_is_told_where_a_button_is_missed(self):
        self.assertFalse(self.row.send_obstacle)
        self.row.state = "refused"
        self.assertFalse(self.row.send_obstacle)
        self.lead.meta_consent = "no"
        self.env.invalidate_all()
        self.assertEqual(self.row.send_obstacle, consent.SAID_NO)
        self.age(self.row, event_time=timedelta(days=7))
        self.assertIn("older than 7 days", self.row.send_obstacle)
        self.row.state = "accepted"
        self.assertFalse(self.row.send_obstacle)
        self.row.write({"state": "not_sent", "reason": consent.SAID_NO})
        self.assertIn("older than 7 days", self.row.send_obstacle)
        self.row.reason = "Moved back."
        self.assertFalse(self.row.send_obstacle)

    def test_nothing_is_offered_of_a_person_who_was_erased(self):
        self.row.state = "refused"
        self.lead.unlink()
        self.assertEqual(self.offered(), [])

    def test_what_waits_for_something_else_than_its_turn_is_not_offered(self):
        self.row.rule_id._set_aside("Meta does not like it.")
        self.assertEqual(self.offered(), [])
        self.row.rule_id.action_resume()
        self.assertEqual(self.offered(), ["now"])
        for state in ("resting", "paused", "stopped"):
            with self.subTest(state=state):
                self.dataset.state = state
                self.assertEqual(self.offered(), [])

    def test_a_raw_lead_of_a_clock_ahead_of_ours_is_not_offered_before_its_time(self):
        self.age(self.row, event_time=timedelta(minutes=-10))
        self.assertEqual(self.offered(), [])


class TestSendNow(SendCase):
    def send_now(self, row=None):
        return (row or self.row).with_user(self.administrator).action_send_now()

    def assert_said(self, action, kind):
        self.assertEqual(action["params"]["type"], kind)

    def test_it_cuts_the_wait_for_the_next_try_short(self):
        self.meta.script_named("transient", EVENTS)
        self.deliver()
        event_id = self.row.event_id
        self.assertEqual((self.row.state, self.row.tries), ("queued", 1))
        self.age(self.row, next_try_at=timedelta(minutes=-5))
        self.assertTrue(self.row.waits_until)
        self.deliver()
        self.assertEqual(len(self.received()), 0)
        with self.wake_ups() as wake_ups:
            self.assert_said(self.send_now(), "success")
        self.assertTrue(wake_ups.records)
        self.assertFalse(self.row.waits_until)
        self.deliver()
        self.assertEqual(self.row.state, "accepted")
        self.assertEqual([event["event_id"] for event in self.received()], [event_id])

    def test_it_says_so_where_nothing_can_be_sent(self):
        self.deliver()
        self.assert_said(self.send_now(), "warning")
        self.assertEqual(self.row.state, "accepted")
        self.deliver()
        self.assertEqual(len(self.received()), 1)

    def test_it_never_wakes_a_dataset_that_meta_asked_to_rest(self):
        self.dataset._rest(600, "Too fast.")
        self.assertTrue(self.row.waits_until)
        self.assert_said(self.send_now(), "warning")
        self.deliver()
        self.assertEqual(self.posts(), [])


class TestAfterAll(SendCase):
    """A move that was not reported, once the reason against it is gone."""

    def setUp(self):
        super().setUp()
        self.deliver()
        self.lead.expected_revenue = 700
        rule = self.dataset.rule_ids.filtered(
            lambda rule: rule.stage_id == self.qualified
        )
        rule.value_source = "expected_revenue"

    def move_in_vain(self):
        self.lead.stage_id = self.qualified
        self.flush()
        self.row = self.rows.filtered(lambda row: row.state == "not_sent")
        self.assertEqual(len(self.row), 1)
        self.moved_at = self.row.event_time

    def send_now(self):
        self.row.with_user(self.administrator).action_send_now()
        self.deliver()

    def assert_reported_after_all(self):
        self.assertEqual(self.offered(), ["now"])
        self.send_now()
        self.assertEqual(self.row.state, "accepted")
        event = self.received()[-1]
        self.assertEqual(event["event_name"], "qualified")
        self.assertEqual(event["event_id"], self.row._get_event_id(self.dataset))
        self.assertEqual(self.row.event_time, self.moved_at)
        self.assertEqual(event["custom_data"]["value"], 700)

    def test_consent_that_was_given_later_lets_it_go(self):
        self.dataset.unknown_consent = "withhold"
        self.move_in_vain()
        self.assertEqual(self.row.reason, consent.NOT_ASKED)
        self.assertEqual(self.offered(), [])
        self.lead.meta_consent = "yes"
        self.assert_reported_after_all()

    def test_a_dataset_that_was_started_again_gets_it(self):
        self.dataset.action_stop()
        self.move_in_vain()
        self.assertEqual(self.row.reason, enqueue.STOPPED)
        self.assertEqual(self.offered(), [])
        self.dataset.action_resume()
        self.assert_reported_after_all()

    def test_a_step_that_was_reported_since_is_not_reported_twice(self):
        self.dataset.action_stop()
        self.move_in_vain()
        self.dataset.action_resume()
        self.lead.stage_id = self.proposition
        self.flush()
        self.assertIn(("qualified", "queued"), self.events(self.lead))
        self.assertEqual(self.offered(), [])
        self.send_now()
        self.assertEqual(self.row.state, "not_sent")
        names = [event["event_name"] for event in self.received()]
        self.assertEqual(names.count("qualified"), 1)

    def test_a_step_that_is_no_longer_mapped_stays_untold(self):
        self.dataset.action_stop()
        self.move_in_vain()
        self.dataset.action_resume()
        self.row.rule_id.active = False
        self.assertEqual(self.offered(), [])

    def test_what_was_cancelled_by_a_no_goes_once_the_person_says_yes(self):
        self.lead.stage_id = self.qualified
        self.flush()
        self.row = self.rows.filtered(lambda row: row.state == "queued")
        self.moved_at = self.row.event_time
        self.lead.meta_consent = "no"
        self.flush()
        self.assertEqual((self.row.state, self.row.reason), ("cancelled", NO))
        self.assertEqual(self.offered(), [])
        self.assertEqual(self.row.body_problems, NO)
        self.lead.write({"meta_consent": "yes", "expected_revenue": 999})
        self.assertEqual(self.row.value, 700)
        self.assert_reported_after_all()

    def test_what_was_tried_before_it_was_cancelled_is_not_offered(self):
        self.lead.stage_id = self.qualified
        self.flush()
        self.row = self.rows.filtered(lambda row: row.state == "queued")
        self.row.write({"state": "cancelled", "reason": NO})
        self.assertEqual(self.offered(), ["now"])
        self.row.tries = 1
        self.assertEqual(self.offered(), [])

    def test_of_two_rows_of_one_step_one_goes(self):
        self.dataset.action_stop()
        self.move_in_vain()
        twin = self.row.copy({"state": "not_sent", "reason": self.row.reason})
        self.dataset.action_resume()
        both = (self.row + twin).with_user(self.administrator)
        self.assertEqual(both.mapped("can_send_now"), [True, True])
        self.assertEqual(both.action_send_now()["params"]["type"], "warning")
        self.assertEqual(sorted(both.mapped("state")), ["not_sent", "queued"])

    def test_what_the_funnel_itself_is_against_is_never_sent(self):
        self.lead.stage_id = self.qualified
        self.flush()
        self.deliver()
        self.lead.stage_id = self.new
        self.flush()
        row = self.rows.filtered(lambda row: row.state == "not_sent")
        self.assertTrue(row.reason.startswith("Moved back"))
        self.assertEqual(self.offered(row), [])
        row.with_user(self.administrator).action_send_now()
        self.assertEqual(row.state, "not_sent")


class TestSendAgain(SendCase):
    def test_who_says_no_is_not_queued_again_and_that_is_said(self):
        self.refuse()
        self.lead.meta_consent = "no"
        said = self.row.with_user(self.administrator).action_send_again()
        self.assertEqual(self.row.state, "refused")
        self.assertIn("may not be shared", said["params"]["message"])

    def test_what_is_too_old_stays_refused_and_that_is_said(self):
        self.refuse()
        self.age(self.row, event_time=timedelta(days=7))
        said = self.row.with_user(self.administrator).action_send_again()
        self.assertEqual(self.row.state, "refused")
        self.assertIn("older than 7 days", said["params"]["message"])

    def test_it_goes_under_the_same_event_id_and_time(self):
        self.refuse()
        before = self.row.event_id, self.row.event_time
        self.row.with_user(self.administrator).action_send_again()
        self.deliver()
        self.assertEqual(self.row.state, "accepted")
        self.assertEqual((self.row.event_id, self.row.event_time), before)
        self.assertEqual(self.received()[0]["event_id"], before[0])
