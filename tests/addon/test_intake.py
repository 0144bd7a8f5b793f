"""What a crm.lead is made of: who, from where, for whom."""

from datetime import datetime, timezone

from odoo.tests import new_test_user

from .common import APP, FORM, PAGE
from .way_in import PAGE_TOKEN, QUESTIONS, IntakeCase, announcement

SPANISH_FORM = "220000000000002"
OTHER_PAGE = "110000000000002"
OTHER_FORM = "220000000000004"


class TestDemoLeads(IntakeCase):
    """The five leads of the demonstration, made without it."""

    def test_an_english_lead_with_its_ad(self):
        moment = datetime(2026, 11, 20, 8, 9, 10)
        row = self.come_in(
            {
                "full_name": "Ana Acker",
                "email": "ana@example.com",
                "phone_number": "+12025550101",
                "which_size?": "large",
                "budget?": "10000",
            },
            created_time=int(moment.replace(tzinfo=timezone.utc).timestamp()),
            ad={
                "ad_id": "120200000000000011",
                "ad_name": "Ad A",
                "adset_id": "120200000000000012",
                "adset_name": "Set A",
                "campaign_id": "120200000000000013",
                "campaign_name": "Spring",
            },
        )
        lead = row.lead_id
        self.assertRecordValues(
            lead,
            [
                {
                    "name": "Spring offer: Ana Acker",
                    "contact_name": "Ana Acker",
                    "email_from": "ana@example.com",
                    "phone": "+12025550101",
                    "meta_lead_id": row.meta_id,
                    "company_id": self.company.id,
                    "stage_id": self.new.id,
                }
            ],
        )
        self.assertEqual(
            self.notes(row), ["Which size?: Large", "What is your budget?: 10000"]
        )
        self.assertEqual(lead.source_id.name, "Facebook")
        self.assertEqual(lead.medium_id.name, "Paid social")
        self.assertEqual(lead.campaign_id.name, "Spring")
        self.assertRecordValues(
            row,
            [
                {
                    "submitted_at": moment,
                    "ad_id": "120200000000000011",
                    "ad_name": "Ad A",
                    "adset_id": "120200000000000012",
                    "adset_name": "Set A",
                    "campaign_id": "120200000000000013",
                    "campaign_name": "Spring",
                    "platform": "fb",
                    "is_organic": False,
                    "is_test": False,
                }
            ],
        )

    def test_several_choices_and_a_skipped_answer(self):
        row = self.come_in(
            {"which_size?": ["small_(1-5)", "large"], "budget?": None}, platform="ig"
        )
        self.assertEqual(self.notes(row), ["Which size?: Small (1-5), Large"])
        self.assertEqual(row.lead_id.source_id.name, "Instagram")
        self.assertEqual(row.platform, "ig")

    def test_localised_question_keys(self):
        self.meta.add_form(
            SPANISH_FORM,
            PAGE,
            "Oferta de primavera",
            [
                {"key": "nombre_completo", "label": "Nombre", "type": "FULL_NAME"},
                {"key": "correo_electrónico", "label": "Correo", "type": "EMAIL"},
                {"key": "número_de_teléfono", "label": "Teléfono", "type": "PHONE"},
                {"key": "ciudad", "label": "Ciudad", "type": "CITY"},
                {"key": "¿cuándo?", "label": "¿Cuándo?", "type": "CUSTOM"},
            ],
            locale="es_ES",
        )
        meta_id = self.meta.create_lead(
            SPANISH_FORM,
            {
                "nombre_completo": "Clara Costa",
                "correo_electrónico": "clara@example.com",
                "número_de_teléfono": "+34612345678",
                "ciudad": "Sevilla",
                "¿cuándo?": "mañana",
            },
        )
        row = self.announce(meta_id, form_id=SPANISH_FORM)
        self.fetch()
        self.assertRecordValues(
            row.lead_id,
            [
                {
                    "name": "Oferta de primavera: Clara Costa",
                    "contact_name": "Clara Costa",
                    "email_from": "clara@example.com",
                    "phone": "+34612345678",
                    "city": "Sevilla",
                }
            ],
        )
        self.assertEqual(self.notes(row), ["¿Cuándo?: mañana"])

    def test_an_organic_lead_without_an_ad(self):
        meta_id = self.fill_in(organic=True, ad=False)
        row = self.announce(meta_id, ad_id=None, adgroup_id=None)
        self.fetch()
        self.assertRecordValues(
            row,
            [{"ad_id": False, "campaign_id": False, "is_organic": True}],
        )
        self.assertEqual(row.lead_id.medium_id.name, "Organic social")
        self.assertFalse(row.lead_id.campaign_id)

    def test_a_lead_of_the_testing_tool_is_marked_and_comes_in(self):
        row = self.announce(self.meta.create_lead(FORM, None, test=True))
        self.fetch()
        self.assertTrue(row.is_test)
        self.assertEqual(row.state, "done")
        self.assertEqual(row.lead_id.email_from, "test@meta.com")
        # The dummy is no number, and is kept as it came.
        self.assertEqual(row.lead_id.phone, "<test lead: dummy data for phone_number>")


class TestOwnership(IntakeCase):
    """To whom a new lead belongs."""

    def test_the_pages_defaults_are_set_and_nothing_of_the_crons_user(self):
        team = self.env["crm.team"].create({"name": "Web", "company_id": False})
        tag = self.env["crm.tag"].create({"name": "Meta"})
        self.page.write(
            {"team_id": team.id, "user_id": self.rep.id, "tag_ids": tag.ids}
        )
        lead = self.come_in().lead_id
        self.assertRecordValues(
            lead,
            [{"team_id": team.id, "user_id": self.rep.id, "tag_ids": tag.ids}],
        )

    def test_without_a_salesperson_the_lead_has_none(self):
        self.team.user_id = False
        lead = self.come_in().lead_id
        self.assertFalse(lead.user_id)
        self.assertNotIn(
            self.env.ref("base.partner_root"), lead.message_follower_ids.partner_id
        )

    def test_a_lead_without_salesperson_goes_to_the_teams_leader(self):
        leader = new_test_user(
            self.env, "leader", groups="sales_team.group_sale_salesman_all_leads"
        )
        self.page.team_id = self.env["crm.team"].create(
            {"name": "Web", "user_id": leader.id}
        )
        self.assertEqual(self.come_in().lead_id.user_id, leader)

    def test_it_is_a_lead_where_the_team_qualifies_leads_first(self):
        self.page.team_id = self.team
        self.team.use_leads = True
        self.assertEqual(self.come_in().lead_id.type, "opportunity")
        self.env.ref("base.group_user").implied_ids += self.env.ref(
            "crm.group_use_lead"
        )
        self.assertEqual(self.come_in().lead_id.type, "lead")
        self.team.use_leads = False
        self.assertEqual(self.come_in().lead_id.type, "opportunity")

    def test_each_company_gets_its_own_leads_in_its_own_team(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        team = self.env["crm.team"].create(
            {"name": "Elsewhere team", "company_id": company.id, "sequence": 99}
        )
        connection = self.env["meta.connection"].create(
            {"name": "Elsewhere", "app_id": APP, "company_id": company.id}
        )
        self.meta.add_page(OTHER_PAGE, "Elsewhere", "other-page-token")
        self.meta.add_form(OTHER_FORM, OTHER_PAGE, "Autumn", QUESTIONS)
        self.env["meta.lead.page"].create(
            {
                "name": "Elsewhere",
                "meta_id": OTHER_PAGE,
                "connection_id": connection.id,
                "access_token": "other-page-token",
            }
        )
        own = self.announce(self.fill_in())
        other_id = self.meta.create_lead(OTHER_FORM, {"full_name": "Ana"})
        connection._receive(
            announcement(other_id, page_id=OTHER_PAGE, form_id=OTHER_FORM)
        )
        other = self.find(other_id)
        self.fetch()
        self.assertEqual((own.state, other.state), ("done", "done"))
        self.assertEqual(own.lead_id.company_id, self.company)
        self.assertIn(own.lead_id.team_id.company_id.id, (False, self.company.id))
        self.assertRecordValues(
            other.lead_id, [{"company_id": company.id, "team_id": team.id}]
        )
        self.assertEqual(other.form_id.company_id, company)
        # There is no dataset for the other company: said, not sent.
        self.assertEqual(other.event_ids.mapped("state"), ["not_sent"])
        self.assertEqual(other.event_ids.company_id, company)
        self.assertEqual(own.event_ids.mapped("state"), ["queued"])

    def test_a_company_without_any_team_gets_its_leads_all_the_same(self):
        self.env["crm.team"].search([]).active = False
        row = self.come_in()
        self.assertEqual(row.state, "done")
        self.assertFalse(row.lead_id.team_id)


class TestUtm(IntakeCase):
    def test_one_campaign_for_all_of_its_leads(self):
        rows = self.announce(*(self.fill_in() for _lead in range(3)))
        self.fetch()
        self.assertEqual(len(rows.lead_id), 3)
        self.assertEqual(rows.lead_id.campaign_id.mapped("name"), ["Campaign one"])

    def test_an_unknown_platform_counts_as_facebook_and_is_kept_as_meta_says(self):
        row = self.come_in(platform="audience_network")
        self.assertEqual(row.lead_id.source_id.name, "Facebook")
        self.assertEqual(row.platform, "audience_network")

    def test_names_that_meta_withholds_are_no_campaign(self):
        row = self.come_in(ad={"ad_id": "120200000000000011"})
        self.assertEqual(row.ad_id, "120200000000000011")
        self.assertFalse(row.campaign_name)
        self.assertFalse(row.lead_id.campaign_id)
        self.assertEqual(row.lead_id.medium_id.name, "Paid social")


class TestRawAnswers(IntakeCase):
    def test_what_meta_gave_is_kept_with_the_submission(self):
        row = self.come_in({"email": "ana@example.com"})
        self.assertIn("ana@example.com", row.answers)
        self.assertIn(row.meta_id, row.answers)

    def test_a_page_token_never_gets_into_what_is_kept(self):
        row = self.come_in()
        self.assertNotIn(PAGE_TOKEN, row.answers + row.notification)
