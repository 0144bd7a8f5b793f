"""What fails for a while, or fails at one event, costs the others nothing."""

from unittest.mock import patch

from odoo.tools import mute_logger

from .delivery import EVENTS, DeliveryCase

BODY = "odoo.addons.meta_crm_capi.models.meta_capi_event_body"

HOUR = 3600


class PoisonCase(DeliveryCase):
    """One event at which Meta fails whenever it is in a batch."""

    answer = "html"
    place = 4

    def setUp(self):
        super().setUp()
        self.make_known_leads(6)
        self.poison = self.rows[self.place]
        # Read before: the requests are made in threads without a cursor.
        poison_id = self.poison.event_id
        post = type(self.rows)._post

        def fail_at_the_poison(graph, dataset, rows, *rest):
            if any(poison_id in row.body for row in rows):
                self.meta.script_named(self.answer, EVENTS)
            return post(graph, dataset, rows, *rest)

        self.patch(
            self.registry["meta.capi.event"],
            "_post",
            staticmethod(fail_at_the_poison),
        )

    def deliver_times(self, number):
        for _number in range(number):
            self.deliver()
            self.make_due()


class TestSilentPoison(PoisonCase):
    """Without a word of Meta's: a proxy's page, or no answer at all."""

    def test_it_does_not_take_its_neighbours_with_it(self):
        self.deliver_times(3)
        others = self.rows - self.poison
        self.assertEqual(set(others.mapped("state")), {"accepted"})
        self.assertEqual(self.poison.state, "queued")

    def test_it_is_never_refused_for_it(self):
        self.deliver_times(9)
        self.assertEqual(self.poison.state, "queued")
        self.assertFalse(self.poison.rule_id.is_set_aside)


class TestFirstIsPoison(PoisonCase):
    place = 0

    def test_the_other_half_is_probed_the_next_time(self):
        self.deliver_times(3)
        self.assertEqual(set(self.states), {"queued"})
        self.deliver_times(1)
        others = self.rows - self.poison
        self.assertEqual(set(others.mapped("state")), {"accepted"})


class TestUnknownErrorAtOne(PoisonCase):
    """With a code that Meta has for short failures and for bad calls alike."""

    answer = "unknown_error"

    def test_it_alone_is_refused_once_others_went_through(self):
        self.deliver_times(5)
        others = self.rows - self.poison
        self.assertEqual(set(others.mapped("state")), {"accepted"})
        self.assertEqual(self.poison.state, "refused")


class TestLongOutage(DeliveryCase):
    def test_a_silent_meta_is_not_hammered(self):
        self.make_known_leads(6)
        self.rows.tries = 8
        self.meta.script_named("html", EVENTS, times=None)
        with self.wake_ups() as wake_ups:
            self.deliver()
        self.assertEqual(len(self.posts()), 2)
        self.assertFalse(wake_ups.records)
        self.assertEqual(set(self.states), {"queued"})
        self.assertEqual(set(self.rows.mapped("tries")), {9})
        for row in self.rows:
            self.assertGreater(self.seconds_from_now(row.next_try_at), HOUR)

    def test_it_drains_when_meta_is_back(self):
        self.make_known_leads(6)
        self.rows.tries = 8
        self.meta.script_named("html", EVENTS, times=None)
        self.deliver()
        self.meta.clear_scripts()
        self.make_due()
        self.deliver()
        self.assertEqual(set(self.states), {"accepted"})


class TestClockAhead(DeliveryCase):
    """Meta takes our youngest events for events of the future."""

    def test_the_older_ones_go_through_whatever_comes_after_them(self):
        self.make_known_leads(8)
        self.meta.set_clock_offset(-120)
        for _number in range(4):
            lead = self.make_known_lead()
            lead.stage_id = self.qualified
            self.deliver()
        old = self.rows.filtered(lambda row: row.step == "raw_lead")[:8]
        self.assertEqual(set(old.mapped("state")), {"accepted"})

    def test_the_young_ones_go_when_metas_clock_has_come_there(self):
        self.make_known_leads(3)
        self.make_known_lead().stage_id = self.qualified
        self.meta.set_clock_offset(-120)
        self.deliver()
        self.assertIn("queued", self.states)
        self.assertNotIn("refused", self.states)
        self.meta.set_clock_offset(0)
        self.make_due()
        self.deliver()
        self.assertEqual(set(self.states), {"accepted"})


class TestFaultOfOurs(DeliveryCase):
    """An error of an integrator's that breaks the transaction."""

    def setUp(self):
        super().setUp()
        leads = self.make_known_leads(3)
        bad = leads[1]
        prepare = type(bad)._prepare_meta_user_data

        def fail_for_one(rows, dataset):
            if bad in rows:
                rows.env.cr.execute("SELECT no_such_column")
            return prepare(rows, dataset)

        self.patch(self.registry["crm.lead"], "_prepare_meta_user_data", fail_for_one)

    def test_a_query_that_fails_for_one_lead_refuses_its_event_alone(self):
        with mute_logger(BODY, "odoo.sql_db"):
            self.deliver()
        self.assertEqual(self.states, ["accepted", "refused", "accepted"])


class TestStandstillByAFault(DeliveryCase):
    def test_it_is_an_alarm_that_a_success_clears(self):
        self.make_known_lead()

        def fail(*args):
            raise RuntimeError("a fault of ours")

        with patch.object(self.registry["meta.capi.event"], "_prepare_request", fail):
            self.deliver_with_trouble()
        self.assertEqual(self.dataset.activity_ids.mapped("meta_alarm"), ["fault"])
        self.assertTrue(self.dataset.trouble)
        self.assertEqual(self.dataset.state, "active")
        self.deliver()
        self.assertEqual(self.states, ["accepted"])
        self.assertFalse(self.dataset.activity_ids)
        self.assertFalse(self.dataset.trouble)

    def test_a_lane_of_another_user_sends_too(self):
        self.make_known_lead()
        self.cron.user_id = self.administrator
        self.deliver()
        self.assertEqual(self.states, ["accepted"])
        self.assertEqual(self.dataset.state, "active")
