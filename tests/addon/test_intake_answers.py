"""Answers of every kind, the odd and the hostile ones too: none is ever lost."""

import json

from odoo.exceptions import ValidationError

from .common import FORM, PAGE
from .way_in import QUESTIONS, IntakeCase


class TestAnswers(IntakeCase):
    def map_to(self, key, field, **vals):
        """A question of the form whose answer goes to this field."""
        return self.env["meta.lead.question"].create(
            {
                "form_id": self.form.id,
                "key": key,
                "field_id": self.env["ir.model.fields"]._get("crm.lead", field).id,
                **vals,
            }
        )

    def test_answers_that_are_no_list_are_in_the_notes(self):
        given = {"data": [{"name": "email", "values": ["ana@example.com"]}]}
        row = self.come_in_as({"form_id": FORM, "field_data": given})
        self.assertEqual(row.state, "done")
        self.assertEqual(self.notes(row), [f"field data: {json.dumps(given)}"])

    def test_a_skipped_question_leaves_neither_value_nor_note(self):
        row = self.come_in_with(
            ("full_name", ["Ana"]), ("email", None), ("budget?", []), ("city", [""])
        )
        lead = row.lead_id
        self.assertEqual(row.state, "done")
        self.assertFalse(lead.email_from or lead.city or lead.description)

    def test_a_lead_without_any_answer_is_still_a_lead(self):
        for node in ({"field_data": []}, {"field_data": {}}):
            with self.subTest(node=node):
                row = self.come_in_as(node)
                self.assertEqual(row.state, "done")
                self.assertEqual(row.lead_id.name, f"Spring offer: {row.meta_id}")

    def test_odd_entries_do_not_cost_the_sound_ones(self):
        row = self.come_in_as(
            {
                "field_data": [
                    None,
                    "x",
                    [],
                    {},
                    {"name": None, "values": ["x"]},
                    {"name": "email", "values": "ana@example.com"},
                    {"name": "age", "values": [42, 1.5, True, None, {"a": 1}]},
                    {"name": "full_name", "values": ["Ana"]},
                ]
            }
        )
        self.assertEqual(row.lead_id.contact_name, "Ana")
        self.assertEqual(row.lead_id.email_from, "ana@example.com")
        *odd, note = self.notes(row)
        self.assertEqual(odd, ["field data: x"] * 2)
        self.assertTrue(note.startswith("age: 42, 1.5, true"), note)

    def test_upper_case_names_are_understood(self):
        row = self.come_in_with(
            ("FULL_NAME", ["Ana"]),
            ("EMAIL", ["ana@example.com"]),
            ("PHONE", ["+12025550101"]),
            ("COMPANY_NAME", ["Acme"]),
            ("GENDER", ["female"]),
        )
        self.assertRecordValues(
            row.lead_id,
            [
                {
                    "contact_name": "Ana",
                    "email_from": "ana@example.com",
                    "phone": "+12025550101",
                    "partner_name": "Acme",
                }
            ],
        )
        self.assertEqual(self.notes(row), ["GENDER: female"])

    def test_names_of_other_languages_are_understood_without_the_form(self):
        row = self.come_in_with(
            ("vollständiger_name", ["Bo Bär"]),
            ("e-mail-adresse", ["bo@example.com"]),
            ("telefonnummer", ["+4915112345678"]),
            ("姓名以外", ["是"]),
        )
        self.assertRecordValues(
            row.lead_id,
            [
                {
                    "contact_name": "Bo Bär",
                    "email_from": "bo@example.com",
                    "phone": "+4915112345678",
                }
            ],
        )
        self.assertEqual(self.notes(row), ["姓名以外: 是"])

    def test_first_and_last_name_become_one_name(self):
        row = self.come_in_with(("last_name", ["Acker"]), ("first_name", ["Ana"]))
        self.assertEqual(row.lead_id.contact_name, "Ana Acker")

    def test_a_key_of_900_characters_is_a_question_like_any_other(self):
        key = "what_do_you_think_of_" + "x" * 879
        self.assertEqual(len(key), 900)
        question = {"key": key, "type": "CUSTOM", "label": "L" * 900}
        form = self.new_form([*QUESTIONS, question])
        row = self.announce(self.meta.create_lead(form, {key: "yes"}), form_id=form)
        self.fetch()
        self.assertEqual(row.form_id.question_ids[-1].key, key)
        self.assertEqual(self.notes(row), [f"{'L' * 900}: yes"])

    def new_form(self, questions, **more):
        self.meta.add_form("220000000000009", PAGE, "Odd", questions, **more)
        return "220000000000009"

    def test_keys_with_brackets_and_marks_find_their_question(self):
        keys = [
            "what_is_your_age_group?_(18-25,_26-40)",
            "a[0]{1}<2>'3'\"4\"%s%(name)s",
            "¿qué_quieres?",
        ]
        form = self.new_form(
            [
                {"key": key, "type": "CUSTOM", "label": f"Question {number}"}
                for number, key in enumerate(keys)
            ]
        )
        meta_id = self.meta.create_lead(form, dict.fromkeys(keys, "100%"))
        row = self.announce(meta_id, form_id=form)
        self.fetch()
        self.assertEqual(
            self.notes(row), [f"Question {number}: 100%" for number in range(3)]
        )

    def test_tracking_parameters_are_noted_though_nobody_asked_them(self):
        form = self.new_form(QUESTIONS, tracking_parameters={"utm_source": "spring"})
        meta_id = self.meta.create_lead(form, {"full_name": "Ana"})
        row = self.announce(meta_id, form_id=form)
        self.fetch()
        self.assertEqual(self.notes(row), ["utm source: spring"])

    def test_consents_are_noted_with_the_text_the_person_read(self):
        boxes = [
            {"key": "calls", "text": "You may call me.", "is_required": False},
            {"key": "news", "text": "Send me news.", "is_required": False},
        ]
        form = self.new_form(
            QUESTIONS,
            custom_disclaimer={"title": "x", "body": "y", "checkboxes": boxes},
        )
        meta_id = self.meta.create_lead(form, {}, consents={"calls": True})
        row = self.announce(meta_id, form_id=form)
        self.fetch()
        self.assertEqual(
            self.notes(row), ["You may call me.: yes", "Send me news.: no"]
        )

    def test_consents_of_a_form_entered_by_hand_are_noted_by_their_key(self):
        self.map_to("full_name", "contact_name")
        row = self.come_in_as(
            {
                "form_id": FORM,
                "custom_disclaimer_responses": [
                    {"checkbox_key": "calls", "is_checked": "1"},
                    {"checkbox_key": "news", "is_checked": ""},
                    {"checkbox_key": "odd", "is_checked": None},
                    {"is_checked": "1"},
                    None,
                ],
            }
        )
        self.assertEqual(self.notes(row), ["calls: yes", "news: no", "odd: no"])

    def test_an_answer_is_text_and_never_becomes_part_of_the_page(self):
        attack = "<script>alert(1)</script><img src=x onerror=alert(2)>&amp;"
        self.meta.add_form("220000000000008", PAGE, attack, [])
        row = self.come_in_with(
            ("full_name", [attack]), ("budget?", [attack]), (attack, [attack])
        )
        lead = row.lead_id
        self.assertEqual(self.notes(row)[0], f"What is your budget?: {attack}")
        self.assertNotIn("<script", lead.description)
        self.assertNotIn("<img", lead.description)
        self.assertEqual(lead.contact_name, attack)
        for message in lead.message_ids:
            self.assertNotIn("<script", message.body)

    def test_a_phone_that_is_no_number_is_kept_as_it_came(self):
        for phone in ("call me at night", "12", "+999999999999999999", "0049 30 / 1"):
            with self.subTest(phone=phone):
                row = self.come_in_with(("phone_number", [phone]))
                self.assertEqual((row.state, row.lead_id.phone), ("done", phone))

    def test_an_e_mail_address_that_is_none_is_kept_as_it_came(self):
        for email in ("none", "a@b", "two@example.com, three@example.com", "@"):
            with self.subTest(email=email):
                row = self.come_in_with(("email", [email]))
                self.assertEqual((row.state, row.lead_id.email_from), ("done", email))

    def test_a_country_is_found_by_code_by_name_and_by_its_name_elsewhere(self):
        united_states = self.env.ref("base.us")
        for text in ("US", "us", "United States", "Estados Unidos", "USA"):
            with self.subTest(text=text):
                row = self.come_in_with(("country", [text]))
                self.assertEqual(row.lead_id.country_id, united_states)
                self.assertEqual(self.notes(row), [])

    def test_a_country_that_nobody_knows_is_noted(self):
        for text in ("Atlantis", "%", "__", "_", "\\", "U%"):
            with self.subTest(text=text):
                row = self.come_in_with(("country", [text]))
                self.assertEqual(row.state, "done")
                self.assertFalse(row.lead_id.country_id)
                self.assertEqual(self.notes(row), [f"country: {text}"])

    def test_a_state_is_found_within_its_country(self):
        row = self.come_in_with(("state", ["California"]), ("country", ["US"]))
        self.assertEqual(row.lead_id.state_id, self.env.ref("base.state_us_5"))
        row = self.come_in_with(("country", ["US"]), ("province", ["ca"]))
        self.assertEqual(row.lead_id.state_id, self.env.ref("base.state_us_5"))

    def test_a_state_that_is_not_clear_is_noted(self):
        for state, country in (
            ("CA", None),
            ("California", "DE"),
            ("Californi_", "US"),
        ):
            with self.subTest(state=state, country=country):
                row = self.come_in_with(
                    ("state", [state]), ("country", [country] if country else None)
                )
                self.assertFalse(row.lead_id.state_id)
                self.assertEqual(self.notes(row), [f"state: {state}"])

    def test_two_answers_for_one_field_are_both_kept(self):
        row = self.come_in_with(
            ("work_email", ["work@example.com"]), ("email", ["ana@example.com"])
        )
        self.assertEqual(row.lead_id.email_from, "ana@example.com")
        self.assertEqual(self.notes(row), ["work email: work@example.com"])

    def test_an_answer_mapped_to_the_title_of_the_lead_becomes_it(self):
        self.map_to("budget?", "name")
        row = self.come_in_with(("budget?", ["A large roof"]), ("full_name", ["Ana"]))
        self.assertEqual(row.lead_id.name, "A large roof")

    def test_an_answer_mapped_to_nothing_goes_to_the_notes(self):
        self.map_to("email", "email_from").field_id = False
        row = self.come_in_with(("email", ["ana@example.com"]))
        self.assertFalse(row.lead_id.email_from)
        self.assertEqual(self.notes(row), ["email: ana@example.com"])

    def test_an_answer_cannot_be_mapped_to_a_field_that_cannot_hold_it(self):
        for field in ("stage_id", "probability", "tag_ids", "description", "active"):
            with self.subTest(field=field), self.assertRaises(ValidationError):
                self.map_to(f"to {field}", field)
        partner_name = self.env["ir.model.fields"]._get("res.partner", "name")
        with self.assertRaises(ValidationError):
            self.map_to("k", "function").field_id = partner_name

    def test_text_of_every_kind_comes_through(self):
        answers = {
            "emoji": "👍🏽 family 👨‍👩‍👧",
            "arabic": "مرحبا",
            "lines": "one\ntwo\r\nthree",
            "quotes": 'O\'Neil "x" \\ %s {} ; DROP TABLE crm_lead; --',
            "long": "x" * 20000,
        }
        row = self.come_in_with(*((key, [text]) for key, text in answers.items()))
        self.assertEqual(row.state, "done")
        found = dict(note.split(": ", 1) for note in self.notes(row))
        self.assertEqual(found["emoji"], answers["emoji"])
        self.assertEqual(found["arabic"], answers["arabic"])
        self.assertEqual(found["quotes"], answers["quotes"])
        self.assertEqual(found["long"], answers["long"])
        self.assertEqual(found["lines"].split(), ["one", "two", "three"])
        kept = {
            item["name"]: item["values"]
            for item in json.loads(row.answers)["field_data"]
        }
        self.assertEqual(kept, {key: [text] for key, text in answers.items()})

    def test_text_that_postgresql_cannot_hold_does_not_keep_a_lead_out(self):
        row = self.come_in_with(
            ("full_name", ["Ana\u0000 \ud83dAcker"]),
            ("odd\u0000key\udc00", ["a\u0000\ud800b"]),
            ("email", ["ana@example.com"]),
        )
        self.assertEqual(row.state, "done")
        self.assertEqual(row.lead_id.email_from, "ana@example.com")
        self.assertTrue(row.lead_id.contact_name.startswith("Ana"))

    def test_odd_ids_and_names_of_the_ad_do_not_keep_a_lead_out(self):
        row = self.come_in_as(
            {
                "ad_id": 12,
                "ad_name": ["x"],
                "adset_id": "as:120200000000000002",
                "campaign_id": {},
                "campaign_name": "  ",
                "form_id": {"id": 7},
                "platform": 7,
                "is_organic": "maybe",
                "partner_name": None,
            }
        )
        self.assertEqual(row.state, "done")
        self.assertEqual((row.ad_id, row.adset_id), ("12", "120200000000000002"))
        self.assertFalse(row.campaign_id)

    def test_metas_times_are_kept_in_utc(self):
        for text in (
            "2026-01-31T12:34:56+0000",
            "2026-01-31T13:34:56+01:00",
            "2026-01-31T12:34:56Z",
            1769862896,
        ):
            with self.subTest(text=text):
                row = self.come_in_as({"created_time": text})
                self.assertEqual(str(row.submitted_at), "2026-01-31 12:34:56")
