"""Forms: entered by hand, learned from Meta, or unknown; each gives its leads."""

import logging
from unittest.mock import patch

from .common import FORM, PAGE
from .way_in import QUESTIONS, IntakeCase

NEW_FORM = "220000000000003"
OTHER_PAGE = "110000000000002"
OTHER_FORM = "220000000000004"


class TestForms(IntakeCase):
    def test_a_form_that_nobody_entered_is_learned_from_meta(self):
        self.meta.add_form(NEW_FORM, PAGE, "Autumn offer", QUESTIONS)
        meta_id = self.meta.create_lead(
            NEW_FORM, {"full_name": "Ana", "which_size?": "large"}
        )
        row = self.announce(meta_id, form_id=NEW_FORM)
        self.fetch()
        form = row.form_id
        self.assertRecordValues(
            form,
            [
                {
                    "meta_id": NEW_FORM,
                    "name": "Autumn offer",
                    "page_id": self.page.id,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(
            form.question_ids.mapped(lambda item: (item.key, item.field_id.name)),
            [
                ("full_name", "contact_name"),
                ("email", "email_from"),
                ("phone_number", "phone"),
                ("which_size?", False),
                ("budget?", False),
            ],
        )
        self.assertEqual(row.lead_id.name, "Autumn offer: Ana")
        self.assertEqual(self.notes(row), ["Which size?: Large"])

    def test_a_new_form_is_asked_for_once_however_many_leads_it_has(self):
        self.meta.add_form(NEW_FORM, PAGE, "Autumn offer", QUESTIONS)
        meta_ids = [self.meta.create_lead(NEW_FORM, {}) for _lead in range(5)]
        rows = self.announce(*meta_ids, form_id=NEW_FORM)
        self.fetch()
        self.announce(self.meta.create_lead(NEW_FORM, {}), form_id=NEW_FORM)
        self.fetch()
        self.assertEqual(len(self.meta.requests(f"/{NEW_FORM}")), 1)
        self.assertEqual(len(rows.form_id), 1)
        logged = self.log.search([("kind", "=", "form")])
        self.assertEqual(logged.mapped("outcome"), ["accepted"])

    def test_a_form_without_questions_of_its_own_still_gives_leads(self):
        self.meta.add_form(NEW_FORM, PAGE, "Empty", [])
        row = self.announce(self.meta.create_lead(NEW_FORM, {}), form_id=NEW_FORM)
        self.fetch()
        self.assertEqual(row.lead_id.name, f"Empty: {row.meta_id}")
        self.assertEqual(self.notes(row), [])

    def test_a_form_that_meta_does_not_show_costs_no_lead(self):
        for name in ("no_access", "transient", "html", "scope_missing", "no_answer"):
            with self.subTest(answer=name):
                self.meta.script_named(name, f"GET /{FORM}")
                row = self.come_in({"email": "ana@example.com", "budget?": "5"})
                self.assertEqual(row.state, "done")
                self.assertEqual(row.lead_id.email_from, "ana@example.com")
                self.assertIn("budget?: 5", self.notes(row))
                self.form.question_ids.unlink()

    def test_a_form_of_an_odd_shape_costs_no_lead(self):
        self.meta.script(
            f"GET /{FORM}",
            [{"status": 200, "body": {"name": {"odd": 1}, "questions": "none"}}],
        )
        row = self.come_in({"email": "ana@example.com"})
        self.assertEqual((row.state, row.form_id), ("done", self.form))
        self.meta.script(
            f"GET /{NEW_FORM}",
            [{"status": 200, "body": {"name": "a\u0000b\ud83d", "questions": [7]}}],
        )
        self.meta.add_form(NEW_FORM, PAGE, "Autumn", QUESTIONS)
        row = self.announce(self.meta.create_lead(NEW_FORM, {}), form_id=NEW_FORM)
        self.fetch()
        self.assertEqual(row.state, "done")
        self.assertTrue(row.form_id.name)

    def test_a_form_that_odoo_cannot_keep_costs_no_lead(self):
        with (
            patch.object(type(self.form), "_learn", side_effect=ValueError("no")),
            self.assertLogs("odoo.addons.meta_crm_capi", logging.ERROR),
        ):
            row = self.come_in({"email": "ana@example.com"})
        self.assertEqual(row.state, "done")
        self.assertEqual(row.lead_id.email_from, "ana@example.com")

    def test_a_form_of_another_page_does_not_lend_its_mapping(self):
        page = self.env["meta.lead.page"].create(
            {"name": "Shady Roofs", "meta_id": OTHER_PAGE}
        )
        self.env["meta.lead.form"].create(
            {
                "name": "Autumn",
                "meta_id": OTHER_FORM,
                "page_id": page.id,
                "question_ids": [(0, 0, {"key": "full_name", "field_id": False})],
            }
        )
        meta_id = self.fill_in({"full_name": "Ana"})
        node = {
            "id": meta_id,
            "created_time": "2026-11-20T08:09:10+0000",
            "form_id": OTHER_FORM,
            "field_data": [{"name": "full_name", "values": ["Ana"]}],
        }
        self.meta.script(f"GET /{meta_id}", [{"status": 200, "body": node}])
        row = self.announce(meta_id)
        self.fetch()
        self.assertFalse(row.form_id)
        self.assertEqual(row.form_meta_id, OTHER_FORM)
        self.assertEqual(row.lead_id.name, "Sunny Roofs: Ana")

    def test_a_lead_without_any_form_gets_the_pages_defaults(self):
        meta_id = self.fill_in()
        node = {
            "id": meta_id,
            "created_time": "2026-11-20T08:09:10+0000",
            "field_data": [
                {"name": "email", "values": ["ana@example.com"]},
                {"name": "favourite_colour", "values": ["red"]},
            ],
        }
        self.meta.script(f"GET /{meta_id}", [{"status": 200, "body": node}])
        row = self.announce(meta_id, form_id=None)
        self.fetch()
        self.assertEqual(row.lead_id.email_from, "ana@example.com")
        self.assertEqual(row.lead_id.name, "Sunny Roofs: ana@example.com")
        self.assertEqual(self.notes(row), ["favourite colour: red"])

    def test_the_administrators_decisions_outlive_what_meta_says(self):
        question = self.env["meta.lead.question"].create(
            {
                "form_id": self.form.id,
                "key": "budget?",
                "field_id": self.env["ir.model.fields"]._get("crm.lead", "function").id,
            }
        )
        row = self.come_in({"budget?": "much"})
        self.assertEqual(row.lead_id.function, "much")
        self.env["meta.lead.form"]._learn(
            self.page, {"id": FORM, "questions": QUESTIONS}
        )
        self.assertEqual(question.field_id.name, "function")
        self.assertEqual(question.label, "What is your budget?")
        self.assertEqual(len(self.form.question_ids), len(QUESTIONS))

    def test_a_question_without_a_key_answers_under_its_type(self):
        self.env["meta.lead.form"]._learn(
            self.page,
            {
                "id": FORM,
                "questions": [{"type": "FULL_NAME"}, {"label": "No key"}, None, "x"],
            },
        )
        self.assertEqual(
            self.form.question_ids.mapped(lambda item: (item.key, item.field_id.name)),
            [("FULL_NAME", "contact_name")],
        )
