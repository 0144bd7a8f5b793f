"""What stops a whole Page: Meta asks for a rest, or a person has to mend something."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields

from .common import PAGE
from .way_in import PAGE_TOKEN, SYSTEM_TOKEN, RefusalCase

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
