"""What a person reads about an answer of Meta's, or about a reason of our own."""

import importlib
import pkgutil

from odoo.tests import Form, new_test_user

from odoo.addons.meta_crm_capi import models as addon_models
from odoo.addons.meta_crm_capi.protocol import (
    answer_lookup,
    answer_table,
    funnel,
    reasons,
)

from .delivery import EVENTS, AnswerCase


class TestLogHelp(AnswerCase):
    def test_metas_words_and_ours_are_shown_apart(self):
        self.deliver_and_get("too_old")
        rule = answer_lookup.find(100, 2804003, "")
        self.assertEqual((self.log.meaning, self.log.cure), (rule.meaning, rule.cure))
        self.assertIn("Event Timestamp Too Old", self.log.words)
        self.assertNotIn(rule.meaning, self.log.words)
        self.assertNotIn(rule.cure, self.log.words)
        for text in (rule.meaning, rule.cure, self.log.words.splitlines()[0]):
            self.assertIn(text, self.log.message)

    def test_a_row_that_keeps_nothing_but_the_code_is_explained_all_the_same(self):
        self.deliver_and_get("blocked")
        self.log.message = False
        rule = answer_lookup.find(368, None, "")
        self.assertEqual((self.log.meaning, self.log.cure), (rule.meaning, rule.cure))
        self.assertFalse(self.log.words)

    def test_an_answer_that_is_not_metas_is_explained_by_what_came(self):
        self.deliver_and_get("html")
        rule = answer_table.NOT_GRAPH_BY_STATUS[502]
        self.assertEqual((self.log.meaning, self.log.cure), (rule.meaning, rule.cure))

    def test_a_refusal_that_meta_calls_temporary_is_not_called_final(self):
        error = {"code": 100, "error_subcode": 2804003, "is_transient": True}
        self.meta.script(EVENTS, [{"status": 400, "body": {"error": error}}])
        self.deliver()
        self.assertEqual(self.logged.meaning, answer_table.TRANSIENT)
        self.assertNotIn("old", self.logged.cure)

    def test_what_meta_took_has_its_words_and_no_explanation(self):
        self.deliver_and_get("version_notice")
        self.assertIn("auto-upgraded", self.log.words)
        self.assertFalse(self.log.meaning)
        self.assertFalse(self.log.cure)

    def test_a_notification_of_metas_has_no_explanation(self):
        log = self.env["meta.sync.log"]._add_incoming(
            "webhook", "refuse", self.connection, 0, ["Not a notification."]
        )
        self.assertEqual(log.words, "Not a notification.")
        self.assertFalse(log.meaning)

    def test_a_meta_user_reads_the_explanation_on_the_form(self):
        self.deliver_and_get("bad_token")
        reader = new_test_user(
            self.env, "reader", groups="meta_crm_capi.group_meta_user"
        )
        with Form(self.log.with_user(reader)) as form:
            self.assertIn("token", form.meaning)
            self.assertIn("new access token", form.cure)
            self.assertIn("Cannot parse", form.words)


class TestEventHelp(AnswerCase):
    def assert_explained(self, event, opening):
        rows = (*reasons.REASONS, *reasons.WAITS)
        (row,) = [row for row in rows if row.opening == opening]
        self.assertEqual((event.meaning, event.cure), (row.meaning, row.cure))

    def test_a_move_without_a_rule_says_how_to_get_one(self):
        lead = self.rows.lead_id
        self.dataset.rule_ids.filtered(lambda rule: rule.step == "stage").unlink()
        lead.stage_id = self.qualified
        self.flush()
        event = self.rows.filtered(lambda row: row.state == "not_sent")
        self.assert_explained(event, "No rule for this step")
        with Form(event) as form:
            self.assertIn("mapping", form.cure)

    def test_what_the_reason_says_itself_is_not_said_twice(self):
        self.deliver_and_get("too_old")
        rule = answer_lookup.find(100, 2804003, "")
        self.assertIn(rule.meaning, self.row.reason)
        self.assertFalse(self.row.meaning)
        self.assertFalse(self.row.cure)

    def test_what_the_reason_lacks_comes_from_the_code(self):
        self.deliver_and_get("too_old")
        rule = answer_lookup.find(100, 2804003, "")
        self.row.reason = "Event Timestamp Too Old"
        self.assertEqual((self.row.meaning, self.row.cure), (rule.meaning, rule.cure))

    def test_an_event_that_waits_after_a_refusal_is_not_called_refused(self):
        self.deliver_and_get("transient")
        self.row.write({"reason": "Meta said so.", "code": 100, "subcode": 2804003})
        self.assertEqual(self.row.meaning, answer_table.TRANSIENT)

    def test_an_event_without_a_reason_has_no_explanation(self):
        self.assertFalse(self.rows.reason)
        self.assertFalse(self.rows.meaning)
        self.row = self.rows
        self.row.write({"code": 190, "reason": False})
        self.assertFalse(self.row.meaning)

    def test_our_own_refusal_says_what_to_do(self):
        self.rows.lead_id.email_from = False
        self.rows.submission_id.meta_id = "17"
        self.deliver()
        self.assertEqual(self.states, ["refused"])
        self.assert_explained(
            self.rows, "Not sent, as Meta would refuse it or not count it"
        )

    def test_a_count_that_is_not_ours_is_explained(self):
        body = {"events_received": 0, "messages": [], "fbtrace_id": "A1"}
        self.meta.script(EVENTS, [{"status": 200, "body": body}])
        self.deliver()
        self.assertEqual(self.states, ["accepted"])
        self.assert_explained(self.rows, "Meta says that it received")

    def test_a_cancelled_event_is_explained(self):
        self.rows.action_cancel()
        self.assert_explained(self.rows, "Cancelled by")

    def test_an_erased_event_is_explained(self):
        event = self.rows
        event.lead_id.unlink()
        self.assert_explained(event, "The lead was deleted")

    def test_an_event_that_was_never_tried_says_what_it_waits_for(self):
        self.dataset._pause("The token is gone.")
        self.assert_explained(self.rows, "Its dataset is paused")
        self.dataset._resume()
        self.assertFalse(self.rows.meaning)
        self.dataset._rest(60, "Too fast.")
        self.assert_explained(self.rows, "Its dataset is resting")
        self.rows.rule_id._set_aside("Meta does not like it.")
        self.assert_explained(self.rows, "Its step is set aside")

    def test_an_event_that_met_the_trouble_itself_tells_its_own_reason(self):
        self.deliver_and_get("bad_token")
        self.assertEqual(self.dataset.state, "paused")
        self.assertIn("access token", self.row.reason)
        self.assertFalse(self.row.meaning)

    def test_every_reason_that_an_event_can_get_is_explained(self):
        """A constant that ends like a sentence, where reasons are made, is one."""
        names = [
            module.name
            for module in pkgutil.iter_modules(addon_models.__path__)
            if module.name.startswith(("meta_capi_event", "consent"))
        ]
        modules = [
            importlib.import_module(f"{addon_models.__name__}.{name}") for name in names
        ]
        found = {
            text
            for module in (funnel, *modules)
            for name, text in vars(module).items()
            if name.isupper() and isinstance(text, str) and text[-1:] in (".", ":")
        }
        self.assertGreater(len(found), 10)
        unexplained = [text for text in found if not any(reasons.explain(text))]
        self.assertEqual(unexplained, [], "add a row to protocol/reasons.py")
