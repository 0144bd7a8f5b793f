"""People who write from an ad: what is stored of them, and which lead they become."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.models import meta_lead_referral as referral_model

from .chats import AD, NAME, NUMBER, PHONE, PSID, SAID, WABA, messenger, whatsapp
from .way_in import WayInCase, WebhookCase, sign

SETTLE = "odoo.addons.meta_crm_capi.models.meta_lead_referral_settle"


class ReferralCase(WayInCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.referrals = cls.env["meta.lead.referral"]
        cls.accounts = cls.env["meta.lead.account"]

    def take(self, *bodies):
        """These webhooks were stored; returns the new rows, the oldest first."""
        before = self.referrals.search([])
        for raw in bodies:
            self.connection._receive(raw)
        return (self.referrals.search([]) - before).sorted("id")

    def settle(self, policy):
        """The scheduled action runs with this policy for all accounts."""
        self.accounts.search([]).policy = policy
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("meta_crm_capi.ir_cron_referral").method_direct_trigger()
        self.env.invalidate_all()

    def make_open_lead(self, **vals):
        return self.env["crm.lead"].create(
            {"name": "Ana", "type": "opportunity", "phone": f"+{PHONE}", **vals}
        )


class TestReferralStored(ReferralCase):
    def test_a_whatsapp_chat_is_stored_with_its_click_ad_and_number(self):
        row = self.take(whatsapp("CLICK1"))
        self.assertRecordValues(
            row,
            [
                {
                    "channel": "whatsapp",
                    "connection_id": self.connection.id,
                    "company_id": self.company.id,
                    "ad_id": AD,
                    "phone": PHONE,
                    "user_meta_id": False,
                    "ctwa_clid": "CLICK1",
                    "state": "waiting",
                    "lead_id": False,
                }
            ],
        )
        self.assertRecordValues(
            row.account_id,
            [
                {
                    "channel": "whatsapp",
                    "meta_id": WABA,
                    "number_meta_id": NUMBER,
                    "company_id": self.company.id,
                    "policy": "keep",
                }
            ],
        )
        self.assertLess(abs(fields.Datetime.now() - row.sent_at), timedelta(minutes=5))

    def test_a_messenger_chat_is_stored_with_who_wrote_to_which_page(self):
        row = self.take(messenger())
        self.assertRecordValues(
            row, [{"channel": "messenger", "user_meta_id": PSID, "phone": False}]
        )
        self.assertEqual(row.account_id.meta_id, self.page.meta_id)

    def test_nothing_that_was_said_is_anywhere_in_what_is_stored(self):
        before = self.log.search([])
        rows = self.take(whatsapp(), messenger(), whatsapp(None))
        log = self.log.search([]) - before
        kept = str(rows.read()) + str(rows.account_id.read()) + str(log.read())
        for text in (SAID, NAME, "IBAN", "wamid"):
            self.assertNotIn(text, kept)
        for text in (PHONE, PSID):
            self.assertNotIn(text, str(log.read()))

    def test_a_repeated_webhook_brings_nobody_twice(self):
        self.assertEqual(len(self.take(whatsapp("A"), whatsapp("A"))), 1)
        log = self.log.search([], limit=1)
        self.assertIn("nown already: 1", log.message)
        self.assertEqual(len(self.take(whatsapp("A"), whatsapp("B"))), 1)
        self.assertEqual(len(self.accounts.search([])), 1)

    def test_each_number_of_an_account_has_settings_of_its_own(self):
        rows = self.take(whatsapp("A"), whatsapp("B", number="106540352242999"))
        self.assertEqual(len(rows.account_id), 2)

    def test_a_message_that_no_ad_brought_leaves_no_row_at_all(self):
        before = self.log.search_count([])
        self.assertFalse(self.take(whatsapp(None)))
        self.assertEqual(self.log.search_count([]), before)
        self.assertFalse(self.accounts.search([]))

    def test_another_company_that_hears_of_the_same_click_has_a_row_of_its_own(self):
        row = self.take(whatsapp("A"))
        reader = self.make_reader_elsewhere()
        other = self.connection.copy({"company_id": reader.company_id.id})
        other._receive(whatsapp("A"))
        theirs = self.referrals.search([("connection_id", "=", other.id)])
        self.assertEqual(theirs.company_id, other.company_id)
        seen = self.referrals.with_user(reader).search([])
        self.assertEqual(seen, theirs)
        self.assertNotIn(row, seen)
        seen = self.accounts.with_user(reader).search([])
        self.assertEqual(seen, theirs.account_id)

    def test_who_wrote_is_for_administrators_and_nothing_for_salespeople(self):
        row = self.take(whatsapp())
        self.assertEqual(row.with_user(self.administrator).phone, PHONE)
        reader = self.administrator.copy({"login": "meta-reads"})
        reader.group_ids = self.env.ref("meta_crm_capi.group_meta_user")
        self.assertEqual(row.with_user(reader).ad_id, AD)
        for user, name in (
            (reader, "phone"),
            (reader, "ctwa_clid"),
            (self.rep, "ad_id"),
        ):
            with self.assertRaises(AccessError):
                row.with_user(user).read([name])
        for button in ("action_settle", "action_erase"):
            for user in (reader, self.rep):
                with self.assertRaises(AccessError):
                    getattr(row.with_user(user), button)()
        with self.assertRaises(AccessError):
            row.with_user(self.administrator).write({"phone": "1"})


class TestReferralSettled(ReferralCase):
    def test_kept_for_later_means_that_nothing_happens(self):
        row = self.take(whatsapp())
        self.settle("keep")
        self.assertEqual((row.state, row.lead_id.id), ("waiting", False))

    def test_a_new_person_becomes_a_lead_of_the_team_with_number_and_source(self):
        row = self.take(whatsapp())
        self.accounts.search([]).write({"team_id": self.team, "user_id": self.rep})
        self.settle("lead")
        self.assertEqual(row.state, "done")
        self.assertRecordValues(
            row.lead_id,
            [
                {
                    "phone": f"+{PHONE}",
                    "type": "opportunity",
                    "team_id": self.team.id,
                    "user_id": self.rep.id,
                    "source_id": self.env.ref("utm.utm_source_facebook").id,
                    "medium_id": self.env.ref(
                        "meta_crm_capi.utm_medium_paid_social"
                    ).id,
                }
            ],
        )
        self.assertIn("WhatsApp", row.lead_id.name)

    def test_without_a_salesperson_nobody_has_the_lead(self):
        row = self.take(whatsapp())
        self.accounts.search([]).team_id = self.env["crm.team"].create(
            {"name": "Empty"}
        )
        self.settle("lead")
        self.assertFalse(row.lead_id.user_id)

    def test_a_known_number_goes_to_the_open_lead(self):
        lead = self.make_open_lead()
        row = self.take(whatsapp())
        self.settle("lead")
        self.assertEqual(row.lead_id, lead)

    def test_a_lead_that_is_won_lost_or_anothers_gets_nothing(self):
        company = self.env["res.company"].create({"name": "Foreign"})
        self.make_open_lead(stage_id=self.won.id)
        self.make_open_lead().action_set_lost()
        self.make_open_lead(company_id=company.id, team_id=False, user_id=False)
        row = self.take(whatsapp())
        self.settle("attach")
        self.assertEqual((row.state, row.lead_id.id), ("waiting", False))

    def test_who_has_no_lead_yet_is_added_to_one_that_is_made_later(self):
        row = self.take(whatsapp())
        self.settle("attach")
        self.assertFalse(row.lead_id)
        lead = self.make_open_lead()
        self.settle("attach")
        self.assertEqual((row.state, row.lead_id), ("done", lead))

    def test_a_second_chat_of_the_same_person_goes_to_the_lead_of_the_first(self):
        first = self.take(messenger("m_1"))
        self.settle("lead")
        second, other = self.take(
            messenger("m_2"), messenger("m_3", "7700000000000002")
        )
        self.settle("lead")
        self.assertEqual(second.lead_id, first.lead_id)
        self.assertTrue(other.lead_id)
        self.assertNotEqual(other.lead_id, first.lead_id)

    def test_the_button_makes_the_lead_whatever_the_policy(self):
        row = self.take(messenger())
        action = row.with_user(self.administrator).action_settle()
        self.assertEqual(row.state, "done")
        self.assertEqual(action["res_id"], row.lead_id.id)

    def test_one_that_fails_says_so_and_stops_no_other(self):
        bad, good = self.take(whatsapp("A"), messenger())
        original = type(self.referrals)._prepare_lead

        def prepare(row):
            values = original(row)
            return {**values, "team_id": -1} if row.id == bad.id else values

        self.patch(self.registry["meta.lead.referral"], "_prepare_lead", prepare)
        with mute_logger(SETTLE, "odoo.sql_db"):
            self.settle("lead")
        self.assertEqual((bad.state, good.state), ("failed", "done"))
        self.patch(self.registry["meta.lead.referral"], "_prepare_lead", original)
        self.settle("lead")
        self.assertEqual(bad.state, "done")


class TestReferralGiven(ReferralCase):
    """What another program knows of a lead's chat, and says by API."""

    def give(self, lead, *arguments, user=None):
        row_id = lead.with_user(user or self.administrator).add_meta_chat(*arguments)
        return self.referrals.browse(row_id)

    def test_a_chat_is_added_to_its_lead(self):
        lead = self.make_open_lead()
        row = self.give(lead, "messenger", self.page.meta_id, PSID, AD)
        self.assertRecordValues(
            row,
            [
                {
                    "channel": "messenger",
                    "user_meta_id": PSID,
                    "ad_id": AD,
                    "lead_id": lead.id,
                    "state": "done",
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(row.account_id.meta_id, self.page.meta_id)
        again = self.give(lead, "messenger", self.page.meta_id, PSID, AD)
        self.assertEqual(again, row)

    def test_a_click_that_a_webhook_brought_is_the_same_chat(self):
        row = self.take(whatsapp("CLICK1"))
        lead = self.make_open_lead()
        self.assertEqual(self.give(lead, "whatsapp", WABA, "CLICK1"), row)
        self.assertEqual((row.lead_id, row.state), (lead, "done"))
        with self.assertRaises(ValidationError):
            self.give(self.make_open_lead(), "whatsapp", WABA, "CLICK1")
        row.action_erase()
        with self.assertRaises(ValidationError):
            self.give(lead, "whatsapp", WABA, "CLICK1")

    def test_what_meta_could_not_use_is_refused_in_words(self):
        lead = self.make_open_lead()
        for arguments, said in (
            (("sms", WABA, "A"), "channel"),
            (("whatsapp", "my account", "A"), "account ID"),
            (("whatsapp", WABA, "A B"), "ctwa_clid"),
            (("whatsapp", WABA, None), "ctwa_clid"),
            (("messenger", self.page.meta_id, "ana"), "user ID"),
            (("messenger", self.page.meta_id, PSID, "the ad"), "ad ID"),
        ):
            with self.subTest(arguments), self.assertRaises(ValidationError) as refused:
                self.give(lead, *arguments)
            self.assertIn(said, str(refused.exception))
        self.assertFalse(self.referrals.search([]))

    def test_nobody_but_an_administrator_says_so(self):
        lead = self.make_open_lead(user_id=self.rep.id)
        with self.assertRaises(AccessError):
            self.give(lead, "whatsapp", WABA, "A", user=self.rep)

    def test_a_company_without_a_connection_is_told_so(self):
        company = self.env["res.company"].create({"name": "Foreign"})
        self.administrator.company_ids += company
        lead = self.make_open_lead(company_id=company.id, team_id=False, user_id=False)
        lead.flush_recordset()
        self.env.cr.execute(
            "UPDATE crm_lead SET company_id = %s WHERE id = %s", [company.id, lead.id]
        )
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            self.give(
                lead.with_context(allowed_company_ids=[self.company.id, company.id]),
                "whatsapp",
                WABA,
                "A",
            )


class TestReferralForgotten(ReferralCase):
    PERSONAL = ("phone", "user_meta_id", "ctwa_clid", "lead_id")

    def assertForgotten(self, row):
        self.assertEqual(row.state, "erased")
        self.assertEqual([bool(row[name]) for name in self.PERSONAL], [False] * 4)

    def test_deleting_the_lead_erases_who_wrote_and_nothing_brings_them_back(self):
        row = self.take(whatsapp())
        self.settle("lead")
        row.lead_id.unlink()
        self.assertForgotten(row)
        self.assertFalse(self.take(whatsapp()))
        self.settle("lead")
        self.assertForgotten(row)

    def test_the_button_erases_who_wrote_and_leaves_the_lead(self):
        row = self.take(whatsapp())
        self.settle("lead")
        lead = row.lead_id
        row.with_user(self.administrator).action_erase()
        self.assertForgotten(row)
        self.assertTrue(lead.exists())

    def test_a_merged_lead_has_the_chats_of_all(self):
        row = self.take(whatsapp())
        self.settle("lead")
        other = self.make_open_lead(name="Older", stage_id=self.proposition.id)
        merged = (row.lead_id | other).merge_opportunity()
        self.assertEqual(row.lead_id, merged)
        self.assertEqual(merged.meta_referral_ids, row)

    def test_who_became_no_lead_is_forgotten_after_its_days(self):
        old, young = self.take(whatsapp("A"), whatsapp("B"))
        self.env.cr.execute(
            "UPDATE meta_lead_referral"
            " SET create_date = create_date - %s WHERE id = %s",
            [timedelta(days=referral_model.KEPT_DAYS), old.id],
        )
        self.env.invalidate_all()
        self.referrals._gc_waiting()
        self.assertForgotten(old)
        self.assertEqual((young.state, young.phone), ("waiting", PHONE))


class TestReferralReceived(WebhookCase):
    def test_a_forged_message_leaves_no_row_and_a_signed_one_does(self):
        referrals = self.env["meta.lead.referral"]
        raw = whatsapp()
        for headers in ({}, sign(raw, "another secret"), sign(raw + b" ")):
            response = self.post(raw, headers)
            self.assertEqual(response.status_code, 403)
        self.assertFalse(referrals.search([]))
        self.assertEqual(self.post(raw).status_code, 200)
        self.assertEqual(self.post(raw).status_code, 200)
        self.assertEqual(len(referrals.search([])), 1)
