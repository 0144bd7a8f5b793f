"""A Page's forms: loaded on demand and daily, with status, and marked to be mapped."""

import logging
from datetime import timedelta
from unittest.mock import patch

from odoo.addons.meta_crm_capi.models import patience

from .catch_up import CatchUpCase
from .common import FORM, PAGE
from .way_in import PAGE_TOKEN, QUESTIONS, SYSTEM_TOKEN

NEW_FORM = "220000000000003"
OTHER_PAGE = "110000000000002"


class TestLoadForms(CatchUpCase):
    def setUp(self):
        super().setUp()
        self.forms = self.env["meta.lead.form"].with_context(active_test=False)

    def load(self):
        action = self.page.with_user(self.administrator).action_load_forms()
        self.env.invalidate_all()
        return action["params"]

    def find_form(self, meta_id=NEW_FORM):
        self.env.invalidate_all()
        return self.forms.search([("meta_id", "=", meta_id)])

    def test_forms_come_with_questions_status_and_language(self):
        self.meta.add_form(NEW_FORM, PAGE, "Herbst", QUESTIONS, "de_DE", "ARCHIVED")
        said = self.load()
        self.assertEqual(said["type"], "success")
        self.assertIn("2. New: 1", said["message"])
        form = self.find_form()
        self.assertRecordValues(
            form,
            [
                {
                    "name": "Herbst",
                    "page_id": self.page.id,
                    "status": "ARCHIVED",
                    "locale": "de_DE",
                    "needs_mapping": False,
                    "active": True,
                }
            ],
        )
        self.assertEqual(len(form.question_ids), len(QUESTIONS))
        self.assertTrue(self.page.forms_read_at)

    def test_a_form_that_was_entered_by_hand_learns_its_questions(self):
        self.load()
        self.assertEqual(len(self.form.question_ids), len(QUESTIONS))
        self.assertRecordValues(
            self.form,
            [{"name": "Spring offer", "status": "ACTIVE", "needs_mapping": False}],
        )

    def test_all_forms_of_a_long_list_come(self):
        for number in range(70):
            self.meta.add_form(f"2300000000{number:05}", PAGE, f"F{number}", QUESTIONS)
        self.load()
        self.assertEqual(len(self.page.form_ids), 71)
        self.assertEqual(len(self.meta.requests(f"/{PAGE}/leadgen_forms")), 2)

    def test_nobody_waits_for_a_list_without_an_end_and_the_rest_comes_by_itself(self):
        for number in range(170):
            self.meta.add_form(f"2300000000{number:05}", PAGE, f"F{number}", QUESTIONS)
        with patch.object(patience, "WAIT", -1):
            said = self.load()
        self.assertEqual(len(self.meta.requests(f"/{PAGE}/leadgen_forms")), 1)
        self.assertEqual(said["type"], "success")
        self.assertIn("the rest", said["message"])
        self.assertLess(len(self.page.form_ids), 171)
        self.assertFalse(self.page.forms_read_at)
        self.run_cron()
        self.assertEqual(len(self.page.form_ids), 171)
        self.assertTrue(self.page.forms_read_at)
        # The first page of the list was not read again.
        self.assertEqual(len(self.meta.requests(f"/{PAGE}/leadgen_forms")), 4)

    def test_loading_again_changes_no_decision(self):
        self.load()
        question = self.form.question_ids.filtered(lambda item: item.key == "budget?")
        question.field_id = self.env["ir.model.fields"]._get("crm.lead", "function")
        self.form.name = "Our name"
        self.load()
        self.assertEqual(question.field_id.name, "function")
        self.assertEqual(self.form.name, "Our name")
        self.assertEqual(len(self.form.question_ids), len(QUESTIONS))

    def test_a_form_that_ends_at_meta_stays_with_its_new_status(self):
        self.meta.add_form(NEW_FORM, PAGE, "Autumn", QUESTIONS)
        self.load()
        self.assertEqual(self.find_form().status, "ACTIVE")
        node = {"id": NEW_FORM, "status": "ARCHIVED", "leads_count": 7}
        self.meta.script(
            f"GET /{PAGE}/leadgen_forms", [{"status": 200, "body": {"data": [node]}}]
        )
        self.load()
        form = self.find_form()
        self.assertRecordValues(
            form,
            [
                {
                    "name": "Autumn",
                    "status": "ARCHIVED",
                    "leads_count": 7,
                    "active": True,
                }
            ],
        )
        self.assertEqual(len(form.question_ids), len(QUESTIONS))

    def test_a_form_of_another_page_is_left_to_it(self):
        page = self.env["meta.lead.page"].create(
            {"name": "Shady Roofs", "meta_id": OTHER_PAGE}
        )
        form = self.forms.create(
            {"name": "Theirs", "meta_id": NEW_FORM, "page_id": page.id}
        )
        self.meta.add_form(NEW_FORM, PAGE, "Ours", QUESTIONS)
        with self.assertLogs("odoo.addons.meta_crm_capi", logging.WARNING):
            self.load()
        self.assertEqual((form.name, form.page_id), ("Theirs", page))
        self.assertFalse(form.status)

    def test_odd_forms_do_not_hold_up_the_others(self):
        nodes = [
            {"id": "x", "name": "Odd"},
            {"name": "No id"},
            {"id": "230000000000001", "leads_count": 10**12, "status": 5},
            {"id": NEW_FORM, "name": "Autumn", "questions": QUESTIONS},
            7,
        ]
        self.meta.script(
            f"GET /{PAGE}/leadgen_forms", [{"status": 200, "body": {"data": nodes}}]
        )
        with self.assertLogs("odoo.addons.meta_crm_capi", logging.WARNING):
            self.load()
        self.assertEqual(len(self.find_form().question_ids), len(QUESTIONS))
        self.assertEqual(self.find_form("230000000000001").leads_count, 0)

    def test_a_form_that_odoo_cannot_keep_does_not_hold_up_the_others(self):
        self.meta.add_form(NEW_FORM, PAGE, "Autumn", QUESTIONS)
        learn = type(self.form)._learn

        def failing(forms, page, node):
            if node["id"] == FORM:
                raise ValueError
            return learn(forms, page, node)

        with (
            patch.object(type(self.form), "_learn", failing),
            self.assertLogs("odoo.addons.meta_crm_capi", logging.ERROR),
        ):
            self.load()
        self.assertTrue(self.find_form())

    def test_a_dead_page_token_is_derived_anew(self):
        self.meta.revoke_token(PAGE_TOKEN)
        self.assertEqual(self.load()["type"], "success")
        self.assertNotEqual(self.page.sudo().access_token_stored, PAGE_TOKEN)

    def test_what_meta_refuses_is_said(self):
        self.meta.script_named("scope_missing", f"GET /{PAGE}/leadgen_forms")
        said = self.load()
        self.assertEqual(said["type"], "danger")
        self.assertIn("permission", said["message"])
        self.assertFalse(self.page.forms_read_at)

    def test_tokens_that_are_all_dead_are_said(self):
        self.meta.revoke_token(PAGE_TOKEN)
        self.meta.revoke_token(SYSTEM_TOKEN)
        self.assertEqual(self.load()["type"], "danger")

    def test_forms_are_read_anew_every_day(self):
        self.catch_up()
        self.catch_up()
        self.assertEqual(len(self.meta.requests(f"/{PAGE}/leadgen_forms")), 1)
        self.page.forms_read_at -= timedelta(hours=24)
        self.meta.add_form(NEW_FORM, PAGE, "Autumn", QUESTIONS)
        self.catch_up()
        self.assertTrue(self.find_form())

    def test_a_long_list_that_was_broken_off_is_read_on(self):
        for number in range(70):
            self.meta.add_form(f"2300000000{number:05}", PAGE, f"F{number}", QUESTIONS)
        self.catch_up_briefly()
        self.assertEqual(len(self.page.form_ids), 50)
        self.assertFalse(self.page.forms_read_at)
        self.run_cron()
        self.assertEqual(len(self.page.form_ids), 71)
        self.assertTrue(self.page.forms_read_at)
        self.assertEqual(len(self.meta.requests(f"/{PAGE}/leadgen_forms")), 2)

    def test_a_list_of_forms_that_repeats_itself_is_said_and_ends(self):
        node = {"id": NEW_FORM, "name": "Autumn", "questions": QUESTIONS}
        paging = {"cursors": {"after": "c"}, "next": "https://graph.example.com/"}
        body = {"data": [node], "paging": paging}
        self.meta.script(
            f"GET /{PAGE}/leadgen_forms", [{"status": 200, "body": body, "times": None}]
        )
        self.catch_up()
        self.assertTrue(self.find_form())
        self.assertIn("no end", self.page.catch_up_trouble)
        self.assertEqual(len(self.meta.requests(f"/{PAGE}/leadgen_forms")), 2)

    # --- please map ---------------------------------------------------------------

    def test_a_new_form_gives_leads_at_once_and_is_marked(self):
        self.meta.add_form(NEW_FORM, PAGE, "Autumn", QUESTIONS)
        row = self.announce(self.fill_in(form=NEW_FORM), form_id=NEW_FORM)
        self.fetch()
        self.assertEqual(row.lead_id.contact_name, "Ana Acker")
        self.assertTrue(row.form_id.needs_mapping)
        self.assertEqual(self.page.form_to_map_count, 1)
        action = self.page.action_open_forms_to_map()
        self.assertEqual(self.forms.search(action["domain"]), self.page.form_ids)

    def test_a_decision_takes_the_mark_away(self):
        self.meta.add_form(NEW_FORM, PAGE, "Autumn", QUESTIONS)
        self.load()
        form = self.find_form()
        self.assertTrue(form.needs_mapping)
        form.question_ids[0].label = "Nothing decided"
        self.assertTrue(form.needs_mapping)
        form.question_ids[0].field_id = False
        self.assertFalse(form.needs_mapping)
        self.assertEqual(self.page.form_to_map_count, 0)

    def test_so_does_the_button_and_the_next_reading_does_not_bring_it_back(self):
        self.meta.add_form(NEW_FORM, PAGE, "Autumn", QUESTIONS)
        self.load()
        self.find_form().with_user(self.administrator).action_mapping_done()
        self.load()
        self.assertFalse(self.find_form().needs_mapping)
