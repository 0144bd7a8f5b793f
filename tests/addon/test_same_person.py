"""The same person through another form: what becomes of the further submission."""

from odoo.tests import new_test_user

from .common import FORM, PAGE
from .way_in import QUESTIONS, IntakeCase

AUTUMN = "220000000000003"
ANA = {"full_name": "Ana Acker", "email": "ana@example.com"}


class PersonCase(IntakeCase):
    """Two forms of one Page; the policy is set on the Page."""

    disclaimer = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.autumn = cls.env["meta.lead.form"].create(
            {"name": "Autumn", "meta_id": AUTUMN, "page_id": cls.page.id}
        )

    def setUp(self):
        super().setUp()
        self.meta.add_form(
            AUTUMN, PAGE, "Autumn", QUESTIONS, custom_disclaimer=self.disclaimer
        )

    def send(self, answers=None, *, form=AUTUMN, **more):
        """Somebody sends a form; returns the submission, which is done."""
        row = self.announce(self.fill_in(answers, form=form, **more), form_id=form)
        self.fetch()
        self.assertEqual(row.state, "done", row.reason)
        return row

    def note(self, lead):
        """The newest message in the chatter, as text."""
        return lead.message_ids.sorted("id")[-1:].preview


class TestPolicies(PersonCase):
    def test_by_default_each_form_makes_a_lead(self):
        first, second = self.send(ANA, form=FORM), self.send(ANA)
        self.assertNotEqual(first.lead_id, second.lead_id)
        self.assertFalse(second.lead_id.meta_duplicate_of_id)

    def test_a_possible_duplicate_is_linked_and_found_by_odoo(self):
        self.page.person_policy = "link"
        ana = {"email": "ana@duplicates.example"}
        first, second = self.send(ana, form=FORM).lead_id, self.send(ana).lead_id
        self.assertNotEqual(first, second)
        self.assertEqual(second.meta_duplicate_of_id, first)
        self.assertFalse(first.meta_duplicate_of_id)
        # Odoo's own button on the form.
        self.env.invalidate_all()
        self.assertEqual(second.duplicate_lead_count, 1)
        self.assertIn(first, second.duplicate_lead_ids)
        both = [("id", "in", (first | second).ids)]
        found = first.search([("meta_duplicate_of_id", "!=", False), *both])
        self.assertEqual(found, second)
        first.unlink()
        self.assertFalse(second.meta_duplicate_of_id)

    def test_a_salesperson_sees_a_link_to_a_lead_that_is_not_theirs(self):
        self.page.write({"person_policy": "link", "user_id": self.administrator.id})
        first = self.send(ANA, form=FORM).lead_id
        self.page.user_id = self.rep
        second = self.send(ANA).lead_id.with_user(self.rep)
        self.assertFalse(second.search([("id", "=", first.id)]))
        self.env.invalidate_all()
        [shown] = second.web_read({"meta_duplicate_of_id": {"fields": {}}})
        self.assertEqual(shown["meta_duplicate_of_id"], {"id": first.id})
        form = {"meta_duplicate_of_id": {"fields": {"display_name": {}}}}
        [shown] = second.web_read(form)
        self.assertEqual(
            shown["meta_duplicate_of_id"],
            {"id": first.id, "display_name": first.display_name},
        )

    def test_a_further_submission_is_added_to_the_open_lead(self):
        self.page.write({"person_policy": "join", "user_id": self.rep.id})
        first = self.send(ANA, form=FORM)
        lead, values = first.lead_id, first.lead_id.read()[0]
        second = self.send(
            {**ANA, "full_name": "Ana B. <i>", "phone_number": "+12025550101"}
            | {"which_size?": "large"}
        )
        self.assertEqual(second.lead_id, lead)
        self.assertEqual(lead.meta_submission_ids, first | second)
        self.assertEqual(lead.meta_lead_id, second.meta_id)
        note = self.note(lead)
        for told in ("“Autumn”", second.meta_id, "Ana B. <i>", "+12025550101", "Large"):
            self.assertIn(told, note)
        self.assertNotIn("ana@example.com", note)
        message = lead.message_ids.sorted("id")[-1]
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_note"))
        # The salesperson is told, and nothing of theirs is overwritten.
        self.assertEqual(message.notified_partner_ids, self.rep.partner_id)
        for name in ("name", "contact_name", "phone", "description", "tag_ids"):
            self.assertEqual(lead.read([name])[0][name], values[name], name)

    def test_the_forms_policy_goes_before_the_pages(self):
        lead = self.send(ANA, form=FORM).lead_id
        self.autumn.person_policy = "join"
        self.assertEqual(self.send(ANA).lead_id, lead)
        self.assertNotEqual(self.send(ANA, form=FORM).lead_id, lead)
        self.page.person_policy, self.autumn.person_policy = "join", "new"
        self.assertNotEqual(self.send(ANA).lead_id, lead)

    def test_the_same_meta_lead_never_makes_a_second_one(self):
        for policy in ("new", "link", "join"):
            self.page.person_policy = policy
            row = self.send({"email": f"{policy}@example.com"})
            again = self.announce(row.meta_id, form_id=AUTUMN)
            self.fetch()
            self.assertEqual(again, row)
            leads = self.env["crm.lead"].search(
                [("email_from", "=", again.lead_id.email_from)]
            )
            self.assertEqual(leads, row.lead_id)

    def test_nobody_is_told_where_nobody_is_to_be(self):
        self.page.write({"person_policy": "join", "user_id": self.rep.id})
        lead = self.send(ANA, form=FORM).lead_id
        row = self.announce(self.fill_in(ANA))
        row.page_id = self.page
        node = self.node(row)
        quiet = row.with_context(mail_auto_subscribe_no_notify=True)
        quiet._create_leads([(quiet, node)], {})
        self.assertEqual(row.lead_id, lead)
        self.assertFalse(lead.message_ids.sorted("id")[-1].notified_partner_ids)

    def node(self, row):
        return {
            "id": row.meta_id,
            "created_time": "2026-11-20T08:09:10+0000",
            "field_data": [{"name": "email", "values": ["ana@example.com"]}],
        }


class TestWhoIsTheSame(PersonCase):
    def setUp(self):
        super().setUp()
        self.page.person_policy = "join"

    def make(self, **vals):
        return self.make_foreign_lead(
            contact_name="Ana", email_from="ana@example.com", **vals
        )

    def test_an_email_address_however_it_is_written(self):
        lead = self.make()
        for email in ("ANA@Example.com", "  ana@example.com", "Ana <ana@example.com>"):
            self.assertEqual(self.send({"email": email}).lead_id, lead, email)

    def test_a_phone_number_however_it_is_written(self):
        lead = self.make_foreign_lead(phone="+1 (202) 555-0101")
        for phone in ("+12025550101", "+1.202.555.0101", "+1 202-555-0101"):
            self.assertEqual(self.send({"phone_number": phone}).lead_id, lead, phone)
        self.page.country_id = self.env.ref("base.us")
        self.assertEqual(self.send({"phone_number": "2025550101"}).lead_id, lead)

    def test_the_email_address_goes_before_the_phone_number(self):
        by_email = self.make()
        by_phone = self.make_foreign_lead(
            email_from="berta@example.com", phone="+12025550101"
        )
        both = {"email": "ana@example.com", "phone_number": "+12025550101"}
        self.assertEqual(self.send(both).lead_id, by_email)
        both["email"] = "nobody@example.com"
        self.assertEqual(self.send(both).lead_id, by_phone)

    def test_of_several_leads_the_furthest_is_taken(self):
        self.make(type="lead")
        further = self.make(stage_id=self.proposition.id)
        self.make(stage_id=self.new.id)
        self.assertEqual(self.send(ANA).lead_id, further)

    def test_who_gives_neither_is_nobody_who_is_here(self):
        lead = self.make_foreign_lead(contact_name="Ana Acker")
        junk = {"email": "none", "phone_number": "call me"}
        for answers in ({}, junk, junk):
            self.assertNotEqual(self.send(answers).lead_id, lead)
        self.assertEqual(
            len(self.submissions.search([("page_id", "=", self.page.id)]).lead_id), 3
        )

    def test_a_lead_that_is_closed_is_left_alone(self):
        lost, won, archived = (self.make() for _lead in range(3))
        lost.action_set_lost()
        won.action_set_won()
        archived.write({"probability": 30, "active": False})
        # Not lost in Odoo's eyes, but nobody works on it.
        self.assertEqual(archived.won_status, "pending")
        for policy in ("join", "link"):
            self.page.person_policy = policy
            lead = self.send(ANA).lead_id
            self.assertNotIn(lead, lost | won | archived)
            self.assertFalse(lead.meta_duplicate_of_id)
            lead.unlink()

    def test_another_companys_lead_is_never_found(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        user = new_test_user(
            self.env,
            "stranger",
            groups="sales_team.group_sale_salesman",
            company_id=elsewhere.id,
            company_ids=elsewhere.ids,
        )
        other = self.make(company_id=elsewhere.id, user_id=user.id, team_id=False)
        everybodys = self.make(company_id=False, user_id=False)
        self.assertEqual(
            (other.company_id, everybodys.company_id.id), (elsewhere, False)
        )
        for policy in ("join", "link"):
            self.page.person_policy = policy
            lead = self.send(ANA).lead_id
            self.assertNotIn(lead, other | everybodys)
            self.assertFalse(lead.meta_duplicate_of_id)
            lead.unlink()

    def test_where_there_is_one_company_a_lead_without_any_is_its_own(self):
        self.env.cr.execute(
            "UPDATE res_company SET active = FALSE WHERE id != %s", [self.company.id]
        )
        lead = self.make(company_id=False, user_id=False)
        self.assertFalse(lead.company_id)
        self.assertEqual(self.send(ANA).lead_id, lead)

    def test_a_lead_that_lost_its_company_is_still_that_of_its_submissions(self):
        self.env["res.company"].create({"name": "Elsewhere"})
        lead = self.send(ANA, form=FORM).lead_id
        lead.company_id = False
        self.assertEqual(self.send(ANA).lead_id, lead)

    def test_dummy_values_are_nobodys(self):
        self.page.test_lead_policy = "normal"
        rows = [
            self.announce(
                self.meta.create_lead(AUTUMN, None, test=True), form_id=AUTUMN
            )
            for _lead in range(2)
        ]
        self.fetch()
        self.assertEqual(len((rows[0] | rows[1]).lead_id), 2)

    def test_nobody_joins_a_lead_that_only_tests(self):
        row = self.come_in_with(
            ("full_name", ["<test lead: dummy data for full_name>"]),
            ("email", ["ana@example.com"]),
        )
        self.assertTrue(row.test_only)
        self.assertNotEqual(self.send(ANA).lead_id, row.lead_id)


class TestTogether(PersonCase):
    """Leads that are read in one go come in as if one came after the other."""

    def come_together(self, *answers):
        rows = self.announce(*(self.fill_in(item, form=AUTUMN) for item in answers))
        self.fetch()
        self.assertEqual(rows.mapped("state"), ["done"] * len(rows))
        return rows

    def test_the_second_of_one_batch_joins_the_first(self):
        self.page.person_policy = "join"
        first, other, second, third = self.come_together(
            {**ANA, "phone_number": "+12025550101"},
            {"email": "berta@example.com"},
            ANA,
            {"email": "else@example.com", "phone_number": "+12025550101"},
        )
        self.assertEqual((first | second | third).lead_id, first.lead_id)
        self.assertNotEqual(other.lead_id, first.lead_id)
        self.assertEqual(len(first.lead_id.meta_submission_ids), 3)

    def test_a_lead_that_was_joined_is_known_by_its_own_values_alone(self):
        self.page.person_policy = "join"
        first, second, third = self.come_together(
            ANA,
            {**ANA, "phone_number": "+12025550101"},
            {"phone_number": "+12025550101"},
        )
        self.assertEqual(first.lead_id, second.lead_id)
        self.assertNotEqual(third.lead_id, first.lead_id)

    def test_each_of_one_batch_is_linked_to_one_before(self):
        self.page.person_policy = "link"
        rows = self.come_together(ANA, ANA, ANA)
        leads = rows.lead_id.sorted("id")
        self.assertEqual(len(leads), 3)
        self.assertFalse(leads[0].meta_duplicate_of_id)
        for number, lead in enumerate(leads[1:], 1):
            self.assertIn(lead.meta_duplicate_of_id, leads[:number])

    def test_by_default_those_of_one_batch_make_a_lead_each(self):
        self.assertEqual(len(self.come_together(ANA, ANA).lead_id), 2)

    def test_one_that_fails_does_not_part_the_others(self):
        self.page.person_policy = "join"
        meta_ids = [self.fill_in(item, form=AUTUMN) for item in (ANA, {}, ANA)]
        bad = meta_ids[1]
        prepare = type(self.submissions)._prepare_lead

        def fail(row, node):
            if row.meta_id == bad:
                raise ValueError(bad)
            return prepare(row, node)

        self.patch(type(self.submissions), "_prepare_lead", fail)
        rows = self.announce(*meta_ids)
        with self.assertLogs("odoo.addons.meta_crm_capi", "ERROR"):
            self.fetch()
        self.assertEqual(rows.mapped("state"), ["done", "received", "done"])
        self.assertEqual(rows[0].lead_id, rows[2].lead_id)
