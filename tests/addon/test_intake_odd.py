"""Leads of shapes that nobody documents: the lead is worth more than their oddities."""

from .common import FORM, PAGE
from .way_in import IntakeCase


class TestOddLeads(IntakeCase):
    def test_the_form_of_the_webhook_holds_where_the_lead_names_none(self):
        for named in (None, "", "0", 0, {"id": FORM}, int(FORM), f" {FORM} "):
            with self.subTest(named):
                row = self.come_in_as(
                    {
                        "form_id": named,
                        "field_data": [{"name": "which_size?", "values": ["large"]}],
                    }
                )
                self.assertEqual(row.form_id, self.form)
                self.assertEqual(row.lead_id.name, f"Spring offer: {row.meta_id}")

    def test_an_address_that_is_too_long_for_one_is_noted(self):
        text = "".join(str(number) for number in range(2000))
        row = self.come_in_with(("email", [f"{text}@example.com"]))
        self.assertEqual(row.state, "done")
        self.assertFalse(row.lead_id.email_from)
        self.assertEqual(self.notes(row), [f"Email: {text}@example.com"])

    def test_a_campaign_of_a_very_long_name_costs_no_lead(self):
        name = "".join(str(number) for number in range(3000))
        for campaign in ({"campaign_id": "120200000000000077"}, {}):
            with self.subTest(campaign):
                node = {**campaign, "campaign_name": name, "field_data": []}
                first, second = self.come_in_as(node), self.come_in_as(node)
                self.assertEqual(first.campaign_name, name)
                self.assertTrue(name.startswith(first.lead_id.campaign_id.title))
                self.assertEqual(first.lead_id.campaign_id, second.lead_id.campaign_id)

    def test_who_came_without_any_ad_came_by_none(self):
        organic = self.env.ref("meta_crm_capi.utm_medium_organic_social")
        row = self.come_in_as({"field_data": []}, ad_id=None, adgroup_id=None)
        self.assertTrue(row.is_organic)
        self.assertEqual(row.lead_id.medium_id, organic)
        for given in ({"is_organic": False}, {"ad_id": "120200000000000001"}):
            with self.subTest(given):
                row = self.come_in_as(
                    {"field_data": [], **given}, ad_id=None, adgroup_id=None
                )
                self.assertFalse(row.is_organic)
                self.assertNotEqual(row.lead_id.medium_id, organic)

    def test_an_ad_that_only_the_webhook_names_was_paid_for(self):
        self.assertFalse(self.come_in_as({"field_data": []}).is_organic)

    def test_a_no_counts_in_whatever_it_comes(self):
        self.form.consent_key = "share"
        box = {"checkbox_key": "share", "is_checked": ""}
        for given in (box, {"data": [box]}):
            with self.subTest(given):
                row = self.come_in_as(
                    {"field_data": [], "custom_disclaimer_responses": given}
                )
                self.assertEqual(row.lead_id.meta_consent, "no")

    def test_a_question_of_a_very_long_key_costs_the_others_nothing(self):
        form_id = "220000000000009"
        key = "".join(str(number) for number in range(3000))
        questions = [
            {"key": key, "type": "CUSTOM", "label": "Long"},
            {"key": "full_name", "type": "FULL_NAME", "label": "Name"},
            {"key": "town", "type": "CITY", "label": "Your town"},
        ]
        self.meta.add_form(form_id, PAGE, "Long form", questions)
        meta_id = self.fill_in({"town": "Ankara"}, form=form_id)
        row = self.announce(meta_id, form_id=form_id)
        self.fetch()
        self.assertEqual(row.form_id.question_ids.mapped("key"), ["full_name", "town"])
        self.assertEqual(row.lead_id.city, "Ankara")
