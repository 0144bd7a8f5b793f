"""Who sends a form again loses no answer: it is on the lead or in the note."""

from .test_form_mapping_values import ValuesCase

MAIL = {"key": "mail", "type": "EMAIL", "label": "Mail"}


class TestAnswers(ValuesCase):
    def setUp(self):
        super().setUp()
        self.page.person_policy = "join"

    def ask_for(self, target):
        self.ask(
            MAIL, {"key": "it", "type": "CUSTOM", "label": "It"}, targets={"it": target}
        )

    def note_on(self, before, after):
        """The note that the second of these two answers leaves on the lead."""
        first, second = (
            self.answer({"mail": "ana@example.com", "it": it}) for it in (before, after)
        )
        self.assertEqual(first.lead_id, second.lead_id)
        return first.lead_id.message_ids.sorted("id")[-1:].body

    def test_an_answer_that_is_the_title(self):
        self.ask_for("name")
        note = self.note_on("A roof", "A <b>porch</b>")
        self.assertIn("A &lt;b&gt;porch&lt;/b&gt;", note)
        lead = self.submissions.search([], limit=1, order="id desc").lead_id
        self.assertEqual(lead.name, "A roof")

    def test_a_title_of_our_own_is_no_news(self):
        self.ask_for(None)
        note = self.note_on("1", "2")
        self.assertNotIn("Test form: ", note)
        self.assertNotIn(self.env.lang or "English", note)

    def test_a_no_where_the_lead_says_yes(self):
        self.ask_for("x_caller")
        self.assertIn("<li>Caller: no</li>", self.note_on("yes", "no"))

    def test_a_no_where_the_lead_says_no_is_no_news(self):
        self.ask_for("x_caller")
        self.assertNotIn("Caller", self.note_on("no", "no"))

    def test_a_zero_where_the_lead_has_a_number(self):
        self.ask_for("x_seats")
        self.assertIn("<li>Seats: 0</li>", self.note_on("3", "0"))

    def test_a_language(self):
        self.ask_for("lang_id")
        self.assertIn("German", self.note_on("English (US)", "German / Deutsch"))
