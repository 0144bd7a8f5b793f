"""Numbers about leads of forms do not count chats."""

from odoo.exceptions import UserError

from .chats import whatsapp
from .reconciling import ReconciliationCase


class TestApart(ReconciliationCase):
    def come_from_a_chat(self, click: str = "CLICK1"):
        """Somebody wrote from an ad and has a lead; returns the submission."""
        before = self.env["meta.lead.referral"].search([])
        self.connection._receive(whatsapp(click))
        referral = self.env["meta.lead.referral"].search([]) - before
        referral._settle(may_create=True)
        self.env.cr.flush()
        return referral.submission_ids

    def test_the_reconciliation_counts_forms_alone(self):
        self.come_from_meta()
        chat = self.come_from_a_chat()
        self.assertEqual(chat.state, "done")
        self.deliver()
        self.count()
        self.assertEqual(self.numbers(), [1, 1, 1, 1])
        self.assertEqual(self.look()["total"]["gaps"], [[], [], []])

    def test_a_form_that_joins_a_chats_lead_is_a_lead_of_forms_all_the_same(self):
        form = self.come_from_meta()
        chat = self.come_from_a_chat()
        chat.submitted_at = form.submitted_at.replace(year=2020)
        (form.lead_id + chat.lead_id).merge_opportunity()
        self.assertEqual(form.lead_id, chat.lead_id)
        self.deliver()
        self.count()
        self.assertEqual(self.numbers(), [1, 1, 1, 1])

    def test_a_chat_is_no_lead_in_of_the_set_up(self):
        self.come_from_a_chat()
        self.assertEqual(self.connection._judge_lead_in()["level"], "to_do")
        self.come_from_meta()
        self.assertEqual(self.connection._judge_lead_in()["level"], "ok")

    def test_buttons_of_submissions_leave_a_chat_as_it_is(self):
        chat = self.come_from_a_chat()
        rows = chat.with_user(self.administrator)
        rows.action_try_again()
        rows.action_leave_out()
        self.assertEqual((chat.state, chat.next_try_at), ("done", False))
        self.assertEqual(rows.action_open_lead()["res_id"], chat.lead_id.id)

    def test_chats_have_no_id_to_type_and_are_never_deleted(self):
        chat = self.come_from_a_chat()
        another = self.come_from_a_chat("CLICK2")
        self.assertEqual((chat + another).mapped("meta_id"), [False, False])
        with self.assertRaises(UserError):
            chat.unlink()
