"""A mapping that is applied anew: leads of several submissions, and of others."""

from .test_form_remap import RemapCase


class TestSeveralSubmissions(RemapCase):
    def come_twice(self, *consents):
        """One person's submissions with these boxes ticked; returns their lead."""
        boxes = [
            {"key": key, "text": key, "is_required": False} for key in ("one", "two")
        ]
        self.page.person_policy = "join"
        self.asked = self.ask(
            {"key": "mail", "type": "EMAIL", "label": "Mail"},
            custom_disclaimer={"title": "x", "body": "y", "checkboxes": boxes},
        )
        self.asked.consent_key = "one"
        first, second = (
            self.answer({"mail": "ana@example.com"}, consents=ticked)
            for ticked in consents
        )
        self.assertEqual(first.lead_id, second.lead_id)
        self.assertEqual(first.lead_id.meta_consent, "no")
        return first.lead_id

    def test_a_no_of_the_one_that_joined_outweighs_the_yes_of_the_first(self):
        lead = self.come_twice({"two": True}, {})
        self.asked.consent_key = "two"
        self.apply()
        self.assertEqual(lead.meta_consent, "no")

    def test_a_yes_of_all_of_them_counts(self):
        lead = self.come_twice({"two": True}, {"two": True})
        self.asked.consent_key = "two"
        self.apply()
        self.assertEqual(lead.meta_consent, "yes")

    def test_a_no_stays_where_the_answers_of_one_are_gone(self):
        lead = self.come_twice({"two": True}, {"two": True})
        lead.meta_submission_ids.sorted("id")[-1].sudo().answers = False
        self.asked.consent_key = "two"
        self.apply()
        self.assertEqual(lead.meta_consent, "no")


class TestCompanies(RemapCase):
    def test_a_lead_that_went_to_another_company_is_left_alone(self):
        row = self.come()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        nobodys = {"team_id": False, "user_id": False}
        row.lead_id.write({**nobodys, "name": "Secret", "company_id": elsewhere.id})
        self.map_to("town", "city")
        wizard = self.wizard()
        self.assertEqual((wizard.row_count, wizard.changed_count), (0, 0))
        self.assertNotIn("Secret", wizard.preview or "")
        self.apply()
        self.assertFalse(row.lead_id.city)

    def test_a_lead_without_a_company_is_that_of_its_submission(self):
        row = self.come()
        row.lead_id.write({"team_id": False, "user_id": False, "company_id": False})
        self.assertFalse(row.lead_id.company_id)
        self.map_to("town", "city")
        self.apply()
        self.assertEqual(row.lead_id.city, "Ankara")
