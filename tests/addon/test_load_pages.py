"""Load Pages: what the system user may work with, without taking what is another's."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError

from odoo.addons.meta_crm_capi.models import patience

from .common import APP, PAGE
from .way_in import QUESTIONS, SYSTEM_TOKEN, WayInCase

SECOND, THIRD, FOURTH = "110000000000002", "110000000000003", "110000000000004"


class TestLoadPages(WayInCase):
    def setUp(self):
        super().setUp()
        for meta_id, name in ((SECOND, "Shady Roofs"), (THIRD, "Green Roofs")):
            self.meta.add_page(meta_id, name)
        self.give(PAGE, SECOND, THIRD)
        self.pages = self.env["meta.lead.page"].with_context(active_test=False)

    def give(self, *page_ids, **more):
        """Assign these Pages to a system user, whose token the connection gets."""
        token = f"token-of-{'-'.join(page_ids)}"
        self.meta.add_token(
            token, "system_user", app_id=APP, page_ids=[*page_ids], **more
        )
        self.connection.access_token = token

    def load(self, connection=None):
        connection = connection or self.connection
        action = connection.with_user(self.administrator).action_load_pages()
        self.env.invalidate_all()
        return action["params"]

    def find_page(self, meta_id):
        return self.pages.search([("meta_id", "=", meta_id)])

    def test_nobody_waits_for_a_list_without_an_end(self):
        page_ids = [f"1200000000{number:05}" for number in range(70)]
        for page_id in page_ids:
            self.meta.add_page(page_id, "Roofs")
        self.give(*page_ids)
        with patch.object(patience, "WAIT", -1):
            said = self.load()
        self.assertEqual(len(self.meta.requests("/me/accounts")), 1)
        self.assertEqual(said["type"], "warning")
        self.assertIn("too long", said["message"])

    def test_new_pages_come_with_their_tokens_and_are_named(self):
        said = self.load()
        self.assertEqual(said["type"], "success")
        self.assertIn("Shady Roofs", said["message"])
        page = self.find_page(SECOND)
        self.assertRecordValues(
            page,
            [
                {
                    "name": "Shady Roofs",
                    "connection_id": self.connection.id,
                    "company_id": self.company.id,
                    "has_access_token": True,
                    "subscribed": False,
                    "owner_id": self.administrator.id,
                    "catch_up_interval": 60,
                }
            ],
        )
        self.assertTrue(self.find_page(THIRD))

    def test_a_page_that_was_loaded_reads_its_forms_and_leads(self):
        self.load()
        form = "220000000000002"
        self.meta.add_form(form, SECOND, "Autumn offer", QUESTIONS)
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("meta_crm_capi.ir_cron_catch_up").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.find_page(SECOND).form_ids.mapped("meta_id"), [form])

    def test_all_pages_of_a_long_list_come(self):
        more = [f"12000000000{number:04}" for number in range(60)]
        for meta_id in more:
            self.meta.add_page(meta_id, f"Page {meta_id}")
        self.give(*more)
        self.load()
        self.assertEqual(self.pages.search_count([("meta_id", "in", more)]), 60)
        self.assertEqual(len(self.meta.requests("/me/accounts")), 2)

    def test_pages_that_are_here_keep_everything(self):
        team = self.env["crm.team"].create({"name": "Roofers"})
        self.page.write({"name": "Our name", "team_id": team.id, "subscribed": True})
        token = self.page.sudo().access_token_stored
        said = self.load()
        self.assertIn("Here already: Our name", said["message"])
        self.assertRecordValues(
            self.page, [{"name": "Our name", "team_id": team.id, "subscribed": True}]
        )
        self.assertEqual(self.page.sudo().access_token_stored, token)

    def test_a_page_without_a_token_gets_one(self):
        self.env.cr.execute("UPDATE meta_lead_page SET access_token_stored = NULL")
        self.env.invalidate_all()
        self.load()
        self.assertTrue(self.page.has_access_token)

    def test_an_archived_page_stays_archived_and_is_named(self):
        self.page.active = False
        said = self.load()
        self.assertFalse(self.page.active)
        self.assertIn("left so: Sunny Roofs", said["message"])

    def test_a_page_of_another_company_is_not_taken_but_named(self):
        company = self.env["res.company"].create({"name": "Rivals"})
        other = self.env["meta.connection"].create(
            {"name": "Secret name", "company_id": company.id}
        )
        page = self.pages.create(
            {"name": "Their name", "meta_id": SECOND, "connection_id": other.id}
        )
        said = self.load()
        self.assertEqual(page.connection_id, other)
        self.assertFalse(page.has_access_token)
        self.assertIn("Left where they are", said["message"])
        self.assertIn("Shady Roofs", said["message"])
        for secret in ("Secret name", "Their name", "Rivals"):
            self.assertNotIn(secret, said["message"])
        self.assertTrue(self.find_page(THIRD))

    def test_pages_without_an_id_are_none(self):
        body = {"data": [{"id": "x", "name": "Odd"}, {"name": "Odd too"}]}
        self.meta.script("GET /me/accounts", [{"status": 200, "body": body}])
        before = self.pages.search([])
        said = self.load()
        self.assertEqual(said["type"], "danger")
        self.assertIn("names no Page", said["message"])
        self.assertEqual(self.pages.search([]), before)

    def test_a_second_load_brings_nothing_twice(self):
        self.load()
        before = self.pages.search([])
        self.load()
        self.assertEqual(self.pages.search([]), before)

    def test_a_parked_lead_of_a_page_that_is_loaded_comes_in(self):
        form = "220000000000002"
        self.meta.add_form(form, SECOND, "Autumn offer", QUESTIONS)
        row = self.announce(self.fill_in(form=form), page_id=SECOND, form_id=form)
        self.fetch()
        self.assertEqual(row.state, "parked")
        self.load()
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_no_page_at_all_says_what_lacks(self):
        self.give(PAGE, scopes=["pages_show_list", "leads_retrieval"])
        said = self.load()
        self.assertEqual(said["type"], "danger")
        self.assertIn("business_management", said["message"])

    def test_a_dead_token_is_said_with_metas_words(self):
        self.meta.revoke_token(self.connection.sudo().access_token_stored)
        said = self.load()
        self.assertEqual(said["type"], "danger")
        self.assertIn("takes the system-user token of", said["message"])
        self.assertIn("access token", said["message"])
        self.assertIn("Generate token", said["message"])
        self.assertNotIn("whole", said["message"])
        self.assertEqual(self.pages.search([]), self.page)
        logged = self.log.search([("kind", "=", "page")], limit=1)
        self.assertEqual((logged.outcome, logged.code), ("pause", 190))

    def test_a_list_that_breaks_off_keeps_what_came_and_says_so(self):
        node = {"id": SECOND, "name": "Shady Roofs", "access_token": "t"}
        paging = {"cursors": {"after": "c"}, "next": "https://graph.example.com/"}
        self.meta.script(
            "GET /me/accounts",
            [{"status": 200, "body": {"data": [node], "paging": paging}}],
        )
        self.meta.script_named("transient", "GET /me/accounts")
        said = self.load()
        self.assertIn("not whole", said["message"])
        self.assertEqual(said["type"], "danger")
        self.assertTrue(self.find_page(SECOND))

    def test_odd_pages_do_not_hold_up_the_others(self):
        nodes = [
            {"id": "me", "name": "Odd"},
            {"name": "No id"},
            {"id": int(SECOND), "name": None},
            {"id": THIRD, "name": "Green Roofs", "access_token": ["t"]},
            "page",
        ]
        self.meta.script("GET /me/accounts", [{"status": 200, "body": {"data": nodes}}])
        self.load()
        self.assertEqual(self.find_page(SECOND).name, SECOND)
        self.assertFalse(self.find_page(THIRD).has_access_token)
        self.assertEqual(len(self.pages.search([])), 3)

    def test_without_a_token_nobody_is_asked(self):
        connection = self.env["meta.connection"].create({"name": "Empty"})
        with self.assertRaisesRegex(UserError, "system-user token first"):
            self.load(connection)
        self.assertEqual(self.meta.requests(), [])

    def test_a_meta_user_and_a_rep_may_not_load(self):
        for user in (self.rep,):
            with self.assertRaises(AccessError):
                self.connection.with_user(user).action_load_pages()
        self.assertEqual(self.meta.requests(), [])

    def test_no_token_is_in_the_log_or_in_what_is_said(self):
        said = self.load()
        stored = [*self.pages.search([]).sudo().mapped("access_token_stored")]
        texts = [said["message"], *filter(None, self.log.search([]).mapped("message"))]
        for token in filter(None, [*stored, SYSTEM_TOKEN]):
            for text in texts:
                self.assertNotIn(token, text)
