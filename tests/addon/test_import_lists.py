"""Lists that do not end, or that Meta does not give, and what is open meanwhile."""

import time
from unittest.mock import patch

from odoo.addons.meta_crm_capi.models import meta_lead_import_source
from odoo.addons.meta_crm_capi.models.meta_lead_import_source import Chunk

from .common import FORM
from .importing import OTHER_FORM, ImportCase
from .transactions import before_requests, noting_steps

DAY = 24 * 3600
GONE = {
    "status": 400,
    "body": {
        "error": {
            "message": "Unsupported get request. Object with ID 'x' does not exist, "
            "cannot be loaded due to missing permissions",
            "type": "GraphMethodException",
            "code": 100,
            "error_subcode": 33,
        }
    },
    "times": None,
}


class TestOneFormInTrouble(ImportCase):
    def setUp(self):
        super().setUp()
        self.add_other_form()
        self.meta.script(f"GET /{OTHER_FORM}/leads", [GONE])

    def test_the_other_forms_are_imported_and_it_says_what_is_missing(self):
        made = self.fill_in()
        run = self.count(self.make_import())
        self.assertEqual((run.state, self.lines(run)), ("ready", [(made, "create")]))
        self.assertIn("Autumn", run.reason)
        run.action_start()
        self.work()
        self.assertRecordValues(run, [{"state": "done", "made_count": 1}])
        self.assertIn("Autumn", run.reason)
        self.assertNotIn("Spring", run.reason)
        self.assertIn("Not all", run.sudo().activity_ids.summary)

    def test_the_live_leads_of_the_page_go_on(self):
        self.count(self.make_import())
        self.assertEqual((self.page.state, self.page.trouble), ("connected", False))
        self.assertEqual(self.come_in().state, "done")

    def test_where_no_form_can_be_read_it_stops_and_reads_them_again_on_resume(self):
        run = self.count(self.make_import(form_ids=[self.form_of(OTHER_FORM).id]))
        self.assertEqual(run.state, "failed")
        self.assertIn("Autumn", run.reason)
        self.meta.clear_scripts()
        made = self.meta.create_lead(OTHER_FORM, {})
        run.action_resume()
        self.work()
        self.assertRecordValues(run, [{"state": "ready", "reason": False}])
        self.assertEqual(self.lines(run), [(made, "create")])

    def form_of(self, meta_id):
        return self.env["meta.lead.form"].search([("meta_id", "=", meta_id)])


class TestListsWithoutAnEnd(ImportCase):
    """Paging that leads in circles ends, and brings each lead once."""

    def setUp(self):
        super().setUp()
        # Ours asks for half as many until Meta gives them: three at a time.
        self.meta.set_max_page_size(3)
        self.moment = int(time.time())
        self.made = [
            self.fill_in(created_time=self.moment - DAY - 60 * number)
            for number in range(5)
        ]

    def requests(self):
        return [call for call in self.meta.requests() if "/leads" in call["path"]]

    def test_a_list_that_begins_again_with_each_page_is_read_by_time(self):
        self.meta.set_paging_faults(["repeat_first"])
        run = self.count(self.make_import())
        self.assertRecordValues(
            run, [{"found_count": 5, "create_count": 5, "repeated_count": 0}]
        )
        self.assertLess(len(self.requests()), 40)
        run.action_start()
        self.work()
        self.assertRecordValues(run, [{"state": "done", "made_count": 5}])

    def test_a_lead_that_comes_again_later_than_any_is_remembered_counts_once(self):
        self.meta.set_paging_faults(["repeat_first"])
        with patch.object(meta_lead_import_source, "RECENT", 0):
            run = self.count(self.make_import())
        self.assertRecordValues(run, [{"found_count": 5, "create_count": 5}])

    def test_what_such_a_list_may_hide_is_said(self):
        same = [self.fill_in(created_time=self.moment - 2 * DAY) for _ in range(4)]
        self.meta.set_paging_faults(["repeat_first"])
        run = self.count(self.make_import())
        self.assertEqual(run.state, "failed")
        self.assertIn("has no end", run.reason)
        keys = {key for key, _kind in self.lines(run)}
        self.assertLess(keys, {*self.made, *same})

    def test_a_last_page_that_names_another_one_is_not_read_for_ever(self):
        self.meta.set_paging_faults(["repeat_next"])
        run = self.count(self.make_import())
        self.assertNotEqual(run.state, "counting")
        self.assertRecordValues(run, [{"found_count": 5, "create_count": 5}])
        self.assertLess(len(self.requests()), 40)

    def test_cursors_that_meta_refuses_always_are_given_up_with_words(self):
        node = {"id": self.made[0], "created_time": int(time.time()) - DAY}
        page = {
            "data": [{**node, "form_id": FORM, "field_data": []}],
            "paging": {"cursors": {"after": "abc"}, "next": "https://meta.example"},
        }
        refusal = {"error": {"code": 100, "message": "Invalid cursor"}}
        self.meta.script(
            f"GET /{FORM}/leads",
            [{"status": 200, "body": page}, {"status": 400, "body": refusal}] * 20,
        )
        run = self.count(self.make_import())
        self.assertEqual(run.state, "failed")
        self.assertIn("Invalid cursor", run.reason)
        self.assertLess(len(self.requests()), 8)

    def test_a_page_that_brings_nothing_new_is_no_progress(self):
        run = self.make_import()
        run.action_count()
        run.sudo().tries = 3
        chunk = Chunk("counting", part=run.sudo().part_ids, after="abc")
        run.sudo()._store_chunk(chunk)
        self.assertEqual(run.tries, 3)


class TestTransactions(ImportCase):
    def test_none_is_open_while_meta_is_asked(self):
        self.fill_in()
        self.page.access_token_stored = False
        run = self.make_import()
        run.action_count()
        with noting_steps() as steps:
            self.work()
        self.assertEqual(run.state, "ready")
        self.assertEqual(before_requests(steps), ["commit"] * 2)
