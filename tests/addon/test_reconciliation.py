"""The numbers of the reconciliation, and what they differ by."""

from datetime import timedelta

from odoo.addons.meta_crm_capi.models import meta_reconciliation_heal

from .reconciling import MONTH, ReconciliationCase


class TestReconciliation(ReconciliationCase):
    def test_with_nothing_there_meta_was_not_asked_and_the_rest_is_zero(self):
        found = self.look()

        self.assertEqual(self.numbers(), [None, 0, 0, 0])
        self.assertEqual(found["total"]["gaps"], [[], [], []])
        self.assertEqual([row["name"] for row in found["rows"]], ["Spring offer"])
        self.assertFalse(found["total"]["counted_at"])

    def test_all_four_numbers_are_equal_when_all_went_well(self):
        self.come_from_meta()
        self.come_from_meta(days=2)
        self.deliver()
        self.count()

        found = self.look()
        self.assertEqual(self.numbers(), [2, 2, 2, 2])
        self.assertEqual(found["total"]["gaps"], [[], [], []])
        self.assertTrue(found["total"]["counted_at"])
        self.assertEqual(self.row(found, self.form)["gaps"], [[], [], []])

    def test_a_lead_that_odoo_has_not_is_fetched_by_a_button(self):
        self.come_from_meta()
        missing = self.at_meta(days=3)
        self.count()
        self.assertEqual(self.numbers()[:3], [2, 1, 1])
        self.assertEqual(self.causes()[0, "missing"], -1)
        self.assertEqual(self.behind(0, "missing").mapped("meta_id"), [missing])

        notice = self.heal(0, "missing", "fetch")
        self.assertEqual(notice["params"]["type"], "success")
        self.fetch()
        self.assertEqual(self.numbers()[:3], [2, 2, 2])
        self.assertNotIn((0, "missing"), self.causes())

        self.deliver()
        self.assertEqual(self.numbers(), [2, 2, 2, 2])

    def test_fetching_twice_makes_no_second_lead(self):
        missing = self.at_meta()
        self.count()
        self.heal(0, "missing", "fetch")
        self.fetch()
        self.assertEqual(len(self.find(missing)), 1)
        self.heal(0, "missing", "fetch")
        self.fetch()

        self.assertEqual(len(self.find(missing)), 1)
        self.assertEqual(self.numbers()[:3], [1, 1, 1])

    def test_an_import_of_what_is_missing_is_ready_to_be_counted(self):
        self.at_meta(days=5)
        self.count()
        action = self.heal(0, "missing", "import")
        imports = self.env["meta.lead.import"].with_user(self.administrator)
        run = imports.with_context(**action["context"]).create({})

        self.assertEqual((run.page_id, run.form_ids), (self.page, self.form))
        self.assertEqual(run.since, (self.now - timedelta(days=5)).date())
        self.assertTrue(run.is_matching)

    def test_very_many_leads_go_by_an_import(self):
        self.at_meta()
        self.at_meta(days=2)
        self.count()
        self.patch(meta_reconciliation_heal, "MOST_FETCHED", 1)

        action = self.heal(0, "missing", "fetch")
        self.assertEqual(action["res_model"], "meta.lead.import")
        self.assertEqual(self.numbers()[1], 0)

    def test_what_meta_lists_no_more_is_explained(self):
        gone = self.come_from_meta()
        self.meta.delete_lead(gone.meta_id)
        self.count()

        self.assertEqual(self.causes()[0, "unlisted"], 1)
        self.assertEqual(self.behind(0, "unlisted", sign=1), gone)
        self.assertEqual(self.cause(0, "unlisted", sign=1)["level"], "explained")

    def test_what_came_after_meta_was_asked_is_no_difference_to_mend(self):
        self.count()
        late = self.come_from_meta(days=0)

        self.assertEqual(self.causes()[0, "newer"], 1)
        self.assertEqual(self.behind(0, "newer", sign=1), late)
        self.heal(0, "newer", "count", sign=1)
        self.run_cron(self.count_cron)
        self.assertEqual(self.numbers()[:2], [1, 1])

    def test_what_is_older_than_meta_keeps_leads_is_explained(self):
        asked = {
            "first": str((self.now - timedelta(days=120)).date()),
            "last": str(self.now.date()),
        }
        old = self.make_submission("10000000000000001")
        self.age(old, 100)
        self.count(asked)

        self.assertEqual(self.numbers(asked)[:2], [0, 1])
        self.assertEqual(self.causes(asked)[0, "aged"], 1)

    def test_a_parked_lead_is_tried_again_by_a_button(self):
        meta_id = self.at_meta()
        row = self.announce(meta_id)
        row._park("Meta does not show it.", "refused")
        self.count()
        self.assertEqual(self.numbers()[:3], [1, 1, 0])
        cause = self.cause(1, "parked:refused")
        self.assertEqual((cause["count"], cause["level"]), (1, "todo"))
        self.assertEqual(self.behind(1, "parked:refused"), row)

        self.heal(1, "parked:refused", "try_again")
        self.fetch()
        self.assertEqual(self.numbers()[:3], [1, 1, 1])

    def test_a_lead_that_waits_to_be_read_is_read_now(self):
        self.announce(self.at_meta())
        self.count()
        self.assertEqual(self.causes()[1, "received"], -1)
        self.assertEqual(self.cause(1, "received")["level"], "wait")

        self.heal(1, "received", "read_now")
        self.fetch()
        self.assertEqual(self.numbers()[:3], [1, 1, 1])

    def test_a_lead_whose_page_cannot_be_read_leads_to_the_page(self):
        row = self.announce(self.at_meta())
        self.page._set_reconnect("The access token is invalid.")
        key = "received:stopped"
        cause = self.cause(1, key)
        self.assertEqual(
            (cause["level"], [heal["name"] for heal in cause["heals"]]),
            ("todo", ["pages"]),
        )
        self.assertEqual(self.causes(), {(1, key): -1})
        self.assertEqual(self.behind(1, key), row)
        action = self.heal(1, key, "pages")
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("meta.lead.page", self.page.id)
        )

    def test_a_deleted_lead_is_explained_and_counts_what_meta_was_told(self):
        row = self.come_from_meta()
        self.deliver()
        row.lead_id.unlink()
        self.count()

        self.assertEqual(self.numbers(), [1, 1, 0, 1])
        self.assertEqual(self.causes(), {(1, "erased"): -1, (2, "gone"): 1})
        self.assertEqual(self.behind(1, "erased"), row)
        self.assertEqual(self.behind(2, "gone", sign=1).submission_id, row)
        self.assertEqual(self.cause(1, "erased")["heals"], [])

    def test_several_submissions_of_one_lead_are_explained(self):
        lead = self.come_from_meta(days=2).lead_id
        second = self.come_from_meta()
        (lead + second.lead_id).merge_opportunity()
        self.deliver()
        self.count()

        self.assertEqual(self.numbers(), [2, 2, 1, 2])
        self.assertEqual(self.causes(), {(1, "joined"): -1, (2, "joined"): 1})

    def test_test_leads_and_those_left_out_are_told_apart(self):
        test = self.make_submission(
            "10000000000000001", state="ignored", is_test=True, reason="A test lead."
        )
        parked = self.make_submission("10000000000000002", state="parked")
        parked.action_leave_out()

        self.assertEqual(self.causes(), {(1, "test"): -1, (1, "left_out"): -1})
        self.assertEqual(self.behind(1, "test"), test)
        self.assertEqual(self.behind(1, "left_out"), parked)

    def test_an_id_that_was_typed_counts_where_meta_lists_it(self):
        lead = self.make_foreign_lead()
        meta_id = self.at_meta()
        lead.meta_lead_id = meta_id
        self.assertEqual(self.causes()[2, "none:attached"], -1)
        found = self.look()
        self.assertEqual(found["rows"][-1]["name"], "Without a form")

        self.count()
        found = self.look()
        self.assertEqual(self.row(found, self.form)["numbers"]["submissions"], 1)
        self.assertEqual(len(found["rows"]), 1)
        self.assertEqual(self.numbers(), [1, 1, 1, 0])

    def test_a_lead_of_another_period_is_not_counted(self):
        self.come_from_meta(days=20)
        self.count()

        self.assertEqual(self.numbers({"days": 7}), [0, 0, 0, 0])
        self.assertEqual(self.numbers({"days": 30})[:3], [1, 1, 1])

    def test_a_count_of_fewer_days_says_nothing_of_more(self):
        self.at_meta(days=20)
        self.count({"days": 7})

        self.assertEqual(self.numbers({"days": 7})[0], 0)
        self.assertIsNone(self.numbers({"days": 30})[0])

    def test_one_form_and_one_page_can_be_looked_at_alone(self):
        other = self.add_form()
        mine = self.come_from_meta()
        self.come_from_meta(form=other.meta_id)

        self.assertEqual(self.numbers({**MONTH, "form_id": self.form.id})[1], 1)
        self.assertEqual(self.numbers({**MONTH, "page_id": self.page.id})[1], 2)
        self.assertEqual(self.numbers({**MONTH, "form_id": 0})[1], 2)
        opened = self.screen().open_number(
            {**MONTH, "form_id": self.form.id}, "submissions"
        )
        self.assertEqual(opened["domain"], [("id", "in", mine.ids)])

    def test_where_some_forms_were_asked_about_the_rest_is_said_to_be_unknown(self):
        other = self.add_form()
        self.come_from_meta()
        self.come_from_meta(form=other.meta_id)
        self.count({**MONTH, "form_id": self.form.id})

        found = self.look()
        self.assertEqual(self.numbers()[:2], [1, 2])
        self.assertEqual(self.causes()[0, "uncounted"], 1)
        self.assertEqual((found["total"]["counted"], found["total"]["forms"]), (1, 2))
        self.assertIsNone(self.row(found, other)["numbers"]["listed"])
        self.assert_adds_up(found)

    def test_no_day_is_too_far_for_any_calendar(self):
        usual = self.look()["first"]
        for first, last in (
            ("9999-12-30", "9999-12-31"),
            ("0001-01-01", "0001-01-01"),
            ("0002-02-03", "0005-01-01"),
        ):
            asked = {"first": first, "last": last}
            for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
                screen = self.screen().with_context(tz=zone)
                self.assertEqual(screen.get_reconciliation(asked)["days"], 30)
        self.assertEqual(self.look(asked)["first"], usual)

    def test_what_cannot_be_a_period_is_the_usual_one(self):
        usual = self.look()
        for asked in (
            {},
            {"days": 8},
            {"days": "7"},
            {"first": "yesterday", "last": "2026-01-01"},
            {"first": "2026-02-01", "last": "2026-01-01"},
            {"first": "1970-01-01", "last": "2026-01-01"},
            {"first": 7, "last": []},
        ):
            found = self.look(asked)
            self.assertEqual(found["first"], usual["first"], asked)
            self.assertEqual(found["days"], 30)
