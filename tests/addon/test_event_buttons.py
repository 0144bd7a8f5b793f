"""What people may do to an event by hand."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .delivery import EVENTS, DeliveryCase


class TestButtons(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.make_known_leads(2)

    def test_an_administrator_cancels_queued_events(self):
        row = self.rows[0]
        row.with_user(self.administrator).action_cancel()
        self.assertEqual(row.state, "cancelled")
        self.assertIn(self.administrator.name, row.reason)
        self.deliver()
        self.assertEqual(self.states, ["cancelled", "accepted"])
        self.assertEqual(len(self.received()), 1)

    def test_what_is_settled_cannot_be_cancelled(self):
        for state in ("accepted", "refused", "expired"):
            with self.subTest(state=state):
                self.rows[0].state = state
                self.rows[0].with_user(self.administrator).action_cancel()
                self.assertEqual(self.rows[0].state, state)

    def test_what_is_being_sent_cannot_be_cancelled(self):
        self.hold(self.rows[0])
        self.rows.with_user(self.administrator).action_cancel()
        self.assertEqual(self.states, ["queued", "cancelled"])

    def test_a_refused_event_is_queued_again_with_what_was_mended(self):
        lead = self.rows[0].lead_id
        self.meta.script_named("too_old", EVENTS, times=3)
        self.deliver()
        self.assertEqual(self.states, ["refused", "refused"])
        lead.email_from = "mended@example.com"
        self.rows.with_user(self.administrator).action_send_again()
        self.assertEqual(self.states, ["queued", "queued"])
        self.assertEqual(self.rows.mapped("tries"), [0, 0])
        self.deliver()
        self.assertEqual(self.states, ["accepted", "accepted"])

    def test_what_was_sent_before_it_was_queued_anew_stays_known(self):
        for tries, sent in ((0, False), (2, True)):
            row = self.rows[0]
            row.write({"state": "refused", "tries": tries})
            row.action_send_again()
            self.assertEqual((row.tries, row.sent_before), (0, sent))
        row.state = "refused"
        row.action_send_again()
        self.assertTrue(row.sent_before)
        row.lead_id.unlink()
        self.assertIn("Meta may have it", row.reason)

    def test_a_no_after_it_was_queued_anew_says_that_meta_may_have_it(self):
        for row in self.rows:
            row.write({"state": "refused", "tries": 1})
        self.rows.action_send_again()
        self.rows[0].lead_id.meta_consent = "no"
        self.flush()
        self.env.cr.execute("UPDATE crm_lead SET meta_consent = 'no'")
        self.env.invalidate_all()
        self.deliver()
        for row in self.rows:
            self.assertEqual(row.state, "cancelled")
            self.assertIn("Meta may have it", row.reason)

    def test_only_refused_events_are_queued_again(self):
        for state in ("accepted", "cancelled", "expired", "not_sent"):
            with self.subTest(state=state):
                self.rows[0].state = state
                self.rows[0].with_user(self.administrator).action_send_again()
                self.assertEqual(self.rows[0].state, state)

    def test_a_refused_event_of_an_erased_person_is_never_sent(self):
        row = self.rows[0]
        row.state = "refused"
        row.lead_id.unlink()
        row.with_user(self.administrator).action_send_again()
        self.deliver()
        self.assertEqual(row.state, "refused")
        self.assertEqual(len(self.received()), 1)

    def test_nobody_else_may_do_either(self):
        user = new_test_user(
            self.env, "meta-reader", groups="meta_crm_capi.group_meta_user"
        )
        for person in (user, self.rep):
            for action in ("action_cancel", "action_send_again", "action_send_now"):
                with (
                    self.subTest(person=person.login, action=action),
                    self.assertRaises(AccessError),
                ):
                    getattr(self.rows.with_user(person), action)()

    def test_events_cannot_be_deleted(self):
        with self.assertRaises(UserError):
            self.rows.unlink()
