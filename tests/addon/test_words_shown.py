"""What screens show, read in a language in which all texts stand in brackets."""

from __future__ import annotations

from odoo.addons.meta_crm_capi.models import consent
from odoo.addons.meta_crm_capi.models.words import show
from odoo.addons.meta_crm_capi.protocol import answer_table, reasons

from .backfilling import BackfillCase
from .delivery import DeliveryCase
from .health import HealthCase
from .pseudo import LANG, marked_texts, outside, speak, texts

#: Of models whose fields people read; bodies and ids are Meta's.
READ = {
    "meta.capi.event": (
        *("reason", "meaning", "cure", "state", "body_problems", "send_obstacle"),
        *("step", "body_kind", "told_keys"),
    ),
    "meta.sync.log": ("words", "meaning", "cure", "message", "asked"),
    "meta.health.finding": ("words", "shown_words", "cure", "display_name"),
    "meta.capi.dataset": (
        *("trouble", "standstill", "check_words", "test_words", "quality_words"),
        *("quality_cure", "quality_headline", "lead_coverage_text", "purchase_text"),
    ),
    "meta.capi.quality": ("hints", "freshness", "subject", "verdict"),
    "meta.lead.page": ("trouble", "catch_up_trouble", "standstill"),
    "meta.lead.submission": ("reason", "words", "cure", "waits_for"),
    "meta.lead.question": ("trouble", "remark"),
    "meta.lead.referral": ("display_name",),
}
#: Meta's part of the demo data, and of a refusal by the fake one.
META_SAID = (
    "Invalid parameter",
    "Error validating access token: This may be because the user logged out or may be "
    "due to a system error.",
)
#: Of what a screen gets, what it does not show.
NOT_SHOWN = ("domain", "model", "res_model", "views", "type", "kind", "key", "step")


class WordsMixin:
    def start_reading(self):
        """The administrator's own screens, in that language."""
        self.reader_env = self.env(
            user=self.administrator.id, context={"lang": LANG, "tz": "Europe/Paris"}
        )
        self.names = [*META_SAID]
        for env in (self.env, self.reader_env):
            for model in ("meta.connection", "meta.lead.page", "meta.lead.form"):
                self.names += env[model].sudo().search([]).mapped("display_name")
            for model in ("meta.capi.dataset", "crm.stage", "crm.lead", "crm.team"):
                self.names += env[model].sudo().search([]).mapped("display_name")
            self.names += env["meta.lead.question"].sudo().search([]).mapped("label")
        self.names += self.env["meta.capi.rule"].search([]).mapped("event_name")
        self.names = [name for name in self.names if name]

    def assertTranslated(self, shown):
        """No sentence of these is left in English."""
        left = {
            text
            for key, text in texts(shown, frozenset())
            if key not in NOT_SHOWN and " " in text and outside(text, *self.names)
        }
        self.assertEqual(left, set())


class TestBackfill(WordsMixin, BackfillCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        speak(cls)

    def test_why_steps_are_not_sent_is_translated_and_leads_to_them(self):
        self.start_reading()
        old = self.missed()
        with self.moment(self.days_ago(8)):
            older = self.make_known_lead()
        plan = self.plan(old + older + self.make_foreign_lead())
        reasons = plan.with_env(self.reader_env).board["reasons"]
        self.assertTrue(reasons)
        for reason in reasons:
            self.assertEqual(outside(reason["words"]), [], reason)
            lines = self.env["meta.capi.backfill.line"].search_count(
                [("backfill_id", "=", plan.id), ("reason", "=", reason["reason"])]
            )
            self.assertEqual(lines, reason["count"])


class TestScreens(WordsMixin, DeliveryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["meta.demo"]._install()
        speak(cls)

    def setUp(self):
        super().setUp()
        self.start_reading()

    def test_overview(self):
        found = self.reader_env["meta.overview"].get_overview()
        self.assertIn("[[", str(found))
        self.assertTranslated(found)

    def test_funnel_doctor_and_dry_run_of_each_dataset(self):
        for dataset in self.reader_env["meta.capi.dataset"].search([]):
            for screen in (dataset.get_funnel_doctor, dataset.get_dry_run):
                found = screen(dataset.id, 30)
                self.assertIn("[[", str(found))
                self.assertTranslated(found)

    def test_setup_assistant(self):
        for connection in self.reader_env["meta.connection"].search([]):
            self.assertIn("[[", str(connection.setup_steps))
            self.assertTranslated(connection.setup_steps)

    def test_lists_and_forms_of_what_is_stored(self):
        for model, names in READ.items():
            rows = self.reader_env[model].search([])
            self.assertTrue(rows or model == "meta.health.finding", model)
            self.assertTranslated(rows.read(names))

    def test_what_stands_in_the_database_stays_english(self):
        event = self.env["meta.capi.event"].search(
            [("state", "=", "not_sent"), ("reason", "!=", False)], limit=1
        )
        event = event.with_env(self.reader_env)
        self.assertNotIn("[[", event.reason)
        self.assertIn("[[", event.read(["reason"])[0]["reason"])
        self.assertIn("[[", event.web_read({"reason": {}})[0]["reason"])
        exported = event.sudo().with_user(self.env.ref("base.user_root"))
        ((words,),) = exported.export_data(["reason"])["datas"]
        self.assertEqual(words, event.reason)

    def test_groups_of_words_are_headed_as_their_records_read(self):
        events = self.reader_env["meta.capi.event"]
        heads = {}
        for group in events.web_read_group([], ["reason"], ["__count"])["groups"]:
            found = events.search(group["__extra_domain"])
            self.assertEqual(len(found), group["__count"])
            self.assertEqual(
                found.mapped("reason"), found[:1].mapped("reason") * len(found)
            )
            shown = found[:1].read(["reason"])[0]["reason"]
            self.assertEqual(group["reason"], shown)
            heads[shown] = group
        self.assertTranslated(list(heads))
        self.assertIn("[[", str(heads))

    def test_groups_that_read_the_same_keep_a_head_of_their_own(self):
        moments = ("13:05:01", "13:05:02")
        events = self.env["meta.capi.event"].search([], limit=2)
        for event, moment in zip(events, moments, strict=True):
            event.sudo().reason = (
                f"Meta asked for a rest until 2026-01-31 {moment} UTC."
            )
        groups = events.with_env(self.reader_env).web_read_group(
            [("id", "in", events.ids)], ["reason"], ["__count"]
        )["groups"]
        self.assertEqual([group["__count"] for group in groups], [1, 1])
        self.assertEqual(len({group["reason"] for group in groups}), 2)

    def test_reader_without_that_language_reads_english(self):
        event = self.env["meta.capi.event"].search([("reason", "!=", False)], limit=1)
        for lang in (False, "en_US"):
            row = event.with_context(lang=lang).read(["reason"])[0]
            self.assertEqual(row["reason"], event.reason)

    def test_every_explanation_of_an_error_or_a_reason(self):
        rules = [*answer_table.RULES, answer_table.UNKNOWN, answer_table.NO_ANSWER]
        rules += answer_table.NOT_GRAPH_BY_STATUS.values()
        rows = [*reasons.REASONS, *reasons.WAITS, *reasons.REMARKS]
        for row in (*rules, *rows):
            for words in (row.meaning, row.cure):
                self.assertTranslated(show(self.reader_env, words) or "")

    def test_reason_with_a_remark_behind_it(self):
        words = f"{consent.SAID_NO} {consent.TRIED_BEFORE}"
        self.assertEqual(
            show(self.reader_env, words),
            f"[[{consent.SAID_NO}]] [[{consent.TRIED_BEFORE}]]",
        )

    def test_every_marked_text_is_found_again_with_values_in_it(self):
        marked = sorted(marked_texts("_lt"))
        self.assertGreater(len(marked), 300)
        for source in marked:
            filled = source % Values() if "%(" in source else source
            self.assertTranslated(show(self.reader_env, filled))

    def test_activity_is_in_the_language_of_who_gets_it(self):
        self.administrator.lang = LANG
        self.dataset.with_context(lang="en_US")._pause("The token is not valid.")
        activity = self.dataset.activity_ids
        self.assertIn("[[The token is not valid.]]", activity.note)
        self.assertTranslated(activity.summary)
        self.assertEqual(self.dataset.trouble, "The token is not valid.")


class TestHealth(WordsMixin, HealthCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        speak(cls)

    def test_findings_good_and_bad(self):
        self.start_reading()
        self.check()
        self.assertTranslated(self.read_findings())
        self.meta.revoke_token("test-system-user-token")
        self.check()
        found = self.read_findings()
        self.assertTranslated(found)
        self.assertIn("[[", str(found))

    def read_findings(self):
        names = ("shown_words", "words", "cure", "display_name")
        return self.reader_env["meta.health.finding"].search([]).read(names)


class Values(dict):
    """Any value for any placeholder."""

    def __missing__(self, name):
        return "1234"
