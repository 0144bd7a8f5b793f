"""Leads that are converted, merged, copied or deleted, and what Meta hears of it."""

from odoo import Command
from odoo.tests import Form

from .common import MetaCase

FIRST, SECOND, THIRD = (f"1000000000000000{number}" for number in (1, 2, 3))


class ConvertCase(MetaCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.group_user").implied_ids += cls.env.ref("crm.group_use_lead")
        cls.team.use_leads = True
        cls.dataset.action_map_pipeline()
        cls.env.cr.flush()

    def make_unqualified_lead(self, meta_id=FIRST, **vals):
        return self.make_lead(meta_id, type="lead", **vals)

    def wizard(self, lead, **vals):
        return (
            self.env["crm.lead2opportunity.partner"]
            .with_user(self.rep)
            .with_context(
                active_model="crm.lead", active_id=lead.id, active_ids=lead.ids
            )
            .create(vals)
        )


class TestConvert(ConvertCase):
    def test_an_unqualified_lead_reports_the_raw_lead_alone(self):
        lead = self.make_unqualified_lead()
        self.assertEqual(self.events(lead), [("initial_lead", "queued")])

    def test_a_conversion_is_reported(self):
        lead = self.make_unqualified_lead()
        lead.with_user(self.rep).convert_opportunity(False)
        self.assertEqual(lead.type, "opportunity")
        self.assertEqual(self.queued(lead), ["initial_lead", "converted"])

    def test_a_conversion_for_a_customer_and_a_salesperson_is_reported_once(self):
        lead = self.make_unqualified_lead(user_id=False)
        partner = self.env["res.partner"].create({"name": "Ana Acker"})
        lead.with_user(self.rep).convert_opportunity(
            partner, user_ids=self.rep.ids, team_id=self.team.id
        )
        self.assertEqual(lead.user_id, self.rep)
        self.assertEqual(self.queued(lead), ["initial_lead", "converted"])

    def test_the_wizard_reports_the_conversion_once(self):
        lead = self.make_unqualified_lead()
        self.wizard(lead, name="convert", action="create").action_apply()
        self.assertTrue(lead.partner_id)
        self.assertEqual(self.queued(lead), ["initial_lead", "converted"])

    def test_the_wizard_for_many_reports_each_conversion(self):
        leads = self.make_unqualified_lead() + self.make_unqualified_lead(
            SECOND, email_from="ben@example.com"
        )
        self.env["crm.lead2opportunity.partner.mass"].with_user(self.rep).with_context(
            active_model="crm.lead", active_ids=leads.ids
        ).create(
            {"deduplicate": False, "action": "each_exist_or_create"}
        ).action_mass_convert()
        self.assertEqual(set(leads.mapped("type")), {"opportunity"})
        for lead in leads:
            self.assertEqual(self.queued(lead), ["initial_lead", "converted"])

    def test_a_conversion_into_a_further_stage_reports_both(self):
        lead = self.make_unqualified_lead()
        lead.with_user(self.rep).write(
            {"type": "opportunity", "stage_id": self.qualified.id}
        )
        self.assertEqual(self.queued(lead), ["initial_lead", "converted", "qualified"])

    def test_an_archived_lead_is_not_converted(self):
        lead = self.make_unqualified_lead(probability=30)
        lead.action_archive()
        self.flush()
        lead.with_user(self.rep).convert_opportunity(False)
        self.assertEqual(self.queued(lead), ["initial_lead"])

    def test_a_lost_unqualified_lead_reports_lost(self):
        lead = self.make_unqualified_lead()
        lead.with_user(self.rep).action_set_lost()
        self.assertEqual(self.queued(lead), ["initial_lead", "lost"])

    def test_converted_and_won_reports_every_step(self):
        lead = self.make_unqualified_lead()
        lead.with_user(self.rep).convert_opportunity(False)
        lead.with_user(self.rep).action_set_won()
        self.assertEqual(
            self.queued(lead),
            ["initial_lead", "converted", "qualified", "proposition", "won"],
        )


class TestMerge(ConvertCase):
    def merged(self, leads, **vals):
        return leads.with_user(self.rep).merge_opportunity(**vals)

    def test_a_merge_of_two_meta_leads_keeps_both_and_reports_nothing(self):
        leads = self.make_lead(FIRST) + self.make_lead(SECOND)
        submissions = leads.meta_submission_ids
        before = self.event_rows(leads)
        head = self.merged(leads)
        self.assertEqual(len(leads.exists()), 1)
        self.assertEqual(head.sudo().meta_submission_ids, submissions)
        self.assertEqual(set(submissions.mapped("state")), {"done"})
        self.assertEqual(self.event_rows(head), before)
        self.assertEqual(set(before.mapped("state")), {"queued"})

    def test_after_a_merge_every_move_is_reported_for_both(self):
        head = self.merged(self.make_lead(FIRST) + self.make_lead(SECOND))
        self.flush()
        head.write({"stage_id": self.qualified.id})
        rows = self.event_rows(head).filtered(lambda row: row.step == "stage")
        self.assertEqual(sorted(rows.mapped("submission_id.meta_id")), [FIRST, SECOND])
        self.assertEqual(set(rows.mapped("event_name")), {"qualified"})
        self.assertEqual(len(set(rows.mapped("event_id"))), 2)

    def test_each_submission_of_a_merged_lead_goes_on_from_its_own_step(self):
        further = self.make_lead(FIRST, stage_id=self.qualified.id)
        head = self.merged(further + self.make_lead(SECOND))
        self.flush()
        head.write({"stage_id": self.won.id})
        self.flush()
        self.env.invalidate_all()
        names = {
            row.meta_id: row.event_ids.sorted("id").mapped("event_name")
            for row in head.sudo().meta_submission_ids
        }
        every_step = [
            "initial_lead",
            "converted",
            "qualified",
            "proposition",
            "won",
        ]
        self.assertEqual(names, {FIRST: every_step, SECOND: every_step})

    def test_a_meta_lead_merged_into_a_foreign_one_lives_on(self):
        foreign = self.make_foreign_lead(stage_id=self.proposition.id)
        lead = self.make_lead(FIRST)
        row = lead.meta_submission_ids
        head = self.merged(foreign + lead)
        self.assertEqual(head.id, foreign.id)
        self.assertFalse(lead.exists())
        self.assertEqual((row.lead_id, row.state), (foreign, "done"))
        self.assertEqual(self.events(foreign), [("initial_lead", "queued")])
        foreign.with_user(self.rep).write({"stage_id": self.won.id})
        self.assertEqual(self.queued(foreign)[-1], "won")

    def test_a_foreign_lead_merged_into_a_meta_lead_changes_nothing(self):
        lead = self.make_lead(FIRST, stage_id=self.proposition.id)
        before = self.events(lead)
        head = self.merged(lead + self.make_foreign_lead())
        self.assertEqual(head.id, lead.id)
        self.assertEqual(self.events(lead), before)

    def test_the_events_of_a_merged_lead_stay_queued_with_their_identity(self):
        lead = self.make_lead(FIRST)
        row = self.event_rows(lead)
        identity = row.event_id
        head = self.merged(self.make_foreign_lead(stage_id=self.proposition.id) + lead)
        self.flush()
        self.env.invalidate_all()
        self.assertEqual(
            (row.lead_id.id, row.state, row.event_id), (head.id, "queued", identity)
        )

    def test_moves_of_the_same_transaction_survive_the_merge(self):
        """A tail that moved just before keeps its move."""
        head = self.make_foreign_lead(stage_id=self.proposition.id)
        tail = self.make_lead(FIRST)
        tail.write({"stage_id": self.qualified.id})
        head_again = self.merged(head + tail)
        self.assertEqual(head_again.id, head.id)
        self.assertEqual(self.queued(head), ["initial_lead", "converted", "qualified"])

    def test_a_merge_that_puts_the_lead_into_another_stage_reports_it_for_both(self):
        team = self.env["crm.team"].create({"name": "Wholesale"})
        stage = self.env["crm.stage"].create(
            {"name": "Sampled", "sequence": 5, "team_ids": [Command.link(team.id)]}
        )
        for known in self.stages:
            known.team_ids = self.team
        self.env["meta.capi.rule"].create(
            {"dataset_id": self.dataset.id, "stage_id": stage.id}
        )
        self.flush()
        leads = self.make_lead(FIRST) + self.make_lead(SECOND)
        head = (leads).merge_opportunity(team_id=team.id)
        self.assertEqual(head.stage_id, stage)
        rows = self.event_rows(head).filtered(lambda row: row.step == "stage")
        self.assertEqual(
            sorted((row.submission_id.meta_id, row.event_name) for row in rows),
            [(FIRST, "sampled"), (SECOND, "sampled")],
        )

    def test_the_wizard_merges_and_converts_for_both(self):
        one = self.make_unqualified_lead(FIRST)
        other = self.make_unqualified_lead(SECOND)
        wizard = self.wizard(one, name="merge")
        self.assertIn(other, wizard.sudo().duplicated_lead_ids)
        wizard.action_apply()
        head = (one + other).exists()
        self.assertEqual(len(head), 1)
        self.assertEqual(
            sorted(
                (row.submission_id.meta_id, row.event_name)
                for row in self.event_rows(head)
            ),
            [
                (FIRST, "converted"),
                (FIRST, "initial_lead"),
                (SECOND, "converted"),
                (SECOND, "initial_lead"),
            ],
        )

    def test_three_leads_merge_into_one(self):
        leads = self.make_lead(FIRST) + self.make_lead(SECOND) + self.make_lead(THIRD)
        head = self.merged(leads)
        self.flush()
        head.action_set_won()
        won = self.event_rows(head).filtered(lambda row: row.event_name == "won")
        self.assertEqual(
            sorted(won.mapped("submission_id.meta_id")), [FIRST, SECOND, THIRD]
        )

    def test_a_lost_lead_merged_by_its_wizard_keeps_its_submission(self):
        lost = self.make_lead(FIRST)
        lost.action_set_lost()
        self.flush()
        head = self.merged(self.make_lead(SECOND, stage_id=self.proposition.id) + lost)
        self.flush()
        head.write({"stage_id": self.won.id})
        won = self.event_rows(head).filtered(lambda row: row.event_name == "won")
        self.assertEqual(sorted(won.mapped("submission_id.meta_id")), [FIRST, SECOND])

    def test_the_newest_meta_lead_id_is_shown(self):
        old = self.make_lead(SECOND, submitted_at=self.now.replace(year=2020))
        head = self.merged(self.make_lead(FIRST) + old)
        self.assertEqual(head.meta_lead_id, FIRST)


class TestCopyAndDelete(MetaCase):
    def test_a_copy_carries_no_meta_lead(self):
        lead = self.make_lead()
        copy = lead.with_user(self.rep).copy()
        self.assertFalse(copy.meta_lead_id)
        copy.write({"stage_id": self.won.id})
        self.assertEqual(self.events(copy), [])
        self.assertEqual(lead.meta_submission_ids.lead_id, lead)

    def test_the_form_offers_no_meta_lead_id_to_a_new_lead(self):
        with Form(self.env["crm.lead"].with_user(self.rep)) as form:
            form.name = "Walked in"
        self.assertFalse(form.save().meta_lead_id)

    def test_a_deleted_lead_is_erased_and_its_queue_cancelled(self):
        lead = self.make_lead()
        lead.write({"stage_id": self.qualified.id})
        rows, submission = self.event_rows(lead), lead.meta_submission_ids
        rows[0].write({"state": "accepted", "body": '{"em": "hash"}'})
        submission.write({"answers": "{}", "notification": "{}"})
        lead.unlink()
        self.flush()
        self.env.invalidate_all()
        self.assertEqual(rows.mapped("state"), ["accepted", "cancelled"])
        self.assertEqual(rows.mapped("body"), [False, False])
        self.assertFalse(rows.lead_id)
        self.assertEqual(
            (submission.state, submission.answers, submission.notification),
            ("erased", False, False),
        )

    def test_a_lead_moved_and_deleted_at_once_leaves_no_row_of_the_move(self):
        lead = self.make_lead()
        submission = lead.meta_submission_ids
        lead.write({"stage_id": self.qualified.id})
        lead.unlink()
        self.flush()
        self.assertEqual(
            submission.event_ids.mapped(lambda row: (row.event_name, row.state)),
            [("initial_lead", "cancelled")],
        )

    def test_a_lead_that_arrived_and_was_deleted_at_once_leaves_no_row(self):
        lead = self.make_lead(flush=False)
        submission = lead.meta_submission_ids
        lead.unlink()
        self.flush()
        self.assertFalse(submission.event_ids)
        self.assertEqual(submission.state, "erased")

    def test_a_salesperson_who_may_not_delete_erases_nothing(self):
        lead = self.make_lead()
        with self.assertRaises(Exception) as caught, self.env.cr.savepoint():
            lead.with_user(self.rep).unlink()
        self.assertEqual(type(caught.exception).__name__, "AccessError")
        self.assertEqual(lead.meta_submission_ids.state, "done")
