"""The mapping at work: policies, teams, routing, and a reason for every silence."""

from datetime import timedelta

from odoo import Command

from .common import MetaCase

FIRST, SECOND = "10000000000000001", "10000000000000002"
NO_RULE = "No rule for this step."
MOVED_BACK = "Moved back: backward moves are not reported."
STOPPED = "The dataset was stopped by an administrator."


class RulesCase(MetaCase):
    def make_rule(self, stage, event_name, **vals):
        return self.env["meta.capi.rule"].create(
            {
                "dataset_id": self.dataset.id,
                "stage_id": stage.id,
                "event_name": event_name,
                **vals,
            }
        )

    def make_dataset(self, meta_id="500000000000002", **vals):
        dataset = self.env["meta.capi.dataset"].create(
            {
                "name": "Another",
                "meta_id": meta_id,
                "connection_id": self.connection.id,
                **vals,
            }
        )
        dataset.action_map_pipeline()
        return dataset

    def rule(self, stage):
        return self.dataset.rule_ids.filtered(lambda rule: rule.stage_id == stage)

    def move(self, lead, *stages):
        for stage in stages:
            lead.write({"stage_id": stage.id})
            self.flush()


class TestPolicies(RulesCase):
    def test_filling_off_reports_only_where_the_lead_went(self):
        self.dataset.fill_skipped_steps = False
        lead = self.make_lead()
        self.move(lead, self.won)
        self.assertEqual(self.queued(lead), ["initial_lead", "won"])

    def test_filling_off_reports_an_arrival_beyond_the_first_stage_as_it_is(self):
        self.dataset.fill_skipped_steps = False
        lead = self.make_lead(stage_id=self.proposition.id)
        self.assertEqual(self.queued(lead), ["initial_lead", "proposition"])

    def test_filling_switched_on_later_makes_up_for_nothing_behind(self):
        self.dataset.fill_skipped_steps = False
        lead = self.make_lead()
        self.move(lead, self.proposition)
        self.dataset.fill_skipped_steps = True
        self.move(lead, self.won)
        self.assertEqual(self.queued(lead), ["initial_lead", "proposition", "won"])

    def test_every_entry_with_backward_moves_reports_back_and_forth(self):
        self.dataset.write({"every_entry": True, "backward_moves": True})
        lead = self.make_lead()
        self.move(lead, self.qualified, self.proposition, self.qualified)
        self.assertEqual(
            self.queued(lead), ["initial_lead", "qualified", "proposition", "qualified"]
        )

    def test_every_entry_reports_each_loss(self):
        self.dataset.every_entry = True
        lead = self.make_lead()
        for change in ("action_set_lost", "action_restore", "action_set_lost"):
            getattr(lead, change)()
            self.flush()
        self.assertEqual(self.queued(lead), ["initial_lead", "lost", "lost"])

    def test_a_mapped_first_stage_is_reported_with_an_opportunity(self):
        self.make_rule(self.new, "new_opportunity")
        self.assertEqual(
            self.queued(self.make_lead(FIRST)), ["initial_lead", "new_opportunity"]
        )
        self.assertEqual(
            self.queued(self.make_lead(SECOND, type="lead")), ["initial_lead"]
        )

    def test_two_rules_of_one_name_report_it_once(self):
        self.rule(self.proposition).event_name = "qualified"
        lead = self.make_lead()
        self.move(lead, self.qualified, self.proposition, self.won)
        self.assertEqual(self.queued(lead), ["initial_lead", "qualified", "won"])
        self.assertEqual(
            self.reasons(lead), ["Already reported: each step is reported once."]
        )

    def test_a_renamed_rule_reports_no_stage_twice(self):
        lead = self.make_lead()
        self.move(lead, self.qualified)
        self.rule(self.qualified).event_name = "sales_qualified"
        self.move(lead, self.new, self.qualified, self.proposition)
        self.assertEqual(
            self.queued(lead), ["initial_lead", "qualified", "proposition"]
        )

    def test_what_lies_before_a_refused_event_is_still_filled(self):
        for meta_id, state in ((FIRST, "refused"), (SECOND, "expired")):
            self.dataset.fill_skipped_steps = False
            lead = self.make_lead(meta_id)
            self.move(lead, self.proposition)
            self.event_rows(lead)[-1].state = state
            self.dataset.fill_skipped_steps = True
            self.move(lead, self.won)
            self.assertEqual(self.queued(lead), ["initial_lead", "qualified", "won"])

    def test_a_refused_event_does_not_stop_the_steps_after_it(self):
        lead = self.make_lead()
        self.move(lead, self.qualified)
        self.event_rows(lead)[-1].state = "refused"
        self.move(lead, self.proposition)
        self.assertEqual(self.events(lead)[-1], ("proposition", "queued"))

    def test_a_rule_that_was_switched_off_is_off_in_every_context(self):
        lead = self.make_lead()
        self.rule(self.qualified).active = False
        lead.with_context(active_test=False).write({"stage_id": self.qualified.id})
        self.assertEqual(self.reasons(lead), [NO_RULE])


class TestTeams(RulesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wholesale = cls.env["crm.team"].create(
            {"name": "Wholesale", "member_ids": [Command.link(cls.rep.id)]}
        )
        cls.env.cr.flush()

    def test_a_teams_own_rule_hides_the_general_one(self):
        self.make_rule(self.qualified, "wholesale_qualified", team_id=self.wholesale.id)
        one = self.make_lead(FIRST)
        other = self.make_lead(SECOND, team_id=self.wholesale.id)
        self.move(one + other, self.qualified)
        self.assertEqual(self.queued(one)[-1], "qualified")
        self.assertEqual(self.queued(other)[-1], "wholesale_qualified")

    def test_a_rule_for_one_team_alone_is_no_rule_for_the_others(self):
        self.rule(self.qualified).team_id = self.wholesale
        lead = self.make_lead(FIRST)
        self.move(lead, self.qualified)
        self.assertEqual(self.reasons(lead), [NO_RULE])

    def test_the_team_that_counts_is_the_one_after_the_move(self):
        self.make_rule(self.qualified, "wholesale_qualified", team_id=self.wholesale.id)
        lead = self.make_lead(FIRST)
        lead.write({"team_id": self.wholesale.id, "stage_id": self.qualified.id})
        self.assertEqual(self.queued(lead)[-1], "wholesale_qualified")

    def test_a_lead_without_a_team_has_the_general_rules(self):
        self.make_rule(self.qualified, "wholesale_qualified", team_id=self.wholesale.id)
        lead = self.make_lead(FIRST, team_id=False, user_id=False)
        lead.team_id = False
        self.flush()
        self.move(lead, self.qualified)
        self.assertFalse(lead.team_id)
        self.assertEqual(self.queued(lead)[-1], "qualified")

    def test_a_lead_put_into_another_teams_stage_reports_it(self):
        self.proposition.team_ids = self.wholesale
        lead = self.make_lead(FIRST)
        lead.write({"stage_id": self.proposition.id})
        self.assertEqual(lead.stage_id, self.proposition)
        self.assertEqual(self.queued(lead)[-1], "proposition")


class TestRouting(RulesCase):
    def datasets(self, lead):
        return self.event_rows(lead).dataset_id

    def test_the_companys_only_dataset_takes_what_nobody_routed(self):
        self.assertFalse(self.form.dataset_id + self.page.dataset_id)
        self.assertEqual(self.datasets(self.make_lead()), self.dataset)

    def test_the_forms_dataset_comes_before_the_pages(self):
        of_page, of_form = self.make_dataset(), self.make_dataset("500000000000003")
        self.page.dataset_id = of_page
        self.assertEqual(self.datasets(self.make_lead(FIRST)), of_page)
        self.form.dataset_id = of_form
        self.assertEqual(self.datasets(self.make_lead(SECOND)), of_form)

    def test_a_lead_without_a_form_goes_by_its_page(self):
        of_page = self.make_dataset()
        self.page.dataset_id = of_page
        lead = self.make_lead(submission={"form_id": False})
        self.assertEqual(self.datasets(lead), of_page)

    def test_two_datasets_without_a_route_are_no_dataset(self):
        self.make_dataset()
        lead = self.make_lead()
        self.move(lead, self.qualified)
        self.assertEqual(set(row for _n, row in self.events(lead)), {"not_sent"})
        for reason in self.reasons(lead):
            self.assertIn("No dataset", reason)

    def test_a_stopped_dataset_beside_another_is_not_the_companys_only_one(self):
        successor = self.make_dataset()
        self.dataset.action_stop()
        lead = self.make_lead()
        self.assertEqual(self.datasets(lead), successor)
        self.assertEqual(self.events(lead), [("initial_lead", "queued")])

    def test_an_archived_dataset_beside_another_does_not_count(self):
        archived = self.make_dataset()
        archived.active = False
        self.assertEqual(self.datasets(self.make_lead()), self.dataset)

    def test_a_route_to_a_stopped_dataset_stays_there(self):
        self.make_dataset()
        self.page.dataset_id = self.dataset
        self.dataset.action_stop()
        self.assertEqual(self.reasons(self.make_lead()), [STOPPED])

    def test_a_route_to_an_archived_dataset_is_no_dataset(self):
        archived = self.make_dataset()
        self.form.dataset_id = archived
        archived.active = False
        (reason,) = self.reasons(self.make_lead())
        self.assertIn("No dataset", reason)

    def test_a_paused_and_a_resting_dataset_go_on_queueing(self):
        for meta_id, state in ((FIRST, "paused"), (SECOND, "resting")):
            self.dataset.state = state
            lead = self.make_lead(meta_id)
            self.assertEqual(self.events(lead), [("initial_lead", "queued")])

    def test_another_dataset_is_told_all_from_the_start(self):
        lead = self.make_lead()
        self.move(lead, self.qualified)
        other = self.make_dataset()
        self.page.dataset_id = other
        self.move(lead, self.proposition)
        told = self.event_rows(lead).filtered(lambda row: row.dataset_id == other)
        self.assertEqual(
            told.mapped("event_name"), ["initial_lead", "qualified", "proposition"]
        )

    def test_without_any_dataset_every_move_has_its_row(self):
        self.dataset.active = False
        lead = self.make_lead()
        self.move(lead, self.qualified, self.new)
        lead.action_set_lost()
        self.assertEqual(
            [(row.step, row.stage_id, row.state) for row in self.event_rows(lead)],
            [
                ("raw_lead", self.env["crm.stage"], "not_sent"),
                ("stage", self.qualified, "not_sent"),
                ("stage", self.new, "not_sent"),
                ("lost", self.env["crm.stage"], "not_sent"),
            ],
        )


class TestReasons(RulesCase):
    """Every lead of Meta's that moves and sends nothing says why, in words."""

    def test_no_rule_for_the_stage(self):
        self.rule(self.qualified).unlink()
        lead = self.make_lead()
        self.move(lead, self.qualified)
        self.assertEqual(self.reasons(lead), [NO_RULE])

    def test_no_rule_for_the_raw_lead(self):
        self.dataset.rule_ids.filtered(lambda rule: rule.step == "raw_lead").unlink()
        self.assertEqual(self.reasons(self.make_lead()), [NO_RULE])

    def test_already_sent(self):
        lead = self.make_lead()
        self.move(lead, self.qualified, self.new, self.qualified)
        self.assertEqual(
            self.reasons(lead),
            [MOVED_BACK, "Already reported: each step is reported once."],
        )

    def test_moved_back(self):
        lead = self.make_lead()
        self.move(lead, self.proposition, self.qualified)
        self.assertEqual(self.reasons(lead), [MOVED_BACK])

    def test_jumped_over_before(self):
        self.dataset.fill_skipped_steps = False
        lead = self.make_lead()
        self.move(lead, self.proposition, self.new, self.qualified)
        self.assertEqual(
            self.reasons(lead), [MOVED_BACK, "A later step was reported before."]
        )

    def test_reopened(self):
        lead = self.make_lead()
        lead.action_set_lost()
        self.flush()
        lead.action_restore()
        self.assertEqual(
            self.reasons(lead),
            ["Reopened: Meta is not told that a lost lead came back."],
        )

    def test_dataset_stopped(self):
        self.dataset.action_stop()
        lead = self.make_lead()
        self.move(lead, self.won)
        self.assertEqual(self.reasons(lead), [STOPPED, STOPPED])
        self.assertEqual(self.event_rows(lead).dataset_id, self.dataset)

    def test_what_a_stopped_dataset_missed_is_filled_after_it_was_resumed(self):
        self.dataset.action_stop()
        lead = self.make_lead()
        self.move(lead, self.qualified)
        self.dataset.action_resume()
        self.move(lead, self.proposition)
        self.assertEqual(
            self.queued(lead), ["initial_lead", "qualified", "proposition"]
        )

    def test_no_dataset(self):
        self.dataset.active = False
        (reason,) = self.reasons(self.make_lead())
        self.assertIn("No dataset", reason)

    def test_too_old(self):
        lead = self.make_lead(submitted_at=self.now - timedelta(days=7))
        self.assertEqual(
            self.reasons(lead), ["Older than 7 days: Meta no longer takes it."]
        )

    def test_a_row_that_is_not_sent_can_be_claimed_by_nobody(self):
        self.dataset.action_stop()
        row = self.event_rows(self.make_lead())
        self.assertEqual(
            (row.state, row.next_try_at, row.event_id), ("not_sent",) + (False,) * 2
        )
