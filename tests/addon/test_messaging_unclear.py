"""A lost answer about an event that Meta would count twice."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from .delivery import EVENTS
from .messaging import MessagingCase

#: Ready-made answers after which nobody knows whether Meta counted the events.
UNKNOWN = (
    "lost_answer",
    "half_answer",
    "no_answer",
    "html",
    "empty",
    "transient",
    "unknown_error",
)
#: And those by which Meta says that it took nothing.
KNOWN = ("throttle_app", "in_the_future", "not_ready", "bad_token")


class UnclearCase(MessagingCase):
    def setUp(self):
        super().setUp()
        self.lead = self.make_chat_lead()
        self.lead.stage_id = self.qualified
        self.flush()
        self.row = self.event_rows(self.lead)

    def lose(self, name="lost_answer"):
        """The next request gets this ready-made answer."""
        self.meta.script_named(name, EVENTS)
        self.deliver()

    @property
    def alarms(self):
        return self.chats.activity_ids.filtered("meta_alarm")

    @property
    def counted(self):
        """How often Meta counted something for the chats."""
        return len(self.outcomes(self.chats))


class TestUnclear(UnclearCase):
    def test_after_a_lost_answer_it_rests_and_does_not_go_out_again(self):
        self.lose()
        self.assertEqual(self.row.state, "unclear")
        self.assertIn("Meta may have this event", self.row.reason)
        self.assertIn("closed before the answer", self.row.reason)
        self.assertFalse(self.row.next_try_at)
        self.make_due()
        self.deliver()
        self.assertEqual((self.row.state, self.counted), ("unclear", 1))
        self.assertEqual(len(self.posts()), 1)

    def test_each_answer_that_leaves_it_open_makes_it_rest(self):
        for name in UNKNOWN:
            with self.subTest(name):
                lead = self.make_chat_lead()
                lead.stage_id = self.qualified
                self.chats._resume(("resting",))
                self.lose(name)
                row = self.event_rows(lead)
                self.assertEqual(row.state, "unclear")
                self.assertTrue(row.body)
                self.assertTrue(row.can_send_unclear)

    def test_what_meta_says_it_did_not_take_is_sent_as_always(self):
        for name in KNOWN:
            with self.subTest(name):
                lead = self.make_chat_lead()
                lead.stage_id = self.qualified
                self.lose(name)
                row = self.event_rows(lead)
                self.assertEqual(row.state, "queued")
                self.chats._resume(("resting", "paused"))
                self.make_due()
                self.deliver()
                self.assertEqual(row.state, "accepted")
        self.assertFalse(self.meta.report()["duplicates"])

    def test_a_request_that_never_left_is_sent_again(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("meta_crm_capi.graph_url", "http://127.0.0.1:1")
        self.deliver()
        self.assertEqual(self.row.state, "queued")
        self.assertIn("never left this server", self.logged.message)
        self.assertEqual(self.logged.outcome, "retry")
        self.assertFalse(self.alarms)
        parameters.set_param("meta_crm_capi.graph_url", self.meta.url)
        self.make_due()
        self.deliver()
        self.assertEqual((self.row.state, self.counted), ("accepted", 1))

    def test_the_log_says_what_is_known(self):
        self.lose()
        self.assertEqual(self.logged.outcome, "unclear")
        self.assertIn("not known whether Meta has these events", self.logged.message)
        self.assertIn("until a person decides", self.logged.message)
        self.assertTrue(self.logged.meaning)

    def test_leads_of_forms_are_sent_again_as_ever(self):
        lead = self.make_known_lead()
        self.meta.script_named("lost_answer", EVENTS, times=2)
        self.deliver()
        row = self.event_rows(lead)
        self.assertEqual((row.state, self.row.state), ("queued", "unclear"))
        self.assertFalse(self.dataset.unclear_count)
        self.assertEqual(
            self.logged.filtered(lambda log: log.dataset_id == self.dataset).outcome,
            "retry",
        )

    def test_by_the_policy_it_is_sent_again(self):
        self.chats.resend_unknown = True
        self.lose()
        self.assertEqual(self.row.state, "queued")
        self.assertIn("sent again all the same", self.logged.message)
        self.make_due()
        self.deliver()
        self.assertEqual((self.row.state, self.counted), ("accepted", 2))
        self.assertFalse(self.alarms)

    def test_a_refused_batch_is_parted_and_nothing_of_it_rests(self):
        other = self.make_chat_lead()
        other.stage_id = self.qualified
        self.flush()
        # Meta refuses the one whose click it does not know the form of.
        bad = self.make_chat_lead()
        bad.meta_referral_ids.ctwa_clid = "a click"
        bad.stage_id = self.qualified
        self.flush()
        self.deliver()
        self.assertEqual(self.row.state, "accepted")
        self.assertEqual(self.event_rows(other).state, "accepted")
        self.assertEqual(self.event_rows(bad).state, "refused")
        self.assertEqual(self.counted, 2)

    def test_an_outage_costs_one_request_and_then_single_probes(self):
        for _number in range(3):
            lead = self.make_chat_lead()
            lead.stage_id = self.qualified
        self.flush()
        self.chats.batch_size = 2
        self.meta.script_named("html", EVENTS, times=None)
        self.deliver()
        self.assertEqual(
            sorted(self.states), ["queued", "queued", "unclear", "unclear"]
        )
        self.assertEqual((self.chats.state, self.chats.batch_size), ("resting", 1))
        first = self.seconds_from_now(self.chats.resume_at)
        self.make_due()
        self.deliver()
        self.assertEqual(self.states.count("unclear"), 3)
        self.assertGreater(self.seconds_from_now(self.chats.resume_at), first + 30)
        self.meta.clear_scripts()
        self.make_due()
        self.deliver()
        self.assertEqual(sorted(self.states), ["accepted", *["unclear"] * 3])
        self.assertEqual(self.chats.state, "active")
        self.assertEqual(len(self.posts()), 3)


class TestWorkerGone(UnclearCase):
    def end_lease(self, charge):
        self.hold(self.row, -1, charge, lines='{"frozen":1}')
        self.deliver()

    def test_what_a_dead_worker_was_sending_rests(self):
        self.end_lease(charge=1)
        self.assertEqual((self.row.state, self.row.tries), ("unclear", 1))
        self.assertIn("sender stopped before", self.row.reason)
        self.assertEqual(self.row.body, '{"frozen":1}')
        self.assertFalse(self.posts())
        self.assertEqual(self.alarms.meta_alarm, "unclear")
        self.assertEqual((self.logged.outcome, self.logged.event_count), ("unclear", 1))
        self.assertIn("sender stopped", self.logged.message)

    def test_what_it_had_only_taken_is_sent(self):
        self.hold(self.row, -1, 0)
        self.deliver()
        self.assertEqual((self.row.state, self.counted), ("accepted", 1))
        self.assertFalse(self.alarms)

    def test_by_the_policy_the_same_bytes_go_out_again(self):
        self.chats.resend_unknown = True
        self.hold(self.row, -1, 1)
        self.deliver()
        self.assertEqual((self.row.state, self.row.tries), ("accepted", 2))

    def test_an_answer_that_comes_late_settles_it(self):
        def overtaken(env):
            env.cr.execute("DELETE FROM meta_capi_lease")
            env.cr.execute("UPDATE meta_capi_event SET state = 'unclear'")

        self.before("_apply_result", overtaken)
        self.deliver()
        self.assertEqual((self.row.state, self.counted), ("accepted", 1))
        self.assertFalse(self.row.reason)
        self.deliver()
        self.assertFalse(self.alarms)


class TestDecision(UnclearCase):
    def setUp(self):
        super().setUp()
        self.lose()

    def test_one_activity_asks_however_many_there_are(self):
        lead = self.make_chat_lead()
        lead.stage_id = self.qualified
        self.make_due()
        self.lose()
        self.assertEqual(self.chats.unclear_count, 2)
        self.assertEqual(self.alarms.mapped("meta_alarm"), ["unclear"])
        self.assertIn("2", self.alarms.note)

    def test_a_person_sends_it_once_more_under_the_same_id(self):
        self.row.with_user(self.administrator).action_send_unclear()
        self.assertFalse(self.alarms)
        self.make_due()
        self.deliver()
        self.assertEqual((self.row.state, self.row.tries), ("accepted", 2))
        first, second = self.sent_to(self.chats)
        self.assertEqual(first, second)

    def test_a_person_leaves_it_and_the_step_stays_told(self):
        self.row.with_user(self.administrator).action_leave_unclear()
        self.assertEqual((self.row.state, self.row.is_left), ("unclear", True))
        self.assertIn(self.administrator.name, self.row.reason)
        self.assertFalse(self.alarms)
        self.assertFalse(self.chats.unclear_count)
        self.lead.stage_id = self.new
        self.flush()
        self.lead.stage_id = self.qualified
        self.flush()
        self.assertEqual(
            [row.state for row in self.event_rows(self.lead)],
            ["unclear", "not_sent", "not_sent"],
        )
        self.assertTrue(self.row.can_send_unclear)

    def test_what_nobody_decided_in_time_is_left(self):
        self.age(self.row, event_time=timedelta(days=7))
        self.deliver()
        self.assertTrue(self.row.is_left)
        self.assertIn("older than 7 days", self.row.reason)
        self.assertFalse(self.row.can_send_unclear)
        self.assertFalse(self.alarms)
        notice = self.row.with_user(self.administrator).action_send_unclear()
        self.assertEqual(notice["params"]["type"], "warning")
        self.assertEqual(self.row.state, "unclear")

    def test_who_objects_meanwhile_is_not_sent_again(self):
        self.lead.meta_consent = "no"
        self.assertFalse(self.row.can_send_unclear)
        self.row.with_user(self.administrator).action_send_unclear()
        self.assertEqual(self.row.state, "unclear")

    def test_who_is_erased_leaves_nothing_to_decide(self):
        self.lead.unlink()
        self.assertTrue(self.row.is_left)
        self.assertFalse(self.row.body)
        self.assertIn("Erased", self.row.reason)
        self.assertFalse(self.alarms)

    def test_only_administrators_decide(self):
        reader = new_test_user(
            self.env, "reader", groups="meta_crm_capi.group_meta_user"
        )
        for user in (reader, self.rep):
            for button in ("action_send_unclear", "action_leave_unclear"):
                with self.assertRaises(AccessError):
                    getattr(self.row.with_user(user), button)()

    def test_the_lead_and_the_overview_tell_of_it(self):
        self.assertEqual(self.lead.meta_sync_state, "unclear")
        overview = self.env["meta.overview"].get_overview(30)
        self.assertEqual(overview["outcomes"]["total"]["unclear"]["count"], 1)
        self.assertIn(self.chats.name, str(self.overview_alarms()))
        self.row.with_user(self.administrator).action_leave_unclear()
        self.assertFalse(self.overview_alarms())

    def overview_alarms(self):
        """Titles of what the overview says that a person must decide."""
        lines = self.env["meta.overview"].get_overview(30)["alarms"]
        titles = [line["title"] for line in lines]
        return [title for title in titles if title.startswith("Meta may have")]
