"""The mapping is cached for the salesperson's sake; every change of it counts."""

from odoo.addons.meta_crm_capi.protocol import event as capi_event

from .mapping import MappingCase


class TestCache(MappingCase):
    """A change of the mapping counts from the next move on."""

    def setUp(self):
        super().setUp()
        self.lead = self.make_lead()

    def last(self, stage):
        self.lead.write({"stage_id": stage.id})
        row = self.event_rows(self.lead)[-1]
        return row.reason or row.event_name

    def rule(self, stage):
        return self.dataset.rule_ids.filtered(lambda rule: rule.stage_id == stage)

    def test_a_renamed_rule(self):
        self.rule(self.qualified).event_name = "sales_qualified"
        self.assertEqual(self.last(self.qualified), "sales_qualified")

    def test_an_archived_rule(self):
        self.rule(self.qualified).active = False
        self.assertEqual(self.last(self.qualified), "No rule for this step.")

    def test_a_deleted_rule(self):
        self.rule(self.qualified).unlink()
        self.assertEqual(self.last(self.qualified), "No rule for this step.")

    def test_a_new_rule(self):
        stage = self.make_stage("Visit")
        self.assertEqual(self.last(stage), "No rule for this step.")
        self.lead.write({"stage_id": self.new.id})
        self.flush()
        self.make_rule(stage_id=stage.id)
        self.assertEqual(self.last(stage), "visit")

    def test_a_stopped_and_resumed_dataset(self):
        self.dataset.action_stop()
        self.assertEqual(
            self.last(self.qualified), "The dataset was stopped by an administrator."
        )
        self.dataset.action_resume()
        self.assertEqual(self.last(self.proposition), "proposition")

    def test_a_stage_that_changes_its_place(self):
        self.assertEqual(self.last(self.qualified), "qualified")
        self.won.sequence = -1
        self.lead.write({"stage_id": self.new.id})
        self.flush()
        self.assertEqual(
            self.last(self.won), "Moved back: backward moves are not reported."
        )

    def test_a_stage_that_changes_its_team(self):
        self.lead.write({"stage_id": self.new.id})
        team = self.env["crm.team"].create({"name": "Wholesale"})
        self.qualified.team_ids = team
        self.lead.write({"stage_id": self.proposition.id})
        self.assertEqual(self.queued(self.lead), ["initial_lead", "proposition"])

    def test_the_policy_of_a_dataset(self):
        self.dataset.fill_skipped_steps = False
        self.last(self.won)
        self.assertEqual(self.queued(self.lead), ["initial_lead", "won"])

    def test_the_policy_of_every_entry(self):
        self.last(self.qualified)
        self.dataset.every_entry = True
        self.last(self.new)
        self.assertEqual(self.last(self.qualified), "qualified")
        self.assertEqual(self.event_rows(self.lead)[-1].entry, 1)

    def test_the_id_of_a_dataset(self):
        self.dataset.meta_id = "500000000000009"
        self.last(self.qualified)
        self.assertEqual(
            self.event_rows(self.lead)[-1].event_id,
            capi_event.event_id(
                "500000000000009", self.lead.meta_lead_id, "qualified", 0
            ),
        )

    def test_a_new_stage(self):
        stage = self.make_stage("Site visit", 50)
        self.last(stage)
        self.assertEqual(
            self.queued(self.lead), ["initial_lead", "qualified", "proposition"]
        )

    def test_the_dataset_of_a_page_and_of_a_form(self):
        other = self.make_dataset()
        other.action_map_pipeline()
        for record in (self.page, self.form):
            record.dataset_id = other
            self.last(self.qualified)
            self.assertEqual(self.event_rows(self.lead)[-1].dataset_id, other)
            record.dataset_id = self.dataset
            self.last(self.proposition)
            self.assertEqual(self.event_rows(self.lead)[-1].dataset_id, self.dataset)

    def test_a_new_page_and_a_new_form(self):
        other = self.make_dataset()
        other.action_map_pipeline()
        self.page.dataset_id = self.dataset
        self.last(self.qualified)
        page = self.page.copy({"meta_id": "110000000000002", "dataset_id": other.id})
        lead = self.make_lead(
            "10000000000000002", submission={"page_id": page.id, "form_id": False}
        )
        self.assertEqual(self.event_rows(lead).dataset_id, other)
        form = self.form.copy({"meta_id": "220000000000002", "dataset_id": other.id})
        lead = self.make_lead("10000000000000003", submission={"form_id": form.id})
        self.assertEqual(self.event_rows(lead).dataset_id, other)

    def test_an_archived_dataset(self):
        self.dataset.active = False
        self.assertIn("No dataset", self.last(self.qualified))

    def test_the_connections_wake_up(self):
        cron = self.env.ref("meta_crm_capi.ir_cron_deliver")
        waiting = [("cron_id", "=", cron.id)]
        before = self.env["ir.cron.trigger"].search_count(waiting)
        self.last(self.qualified)
        self.assertEqual(self.env["ir.cron.trigger"].search_count(waiting), before)
        self.connection.send_at_once = True
        self.last(self.proposition)
        self.assertEqual(self.env["ir.cron.trigger"].search_count(waiting), before + 1)

    def test_another_connections_wake_up(self):
        cron = self.env.ref("meta_crm_capi.ir_cron_deliver")
        waiting = [("cron_id", "=", cron.id)]
        before = self.env["ir.cron.trigger"].search_count(waiting)
        self.dataset.connection_id = self.connection.copy({"send_at_once": True})
        self.last(self.qualified)
        self.assertEqual(self.env["ir.cron.trigger"].search_count(waiting), before + 1)
