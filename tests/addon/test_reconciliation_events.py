"""Why raw leads were not accepted, and the buttons that heal it."""

from datetime import timedelta

from odoo.exceptions import UserError

from odoo.addons.meta_crm_capi.models import consent
from odoo.addons.meta_crm_capi.models.meta_capi_event_enqueue import NO_DATASET
from odoo.addons.meta_crm_capi.protocol import funnel

from .reconciling import ReconciliationCase


class TestReconciliationEvents(ReconciliationCase):
    def names(self, cause):
        return [heal["name"] for heal in cause["heals"]]

    def test_what_waits_is_sent_by_a_button(self):
        row = self.come_from_meta()
        cause = self.cause(2, "queued")
        self.assertEqual((cause["level"], self.names(cause)), ("wait", ["send_now"]))
        self.assertEqual(self.behind(2, "queued"), self.raw_leads(row))

        self.heal(2, "queued", "send_now")
        self.deliver()
        self.assertEqual(self.numbers()[1:], [1, 1, 1])

    def test_what_waits_for_an_archived_dataset_does_not_go_by_itself(self):
        event = self.raw_leads(self.come_from_meta())
        self.dataset.active = False
        cause = self.cause(2, "queued:archived")
        self.assertEqual((cause["level"], self.names(cause)), ("todo", ["datasets"]))
        self.assertEqual(self.behind(2, "queued:archived"), event)
        self.assertIn("archived", event.meaning)

        action = self.heal(2, "queued:archived", "datasets")
        self.assertEqual(action["res_id"], self.dataset.id)
        self.dataset.active = True
        self.assertFalse(event.meaning)
        self.deliver()
        self.assertEqual(self.numbers()[1:], [1, 1, 1])

    def test_what_meta_refused_is_sent_again_by_a_button(self):
        row = self.come_from_meta()
        event = self.raw_leads(row)
        self.settle(event, "refused", "Invalid parameter", code=100, subcode=2804019)
        cause = self.cause(2, "refused:100:2804019")
        self.assertEqual(
            (cause["level"], cause["title"]), ("todo", "Refused by Meta: code 100")
        )
        self.assertTrue(cause["words"])
        self.assertEqual(self.behind(2, "refused:100:2804019"), event)

        self.heal(2, "refused:100:2804019", "send_again")
        self.deliver()
        self.assertEqual(self.numbers()[1:], [1, 1, 1])

    def test_what_was_refused_too_long_ago_has_no_button(self):
        event = self.raw_leads(self.come_from_meta())
        self.settle(
            event,
            "refused",
            "Invalid parameter",
            code=100,
            event_time=self.now - timedelta(days=8),
        )
        cause = self.cause(2, "refused:100:0")

        self.assertEqual((cause["level"], cause["heals"]), ("over", []))

    def test_refusals_by_our_own_check_are_one_cause_whatever_they_name(self):
        opening = "Not sent, as Meta would refuse it or not count it"
        for number, detail in enumerate(("em: no hash", "value: negative")):
            event = self.raw_leads(self.come_from_meta(days=number + 1))
            self.settle(event, "refused", f"{opening}:\n{detail}")

        self.assertEqual(self.causes(), {(2, f"refused:{opening}"): -2})
        self.assertEqual(len(self.behind(2, f"refused:{opening}")), 2)

    def test_a_step_that_nobody_mapped_leads_to_the_board(self):
        self.dataset.rule_ids.filtered(lambda rule: rule.step == "raw_lead").unlink()
        self.come_from_meta()
        key = "not_sent:No rule for this step"
        cause = self.cause(2, key)
        self.assertEqual(
            (cause["level"], self.names(cause)), ("todo", ["map", "report"])
        )
        self.assertEqual(cause["title"], funnel.NO_RULE)

        action = self.heal(2, key, "map")
        self.assertEqual(action["tag"], "meta_dry_run")
        self.assertEqual(action["context"]["active_dataset_id"], self.dataset.id)

    def test_leads_without_a_dataset_lead_to_their_form(self):
        other = self.dataset.copy({"meta_id": "500000000000002"})
        self.assertTrue(other.active)
        self.come_from_meta()
        key = "not_sent:No dataset"
        cause = self.cause(2, key)
        self.assertEqual((cause["level"], cause["title"]), ("todo", NO_DATASET))

        action = self.heal(2, key, "forms")
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("meta.lead.form", self.form.id)
        )

    def test_a_paused_dataset_is_opened(self):
        self.come_from_meta()
        self.dataset.state = "paused"
        cause = self.cause(2, "queued:paused")
        self.assertEqual((cause["level"], self.names(cause)), ("todo", ["datasets"]))

        action = self.heal(2, "queued:paused", "datasets")
        self.assertEqual(action["res_id"], self.dataset.id)

    def test_a_no_is_explained_and_one_that_became_a_yes_is_sent(self):
        row = self.come_from_meta()
        self.deliver_is_refused_by(row)
        key = "not_sent:No consent: the person does not want"
        cause = self.cause(2, key)
        self.assertEqual(
            (cause["level"], self.names(cause)), ("explained", ["send_agreed"])
        )
        self.heal(2, key, "send_agreed")
        self.deliver()
        self.assertEqual(self.numbers()[1:], [1, 1, 0])

        row.lead_id.meta_consent = "yes"
        self.flush()
        self.heal(2, key, "send_agreed")
        self.deliver()
        self.assertEqual(self.numbers()[1:], [1, 1, 1])

    def deliver_is_refused_by(self, row):
        """As if the person of a lead had said no from the beginning."""
        row.lead_id.meta_consent = "no"
        self.settle(self.raw_leads(row), "not_sent", consent.SAID_NO, event_id=False)

    def test_what_expired_is_over(self):
        event = self.raw_leads(self.come_from_meta())
        reason = "Older than 7 days less an hour: Meta would refuse it."
        self.settle(event, "expired", reason)
        cause = self.cause(2, "expired:Older than 7 days less an hour")

        self.assertEqual((cause["level"], cause["heals"]), ("over", []))

    def test_an_accepted_event_counts_whatever_came_before_it(self):
        row = self.come_from_meta()
        event = self.raw_leads(row)
        self.settle(event, "not_sent", funnel.NO_RULE)
        self.settle(event.copy({"state": "accepted"}), "accepted")
        self.settle(event.copy({"state": "not_sent"}), "not_sent", "Moved back")

        self.assertEqual(self.numbers()[1:], [1, 1, 1])

    def test_a_lead_without_any_row_is_said_to_be_unknown(self):
        lead = self.make_foreign_lead()
        row = self.make_submission("10000000000000001", lead)

        self.assertEqual(self.causes(), {(2, "none"): -1})
        self.assertEqual(self.cause(2, "none")["level"], "unknown")
        self.assertEqual(self.behind(2, "none"), row)

    def plan(self, key):
        """“Report past steps…” of a cause, filled in and planned."""
        action = self.heal(2, key, "report")
        plans = self.env[action["res_model"]].with_user(self.administrator)
        plan = plans.with_context(**action["context"]).create({})
        plan.action_plan()
        return plan

    def test_what_no_rule_took_is_reported_once_there_is_one(self):
        rule = self.dataset.rule_ids.filtered(lambda rule: rule.step == "raw_lead")
        rule.active = False
        self.come_from_meta()
        rule.active = True
        key = "not_sent:No rule for this step"
        self.assertEqual(self.plan(key).send_count, 1)

        plan = self.plan(key)
        self.assertEqual((plan.dataset_id, plan.form_ids), (self.dataset, self.form))
        plan.action_send()
        self.run_cron(self.env.ref("meta_crm_capi.ir_cron_backfill"))
        self.deliver()
        self.assertEqual(self.numbers()[1:], [1, 1, 1])

    def test_leads_of_before_the_dataset_are_reported(self):
        other = self.dataset.copy({"meta_id": "500000000000002"})
        self.come_from_meta()
        other.active = False
        plan = self.plan("not_sent:No dataset")

        self.assertFalse(plan.dataset_id)
        self.assertEqual((plan.form_ids, plan.send_count), (self.form, 1))

    def test_leads_without_a_form_are_reported_one_by_one(self):
        lead = self.make_foreign_lead()
        row = self.make_submission("10000000000000001", lead)
        row.form_id = False
        self.flush()
        self.assertEqual(self.names(self.cause(2, "none")), ["report"])
        plan = self.plan("none")

        self.assertEqual((plan.lead_ids, plan.form_ids.ids), (lead, []))

    def test_what_nothing_happened_to_for_7_days_has_no_button(self):
        row = self.come_from_meta(days=9)
        self.settle(self.raw_leads(row), "not_sent", funnel.NO_RULE, event_id=False)
        key = "not_sent:No rule for this step"
        self.assertEqual(self.names(self.cause(2, key)), ["map", "report"])
        self.env.cr.execute(
            "UPDATE crm_lead SET write_date = %s WHERE id = %s",
            [self.now - timedelta(days=8), row.lead_id.id],
        )

        self.assertEqual(self.names(self.cause(2, key)), ["map"])

    def test_leads_of_two_companies_are_not_reported_together(self):
        row = self.come_from_meta()
        self.settle(self.raw_leads(row), "not_sent", funnel.NO_RULE, event_id=False)
        events = self.raw_leads(row)
        theirs = events.copy({"state": "not_sent"})
        company = self.env["res.company"].create({"name": "Another one"})
        twin = row.copy({"meta_id": "10000000000000002", "company_id": company.id})
        theirs.submission_id = twin

        with self.assertRaisesRegex(UserError, "several companies"):
            self.screen(self.administrator)._heal_report(None, events + theirs)

    def test_a_further_form_that_was_not_told_is_seen_too(self):
        lead = self.come_from_meta(days=2).lead_id
        second = self.come_from_meta()
        (lead + second.lead_id).merge_opportunity()
        self.deliver()
        self.settle(self.raw_leads(second), "refused", "No.", code=100)

        self.assertEqual(self.numbers()[1:], [2, 1, 1])
        self.assertEqual(
            self.causes(),
            {(1, "joined"): -1, (2, "joined"): 1, (2, "refused:100:0"): -1},
        )
        self.assertEqual(self.behind(2, "joined", sign=1), second)
