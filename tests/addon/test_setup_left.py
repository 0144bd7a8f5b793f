"""What nobody has done yet is no fault, and the last step says what is left."""

from .common import APP, PAGE
from .test_setup import SetupCase


class TestSetupLeft(SetupCase):
    def forget_subscriptions(self):
        """As at Meta before anybody subscribed anything."""
        self.meta.unsubscribe_page(PAGE, APP)
        none = {"status": 200, "body": {"data": []}}
        self.meta.script(f"GET */{APP}/subscriptions", [none])

    def level(self, words):
        """The level of the one row of the Page's step with these words."""
        (row,) = [row for row in self.rows("page") if words in row["words"]]
        return row["level"]

    def test_a_page_that_nobody_subscribed_yet_is_to_do(self):
        self.page.subscribed = False
        self.forget_subscriptions()
        self.look("page")
        self.assertEqual(self.level("The Page is not subscribed"), "to_do")
        self.assertEqual(self.level("The app has no webhook"), "to_do")
        self.assertEqual(self.states()["page"], "to_do")

    def test_a_subscription_that_was_lost_is_broken(self):
        self.page.keep_subscribed = False
        self.forget_subscriptions()
        self.look("page")
        self.assertEqual(self.level("The Page is not subscribed"), "broken")

    def test_an_app_whose_webhooks_came_once_is_broken_without_them(self):
        self.connection._note_ping()
        self.forget_subscriptions()
        self.look("page")
        self.assertEqual(self.level("The app has no webhook"), "broken")

    def test_a_webhook_that_goes_elsewhere_is_broken_from_the_beginning(self):
        self.meta.subscribe_app(APP, "https://old.example.com/hook", ["leadgen"])
        self.look("page")
        self.assertEqual(self.level("another host"), "broken")

    def test_the_last_step_names_what_earlier_ones_have_left(self):
        self.dataset.rule_ids.unlink()
        self.look("connect")
        self.look("page")
        left = [row["what"] for row in self.rows("test") if "Left" in row["what"]]
        self.assertIn("Left in “Funnel”", left)
        self.assertNotIn("Left in “Connect”", left)
        self.assertNotIn("Left in “Page”", left)
        self.assertIn("Press “Map the pipeline”", self.words("test"))
