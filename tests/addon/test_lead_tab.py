"""The Meta tab of a lead: where it came from, and what is to be known of each step."""

import json
from datetime import timedelta

from lxml import html

from odoo.tests import new_test_user

from .delivery import EVENTS, DeliveryCase
from .way_in import IntakeCase


class TestOrigin(IntakeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = new_test_user(
            cls.env, "marketer", groups="meta_crm_capi.group_meta_user"
        )

    def answers(self, row, user=None):
        """``(question, answer)`` as this user reads them."""
        self.env.invalidate_all()
        table = row.with_user(user or self.administrator).answer_table
        if not table:
            return []
        return [
            tuple(cell.text_content() for cell in line)
            for line in html.fromstring(str(table)).iter("tr")
        ]

    def test_answers_have_the_labels_of_the_forms_questions_and_options(self):
        row = self.come_in({"which_size?": "small_(1-5)", "budget?": "10"})
        self.assertEqual(
            self.answers(row),
            [
                ("Full name", "Ana Acker"),
                ("Email", "–"),
                ("Phone number", "–"),
                ("Which size?", "Small (1-5)"),
                ("What is your budget?", "10"),
            ],
        )

    def test_a_question_that_was_skipped_says_so_and_boxes_are_told(self):
        row = self.come_in_as(
            {
                "form_id": self.form.meta_id,
                "field_data": [
                    {"name": "email", "values": []},
                    {"name": "unasked_for", "values": ["x"]},
                ],
                "custom_disclaimer_responses": [
                    {"checkbox_key": "share", "is_checked": "1"},
                    {"checkbox_key": "other", "is_checked": ""},
                ],
            }
        )
        self.form.consent_labels = {"share": "May we share?"}
        self.assertEqual(
            self.answers(row),
            [
                ("Email", "–"),
                ("unasked for", "x"),
                ("May we share?", "yes"),
                ("other", "no"),
            ],
        )

    def test_what_a_person_wrote_is_never_run_as_html(self):
        row = self.come_in({"full_name": "<script>alert(1)</script>"})
        self.assertEqual(
            self.answers(row)[0], ("Full name", "<script>alert(1)</script>")
        )
        self.assertNotIn("<script", row.answer_table)

    def test_answers_that_cannot_be_read_break_nothing(self):
        row = self.come_in()
        for stored in (False, "", "null", "{", "[]", '{"id": 3}', '"x"'):
            with self.subTest(stored=stored):
                row.answers = stored
                self.assertEqual(self.answers(row), [])

    def test_only_who_may_read_the_lead_reads_the_answers(self):
        row = self.come_in()
        row.lead_id.user_id = self.administrator
        self.assertTrue(self.answers(row))
        self.assertTrue(row.with_user(self.marketer).meta_id)
        self.assertEqual(self.answers(row, self.marketer), [])
        row.lead_id.user_id = self.marketer
        self.assertTrue(self.answers(row, self.marketer))

    def test_nothing_of_the_person_is_left_once_the_lead_is_deleted(self):
        row = self.come_in()
        row.lead_id.unlink()
        self.assertEqual(self.answers(row), [])

    def test_the_platform_has_its_name(self):
        row = self.come_in()
        for platform, name in (
            ("fb", "Facebook"),
            ("IG", "Instagram"),
            ("msg", "msg"),
            (False, ""),
        ):
            row.platform = platform
            self.assertEqual(row.platform_name or "", name)


class TestTab(DeliveryCase):
    def screen(self, user):
        """The form of a lead as this user gets it."""
        view = self.env["crm.lead"].with_user(user).get_view(view_type="form")
        return html.fromstring(view["arch"])

    def test_a_rep_has_no_meta_tab_and_a_meta_user_has_one(self):
        self.assertFalse(self.screen(self.rep).xpath("//page[@name='meta']"))
        self.assertTrue(self.screen(self.administrator).xpath("//page[@name='meta']"))

    def test_only_an_administrator_gets_the_buttons(self):
        user = new_test_user(self.env, "reads", groups="meta_crm_capi.group_meta_user")
        view = self.env.ref("meta_crm_capi.meta_capi_event_view_kanban_steps")
        events = self.env["meta.capi.event"]
        for person, buttons in ((user, 0), (self.administrator, 4)):
            arch = events.with_user(person).get_view(view.id, "kanban")["arch"]
            found = html.fromstring(arch).xpath("//button[@type='object']")
            self.assertEqual(len(found), buttons)

    def test_all_submissions_of_a_merged_lead_are_told(self):
        first, second = self.make_known_lead(), self.make_known_lead()
        ids = (first + second).meta_submission_ids.mapped("meta_id")
        (first + second).merge_opportunity()
        lead = (first + second).exists()
        self.assertEqual(
            sorted(lead.meta_submission_ids.mapped("meta_id")), sorted(ids)
        )
        self.assertEqual(len(lead.meta_event_ids), 2)

    def test_a_step_says_until_when_it_waits(self):
        self.make_known_lead()
        self.assertFalse(self.rows.waits_until, "the sender runs every minute")
        self.meta.script_named("transient", EVENTS, times=2)
        self.deliver()
        self.make_due()
        self.deliver()
        self.assertEqual(self.rows.tries, 2)
        self.assertEqual(self.rows.waits_until, self.rows.next_try_at)
        self.make_due()
        self.dataset._rest(3600, "Too fast.")
        self.assertEqual(self.rows.waits_until, self.dataset.resume_at)
        self.rows.state = "refused"
        self.assertFalse(self.rows.waits_until)

    def test_each_explanation_links_to_its_row_on_the_page_of_errors(self):
        lead = self.make_known_lead()
        self.assertFalse(self.rows.help_url)
        self.dataset._pause("The token is gone.")
        self.assertTrue(
            self.rows.help_url.endswith("docs/errors.html#its-dataset-is-paused")
        )
        self.dataset._resume()
        self.meta.script_named("too_old", EVENTS)
        self.deliver()
        self.assertTrue(self.rows.help_url.endswith("#100-2804003"))
        self.assertTrue(self.logged.help_url.endswith("#100-2804003"))
        lead.meta_consent = "no"
        lead.stage_id = self.qualified
        self.flush()
        row = self.rows.filtered(lambda row: row.state == "not_sent")
        self.assertIn("#no-consent-the-person-does-not-want", row.help_url)

    def test_an_accepted_step_needs_no_explanation(self):
        self.make_known_lead()
        self.deliver()
        self.assertFalse(self.rows.help_url)
        self.assertFalse(self.logged.help_url)
        self.assertTrue(self.rows.trace_id)

    def test_a_lead_that_waits_shows_its_answers_only_when_it_is_a_lead(self):
        row = self.make_submission(
            "123456789012345",
            state="received",
            answers=json.dumps({"id": "1", "created_time": 1}),
            submitted_at=self.now - timedelta(hours=1),
        )
        self.assertFalse(row.answer_table)
