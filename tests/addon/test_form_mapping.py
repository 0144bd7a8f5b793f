"""The mapping of a form: what is offered, what is refused, what it says of itself."""

import json

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user

from .test_form_mapping_values import SIZES, ValuesCase

PROPERTIES = [
    {"name": "roof", "string": "Roof", "type": "char"},
    {
        "name": "size",
        "string": "Size",
        "type": "selection",
        "selection": [["a", "Klein"], ["b", "Groß"]],
    },
    {"name": "gap", "string": "Gap", "type": "separator"},
    {
        "name": "colours",
        "string": "Colours",
        "type": "tags",
        "tags": [["r", "Red", 1], ["g", "Green", 2]],
    },
    {"name": "seats", "string": "Seats", "type": "integer"},
    {"name": "land", "string": "Land", "type": "many2one", "comodel": "res.country"},
    {
        "name": "lands",
        "string": "Lands",
        "type": "many2many",
        "comodel": "res.country",
    },
]


class MappingScreenCase(ValuesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page.team_id = cls.team
        cls.team.lead_properties_definition = PROPERTIES
        cls.other_team = cls.env["crm.team"].create(
            {
                "name": "Others",
                "company_id": False,
                "lead_properties_definition": [
                    {"name": "theirs", "string": "Theirs", "type": "char"}
                ],
            }
        )

    def question(self, form, key):
        return form.question_ids.filtered(lambda question: question.key == key)

    def property(self, name):
        return (
            self.env["meta.lead.property"]
            .with_context(active_test=False)
            .search([("property_name", "=", name)])
        )


class TestTargets(MappingScreenCase):
    def test_no_answer_decides_what_a_lead_is_where_it_stands_or_whose_it_is(self):
        form = self.ask({"key": "q", "type": "CUSTOM", "label": "Q"})
        for name in (
            "stage_id",
            "company_id",
            "type",
            "active",
            "team_id",
            "user_id",
            "partner_id",
            "probability",
            "lost_reason_id",
            "campaign_id",
            "meta_consent",
            "description",
            "create_date",
            "id",
            "lead_properties",
            "tag_ids",
            "won_status",
            "message_bounce",
        ):
            with self.subTest(name=name), self.assertRaises(ValidationError):
                form.question_ids.field_id = self.field(name)

    def test_what_a_lead_gives_to_its_contact_can_be_mapped(self):
        form = self.ask({"key": "q", "type": "CUSTOM", "label": "Q"})
        for name in (
            "contact_name",
            "partner_name",
            "email_from",
            "phone",
            "function",
            "website",
            "street",
            "street2",
            "zip",
            "city",
            "state_id",
            "country_id",
            "lang_id",
        ):
            form.question_ids.field_id = self.field(name)
            self.assertEqual(form.question_ids.field_id.name, name)

    def test_a_field_of_another_kind_is_refused_with_what_to_do(self):
        form = self.ask({"key": "mail", "type": "EMAIL", "label": "Your e-mail"})
        with self.assertRaises(ValidationError) as refusal:
            form.question_ids.field_id = self.field("date_deadline")
        self.assertEqual(
            str(refusal.exception),
            "“Your e-mail” asks for EMAIL. The field “Expected Closing” (a date) "
            "cannot hold that. Choose a text field, or leave it empty: then the "
            "answers go to the notes.",
        )

    def test_types_that_never_fit_are_refused_and_those_that_may_are_not(self):
        fitting = {
            "PHONE": ("phone", "x_story"),
            "COUNTRY": ("country_id", "city"),
            "STATE": ("state_id",),
            "DOB": ("x_born", "x_story"),
            "SLIDER": ("x_seats", "x_size"),
            "CUSTOM": ("x_seats", "x_born", "x_caller", "country_id", "x_kind"),
            "SOMETHING_NEW": ("x_seats",),
        }
        misfits = {
            "PHONE": ("x_seats", "expected_revenue"),
            "COUNTRY": ("state_id", "x_caller"),
            "STATE": ("country_id",),
            "DOB": ("x_seats", "country_id"),
            "FULL_NAME": ("x_visit", "x_kind"),
        }
        for kind in {*fitting, *misfits}:
            form = self.ask({"key": "q", "type": kind, "label": "Q"})
            for name in fitting.get(kind, ()):
                form.question_ids.field_id = self.field(name)
            for name in misfits.get(kind, ()):
                with (
                    self.subTest(kind=kind, name=name),
                    self.assertRaises(ValidationError),
                ):
                    form.question_ids.field_id = self.field(name)

    def test_choices_of_which_none_fits_are_refused_and_a_part_is_told(self):
        form = self.ask(
            {"key": "q", "type": "CUSTOM", "label": "Which?", "options": SIZES}
        )
        for name in ("x_caller", "x_seats", "x_born", "country_id"):
            with self.subTest(name=name), self.assertRaises(ValidationError) as refusal:
                form.question_ids.field_id = self.field(name)
            self.assertIn("Klein, Groß, Etwas anderes", str(refusal.exception))
        form.question_ids.field_id = self.field("x_kind")
        self.assertEqual(
            form.question_ids.trouble, "These choices go to the notes: Etwas anderes"
        )

    def test_two_questions_for_one_field_are_told_and_the_first_one_wins(self):
        form = self.ask(
            {"key": "a", "type": "CUSTOM", "label": "A"},
            {"key": "b", "type": "CUSTOM", "label": "B"},
            targets={"a": "referred", "b": "referred"},
        )
        for question in form.question_ids:
            self.assertIn("Another question goes here too", question.trouble)
        row = self.answer({"a": "one", "b": "two"})
        self.assertEqual(row.lead_id.referred, "one")
        self.assertEqual(self.notes(row), ["B: two"])
        row = self.answer({"b": "two"})
        self.assertEqual(row.lead_id.referred, "two")
        self.assertEqual(self.notes(row), [])

    def test_names_in_two_parts_are_joined_and_no_trouble(self):
        form = self.ask(
            {"key": "vorname", "type": "FIRST_NAME", "label": "Vorname"},
            {"key": "nachname", "type": "LAST_NAME", "label": "Nachname"},
        )
        self.assertEqual(form.question_ids.mapped("trouble"), [False, False])
        row = self.answer({"vorname": "Ana", "nachname": "Acker"})
        self.assertEqual(row.lead_id.contact_name, "Ana Acker")


class TestProperties(MappingScreenCase):
    def ask_for(self, name, **more):
        form = self.ask(
            {"key": "q", "type": "CUSTOM", "label": "Frage", **more},
            targets={"q": None},
        )
        form.question_ids.property_id = self.property(name)
        return form

    def test_each_property_of_a_team_can_be_chosen(self):
        names = self.team.meta_property_ids.mapped("name")
        self.assertEqual(names, ["Roof", "Size", "Colours", "Seats", "Land", "Lands"])

    def test_an_answer_fills_the_property_of_the_team(self):
        for name, given, stored in (
            ("roof", "Flat", "Flat"),
            ("size", "groß", "b"),
            ("seats", "1.200", 1200),
            ("land", "US", self.env.ref("base.us").id),
        ):
            with self.subTest(name=name):
                self.ask_for(name)
                row = self.answer({"q": given})
                self.assertEqual(row.lead_id.lead_properties._values[name], stored)
                self.assertEqual(self.notes(row), [])

    def test_several_choices_fill_tags_and_records_and_what_is_unknown_is_noted(self):
        options = [
            {"key": "1", "value": "Red"},
            {"key": "2", "value": "Green"},
            {"key": "3", "value": "Blue"},
        ]
        form = self.ask_for("colours", options=options)
        self.assertIn("Blue", form.question_ids.trouble)
        row = self.answer({"q": ["1", "2"]})
        self.assertEqual(row.lead_id.lead_properties._values["colours"], ["r", "g"])
        self.assertEqual(self.notes(row), [])
        row = self.answer({"q": ["2", "3"]})
        self.assertEqual(row.lead_id.lead_properties._values["colours"], ["g"])
        self.assertEqual(self.notes(row), ["Frage: Green, Blue"])

    def test_what_the_property_cannot_hold_is_noted(self):
        self.ask_for("seats")
        row = self.answer({"q": "many"})
        self.assertNotIn("seats", row.lead_id.lead_properties._values)
        self.assertEqual(self.notes(row), ["Frage: many"])

    def test_a_property_of_another_team_is_noted_and_told(self):
        form = self.ask_for("theirs")
        self.assertIn("one of “Others”", form.question_ids.trouble)
        row = self.answer({"q": "Flat"})
        self.assertEqual(row.lead_id.team_id, self.team)
        self.assertEqual(self.notes(row), ["Frage: Flat"])

    def test_a_property_that_is_deleted_leaves_its_answers_to_the_notes(self):
        form = self.ask_for("roof")
        definition = self.team.lead_properties_definition
        self.team.lead_properties_definition = [
            item for item in definition if item["name"] != "roof"
        ]
        self.assertFalse(self.property("roof").active)
        self.assertIn("this property no more", form.question_ids.trouble)
        row = self.answer({"q": "Flat"})
        self.assertEqual(self.notes(row), ["Frage: Flat"])
        self.team.lead_properties_definition = definition
        self.assertEqual(self.answer({"q": "Flat"}).lead_id.description, False)

    def test_a_property_follows_its_new_name_and_type(self):
        self.team.lead_properties_definition = [
            {"name": "roof", "string": "Dach", "type": "integer"}
        ]
        self.assertRecordValues(
            self.property("roof"), [{"name": "Dach", "type": "integer"}]
        )
        form = self.ask({"key": "q", "type": "EMAIL", "label": "Mail"})
        with self.assertRaises(ValidationError):
            form.question_ids.write(
                {"field_id": False, "property_id": self.property("roof").id}
            )

    def test_a_question_goes_to_one_place_only(self):
        form = self.ask_for("roof")
        with self.assertRaises(ValidationError):
            form.question_ids.field_id = self.field("city")
        with Form(form) as screen, screen.question_ids.edit(0) as line:
            line.field_id = self.field("city")
            self.assertFalse(line.property_id)
        self.assertEqual(form.question_ids.field_id.name, "city")

    def test_properties_of_another_company_are_neither_seen_nor_taken(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.env["crm.team"].create(
            {
                "name": "Far",
                "company_id": company.id,
                "lead_properties_definition": [
                    {"name": "far", "string": "Far", "type": "char"}
                ],
            }
        )
        seen = self.env["meta.lead.property"].with_user(self.administrator).search([])
        self.assertIn(self.property("roof"), seen)
        self.assertNotIn(self.property("far"), seen)
        form = self.ask({"key": "q", "type": "CUSTOM", "label": "Q"})
        with self.assertRaises(ValidationError):
            form.question_ids.property_id = self.property("far")


class TestSuggestions(MappingScreenCase):
    def test_a_duplicated_form_goes_as_the_one_it_was_made_from(self):
        form = self.ask(
            {"key": "budget?", "type": "CUSTOM", "label": "Budget?"},
            {"key": "roof?", "type": "CUSTOM", "label": "Roof?"},
            targets={"budget?": "expected_revenue"},
        )
        self.question(form, "roof?").property_id = self.property("roof")
        form.active = False
        [copy] = self.env["meta.lead.form"].create(
            {"name": "Copy", "meta_id": "220000000000078", "page_id": self.page.id}
        )
        copy.question_ids._learn(
            copy,
            [
                {"key": "budget?", "type": "CUSTOM", "label": "Budget?"},
                {"key": "roof?", "type": "CUSTOM", "label": "Roof?"},
                {"key": "other?", "type": "CUSTOM", "label": "Other?"},
            ],
        )
        self.assertEqual(
            self.question(copy, "budget?").field_id.name, "expected_revenue"
        )
        self.assertEqual(
            self.question(copy, "roof?").property_id, self.property("roof")
        )
        other = self.question(copy, "other?")
        self.assertFalse(other.field_id or other.property_id)

    def test_a_property_and_a_field_made_by_hand_are_suggested_by_their_names(self):
        form = self.ask(
            {"key": "k1", "type": "CUSTOM", "label": "Roof?"},
            {"key": "seats", "type": "CUSTOM", "label": "How many?"},
            {"key": "story", "type": "CUSTOM", "label": "Tell us"},
            {"key": "born", "type": "CUSTOM", "label": "Born", "options": SIZES},
        )
        self.assertEqual(
            [
                question.property_id.name or question.field_id.name
                for question in form.question_ids
            ],
            ["Roof", "Seats", "x_story", False],
        )

    def test_a_decision_stays_when_the_form_is_read_again(self):
        form = self.ask({"key": "email", "type": "EMAIL", "label": "E-mail"})
        form.question_ids.field_id = False
        form.action_load_questions()
        self.assertFalse(form.question_ids.field_id)


class TestScreen(MappingScreenCase):
    def test_the_newest_answer_to_each_question_is_shown_to_administrators_alone(self):
        form = self.ask(
            {"key": "email", "type": "EMAIL", "label": "E-mail"},
            {"key": "size", "type": "CUSTOM", "label": "Size?", "options": SIZES},
            {"key": "long", "type": "CUSTOM", "label": "Long"},
        )
        self.assertEqual(form.question_ids.mapped("sample"), ["", "", ""])
        self.answer(
            {"email": "old@example.com", "size": ["k1", "k2"]}, created_time=1790000000
        )
        self.answer(
            {"email": "new@example.com", "long": "x" * 200}, created_time=1790000060
        )
        self.env.invalidate_all()
        samples = form.with_user(self.administrator).question_ids.mapped("sample")
        self.assertEqual(samples, ["new@example.com", "Klein, Groß", "x" * 80 + "…"])
        marketer = new_test_user(
            self.env, "marketer", groups="meta_crm_capi.group_meta_user"
        )
        with self.assertRaises(AccessError):
            form.with_user(marketer).question_ids.mapped("sample")

    def test_loading_the_questions_again_shows_what_changed_at_meta(self):
        form = self.ask({"key": "a", "type": "CUSTOM", "label": "A"})
        questions = [
            {"key": "a", "type": "CUSTOM", "label": "A, reworded"},
            {"key": "b", "type": "CITY", "label": "B"},
        ]
        node = {"id": form.meta_id, "questions": questions}
        self.meta.script(
            f"GET /{form.meta_id}", [{"status": 200, "raw": json.dumps(node)}]
        )
        form.with_user(self.administrator).action_load_questions()
        self.assertRecordValues(
            form.question_ids,
            [
                {"label": "A, reworded", "field_id": False},
                {"label": "B", "field_id": self.field("city").id},
            ],
        )

    def test_a_form_that_meta_does_not_show_says_why(self):
        form = self.env["meta.lead.form"].create(
            {"name": "Gone", "meta_id": "220000000000666", "page_id": self.page.id}
        )
        answer = form.action_load_questions()
        self.assertEqual(answer["params"]["type"], "danger")
        self.assertIn("Meta does not show this form", answer["params"]["message"])
        self.assertFalse(form.question_ids)
        logged = self.log.search([], limit=1)
        self.assertRecordValues(logged, [{"kind": "form", "event_count": 0}])
        self.assertNotEqual(logged.outcome, "accepted")

    def test_who_may_not_change_the_form_may_not_load_it(self):
        with self.assertRaises(AccessError):
            self.form.with_user(self.rep).action_load_questions()
