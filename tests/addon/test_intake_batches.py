"""What is done once for a batch of leads and not for each of them."""

from unittest.mock import patch

from odoo.addons.mail.models.mail_mail import MailMail

from .way_in import IntakeCase

FEW, MANY = 2, 22


class TestQueries(IntakeCase):
    def count(self, action, *args):
        """The queries of an action that begins with nothing in memory."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        action(*args)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def count_fetch(self, leads):
        self.announce(*(self.fill_in() for _lead in range(leads)))
        return self.count(self.fetch)

    def count_create(self, leads):
        """The same for leads that nothing but Odoo makes."""
        return self.count(
            self.env["crm.lead"].create,
            [
                {
                    "name": "Bare",
                    "contact_name": "Ana Acker",
                    "type": "opportunity",
                    "team_id": self.team.id,
                    "user_id": False,
                    "company_id": self.company.id,
                }
                for _lead in range(leads)
            ],
        )

    def test_a_further_lead_makes_its_whole_way_in_without_a_query_of_ours(self):
        # Mail to the leader is Odoo's own affair.
        self.team.user_id = False
        self.come_in()
        bare = self.count_create(MANY) - self.count_create(FEW)
        self.assertGreater(bare, 0)
        few = self.count_fetch(FEW)
        self.assertLessEqual(self.count_fetch(MANY) - few, bare)


class TestMail(IntakeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mail_cron = cls.env.ref("mail.ir_cron_mail_scheduler_action")
        cls.rep.notification_type = "email"

    def setUp(self):
        super().setUp()
        self.triggers().unlink()

    def triggers(self):
        """The wake-ups of Odoo's mail queue that are on record."""
        return self.env["ir.cron.trigger"].search([("cron_id", "=", self.mail_cron.id)])

    def waiting(self):
        """Whom mail of Odoo's queue waits for."""
        self.env.invalidate_all()
        mails = self.env["mail.mail"].search([("state", "=", "outgoing")])
        return mails.recipient_ids & self.rep.partner_id

    def assert_mail_waits(self, makes_lead):
        with patch.object(MailMail, "send_after_commit") as send_here:
            row = makes_lead()
        send_here.assert_not_called()
        self.assertEqual(row.lead_id.user_id, self.rep)
        self.assertEqual(self.waiting(), self.rep.partner_id)
        self.assertEqual(len(self.triggers()), 1)

    def test_mail_to_the_salesperson_goes_out_at_once_and_holds_up_no_lead(self):
        self.page.user_id = self.rep
        self.assert_mail_waits(self.come_in)

    def test_so_does_mail_to_the_leader_of_the_team(self):
        self.page.team_id = self.team
        self.team.user_id = self.rep
        self.assert_mail_waits(self.come_in)

    def test_so_does_mail_about_a_further_form_of_the_same_person(self):
        ana = {"email": "ana@example.com"}
        self.page.write({"user_id": self.rep.id, "person_policy": "join"})
        self.come_in(ana)
        self.triggers().unlink()
        self.env["mail.mail"].search([]).unlink()
        self.assert_mail_waits(lambda: self.come_in(ana))

    def test_it_waits_for_no_mail_server_either_where_no_cron_makes_the_lead(self):
        self.page.user_id = self.rep

        def make():
            row = self.announce(self.fill_in())
            row.page_id = self.page
            node = {"id": row.meta_id, "created_time": "2026-11-20T08:09:10+0000"}
            row._create_leads([(row, node)], {})
            return row

        self.assert_mail_waits(make)

    def test_the_queue_is_woken_once_for_a_batch(self):
        self.page.user_id = self.rep
        self.announce(*(self.fill_in() for _lead in range(3)))
        self.fetch()
        mails = self.env["mail.mail"].search([("state", "=", "outgoing")])
        self.assertEqual(len(mails), 3)
        self.assertEqual(len(self.triggers()), 1)

    def test_leads_of_nobody_wake_no_queue(self):
        self.team.user_id = False
        row = self.come_in()
        self.assertFalse(row.lead_id.user_id)
        self.assertFalse(self.triggers())
