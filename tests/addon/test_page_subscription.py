"""Subscribe and its undo: the app's other fields on the Page survive both."""

from odoo.exceptions import AccessError, UserError

from .common import APP, PAGE
from .way_in import PAGE_TOKEN, SYSTEM_TOKEN, WayInCase


class TestSubscription(WayInCase):
    def press(self, button):
        action = getattr(self.page.with_user(self.administrator), button)()
        self.env.invalidate_all()
        return action["params"]["type"]

    def fields_at_meta(self):
        return self.meta.page_subscriptions(PAGE).get(APP)

    def test_the_page_is_subscribed_and_other_fields_survive(self):
        self.meta.subscribe_page(PAGE, APP, ["feed", "messages"])
        self.assertEqual(self.press("action_subscribe"), "success")
        self.assertEqual(self.fields_at_meta(), ["feed", "messages", "leadgen"])
        self.assertTrue(self.page.subscribed)
        self.assertTrue(self.page.subscribed_at)

    def test_the_undo_leaves_other_fields(self):
        self.meta.subscribe_page(PAGE, APP, ["feed", "leadgen"])
        self.page.subscribed = True
        self.assertEqual(self.press("action_unsubscribe"), "success")
        self.assertEqual(self.fields_at_meta(), ["feed"])
        self.assertFalse(self.page.subscribed)
        self.assertFalse(self.page.subscribed_at)

    def test_the_undo_takes_an_app_with_leads_alone_off_the_page(self):
        self.press("action_subscribe")
        self.press("action_unsubscribe")
        self.assertIsNone(self.fields_at_meta())

    def test_the_undo_of_what_is_gone_at_meta_is_done(self):
        self.page.subscribed = True
        self.assertEqual(self.press("action_unsubscribe"), "success")
        self.assertFalse(self.page.subscribed)

    def test_what_meta_refuses_changes_nothing_here(self):
        for button, before in (("action_subscribe", 0), ("action_unsubscribe", 1)):
            with self.subTest(button=button):
                self.page.subscribed = bool(before)
                self.meta.script_named("scope_missing", f"GET /{PAGE}/subscribed_apps")
                self.assertEqual(self.press(button), "danger")
                self.assertEqual(self.page.subscribed, bool(before))

    def test_a_dead_page_token_is_derived_anew_once(self):
        self.meta.revoke_token(PAGE_TOKEN)
        self.assertEqual(self.press("action_subscribe"), "success")
        self.assertEqual(self.fields_at_meta(), ["leadgen"])

    def test_tokens_that_are_all_dead_are_said(self):
        self.meta.revoke_token(PAGE_TOKEN)
        self.meta.revoke_token(SYSTEM_TOKEN)
        self.assertEqual(self.press("action_subscribe"), "danger")
        self.assertFalse(self.page.subscribed)

    def test_without_an_app_id_nobody_is_asked(self):
        self.connection.app_id = False
        for button in ("action_subscribe", "action_unsubscribe"):
            with self.assertRaisesRegex(UserError, "App ID"):
                self.press(button)
        self.assertEqual(self.meta.requests(), [])

    def test_a_rep_may_press_none_of_the_buttons(self):
        for button in (
            "action_subscribe",
            "action_unsubscribe",
            "action_load_forms",
            "action_catch_up",
        ):
            with self.subTest(button=button), self.assertRaises(AccessError):
                getattr(self.page.with_user(self.rep), button)()
        self.assertEqual(self.meta.requests(), [])
