"""What Meta lets a partner change of the features that a business has installed."""

from __future__ import annotations

from odoo.exceptions import AccessError, UserError

from .extension import ExtensionCase

BUTTON = {
    "cta_button_text": "Book Now",
    "cta_button_url": "https://solar.example/book",
    "below_button_text": "Powered by Odoo",
}


class TestFeatures(ExtensionCase):
    def setUp(self):
        super().setUp()
        self.connect()
        self.name = self.solar.external_business_id

    def add(self, kind="page_cta", **config):
        """A feature that the business adds at Meta, as Odoo has it then."""
        number = self.meta.add_feature(self.name, kind, **config)
        self.solar.with_user(self.clerk).action_read_installs()
        found = self.solar.feature_ids.filtered(lambda row: row.instance_id == number)
        return found.with_user(self.clerk)

    def change(self, feature, **values):
        """The form of the settings as it opens, with these values typed."""
        action = feature.action_configure()
        form = self.env[action["res_model"]].with_user(self.clerk)
        form = form.with_context(action["context"]).create({})
        form.write(values)
        return form

    def at_meta(self, feature):
        return self.meta.installs()[self.name]["config"][feature.instance_id]

    def test_the_settings_of_a_feature_are_shown_as_meta_has_them(self):
        feature = self.add(**BUTTON)

        self.assertEqual(feature.enabled, "on")
        self.assertEqual(
            feature.settings, "Book Now · https://solar.example/book · Powered by Odoo"
        )
        form = self.change(feature)
        self.assertTrue(form.is_on)
        self.assertEqual(form.button_text, "Book Now")
        self.assertEqual(form.button_url, "https://solar.example/book")
        self.assertEqual(form.below_button_text, "Powered by Odoo")

    def test_settings_are_saved_at_meta_and_nothing_else_is_sent(self):
        feature = self.add(**BUTTON)

        said = self.change(
            feature, button_url="https://solar.example/new", below_button_text=False
        ).action_save()

        self.assertEqual(said["params"]["type"], "success")
        self.assertEqual(
            self.at_meta(feature),
            {
                "enabled": True,
                "cta_button_text": "Book Now",
                "cta_button_url": "https://solar.example/new",
                "below_button_text": "",
            },
        )
        self.assertEqual(feature.settings, "Book Now · https://solar.example/new")

    def test_a_feature_is_switched_off_and_on(self):
        feature = self.add("thread_intent", cta_button_url="https://solar.example")
        for is_on, shown in ((False, "off"), (True, "on")):
            self.change(feature, is_on=is_on).action_save()
            self.assertEqual(self.at_meta(feature)["enabled"], is_on)
            self.assertEqual(feature.enabled, shown)

    def test_the_websites_of_a_chat_are_a_list(self):
        feature = self.add("messenger_chat", domains=["https://solar.example"])

        form = self.change(feature)
        self.assertEqual(form.domains, "https://solar.example")
        form.domains = "https://solar.example\n https://www.solar.example \n"
        form.action_save()

        self.assertEqual(
            self.at_meta(feature)["domains"],
            ["https://solar.example", "https://www.solar.example"],
        )

    def test_of_two_buttons_the_one_that_is_meant_changes(self):
        first = self.add(**BUTTON)
        second = self.add(**BUTTON)

        self.change(second, is_on=False).action_save()

        self.assertTrue(self.at_meta(first)["enabled"])
        self.assertFalse(self.at_meta(second)["enabled"])
        self.assertEqual((first.enabled, second.enabled), ("on", "off"))

    def test_an_address_that_meta_would_not_take_is_said_before(self):
        feature = self.add(**BUTTON)
        asked = len(self.meta.requests("POST */fbe_business"))

        with self.assertRaisesRegex(UserError, "begin with https"):
            self.change(feature, button_url="http://solar.example").action_save()

        self.assertEqual(len(self.meta.requests("POST */fbe_business")), asked)

    def test_nothing_changed_asks_meta_nothing(self):
        feature = self.add(**BUTTON)
        with self.assertRaisesRegex(UserError, "Nothing was changed"):
            self.change(feature).action_save()
        self.assertFalse(self.meta.requests("POST */fbe_business"))

    def test_what_meta_refuses_changes_nothing_and_is_said(self):
        feature = self.add(**BUTTON)
        error = {"code": 100, "message": "cta_button_text <b>must</b> be of the list"}
        self.meta.script(
            "POST */fbe_business", [{"status": 400, "body": {"error": error}}]
        )

        said = self.change(feature, button_text="Come!").action_save()["params"]

        self.assertEqual(said["type"], "danger")
        self.assertIn("must</b> be of the list", said["message"])
        self.assertIn("Book Now", feature.settings)

    def test_what_meta_shows_then_counts_and_not_what_was_asked(self):
        feature = self.add(**BUTTON)
        shown = {"feature_instance_id": feature.instance_id, "enabled": True}
        self.meta.script("GET */fbe_business", [{"body": {"page_cta": shown}}])

        said = self.change(feature, is_on=False).action_save()["params"]

        self.assertEqual(said["type"], "warning")
        self.assertIn("shows something else", said["message"])
        self.assertEqual(feature.enabled, "on")

    def test_a_change_that_cannot_be_read_back_is_no_success(self):
        feature = self.add(**BUTTON)
        self.meta.script_named("transient", "GET */fbe_business")

        said = self.change(feature, is_on=False).action_save()["params"]

        self.assertEqual(said["type"], "warning")
        self.assertIn("does not show it yet", said["message"])
        self.assertEqual(feature.enabled, "on")

    def test_lead_ads_and_the_conversions_api_are_not_for_odoo_to_change(self):
        self.assertEqual(set(self.solar.feature_ids.mapped("can_configure")), {False})
        with self.assertRaisesRegex(UserError, "Meta's own screen"):
            self.solar.feature_ids[0].with_user(self.clerk).action_configure()

    def test_a_reader_changes_nothing(self):
        feature = self.add(**BUTTON)
        form = self.change(feature, is_on=False)
        self.clerk.group_ids = self.env.ref("meta_crm_capi.group_meta_user")
        with self.assertRaises(AccessError):
            feature.action_configure()
        with self.assertRaises(AccessError):
            form.action_save()
        self.assertFalse(self.meta.requests("POST */fbe_business"))
