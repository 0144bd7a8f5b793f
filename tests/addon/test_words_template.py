"""The committed template of translations is the one that ``make pot`` would write."""

from __future__ import annotations

import io

import polib

from odoo.tests import TransactionCase
from odoo.tools.translate import trans_export

from tests.workbench.layout import ADDON, Layout
from tests.workbench.words import template

from .pseudo import marked_texts

PYTHON = "odoo-python"


class TestTemplate(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        exported = io.BytesIO()
        trans_export(None, [ADDON], exported, "po", cls.env)
        cls.present = terms_of(polib.pofile(exported.getvalue().decode()))
        cls.committed = terms_of(polib.pofile(str(template(Layout.of_this_clone()))))

    def test_the_template_has_every_term_of_the_addon_and_no_other(self):
        new = sorted(set(self.present) - set(self.committed))
        gone = sorted(set(self.committed) - set(self.present))
        self.assertFalse(new + gone, f"new: {new}\ngone: {gone}\nRun: make pot")

    def test_the_template_says_where_each_term_is(self):
        """By these places Odoo knows which record or which code is translated."""
        moved = [
            msgid
            for msgid, places in self.present.items()
            if self.committed.get(msgid, places) != places
        ]
        self.assertFalse(moved, "Run: make pot")

    def test_code_has_no_term_that_is_none(self):
        """Odoo's export takes a bare parenthesis behind a mark for a mark."""
        written = marked_texts("_", "_lt")
        of_code = {
            msgid
            for msgid, (comment, _p) in self.committed.items()
            if PYTHON in comment
        }
        self.assertEqual(of_code - written, set())
        self.assertEqual({text for text in written - of_code if " " in text}, {"%s %%"})

    def test_the_template_has_no_translation_of_its_own(self):
        entries = polib.pofile(str(template(Layout.of_this_clone())))
        self.assertEqual([entry.msgid for entry in entries if entry.msgstr], [])


def terms_of(file: polib.POFile) -> dict[str, tuple[str, list[str]]]:
    """By term: its module and kind of code, and its places."""
    return {
        entry.msgid: (
            entry.comment,
            sorted(place for place, _line in entry.occurrences),
        )
        for entry in file
    }
