"""What only time can help is tried again; what it cannot is parked, with why."""

from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from odoo.addons.meta_crm_capi.models import meta_lead_submission_read as read_module
from odoo.addons.meta_crm_capi.models.queue import BACK_OFF
from odoo.addons.meta_crm_capi.protocol import client

from .way_in import RefusalCase

#: Answers after which only time can help: scripted answer.
MAY_PASS = {
    "code 1 with HTTP 500": {
        "status": 500,
        "body": {"error": {"code": 1, "message": "Please reduce the amount of data"}},
    },
    "code 2": {"status": 503, "body": {"error": {"code": 2, "message": "Down"}}},
    "an unknown code": {"status": 400, "body": {"error": {"code": 987654}}},
    "an HTML page": {"status": 502, "html": "<html><body>Sorry</body></html>"},
    "an HTML page with 200": {"status": 200, "html": "<html></html>"},
    "an empty body": {"status": 200, "empty": True},
    "half a body": {"truncate_at": 12},
    "half a JSON text": {"status": 200, "raw": '{"id":"33000'},
    "JSON that is no object": {"status": 200, "raw": "[]"},
    "a closed connection": {"close_before": True},
    "a redirect": {"status": 302, "empty": True, "headers": {"Location": "/x"}},
    "100/33": {
        "status": 400,
        "body": {
            "error": {
                "code": 100,
                "error_subcode": 33,
                "message": "Unsupported get request. Object with ID '1' does not "
                "exist, cannot be loaded due to missing permissions",
            }
        },
    },
    "100 without a subcode": {
        "status": 400,
        "body": {
            "error": {
                "code": 100,
                "message": "Unsupported get request. Object with ID '1' does not "
                "exist, cannot be loaded due to missing permissions",
            }
        },
    },
    "803": {
        "status": 404,
        "body": {
            "error": {
                "code": 803,
                "message": "(#803) Some of the aliases you requested do not exist: 1",
            }
        },
    },
}


class TestRetries(RefusalCase):
    def test_what_may_pass_is_tried_again_with_growing_pauses(self):
        for name, answer in MAY_PASS.items():
            with self.subTest(answer=name):
                row = self.read_as(answer)
                for tries, pause in enumerate(BACK_OFF[:3], start=1):
                    self.assertWaits(row, tries=tries)
                    self.assertGreater(self.waiting(row), pause * 0.75)
                    self.assertLess(self.waiting(row), pause * 1.25)
                    self.make_due(row)
                    self.fetch()
                self.assertEqual(self.page.state, "connected")
                self.assertFalse(self.page.activity_ids)
                self.meta.clear_scripts()
                self.make_due(row)
                self.fetch()
                self.assertRecordValues(row, [{"state": "done", "reason": False}])
                self.assertTrue(row.lead_id)

    def test_a_failed_read_is_logged_with_metas_code_and_words(self):
        self.read_as(MAY_PASS["100/33"])
        log = self.log.search([("kind", "=", "lead")], limit=1)
        self.assertRecordValues(
            log,
            [
                {
                    "direction": "out",
                    "code": 100,
                    "subcode": 33,
                    "event_count": 1,
                    "connection_id": self.connection.id,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertNotEqual(log.outcome, "accepted")
        self.assertIn("does not exist", log.message)
        self.assertTrue(log.trace_id or log.message)

    def test_reads_that_went_well_are_one_line_in_the_log(self):
        self.announce(*(self.fill_in() for _lead in range(3)))
        before = self.log.search([])
        self.fetch()
        log = self.log.search([]) - before
        self.assertEqual(
            log.filtered(lambda row: row.kind == "lead").mapped(
                lambda row: (row.outcome, row.event_count)
            ),
            [("accepted", 3)],
        )

    def test_a_lead_that_stays_unreadable_is_parked_after_36_hours(self):
        row = self.read_as(MAY_PASS["100/33"])
        self.age(row, hours=35)
        self.make_due(row)
        self.fetch()
        self.assertEqual(row.state, "received")
        self.age(row, hours=2)
        self.make_due(row)
        self.fetch()
        self.assertRecordValues(
            row, [{"state": "parked", "next_try_at": False, "lead_id": False}]
        )
        self.assertIn("does not exist", row.reason)
        self.fetch()
        self.assertEqual(row.state, "parked")

    def test_one_bad_moment_after_a_long_wait_parks_nothing(self):
        row = self.announce(self.fill_in())
        self.age(row, hours=72, tries=0)
        self.meta.script(f"GET /{row.meta_id}", [MAY_PASS["code 2"]])
        self.fetch()
        self.assertWaits(row, tries=1)
        self.make_due(row)
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_try_again_reads_a_parked_lead_at_once(self):
        row = self.read_as(MAY_PASS["100/33"])
        self.age(row, hours=37)
        self.make_due(row)
        self.fetch()
        self.assertEqual(row.state, "parked")
        self.meta.clear_scripts()
        triggers = self.env["ir.cron.trigger"].search_count(
            [("cron_id", "=", self.fetch_cron.id)]
        )
        row.with_user(self.administrator).action_try_again()
        self.assertRecordValues(
            row, [{"state": "received", "reason": False, "tries": 0}]
        )
        self.assertLessEqual(self.waiting(row), 1)
        self.assertGreater(
            self.env["ir.cron.trigger"].search_count(
                [("cron_id", "=", self.fetch_cron.id)]
            ),
            triggers,
        )
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_try_again_touches_no_row_that_is_settled(self):
        rows = self.announce("3300000000000011", "3300000000000012")
        for row, state in zip(rows, ("done", "erased"), strict=True):
            row.write({"state": state, "next_try_at": False, "tries": 3})
        rows.with_user(self.administrator).action_try_again()
        self.assertEqual(rows.mapped("state"), ["done", "erased"])
        self.assertEqual(rows.mapped("tries"), [3, 3])

    def test_try_again_is_for_administrators_only(self):
        row = self.announce("3300000000000011")
        row._park("Because.")
        reader = new_test_user(
            self.env, "meta-reader", groups="meta_crm_capi.group_meta_user"
        )
        for user in (reader, self.rep):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                row.with_user(user).action_try_again()
        self.assertEqual(row.state, "parked")

    def test_a_refusal_for_good_parks_at_once(self):
        answer = {
            "status": 400,
            "body": {
                "error": {
                    "code": 100,
                    "message": "(#100) Tried accessing nonexisting field (x)",
                }
            },
        }
        row = self.read_as(answer)
        self.assertEqual((row.state, row.next_try_at), ("parked", False))
        self.assertIn("nonexisting field", row.reason)

    def test_an_answer_that_is_no_lead_is_waited_for_with_the_reason(self):
        for body in (
            {},
            {"id": "1"},
            {"id": "x", "created_time": "2026-01-31T12:34:56+0000"},
            {"success": True},
        ):
            with self.subTest(body=body):
                row = self.read_as({"status": 200, "body": body}, times=1)
                self.assertWaits(row, tries=1)
                self.assertIn("Meta's answer is", row.reason)
                self.make_due(row)
                self.fetch()
                self.assertEqual(row.lead_id.contact_name, "Ana Acker")

    def test_an_answer_that_stays_no_lead_is_parked_in_the_end(self):
        row = self.read_as({"status": 200, "body": {"success": True}})
        self.age(row, hours=37)
        self.fetch()
        self.assertEqual((row.state, row.parked_cause), ("parked", "not_a_lead"))

    def test_a_lead_without_its_answers_is_not_taken_for_the_lead(self):
        for left_out in ({}, {"field_data": None}):
            with self.subTest(left_out):
                meta_id = self.fill_in()
                body = {"id": meta_id, "created_time": 1769862896, **left_out}
                self.meta.script(f"GET /{meta_id}", [{"status": 200, "body": body}])
                row = self.announce(meta_id)
                self.fetch()
                self.assertWaits(row, tries=1)
                self.assertIn("leaves out", row.reason)
                self.make_due(row)
                self.fetch()
                self.assertEqual(row.lead_id.contact_name, "Ana Acker")

    def test_a_lead_without_its_time_has_that_of_its_webhook(self):
        for time in ({}, {"created_time": "yesterday"}):
            with self.subTest(time):
                meta_id = self.fill_in()
                body = {"id": meta_id, "field_data": [], **time}
                self.meta.script(f"GET /{meta_id}", [{"status": 200, "body": body}])
                row = self.announce(meta_id, created_time=1769862896)
                self.fetch()
                self.assertEqual(row.state, "done")
                self.assertEqual(str(row.submitted_at), "2026-01-31 12:34:56")

    def test_the_answer_for_another_lead_is_never_taken(self):
        body = {
            "id": "3300000000000099",
            "created_time": "2026-01-31T12:34:56+0000",
            "field_data": [{"name": "email", "values": ["other@example.com"]}],
        }
        row = self.read_as({"status": 200, "body": body}, times=1)
        self.assertWaits(row, tries=1)
        self.assertIn("another lead", row.reason)
        self.make_due(row)
        self.fetch()
        self.assertFalse(row.lead_id.email_from)

    def test_a_lead_deleted_at_meta_is_parked_in_the_end_not_lost(self):
        meta_id = self.fill_in()
        row = self.announce(meta_id)
        self.meta.delete_lead(meta_id)
        self.fetch()
        self.assertWaits(row, tries=1)
        self.age(row, hours=37)
        self.make_due(row)
        self.fetch()
        self.assertEqual(row.state, "parked")

    def test_a_refused_lead_does_not_hold_up_the_others_of_the_batch(self):
        meta_ids = [self.fill_in() for _lead in range(6)]
        rows = self.announce(*meta_ids)
        self.meta.script(f"GET /{meta_ids[1]}", [{**MAY_PASS["100/33"]}])
        self.meta.script(f"GET /{meta_ids[4]}", [{**MAY_PASS["an HTML page"]}])
        self.fetch()
        waiting = rows.filtered(lambda row: row.state == "received")
        self.assertEqual(waiting.mapped("meta_id"), [meta_ids[1], meta_ids[4]])
        self.assertEqual(set((rows - waiting).mapped("state")), {"done"})

    def test_an_id_that_meta_cannot_be_asked_for_parks_without_the_others(self):
        long_id, good = "9" * 64, self.fill_in()
        rows = self.announce(long_id, good)
        self.fetch()
        self.assertEqual(rows.mapped("state"), ["parked", "done"])
        self.assertIn("no lead with such an ID", rows[0].reason)

    def test_a_time_out_costs_one_try_of_one_lead_not_one_of_each(self):
        meta_ids = [self.fill_in() for _lead in range(8)]
        rows = self.announce(*meta_ids)
        self.meta.script("GET /*", [{"hang": True, "times": None}])
        with patch.dict(client.GraphClient.__init__.__kwdefaults__, {"timeout": 0.4}):
            self.fetch()
        self.assertEqual(set(rows.mapped("state")), {"received"})
        asked = self.reads(*meta_ids)
        self.assertLessEqual(len(asked), 4)
        for row in rows:
            self.assertEqual(row.tries, 1 if row.meta_id in asked else 0)
            self.assertGreater(self.waiting(row), 30)
        tried = rows.filtered("tries")
        self.assertIn("timed out", tried[0].reason)
        self.meta.clear_scripts()
        self.make_due(rows)
        self.fetch()
        self.assertEqual(set(rows.mapped("state")), {"done"})

    def test_a_slow_meta_is_asked_no_longer_than_a_run_may_take(self):
        rows = self.announce(*(self.fill_in() for _lead in range(3)))
        self.patch(read_module, "RUN", -1)
        self.fetch()
        self.assertEqual(self.meta.requests(), [])
        self.assertEqual(set(rows.mapped("state")), {"received"})
        self.assertEqual(set(rows.mapped("tries")), {0})
        self.assertTrue(all(self.waiting(row) > 30 for row in rows))

    def test_a_silent_meta_is_not_waited_for_once_more_for_each_page(self):
        self.env.cr.execute("UPDATE meta_lead_page SET access_token_stored = NULL")
        self.meta.add_page("110000000000002", "Shady Roofs")
        self.meta.add_form("220000000000002", "110000000000002", "Autumn", [])
        other = self.env["meta.lead.page"].create(
            {
                "name": "Shady Roofs",
                "meta_id": "110000000000002",
                "connection_id": self.connection.id,
            }
        )
        self.env.invalidate_all()
        own = self.announce(self.fill_in())
        foreign_id = self.meta.create_lead("220000000000002", {})
        rows = own | self.announce(foreign_id, page_id=other.meta_id)
        self.meta.script("GET /*", [{"close_before": True, "times": None}])
        self.fetch()
        self.assertEqual(len(self.log.search([("kind", "=", "page")])), 1)
        self.assertEqual(rows.mapped("state"), ["received"] * 2)
        self.assertEqual(rows.mapped("tries"), [0, 0])
        self.assertEqual((self.page | other).mapped("state"), ["connected"] * 2)
