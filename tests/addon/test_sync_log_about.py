"""The sync log says which Page, form and question a row is about."""

from .common import PAGE
from .health import HealthCase
from .way_in import PAGE_TOKEN, SYSTEM_TOKEN


class TestAbout(HealthCase):
    def rows(self, kind):
        self.env.invalidate_all()
        return self.log.search([("kind", "=", kind)])

    def test_a_check_names_its_page_and_what_was_asked(self):
        self.come_in()
        self.check()
        own, of_page = self.rows("check").sorted(lambda row: bool(row.page_id))
        self.assertEqual(own.asked, "Webhook at Meta, Token")
        self.assertEqual(of_page.page_id, self.page)
        self.assertIn("Page and Lead Ads Terms, Page subscription, Le", of_page.asked)

    def test_a_check_that_found_a_dead_token_is_not_called_accepted(self):
        self.meta.revoke_token(SYSTEM_TOKEN)
        self.check()
        row = self.rows("check").filtered(lambda row: row.asked == "Token")
        self.assertEqual((row.outcome, row.code), ("pause", 190))
        self.assertIn("valid", row.words)
        self.assertIn("Found: Token: Broken.", row.words)
        self.assertTrue(row.meaning)
        self.assertFalse(row.page_id)

    def test_the_finding_is_the_same_as_without_the_log(self):
        self.meta.revoke_token(SYSTEM_TOKEN)
        self.check()
        self.assertEqual(self.found("token").level, "broken")
        self.assertIn("Not valid", self.found("token").words)

    def test_what_a_look_found_stands_in_its_row(self):
        self.meta.set_terms(PAGE, False)
        self.check(self.page)
        row = self.rows("check")
        self.assertEqual(row.outcome, "accepted")
        self.assertIn("Found: Lead Ads Terms: Broken.", row.words)

    def test_a_refusal_names_its_own_question(self):
        self.meta.script_named("throttle_leads", "GET */leads", times=None)
        self.check(self.page)
        row = self.rows("check")
        self.assertEqual(row.asked, f"Leads of form {self.form.meta_id}")
        self.assertEqual(row.page_id, self.page)

    def test_buttons_of_pages_and_forms_are_told_apart(self):
        page = self.page.with_user(self.administrator)
        page.action_subscribe()
        page.action_unsubscribe()
        self.connection.with_user(self.administrator).action_load_pages()
        asked = self.rows("page").mapped("asked")
        self.assertEqual(
            asked, ["List of Pages", "Unsubscribe from leads", "Subscribe to leads"]
        )
        self.assertEqual(self.rows("page").page_id, self.page)
        self.form.with_user(self.administrator).action_load_questions()
        [row] = self.rows("form")
        self.assertEqual((row.form_id, row.page_id), (self.form, self.page))
        page.action_load_forms()
        self.assertEqual(self.rows("form")[:1].asked, "List of forms")

    def test_a_dead_page_token_that_is_derived_anew_shows_each_step(self):
        self.meta.revoke_token(PAGE_TOKEN)
        self.page.with_user(self.administrator).action_subscribe()
        self.assertEqual(
            self.rows("page").mapped("asked"),
            [
                "Subscribe to leads",
                "Page token",
                "With a Page token that is dead",
            ],
        )

    def test_a_page_that_is_deleted_leaves_its_rows(self):
        self.check(self.page)
        row = self.rows("check")
        self.form.unlink()
        self.page.unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(row.exists())
        self.assertFalse(row.page_id)
