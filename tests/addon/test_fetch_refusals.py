"""What becomes of a lead when Meta does not give it: retried, resting, or parked."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from odoo.addons.meta_crm_capi.models import meta_lead_submission_fetch as fetch_module
from odoo.addons.meta_crm_capi.models import meta_lead_submission_read as read_module
from odoo.addons.meta_crm_capi.models.queue import BACK_OFF
from odoo.addons.meta_crm_capi.protocol import client

from .common import PAGE
from .way_in import PAGE_TOKEN, SYSTEM_TOKEN, WayInCase

#: Answers that a person has to mend: name of the ready-made answer, code, subcode and a
#: word of the cure.
NEEDS_A_PERSON = [
    ("expired_token", 190, 463, "token"),
    ("password_changed", 190, 460, "token"),
    ("page_token_needed", 190, 2069032, "page token"),
    ("scope_missing", 200, 0, "permission"),
    ("lead_access_revoked", 103, 0, "Leads access"),
    ("page_read_missing", 100, 0, "permission"),
    ("proof_missing", 100, 0, "app secret"),
]
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


class RefusalCase(WayInCase):
    def read_as(self, answer, *, times=None):
        """A lead whose read Meta answers so."""
        meta_id = self.fill_in()
        row = self.announce(meta_id)
        self.meta.script(f"GET /{meta_id}", [{**answer, "times": times}])
        self.fetch()
        return row

    def assertWaits(self, row, *, tries):
        self.assertRecordValues(
            row, [{"state": "received", "tries": tries, "lead_id": False}]
        )
        self.assertTrue(row.reason)

    def waiting(self, row):
        """Seconds until the row is read again."""
        return (row.next_try_at - fields.Datetime.now()).total_seconds()

    def make_due(self, rows):
        rows.next_try_at = fields.Datetime.now() - timedelta(minutes=1)

    def age(self, rows, hours, tries=fetch_module.MIN_TRIES):
        """As if these rows had waited and been tried for so long."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE meta_lead_submission SET tries = %s,"
            " create_date = create_date - make_interval(hours => %s),"
            " next_try_at = next_try_at - make_interval(hours => %s)"
            " WHERE id = ANY(%s)",
            [tries, hours, hours, rows.ids],
        )
        self.env.invalidate_all()


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
        rows = self.announce("3300000000000011", "3300000000000012", "3300000000000013")
        for row, state in zip(rows, ("done", "ignored", "erased"), strict=True):
            row.write({"state": state, "next_try_at": False, "tries": 3})
        rows.with_user(self.administrator).action_try_again()
        self.assertEqual(rows.mapped("state"), ["done", "ignored", "erased"])
        self.assertEqual(rows.mapped("tries"), [3, 3, 3])

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

    def test_an_answer_that_is_no_lead_parks_with_the_reason(self):
        for body in (
            {},
            {"id": "1"},
            {"id": "x", "created_time": "2026-01-31T12:34:56+0000"},
            {"id": "3300000000000011", "created_time": "yesterday"},
            {"success": True},
        ):
            with self.subTest(body=body):
                row = self.read_as({"status": 200, "body": body})
                self.assertEqual((row.state, row.lead_id.id), ("parked", False))
                self.assertIn("is not a lead", row.reason)

    def test_the_answer_for_another_lead_is_never_taken(self):
        body = {
            "id": "3300000000000099",
            "created_time": "2026-01-31T12:34:56+0000",
            "field_data": [{"name": "email", "values": ["other@example.com"]}],
        }
        row = self.read_as({"status": 200, "body": body})
        self.assertEqual((row.state, row.lead_id.id), ("parked", False))
        self.assertIn("another lead", row.reason)

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


class TestThrottle(RefusalCase):
    THROTTLED = {
        "status": 403,
        "body": {"error": {"code": 80005, "message": "(#80005) There have been too"}},
        "headers": {
            "X-Business-Use-Case-Usage": '{"110000000000001":[{"type":"leadgen",'
            '"call_count":100,"total_cputime":1,"total_time":1,'
            '"estimated_time_to_regain_access":7}]}'
        },
    }

    def resting(self):
        """Seconds that the Page still rests."""
        return (self.page.resume_at - fields.Datetime.now()).total_seconds()

    def test_a_throttle_rests_the_page_as_long_as_meta_says(self):
        row = self.read_as(self.THROTTLED)
        self.assertWaits(row, tries=0)
        self.assertGreater(self.resting(), 6.5 * 60)
        self.assertLess(self.resting(), 7.5 * 60)
        self.assertEqual(self.page.state, "connected")
        self.assertFalse(self.page.activity_ids)

    def test_without_a_time_of_metas_the_page_rests_a_while(self):
        for code in (4, 17, 32, 613, 341):
            with self.subTest(code=code):
                self.page.resume_at = False
                self.read_as(
                    {"status": 400, "body": {"error": {"code": code, "message": "x"}}}
                )
                self.assertGreater(self.resting(), 60)

    def test_nothing_is_read_of_a_page_that_rests_and_all_of_it_afterwards(self):
        meta_ids = [self.fill_in() for _lead in range(30)]
        rows = self.announce(*meta_ids)
        self.meta.script("GET /*", [{**self.THROTTLED, "times": None}])
        self.fetch()
        asked = self.reads(*meta_ids)
        # Of each request side by side the first tells enough.
        self.assertLessEqual(len(asked), 4)
        self.assertEqual(set(rows.mapped("tries")), {0})
        self.make_due(rows)
        self.fetch()
        self.assertEqual(self.reads(*meta_ids), asked)
        self.meta.clear_scripts()
        self.page.resume_at = fields.Datetime.now() - timedelta(seconds=1)
        self.fetch()
        self.assertEqual(set(rows.mapped("state")), {"done"})

    def test_other_pages_are_read_while_one_rests(self):
        self.meta.add_page("110000000000002", "Shady Roofs", "other-page-token")
        self.meta.add_form("220000000000002", "110000000000002", "Autumn", [])
        self.env["meta.lead.page"].create(
            {
                "name": "Shady Roofs",
                "meta_id": "110000000000002",
                "connection_id": self.connection.id,
                "access_token": "other-page-token",
            }
        )
        self.page.resume_at = fields.Datetime.now() + timedelta(hours=1)
        own = self.announce(self.fill_in())
        other_id = self.meta.create_lead("220000000000002", {})
        other = self.announce(other_id, page_id="110000000000002")
        self.fetch()
        self.assertEqual((own.state, other.state), ("received", "done"))


class TestReconnect(RefusalCase):
    """The token or a permission is gone: nothing is lost, one person is told once."""

    def break_page(self, name):
        """Meta answers every read so, and derives no token for the Page either."""
        self.meta.script_named(name, "GET /*", times=None)

    def test_trouble_that_needs_a_person_stops_the_page_with_one_activity(self):
        for name, code, subcode, word in NEEDS_A_PERSON:
            with self.subTest(answer=name):
                meta_ids = [self.fill_in() for _lead in range(8)]
                rows = self.announce(*meta_ids)
                self.break_page(name)
                self.fetch()
                self.assertEqual(set(rows.mapped("state")), {"received"})
                self.assertEqual(set(rows.mapped("tries")), {0})
                self.assertEqual(self.page.state, "reconnect")
                self.assertIn(word.lower(), self.page.trouble.lower())
                self.assertEqual(len(self.page.activity_ids), 1)
                activity = self.page.activity_ids
                self.assertEqual(activity.user_id, self.page.owner_id)
                self.assertIn(word.lower(), activity.note.lower())
                logged = self.log.search([("outcome", "=", "pause")], limit=1)
                self.assertEqual((logged.code, logged.subcode), (code, subcode))
                # More leads, more runs: no call, no second activity.
                asked = len(self.meta.requests())
                more = self.announce(self.fill_in())
                self.make_due(rows)
                self.fetch()
                self.assertEqual(len(self.meta.requests()), asked)
                self.assertEqual(self.page.activity_ids, activity)
                self.meta.clear_scripts()
                self.page.with_user(self.administrator).action_resume()
                self.assertFalse(self.page.activity_ids)
                self.fetch()
                self.assertEqual(set((rows | more).mapped("state")), {"done"})

    def test_a_dead_token_is_not_tried_with_every_lead(self):
        meta_ids = [self.fill_in() for _lead in range(40)]
        self.announce(*meta_ids)
        self.break_page("expired_token")
        self.fetch()
        self.assertLessEqual(len(self.reads(*meta_ids)), 4)

    def test_a_new_system_user_token_is_the_cure_and_everything_drains(self):
        self.meta.revoke_token(SYSTEM_TOKEN)
        self.meta.revoke_token(PAGE_TOKEN)
        rows = self.announce(*(self.fill_in() for _lead in range(5)))
        self.fetch()
        self.assertEqual(self.page.state, "reconnect")
        self.assertEqual(len(self.page.activity_ids), 1)
        self.meta.add_token(
            "new-system-user-token",
            "system_user",
            app_id="1000000000000001",
            page_ids=[PAGE],
        )
        self.connection.with_user(
            self.administrator
        ).access_token = "new-system-user-token"
        self.assertRecordValues(self.page, [{"state": "connected", "trouble": False}])
        self.assertFalse(self.page.activity_ids)
        self.fetch()
        self.assertEqual(set(rows.mapped("state")), {"done"})
        self.assertEqual(set(rows.mapped("tries")), {1})

    def test_a_new_page_token_is_a_cure_too(self):
        self.break_page("expired_token")
        row = self.come_in()
        self.assertEqual(self.page.state, "reconnect")
        self.meta.clear_scripts()
        self.page.with_user(self.administrator).access_token = PAGE_TOKEN
        self.assertEqual(self.page.state, "connected")
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_a_second_breakdown_is_told_again(self):
        for _time in range(2):
            self.break_page("expired_token")
            self.come_in()
            self.assertEqual(self.page.state, "reconnect")
            self.assertEqual(len(self.page.activity_ids), 1)
            self.meta.clear_scripts()
            self.page.action_resume()
            self.fetch()
            self.assertFalse(self.page.activity_ids)

    def test_the_page_stops_even_where_no_activity_can_be_made(self):
        self.break_page("expired_token")
        with (
            patch.object(
                type(self.page), "activity_schedule", side_effect=ValueError("no")
            ),
            self.assertLogs("odoo.addons.meta_crm_capi", "ERROR"),
        ):
            row = self.come_in()
        self.assertEqual(self.page.state, "reconnect")
        self.assertWaits(row, tries=0)

    def test_metas_words_cannot_become_a_page_of_html(self):
        self.meta.script(
            "GET /*",
            [
                {
                    "status": 400,
                    "times": None,
                    "body": {"error": {"code": 10, "message": "<b>x</b><script>1"}},
                }
            ],
        )
        self.come_in()
        self.assertIn("&lt;b&gt;", self.page.activity_ids.note)
        self.assertNotIn("<script", self.page.activity_ids.note)

    def test_a_page_without_a_responsible_asks_the_first_administrator(self):
        self.page.owner_id = False
        self.break_page("expired_token")
        self.come_in()
        admin = self.env.ref("base.user_admin")
        self.assertEqual(self.page.activity_ids.user_id, admin)
