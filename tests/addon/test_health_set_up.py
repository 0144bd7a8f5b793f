"""What a newcomer meets: a connection that is not ready yet says what is missing."""

from odoo.addons.meta_crm_capi.models import meta_connection_set_up as set_up

from .common import DATASET, PAGE
from .health import HealthCase
from .way_in import PAGE_TOKEN, SECRET, SYSTEM_TOKEN


class TestSetUp(HealthCase):
    def make(self, **values):
        """A connection that nothing hangs on, of a company that has nothing else."""
        company = self.env["res.company"].create({"name": "Newcomers"})
        self.administrator.company_ids += company
        return self.env["meta.connection"].create(
            {"name": "New", "company_id": company.id, **values}
        )

    def look(self, connection):
        """The button; returns what it said and the findings by their kind."""
        said = self.check(connection)
        rows = self.findings.search([("connection_id", "=", connection.id)])
        return said, {row.kind: row for row in rows}

    def test_without_a_token_the_finding_names_all_that_is_to_be_entered(self):
        said, found = self.look(self.make())
        self.assertEqual(found["token"].level, "broken")
        self.assertIn("No system-user token", found["token"].words)
        self.assertIn("Generate token", found["token"].cure)
        self.assertEqual(found["set_up"].level, "attention")
        self.assertIn(
            "Enter on the connection, and save: App ID, app secret, system-user token.",
            found["set_up"].cure,
        )
        self.assertEqual(said["type"], "danger")
        self.assertIn("Token", said["message"])
        self.assertEqual(self.meta.requests(), [])

    def test_only_what_is_missing_is_named(self):
        _said, found = self.look(self.make(app_id="7", access_token=SYSTEM_TOKEN))
        self.assertIn("Missing on the connection: app secret.", found["set_up"].words)

    def test_a_sound_token_with_nothing_below_is_not_called_everything(self):
        connection = self.make(access_token=SYSTEM_TOKEN)
        said, found = self.look(connection)
        self.assertEqual(found["token"].level, "ok")
        self.assertEqual(found["set_up"].level, "attention")
        self.assertIn(set_up.LOAD_PAGES, found["set_up"].cure)
        self.assertIn(set_up.ADD_DATASET, found["set_up"].cure)
        self.assertEqual(said["type"], "warning")
        self.assertIn("Set-up", said["message"])
        # Whoever sets it up sees it: no activity for that.
        self.assertFalse(connection.activity_ids)

    def test_the_finding_goes_with_the_first_page(self):
        connection = self.make(access_token=SYSTEM_TOKEN)
        self.look(connection)
        self.env["meta.lead.page"].create(
            {"name": "P", "meta_id": "77", "connection_id": connection.id}
        )
        _said, found = self.look(connection)
        self.assertNotIn("set_up", found)

    def test_without_pages_it_is_said_that_no_lead_comes_in(self):
        self.page.active = False
        said = self.check()
        self.assertEqual(said["type"], "info")
        self.assertIn("Well so far: Token", said["message"])
        self.assertIn("No Page is loaded", said["message"])
        self.assertEqual(self.not_well(), {})

    def test_without_a_dataset_it_is_said_that_meta_hears_nothing(self):
        self.come_in()
        self.dataset.active = False
        said = self.check()
        self.assertEqual(said["type"], "info")
        self.assertIn("There is no dataset", said["message"])
        self.dataset.active = True
        said = self.check()
        self.assertEqual(said["message"].split(":")[0], "Everything works")

    def test_without_a_token_what_has_none_of_its_own_is_named(self):
        self.connection.sudo().access_token_stored = False
        self.check()
        token = self.found("token")
        self.assertEqual(token.level, "broken")
        self.assertIn("none of their own: CRM dataset.", token.words)
        self.dataset.access_token = "a-token-of-its-own"
        self.check()
        self.assertEqual(self.found("token").level, "inconclusive")
        self.assertIn("Generate token", self.found("token").cure)

    def test_what_needs_a_person_stands_in_the_findings_and_its_notice_goes(self):
        self.meta.revoke_token(SYSTEM_TOKEN)
        said = self.check()
        self.assertEqual((said["type"], said["sticky"]), ("danger", False))

    def test_a_refusal_that_shows_nowhere_else_stays_until_it_is_closed(self):
        self.meta.revoke_token(SYSTEM_TOKEN)
        action = self.connection.with_user(self.administrator).action_load_pages()
        self.assertTrue(action["params"]["sticky"])


class TestCauseAtTheConnection(HealthCase):
    """A Page that does not work because of its connection says so itself."""

    def kill(self):
        self.meta.revoke_token(SYSTEM_TOKEN)
        self.meta.revoke_token(PAGE_TOKEN)

    def assert_named(self):
        row = self.found("page_token")
        self.assertEqual(row.level, "broken")
        self.assertIn("token of the connection “Sunny Roofs”", row.words)
        self.assertIn("Open the connection “Sunny Roofs”", row.cure)
        self.assertIn("Generate token", row.cure)
        self.assertEqual(self.page.health, "broken")
        return row

    def test_a_dead_token_of_the_connection_is_named_on_the_page(self):
        self.kill()
        self.check()
        row = self.assert_named()
        self.assertIn("Not valid", row.words)
        for kind in ("lead_access", "terms", "page_subscription"):
            self.assertIn("See “Page token”", self.found(kind).cure)
        # One cause, one activity: the connection's.
        self.assertEqual(self.activities().mapped("res_model"), ["meta.connection"])

    def test_it_is_named_also_where_the_connection_was_not_looked_at_yet(self):
        self.kill()
        self.check(self.page)
        self.assert_named()
        self.assertEqual(self.activities().mapped("res_model"), ["meta.lead.page"])
        self.check()
        self.assert_named()
        self.assertEqual(self.activities().mapped("res_model"), ["meta.connection"])

    def test_a_new_token_heals_the_page_too(self):
        self.kill()
        self.check()
        self.meta.add_token(
            "renewed",
            "system_user",
            app_id=self.connection.app_id,
            page_ids=[PAGE],
            dataset_ids=[DATASET],
        )
        self.connection.with_user(self.administrator).access_token = "renewed"
        self.check()
        self.assertEqual(self.found("page_token").level, "ok")
        self.assertFalse(self.activities())


class TestAppSecret(HealthCase):
    def test_a_wrong_app_secret_is_told_before_there_is_a_page(self):
        self.page.active = False
        self.connection.app_secret = "wrong"
        self.check()
        self.assertEqual(self.found("app").level, "broken")
        self.assertEqual(self.found("token").level, "ok")
        self.meta.script_named("no_answer", "GET */debug_token")
        self.check()
        self.assertEqual(self.found("app").level, "inconclusive")
        self.assertTrue(self.activities())
        self.meta.clear_scripts()
        self.connection.app_secret = SECRET
        self.check()
        self.assertNotIn("app", self.levels())
        self.assertFalse(self.activities())

    def test_a_token_of_another_app_says_nothing_of_the_app_secret(self):
        self.meta.add_app("1000000000000009", "other-secret")
        self.meta.add_token(
            "foreign", "system_user", app_id="1000000000000009", page_ids=[PAGE]
        )
        self.connection.access_token = "foreign"
        self.check()
        self.assertNotIn("app", self.levels())

    def test_its_pages_are_looked_at_again_as_soon_as_it_is_right(self):
        self.connection.app_secret = "wrong"
        self.check()
        self.assertEqual(self.found("page_token").level, "broken")
        self.connection.app_secret = SECRET
        self.look_at_connection()
        self.assertFalse(self.page.health_checked_at)

    def test_its_pages_are_looked_at_again_as_soon_as_the_token_is_right(self):
        self.meta.revoke_token(SYSTEM_TOKEN)
        self.check()
        self.assertTrue(self.page.health_checked_at)
        self.meta.renew_token(SYSTEM_TOKEN)
        self.look_at_connection()
        self.assertFalse(self.page.health_checked_at)
        self.page.sudo()._check_health()
        self.look_at_connection()
        self.assertTrue(self.page.health_checked_at)

    def look_at_connection(self):
        """A look at the connection alone, as the setup assistant takes it."""
        self.env.flush_all()
        plan = self.connection.sudo()._check_health()
        self.env.invalidate_all()
        return plan
