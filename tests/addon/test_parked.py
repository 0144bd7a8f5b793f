"""Parked submissions: why, what to do, and that they go on when the cause is healed."""

from ast import literal_eval
from datetime import timedelta

from odoo.addons.meta_crm_capi.models import meta_lead_submission_parked as parked

from .common import PAGE
from .health import HealthCase
from .way_in import SYSTEM_TOKEN, announcement

OTHER_PAGE = "110000000000002"


class ParkedCase(HealthCase):
    def park(self, meta_id=None, cause="unreadable", **values):
        """A submission of our Page that was given up."""
        row = self.announce(meta_id or self.fill_in())
        row._find_pages()
        row._park("Unsupported get request.", cause)
        row.write(values)
        return row

    def age(self, row, hours=48):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE meta_lead_submission SET tries = 9,"
            " next_try_at = next_try_at - make_interval(hours => %s),"
            " create_date = create_date - make_interval(hours => %s) WHERE id = %s",
            [hours, hours, row.id],
        )
        self.env.invalidate_all()


class TestCauses(ParkedCase):
    def test_a_lead_that_stays_hidden_is_parked_with_meta_s_words_and_a_cure(self):
        meta_id = self.fill_in()
        row = self.announce(meta_id)
        self.meta.delete_lead(meta_id)
        self.age(row)
        self.fetch()
        self.assertRecordValues(
            row,
            [
                {
                    "state": "parked",
                    "parked_cause": "unreadable",
                    "answer_code": 100,
                    "answer_subcode": 33,
                }
            ],
        )
        self.assertIn("Unsupported get request", row.words)
        self.assertIn("Check now", row.cure)
        self.assertNotIn(row.cure.splitlines()[0], row.words)

    def test_a_refusal_is_parked_as_one(self):
        meta_id = self.fill_in()
        row = self.announce(meta_id)
        error = {"code": 100, "message": "(#100) Tried accessing nonexisting field"}
        self.meta.script(f"GET /{meta_id}", [{"status": 400, "body": {"error": error}}])
        self.fetch()
        self.assertEqual((row.state, row.parked_cause), ("parked", "refused"))
        self.assertIn("nonexisting field", row.words)
        self.assertIn("Try again", row.cure)

    def test_what_is_no_lead_is_parked_as_that(self):
        meta_id = self.fill_in()
        row = self.announce(meta_id)
        self.meta.script(f"GET /{meta_id}", [{"status": 200, "raw": '{"id": "7"}'}])
        self.fetch()
        self.assertEqual(row.state, "received")
        self.meta.script(f"GET /{meta_id}", [{"status": 200, "raw": '{"id": "7"}'}])
        self.age(row, hours=37)
        self.fetch()
        self.assertEqual((row.state, row.parked_cause), ("parked", "not_a_lead"))

    def test_an_unknown_page_is_told_on_the_connection(self):
        row = self.announce(self.fill_in(), page_id=OTHER_PAGE)
        self.fetch()
        self.assertEqual(row.parked_cause, "unknown_page")
        self.assertTrue(row.cure)
        self.check()
        self.assertEqual(self.found("unknown_pages").level, "attention")
        self.assertEqual(len(self.activities()), 1)
        self.meta.add_page(OTHER_PAGE, "Shady Roofs", "other-page-token")
        self.env["meta.lead.page"].create(
            {
                "name": "Shady Roofs",
                "meta_id": OTHER_PAGE,
                "connection_id": self.connection.id,
            }
        )
        self.env.invalidate_all()
        self.assertRecordValues(row, [{"state": "received", "parked_cause": False}])
        self.check()
        self.assertNotIn("unknown_pages", self.levels())
        self.assertFalse(self.connection.activity_ids)

    def test_every_cause_has_a_name_and_a_cure(self):
        self.assertEqual({name for name, _words in parked.CAUSES}, set(parked.CURES))

    def test_parked_leads_of_a_page_are_told_on_it(self):
        self.park(cause="internal")
        self.check()
        finding = self.found("parked")
        self.assertEqual(finding.level, "attention")
        self.assertIn("Parked leads of this Page: 1", finding.words)
        self.assertEqual(len(self.page.activity_ids), 1)


class TestHealed(ParkedCase):
    def test_a_new_token_lets_them_be_tried_again(self):
        row = self.park()
        self.connection.with_user(self.administrator).access_token = SYSTEM_TOKEN
        self.assertRecordValues(
            row, [{"state": "received", "tries": 0, "parked_cause": False}]
        )
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_leads_access_that_is_well_again_lets_them_be_tried_again(self):
        row = self.park()
        self.meta.set_lead_access(PAGE, revoked=True)
        self.check()
        self.assertEqual(row.state, "parked")
        self.meta.set_lead_access(PAGE, revoked=False)
        self.run_cron()
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_what_could_not_be_told_and_is_well_now_lets_them_be_tried_again(self):
        row = self.park()
        self.meta.script_named("no_access", "GET */leads", times=1)
        self.check()
        self.assertEqual(self.found("lead_access").level, "inconclusive")
        self.assertEqual((row.state, self.page.state), ("parked", "connected"))
        self.check()
        self.assertEqual(self.found("lead_access").level, "ok")
        self.assertEqual(row.state, "received")

    def test_a_look_that_finds_what_was_well_tries_nothing_again(self):
        self.check()
        row = self.park()
        for _time in range(2):
            self.check()
        self.assertEqual(row.state, "parked")

    def test_what_has_another_cause_waits_for_a_person(self):
        rows = self.park(cause="internal") | self.park(cause="refused")
        self.page._resume()
        self.assertEqual(set(rows.mapped("state")), {"parked"})
        rows.with_user(self.administrator).action_try_again()
        self.assertEqual(set(rows.mapped("state")), {"received"})
        self.fetch()
        self.assertEqual(set(rows.mapped("state")), {"done"})

    def test_what_meta_has_deleted_meanwhile_is_left_alone(self):
        old = self.park(submitted_at=self.now - timedelta(days=91))
        young = self.park(submitted_at=self.now - timedelta(days=89))
        self.page._resume()
        self.assertEqual((old.state, young.state), ("parked", "received"))

    def test_another_page_s_leads_are_left_alone(self):
        row = self.park()
        row.page_meta_id = OTHER_PAGE
        self.page._resume()
        self.assertEqual(row.state, "parked")


class TestCauseGone(ParkedCase):
    """A cause is told of what is parked alone."""

    def test_one_that_the_catch_up_lists_has_none(self):
        row = self.park(cause="refused")
        node = {
            "id": row.meta_id,
            "created_time": "2026-11-20T08:09:10+0000",
            "field_data": [],
        }
        row._heal_parked(self.page, [node])
        self.env.invalidate_all()
        self.assertRecordValues(row, [{"state": "received", "parked_cause": False}])
        self.fetch()
        self.assertRecordValues(row, [{"state": "done", "parked_cause": False}])

    def test_one_that_another_connection_takes_over_has_none(self):
        other = self.env["meta.connection"].create(
            {"name": "Second app", "app_id": "1000000000000002", "app_secret": "x"}
        )
        meta_id = self.fill_in()
        other._receive(announcement(meta_id))
        self.fetch()
        row = self.find(meta_id)
        self.assertEqual(row.parked_cause, "foreign_page")
        self.announce(meta_id)
        self.assertRecordValues(
            row,
            [
                {
                    "state": "received",
                    "parked_cause": False,
                    "connection_id": self.connection.id,
                }
            ],
        )

    def test_one_that_is_erased_has_none(self):
        row = self.park()
        row._erase()
        self.assertRecordValues(row, [{"state": "erased", "parked_cause": False}])


class TestScreen(ParkedCase):
    def test_the_list_shows_parked_ones_alone(self):
        row = self.park()
        other = self.announce(self.fill_in())
        action = self.env.ref("meta_crm_capi.meta_lead_submission_parked_action")
        found = self.submissions.search(literal_eval(action.domain))
        self.assertIn(row, found)
        self.assertNotIn(other, found)
