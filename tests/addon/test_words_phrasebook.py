"""Stored words are found again by the sentences that they are made of."""

from __future__ import annotations

from odoo.tests import BaseCase

from odoo.addons.meta_crm_capi.models.phrasebook import Phrasebook

TERMS = {
    "Not valid.": "Pas valable.",
    "read leads": "lire",
    "list the Pages": "lister",
    "Wait. Then look.": "Attendez, puis regardez.",
    "Not valid: %(words)s": "Pas valable : %(words)s",
    "Events of “%(name)s”: %(count)s.": "%(count)s événements de « %(name)s ».",
    "Permission is missing: it is to %(what)s.": "Il manque de quoi %(what)s.",
    "%(count)s of %(all)s": "%(count)s/%(all)s",
    "%(share)s %% of the limit is used.": "La limite est à %(share)s %%.",
    "must be text": "doit être du texte",
    "must be one of %(list)s": "doit être parmi %(list)s",
    "Two lines:\n%(words)s": "Deux lignes :\n%(words)s",
}


class TestPhrasebook(BaseCase):
    def setUp(self):
        super().setUp()
        self.read = Phrasebook(TERMS).translate

    def test_one_sentence(self):
        self.assertEqual(self.read("Not valid."), "Pas valable.")

    def test_sentences_side_by_side_and_on_lines(self):
        self.assertEqual(
            self.read("Not valid. Wait. Then look.\nNot valid."),
            "Pas valable. Attendez, puis regardez.\nPas valable.",
        )

    def test_values_go_where_the_language_wants_them(self):
        self.assertEqual(
            self.read("Events of “Sunny. Roofs”: 3. Not valid."),
            "3 événements de « Sunny. Roofs ». Pas valable.",
        )

    def test_percent_sign(self):
        self.assertEqual(
            self.read("92 % of the limit is used."), "La limite est à 92 %."
        )

    def test_what_meta_says_stays(self):
        said = "(#100) Param x must be one of {A, B}. Try 100 % harder."
        self.assertEqual(self.read(said), said)
        self.assertEqual(self.read(f"Not valid: {said}"), f"Pas valable : {said}")

    def test_what_meta_says_ends_where_words_of_ours_begin_again(self):
        self.assertEqual(
            self.read("Not valid: Session ended. Log in. Not valid. read leads"),
            "Pas valable : Session ended. Log in. Pas valable. lire",
        )

    def test_value_that_is_words_of_ours(self):
        self.assertEqual(
            self.read("Permission is missing: it is to read leads."),
            "Il manque de quoi lire.",
        )
        self.assertEqual(
            self.read("Permission is missing: it is to read leads, list the Pages."),
            "Il manque de quoi lire, lister.",
        )

    def test_name_that_looks_like_words_of_ours_stays(self):
        self.assertEqual(
            self.read("Events of “Not valid.”: 3."),
            "3 événements de « Not valid. ».",
        )

    def test_place_of_a_fault_stays_before_its_words(self):
        self.assertEqual(
            self.read("user_data.em[0]: must be text"),
            "user_data.em[0]: doit être du texte",
        )

    def test_template_of_next_to_no_words_is_found_nowhere(self):
        self.assertEqual(self.read("3 of 5"), "3 of 5")

    def test_values_over_several_lines(self):
        self.assertEqual(
            self.read("Two lines:\nMeta said no.\nNot valid."),
            "Deux lignes :\nMeta said no.\nPas valable.",
        )

    def test_white_space_is_kept(self):
        for text in ("", " ", "\n", "  Not meant.  ", "a\n\nb"):
            self.assertEqual(self.read(text), text)

    def test_values_with_signs_of_patterns_and_templates_stay(self):
        for name in ("100 %", "%(count)s", "%s", "a\\1 (b) [c]+ $^", "”: x", "a\nb"):
            self.assertEqual(
                self.read(f"Events of “{name}”: 3."),
                f"3 événements de « {name} ».",
            )

    def test_translation_that_cannot_be_filled_leaves_the_words_as_they_are(self):
        for fault in ("%(nom)s attend.", "100 % de %(name)s.", "100 %"):
            read = Phrasebook({"Page %(name)s waits.": fault}).translate
            self.assertEqual(read("Page Roofs waits."), "Page Roofs waits.")

    def test_words_after_a_long_text_of_others_are_still_found(self):
        said = "Try again. " * 200
        self.assertEqual(self.read(f"{said}Not valid."), f"{said}Pas valable.")
        self.assertEqual(
            self.read(f"Not valid: {said}Wait. Then look."),
            f"Pas valable : {said}Attendez, puis regardez.",
        )

    def test_text_of_hundreds_of_sentences_is_not_searched_for_every_pattern(self):
        book = Phrasebook(TERMS)
        tried = []

        class Counted:
            def __init__(self, pattern):
                self.pattern = pattern

            def fullmatch(self, text):
                tried.append(text)
                return self.pattern.fullmatch(text)

        for templates in (book._by_placeholder, *book._by_first_word.values()):
            for template in templates:
                template.pattern = Counted(template.pattern)
        for unit in ("a: ", "“a” ", "Events of “a” end. ", "Not valid: a. b. "):
            tried.clear()
            said = unit * (2000 // len(unit))
            book.translate(said)
            self.assertLess(len(tried), 2000, unit)

    def test_no_terms_at_all(self):
        self.assertEqual(Phrasebook({}).translate("Not valid."), "Not valid.")
