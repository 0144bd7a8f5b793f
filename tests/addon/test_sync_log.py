"""The sync log: what a row is about, and what an export of it holds."""

import csv
import io
import json

from odoo.http import Request
from odoo.tests import HttpCase

from .catch_up import CatchUpCase
from .delivery import EVENTS, TOKEN, DeliveryCase
from .way_in import PAGE_TOKEN, SECRET, change, entry, notification

EMAIL = "ana.secret@example.com"
PHONE = "+12025550177"


class TestWhatItIsAbout(CatchUpCase):
    def logged(self, kind):
        return self.log.search([("kind", "=", kind)], order="id desc", limit=1)

    def test_a_webhook_names_its_page(self):
        self.announce(self.fill_in())
        self.assertEqual(self.logged("webhook").page_id, self.page)

    def test_a_webhook_about_several_pages_or_an_unknown_one_names_none(self):
        other = "110000000000002"
        for raw in (
            notification(
                entry(change("1" * 15)), entry(change("2" * 15, page_id=other))
            ),
            notification(entry(change("3" * 15, page_id=other))),
            notification(entry(change("4" * 15, page_id=None))),
        ):
            self.connection._receive(raw)
            self.assertFalse(self.logged("webhook").page_id)

    def test_a_webhook_never_names_the_page_of_another_connection(self):
        other = self.connection.copy({"name": "Other"})
        other._receive(notification(entry(change("5" * 15))))
        self.assertEqual(self.logged("webhook").connection_id, other)
        self.assertFalse(self.logged("webhook").page_id)

    def test_a_read_of_leads_names_page_and_a_caught_up_one_its_form(self):
        self.come_in()
        self.assertEqual(self.logged("lead").page_id, self.page)
        self.lead_at_meta(20)
        self.catch_up()
        self.assertRecordValues(
            self.logged("lead"), [{"page_id": self.page.id, "form_id": self.form.id}]
        )

    def test_a_read_of_a_form_names_it(self):
        self.form.action_load_questions()
        self.assertRecordValues(
            self.logged("form"), [{"page_id": self.page.id, "form_id": self.form.id}]
        )

    def test_a_form_that_is_deleted_leaves_its_exchanges_in_the_log(self):
        form = self.form.copy({"meta_id": "220000000000002"})
        self.meta.add_form("220000000000002", self.page.meta_id, "Other", [])
        form.action_load_questions()
        row = self.logged("form")
        form.unlink()
        self.assertTrue(row.exists())
        self.assertFalse(row.form_id)


class TestEventsOfAnExchange(DeliveryCase):
    """From a line about a batch to the events in it, and so to their leads."""

    def opened(self, log):
        action = log.with_user(self.administrator).action_open_events()
        return self.env[action["res_model"]].search(action["domain"])

    def test_a_refused_batch_leads_to_its_event(self):
        self.make_known_lead()
        refused = self.rows
        self.meta.script_named("purchase_without_value", EVENTS)
        self.deliver()
        log = self.logged
        self.make_known_lead(meta_id="2" * 16)
        self.deliver()

        self.assertEqual(log.outcome, "refuse")
        self.assertEqual(self.opened(log), refused)
        self.assertEqual(len(self.rows), 2)


class TestExport(HttpCase, DeliveryCase):
    """What leaves Odoo as a file has no secret and nobody's data in it."""

    def setUp(self):
        super().setUp()
        self.make_known_lead(email_from=EMAIL, phone=PHONE)
        echo = {
            "status": 400,
            "body": {
                "error": {
                    "code": 100,
                    "error_subcode": 2804003,
                    "message": f"Bad event of {EMAIL}, {PHONE}, token {TOKEN}",
                    "error_user_msg": f"access_token={TOKEN} of {EMAIL}",
                    "fbtrace_id": "AbC",
                }
            },
        }
        self.meta.script(EVENTS, [echo])
        self.deliver()
        self.connection._receive(b"{")
        self.administrator.write(
            {
                "group_ids": [(4, self.env.ref("base.group_allow_export").id)],
                "password": "meta-admin",
            }
        )
        self.env.flush_all()

    def names(self, model):
        """Every field that Odoo's export offers to an administrator."""
        found = self.env[model].with_user(self.administrator).fields_get()
        return sorted(name for name, field in found.items() if field["exportable"])

    def assert_harmless(self, text):
        self.assertIn("AbC", text)
        secrets = (
            *(EMAIL, PHONE, PHONE[1:], TOKEN, SECRET, PAGE_TOKEN, "Ana Acker"),
            self.connection.verify_token,
        )
        self.assertEqual([secret for secret in secrets if secret in text], [])

    def test_every_field_of_every_row_is_harmless(self):
        log = self.env["meta.sync.log"].with_user(self.administrator)
        rows = log.search([])
        self.assertGreater(len(rows), 1)
        names = self.names(log._name)
        self.assertLessEqual(
            {"message", "words", "code", "page_id", "help_url", "trace_id"}, {*names}
        )
        self.assert_harmless(str(rows.export_data(names)))

    def test_the_file_that_a_browser_gets_is_harmless_and_complete(self):
        self.authenticate("meta-admin", "meta-admin")
        names = self.names("meta.sync.log")
        asked = {
            "model": "meta.sync.log",
            "fields": [{"name": name, "label": name} for name in names],
            "ids": False,
            "domain": [],
            "import_compat": False,
            "groupby": [],
            "context": {},
        }
        answer = self.url_open(
            "/web/export/csv",
            data={"data": json.dumps(asked), "csrf_token": Request.csrf_token(self)},
        )
        self.assertEqual(answer.status_code, 200)
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        self.assertEqual(len(rows), self.env["meta.sync.log"].search_count([]))
        self.assertIn("Refused", [row["outcome"] for row in rows])
        self.assert_harmless(answer.text)
