"""``docs/examples/meta_example_step``: a further kind of step."""

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.meta_crm_capi.protocol import funnel

from tests.addon.delivery import DeliveryCase


@tagged("-at_install", "post_install")
class TestStep(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.dataset.map_step("met")
        self.flush()

    def meet(self, lead, user=None):
        """A salesperson marks a meeting with this lead as done."""
        user = user or self.rep
        lead.with_user(user).activity_schedule(
            "mail.mail_activity_data_meeting", user_id=user.id
        ).with_user(user).action_done()
        self.flush()

    def test_a_meeting_that_is_done_reaches_meta_as_an_event(self):
        lead = self.make_known_lead()
        self.meet(lead)
        self.assertEqual(
            self.events(lead), [("initial_lead", "queued"), ("met", "queued")]
        )
        self.deliver()
        self.assertEqual(
            [event["event_name"] for event in self.received()],
            ["initial_lead", "met"],
        )
        self.assertEqual(set(self.states), {"accepted"})

    def test_it_is_reported_once_unless_every_entry_is(self):
        lead = self.make_known_lead()
        self.meet(lead)
        self.meet(lead)
        self.assertEqual(self.queued(lead), ["initial_lead", "met"])
        self.assertEqual(self.reasons(lead), [funnel.ALREADY_REPORTED])
        self.dataset.every_entry = True
        self.meet(lead)
        self.assertEqual(self.queued(lead), ["initial_lead", "met", "met"])

    def test_a_stage_in_the_same_transaction_is_reported_as_ever(self):
        lead = self.make_known_lead()
        lead.with_user(self.rep).stage_id = self.won
        lead.with_user(self.rep)._report_meta_step("met")
        self.flush()
        self.assertEqual(
            self.queued(lead),
            ["initial_lead", "qualified", "proposition", "won", "met"],
        )

    def test_it_does_not_stand_in_the_way_of_later_stages(self):
        lead = self.make_known_lead()
        self.meet(lead)
        lead.stage_id = self.qualified
        self.assertEqual(self.queued(lead), ["initial_lead", "met", "qualified"])

    def test_the_raw_lead_goes_before_it(self):
        self.dataset.action_stop()
        lead = self.make_known_lead()
        self.assertEqual(self.queued(lead), [])
        self.dataset.action_resume()
        self.meet(lead)
        self.assertEqual(self.queued(lead), ["initial_lead", "met"])

    def test_without_a_line_a_row_says_why_it_is_not_sent(self):
        self.dataset.rule_ids.filtered(lambda rule: rule.step == "met").active = False
        lead = self.make_known_lead()
        self.meet(lead)
        self.assertEqual(self.queued(lead), ["initial_lead"])
        self.assertEqual(self.reasons(lead), [funnel.NO_RULE])
        (row,) = self.event_rows(lead).filtered(lambda row: row.state == "not_sent")
        self.assertEqual(row.display_name, "Met in person")

    def test_a_lead_that_is_not_metas_reports_nothing(self):
        lead = self.make_foreign_lead()
        self.meet(lead)
        self.assertFalse(self.event_rows(lead))

    def test_a_kind_that_nobody_added_is_an_error_of_the_integration(self):
        lead = self.make_known_lead()
        for step in ("meeting", "won", "raw_lead", "stage", ""):
            with self.subTest(step=step), self.assertRaises(ValueError):
                lead._report_meta_step(step)
        self.flush()
        self.assertEqual(self.queued(lead), ["initial_lead"])

    def test_the_board_offers_it_behind_the_pipeline(self):
        run = self.env["meta.capi.dataset"].get_dry_run(self.dataset.id, 7)
        keys = [step["key"] for step in run["steps"]]
        self.assertEqual(keys[-2:], ["lost-0", "met-0"])
        self.assertEqual(run["steps"][-1]["label"], "Met in person")
        self.assertTrue(run["steps"][-1]["is_side"])
        with self.assertRaises(ValidationError):
            self.dataset.map_step("met", self.won.id)

    def test_the_dry_run_says_that_it_cannot_know_of_it(self):
        self.meet(self.make_known_lead())
        run = self.env["meta.capi.dataset"].get_dry_run(self.dataset.id, 7)
        met = run["steps"][-1]
        self.assertEqual((met["sent"], met["in_fact"], met["differs"]), (0, 1, False))
        self.assertIn("an integration reports", run["notes"][0])

    def test_a_report_of_past_steps_leaves_it_as_it_is(self):
        lead = self.make_known_lead()
        self.meet(lead)
        plan = self.env["meta.capi.backfill"].create({"dataset_id": self.dataset.id})
        plan.action_plan()
        self.assertEqual(plan.state, "ready")
        self.assertNotIn("met", plan.line_ids.mapped("step"))
        self.assertEqual(self.queued(lead), ["initial_lead", "met"])

    def test_a_step_of_a_removed_integration_still_has_a_name(self):
        lead = self.make_known_lead()
        self.meet(lead)
        row = self.event_rows(lead)[-1]
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE meta_capi_event SET step = 'gone', event_name = NULL WHERE id = %s",
            [row.id],
        )
        self.env.invalidate_all()
        self.assertEqual(row.display_name, "gone")
        self.assertEqual(row.web_read({"step": {}})[0]["step"], "gone")
        (group,) = row.formatted_read_group([("id", "=", row.id)], ["step"])
        self.assertEqual(group["step"], "gone")
