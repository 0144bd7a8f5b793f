"""Leads that another tool brought get their Meta lead id, and no second lead."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError

from .common import FORM
from .importing import ImportCase

META_ID = "330000000000001"


class MatchCase(ImportCase):
    def make_existing(self, *, days=3, **vals):
        """A lead that another tool made so many days ago."""
        lead = self.make_foreign_lead(**vals)
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(days=days), lead.id],
        )
        self.env.invalidate_all()
        return lead

    def matched(self, row=None, *more, **values):
        """The import of these rows, counted."""
        row = {"id": META_ID, "full_name": "Ana", **(row or {})}
        content = self.rows_of_file(row, *more)
        return self.count(self.make_file_import(content, **values))

    def start(self, run):
        run.action_start()
        self.work()
        self.assertEqual(run.state, "done")


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


class TestPolicyForTheSamePerson(MatchCase):
    """The policy "add it to the open lead" holds for leads of an import too."""

    def setUp(self):
        super().setUp()
        self.page.person_policy = "join"
        self.lead = self.make_existing(
            email_from="ana@example.com", user_id=False, days=30
        )
        self.row = {"email": "ana@example.com"}

    def test_the_dry_run_shows_what_the_policy_will_add(self):
        run = self.matched(self.row)
        self.assertEqual(self.lines(run, "lead_id"), [(META_ID, "join", self.lead)])
        self.assertRecordValues(run, [{"create_count": 0, "join_count": 1}])
        self.start(run)
        self.assertEqual(self.find(META_ID).lead_id, self.lead)
        self.assertRecordValues(
            run, [{"made_count": 0, "joined_count": 1, "attached_count": 0}]
        )

    def test_by_the_phone_too_and_nobody_else(self):
        self.lead.phone = "+12025550123"
        run = self.matched(
            {"phone_number": "p:+1 202 555 0123"},
            {"id": "330000000000002", "email": "bea@example.com"},
        )
        self.assertEqual(
            self.lines(run), [(META_ID, "join"), ("330000000000002", "create")]
        )

    def test_the_policy_of_the_form_counts_first(self):
        self.form.person_policy = "new"
        self.assertEqual(self.lines(self.matched(self.row)), [(META_ID, "create")])

    def test_a_new_lead_that_a_person_chose_is_made(self):
        run = self.matched(self.row)
        line = self.env["meta.lead.import.line"].search([("import_id", "=", run.id)])
        line.with_user(self.administrator).action_make_new()
        self.start(run)
        row = self.find(META_ID)
        self.assertTrue(row.lead_id)
        self.assertNotEqual(row.lead_id, self.lead)
        self.assertRecordValues(run, [{"made_count": 1, "joined_count": 0}])

    def test_the_open_lead_stays_in_the_assignment_rules(self):
        self.start(self.matched(self.row))
        self.assertEqual(self.find(META_ID).lead_id, self.lead)
        self.assertIn(self.lead, self.assignable())

    def assignable(self):
        domain = self.team._get_lead_to_assign_domain()
        return self.env["crm.lead"].search(domain)


class TestConsentOfAttached(MatchCase):
    """What a person said about Meta counts for the lead that gets the Meta lead id."""

    def setUp(self):
        super().setUp()
        self.form.write(
            {"consent_key": "share", "consent_labels": {"share": "May we share?"}}
        )
        self.lead = self.make_existing(email_from="ana@example.com")

    def attach(self, is_checked):
        node = {
            "id": META_ID,
            "created_time": self.ago(days=3),
            "form_id": FORM,
            "field_data": [{"name": "email", "values": ["ana@example.com"]}],
            "custom_disclaimer_responses": [
                {"checkbox_key": "share", "is_checked": is_checked}
            ],
        }
        answer = {"status": 200, "body": {"data": [node]}, "times": None}
        self.meta.script(f"GET /{FORM}/leads", [answer])
        run = self.run_whole(self.make_import())
        self.assertEqual(self.lines(run, "lead_id"), [(META_ID, "attach", self.lead)])
        self.assertEqual(self.find(META_ID).lead_id, self.lead)

    def test_a_no_of_a_matched_lead_keeps_its_steps_from_meta(self):
        self.attach("")
        self.assertEqual(self.lead.meta_consent, "no")
        self.lead.stage_id = self.qualified
        self.assertEqual(self.queued(self.lead), [])

    def test_a_no_of_a_typed_id_counts_too(self):
        self.lead.with_user(self.administrator).meta_lead_id = META_ID
        self.attach("")
        self.assertEqual(self.lead.meta_consent, "no")

    def test_a_yes_takes_back_no_no(self):
        self.lead.meta_consent = "no"
        self.attach("1")
        self.assertEqual(self.lead.meta_consent, "no")

    def test_a_yes_counts_where_nothing_was_known(self):
        self.attach("1")
        self.assertEqual(self.lead.meta_consent, "yes")


class TestTypedIds(MatchCase):
    """Somebody entered the Meta lead id with the lead: the import adds the rest."""

    def setUp(self):
        super().setUp()
        self.lead = self.make_existing(days=5)
        self.lead.with_user(self.administrator).meta_lead_id = META_ID
        self.typed = self.find(META_ID)
        self.assertFalse(self.typed.page_id)

    def test_the_dry_run_shows_the_lead_and_the_import_adds_form_and_time(self):
        run = self.matched({"email": "ana@example.com"}, is_matching=False)
        self.assertEqual(
            self.lines(run, "matched_by", "lead_id"),
            [(META_ID, "attach", "meta_id", self.lead)],
        )
        self.assertFalse(self.typed.page_id)
        self.start(run)
        self.assertRecordValues(
            self.typed,
            [
                {
                    "page_id": self.page.id,
                    "form_id": self.form.id,
                    "connection_id": self.connection.id,
                    "lead_id": self.lead.id,
                    "origin": "manual",
                    "state": "done",
                    "platform": "fb",
                }
            ],
        )
        self.assertTrue(self.typed.submitted_at)
        self.assertIn("ana@example.com", self.typed.answers)
        self.assertRecordValues(run, [{"attached_count": 1, "made_count": 0}])
        self.assertEqual(self.events(self.lead), [])

    def test_it_is_completed_once_and_then_known(self):
        self.start(self.matched())
        self.assertEqual(self.lines(self.matched()), [(META_ID, "known")])

    def test_there_is_nothing_to_decide(self):
        run = self.matched()
        line = self.env["meta.lead.import.line"].search([("import_id", "=", run.id)])
        with self.assertRaisesRegex(UserError, "in Odoo already"):
            line.with_user(self.administrator).action_make_new()

    def test_an_id_of_another_company_is_not_touched(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.typed.company_id = company
        self.start(self.matched())
        self.assertFalse(self.typed.page_id)


class TestAmbiguous(MatchCase):
    def setUp(self):
        super().setUp()
        self.near = self.make_existing(days=2, email_from="ana@example.com")
        self.far = self.make_existing(
            days=8, email_from="ana@example.com", phone="+12025550123"
        )
        self.row = {"email": "ana@example.com"}

    def line(self, run):
        return (
            self.env["meta.lead.import.line"]
            .with_user(self.administrator)
            .search([("import_id", "=", run.id)])
        )

    def test_several_matches_are_listed_and_attached_to_none(self):
        run = self.matched(self.row)
        self.assertRecordValues(
            self.line(run),
            [
                {
                    "kind": "ambiguous",
                    "lead_id": False,
                    "candidate_ids": (self.near + self.far).ids,
                }
            ],
        )
        self.start(run)
        row = self.find(META_ID)
        self.assertRecordValues(row, [{"state": "parked", "lead_id": False}])
        self.assertIn("Several leads", row.reason)
        self.assertIn("Open its import", row.cure)
        self.assertEqual(run.parked_count, 1)

    def test_what_waits_is_erased_with_the_last_lead_that_it_may_be(self):
        self.start(self.matched(self.row))
        row = self.find(META_ID)
        self.assertTrue(row.answers)
        self.near.unlink()
        self.assertRecordValues(row, [{"state": "parked"}])
        self.assertTrue(row.answers)
        self.far.unlink()
        self.assertRecordValues(row, [{"state": "erased", "answers": False}])

    def test_what_is_counted_only_is_erased_with_the_last_one_too(self):
        run = self.matched(self.row)
        (self.near + self.far).unlink()
        self.start(run)
        self.assertEqual(self.find(META_ID).state, "erased")

    def test_a_lead_that_was_chosen_is_erased_alone(self):
        run = self.matched(self.row)
        self.line(run).lead_id = self.far
        self.start(run)
        self.near.unlink()
        self.assertEqual(self.find(META_ID).state, "done")
        self.far.unlink()
        self.assertEqual(self.find(META_ID).state, "erased")

    def test_the_import_cannot_be_deleted_while_a_choice_is_open(self):
        run = self.matched(self.row)
        self.start(run)
        with self.assertRaisesRegex(UserError, "still wait"):
            run.unlink()
        self.line(run).lead_id = self.near
        with self.assertRaisesRegex(UserError, "still wait"):
            run.unlink()
        self.fetch()
        run.unlink()
        self.assertEqual(self.find(META_ID).lead_id, self.near)

    def test_trying_again_without_a_choice_parks_it_again(self):
        self.start(self.matched(self.row))
        row = self.find(META_ID)
        row.with_user(self.administrator).action_try_again()
        self.fetch()
        self.assertEqual(row.state, "parked")

    def test_a_choice_before_the_import_is_kept(self):
        run = self.matched(self.row)
        self.line(run).lead_id = self.far
        self.assertRecordValues(run, [{"ambiguous_count": 0, "attach_count": 1}])
        self.start(run)
        self.assertEqual(self.find(META_ID).lead_id, self.far)

    def test_a_choice_is_kept_where_it_is_counted_again(self):
        run = self.matched(self.row)
        self.line(run).lead_id = self.far
        self.count(run)
        self.assertEqual(
            self.lines(run, "lead_id", "is_decided"),
            [(META_ID, "attach", self.far, True)],
        )
        self.assertRecordValues(run, [{"attach_count": 1, "repeated_count": 0}])

    def test_a_choice_after_the_import_brings_the_parked_one_in(self):
        run = self.matched(self.row)
        self.start(run)
        self.line(run).lead_id = self.near
        self.fetch()
        self.assertRecordValues(
            self.find(META_ID),
            [{"state": "done", "lead_id": self.near.id, "is_attached": True}],
        )
        with self.assertRaisesRegex(UserError, "in Odoo already"):
            self.line(run).lead_id = self.far

    def test_a_new_lead_can_be_asked_for(self):
        run = self.matched(self.row)
        self.line(run).action_make_new()
        self.start(run)
        row = self.find(META_ID)
        self.assertEqual(row.state, "done")
        self.assertNotIn(row.lead_id, self.near + self.far)

    def test_a_match_can_be_turned_down(self):
        self.far.unlink()
        run = self.matched(self.row)
        self.assertEqual(self.line(run).kind, "attach")
        self.line(run).lead_id = False
        self.start(run)
        self.assertNotEqual(self.find(META_ID).lead_id, self.near)

    def test_the_phone_may_tell_two_of_the_same_address_apart(self):
        run = self.matched({**self.row, "phone_number": "p:+1 202 555 0123"})
        self.assertEqual(self.lines(run, "lead_id"), [(META_ID, "attach", self.far)])

    def test_the_one_nearest_in_time_can_be_taken(self):
        run = self.matched(self.row, when_ambiguous="nearest")
        self.assertEqual(self.lines(run, "lead_id"), [(META_ID, "attach", self.near)])

    def test_a_new_lead_can_be_made_of_all_that_are_not_clear(self):
        run = self.matched(self.row, when_ambiguous="create")
        self.assertEqual(self.lines(run), [(META_ID, "create")])

    def test_a_lead_of_another_company_cannot_be_chosen(self):
        company = self.env["res.company"].create({"name": "Other"})
        foreign = self.make_existing(
            company_id=company.id, team_id=False, user_id=False
        )
        run = self.matched(self.row)
        with self.assertRaises(UserError):
            self.line(run).sudo().lead_id = foreign

    def test_known_leads_are_not_to_be_decided(self):
        known = self.come_in()
        run = self.matched({"id": known.meta_id})
        with self.assertRaises(UserError):
            self.line(run).lead_id = self.near

    def test_nobody_but_administrators_decides(self):
        run = self.matched(self.row)
        with self.assertRaises(AccessError):
            self.line(run).with_user(self.rep).lead_id = self.near
