"""Answers of forms in several languages become values of the right type, or notes."""

import itertools
from datetime import date, datetime

from odoo.addons.base.models.ir_model import IrModelFields

from .common import PAGE
from .way_in import IntakeCase

NUMBERS = itertools.count(220000000000077)
SIZES = [
    {"key": "k1", "value": "Klein"},
    {"key": "k2", "value": "Groß"},
    {"key": "k3", "value": "Etwas anderes"},
]


class ValuesCase(IntakeCase):
    """Custom fields of every type on the lead, and a form whose questions fill them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.env["res.lang"]._activate_lang("tr_TR")
        for name, kind, more in (
            ("x_seats", "integer", {}),
            ("x_size", "float", {}),
            ("x_caller", "boolean", {}),
            ("x_born", "date", {}),
            ("x_visit", "datetime", {}),
            ("x_story", "text", {}),
            ("x_page", "html", {}),
            ("x_short", "char", {"size": 5}),
            ("x_group", "many2one", {"relation": "res.country.group"}),
        ):
            cls.make_field(name, kind, **more)
        field = cls.make_field("x_kind", "selection")
        field.selection_ids = [
            (0, 0, {"value": "small", "name": "Small", "sequence": 1}),
            (0, 0, {"value": "large", "name": "Large", "sequence": 2}),
        ]
        for option, name in zip(field.selection_ids, ("Klein", "Groß"), strict=True):
            option.with_context(lang="de_DE").name = name

    @classmethod
    def make_field(cls, name, kind, **more) -> IrModelFields:
        return cls.env["ir.model.fields"].create(
            {
                "model_id": cls.env["ir.model"]._get_id("crm.lead"),
                "name": name,
                "field_description": name.removeprefix("x_").title(),
                "ttype": kind,
                **more,
            }
        )

    def ask(self, *questions, targets=None, **more):
        """A form at Meta that Odoo has read, mapped to these fields by key."""
        self.meta_form_id = str(next(NUMBERS))
        self.meta.add_form(
            self.meta_form_id, PAGE, "Test form", list(questions), **more
        )
        form = self.env["meta.lead.form"].create(
            {"name": "Test form", "meta_id": self.meta_form_id, "page_id": self.page.id}
        )
        form.action_load_questions()
        for key, name in (targets or {}).items():
            [question] = form.question_ids.filtered(lambda one, key=key: one.key == key)
            field = name and self.field(name).id
            question.write({"field_id": field, "property_id": False})
        return form

    def field(self, name):
        return self.env["ir.model.fields"]._get("crm.lead", name)

    def answer(self, answers, **more):
        """Somebody answers the form; returns the submission that became a lead."""
        form_id = self.meta_form_id
        meta_id = self.meta.create_lead(form_id, answers, **more)
        row = self.announce(meta_id, form_id=form_id)
        self.fetch()
        self.assertEqual(row.state, "done")
        return row


class TestValues(ValuesCase):
    def one_of_each(self, name):
        self.ask(
            {"key": "q", "type": "CUSTOM", "label": "Your answer?"}, targets={"q": name}
        )

    def assertHolds(self, name, given):
        """Each answer with what the field then holds; None: it is in the notes."""
        self.one_of_each(name)
        for text, value in given.items():
            with self.subTest(text=text):
                row = self.answer({"q": text})
                if value is None:
                    self.assertFalse(row.lead_id[name])
                    self.assertEqual(self.notes(row), [f"Your answer?: {text}"])
                else:
                    self.assertEqual(row.lead_id[name], value)
                    self.assertEqual(self.notes(row), [])

    def test_a_moment_at_the_end_of_the_calendar_goes_to_the_notes(self):
        for name, moment, zone in (
            ("x_born", "9999-12-31 23:30Z", "Europe/Istanbul"),
            ("x_visit", "0001-01-01 00:30", "Europe/Istanbul"),
            ("x_visit", "9999-12-31 23:30", "America/New_York"),
        ):
            self.company.partner_id.tz = zone
            self.ask(
                {"key": "when", "type": "CUSTOM", "label": "When"},
                targets={"when": name},
            )
            row = self.answer({"when": moment})
            self.assertEqual(self.notes(row), [f"When: {moment}"])

    def test_whole_numbers(self):
        self.assertHolds(
            "x_seats",
            {
                "12": 12,
                "1.200": 1200,
                "2147483647": 2147483647,
                "2147483648": None,
                "3.5": None,
                "a dozen": None,
                "9" * 400: None,
            },
        )

    def test_numbers(self):
        self.assertHolds(
            "x_size", {"2,5": 2.5, "1,200.75": 1200.75, "1e300": None, "9" * 30: None}
        )

    def test_amounts(self):
        self.assertHolds(
            "expected_revenue", {"€ 1.250,50": 1250.5, "5000 USD": 5000, "much": None}
        )

    def test_yes_and_no(self):
        self.assertHolds("x_caller", {"Ja": True, "evet": True, "vielleicht": None})

    def test_a_no_is_written_and_not_noted(self):
        self.one_of_each("x_caller")
        row = self.answer({"q": "hayır"})
        self.assertIs(row.lead_id.x_caller, False)
        self.assertEqual(self.notes(row), [])

    def test_dates(self):
        self.assertHolds(
            "x_born",
            {
                "1990-05-17": date(1990, 5, 17),
                "17.5.1990": date(1990, 5, 17),
                "05/17/1990": date(1990, 5, 17),
                "05/06/1990": None,
                "long ago": None,
            },
        )

    def test_a_date_of_birth_begins_with_the_month_and_is_noted_as_it_came(self):
        self.ask(
            {"key": "dob", "type": "DOB", "label": "Born"}, targets={"dob": "x_born"}
        )
        row = self.answer({"dob": "05/06/1990"})
        self.assertEqual(row.lead_id.x_born, date(1990, 5, 6))
        self.assertEqual(self.notes(row), ["Born: 05/06/1990"])

    def test_moments_without_an_offset_are_meant_where_the_company_is(self):
        self.company.partner_id.tz = "Europe/Berlin"
        self.assertHolds(
            "x_visit",
            {
                "2026-07-01 10:00": datetime(2026, 7, 1, 8),
                "2026-07-01T10:00:00+0000": datetime(2026, 7, 1, 10),
                "1769862896": datetime(2026, 1, 31, 12, 34, 56),
                "2026-07-01": None,
            },
        )

    def test_texts_of_several_lines_keep_them(self):
        self.one_of_each("x_story")
        row = self.answer({"q": "one\ntwo"})
        self.assertEqual(row.lead_id.x_story, "one\ntwo")

    def test_an_answer_never_becomes_part_of_an_html_page(self):
        self.one_of_each("x_page")
        row = self.answer({"q": "<script>alert(1)</script>"})
        self.assertNotIn("<script", row.lead_id.x_page)
        self.assertIn("&lt;script&gt;", row.lead_id.x_page)

    def test_a_text_that_is_too_long_for_its_field_is_noted_whole(self):
        self.assertHolds("x_short", {"12345": "12345", "123456": None})

    def test_records_are_found_by_their_name_in_any_installed_language(self):
        group = self.env["res.country.group"].create({"name": "Nordic Lands"})
        group.with_context(lang="de_DE").name = "Nordische Länder"
        self.env["res.country.group"].create([{"name": "Twice"}, {"name": "twice"}])
        self.assertHolds(
            "x_group",
            {
                "nordic lands": group,
                "NORDISCHE LÄNDER": group,
                "Twice": None,
                "Nordic%": None,
                "Elsewhere": None,
            },
        )


class TestChoices(ValuesCase):
    def ask_for_size(self, name):
        return self.ask(
            {
                "key": "size",
                "type": "CUSTOM",
                "label": "Welche Größe?",
                "options": SIZES,
            },
            targets={"size": name},
        )

    def test_a_choice_is_written_by_its_label_in_any_installed_language(self):
        self.ask_for_size("x_kind")
        self.assertEqual(self.answer({"size": "k2"}).lead_id.x_kind, "large")
        self.assertEqual(self.answer({"size": "k1"}).lead_id.x_kind, "small")

    def test_a_choice_that_the_field_does_not_know_is_noted_by_its_label(self):
        self.ask_for_size("x_kind")
        row = self.answer({"size": "k3"})
        self.assertFalse(row.lead_id.x_kind)
        self.assertEqual(self.notes(row), ["Welche Größe?: Etwas anderes"])

    def test_several_choices_for_one_value_are_all_noted(self):
        self.ask_for_size("x_kind")
        row = self.answer({"size": ["k1", "k2"]})
        self.assertFalse(row.lead_id.x_kind)
        self.assertEqual(self.notes(row), ["Welche Größe?: Klein, Groß"])

    def test_several_choices_in_a_text_are_joined_by_their_labels(self):
        self.ask_for_size("x_story")
        row = self.answer({"size": ["k1", "k3"]})
        self.assertEqual(row.lead_id.x_story, "Klein, Etwas anderes")

    def test_one_bad_answer_costs_no_other_answer_and_no_lead(self):
        self.ask(
            {"key": "name", "type": "FULL_NAME", "label": "Name"},
            {"key": "n", "type": "CUSTOM", "label": "Seats"},
            {"key": "d", "type": "CUSTOM", "label": "Date"},
            {"key": "size", "type": "CUSTOM", "label": "Size"},
            targets={"n": "x_seats", "d": "x_born", "size": "x_kind"},
        )
        row = self.answer({"name": "Ana", "n": "many", "d": "2026-02-30", "size": "XL"})
        self.assertEqual(row.lead_id.contact_name, "Ana")
        self.assertEqual(
            self.notes(row), ["Seats: many", "Date: 2026-02-30", "Size: XL"]
        )


class TestLanguages(ValuesCase):
    def test_a_turkish_form_fills_the_lead(self):
        form = self.ask(
            {"key": "tam_adınız", "type": "FULL_NAME", "label": "Tam adınız"},
            {"key": "e-posta_adresiniz", "type": "EMAIL", "label": "E-posta"},
            {"key": "telefon_numaranız", "type": "PHONE", "label": "Telefon"},
            {"key": "ülkeniz", "type": "COUNTRY", "label": "Ülkeniz"},
            {"key": "kaç_kişi?", "type": "CUSTOM", "label": "Kaç kişi?"},
            targets={"kaç_kişi?": "x_seats"},
        )
        self.assertEqual(
            form.question_ids.mapped("field_id.name"),
            ["contact_name", "email_from", "phone", "country_id", "x_seats"],
        )
        germany = self.env.ref("base.de").with_context(lang="tr_TR")
        germany.name = "Almanya"
        row = self.answer(
            {
                "tam_adınız": "Ayşe Yılmaz",
                "e-posta_adresiniz": "ayse@example.com",
                "ülkeniz": "ALMANYA",
                "kaç_kişi?": "12",
            }
        )
        self.assertRecordValues(
            row.lead_id,
            [
                {
                    "contact_name": "Ayşe Yılmaz",
                    "email_from": "ayse@example.com",
                    "country_id": self.env.ref("base.de").id,
                    "x_seats": 12,
                }
            ],
        )
        self.assertEqual(self.notes(row), [])

    def test_a_chinese_form_without_types_is_understood_by_its_keys(self):
        self.ask(
            {"key": "姓名", "type": "CUSTOM", "label": "姓名"},
            {"key": "電子郵件", "type": "CUSTOM", "label": "電子郵件"},
            {"key": "您的預算", "type": "CUSTOM", "label": "您的預算"},
        )
        row = self.answer(
            {"姓名": "王小明", "電子郵件": "ming@example.com", "您的預算": "很多"}
        )
        self.assertEqual(row.lead_id.contact_name, "王小明")
        self.assertEqual(row.lead_id.email_from, "ming@example.com")
        self.assertEqual(self.notes(row), ["您的預算: 很多"])

    def test_a_state_by_its_iso_code_is_found_in_its_country_alone(self):
        california = self.env.ref("base.state_us_5")
        for state, country, found in (
            ("US-CA", None, california),
            ("US-CA", "US", california),
            ("US-CA", "Kanada", None),
            ("CA", "Vereinigte Staaten", california),
            ("CA", "Italia", self.env["res.country.state"]),
        ):
            with self.subTest(state=state, country=country):
                self.env.ref("base.us").with_context(
                    lang="de_DE"
                ).name = "Vereinigte Staaten"
                self.env.ref("base.ca").with_context(lang="de_DE").name = "Kanada"
                row = self.come_in_with(
                    ("state", [state]), ("country", [country] if country else None)
                )
                lead = row.lead_id
                if found is None:
                    self.assertFalse(lead.state_id)
                    self.assertEqual(self.notes(row), [f"state: {state}"])
                elif found:
                    self.assertEqual(lead.state_id, found)
                else:
                    self.assertNotEqual(lead.state_id, california)
