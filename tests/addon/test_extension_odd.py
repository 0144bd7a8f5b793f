"""What Meta gives in part, in another form, for another business, or not at all."""

from __future__ import annotations

import json

from odoo.exceptions import UserError

from .common import APP
from .extension import (
    BUSINESS,
    GIVEN_DATASET,
    GIVEN_PAGE,
    OTHER_BUSINESS,
    OTHER_PAGE,
    ExtensionCase,
)

INSTALLS = "GET */fbe_installs"


class OddCase(ExtensionCase):
    def give(self, **row):
        """What Meta's list of installs says the next time; None leaves a key out."""
        whole = {
            "business_manager_id": BUSINESS,
            "pages": [GIVEN_PAGE],
            "pixel_id": GIVEN_DATASET,
            "installed_features": [],
            **row,
        }
        given = {key: value for key, value in whole.items() if value is not None}
        self.meta.script(INSTALLS, [{"body": {"data": [given]}}])

    def assertNothingConnected(self, said, why):
        self.assertIn("Not connected", said)
        self.assertIn(why, said)
        self.assertEqual(self.solar.extension_state, "new")
        self.assertFalse(self.solar.has_access_token)
        self.assertFalse(self.solar.page_ids or self.solar.dataset_ids)


class TestPartialInstalls(OddCase):
    def test_numbers_for_ids_and_keys_of_tomorrow_are_no_trouble(self):
        self.give(
            business_manager_id=int(BUSINESS),
            pages=[int(GIVEN_PAGE), {"id": GIVEN_PAGE}, None, [], "no id"],
            pixel_id=int(GIVEN_DATASET),
            profiles={"surprise": True},
            tomorrow=[{"x": 1}],
            installed_features=[
                {
                    "feature_instance_id": 9001,
                    "feature_type": "pixel",
                    "connected_assets": {"pixel_id": int(GIVEN_DATASET), "new": "x"},
                    "additional_info": None,
                },
                {"feature_type": "no instance"},
                "no object",
            ],
        )

        self.assertIn("Connected", self.connect())

        self.assertEqual(self.solar.business_id, BUSINESS)
        self.assertEqual(self.solar.dataset_ids.meta_id, GIVEN_DATASET)
        self.assertEqual(self.solar.feature_ids.mapped("instance_id"), ["9001"])

    def test_a_business_that_only_the_features_name_is_that_one(self):
        feature = {
            "feature_instance_id": "9001",
            "feature_type": "pixel",
            "connected_assets": {"business_manager_id": BUSINESS},
        }
        self.give(business_manager_id=None, installed_features=[feature])

        self.assertIn("Connected", self.connect())

        self.assertEqual(self.solar.business_id, BUSINESS)

    def test_an_instance_that_is_listed_twice_is_one_feature(self):
        feature = {"feature_instance_id": "9001", "feature_type": "pixel"}
        self.give(installed_features=[feature, {**feature, "feature_type": "ads"}])

        self.assertIn("Connected", self.connect())

        self.assertEqual(self.solar.feature_ids.mapped("kind"), ["pixel"])

    def test_a_name_that_no_database_can_hold_is_no_trouble(self):
        body = {"id": GIVEN_DATASET, "name": "So\x00lar \ud800"}
        self.meta.script(f"GET */{GIVEN_DATASET}", [{"body": body}])
        self.assertIn("Connected", self.connect())
        self.assertIn("lar", self.solar.dataset_ids.name)

    def test_a_dataset_that_was_chosen_before_is_named_beside_the_new_one(self):
        self.give()
        self.connect()
        self.give(pixel_id="500000000000077")
        self.connect()
        self.assertEqual(len(self.solar.dataset_ids), 2)
        self.assertIn(
            "The dataset Solar CRM is not the one that is installed",
            self.solar.extension_missing,
        )

    def test_pages_come_as_a_list_of_graphs_too(self):
        self.meta.plan_onboarding(APP, BUSINESS, page_ids=[GIVEN_PAGE])
        self.give(pages={"data": [{"id": GIVEN_PAGE, "name": "Solar"}]})

        self.connect("lead_ads")

        self.assertEqual(self.solar.page_ids.meta_id, GIVEN_PAGE)

    def test_no_business_or_two_of_them_connect_nothing(self):
        two = [
            {
                "feature_instance_id": number,
                "feature_type": "ads",
                "connected_assets": {"business_manager_id": number},
            }
            for number in (BUSINESS, OTHER_BUSINESS)
        ]
        for business, features in ((None, []), (None, two), ("no id", []), ("", [])):
            self.give(business_manager_id=business, installed_features=features)
            self.assertNothingConnected(
                self.connect(), "does not say which business portfolio"
            )

    def test_ids_longer_than_any_of_metas_are_not_there(self):
        self.give(pages=["1" * 40], pixel_id="1" * 40)

        self.connect("lead_ads")
        self.give(pages=["1" * 40], pixel_id="1" * 40)
        self.connect()

        self.assertEqual(self.solar.extension_state, "connected")
        self.assertFalse(self.solar.page_ids or self.solar.dataset_ids)
        self.assertIn("No Page was chosen", self.solar.extension_missing)
        self.assertIn("No dataset was chosen", self.solar.extension_missing)

    def test_an_answer_that_is_no_list_of_installs_connects_nothing(self):
        for body in ({"data": "x"}, {"data": [None]}, {"data": [[]]}, {}):
            self.meta.script(INSTALLS, [{"body": body}])
            self.assertNothingConnected(self.connect(), "is no list of what is")

    def test_a_system_user_without_a_token_connects_nothing(self):
        tokens = (None, " ", "with\x00nul", "two lines\n!", "é", 5, ["EAAx"], {"x": 1})
        for body in ({}, *({"access_token": token} for token in tokens)):
            self.meta.script("POST */access_token", [{"body": body}])
            self.assertNothingConnected(self.connect(), "no access token")

    def test_an_exchange_without_a_token_connects_nothing(self):
        for body in ({}, {"access_token": "EAA\n\n x"}, {"access_token": ["EAAx"]}):
            self.meta.script("*oauth/access_token", [{"body": body}])
            said = self.connect()
            self.assertNothingConnected(said, "no access token")
            self.assertNotIn("sent again by itself", said)

    def test_a_code_that_meta_quotes_is_neither_shown_nor_stored(self):
        back = self.press(self.open_dialog())
        words = f"Invalid verification code {back['code']}."
        error = {"code": 100, "message": words, "error_user_msg": words}
        self.meta.script(
            "*oauth/access_token", [{"status": 400, "body": {"error": error}}]
        )

        said = self.come_back(**back)

        self.assertIn("Invalid verification code", said)
        self.env.cr.execute("SELECT row_to_json(t)::text FROM meta_sync_log t")
        for text in (said, str(self.env.cr.fetchall())):
            self.assertNotIn(back["code"], text)

    def test_an_exchange_that_fails_connects_nothing_and_says_why(self):
        for accident in ("transient", "html", "lost_answer"):
            self.meta.script_named(accident, "*oauth/access_token")
            self.assertNothingConnected(self.connect(), "Meta says:")

    def test_a_page_without_a_token_of_its_own_is_not_taken(self):
        row = {"id": GIVEN_PAGE, "name": "Solar Sisters"}
        self.meta.plan_onboarding(APP, BUSINESS, page_ids=[GIVEN_PAGE])
        self.meta.script("GET */me/accounts", [{"body": {"data": [row]}}])
        self.meta.script(f"GET */{GIVEN_PAGE}", [{"body": row}])

        self.connect("lead_ads")

        self.assertFalse(self.solar.page_ids)
        self.assertIn(f"The Page {GIVEN_PAGE} was chosen", self.solar.extension_missing)

    def test_pages_that_were_not_given_are_not_taken_though_the_token_reads_them(self):
        self.meta.plan_onboarding(APP, BUSINESS, page_ids=[GIVEN_PAGE])
        rows = [
            {"id": page_id, "name": "Any", "access_token": f"EAAPage{page_id}"}
            for page_id in (GIVEN_PAGE, OTHER_PAGE)
        ]
        self.meta.script("GET */me/accounts", [{"body": {"data": rows}}])

        self.connect("lead_ads")

        self.assertEqual(self.solar.page_ids.meta_id, GIVEN_PAGE)

    def test_a_dataset_that_the_token_cannot_read_is_there_by_its_id(self):
        self.meta.script_named("no_access", f"GET */{GIVEN_DATASET}")

        self.connect()

        self.assertRecordValues(
            self.solar.dataset_ids, [{"meta_id": GIVEN_DATASET, "name": GIVEN_DATASET}]
        )

    def test_a_dataset_of_another_connection_stays_there_and_is_named(self):
        other = self.solar.copy({"name": "By hand", "made_by": "own_token"})
        theirs = self.env["meta.capi.dataset"].create(
            {"name": "Ours", "meta_id": GIVEN_DATASET, "connection_id": other.id}
        )

        self.connect()

        self.assertEqual(theirs.connection_id, other)
        self.assertFalse(self.solar.dataset_ids)
        self.assertIn("The dataset Ours was chosen", self.solar.extension_missing)

    def test_a_dataset_of_another_company_is_not_spoken_of(self):
        theirs = self.env["meta.capi.dataset"].create(
            {
                "name": "Theirs",
                "meta_id": GIVEN_DATASET,
                "connection_id": self.connection.id,
            }
        )

        said = self.connect()

        self.assertNotIn("Theirs", said)
        self.assertEqual(theirs.connection_id, self.connection)
        self.assertEqual(self.solar.dataset_ids.company_id, self.firm)

    def test_the_second_entry_point_cannot_bring_another_business(self):
        self.connect("lead_ads")
        token = self.solar.sudo()._get_secret("access_token")
        self.meta.plan_onboarding(APP, OTHER_BUSINESS, breaks_lock=True)

        said = self.connect("measurement")

        self.assertIn("stays on one", said)
        self.assertIn(OTHER_BUSINESS, said)
        self.assertEqual(self.solar.business_id, BUSINESS)
        self.assertFalse(self.solar.uses_measurement)
        self.assertEqual(self.solar.sudo()._get_secret("access_token"), token)


class TestOddInstallWebhooks(OddCase):
    def setUp(self):
        super().setUp()
        self.connect()
        self.name = self.solar.external_business_id
        self.cron = self.env.ref("meta_crm_capi.ir_cron_extension")

    def tell(self, kind, **changes):
        body = self.meta.install_webhook(self.name, kind)
        body["entry"][0]["changes"][0]["value"] |= changes
        path = f"/meta/webhook/{self.solar.webhook_path}"
        response = self.post(json.dumps(body).encode(), path=path)
        self.assertEqual(response.status_code, 200)

    def run_cron(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()

    def test_an_older_install_that_comes_last_does_not_hide_the_uninstall(self):
        self.meta.uninstall(self.name)
        self.tell("UNINSTALL")
        self.tell("INSTALL", install_time=1)

        self.run_cron()

        self.assertEqual(self.solar.extension_state, "uninstalled")
        self.assertEqual(self.solar.dataset_ids.state, "paused")

    def test_webhooks_of_a_former_install_change_nothing_after_a_new_login(self):
        self.meta.uninstall(self.name)
        self.tell("UNINSTALL")
        self.run_cron()
        self.connect()
        token = self.solar.sudo()._get_secret("access_token")

        for kind in ("UNINSTALL", "INSTALL", "UNINSTALL"):
            self.tell(kind)
            self.run_cron()

        self.assertEqual(self.solar.extension_state, "connected")
        self.assertEqual(self.solar.dataset_ids.state, "active")
        self.assertEqual(self.solar.sudo()._get_secret("access_token"), token)
        self.assertFalse(self.solar.activity_ids)

    def test_a_webhook_that_comes_again_and_again_is_read_once(self):
        before = len(self.meta.requests(INSTALLS))
        for _time in range(5):
            self.tell("INSTALL")
        self.run_cron()
        self.run_cron()
        self.assertEqual(len(self.meta.requests(INSTALLS)), before + 1)
        self.assertFalse(self.solar.installs_due_at)

    def test_when_meta_told_of_a_change_last_is_kept_though_nothing_changed(self):
        self.assertFalse(self.solar.install_told_at)
        self.tell("INSTALL")
        self.assertTrue(self.solar.install_told_at)
        self.run_cron()
        self.assertTrue(self.solar.install_told_at)
        self.assertGreaterEqual(
            self.solar.extension_read_at, self.solar.install_told_at
        )

    def test_a_business_that_nobody_has_is_logged_and_stores_nothing(self):
        before = len(self.meta.requests(INSTALLS))
        self.tell("UNINSTALL", business_id="odoo-someone-else-7")
        self.run_cron()
        self.assertEqual(self.log.search([], limit=1).outcome, "ignored")
        self.assertEqual(len(self.meta.requests(INSTALLS)), before)
        self.assertEqual(self.solar.extension_state, "connected")

    def test_the_business_and_the_assets_in_a_webhook_are_not_believed(self):
        self.tell(
            "INSTALL",
            business_manager_id=OTHER_BUSINESS,
            pixel_id="500000000000099",
            pages=["110000000000099"],
        )
        self.run_cron()
        self.assertEqual(self.solar.business_id, BUSINESS)
        self.assertEqual(self.solar.dataset_ids.meta_id, GIVEN_DATASET)
        self.assertFalse(self.solar.page_ids)

    def test_what_meta_refuses_to_tell_is_shown_and_not_asked_for_ever(self):
        error = {"code": 100, "message": "Unknown fbe_external_business_id"}
        self.meta.script(INSTALLS, [{"status": 400, "body": {"error": error}}])
        self.tell("INSTALL")
        self.run_cron()
        self.assertFalse(self.solar.installs_due_at)
        self.assertEqual(self.solar.extension_state, "connected")
        self.assertIn("Unknown fbe_external_business_id", self.solar.extension_missing)

    def test_a_webhook_before_the_login_is_through_reads_nothing(self):
        self.solar.with_user(self.clerk).action_disconnect_extension()
        self.solar.access_token = "EAApasted"
        before = len(self.meta.requests(INSTALLS))
        self.tell("INSTALL")
        self.run_cron()
        self.assertEqual(len(self.meta.requests(INSTALLS)), before)
        self.assertFalse(self.solar.installs_due_at)

    def test_one_activity_also_where_the_sender_met_the_dead_token_first(self):
        self.connect("lead_ads")
        dataset, pages = self.solar.dataset_ids, self.solar.page_ids
        dataset._pause("Meta: the token is dead")
        pages._set_reconnect("Meta: the token is dead")
        self.assertTrue(dataset.activity_ids and pages.activity_ids)
        self.meta.uninstall(self.name)
        self.tell("UNINSTALL")

        self.run_cron()

        self.assertEqual(len(self.solar.activity_ids), 1)
        self.assertFalse(dataset.activity_ids + pages.activity_ids)

    def test_a_dead_token_is_cured_by_a_login_and_not_by_pasting_one(self):
        (install,) = self.meta.installs().values()
        self.meta.revoke_token(install["tokens"][-1])

        self.solar._check_health()

        finding = self.solar.health_finding_ids.filtered(
            lambda row: row.kind == "token"
        )
        self.assertIn("Connect with Meta", finding.cure)
        self.assertNotIn("Paste", finding.cure)

    def test_the_assistant_leads_a_new_one_to_the_login_and_not_to_a_token(self):
        fresh = self.env["meta.connection"].create(
            {"name": "Fresh", "made_by": "extension", "app_id": APP}
        )
        rows = str(fresh._judge_setup_connect())
        self.assertIn("Connect with Meta", rows)
        self.assertNotIn("Generate token", rows)


class TestLeaving(OddCase):
    def setUp(self):
        super().setUp()
        self.connect()
        self.connection_of_clerk = self.solar.with_user(self.clerk)

    def test_who_is_connected_disconnects_before_an_own_token_and_before_deleting(self):
        with self.assertRaisesRegex(UserError, "Disconnect"):
            self.connection_of_clerk.made_by = "own_token"
        with self.assertRaisesRegex(UserError, "Disconnect"):
            self.connection_of_clerk.unlink()
        self.assertEqual(self.solar.made_by, "extension")

        self.connection_of_clerk.action_disconnect_extension()
        self.connection_of_clerk.write({"made_by": "own_token", "access_token": "EAAx"})

        self.assertEqual(self.solar.made_by, "own_token")
        self.assertEqual(self.solar.dataset_ids.state, "active")

    def test_after_an_uninstall_an_own_token_is_told_of_by_itself_again(self):
        name = self.solar.external_business_id
        self.meta.uninstall(name)
        self.solar._note_uninstalled("gone")
        self.assertTrue(self.solar.activity_ids)

        self.connection_of_clerk.write({"made_by": "own_token", "access_token": "EAAx"})

        self.assertEqual(self.solar.extension_state, "new")
        self.assertFalse(self.solar.activity_ids)
        self.assertFalse(self.solar._is_told_otherwise("token"))
        self.assertEqual(self.solar.dataset_ids.state, "active")

    def test_a_late_uninstall_does_not_stop_an_own_token(self):
        name = self.solar.external_business_id
        raw = json.dumps(self.meta.install_webhook(name, "UNINSTALL")).encode()
        self.connection_of_clerk.action_disconnect_extension()
        self.connection_of_clerk.write({"made_by": "own_token", "access_token": "EAAx"})
        path = f"/meta/webhook/{self.solar.webhook_path}"

        self.assertEqual(self.post(raw, path=path).status_code, 200)
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("meta_crm_capi.ir_cron_extension").method_direct_trigger()
        self.env.invalidate_all()

        self.assertEqual(self.solar.dataset_ids.state, "active")
        self.assertEqual(self.solar.extension_state, "new")

    def test_the_address_of_the_dialog_is_that_of_the_exchange_to_the_letter(self):
        parameters = self.env["ir.config_parameter"].sudo()
        base = parameters.get_param("web.base.url")
        parameters.set_param("web.base.url", f"{base}/")
        answer = self.press(self.open_dialog("lead_ads"))
        parameters.set_param("web.base.url", "https://elsewhere.example")

        self.assertIn("Connected", self.come_back(**answer))
