"""What the screens of chats say: whose they are, where they go, whether they come."""

from datetime import timedelta

from odoo.exceptions import AccessError

from .chats import NUMBER, WABA
from .common import APP
from .health import HealthCase
from .messaging import INSTAGRAM, MESSENGER_CHATS, MessagingCase

INSTAGRAM_PERSON = "8800000000000001"
NO_CRM = "500000000000015"


class TestLead(MessagingCase):
    def test_who_may_see_a_lead_sees_where_the_person_wrote_and_when(self):
        lead = self.make_chat_lead()
        lead.user_id = self.rep
        lead = lead.with_user(self.rep)
        self.assertTrue(lead.meta_is_from_meta)
        self.assertEqual(lead.meta_channel, "whatsapp")
        self.assertEqual(lead.meta_chat_at, lead.sudo().meta_referral_ids.sent_at)
        with self.assertRaises(AccessError):
            lead.meta_referral_ids.read(["ctwa_clid"])

    def test_of_several_chats_the_newest_one_is_told(self):
        lead = self.make_chat_lead()
        chat = self.open_chat("instagram", INSTAGRAM, person_id=INSTAGRAM_PERSON)
        chat.sent_at = self.now
        chat._give_lead(lead)
        self.assertEqual(lead.meta_channel, "instagram")
        chat.sent_at = self.now - timedelta(days=1)
        self.assertEqual(lead.meta_channel, "whatsapp")

    def test_leads_from_meta_are_found_whether_by_form_or_by_chat(self):
        chat, form = self.make_chat_lead(), self.make_known_lead()
        other = self.env["crm.lead"].create({"name": "From a fair"})
        leads = (chat + form + other).with_user(self.rep).sudo(False)
        (chat + form + other).user_id = self.rep
        found = leads.search([("meta_is_from_meta", "=", True)])
        self.assertEqual(found & leads, chat + form)
        found = leads.search([("meta_is_from_meta", "!=", True)])
        self.assertEqual(found & leads, other)
        self.assertFalse(other.meta_is_from_meta)
        self.assertFalse(other.meta_channel)


class TestAccount(MessagingCase):
    def test_an_account_says_where_its_chats_are_reported(self):
        account = self.open_chat().account_id
        self.assertEqual(account.reports_to_id, self.chats)
        self.assertEqual(self.chats.reporting_account_ids, account)
        second = self.add_messaging(MESSENGER_CHATS, "110000000000001")
        account.invalidate_recordset()
        self.assertFalse(account.reports_to_id)
        account.dataset_id = second
        self.assertEqual(account.reports_to_id, second)
        self.assertEqual(second.reporting_account_ids, account)
        self.assertFalse(self.dataset.reporting_account_ids)

    def test_a_dataset_that_gets_chats_of_several_accounts_says_so(self):
        self.open_chat()
        self.open_chat(number_id="106540352242999")
        # Two numbers of one WhatsApp business account.
        self.assertEqual(len(self.chats.reporting_account_ids), 2)
        self.assertFalse(self.chats.has_several_accounts)
        self.open_chat("instagram", INSTAGRAM, person_id=INSTAGRAM_PERSON)
        self.chats.invalidate_recordset()
        self.assertTrue(self.chats.has_several_accounts)

    def test_it_counts_who_wrote_and_who_has_no_lead_yet(self):
        first, second = self.open_chat(), self.open_chat()
        third, fourth = self.open_chat(), self.open_chat()
        account = first.account_id
        first._settle(may_create=True)
        third._erase()
        account.invalidate_recordset()
        self.assertEqual((account.chat_count, account.waiting_count), (3, 2))
        opened = account.with_user(self.administrator).action_open_chats()
        found = self.env[opened["res_model"]].search(opened["domain"])
        self.assertEqual(found, first + second + third + fourth)

    def test_accounts_of_another_company_are_not_shown_as_reporting(self):
        account = self.open_chat().account_id
        other = self.env["res.company"].create({"name": "Others"})
        foreign = self.env["meta.connection"].create(
            {"name": "Theirs", "company_id": other.id}
        )
        theirs = account.copy(
            {"connection_id": foreign.id, "company_id": other.id, "dataset_id": False}
        )
        self.assertFalse(theirs.reports_to_id)
        self.chats.invalidate_recordset()
        self.assertEqual(self.chats.reporting_account_ids, account)


class TestChatWebhooks(HealthCase, MessagingCase):
    def subscribe_whatsapp(self, **changes):
        self.meta.subscribe_app(
            APP,
            self.connection.callback_url,
            ["messages"],
            kind="whatsapp_business_account",
            **changes,
        )

    def test_before_the_first_chat_the_way_is_told_and_nothing_is_wrong(self):
        self.check()
        self.assertEqual(self.found("chats").level, "inconclusive")
        self.assertIn("“messages”", self.found("chats").cure)
        self.subscribe_whatsapp()
        self.check()
        self.assertEqual(self.found("chats").level, "ok")

    def test_a_webhook_that_meta_lost_makes_an_activity_once_chats_came(self):
        self.subscribe_whatsapp()
        self.open_chat()
        self.check()
        self.assertEqual(self.found("chats").level, "ok")
        self.subscribe_whatsapp(active=False)
        self.check()
        self.assertEqual(self.found("chats").level, "attention")
        self.assertIn("WhatsApp", "".join(self.activities().mapped("note")))

    def test_chats_that_another_program_notes_need_no_webhook(self):
        lead = self.env["crm.lead"].create({"name": "By API"})
        lead.with_user(self.administrator).sudo(False)
        lead.add_meta_chat("whatsapp", WABA, "CLICK")
        self.check()
        self.assertEqual(self.found("chats").level, "inconclusive")

    def test_who_has_nothing_of_chats_reads_nothing_of_them(self):
        self.chats.unlink()
        self.check()
        self.assertFalse(self.findings.search([("kind", "=", "chats")]))

    def test_a_connection_without_pages_is_asked_too(self):
        self.open_chat(number_id=NUMBER)
        self.page.write({"active": False})
        self.subscribe_whatsapp()
        self.check()
        self.assertEqual(self.found("chats").level, "ok")


class TestDatasetChecks(MessagingCase):
    def test_the_setup_asks_for_a_real_chat_and_not_for_a_test_event(self):
        row = self.connection._judge_event_out(self.chats)
        self.assertEqual(row["level"], "to_do")
        self.assertIn("your own ad", row["cure"])
        self.assertNotIn("test event", row["cure"])
        lead = self.make_chat_lead()
        lead.stage_id = self.qualified
        self.deliver()
        self.assertEqual(self.connection._judge_event_out(self.chats)["level"], "ok")

    def test_a_messaging_dataset_need_not_be_a_crms(self):
        self.meta.add_dataset(NO_CRM, "Chats", is_crm=False, account_id=WABA)
        self.meta.add_token(
            "a-token", "system_user", app_id=APP, page_ids=[], dataset_ids=[NO_CRM]
        )
        self.chats.write({"meta_id": NO_CRM, "access_token": "a-token"})
        self.chats.action_check()
        self.assertEqual(self.chats.check_level, "ok")
        self.assertNotIn("CRM", self.chats._get_finding("check").words)
        self.chats.rule_ids.unlink()
        self.chats.kind = "crm"
        self.chats.action_check()
        self.assertEqual(self.chats.check_level, "attention")
