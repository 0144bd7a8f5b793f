"""``docs/examples/meta_example_customer_key``: a further customer key."""

import json

from odoo.tests import Form

from tests.addon.delivery import DeliveryCase

LOGIN_ID = "104279823102345"


class TestCustomerKey(DeliveryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls.env["res.partner"].create(
            {"name": "Ana Acker", "fb_login_id": LOGIN_ID}
        )

    def told(self, **vals):
        """What Meta was told of a person."""
        lead = self.make_known_lead(partner_id=self.contact.id, **vals)
        self.deliver()
        self.assertEqual(self.event_rows(lead).mapped("state"), ["accepted"])
        return self.received()[-1]["user_data"]

    def test_the_key_is_sent_where_the_dataset_allows_it(self):
        self.assertNotIn("fb_login_id", self.told())
        with Form(self.dataset) as dataset:
            dataset.send_fb_login_id = True
        self.assertEqual(self.told()["fb_login_id"], int(LOGIN_ID))

    def test_with_the_lead_id_only_it_is_not_sent(self):
        self.dataset.write({"send_fb_login_id": True, "customer_data": "lead_id"})
        self.assertEqual(list(self.told()), ["lead_id"])

    def test_what_is_no_such_id_is_left_out_and_the_event_goes_without(self):
        self.dataset.send_fb_login_id = True
        self.contact.fb_login_id = "ana.acker"
        self.assertNotIn("fb_login_id", self.told())
        self.contact.fb_login_id = False
        self.assertNotIn("fb_login_id", self.told())

    def test_people_see_the_key_by_its_name(self):
        self.dataset.send_fb_login_id = True
        event = self.event_rows(self.make_known_lead(partner_id=self.contact.id))
        self.assertIn("Facebook Login ID", event.told_keys)
        self.assertIn("fb_login_id", json.loads(event.shown_body)["user_data"])
