"""Leads that another tool brought get their Meta lead id, and no second lead."""

from unittest.mock import patch

from odoo.addons.meta_crm_capi.models.meta_lead_import_source import FILE_CHUNK

from .importing import META_ID, MatchCase


class TestMatching(MatchCase):
    def test_the_dry_run_shows_which_lead_gets_the_id_and_why(self):
        lead = self.make_existing(email_from='"Ana" <Ana@Example.com>')
        run = self.matched({"email": "ana@example.com"})
        self.assertEqual(
            self.lines(run, "matched_by", "lead_id"),
            [(META_ID, "attach", "email", lead)],
        )
        self.assertRecordValues(run, [{"attach_count": 1, "create_count": 0}])
        self.assertFalse(lead.meta_lead_id)

    def test_the_import_attaches_the_id_and_makes_no_second_lead(self):
        lead = self.make_existing(email_from="ana@example.com")
        leads = self.env["crm.lead"].search_count([])
        run = self.matched({"email": "ana@example.com", "full_name": "Somebody Else"})
        self.start(run)
        self.assertEqual(self.env["crm.lead"].search_count([]), leads)
        row = self.find(META_ID)
        self.assertRecordValues(
            row,
            [
                {
                    "lead_id": lead.id,
                    "state": "done",
                    "origin": "import",
                    "is_attached": True,
                    "form_id": self.form.id,
                }
            ],
        )
        self.assertTrue(row.submitted_at)
        self.assertEqual(lead.meta_lead_id, META_ID)
        self.assertFalse(lead.contact_name)
        self.assertRecordValues(run, [{"attached_count": 1, "made_count": 0}])

    def test_attaching_reports_nothing_and_the_next_step_does(self):
        lead = self.make_existing(email_from="ana@example.com")
        self.start(self.matched({"email": "ana@example.com"}))
        self.assertEqual(self.events(lead), [])
        lead.stage_id = self.qualified
        self.assertIn("qualified", self.queued(lead))

    def test_phones_are_compared_as_numbers(self):
        lead = self.make_existing(
            phone="(202) 555-0123", country_id=self.env.ref("base.us").id
        )
        run = self.matched({"phone_number": "p:+12025550123"})
        self.assertEqual(
            self.lines(run, "matched_by", "lead_id"),
            [(META_ID, "attach", "phone", lead)],
        )

    def test_the_email_counts_before_the_phone(self):
        by_email = self.make_existing(email_from="ana@example.com")
        self.make_existing(phone="+12025550123")
        run = self.matched(
            {"email": "ana@example.com", "phone_number": "p:+12025550123"}
        )
        self.assertEqual(self.lines(run, "lead_id"), [(META_ID, "attach", by_email)])

    def test_the_lead_id_that_another_tool_kept_counts_first_and_at_any_time(self):
        self.make_existing(email_from="ana@example.com")
        kept = self.make_existing(days=60, referred=f"l:{META_ID}")
        field = self.env["ir.model.fields"]._get("crm.lead", "referred")
        run = self.matched({"email": "ana@example.com"}, match_field_id=field.id)
        self.assertEqual(
            self.lines(run, "matched_by", "lead_id"),
            [(META_ID, "attach", "meta_id", kept)],
        )

    def test_a_lead_outside_the_days_is_another_one(self):
        lead = self.make_existing(days=20, email_from="ana@example.com")
        run = self.matched({"email": "ana@example.com"})
        self.assertEqual(self.lines(run), [(META_ID, "create")])
        run = self.matched({"email": "ana@example.com"}, match_days=18)
        self.assertEqual(self.lines(run, "lead_id"), [(META_ID, "attach", lead)])

    def test_days_beyond_reason_are_refused(self):
        for days in (-1, 100_000):
            with self.assertRaises(Exception), self.env.cr.savepoint():  # noqa: B017
                self.make_import(match_days=days).flush_recordset()

    def test_a_lost_lead_is_matched_too(self):
        lead = self.make_existing(email_from="ana@example.com")
        lead.action_set_lost()
        run = self.matched({"email": "ana@example.com"})
        self.assertEqual(self.lines(run, "lead_id"), [(META_ID, "attach", lead)])

    def test_leads_of_another_company_are_never_matched(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.make_existing(
            email_from="ana@example.com",
            company_id=company.id,
            team_id=False,
            user_id=False,
        )
        run = self.matched({"email": "ana@example.com"})
        self.assertEqual(self.lines(run), [(META_ID, "create")])

    def test_a_lead_without_a_company_may_be_anybodys_where_there_are_several(self):
        lead = self.make_existing(
            email_from="ana@example.com", company_id=False, team_id=False, user_id=False
        )
        self.assertFalse(lead.company_id)
        self.env["res.company"].create({"name": "Other"})
        run = self.matched({"email": "ana@example.com"})
        self.assertEqual(self.lines(run), [(META_ID, "create")])

    def test_without_the_switch_nothing_is_matched(self):
        self.make_existing(email_from="ana@example.com")
        run = self.matched({"email": "ana@example.com"}, is_matching=False)
        self.assertEqual(self.lines(run), [(META_ID, "create")])

    def test_test_leads_match_nobody_although_they_are_all_alike(self):
        self.make_existing(email_from="test@meta.com")
        run = self.matched({"email": "test@meta.com"})
        self.assertEqual(self.lines(run), [(META_ID, "create")])

    def test_no_answer_is_no_match(self):
        self.make_existing(email_from=False, phone=False)
        run = self.matched({"email": "", "phone_number": "n/a"})
        self.assertEqual(self.lines(run), [(META_ID, "create")])

    def test_leads_that_this_import_makes_match_none_of_its_own(self):
        rows = [
            {"id": f"33000000000000{n}", "email": "ana@example.com"} for n in (2, 3)
        ]
        now = self.ago(minutes=5)
        run = self.matched(
            {"email": "ana@example.com", "created_time": now},
            *({**row, "created_time": now} for row in rows),
        )
        with patch.dict(FILE_CHUNK, running=1):
            self.start(run)
        self.assertRecordValues(run, [{"create_count": 3, "made_count": 3}])

    def test_what_came_between_the_dry_run_and_the_import_is_seen(self):
        run = self.matched({"email": "ana@example.com"})
        self.assertEqual(self.lines(run), [(META_ID, "create")])
        lead = self.make_existing(email_from="ana@example.com")
        self.start(run)
        self.assertEqual(self.find(META_ID).lead_id, lead)

    def test_a_person_who_is_erased_before_the_import_does_not_come_back(self):
        lead = self.make_existing(email_from="ana@example.com")
        run = self.matched({"email": "ana@example.com"})
        lead.unlink()
        self.start(run)
        self.assertRecordValues(
            self.find(META_ID), [{"state": "erased", "answers": False}]
        )
        self.assertEqual(self.lines(run), [(META_ID, "known")])
        self.assertRecordValues(run, [{"made_count": 0, "attached_count": 0}])
