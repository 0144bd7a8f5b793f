"""What a business installs and uninstalls at Meta while nobody looks at Odoo."""

from __future__ import annotations

import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError

from .common import APP, MODELS
from .extension import BUSINESS, GIVEN_DATASET, OTHER_BUSINESS, ExtensionCase
from .way_in import sign

INSTALLS = f"{MODELS}.meta_connection_extension_installs"


class InstallsCase(ExtensionCase):
    def setUp(self):
        super().setUp()
        self.connect("lead_ads")
        self.connect()
        self.cron = self.env.ref("meta_crm_capi.ir_cron_extension")
        self.name = self.solar.external_business_id
        self.assertEqual(self.solar.extension_state, "connected")

    def tell(self, kind="INSTALL", **changes):
        """Meta's webhook, to this connection's address; returns the status."""
        body = self.meta.install_webhook(self.name, kind)
        body["entry"][0]["changes"][0]["value"] |= changes
        return self.send(json.dumps(body).encode())

    def send(self, raw, headers=None, connection=None):
        connection = connection or self.solar
        path = f"/meta/webhook/{connection.webhook_path}"
        return self.post(raw, headers, path).status_code

    def run_cron(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()

    def uninstall(self, **options):
        self.meta.uninstall(self.name, **options)
        self.assertEqual(self.tell("UNINSTALL"), 200)
        self.run_cron()

    def activities(self):
        everything = (self.solar, self.solar.page_ids, self.solar.dataset_ids)
        return [row for records in everything for row in records.activity_ids]

    def lead_moves(self):
        """Somebody's lead of this business moves; returns its queued event."""
        dataset = self.solar.dataset_ids
        dataset.action_map_pipeline()
        page = self.solar.page_ids[0]
        form = self.env["meta.lead.form"].create(
            {"name": "Solar", "meta_id": "220000000000021", "page_id": page.id}
        )
        row = {
            "connection_id": self.solar.id,
            "company_id": self.firm.id,
            "page_id": page.id,
            "form_id": form.id,
        }
        values = {"company_id": self.firm.id, "team_id": False, "user_id": False}
        lead = self.make_lead("10000000000000021", submission=row, **values)
        return self.event_rows(lead)


class TestWebhook(InstallsCase):
    def test_an_uninstall_pauses_the_connection_with_one_activity(self):
        self.uninstall()

        self.assertEqual(self.solar.extension_state, "uninstalled")
        self.assertEqual(self.solar.dataset_ids.state, "paused")
        self.assertEqual(set(self.solar.page_ids.mapped("state")), {"reconnect"})
        self.assertFalse(self.solar.feature_ids)
        (activity,) = self.activities()
        self.assertEqual(activity.user_id, self.clerk)
        self.assertIn("uninstalled our app", activity.summary)

    def test_the_hourly_look_makes_no_second_activity(self):
        self.uninstall()
        self.solar.health_checked_at = False
        self.solar.page_ids.write({"health_checked_at": False})
        self.cron = self.env.ref("meta_crm_capi.ir_cron_health")
        self.run_cron()
        self.assertTrue(self.solar.health_checked_at)
        self.assertEqual(len(self.activities()), 1)

    def test_an_uninstall_that_is_told_twice_has_one_activity(self):
        self.uninstall()
        self.tell("UNINSTALL")
        self.run_cron()
        self.assertEqual(len(self.activities()), 1)

    def test_the_list_of_installs_decides_and_not_the_webhook(self):
        self.tell("UNINSTALL")
        self.run_cron()
        self.assertEqual(self.solar.extension_state, "connected")
        self.assertFalse(self.activities())

    def test_an_empty_list_is_an_uninstall_although_the_token_lives(self):
        self.uninstall(keeps_tokens=True)
        self.assertEqual(self.solar.extension_state, "uninstalled")

    def test_queued_events_wait_and_go_on_after_connecting_again(self):
        event = self.lead_moves()
        self.uninstall()
        self.assertEqual(event.mapped("state"), ["queued"])

        self.connect("lead_ads")
        self.connect()

        self.assertEqual(event.mapped("state"), ["queued"])
        self.assertEqual(self.solar.extension_state, "connected")
        self.assertEqual(self.solar.dataset_ids.state, "active")
        self.assertEqual(set(self.solar.page_ids.mapped("state")), {"connected"})
        self.assertFalse(self.activities())

    def test_what_was_stopped_by_hand_stays_stopped(self):
        self.solar.dataset_ids.action_stop()
        self.uninstall()
        self.assertEqual(self.solar.dataset_ids.state, "stopped")
        self.connect()
        self.assertEqual(self.solar.dataset_ids.state, "stopped")

    def test_a_change_of_the_assets_is_read(self):
        (install,) = self.meta.installs().values()
        row = {
            "business_manager_id": BUSINESS,
            "pages": install["page_ids"][:1],
            "installed_features": [
                {
                    "feature_instance_id": "f1",
                    "feature_type": "lead_ads",
                    "connected_assets": {"page_id": install["page_ids"][0]},
                }
            ],
        }
        self.meta.script("GET */fbe_installs", [{"body": {"data": [row]}}])
        self.tell()
        self.run_cron()

        self.assertEqual(self.solar.feature_ids.mapped("instance_id"), ["f1"])
        missing = self.solar.extension_missing
        self.assertIn("No dataset was chosen", missing)
        self.assertIn("is not installed at Meta any more", missing)

    def test_what_meta_cannot_say_now_is_asked_again(self):
        self.meta.script_named("transient", "GET */fbe_installs")
        self.tell()
        self.run_cron()
        self.assertTrue(self.solar.installs_due_at)
        self.assertEqual(self.solar.extension_state, "connected")
        self.run_cron()
        self.assertFalse(self.solar.installs_due_at)

    def test_who_cannot_be_read_lets_the_others_have_their_turn(self):
        now = fields.Datetime.now()
        self.solar.installs_due_at = now - timedelta(hours=2)
        self.connection.installs_due_at = now - timedelta(hours=1)
        self.meta.script_named("transient", "GET */fbe_installs")
        with patch(f"{INSTALLS}.RUN", 1):
            self.run_cron()
            self.assertTrue(self.connection.installs_due_at)
            self.run_cron()
        self.assertFalse(self.connection.installs_due_at)
        self.assertTrue(self.solar.installs_due_at)

    def test_another_portfolio_is_said_and_not_taken(self):
        row = {"business_manager_id": OTHER_BUSINESS, "pixel_id": "5999"}
        self.meta.script("GET */fbe_installs", [{"body": {"data": [row]}}])
        self.tell()
        self.run_cron()
        self.assertEqual(self.solar.business_id, BUSINESS)
        self.assertIn("stays on one", self.solar.extension_missing)
        self.assertEqual(self.solar.dataset_ids.meta_id, GIVEN_DATASET)

    def test_an_answer_of_no_shape_leaves_all_as_it_is(self):
        self.meta.script("GET */fbe_installs", [{"body": {"data": "x"}}])
        self.tell()
        self.run_cron()
        self.assertEqual(self.solar.extension_state, "connected")
        self.assertTrue(self.solar.installs_due_at)
        row = self.env["meta.sync.log"].search([], limit=1)
        self.assertEqual(row.outcome, "retry")
        self.assertIn("no list of what is installed", row.message)

    def test_a_webhook_without_a_valid_signature_changes_nothing(self):
        raw = json.dumps(self.meta.install_webhook(self.name, "UNINSTALL")).encode()
        status = self.send(raw, sign(raw, "another secret"))
        self.assertEqual(status, 403)
        self.assertFalse(self.solar.installs_due_at)

    def test_the_webhook_of_one_app_serves_all_its_companies(self):
        self.meta.uninstall(self.name)
        raw = json.dumps(self.meta.install_webhook(self.name, "UNINSTALL")).encode()
        self.assertEqual(self.send(raw, connection=self.connection), 200)
        self.run_cron()
        self.assertEqual(self.solar.extension_state, "uninstalled")

    def test_an_app_with_another_secret_says_nothing_about_this_one(self):
        self.solar.app_secret = "a new secret"
        raw = json.dumps(self.meta.install_webhook(self.name, "UNINSTALL")).encode()
        self.assertEqual(self.send(raw, connection=self.connection), 200)
        self.assertFalse(self.solar.installs_due_at)
        self.assertEqual(
            self.env["meta.sync.log"].search([], limit=1).outcome, "ignored"
        )

    def test_the_token_in_a_webhook_is_stored_nowhere(self):
        self.tell(access_token="EAAwebhooktoken123456")
        self.run_cron()
        for table in ("meta_sync_log", "meta_connection", "meta_lead_submission"):
            self.env.cr.execute(f"SELECT row_to_json(t)::text FROM {table} t")
            self.assertNotIn("EAAwebhooktoken", str(self.env.cr.fetchall()))


class TestDisconnect(InstallsCase):
    def disconnect(self):
        return self.solar.with_user(self.clerk).action_disconnect_extension()

    def test_disconnecting_tells_meta_first_and_keeps_what_is_queued(self):
        event = self.lead_moves()

        said = self.disconnect()["params"]

        self.assertEqual(said["type"], "success")
        self.assertFalse(self.meta.installs()[self.name]["installed"])
        self.assertEqual(self.solar.extension_state, "new")
        self.assertFalse(self.solar.has_access_token)
        self.assertFalse(any(self.solar.page_ids.mapped("has_access_token")))
        self.assertEqual(self.solar.dataset_ids.state, "paused")
        self.assertEqual(event.mapped("state"), ["queued"])

    def test_where_meta_does_not_answer_it_stays_connected(self):
        self.meta.script_named("transient", "DELETE */fbe_installs")

        said = self.disconnect()["params"]

        self.assertEqual(said["type"], "danger")
        self.assertIn("Still connected", said["message"])
        self.assertEqual(self.solar.extension_state, "connected")
        self.assertTrue(self.solar.has_access_token)

    def test_after_it_another_portfolio_may_be_chosen(self):
        self.disconnect()
        self.meta.plan_onboarding(APP, OTHER_BUSINESS)
        self.connect()
        self.assertEqual(self.solar.business_id, OTHER_BUSINESS)

    def test_what_is_not_connected_cannot_be_disconnected(self):
        self.disconnect()
        with self.assertRaises(UserError):
            self.disconnect()

    def test_the_management_view_is_metas(self):
        url = self.solar.with_user(self.clerk).action_manage_extension()["url"]
        self.assertTrue(url.startswith("https://business.facebook.com/"))
        self.assertIn(f"external_business_id={self.name}", url)
