"""What an import does beside making leads: whom it tells, whose they are."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import new_test_user

from .importing import ImportCase


class TestSwitches(ImportCase):
    """Imported leads disturb nobody and are nobody's, unless told otherwise."""

    def setUp(self):
        super().setUp()
        self.leader = new_test_user(
            self.env,
            "leader",
            groups="sales_team.group_sale_manager",
            email="leader@example.com",
            notification_type="email",
        )
        self.follower = self.env["res.partner"].create(
            {"name": "Follower", "email": "follower@example.com"}
        )
        self.team.user_id = self.leader
        subtype = self.env.ref("crm.mt_salesteam_lead")
        self.team.message_subscribe(self.follower.ids, subtype_ids=subtype.ids)
        self.content = self.rows_of_file({"id": "330000000000001"})

    def imported(self, **switches):
        known = (
            self.env["mail.mail"].search([]),
            self.env["mail.notification"].search([]),
        )
        self.page.team_id = self.team
        self.run_whole(self.make_file_import(self.content, **switches))
        self.flush()
        mails = self.env["mail.mail"].search([]) - known[0]
        notices = self.env["mail.notification"].search([]) - known[1]
        return self.find("330000000000001").lead_id, mails, notices

    def test_by_default_nobody_is_told_and_nobody_is_responsible(self):
        lead, mails, notices = self.imported()
        self.assertRecordValues(lead, [{"user_id": False, "team_id": self.team.id}])
        self.assertFalse(mails)
        self.assertFalse(notices)
        self.assertFalse(lead.message_ids)
        self.assertFalse(lead.activity_ids)

    def test_without_the_switches_the_team_is_told_and_its_leader_gets_it(self):
        lead, _mails, notices = self.imported(is_silent=False, is_unassigned=False)
        self.assertEqual(lead.user_id, self.leader)
        self.assertIn(self.follower, notices.res_partner_id)

    def test_a_salesperson_can_be_set_in_silence(self):
        self.page.user_id = self.leader
        lead, mails, notices = self.imported(is_unassigned=False)
        self.assertEqual(lead.user_id, self.leader)
        self.assertFalse(mails)
        self.assertFalse(notices)
        # Later news still reach the one who is responsible.
        self.assertIn(self.leader.partner_id, lead.message_partner_ids)

    def test_the_pages_salesperson_is_left_out_too(self):
        self.page.user_id = self.leader
        lead, _mails, _notices = self.imported(is_silent=False)
        self.assertFalse(lead.user_id)

    def test_odoos_assignment_rules_pass_over_them_and_over_no_others(self):
        lead, _mails, _notices = self.imported()
        other = self.make_foreign_lead(user_id=False)
        member = self.env["crm.team.member"].search(
            [("crm_team_id", "=", self.team.id)], limit=1
        ) or self.env["crm.team.member"].create(
            {"crm_team_id": self.team.id, "user_id": self.rep.id}
        )
        member.assignment_max = 100
        found = self.env["crm.lead"].search(self.team._get_lead_to_assign_domain())
        self.assertIn(other, found)
        self.assertNotIn(lead, found)
        # Nor when the import is tidied away.
        self.imports.search([]).unlink()
        found = self.env["crm.lead"].search(self.team._get_lead_to_assign_domain())
        self.assertNotIn(lead, found)

    def assignable(self):
        domain = self.team._get_lead_to_assign_domain()
        return self.env["crm.lead"].search(domain)

    def test_a_lead_that_the_rules_give_out_stays_one_when_imported_ones_merge(self):
        lead, _mails, _notices = self.imported()
        live = self.make_foreign_lead(user_id=False)
        merged = (live | lead).merge_opportunity()
        merged.user_id = False
        self.assertIn(merged, self.assignable())

    def test_imported_leads_that_are_merged_stay_unassigned(self):
        self.content = self.rows_of_file(
            {"id": "330000000000001"}, {"id": "330000000000002"}
        )
        lead, _mails, _notices = self.imported()
        merged = (lead | self.find("330000000000002").lead_id).merge_opportunity()
        self.assertFalse(merged.user_id)
        self.assertNotIn(merged, self.assignable())

    def test_once_somebody_had_it_the_rules_may_give_it_out(self):
        lead, _mails, _notices = self.imported()
        lead.user_id = self.rep
        lead.user_id = False
        self.assertIn(lead, self.assignable())

    def test_live_leads_in_the_same_run_of_the_reader_are_not_touched(self):
        """An import that died leaves rows to the reader, among them live ones."""
        run = self.count(self.make_file_import(self.content))
        run.action_start()
        with patch.object(type(self.submissions), "_fetch", lambda rows: None):
            self.work()
        imported = self.find("330000000000001")
        imported.next_try_at = fields.Datetime.now() - timedelta(minutes=1)
        self.page.user_id = self.leader
        live = self.come_in()
        self.assertEqual(imported.state, "done")
        self.assertFalse(imported.lead_id.user_id)
        self.assertEqual(live.lead_id.user_id, self.leader)
