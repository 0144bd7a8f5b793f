"""Who gets a lead: the form says, else its Page, else Odoo."""

from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user

from .common import FORM, PAGE
from .way_in import QUESTIONS, IntakeCase

NEW_FORM = "220000000000003"


class TestAssignment(IntakeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.web, cls.shop = cls.env["crm.team"].create(
            [{"name": "Web"}, {"name": "Shop"}]
        )
        cls.seller = new_test_user(
            cls.env, "seller", groups="sales_team.group_sale_salesman"
        )
        cls.hot, cls.cold = cls.env["crm.tag"].create(
            [{"name": "Hot"}, {"name": "Cold"}]
        )
        cls.france, cls.spain = (cls.env.ref(f"base.{code}") for code in ("fr", "es"))

    def use_leads(self):
        self.env.ref("base.group_user").implied_ids += self.env.ref(
            "crm.group_use_lead"
        )

    def test_a_form_goes_before_its_page_in_each_point(self):
        self.use_leads()
        french = self.install("fr_FR")
        self.page.write(
            {
                "lead_type": "opportunity",
                "team_id": self.web.id,
                "user_id": self.rep.id,
                "tag_ids": self.cold.ids,
                "country_id": self.spain.id,
            }
        )
        own = {
            "lead_type": "lead",
            "team_id": self.shop.id,
            "user_id": self.seller.id,
            "tag_ids": self.hot.ids,
            "country_id": self.france.id,
            "lang_id": french.id,
        }
        for name, value in own.items():
            with self.subTest(name):
                before = self.come_in().lead_id
                self.form[name] = value
                lead = self.come_in().lead_id
                field = "type" if name == "lead_type" else name
                self.assertNotEqual(lead[field], before[field])
                self.assertRecordValues(lead, [{field: value}])

    def test_what_the_form_leaves_open_is_the_pages(self):
        self.use_leads()
        french = self.install("fr_FR")
        given = {
            "team_id": self.web.id,
            "user_id": self.rep.id,
            "tag_ids": self.cold.ids,
            "country_id": self.spain.id,
            "lang_id": french.id,
        }
        self.page.write({**given, "lead_type": "lead"})
        self.assertRecordValues(self.come_in().lead_id, [{**given, "type": "lead"}])

    def test_a_form_may_leave_to_the_team_what_its_page_gives_to_somebody(self):
        self.page.write({"user_id": self.rep.id, "team_id": self.web.id})
        self.form.leave_to_team = True
        self.assertFalse(self.come_in().lead_id.user_id)
        self.web.user_id = self.seller
        self.assertEqual(self.come_in().lead_id.user_id, self.seller)

    def test_leads_are_made_only_where_they_can_be_seen(self):
        self.page.lead_type = "lead"
        self.assertEqual(self.come_in().lead_id.type, "opportunity")
        self.use_leads()
        self.assertEqual(self.come_in().lead_id.type, "lead")

    def test_odoos_rule_based_assignment_gets_the_leads_without_a_salesperson(self):
        self.env["ir.config_parameter"].set_param("crm.lead.auto.assignment", True)
        self.web.write(
            {
                "user_id": self.rep.id,
                "crm_team_member_ids": [(0, 0, {"user_id": self.seller.id})],
            }
        )
        self.page.team_id = self.web
        lead = self.come_in().lead_id
        # Not the leader's: the rules are to give it to a member.
        self.assertFalse(lead.user_id)
        self.web._action_assign_leads()
        self.assertEqual(lead.user_id, self.seller)

    def test_who_is_gone_or_may_not_see_the_company_gets_no_lead(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        leavers = {
            "archived": {"active": False},
            "moved": {"company_ids": elsewhere.ids, "company_id": elsewhere.id},
        }
        for record in (self.page, self.form):
            for case, vals in leavers.items():
                with self.subTest(case, of=record._name):
                    user = new_test_user(
                        self.env,
                        f"{record._name} {case}",
                        groups="sales_team.group_sale_salesman",
                    )
                    record.user_id = user
                    self.assertFalse(record.user_is_unfit)
                    user.write(vals)
                    row = self.come_in()
                    self.assertEqual(row.state, "done")
                    # As if nobody were chosen: the team's leader has it.
                    self.assertEqual(row.lead_id.user_id, self.team.user_id)
                    self.assertTrue(record.user_is_unfit)
                    record.user_id = False

    def test_a_team_that_was_archived_gets_no_lead(self):
        self.page.team_id, self.form.team_id = self.web, self.shop
        self.shop.active = False
        self.assertEqual(self.come_in().lead_id.team_id, self.web)
        self.web.active = False
        team = self.come_in().lead_id.team_id
        self.assertTrue(team.active)

    def test_a_team_that_moved_to_another_company_gets_no_lead(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.page.team_id, self.form.team_id = self.web, self.shop
        self.assertFalse(self.form.team_is_unfit or self.page.team_is_unfit)
        self.shop.company_id = elsewhere
        self.assertEqual(self.come_in().lead_id.team_id, self.web)
        self.assertTrue(self.form.team_is_unfit)
        self.web.company_id = elsewhere
        row = self.come_in()
        self.assertEqual(row.state, "done", row.reason)
        self.assertNotIn(row.lead_id.team_id, self.web | self.shop)
        self.assertTrue(self.page.team_is_unfit)
        self.page.team_id = self.form.team_id = False
        self.assertFalse(self.form.team_is_unfit or self.page.team_is_unfit)

    def test_a_team_or_salesperson_of_another_company_cannot_be_chosen(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        team = self.env["crm.team"].create(
            {"name": "Elsewhere", "company_id": elsewhere.id}
        )
        stranger = new_test_user(
            self.env, "stranger", company_id=elsewhere.id, company_ids=elsewhere.ids
        )
        for record in (self.page, self.form):
            for name, value in (("team_id", team), ("user_id", stranger)):
                with self.subTest(name, of=record._name), self.assertRaises(UserError):
                    record[name] = value

    def test_an_answer_goes_before_the_country_of_the_page(self):
        self.form.write({"country_id": self.france.id})
        self.form.question_ids = [
            (0, 0, {"key": "land", "type": "COUNTRY"}),
            (0, 0, {"key": "phone_number", "type": "PHONE"}),
        ]
        row = self.come_in_with(("land", ["ES"]), ("phone_number", ["612345678"]))
        self.assertEqual(row.lead_id.country_id, self.spain)
        self.assertEqual(row.lead_id.phone_sanitized, "+34612345678")
        row = self.come_in_with(("phone_number", ["0612345678"]))
        self.assertEqual(row.lead_id.country_id, self.france)
        self.assertEqual(row.lead_id.phone_sanitized, "+33612345678")

    def install(self, code):
        return self.env["res.lang"]._activate_lang(code)

    def test_the_language_is_that_of_the_form_at_meta(self):
        french, spanish = self.install("fr_FR"), self.install("es_419")
        self.meta.add_form(NEW_FORM, PAGE, "Oferta", QUESTIONS, locale="ES_LA")
        row = self.announce(self.meta.create_lead(NEW_FORM, {}), form_id=NEW_FORM)
        self.fetch()
        self.assertEqual(row.form_id.locale, "ES_LA")
        self.assertEqual(row.lead_id.lang_id, spanish)
        self.page.lang_id = french
        again = self.announce(self.meta.create_lead(NEW_FORM, {}), form_id=NEW_FORM)
        self.fetch()
        self.assertEqual(again.lead_id.lang_id, french)
        french.active = False
        again = self.announce(self.meta.create_lead(NEW_FORM, {}), form_id=NEW_FORM)
        self.fetch()
        self.assertEqual(again.lead_id.lang_id, spanish)

    def test_without_a_language_that_fits_none_is_set(self):
        for number, locale in enumerate(("TR_TR", "nonsense", "")):
            meta_id = f"22000000000010{number}"
            self.meta.add_form(meta_id, PAGE, "Form", QUESTIONS, locale=locale)
            row = self.announce(self.meta.create_lead(meta_id, {}), form_id=meta_id)
            self.fetch()
            self.assertEqual(row.form_id.meta_id, meta_id)
            self.assertFalse(row.lead_id.lang_id)

    def test_the_screens_say_what_an_empty_field_falls_back_to(self):
        form = Form(self.env["meta.lead.form"].with_user(self.administrator))
        form.name, form.meta_id, form.page_id = "Autumn", NEW_FORM, self.page
        form.team_id, form.user_id = self.web, self.seller
        made = form.save()
        self.assertEqual((made.team_id, made.user_id), (self.web, self.seller))
        self.assertFalse(made.person_policy)
        self.page.user_id = self.rep
        with Form(made.with_user(self.administrator)) as form:
            form.user_id = form.user_id.browse()
            form.leave_to_team = True
        self.assertTrue(made.leave_to_team)


class TestSpeed(IntakeCase):
    def count(self, action, *args):
        """The queries of an action that begins with nothing in memory."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        action(*args)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def read(self, leads):
        """So many submissions with what Meta gave of them."""
        meta_ids = [self.fill_in() for _lead in range(leads)]
        rows = self.announce(*meta_ids)
        rows.page_id = self.page
        return [
            (
                row,
                {
                    "id": row.meta_id,
                    "created_time": "2026-11-20T08:09:10+0000",
                    "form_id": FORM,
                    "campaign_id": "120200000000000013",
                    "campaign_name": "Spring",
                    "field_data": [
                        {"name": "full_name", "values": ["Ana Acker"]},
                        {"name": "email", "values": [f"{row.meta_id}@example.com"]},
                    ],
                },
            )
            for row in rows
        ]

    def values(self, leads):
        return [
            {
                "name": "Bare",
                "contact_name": "Ana Acker",
                "email_from": f"bare{number}.{leads}@example.com",
                "type": "opportunity",
                "team_id": self.team.id,
                "user_id": False,
                "company_id": self.company.id,
            }
            for number in range(leads)
        ]

    def test_a_further_lead_costs_no_query_that_a_bare_one_does_not(self):
        few, many = 2, 22
        # Mail to the leader is Odoo's own affair.
        self.team.user_id = False
        self.submissions._create_leads(self.read(few), {})
        bare = self.env["crm.lead"].create
        added = self.count(bare, self.values(many)) - self.count(bare, self.values(few))
        for policy in ("new", "link", "join"):
            self.page.person_policy = policy
            make = self.submissions._create_leads
            ours = self.count(make, self.read(many), {})
            ours -= self.count(make, self.read(few), {})
            self.assertLessEqual(ours, added, policy)
