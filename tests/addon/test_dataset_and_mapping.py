"""The funnel-stage mapping: its default, its checks, and what cannot be deleted."""

import re

from psycopg2 import errors

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tools import mute_logger

from .mapping import MappingCase

SOUND_NAME = re.compile(r"[a-z0-9_]{1,50}")


class TestOfferedMapping(MappingCase):
    def rules(self):
        return self.env["meta.capi.rule"].search([("dataset_id", "=", self.dataset.id)])

    def test_it_names_the_raw_lead_every_later_stage_and_lost(self):
        self.assertEqual(
            [(rule.step, rule.stage_id, rule.event_name) for rule in self.rules()],
            [
                ("raw_lead", self.env["crm.stage"], "initial_lead"),
                ("stage", self.qualified, "qualified"),
                ("stage", self.proposition, "proposition"),
                ("stage", self.won, "won"),
                ("lost", self.env["crm.stage"], "lost"),
            ],
        )

    def test_offered_again_it_adds_nothing(self):
        before = self.rules()
        self.dataset.action_map_pipeline()
        self.assertEqual(self.rules(), before)

    def test_offered_again_it_leaves_what_a_person_changed(self):
        rule = self.rules().filtered(lambda rule: rule.stage_id == self.qualified)
        rule.event_name = "sales_qualified"
        self.rules().filtered(lambda rule: rule.step == "lost").active = False
        self.dataset.action_map_pipeline()
        self.assertEqual(rule.event_name, "sales_qualified")
        self.assertEqual(len(self.rules()), 4)

    def test_offered_again_it_adds_only_the_new_stage(self):
        before = self.rules()
        stage = self.make_stage("Site visit")
        self.dataset.action_map_pipeline()
        self.assertEqual((self.rules() - before).mapped("stage_id"), stage)
        self.assertEqual((self.rules() - before).event_name, "site_visit")

    def test_it_offers_the_conversion_where_leads_are_qualified_first(self):
        self.env.ref("base.group_user").implied_ids += self.env.ref(
            "crm.group_use_lead"
        )
        dataset = self.make_dataset()
        dataset.action_map_pipeline()
        self.assertEqual(
            dataset.rule_ids.filtered(lambda r: r.step == "converted").event_name,
            "converted",
        )

    def test_a_stage_named_like_a_standard_event_gets_a_name_of_its_own(self):
        stages = [self.make_stage(name) for name in ("Purchase", "Lead", "ViewContent")]
        self.assertEqual(
            self.offered(*stages),
            ["purchase_stage", "lead_stage", "viewcontent_stage"],
        )

    def test_stages_of_any_script_get_names_that_meta_takes(self):
        names = self.offered(
            *(self.make_stage(name) for name in ("購買", "Покупка", "Ångström  ", "—"))
        )
        for name in names:
            self.assertRegex(name, SOUND_NAME)
        self.assertEqual(len(set(names)), 4)

    def test_a_very_long_name_is_cut(self):
        (name,) = self.offered(self.make_stage("Qualified " * 20))
        self.assertRegex(name, SOUND_NAME)
        self.assertLessEqual(len(name), 50)

    def test_two_stages_of_one_name_get_two_event_names(self):
        one, other = self.make_stage("Visit"), self.make_stage("Visit")
        self.assertEqual(self.offered(one, other), ["visit", f"visit_{other.id}"])

    def test_a_stage_named_like_a_step_of_ours_leaves_the_step_its_name(self):
        lost, raw = self.make_stage("Lost"), self.make_stage("Initial lead")
        dataset = self.make_dataset()
        dataset.action_map_pipeline()
        names = {
            (rule.step, rule.stage_id): rule.event_name for rule in dataset.rule_ids
        }
        nowhere = self.env["crm.stage"]
        self.assertEqual(names["raw_lead", nowhere], "initial_lead")
        self.assertEqual(names["lost", nowhere], "lost")
        self.assertEqual(names["stage", lost], f"lost_{lost.id}")
        self.assertEqual(names["stage", raw], f"initial_lead_{raw.id}")

    def test_the_name_is_the_stages_english_one(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        stage = self.make_stage("Site visit")
        stage.with_context(lang="fr_FR").name = "Visite"
        dataset = self.make_dataset().with_context(lang="fr_FR")
        dataset.action_map_pipeline()
        names = dataset.rule_ids.mapped("event_name")
        self.assertIn("site_visit", names)
        self.assertNotIn("visite", names)

    def test_the_first_stage_of_each_team_is_the_raw_leads(self):
        team = self.env["crm.team"].create({"name": "Wholesale"})
        intake = self.make_stage("Intake", -1, team_ids=[Command.link(team.id)])
        later = self.make_stage("Sampled", 4, team_ids=[Command.link(team.id)])
        self.assertEqual(self.offered(intake, self.new, later), [None, None, "sampled"])

    def test_an_administrator_of_meta_may_offer_it(self):
        dataset = self.make_dataset()
        dataset.with_user(self.administrator).action_map_pipeline()
        self.assertEqual(len(dataset.rule_ids), 5)


class TestRule(MappingCase):
    def test_a_purchase_without_a_value_is_refused(self):
        for name in ("Purchase", " Purchase "):
            with (
                self.assertRaisesRegex(ValidationError, "without a value"),
                self.env.cr.savepoint(),
            ):
                self.make_rule(event_name=name)

    def test_a_purchase_with_a_value_is_taken(self):
        rule = self.make_rule(event_name="Purchase", value_source="expected_revenue")
        with self.assertRaisesRegex(ValidationError, "without a value"):
            rule.value_source = "none"

    def test_blanks_around_an_event_name_are_not_part_of_it(self):
        rule = self.make_rule(event_name="  visit ")
        self.assertEqual(rule.event_name, "visit")
        rule.event_name = " Purchase2\t"
        self.assertEqual(rule.event_name, "Purchase2")

    def test_an_event_name_must_be_one(self):
        for name in (" ", "\t", "x" * 51):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.make_rule(event_name=name)

    def test_a_rule_gets_the_name_of_its_step(self):
        self.assertEqual(self.make_rule().event_name, "new")
        other = self.make_dataset()
        rule = self.make_rule(dataset_id=other.id, step="lost", stage_id=False)
        self.assertEqual(rule.event_name, "lost")

    def test_only_a_stage_rule_has_a_stage(self):
        with self.assertRaises(ValidationError):
            self.make_rule(step="lost", stage_id=self.new.id)
        with self.assertRaises(ValidationError):
            self.make_rule(stage_id=False, event_name="nowhere")

    def test_a_step_is_mapped_once_for_each_team(self):
        self.make_rule(stage_id=self.qualified.id, team_id=self.team.id)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(errors.UniqueViolation),
            self.env.cr.savepoint(),
        ):
            self.make_rule(stage_id=self.qualified.id, team_id=self.team.id)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(errors.UniqueViolation),
            self.env.cr.savepoint(),
        ):
            self.make_rule(stage_id=self.qualified.id)

    def test_an_archived_rule_makes_room_for_another(self):
        rule = self.make_rule()
        rule.active = False
        self.flush()
        self.assertEqual(self.make_rule(event_name="fresh").event_name, "fresh")

    def test_a_team_of_another_company_is_refused(self):
        company = self.env["res.company"].create({"name": "Sister"})
        team = self.env["crm.team"].create({"name": "Theirs", "company_id": company.id})
        with self.assertRaises(UserError):
            self.make_rule(team_id=team.id)


class TestInUse(MappingCase):
    """What is in use stays, so that the past can still be explained."""

    def refuses(self, records, error=errors.ForeignKeyViolation):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(error),
            self.env.cr.savepoint(),
        ):
            records.unlink()

    def test_a_mapped_stage_cannot_be_deleted(self):
        stage = self.make_stage("Visit")
        self.make_rule(stage_id=stage.id)
        self.refuses(stage)

    def test_a_reported_stage_cannot_be_deleted(self):
        self.make_lead().write({"stage_id": self.qualified.id})
        self.flush()
        self.dataset.rule_ids.unlink()
        self.env["crm.lead"].search([]).write({"stage_id": self.new.id})
        self.refuses(self.qualified)

    def test_an_unused_stage_can_be_deleted(self):
        stage = self.make_stage("Visit")
        stage.unlink()
        self.assertFalse(stage.exists())

    def test_the_team_of_a_rule_cannot_be_deleted(self):
        team = self.env["crm.team"].create({"name": "Wholesale"})
        rule = self.make_rule(team_id=team.id)
        self.refuses(team)
        self.assertEqual(rule.team_id, team)

    def test_a_dataset_with_events_cannot_be_deleted(self):
        self.make_lead()
        self.refuses(self.dataset)

    def test_a_dataset_that_a_page_or_a_form_names_cannot_be_deleted(self):
        for record in (self.page, self.form):
            dataset = self.make_dataset()
            record.dataset_id = dataset
            self.refuses(dataset)
            record.dataset_id = False
            dataset.unlink()

    def test_an_unused_dataset_goes_with_its_rules(self):
        dataset = self.make_dataset()
        dataset.action_map_pipeline()
        rules = dataset.rule_ids
        dataset.unlink()
        self.assertFalse(rules.exists())

    def test_a_page_with_submissions_cannot_be_deleted(self):
        self.make_lead()
        self.form.active = False
        self.refuses(self.page)

    def test_a_dataset_sends_at_least_one_event_in_a_request(self):
        for size in (0, -1):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.dataset.batch_size = size
                self.env.flush_all()
        self.dataset.batch_size = 1
        self.env.flush_all()

    def test_a_deleted_rule_leaves_its_events_their_name(self):
        lead = self.make_lead()
        self.dataset.rule_ids.unlink()
        row = self.event_rows(lead)
        self.assertEqual((row.event_name, row.step), ("initial_lead", "raw_lead"))
        self.assertFalse(row.rule_id)

    def test_no_event_and_no_submission_can_be_deleted(self):
        lead = self.make_lead()
        self.refuses(self.event_rows(lead), UserError)
        self.refuses(lead.meta_submission_ids, UserError)
