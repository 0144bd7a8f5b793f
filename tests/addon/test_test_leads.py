"""Leads of Meta's testing tool: left out, shown as such, or treated like any other."""

from odoo.addons.meta_crm_capi.models.meta_capi_event_enqueue import TEST_LEAD
from odoo.addons.meta_crm_capi.models.meta_lead_submission_test_lead import IGNORED

from .common import FORM
from .way_in import IntakeCase


class TestPolicy(IntakeCase):
    def come_in_from_the_tool(self, policy):
        self.page.test_lead_policy = policy
        row = self.announce(self.meta.create_lead(FORM, None, test=True))
        self.fetch()
        self.assertTrue(row.is_test)
        self.flush()
        self.env.invalidate_all()
        return row

    def test_by_default_they_are_shown_as_tests_and_meta_hears_nothing(self):
        self.assertEqual(self.page.test_lead_policy, "tag")
        own = self.env["crm.tag"].create({"name": "Own"})
        self.page.tag_ids = own
        row = self.come_in_from_the_tool("tag")
        lead = row.lead_id
        self.assertEqual(row.state, "done")
        self.assertEqual(sorted(lead.tag_ids.mapped("name")), ["Meta test", "Own"])
        self.assertEqual(self.events(lead), [("initial_lead", "not_sent")])
        lead.stage_id = self.qualified
        self.assertEqual({state for _name, state in self.events(lead)}, {"not_sent"})
        self.assertEqual(set(self.reasons(lead)), {TEST_LEAD})
        self.assertTrue(lead.meta_event_ids[0].reason)

    def test_the_tag_stays_the_same_one_and_is_made_anew_where_it_was_deleted(self):
        tag = self.come_in_from_the_tool("tag").lead_id.tag_ids
        tag.name = "Meta-Probe"
        self.assertEqual(self.come_in_from_the_tool("tag").lead_id.tag_ids, tag)
        tag.unlink()
        again = self.come_in_from_the_tool("tag").lead_id.tag_ids
        self.assertEqual(again.name, "Meta test")

    def test_no_lead_is_made_where_the_page_says_so(self):
        row = self.come_in_from_the_tool("ignore")
        self.assertRecordValues(
            row,
            [
                {
                    "state": "ignored",
                    "reason": IGNORED,
                    "lead_id": False,
                    "answers": False,
                    "notification": False,
                    "next_try_at": False,
                }
            ],
        )
        self.assertFalse(row.event_ids)
        # Known for ever: it does not come back with the next notification.
        self.announce(row.meta_id)
        self.fetch()
        self.assertEqual((row.state, len(self.reads(row.meta_id))), ("ignored", 1))

    def test_one_that_was_left_out_comes_in_when_the_policy_has_changed(self):
        row = self.come_in_from_the_tool("ignore").with_user(self.administrator)
        row.action_try_again()
        self.fetch()
        self.assertEqual(row.state, "ignored")
        self.page.test_lead_policy = "tag"
        row.action_try_again()
        self.fetch()
        self.assertRecordValues(row, [{"state": "done", "reason": False}])
        self.assertEqual(row.sudo().lead_id.tag_ids.mapped("name"), ["Meta test"])

    def test_one_that_was_stored_with_its_answers_keeps_none_of_them(self):
        self.page.test_lead_policy = "ignore"
        node = {
            "id": "330000000000001",
            "created_time": "2026-11-20T08:09:10+0000",
            "form_id": FORM,
            "field_data": [{"name": "email", "values": ["test@meta.com"]}],
        }
        row = self.submissions._store_found(self.page, [node], "catch_up")
        self.assertTrue(row.answers)
        self.fetch()
        self.assertRecordValues(row, [{"state": "ignored", "answers": False}])

    def test_one_that_is_left_out_holds_up_none_of_its_batch(self):
        self.page.test_lead_policy = "ignore"
        rows = self.announce(
            self.fill_in(),
            self.meta.create_lead(FORM, None, test=True),
            self.fill_in(),
        )
        self.fetch()
        self.assertEqual(rows.mapped("state"), ["done", "ignored", "done"])
        self.assertEqual(len(rows.lead_id), 2)

    def test_they_may_be_treated_like_any_other(self):
        row = self.come_in_from_the_tool("normal")
        self.assertFalse(row.lead_id.tag_ids)
        self.assertEqual(self.queued(row.lead_id), ["initial_lead"])
        row.lead_id.stage_id = self.qualified
        self.assertEqual(len(self.queued(row.lead_id)), 2)

    def test_the_policy_of_the_day_it_came_in_holds(self):
        tagged = self.come_in_from_the_tool("tag").lead_id
        normal = self.come_in_from_the_tool("normal").lead_id
        self.page.test_lead_policy = "tag"
        (tagged | normal).stage_id = self.qualified
        self.assertFalse(self.queued(tagged))
        self.assertEqual(len(self.queued(normal)), 2)

    def test_a_lead_of_a_person_is_no_test(self):
        for policy in ("ignore", "tag", "normal"):
            self.page.test_lead_policy = policy
            row = self.come_in({"email": "tester@fb.com", "budget?": "a test lead: 5"})
            self.assertEqual((row.is_test, row.state), (False, "done"))
            self.assertFalse(row.lead_id.tag_ids)
            self.assertEqual(self.queued(row.lead_id), ["initial_lead"])
