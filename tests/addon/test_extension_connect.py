"""A business logs in at Meta, and the connection has what came back."""

from __future__ import annotations

import json
import time
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import APP
from .extension import (
    BUSINESS,
    GIVEN_DATASET,
    GIVEN_PAGE,
    OTHER_BUSINESS,
    OTHER_PAGE,
    ExtensionCase,
)

LOGIN = "odoo.addons.meta_crm_capi.models.meta_connection_extension_login"


class TestConnect(ExtensionCase):
    def test_measurement_brings_the_token_and_the_dataset(self):
        said = self.connect()

        self.assertIn("Connected", said)
        self.assertRecordValues(
            self.solar,
            [
                {
                    "extension_state": "connected",
                    "business_id": BUSINESS,
                    "uses_measurement": True,
                    "uses_lead_ads": False,
                    "extension_missing": False,
                    "has_access_token": True,
                }
            ],
        )
        self.assertRecordValues(
            self.solar.dataset_ids,
            [{"meta_id": GIVEN_DATASET, "name": "Solar CRM", "state": "active"}],
        )
        self.assertEqual(self.solar.dataset_ids.company_id, self.firm)
        self.assertFalse(self.solar.page_ids)

    def test_lead_ads_brings_the_pages_with_their_tokens(self):
        self.connect("lead_ads")

        pages = self.solar.page_ids
        self.assertEqual(set(pages.mapped("meta_id")), {GIVEN_PAGE, OTHER_PAGE})
        self.assertTrue(all(page.has_access_token for page in pages))
        self.assertFalse(self.solar.dataset_ids)

    def test_both_entry_points_share_one_connection_and_one_install(self):
        self.connect()
        self.connect("lead_ads")

        self.assertEqual(len(self.meta.installs()), 1)
        self.assertTrue(self.solar.uses_lead_ads and self.solar.uses_measurement)
        self.assertEqual(
            sorted(self.solar.feature_ids.mapped("kind")), ["ads", "lead_ads", "pixel"]
        )
        self.assertEqual(set(self.solar.feature_ids.mapped("enabled")), {"on"})

    def test_a_second_login_renews_the_tokens_of_the_pages(self):
        self.connect("lead_ads")
        page = self.solar.page_ids[0].sudo()
        before = page._get_secret("access_token")

        self.connect("lead_ads")

        self.assertNotEqual(page._get_secret("access_token"), before)

    def test_the_window_is_told_who_asks_where_and_what_for(self):
        query = parse_qs(urlsplit(self.open_dialog("lead_ads")).query)

        setup = json.loads(query["extras"][0])["setup"]
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        self.assertEqual(setup["external_business_id"], f"odoo-{uuid}-{self.firm.id}")
        self.assertEqual(setup["timezone"], "Asia/Colombo")
        self.assertEqual(setup["currency"], self.firm.currency_id.name)
        self.assertEqual(query["client_id"], [APP])

    def test_no_token_is_stored_but_the_system_users_and_nothing_shows_one(self):
        said = self.connect("lead_ads")

        (install,) = self.meta.installs().values()
        person, system = install["tokens"]
        self.assertEqual(self.solar.sudo()._get_secret("access_token"), system)
        self.env.cr.execute("SELECT row_to_json(l)::text FROM meta_sync_log l")
        logged = str(self.env.cr.fetchall()) + said
        for secret in (person, system, "test-app-secret"):
            self.assertNotIn(secret, logged)
        read = self.solar.with_user(self.clerk).read()
        self.assertNotIn("EAA", str(read))
        # The person's own token is nowhere, in no column of any table of ours.
        for table in ("meta_connection", "meta_lead_page", "meta_extension_attempt"):
            self.env.cr.execute(f"SELECT row_to_json(t)::text FROM {table} t")
            self.assertNotIn(person, str(self.env.cr.fetchall()))


class TestPartial(ExtensionCase):
    def test_a_dataset_that_was_not_given_is_shown_as_missing(self):
        self.meta.plan_onboarding(APP, BUSINESS, gives_dataset=False)

        said = self.connect()

        self.assertIn("No dataset was chosen", said)
        self.assertIn("No dataset was chosen", self.solar.extension_missing)
        self.assertFalse(self.solar.dataset_ids)
        self.assertEqual(self.solar.extension_state, "connected")

    def test_pages_that_were_not_given_are_shown_as_missing(self):
        self.meta.plan_onboarding(APP, BUSINESS, page_ids=[])

        self.connect("lead_ads")

        self.assertIn("No Page was chosen", self.solar.extension_missing)
        self.assertFalse(self.solar.page_ids)

    def test_what_is_given_later_is_missing_no_more(self):
        self.meta.plan_onboarding(APP, BUSINESS, gives_dataset=False)
        self.connect()
        self.meta.plan_onboarding(APP, BUSINESS)
        self.connect()

        self.assertFalse(self.solar.extension_missing)
        self.assertEqual(self.solar.dataset_ids.meta_id, GIVEN_DATASET)

    def test_a_page_that_metas_list_leaves_out_is_read_by_itself(self):
        self.meta.script("GET */me/accounts", [{"body": {"data": []}}])

        self.connect("lead_ads")

        pages = self.solar.page_ids
        self.assertEqual(set(pages.mapped("meta_id")), {GIVEN_PAGE, OTHER_PAGE})
        self.assertTrue(all(page.has_access_token for page in pages))
        self.assertFalse(self.solar.extension_missing)

    def test_a_list_that_meta_does_not_give_costs_no_page(self):
        self.meta.script_named("transient", "GET */me/accounts")

        self.connect("lead_ads")

        pages = self.solar.page_ids
        self.assertEqual(set(pages.mapped("meta_id")), {GIVEN_PAGE, OTHER_PAGE})
        self.assertFalse(self.solar.extension_missing)

    def test_pages_that_meta_gives_no_answer_about_are_said_to_be_missing(self):
        self.meta.script_named("transient", "GET */me/accounts")
        self.meta.script_named("transient", f"GET */{OTHER_PAGE}")

        self.connect("lead_ads")

        self.assertEqual(self.solar.page_ids.meta_id, GIVEN_PAGE)
        self.assertIn("some may be missing", self.solar.extension_missing)
        self.assertIn(f"The Page {OTHER_PAGE} was chosen", self.solar.extension_missing)

    def test_a_page_that_the_system_user_cannot_reach_is_named(self):
        self.meta.script("GET */me/accounts", [{"body": {"data": []}}])
        for page_id in (GIVEN_PAGE, OTHER_PAGE):
            self.meta.script_named("no_access", f"GET */{page_id}")

        self.connect("lead_ads")

        self.assertIn(f"The Page {GIVEN_PAGE} was chosen", self.solar.extension_missing)
        self.assertFalse(self.solar.page_ids)

    def test_a_page_of_another_company_stays_there_and_is_named(self):
        theirs = self.env["meta.lead.page"].create(
            {
                "name": "Theirs",
                "meta_id": OTHER_PAGE,
                "connection_id": self.connection.id,
            }
        )

        self.connect("lead_ads")

        self.assertEqual(theirs.connection_id, self.connection)
        self.assertEqual(self.solar.page_ids.meta_id, GIVEN_PAGE)
        self.assertIn("Solar Brothers", self.solar.extension_missing)
        self.assertNotIn("Theirs", self.solar.extension_missing)

    def test_another_portfolio_is_refused_and_nothing_changes(self):
        self.connect()
        token = self.solar.sudo()._get_secret("access_token")
        self.meta.plan_onboarding(APP, OTHER_BUSINESS, breaks_lock=True)

        said = self.connect()

        self.assertIn("Not connected", said)
        self.assertIn("stays on one", said)
        self.assertEqual(self.solar.business_id, BUSINESS)
        self.assertEqual(self.solar.sudo()._get_secret("access_token"), token)

    def test_an_install_that_meta_does_not_name_connects_nothing(self):
        self.meta.script("GET */fbe_installs", [{"body": {"data": []}}])

        said = self.connect()

        self.assertIn("names nothing that was installed", said)
        self.assertEqual(self.solar.extension_state, "new")
        self.assertFalse(self.solar.has_access_token)


class TestState(ExtensionCase):
    def assertNothingConnected(self, said, why):
        self.assertIn("Not connected", said)
        self.assertIn(why, said)
        self.assertEqual(self.solar.extension_state, "new")
        self.assertFalse(self.solar.has_access_token)
        self.assertEqual(self.meta.requests("*oauth/access_token"), [])

    def test_a_state_that_is_forged_connects_nothing(self):
        answer = self.press(self.open_dialog())
        forged = "x" + answer["state"][1:]
        self.assertNothingConnected(
            self.come_back(code=answer["code"], state=forged), "does not belong"
        )
        self.assertNothingConnected(
            self.come_back(code=answer["code"]), "does not belong"
        )

    def test_a_state_is_good_once(self):
        answer = self.press(self.open_dialog())
        self.assertIn("Connected", self.come_back(**answer))

        said = self.come_back(**answer)

        self.assertIn("was used already", said)
        self.assertEqual(len(self.meta.requests("*oauth/access_token")), 1)

    def test_a_state_is_over_after_ten_minutes(self):
        answer = self.press(self.open_dialog())
        later = time.time() + 601
        with patch(f"{LOGIN}.time.time", lambda: later):
            said = self.come_back(**answer)
        self.assertNothingConnected(said, "10 minutes")

    def test_a_callback_of_another_user_connects_nothing(self):
        new_test_user(
            self.env,
            "meta-colleague",
            password="meta-colleague",
            groups="meta_crm_capi.group_meta_administrator",
            company_id=self.firm.id,
            company_ids=[self.firm.id],
        )
        answer = self.press(self.open_dialog())
        self.authenticate("meta-colleague", "meta-colleague")
        self.assertNothingConnected(self.come_back(**answer), "another user")

    def test_a_user_who_may_not_use_the_company_any_more_connects_nothing(self):
        answer = self.press(self.open_dialog())
        self.clerk.write(
            {"company_ids": [(6, 0, self.company.ids)], "company_id": self.company.id}
        )
        self.assertNothingConnected(self.come_back(**answer), "may not use")

    def test_a_user_without_the_right_connects_nothing(self):
        answer = self.press(self.open_dialog())
        group = self.env.ref("meta_crm_capi.group_meta_administrator")
        self.clerk.group_ids -= group
        self.assertNothingConnected(self.come_back(**answer), "may not use")

    def test_who_presses_cancel_is_told_so(self):
        answer = self.press(self.open_dialog(), "Cancel")
        self.assertNothingConnected(self.come_back(**answer), "You pressed Cancel")

    def test_an_error_of_metas_is_shown_in_its_words_and_without_secrets(self):
        answer = self.press(self.open_dialog(), "Cancel")
        said = self.come_back(
            state=answer["state"],
            error="server_error",
            error_description="<b>Broken</b> access_token=EAAsecret1234567890",
        )
        self.assertNothingConnected(said, "&lt;b&gt;Broken&lt;/b&gt;")
        self.assertNotIn("EAAsecret", said)

    def test_a_code_that_meta_refuses_says_what_meta_says(self):
        answer = self.press(self.open_dialog())
        said = self.come_back(code="AQother", state=answer["state"])
        self.assertIn("Invalid verification code format", said)
        self.assertEqual(self.solar.extension_state, "new")

    def test_without_app_and_secret_no_window_opens(self):
        bare = self.env["meta.connection"].create(
            {"name": "Bare", "made_by": "extension", "owner_id": self.clerk.id}
        )
        with self.assertRaisesRegex(UserError, "App ID and the app secret"):
            bare.get_extension_dialog("lead_ads")

    def test_a_reader_opens_no_window(self):
        reader = new_test_user(
            self.env,
            "meta-reader",
            groups="meta_crm_capi.group_meta_user",
            company_id=self.firm.id,
            company_ids=[self.firm.id],
        )
        with self.assertRaises(AccessError):
            self.open_dialog(user=reader)

    def test_one_connection_of_a_company_is_made_by_the_extension(self):
        self.open_dialog()
        second = self.solar.copy({"app_secret": "other"})
        with self.assertRaisesRegex(UserError, "already: use that one"):
            second.get_extension_dialog("lead_ads")
