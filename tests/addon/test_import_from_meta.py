"""Leads that were at Meta before: counted first, then imported, once."""

import time
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError

from .common import FORM
from .importing import ImportCase

DAY = 24 * 3600


class TestImportFromMeta(ImportCase):
    def test_the_dry_run_counts_and_makes_nothing(self):
        new = [self.fill_in() for _ in range(3)]
        known = self.come_in()
        leads = self.env["crm.lead"].search_count([])
        run = self.count(self.make_import())
        self.assertRecordValues(
            run,
            [
                {
                    "state": "ready",
                    "found_count": 4,
                    "create_count": 3,
                    "known_count": 1,
                    "attach_count": 0,
                    "reason": False,
                }
            ],
        )
        self.assertEqual(
            set(self.lines(run)),
            {*((key, "create") for key in new), (known.meta_id, "known")},
        )
        self.assertEqual(self.env["crm.lead"].search_count([]), leads)
        self.assertFalse(self.find(*new))

    def test_leads_come_in_as_they_do_by_webhook(self):
        meta_id = self.fill_in(
            {"email": "ana@example.com", "which_size?": "large"}, platform="ig"
        )
        run = self.run_whole(self.make_import(is_unassigned=False))
        row = self.find(meta_id)
        self.assertRecordValues(
            row,
            [
                {
                    "state": "done",
                    "origin": "import",
                    "import_id": run.id,
                    "form_id": self.form.id,
                    "platform": "ig",
                    "campaign_name": "Campaign one",
                    "is_attached": False,
                }
            ],
        )
        self.assertEqual(row.lead_id.email_from, "ana@example.com")
        self.assertRecordValues(
            run, [{"state": "done", "made_count": 1, "progress": 100, "reason": False}]
        )
        self.assertEqual(self.queued(row.lead_id), ["initial_lead"])
        self.assertEqual(self.reads(meta_id), [])

    def test_a_known_lead_is_not_made_again_and_a_second_import_makes_none(self):
        known = self.come_in()
        new = self.fill_in()
        self.run_whole(self.make_import())
        leads = self.env["crm.lead"].search([])
        again = self.run_whole(self.make_import())
        self.assertEqual(self.env["crm.lead"].search([]), leads)
        self.assertEqual(again.known_count, 2)
        self.assertEqual(self.find(known.meta_id, new).mapped("state"), ["done"] * 2)

    def test_only_leads_since_the_day_and_of_the_chosen_forms_are_read(self):
        other = self.add_other_form()
        old = self.fill_in(created_time=int(time.time()) - 10 * DAY)
        young = self.fill_in(created_time=int(time.time()) - 2 * DAY)
        elsewhere = self.meta.create_lead(other.meta_id, {})
        since = fields.Date.today() - timedelta(days=5)
        run = self.count(self.make_import(since=since, form_ids=self.form.ids))
        self.assertEqual(self.lines(run), [(young, "create")])
        run = self.count(self.make_import())
        self.assertEqual(
            {key for key, _kind in self.lines(run)}, {old, young, elsewhere}
        )

    def test_a_filter_that_meta_ignores_imports_no_older_leads(self):
        node = {
            "id": "330000000000777",
            "created_time": "2026-01-01T00:00:00+0000",
            "form_id": FORM,
            "field_data": [],
        }
        self.meta.script(
            f"GET /{FORM}/leads", [{"status": 200, "body": {"data": [node]}}]
        )
        run = self.count(self.make_import())
        self.assertEqual(self.lines(run), [])
        self.assertEqual(run.found_count, 0)

    def test_a_form_that_is_archived_has_its_leads_imported_too(self):
        meta_id = self.fill_in()
        self.form.active = False
        self.run_whole(self.make_import())
        self.assertEqual(self.find(meta_id).state, "done")

    def test_long_lists_are_read_to_their_end(self):
        self.meta.set_max_page_size(10)
        made = [self.fill_in() for _ in range(35)]
        run = self.run_whole(self.make_import())
        self.assertEqual(run.made_count, 35)
        self.assertEqual(len(self.find(*made).lead_id), 35)

    def test_what_cannot_be_parsed_is_stored_by_its_id_and_read_by_itself(self):
        meta_id = self.fill_in()
        body = {"data": [{"id": meta_id, "created_time": "soon"}]}
        self.meta.script(
            f"GET /{FORM}/leads", [{"status": 200, "body": body, "times": None}]
        )
        run = self.run_whole(self.make_import())
        self.assertEqual(self.lines(run), [(meta_id, "create")])
        self.assertEqual(self.find(meta_id).state, "done")
        self.assertEqual(self.reads(meta_id), [meta_id])

    def test_the_day_must_be_one_that_meta_still_has(self):
        today = fields.Date.today()
        self.make_import(since=today - timedelta(days=90))
        for day in (today - timedelta(days=91), today + timedelta(days=1), False):
            with self.assertRaises(ValidationError):
                self.make_import(since=day)

    def test_forms_of_another_page_cannot_be_chosen(self):
        other = self.page.copy({"name": "Other", "meta_id": "110000000000002"})
        with self.assertRaises(ValidationError):
            self.make_import(page_id=other.id, form_ids=self.form.ids)

    def test_a_page_without_forms_says_so(self):
        other = self.page.copy({"name": "Other", "meta_id": "110000000000002"})
        with self.assertRaisesRegex(UserError, "has no forms"):
            self.make_import(page_id=other.id).action_count()

    def test_nobody_but_administrators_imports(self):
        run = self.make_import()
        for user in (self.rep, self.env.ref("base.user_demo", False) or self.rep):
            with self.assertRaises(AccessError):
                run.with_user(user).action_count()
            with self.assertRaises(AccessError):
                run.with_user(user).read(["state"])

    def test_a_button_that_is_not_there_any_more_does_nothing(self):
        run = self.make_import()
        for button in ("action_start", "action_pause", "action_resume"):
            with self.assertRaises(UserError):
                getattr(run, button)()
        self.assertEqual(run.state, "draft")

    def test_an_import_at_work_cannot_be_deleted(self):
        run = self.make_import()
        run.action_count()
        with self.assertRaises(UserError):
            run.unlink()
        run.action_cancel()
        run.unlink()

    def test_after_counting_the_choice_can_be_changed_until_leads_are_in(self):
        self.fill_in()
        run = self.count(self.make_import())
        run.action_change()
        self.assertEqual((run.state, self.lines(run)), ("draft", []))
        self.run_whole(run)
        self.assertEqual(run.made_count, 1)
