"""The end of a dataset's own token is seen before it comes."""

from datetime import timedelta

from odoo.addons.meta_crm_capi.models import meta_health_plan as plans

from .common import DATASET
from .health import HealthCase

TOKEN = "a-token-of-events-manager"
OTHER = "another-token-of-events-manager"


class TestDatasetTokens(HealthCase):
    def setUp(self):
        super().setUp()
        self.meta.add_token(TOKEN, "send_only", dataset_ids=[DATASET])
        self.dataset.access_token = TOKEN

    def end_in(self, **delay):
        self.meta.add_token(
            TOKEN,
            "send_only",
            dataset_ids=[DATASET],
            expires_at=int((self.now + timedelta(**delay)).timestamp()),
        )

    def test_one_that_does_not_end_is_well(self):
        self.check()
        found = self.found("dataset_tokens")
        self.assertEqual(found.level, "ok")
        self.assertIn("CRM dataset: Valid", found.words)
        self.assertFalse(self.activities())

    def test_one_that_ends_soon_is_told_once_with_where_to_make_another(self):
        self.end_in(days=10)
        self.check()
        found = self.found("dataset_tokens")
        self.assertEqual(found.level, "attention")
        self.assertIn("CRM dataset: The token ends soon", found.words)
        self.assertIn("Events Manager", found.cure)
        (activity,) = self.activities()
        self.assertIn("Tokens of datasets", activity.summary)
        self.assertEqual(activity.user_id, self.connection._get_alarm_reader())

    def test_its_activity_goes_with_a_new_token(self):
        self.end_in(days=10)
        self.check()
        self.meta.add_token(OTHER, "send_only", dataset_ids=[DATASET])
        self.dataset.access_token = OTHER
        self.check()
        self.assertEqual(self.found("dataset_tokens").level, "ok")
        self.assertFalse(self.activities())

    def test_a_dead_one_is_broken(self):
        self.meta.expire_token(TOKEN)
        self.check()
        self.assertEqual(self.found("dataset_tokens").level, "broken")

    def test_what_a_dataset_is_paused_for_is_not_told_twice(self):
        self.meta.expire_token(TOKEN)
        self.dataset._pause("The token has expired.")
        self.check()
        self.assertNotIn("dataset_tokens", self.levels())

    def test_one_that_may_not_ask_about_itself_is_left_alone(self):
        self.meta.script_named("foreign_app_token", "GET */debug_token")
        self.meta.script_named("foreign_app_token", "GET */debug_token")
        self.meta.script_named("foreign_app_token", "GET */debug_token")
        self.check()
        self.assertNotIn("dataset_tokens", self.levels())

    def test_a_dataset_without_one_makes_no_row(self):
        self.dataset.access_token_stored = False
        self.check()
        self.assertNotIn("dataset_tokens", self.levels())

    def test_of_two_datasets_of_one_name_each_token_is_looked_at(self):
        self.meta.add_token(OTHER, "send_only", dataset_ids=[DATASET])
        self.env["meta.capi.dataset"].create(
            {
                "name": self.dataset.name,
                "meta_id": "500000000000009",
                "connection_id": self.connection.id,
                "access_token": OTHER,
            }
        )
        self.meta.expire_token(TOKEN)
        self.check()
        found = self.found("dataset_tokens")
        self.assertEqual(found.level, "broken")
        self.assertIn(f"CRM dataset ({DATASET}): ", found.words)
        self.assertIn("CRM dataset (500000000000009): Valid", found.words)

    def test_while_meta_is_silent_what_was_found_is_open(self):
        self.end_in(days=10)
        self.check()
        self.patch(plans, "TIMEOUT", 1)
        self.meta.script_named("no_answer", "GET *", times=9)
        self.check()
        self.assertEqual(self.found("dataset_tokens").level, "inconclusive")
        self.assertEqual(len(self.activities()), 1)

    def test_its_words_have_no_token(self):
        error = {"message": f"The token {TOKEN} is not valid.", "code": 190}
        dead = {"data": {"is_valid": False, "error": error}}
        answers = [{"status": 200, "body": dead}] * 2
        self.meta.script("GET */debug_token", answers)
        self.check()
        self.assertEqual(self.found("dataset_tokens").level, "broken")
        log = self.env["meta.sync.log"].search([])
        said = f"{self.found('dataset_tokens').words} {log.mapped('message')}"
        self.assertNotIn(TOKEN, said)
