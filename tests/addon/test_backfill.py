"""Past steps that Meta was not told of: what the plan says of them."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user

from odoo.addons.meta_crm_capi.protocol import funnel

from .backfilling import DAY, PLAN, BackfillCase

SAID_NO = "No consent: the person does not want to be shared with Meta."
NO_META_LEAD = "No Meta lead ID: this lead did not come from Meta."


class TestPlan(BackfillCase):
    def test_each_step_of_the_last_days_is_planned_with_its_own_time(self):
        plan = self.plan(self.missed())
        self.assertEqual(
            self.lines(plan),
            [("initial_lead", 5, "send", False), ("qualified", 3, "send", False)],
        )
        self.assertRecordValues(
            plan, [{"state": "ready", "send_count": 2, "lead_count": 1}]
        )

    def test_planning_sends_and_changes_nothing(self):
        lead = self.missed()
        before = self.event_rows(lead).mapped("state")
        plan = self.plan(lead)
        plan.action_plan()
        self.queue()
        self.assertEqual(self.event_rows(lead).mapped("state"), before)
        self.assertEqual(plan.send_count, 2)

    def test_what_waits_or_was_accepted_is_not_planned_again(self):
        lead = self.come_in(5)
        self.move(3, lead, self.qualified)
        self.event_rows(lead)[0].state = "accepted"
        with self.unheard():
            self.move(2, lead, self.won)
        plan = self.plan(lead)
        self.assertEqual(
            self.lines(plan, "reported"),
            [
                ("initial_lead", 5, "reported", False),
                ("qualified", 3, "reported", False),
            ],
        )
        self.assertEqual([line[0] for line in self.lines(plan)], ["proposition", "won"])
        first = plan.line_ids.filtered(lambda line: line.event_name == "initial_lead")
        self.assertEqual(first.event_state, "accepted")

    def test_a_step_that_was_mapped_late_is_planned_although_a_later_one_was_told(self):
        rule = self.dataset.rule_ids.filtered(lambda r: r.stage_id == self.qualified)
        rule.active = False
        lead = self.come_in(5)
        self.move(3, lead, self.qualified)
        self.move(2, lead, self.won)
        rule.active = True
        plan = self.plan(lead)
        self.assertEqual(self.lines(plan), [("qualified", 3, "send", False)])

    def test_what_is_too_old_is_told_with_its_day_and_never_sent(self):
        with self.unheard():
            lead = self.come_in(20)
            self.move(10, lead, self.qualified)
        plan = self.plan(lead)
        self.assertEqual(
            self.lines(plan, "send", "not_sent"),
            [
                ("initial_lead", 20, "not_sent", funnel.TOO_OLD),
                ("qualified", 10, "not_sent", funnel.TOO_OLD),
            ],
        )

    def test_seven_days_less_an_hour_is_the_edge(self):
        edge = self.now - 7 * DAY + timedelta(hours=1)
        with self.unheard():
            young, old = (
                self.come_in((self.now - edge + shift) / DAY, submitted_at=edge - DAY)
                for shift in (timedelta(minutes=-2), timedelta(minutes=2))
            )
            for lead, shift in ((young, -2), (old, 2)):
                with self.moment(edge - timedelta(minutes=shift - 1)):
                    lead.action_set_lost()
        self.dataset.report_lost = True
        self.assertIn("lost", [line[0] for line in self.lines(self.plan(young))])
        self.assertEqual(self.lines(self.plan(old)), [])

    def test_every_reason_is_counted_and_leads_to_its_leads(self):
        no = self.missed(meta_consent="no")
        back = self.come_in(5, stage_id=self.qualified.id)
        self.move(3, back, self.new)
        walked_in = self.make_foreign_lead()
        plan = self.plan(no + back + walked_in)
        self.assertEqual(
            self.reasons_of(plan),
            {SAID_NO: 2, funnel.MOVED_BACK: 1, NO_META_LEAD: 1},
        )
        lines = self.env["meta.capi.backfill.line"].search(
            [("backfill_id", "=", plan.id), ("reason", "=", NO_META_LEAD)]
        )
        self.assertEqual(lines.lead_id, walked_in)
        self.assertEqual(lines.action_open_lead()["res_id"], walked_in.id)

    def test_a_history_with_a_hole_is_left_out_and_said(self):
        lead = self.missed()
        with self.unheard(), self.moment(self.days_ago(2)):
            lead.with_context(tracking_disable=True).stage_id = self.proposition
        with self.unheard():
            self.move(1, lead, self.won)
        plan = self.plan(lead)
        self.assertEqual(self.lines(plan), [])
        (reason,) = self.reasons_of(plan)
        self.assertIn("has a hole", reason)

    def test_a_lead_that_got_its_meta_id_late_is_told_from_its_beginning(self):
        with self.unheard(), self.moment(self.days_ago(5)):
            lead = self.make_foreign_lead()
        with self.unheard():
            self.move(3, lead, self.qualified)
        self.make_submission(
            "888888888888888", lead, submitted_at=self.days_ago(5), is_attached=True
        )
        plan = self.plan(lead)
        self.assertEqual(
            [line[:2] for line in self.lines(plan)],
            [("initial_lead", 5), ("qualified", 3)],
        )

    def test_moves_from_before_the_form_was_sent_are_none_of_its_own(self):
        with self.unheard(), self.moment(self.days_ago(6)):
            lead = self.make_foreign_lead()
        with self.unheard():
            self.move(4, lead, self.qualified)
        self.make_submission("888888888888888", lead, submitted_at=self.days_ago(2))
        with self.unheard():
            self.move(1, lead, self.won)
        plan = self.plan(lead)
        self.assertEqual(max(line[1] for line in self.lines(plan)), 2)

    def test_what_an_administrator_took_out_of_the_queue_stays_out(self):
        lead = self.come_in(5)
        self.event_rows(lead).with_user(self.administrator).action_cancel()
        self.assertEqual(self.lines(self.plan(lead)), [])

    def test_what_was_withheld_for_want_of_consent_goes_once_that_is_given(self):
        lead = self.come_in(5)
        lead.meta_consent = "no"
        self.flush()
        self.assertEqual(self.event_rows(lead).mapped("state"), ["cancelled"])
        self.assertEqual(self.lines(self.plan(lead)), [])
        lead.meta_consent = "yes"
        self.assertEqual(
            self.lines(self.plan(lead)), [("initial_lead", 5, "send", False)]
        )

    def test_a_stopped_dataset_says_so_and_a_paused_one_too(self):
        lead = self.missed()
        self.dataset.state = "stopped"
        plan = self.plan(lead)
        self.assertEqual(plan.send_count, 0)
        self.assertIn("stopped", " ".join(self.reasons_of(plan)))
        self.dataset.state = "paused"
        plan.action_plan()
        self.assertEqual(plan.send_count, 2)
        self.assertIn("is paused", plan.notes)
        self.assertFalse(plan.estimate)

    def test_a_lead_that_nothing_happened_to_says_so(self):
        lead = self.come_in(20)
        plan = self.plan(lead)
        self.assertEqual(
            self.reasons_of(plan),
            {"Nothing happened to this lead in the last 7 days.": 1},
        )

    def test_test_leads_are_none(self):
        with self.unheard():
            lead = self.come_in(5, submission={"is_test": True, "test_only": True})
        plan = self.plan(lead)
        self.assertEqual(self.lines(plan), [])
        self.assertIn("Test lead", " ".join(self.reasons_of(plan)))


class TestChoice(BackfillCase):
    def chosen(self, **values):
        plan = self.plan(**values)
        return plan.line_ids.filtered(lambda line: line.kind == "send").lead_id

    def test_without_a_choice_it_is_every_lead_of_the_last_days(self):
        leads = self.missed() + self.missed()
        with self.unheard():
            self.come_in(20)
        self.env.flush_all()
        self.assertEqual(self.chosen(), leads)

    def test_by_form_page_campaign_stage_and_team(self):
        campaign = self.env["utm.campaign"].create({"name": "Spring"})
        other_form = self.form.copy({"meta_id": "220000000000009", "name": "Autumn"})
        other_page = self.page.copy({"meta_id": "110000000000009", "name": "Moon"})
        other_team = self.env["crm.team"].create({"name": "Wholesale"})
        usual = self.missed()
        of_form = self.missed(submission={"form_id": other_form.id})
        of_page = self.missed(submission={"page_id": other_page.id, "form_id": False})
        of_campaign = self.missed(campaign_id=campaign.id)
        of_team = self.missed(team_id=other_team.id)
        of_stage = self.missed()
        with self.unheard():
            self.move(1, of_stage, self.won)
        for field, record, lead in (
            ("form_ids", other_form, of_form),
            ("page_ids", other_page, of_page),
            ("campaign_ids", campaign, of_campaign),
            ("team_ids", other_team, of_team),
            ("stage_ids", self.won, of_stage),
        ):
            found = self.chosen(**{field: [(6, 0, record.ids)]})
            self.assertEqual(found, lead, field)
        self.assertIn(usual, self.chosen(form_ids=[(6, 0, self.form.ids)]))

    def test_leads_of_another_dataset_are_left_out(self):
        lead = self.missed()
        other = self.add_dataset("500000000000009")
        self.form.dataset_id = other
        self.assertEqual(self.chosen(dataset_id=self.dataset.id).ids, [])
        self.assertEqual(self.chosen(dataset_id=other.id), lead)
        plan = self.plan(lead, dataset_id=self.dataset.id)
        self.assertEqual(self.reasons_of(plan), {"It belongs to another dataset.": 1})

    def test_a_lost_lead_is_chosen_too(self):
        lead = self.missed()
        with self.unheard(), self.moment(self.days_ago(1)):
            lead.action_set_lost()
        self.assertFalse(lead.active)
        self.assertEqual(self.plan(lead).send_count, 3)
        self.assertEqual(self.chosen(), lead)

    def test_it_says_when_it_did_not_look_at_all(self):
        for _number in range(3):
            self.missed()
        self.startPatcher(patch(f"{PLAN}.MOST_LEADS", 2))
        plan = self.plan()
        self.assertEqual(plan.lead_count, 2)
        self.assertIn("More leads were chosen", plan.notes)

    def test_chunks_change_nothing(self):
        for _number in range(5):
            self.missed()
        whole = self.plan()
        self.startPatcher(patch(f"{PLAN}.CHUNK", 2))
        self.assertEqual(self.lines(self.plan()), self.lines(whole))
        self.assertEqual(whole.send_count, 10)

    def test_leads_are_chosen_in_their_list(self):
        lead = self.missed()
        action = (lead.with_user(self.administrator)).action_plan_backfill()
        plan = self.plans.browse(action["res_id"])
        self.assertRecordValues(
            plan, [{"state": "ready", "send_count": 2, "chosen_count": 1}]
        )

    def test_a_plan_can_be_changed_and_made_again(self):
        lead = self.missed()
        plan = self.plan(lead)
        plan.action_change()
        self.assertEqual((plan.state, plan.line_ids.ids), ("draft", []))
        plan.lead_ids = False
        plan.action_plan()
        self.assertEqual(plan.send_count, 2)


class TestEstimate(BackfillCase):
    def test_it_says_how_long_it_takes_and_when_the_first_one_expires(self):
        lead = self.missed()
        plan = self.plan(lead)
        self.assertEqual(plan.estimate, "1 minute")
        first = self.event_rows(lead).search([("lead_id", "=", lead.id)])[:0]
        self.assertFalse(first)
        expected = min(line.event_time for line in plan.line_ids)
        self.assertEqual(
            plan.deadline_at, expected + timedelta(days=7) - timedelta(hours=1)
        )

    def test_a_large_one_is_estimated_by_the_last_exchanges(self):
        self.dataset.batch_size = 1
        plan = self.plan(self.missed())
        self.assertEqual(plan.estimate, "1 minute")
        self.env["meta.sync.log"].create(
            {
                "direction": "out",
                "kind": "events",
                "outcome": "accepted",
                "company_id": self.company.id,
                "dataset_id": self.dataset.id,
                "event_count": 2,
                "duration_ms": 600_000,
                "create_date": self.days_ago(1),
            }
        )
        self.env.cr.execute(
            "UPDATE meta_sync_log SET create_date = create_date - interval '1 day'"
        )
        self.env.invalidate_all()
        self.assertEqual(plan.estimate, "11 minutes")

    def test_it_warns_of_what_will_be_too_old_before_its_turn(self):
        with self.unheard():
            lead = self.come_in(6.95)
        self.dataset.write(
            {"state": "resting", "resume_at": self.now + timedelta(hours=2)}
        )
        notes = self.plan(lead).notes
        self.assertIn("is resting until", notes)
        self.assertIn("too old before their turn comes", notes)


class TestRights(BackfillCase):
    def test_only_an_administrator_plans_and_sends(self):
        lead = self.missed()
        reader = new_test_user(
            self.env, "meta-reader", groups="meta_crm_capi.group_meta_user"
        )
        plan = self.plan(lead)
        for user in (reader, self.rep):
            with self.assertRaises(AccessError):
                self.plans.with_user(user).create({})
            with self.assertRaises(AccessError):
                lead.with_user(user).action_plan_backfill()
            with self.assertRaises(AccessError):
                plan.with_user(user).action_send()
        self.assertEqual(plan.with_user(reader).send_count, 2)
        with self.assertRaises(AccessError):
            plan.with_user(self.rep).read(["state"])
        with self.assertRaises(AccessError):
            plan.line_ids[0].write({"kind": "send"})

    def test_companies_do_not_see_each_others(self):
        company = self.env["res.company"].create({"name": "Foreign"})
        foreigner = new_test_user(
            self.env,
            "meta-foreign",
            groups="meta_crm_capi.group_meta_administrator",
            company_id=company.id,
            company_ids=[company.id],
        )
        plan = self.plan(self.missed())
        for record in (plan, plan.line_ids[0]):
            with self.assertRaises(AccessError):
                record.with_user(foreigner).read(["display_name"])
        theirs = self.plans.with_user(foreigner).create({"company_id": company.id})
        theirs.action_plan()
        self.assertEqual(theirs.line_ids.ids, [])

    def test_the_leads_of_two_companies_make_two_plans(self):
        company = self.env["res.company"].create({"name": "Foreign"})
        self.administrator.company_ids += company
        ours = self.missed()
        theirs = self.make_foreign_lead(
            company_id=company.id, team_id=False, user_id=False
        )
        leads = (ours + theirs).with_user(self.administrator)
        both = leads.with_context(allowed_company_ids=[self.company.id, company.id])
        action = both.action_plan_backfill()
        plans = self.env["meta.capi.backfill"].search(action["domain"])
        self.assertEqual(plans.company_id, self.company + company)
        with self.assertRaises(ValidationError):
            plans.filtered(lambda p: p.company_id == company).lead_ids = ours

    def test_a_button_that_is_gone_does_nothing(self):
        plan = self.plan(self.missed())
        for press in (plan.action_pause, plan.action_resume):
            with self.assertRaises(UserError):
                press()
        self.assertEqual(plan.state, "ready")
