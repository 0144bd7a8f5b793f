"""What a person sees of the body of an event: what was sent, or what would be."""

import json

from odoo.tests import new_test_user
from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.models import consent
from odoo.addons.meta_crm_capi.models import meta_capi_event_body as body

from .delivery import DeliveryCase


class TestBodyShown(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.lead = self.make_known_lead(city="Bonn")
        self.row = self.rows

    def test_what_waits_shows_the_very_body_that_is_sent_later(self):
        shown = self.row.shown_body
        self.assertEqual(self.row.body_kind, "preview")
        self.assertFalse(self.row.body, "a look must freeze nothing")
        self.assertEqual((self.row.state, self.row.tries), ("queued", 0))
        self.deliver()
        self.assertEqual(self.received(), [json.loads(shown)])
        self.assertEqual(self.row.body_kind, "sent")
        self.assertEqual(self.row.shown_body, shown)

    def test_what_is_mended_meanwhile_is_in_what_would_be_sent(self):
        before = self.row.shown_body
        self.lead.email_from = "mended@example.com"
        self.env.invalidate_all()
        self.assertNotEqual(self.row.shown_body, before)

    def test_a_body_is_spread_over_lines_and_keeps_large_ids(self):
        self.row.submission_id.meta_id = "99999999999999999"
        self.assertIn('\n    "lead_id": 99999999999999999', self.row.shown_body)

    def test_the_keys_are_told_in_words(self):
        self.assertEqual(
            self.row.told_keys,
            "Meta lead ID, E-mail address, Phone number, First name, Last name, City",
        )
        self.dataset.send_ph = False
        self.env.invalidate_all()
        self.assertNotIn("Phone", self.row.told_keys)

    def test_a_body_that_is_frozen_and_not_sent_is_not_called_sent(self):
        self.row.write({"body": '{"a":1}', "tries": 0})
        self.assertEqual(self.row.body_kind, "frozen")
        self.row.tries = 1
        self.assertEqual(self.row.body_kind, "sent")

    def test_a_body_that_was_forgotten_is_not_made_up_again(self):
        self.deliver()
        self.row.body = False
        self.assertEqual(self.row.body_kind, "forgotten")
        self.assertFalse(self.row.shown_body)
        self.assertFalse(self.row.told_keys)

    def test_what_never_left_shows_nothing_once_it_is_over(self):
        for state in ("expired", "cancelled"):
            with self.subTest(state=state):
                self.row.state = state
                self.assertFalse(self.row.body_kind)
                self.assertFalse(self.row.shown_body)

    def test_a_move_that_was_not_reported_shows_what_was_held_back(self):
        self.lead.meta_consent = "no"
        self.lead.stage_id = self.qualified
        self.flush()
        row = self.rows.filtered(lambda row: row.state == "not_sent")
        self.assertEqual(row.body_kind, "withheld")
        sent = json.loads(row.shown_body)
        self.assertEqual(sent["event_name"], "qualified")
        self.assertEqual(sent["event_id"], row._get_event_id(self.dataset))
        self.assertEqual(row.body_problems, consent.SAID_NO)

    def test_a_move_that_no_rule_names_has_no_body(self):
        self.dataset.rule_ids.filtered(lambda rule: rule.step == "stage").unlink()
        self.lead.stage_id = self.qualified
        self.flush()
        row = self.rows.filtered(lambda row: row.state == "not_sent")
        self.assertFalse(row.body_kind)
        self.assertFalse(row.shown_body)

    def test_what_our_own_check_is_against_is_told_and_not_stored(self):
        self.lead.email_from = False
        self.row.submission_id.meta_id = "17"
        self.assertIn(body.WOULD_BE_REFUSED, self.row.body_problems)
        self.assertEqual(self.row.state, "queued")

    def test_a_fault_of_an_extension_breaks_no_screen(self):
        def fail(leads, dataset):
            raise ZeroDivisionError

        self.patch(self.registry["crm.lead"], "_prepare_meta_user_data", fail)
        with mute_logger("odoo.addons.meta_crm_capi.models.meta_capi_event_body"):
            self.assertEqual(self.row.body_problems, body.INTERNAL_ERROR)
        self.assertEqual(self.row.state, "queued")

    def test_a_body_that_is_no_json_is_shown_as_it_is(self):
        for text in ("not JSON", "[1]", "3"):
            with self.subTest(text=text):
                self.row.write({"body": text, "tries": 1})
                self.assertTrue(self.row.shown_body)
                self.assertFalse(self.row.told_keys)

    def test_a_meta_user_sees_it_though_the_lead_is_somebody_elses(self):
        reader = new_test_user(
            self.env, "reader", groups="meta_crm_capi.group_meta_user"
        )
        self.env.invalidate_all()
        self.assertIn("initial_lead", self.row.with_user(reader).shown_body)

    def test_many_bodies_cost_no_more_queries_than_one(self):
        self.make_known_leads(5)
        rows = self.rows
        self.flush()

        def count(events):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            events.mapped("shown_body")
            return self.env.cr.sql_log_count - before

        count(rows)
        self.assertEqual(count(rows), count(rows[:1]))
