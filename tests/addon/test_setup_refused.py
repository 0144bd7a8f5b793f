"""The setup assistant knows what Meta refused after a step was looked at."""

from .test_setup import SetupCase
from .way_in import SYSTEM_TOKEN


class TestRefusedSince(SetupCase):
    def test_what_meta_refused_since_the_look_is_not_green(self):
        self.look("page")
        self.page._set_reconnect("The access token is invalid.")
        self.assertEqual(self.states()["page"], "broken")
        self.assertIn("The access token is invalid.", self.words("page"))

    def test_a_pause_has_the_token_looked_at_once_more(self):
        self.look("connect")
        self.meta.revoke_token(SYSTEM_TOKEN)
        self.look("dataset", force=False)
        self.assertEqual(self.states()["connect"], "done")
        self.dataset._pause("Meta refuses the token.")
        self.assertTrue(self.look("dataset", force=False))
        self.assertEqual(self.states()["connect"], "broken")
