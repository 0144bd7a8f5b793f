"""Neither a log, nor what is said of a failure, nor another address gets a secret."""

import logging
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError

from odoo.addons.meta_crm_capi.protocol import client

from .test_security_secrets import SECRET, SecretCase
from .way_in import PAGE_TOKEN
from .way_in import SECRET as APP_SECRET

_logger = logging.getLogger("odoo.addons.meta_crm_capi.tests")


class TestNothingLeaks(SecretCase):
    """Neither what is logged nor what is said of a failure holds a secret."""

    def secrets(self):
        return [SECRET, PAGE_TOKEN, "derived-page-token", self.connection.verify_token]

    def assertNoSecretIn(self, text):
        for secret in self.secrets():
            self.assertNotIn(secret, text)

    def test_a_failing_call_leaves_no_secret_in_any_log(self):
        meta_id = self.fill_in()
        self.announce(meta_id)
        token = f"{SECRET}-access_token"
        echo = {
            "status": 400,
            "times": None,
            "body": {
                "error": {
                    "code": 190,
                    "message": f"Bad token {token} in https://x/?access_token={token}",
                    "error_user_msg": f"Bearer {token}",
                    "fbtrace_id": "A1",
                }
            },
        }
        for answer in (echo, {"close_before": True, "times": None}):
            self.meta.clear_scripts()
            self.meta.script("GET /*", [answer])
            with self.assertLogs("odoo.addons.meta_crm_capi", logging.DEBUG) as logs:
                self.page._resume()
                self.fetch()
                # assertLogs wants at least one line.
                _logger.info("end")
            self.assertNoSecretIn("\n".join(logs.output))
            for row in self.log.search([]):
                self.assertNoSecretIn(str(row.read()))
            self.assertNoSecretIn(str(self.page.trouble))
            self.assertNoSecretIn(str(self.page.activity_ids.mapped("note")))
            self.assertNoSecretIn(str(self.find(meta_id).reason))

    def test_buttons_that_fail_say_so_without_the_secret(self):
        token = f"{SECRET}-access_token"
        self.meta.script(
            "*",
            [
                {
                    "status": 400,
                    "times": None,
                    "body": {
                        "error": {
                            "code": 190,
                            "message": f"access_token={token} {token}",
                        }
                    },
                }
            ],
        )
        for record in (self.connection, self.page, self.dataset):
            with self.subTest(model=record._name):
                button = (
                    record.action_subscribe
                    if record._name == "meta.lead.page"
                    else record.action_check
                )
                try:
                    said = str(button())
                except UserError as error:
                    said = str(error)
                self.assertNoSecretIn(said)

    def test_an_unusable_token_is_refused_without_showing_it(self):
        self.connection.access_token = f"{SECRET} with blanks"
        with self.assertRaises(UserError) as caught:
            self.connection.sudo()._get_client()
        self.assertNoSecretIn(str(caught.exception))
        self.assertNoSecretIn(str(caught.exception.__cause__))

    def test_a_broken_database_write_prints_no_secret(self):
        with (
            self.assertLogs("odoo.sql_db", "ERROR") as logs,
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            self.env["meta.lead.page"].create(
                {
                    "name": "Twice",
                    "meta_id": self.page.meta_id,
                    "connection_id": self.connection.id,
                    "access_token": f"{SECRET}-twice",
                }
            )
        self.assertNoSecretIn("\n".join(logs.output))

    def test_the_client_shows_no_secret_of_its_own(self):
        graph = self.connection.sudo()._get_client()
        self.addCleanup(graph.close)
        self.assertNoSecretIn(repr(graph) + str(graph))


class TestGraphUrl(SecretCase):
    """A token goes to Meta over https, or to this machine in a test."""

    def set_url(self, url):
        self.env["ir.config_parameter"].set_param("meta_crm_capi.graph_url", url)

    def no_call(self):
        return patch.object(client.GraphClient, "_call", side_effect=AssertionError)

    def test_https_and_loopback_addresses_are_taken(self):
        for url in (
            "https://graph.facebook.com",
            "https://proxy.example.com/graph/",
            "http://127.0.0.1:4711",
            "http://localhost:4711",
            "http://[::1]:4711",
        ):
            with self.subTest(url=url):
                self.set_url(url)
                with self.connection.sudo()._get_client() as graph:
                    self.assertIsInstance(graph, client.GraphClient)

    def test_any_other_address_is_refused_before_the_token_leaves(self):
        for url in (
            "http://graph.facebook.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://127.0.0.1@example.com",
            "https://user:hidden@graph.facebook.com",
            "ftp://graph.facebook.com",
            "file:///etc/passwd",
            "graph.facebook.com",
            "https://",
            "https://graph.facebook.com/?x=1",
            " ",
        ):
            with self.subTest(url=url):
                self.set_url(url)
                with (
                    patch.object(
                        client.GraphClient, "_call", side_effect=AssertionError
                    ),
                    self.assertRaises(UserError) as caught,
                ):
                    self.connection.action_check()
                self.assertIn("graph_url", str(caught.exception))
                self.assertNotIn("hidden", str(caught.exception))

    def test_an_unusable_address_loses_no_lead(self):
        self.connection.app_secret = APP_SECRET
        self.page.access_token = PAGE_TOKEN
        row = self.announce(self.fill_in())
        self.set_url("http://graph.facebook.com")
        self.fetch()
        self.assertEqual((row.state, self.page.state), ("received", "reconnect"))
        self.set_url(self.meta.url)
        self.page.action_resume()
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_without_the_parameter_it_is_metas_own_address(self):
        self.env["ir.config_parameter"].set_param("meta_crm_capi.graph_url", False)
        url = self.env["meta.connection"]._get_graph_url()
        self.assertEqual(url, "https://graph.facebook.com")

    def test_a_version_that_could_change_the_address_is_refused(self):
        for version in (
            "v26",
            "26.0",
            "v26.0/../x",
            "../v26.0",
            "",
            "v26.0?x=1",
            "vx.0",
        ):
            with self.subTest(version=version), self.assertRaises(ValidationError):
                self.connection.graph_version = version
