"""Every way in which a salesperson moves a card, and what Meta hears of it.

The salesperson has no right on any model of Meta's.
"""

from odoo import Command
from odoo.exceptions import AccessError

from .common import MetaCase

MOVED_BACK = "Moved back: backward moves are not reported."
REOPENED = "Reopened: Meta is not told that a lost lead came back."


class MovesCase(MetaCase):
    def setUp(self):
        super().setUp()
        self.lead = self.make_lead()
        self.mine = self.lead.with_user(self.rep)

    def news(self, lead=None):
        """What was queued since the lead came in."""
        return self.queued(lead or self.lead)[1:]


class TestCreate(MetaCase):
    def test_a_lead_in_the_first_stage_reports_the_raw_lead_alone(self):
        lead = self.make_lead()
        self.assertEqual(lead.stage_id, self.new)
        self.assertEqual(self.events(lead), [("initial_lead", "queued")])

    def test_a_lead_created_beyond_the_first_stage_reports_its_steps_too(self):
        lead = self.make_lead(stage_id=self.proposition.id)
        self.assertEqual(
            self.queued(lead), ["initial_lead", "qualified", "proposition"]
        )

    def test_a_lead_created_in_the_won_stage_reports_every_step(self):
        lead = self.make_lead(stage_id=self.won.id)
        self.assertEqual(
            self.queued(lead), ["initial_lead", "qualified", "proposition", "won"]
        )

    def test_a_lead_that_never_came_from_meta_has_no_rows(self):
        lead = self.make_foreign_lead(stage_id=self.qualified.id)
        lead.with_user(self.rep).write({"stage_id": self.won.id})
        lead.with_user(self.rep).write({"stage_id": self.new.id})
        lead.with_user(self.rep).action_set_lost()
        self.assertEqual(self.events(lead), [])

    def test_a_salesperson_who_enters_a_lead_leaves_no_row(self):
        lead = (
            self.env["crm.lead"]
            .with_user(self.rep)
            .create({"name": "Called us", "stage_id": self.won.id})
        )
        self.assertEqual(self.events(lead), [])


class TestStage(MovesCase):
    def test_a_write_reports_the_stage(self):
        self.mine.write({"stage_id": self.qualified.id})
        self.assertEqual(self.news(), ["qualified"])

    def test_an_assignment_reports_the_stage(self):
        self.mine.stage_id = self.qualified
        self.assertEqual(self.news(), ["qualified"])

    def test_a_card_dragged_in_the_kanban_reports_the_stage(self):
        self.mine.web_save(
            {"stage_id": self.proposition.id},
            {"stage_id": {"fields": {"display_name": {}}}, "probability": {}},
        )
        self.assertEqual(self.news(), ["qualified", "proposition"])

    def test_a_form_saved_with_other_fields_reports_the_stage(self):
        self.mine.web_save(
            {
                "stage_id": self.qualified.id,
                "expected_revenue": 100,
                "tag_ids": [Command.create({"name": "Roof"})],
            },
            {"stage_id": {}},
        )
        self.assertEqual(self.news(), ["qualified"])

    def test_a_mass_edit_reports_every_lead_of_metas(self):
        leads = self.lead
        for number in range(3):
            leads += self.make_lead(f"2000000000000000{number}")
        foreign = self.make_foreign_lead()
        (leads + foreign).with_user(self.rep).write({"stage_id": self.qualified.id})
        for lead in leads:
            self.assertEqual(self.news(lead), ["qualified"])
        self.assertEqual(self.events(foreign), [])

    def test_a_mass_edit_in_the_list_reports_each_lead_with_its_own_stage(self):
        other = self.make_lead("20000000000000001")
        (self.mine + other.with_user(self.rep)).web_save_multi(
            [{"stage_id": self.qualified.id}, {"stage_id": self.won.id}],
            {"stage_id": {}},
        )
        self.assertEqual(self.news(), ["qualified"])
        self.assertEqual(self.news(other), ["qualified", "proposition", "won"])

    def test_a_move_back_is_a_row_with_its_reason(self):
        self.mine.write({"stage_id": self.proposition.id})
        self.flush()
        self.mine.write({"stage_id": self.new.id})
        self.assertEqual(self.events(self.lead)[-1], (False, "not_sent"))
        self.assertEqual(self.reasons(self.lead), [MOVED_BACK])

    def test_a_stage_taken_away_is_a_row_with_its_reason(self):
        self.mine.write({"stage_id": False})
        self.assertEqual(self.reasons(self.lead), ["The lead has no stage any more."])

    def test_a_lead_without_a_stage_that_gets_one_reports_it(self):
        lead = self.make_lead("20000000000000001", stage_id=False)
        lead.write({"stage_id": False})
        self.flush()
        lead.with_user(self.rep).write({"stage_id": self.qualified.id})
        self.assertEqual(self.queued(lead)[-1], "qualified")

    def test_the_same_stage_written_again_reports_nothing(self):
        self.mine.write({"stage_id": self.new.id})
        self.assertEqual(len(self.events(self.lead)), 1)

    def test_the_order_of_the_pipeline_is_the_present_one(self):
        self.proposition.sequence = -1
        self.mine.write({"stage_id": self.qualified.id})
        self.assertEqual(self.news(), ["proposition", "qualified"])

    def test_a_stage_dragged_before_the_reported_one_is_a_move_back(self):
        self.mine.write({"stage_id": self.qualified.id})
        self.flush()
        self.proposition.sequence = -1
        self.mine.write({"stage_id": self.proposition.id})
        self.assertEqual(self.reasons(self.lead), [MOVED_BACK])


class TestTeam(MovesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_team = cls.env["crm.team"].create(
            {"name": "Wholesale", "member_ids": [Command.link(cls.rep.id)]}
        )
        cls.env["crm.team.member"].search([]).crm_team_id.member_ids += cls.rep
        cls.own_stage = cls.env["crm.stage"].create(
            {
                "name": "Sampled",
                "sequence": 0,
                "team_ids": [Command.link(cls.other_team.id)],
            }
        )
        cls.new.team_ids = cls.team
        cls.dataset.action_map_pipeline()
        cls.flush(cls)

    def test_a_stage_that_follows_a_new_team_is_a_move(self):
        self.move_to_the_other_team()
        self.assertEqual(self.lead.stage_id, self.own_stage)
        self.assertEqual(self.news(), ["sampled_by_team"])

    def move_to_the_other_team(self):
        """The stage follows the team: from New to the other team's own stage."""
        self.env["meta.capi.rule"].create(
            {
                "dataset_id": self.dataset.id,
                "stage_id": self.own_stage.id,
                "event_name": "sampled_by_team",
                "team_id": self.other_team.id,
            }
        )
        self.own_stage.sequence = 2
        self.qualified.sequence = 3
        self.mine.write({"team_id": self.other_team.id})

    def test_a_probability_set_after_the_team_does_not_hide_the_move(self):
        self.move_to_the_other_team()
        self.mine.write({"probability": 42})
        self.assertEqual(self.news(), ["sampled_by_team"])

    def test_a_lead_lost_after_its_team_changed_reports_the_stage_and_lost(self):
        self.move_to_the_other_team()
        self.mine.action_set_lost()
        self.assertEqual(self.news(), ["sampled_by_team", "lost"])

    def test_the_stage_of_the_new_team_set_once_more_is_one_move(self):
        self.move_to_the_other_team()
        self.mine.write({"stage_id": self.own_stage.id})
        self.assertEqual(self.news(), ["sampled_by_team"])

    def test_a_team_that_keeps_the_stage_is_no_move(self):
        self.mine.write({"stage_id": self.qualified.id})
        self.flush()
        before = len(self.events(self.lead))
        self.mine.write({"team_id": self.other_team.id})
        self.assertEqual(self.lead.stage_id, self.qualified)
        self.assertEqual(len(self.events(self.lead)), before)

    def test_a_stage_that_falls_back_with_the_team_is_a_move_back(self):
        self.own_stage.sequence = -5
        self.mine.write({"team_id": self.other_team.id})
        self.assertEqual(self.reasons(self.lead), [MOVED_BACK])

    def test_another_teams_stages_are_not_passed_over(self):
        self.env["meta.capi.rule"].create(
            {"dataset_id": self.dataset.id, "stage_id": self.own_stage.id}
        )
        self.own_stage.sequence = 5
        self.mine.write({"stage_id": self.won.id})
        self.assertEqual(self.news(), ["qualified", "proposition", "won"])

    def test_team_and_stage_in_one_write_are_one_move(self):
        self.mine.write(
            {"team_id": self.other_team.id, "stage_id": self.proposition.id}
        )
        self.assertEqual(self.news(), ["qualified", "proposition"])
        self.assertEqual(self.reasons(self.lead), [])


class TestWonAndLost(MovesCase):
    def test_won_by_its_button_reports_every_step_up_to_won(self):
        self.mine.action_set_won()
        self.assertEqual(self.news(), ["qualified", "proposition", "won"])

    def test_won_with_the_rainbow_reports_won_once(self):
        self.mine.write({"stage_id": self.proposition.id})
        self.flush()
        self.mine.action_set_won_rainbowman()
        self.assertEqual(self.news(), ["qualified", "proposition", "won"])

    def test_won_by_its_stage_reports_won(self):
        self.mine.write({"stage_id": self.proposition.id})
        self.flush()
        self.mine.write({"stage_id": self.won.id})
        self.assertEqual(self.news()[-1], "won")
        self.assertEqual(self.lead.won_status, "won")

    def test_lost_by_its_button_reports_lost_once(self):
        self.mine.action_set_lost()
        self.assertEqual(self.news(), ["lost"])
        self.assertEqual(self.lead.won_status, "lost")

    def test_lost_by_its_wizard_reports_lost(self):
        reason = self.env["crm.lost.reason"].create({"name": "Too dear"})
        self.env["crm.lead.lost"].with_user(self.rep).with_context(
            active_model="crm.lead", active_ids=self.lead.ids
        ).create(
            {"lead_ids": self.lead.ids, "lost_reason_id": reason.id}
        ).action_lost_reason_apply()
        self.assertEqual(self.lead.won_status, "lost")
        self.assertEqual(self.news(), ["lost"])

    def test_a_lost_reason_alone_says_nothing(self):
        reason = self.env["crm.lost.reason"].create({"name": "Too dear"})
        self.mine.write({"lost_reason_id": reason.id})
        self.assertEqual(len(self.events(self.lead)), 1)

    def test_a_restored_lead_reports_nothing_and_says_so(self):
        self.mine.action_set_lost()
        self.flush()
        self.mine.action_restore()
        self.assertEqual(self.news(), ["lost"])
        self.assertEqual(self.reasons(self.lead), [REOPENED])
        self.assertEqual(self.event_rows(self.lead)[-1].stage_id, self.new)

    def test_lost_and_restored_at_once_says_nothing(self):
        self.mine.action_set_lost()
        self.mine.action_restore()
        self.assertEqual(len(self.events(self.lead)), 1)

    def test_a_lead_lost_twice_reports_the_loss_once(self):
        for change in ("action_set_lost", "action_restore", "action_set_lost"):
            getattr(self.mine, change)()
            self.flush()
        self.assertEqual(self.news(), ["lost"])
        self.assertEqual(
            self.reasons(self.lead),
            [REOPENED, "Already reported: each step is reported once."],
        )

    def test_a_lost_lead_that_is_won_after_all_reports_won(self):
        self.mine.action_set_lost()
        self.flush()
        self.mine.action_set_won()
        self.assertEqual(self.news(), ["lost", "qualified", "proposition", "won"])
        self.assertEqual(self.reasons(self.lead), [])

    def test_an_archived_lead_is_not_lost(self):
        self.lead.write({"probability": 40})
        self.flush()
        self.mine.action_archive()
        self.assertEqual(len(self.events(self.lead)), 1)
        self.mine.action_unarchive()
        self.assertEqual(len(self.events(self.lead)), 1)

    def test_an_archived_lead_whose_probability_falls_to_zero_is_lost(self):
        self.lead.write({"probability": 40})
        self.mine.action_archive()
        self.flush()
        self.mine.write({"probability": 0})
        self.assertEqual(self.news(), ["lost"])

    def test_a_stage_declared_won_moves_nobody(self):
        self.mine.write({"stage_id": self.proposition.id})
        before = self.events(self.lead)
        self.proposition.is_won = True
        self.assertEqual(self.lead.won_status, "won")
        self.assertEqual(self.events(self.lead), before)
        self.proposition.is_won = False
        self.assertEqual(self.lead.won_status, "pending")
        self.assertEqual(self.events(self.lead), before)

    def test_a_won_lead_moved_back_says_so(self):
        self.mine.action_set_won()
        self.flush()
        self.mine.write({"stage_id": self.qualified.id})
        self.assertEqual(self.reasons(self.lead), [MOVED_BACK])


class TestRights(MovesCase):
    def test_a_salesperson_reads_and_writes_no_model_of_metas(self):
        for name in self.env.registry:
            if name.startswith("meta.") and not self.env[name]._abstract:
                model = self.env[name].with_user(self.rep)
                for operation in ("read", "write", "create", "unlink"):
                    self.assertFalse(model.has_access(operation), (name, operation))

    def test_a_salesperson_sees_the_meta_lead_id_and_no_row(self):
        self.assertEqual(self.mine.meta_lead_id, "10000000000000001")
        self.assertEqual(self.mine.meta_event_count, 1)
        with self.assertRaises(AccessError):
            _ = self.mine.meta_event_ids

    def test_the_rows_are_written_in_nobodys_name_for_the_leads_company(self):
        self.mine.write({"stage_id": self.qualified.id})
        row = self.event_rows(self.lead)[-1]
        self.assertFalse(row.create_uid)
        self.assertEqual(row.company_id, self.company)
