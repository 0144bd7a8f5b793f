"""The causes of differences, read in a language in which all stands in brackets."""

from __future__ import annotations

from odoo.addons.meta_crm_capi.protocol import reasons

from .pseudo import LANG, marked_texts, outside, speak
from .reconciling import MONTH, ReconciliationCase
from .test_words_shown import Values

#: What a raw lead came to, where the reason is one of ours.
ENDS = (reasons.NOT_SENT, reasons.CANCELLED, reasons.EXPIRED, reasons.REFUSED)


class TestReconciliationWords(ReconciliationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        speak(cls)

    def setUp(self):
        super().setUp()
        self.event = self.raw_leads(self.come_from_meta())

    def assertCausesTranslated(self):
        found = self.screen().with_context(lang=LANG).get_reconciliation(MONTH)
        causes = found["total"]["gaps"][2]
        self.assertEqual(len(causes), 1)
        for cause in causes:
            for words in (cause["title"], cause["words"]):
                self.assertEqual(outside(words), [], (cause["key"], words))

    def test_every_reason_why_meta_was_not_told(self):
        tried = set()
        for source in sorted(marked_texts("_lt")):
            filled = source % Values() if "%(" in source else source
            row = reasons.find(filled)
            if row and row.state in ENDS:
                tried.add(row)
                self.settle(self.event, row.state, filled, code=0)
                self.assertCausesTranslated()
        self.assertGreater(len(tried), 20)

    def test_everything_that_an_event_waits_for(self):
        self.assertCausesTranslated()
        for state in ("paused", "resting", "stopped"):
            self.dataset.sudo().state = state
            self.settle(self.event, "queued")
            self.assertCausesTranslated()
        self.dataset.sudo().state = "active"
        self.settle(self.event, "queued", "Meta did not answer.")
        self.assertCausesTranslated()
        self.event.rule_id.sudo().is_set_aside = True
        self.assertCausesTranslated()
        self.event.rule_id.sudo().is_set_aside = False
        self.dataset.active = False
        self.assertCausesTranslated()
