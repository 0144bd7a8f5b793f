"""From an ad that opens a chat to the sale that Meta hears of."""

from .chats import WABA
from .messaging import MessagingCase


class TestMessaging(MessagingCase):
    def test_a_chat_that_is_won_is_a_purchase_with_value_and_currency(self):
        lead = self.make_chat_lead()
        click = lead.meta_referral_ids.ctwa_clid
        lead.stage_id = self.qualified
        self.deliver()
        lead.write({"expected_revenue": 1234.5, "stage_id": self.won.id})
        self.deliver()
        self.assertEqual(
            self.outcomes(self.chats),
            [("LeadSubmitted", "counted", None), ("Purchase", "counted", None)],
        )
        submitted, purchase = self.sent_to(self.chats)
        self.assertNotIn("custom_data", submitted)
        self.assertEqual(
            purchase["custom_data"],
            {"value": 1234.5, "currency": self.company.currency_id.name},
        )
        for event in (submitted, purchase):
            self.assertEqual(event["action_source"], "business_messaging")
            self.assertEqual(event["messaging_channel"], "whatsapp")
            user = event["user_data"]
            self.assertEqual(user["whatsapp_business_account_id"], WABA)
            self.assertEqual(user["ctwa_clid"], click)
            self.assertIn("ph", user)
            self.assertNotIn("lead_id", user)
        self.assertEqual(
            self.events(lead),
            [
                ("LeadSubmitted", "accepted"),
                ("Purchase", "accepted"),
            ],
        )
        self.assertFalse(self.sent_to(self.dataset))
