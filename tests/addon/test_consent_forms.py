"""The check box of a form by which a person says yes or no to Meta."""

from odoo.exceptions import ValidationError

from odoo.addons.meta_crm_capi.models import consent

from .common import FORM
from .way_in import QUESTIONS, IntakeCase

BOXES = [
    {"key": "share", "text": "You may tell Meta.", "is_required": False},
    {"key": "news", "text": "Send me news.", "is_required": False},
]


class TestConsentBox(IntakeCase):
    def setUp(self):
        super().setUp()
        self.meta.add_form(
            "220000000000005",
            self.page.meta_id,
            "With boxes",
            QUESTIONS,
            custom_disclaimer={"title": "x", "body": "y", "checkboxes": BOXES},
        )

    def come_in_ticked(self, *keys):
        meta_id = self.meta.create_lead(
            "220000000000005", {}, consents=dict.fromkeys(keys, True)
        )
        row = self.announce(meta_id, form_id="220000000000005")
        self.fetch()
        return row

    def learn_form(self, key="share"):
        form = self.come_in_ticked().form_id
        form.consent_key = key
        return form

    def test_a_ticked_box_is_a_yes(self):
        self.learn_form()
        lead = self.come_in_ticked("share").lead_id
        self.assertEqual(lead.meta_consent, "yes")
        self.assertEqual(self.queued(lead), ["initial_lead"])

    def test_an_empty_box_is_a_no_and_the_raw_lead_is_not_sent(self):
        self.learn_form()
        lead = self.come_in_ticked("news").lead_id
        self.assertEqual(lead.meta_consent, "no")
        self.assertEqual(self.events(lead), [("initial_lead", "not_sent")])
        self.assertEqual(self.reasons(lead), [consent.SAID_NO])

    def test_without_a_chosen_box_it_is_unknown(self):
        row = self.come_in_ticked("share")
        self.assertEqual(row.lead_id.meta_consent, "unknown")

    def test_another_box_says_nothing(self):
        self.learn_form(key="news")
        self.assertEqual(self.come_in_ticked("share").lead_id.meta_consent, "no")

    def test_a_lead_without_the_box_is_unknown(self):
        self.form.consent_key = "share"
        self.assertEqual(self.come_in().lead_id.meta_consent, "unknown")

    def test_odd_answers_are_no_yes(self):
        self.form.consent_key = "share"
        for ticked, said in (("1", "yes"), ("", "no"), (None, "no"), ("maybe", "no")):
            row = self.come_in_as(
                {
                    "form_id": FORM,
                    "custom_disclaimer_responses": [
                        {"checkbox_key": "share", "is_checked": ticked}
                    ],
                }
            )
            self.assertEqual(row.lead_id.meta_consent, said, ticked)

    def test_a_box_that_comes_twice_is_a_yes_only_where_both_are(self):
        self.form.consent_key = "share"
        row = self.come_in_as(
            {
                "form_id": FORM,
                "custom_disclaimer_responses": [
                    {"checkbox_key": "share", "is_checked": "1"},
                    {"checkbox_key": "share", "is_checked": ""},
                ],
            }
        )
        self.assertEqual(row.lead_id.meta_consent, "no")

    def test_the_form_shows_its_boxes(self):
        form = self.learn_form()
        self.assertEqual(
            form.consent_boxes, "news: Send me news.\nshare: You may tell Meta."
        )
        self.assertFalse(self.form.consent_boxes)

    def test_a_box_that_the_form_does_not_have_cannot_be_chosen(self):
        form = self.learn_form(key=" share ")
        self.assertEqual(form.consent_key, "share")
        with self.assertRaisesRegex(ValidationError, "news, share"):
            form.consent_key = "shares"

    def test_a_form_that_was_never_read_takes_any_box(self):
        self.form.consent_key = "anything"
        self.assertFalse(self.form.consent_box_is_missing)

    def test_a_box_that_the_form_lost_is_told_on_the_screen(self):
        form = self.learn_form()
        form._learn(
            self.page,
            {
                "id": form.meta_id,
                "legal_content": {"custom_disclaimer": {"checkboxes": BOXES[1:]}},
            },
        )
        self.assertTrue(form.consent_box_is_missing)
