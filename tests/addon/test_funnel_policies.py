"""The policies of a dataset, each by its switch, and teams with steps of their own."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user

from .test_funnel_rules import FIRST, MOVED_BACK, SECOND, RulesCase

ONCE = "Already reported: each step is reported once."
PASSED = "A later step was reported before."
NO_RULE = "No rule for this step."


class TestBackwardMoves(RulesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dataset.backward_moves = True

    def test_they_are_not_reported_by_default(self):
        self.dataset.backward_moves = False
        lead = self.make_lead()
        self.move(lead, self.proposition, self.qualified)
        self.assertEqual(self.reasons(lead), [MOVED_BACK])
        self.assertFalse(self.make_dataset().backward_moves)

    def test_a_stage_that_was_jumped_over_is_reported_on_the_way_back(self):
        self.dataset.fill_skipped_steps = False
        lead = self.make_lead()
        self.move(lead, self.won, self.qualified)
        self.assertEqual(self.queued(lead), ["initial_lead", "won", "qualified"])

    def test_a_stage_that_was_reported_is_not_reported_again(self):
        lead = self.make_lead()
        self.move(lead, self.proposition, self.qualified)
        self.assertEqual(self.reasons(lead), [ONCE])

    def test_with_every_entry_it_is_with_an_event_id_of_its_own(self):
        self.dataset.every_entry = True
        lead = self.make_lead()
        self.move(lead, self.qualified, self.proposition, self.qualified)
        rows = self.event_rows(lead).filtered(lambda r: r.event_name == "qualified")
        self.assertEqual(rows.mapped("entry"), [0, 1])
        self.assertEqual(len(set(rows.mapped("event_id"))), 2)

    def test_without_it_every_entry_reports_no_way_back(self):
        self.dataset.write({"every_entry": True, "backward_moves": False})
        lead = self.make_lead()
        self.move(lead, self.proposition, self.qualified, self.proposition)
        self.assertEqual(self.reasons(lead), [MOVED_BACK])
        self.assertEqual(
            [(r.event_name, r.entry) for r in self.event_rows(lead) if not r.reason],
            [
                ("initial_lead", 0),
                ("qualified", 0),
                ("proposition", 0),
                ("proposition", 1),
            ],
        )

    def test_an_earlier_stage_is_reported_on_a_new_way_forward(self):
        self.dataset.fill_skipped_steps = False
        lead = self.make_lead()
        self.move(lead, self.proposition, self.new, self.qualified)
        self.assertEqual(self.queued(lead)[-1], "qualified")
        self.assertEqual(self.reasons(lead), [NO_RULE])

    def test_switched_between_moves_it_counts_from_the_next_one(self):
        self.dataset.write({"backward_moves": False, "fill_skipped_steps": False})
        lead = self.make_lead()
        self.move(lead, self.won, self.proposition)
        self.dataset.backward_moves = True
        self.move(lead, self.qualified)
        self.dataset.backward_moves = False
        self.move(lead, self.proposition)
        self.assertEqual(self.queued(lead), ["initial_lead", "won", "qualified"])
        self.assertEqual(self.reasons(lead), [MOVED_BACK, PASSED])


class TestLost(RulesCase):
    def lost_rules(self):
        return self.dataset.rule_ids.filtered(lambda rule: rule.step == "lost")

    def lose(self, meta_id):
        lead = self.make_lead(meta_id)
        lead.action_set_lost()
        return self.events(lead)[-1]

    def test_switched_off_a_loss_says_that_there_is_no_rule(self):
        self.dataset.report_lost = False
        self.assertFalse(self.lost_rules().active)
        self.assertEqual(self.lose(FIRST), (False, "not_sent"))
        self.dataset.report_lost = True
        self.assertEqual(self.lose(SECOND), ("lost", "queued"))

    def test_it_shows_what_the_mapping_says(self):
        self.assertTrue(self.dataset.report_lost)
        self.lost_rules().active = False
        self.assertFalse(self.dataset.report_lost)
        self.lost_rules().active = True
        self.assertTrue(self.dataset.report_lost)
        self.lost_rules().unlink()
        self.assertFalse(self.dataset.report_lost)

    def test_switched_on_it_keeps_the_name_that_was_chosen(self):
        self.lost_rules().event_name = "gone"
        self.dataset.report_lost = False
        self.dataset.report_lost = True
        self.assertEqual(self.lost_rules().mapped("event_name"), ["gone"])
        self.assertEqual(self.lose(FIRST), ("gone", "queued"))

    def test_switched_on_without_a_line_it_adds_one(self):
        dataset = self.env["meta.capi.dataset"].create(
            {
                "name": "Bare",
                "meta_id": "500000000000007",
                "connection_id": self.connection.id,
                "report_lost": True,
            }
        )
        self.assertEqual(
            [(rule.step, rule.event_name) for rule in dataset.rule_ids],
            [("lost", "lost")],
        )

    def test_the_line_it_adds_takes_no_stages_name(self):
        self.lost_rules().unlink()
        self.rule(self.qualified).event_name = "lost"
        self.dataset.report_lost = True
        self.assertEqual(self.lost_rules().event_name, "lost_step")

    def test_it_switches_the_lines_of_teams_too(self):
        own = self.env["meta.capi.rule"].create(
            {
                "dataset_id": self.dataset.id,
                "step": "lost",
                "team_id": self.team.id,
                "event_name": "team_lost",
            }
        )
        self.dataset.report_lost = False
        self.assertFalse(own.active)
        self.dataset.report_lost = True
        self.assertEqual(self.lost_rules().mapped("active"), [True, True])
        self.assertEqual(self.lose(FIRST), ("team_lost", "queued"))

    def test_of_two_lines_for_the_same_it_switches_the_last_one_on(self):
        self.lost_rules().active = False
        self.env.flush_all()
        newer = self.env["meta.capi.rule"].create(
            {"dataset_id": self.dataset.id, "step": "lost", "event_name": "newer"}
        )
        self.dataset.report_lost = False
        self.env.flush_all()
        self.dataset.report_lost = True
        self.assertEqual(self.lost_rules().filtered("active"), newer)

    def test_on_already_it_leaves_a_line_off_that_was_switched_off(self):
        own = self.lost_rules().copy({"team_id": self.team.id, "active": False})
        self.dataset.report_lost = True
        self.assertFalse(own.active)


class TestScreen(RulesCase):
    def test_an_administrator_switches_every_policy(self):
        with Form(self.dataset.with_user(self.administrator)) as form:
            form.fill_skipped_steps = False
            form.every_entry = True
            form.backward_moves = True
            form.report_lost = False
            form.unknown_consent = "withhold"
        self.assertRecordValues(
            self.dataset,
            [
                {
                    "fill_skipped_steps": False,
                    "every_entry": True,
                    "backward_moves": True,
                    "report_lost": False,
                    "unknown_consent": "withhold",
                }
            ],
        )

    def test_a_reader_of_meta_may_switch_none(self):
        reader = new_test_user(
            self.env, "meta-reader", groups="meta_crm_capi.group_meta_user"
        )
        for name in ("fill_skipped_steps", "backward_moves", "report_lost"):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.dataset.with_user(reader).write({name: False})

    def test_a_copied_dataset_has_the_same_policies(self):
        self.dataset.write({"backward_moves": True, "unknown_consent": "withhold"})
        copy = self.dataset.copy({"meta_id": "500000000000008"})
        self.assertEqual(
            (copy.backward_moves, copy.unknown_consent), (True, "withhold")
        )


class TestTeamsWithStepsOfTheirOwn(RulesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wholesale = cls.env["crm.team"].create(
            {"name": "Wholesale", "member_ids": [Command.link(cls.rep.id)]}
        )
        stages = cls.env["crm.stage"]
        cls.intake, cls.sampled = stages.create(
            [
                {"name": name, "sequence": place, "team_ids": cls.wholesale.ids}
                for name, place in (("Intake", 0), ("Sampled", 2))
            ]
        )
        cls.qualified.team_ids = cls.team
        cls.dataset.action_map_pipeline()
        cls.env.cr.flush()

    def make_wholesale_lead(self, **vals):
        return self.make_lead(
            team_id=self.wholesale.id, stage_id=self.intake.id, **vals
        )

    def test_a_jump_passes_over_the_stages_of_its_own_team_only(self):
        lead = self.make_wholesale_lead()
        self.move(lead, self.won)
        self.assertEqual(
            self.queued(lead), ["initial_lead", "sampled", "proposition", "won"]
        )

    def test_a_change_of_team_that_moves_the_lead_is_a_move(self):
        lead = self.make_lead()
        self.move(lead, self.qualified)
        lead.team_id = self.wholesale
        self.flush()
        self.assertNotEqual(lead.stage_id, self.qualified)
        rows = self.event_rows(lead)
        self.assertEqual(rows[-1].stage_id, lead.stage_id)
        self.assertTrue(rows[-1].reason or rows[-1].state == "queued")

    def test_what_one_team_reported_is_not_reported_by_the_next_one(self):
        lead = self.make_lead()
        self.move(lead, self.proposition)
        lead.write({"team_id": self.wholesale.id, "stage_id": self.sampled.id})
        self.flush()
        self.move(lead, self.won)
        self.assertEqual(
            self.queued(lead), ["initial_lead", "qualified", "proposition", "won"]
        )
        self.assertEqual(self.reasons(lead), [MOVED_BACK])

    def test_each_teams_step_has_its_own_value(self):
        self.make_rule(
            self.won,
            "wholesale_won",
            team_id=self.wholesale.id,
            value_source="fixed",
            fixed_value=900,
        )
        lead = self.make_wholesale_lead(expected_revenue=5)
        self.move(lead, self.won)
        row = self.event_rows(lead)[-1]
        self.assertEqual((row.event_name, row.value), ("wholesale_won", 900))
