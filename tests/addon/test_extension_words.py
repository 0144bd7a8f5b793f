"""What Meta Business Extension says, read in a language with all texts in brackets."""

from __future__ import annotations

import json

from lxml import html

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
from .pseudo import LANG, outside, speak

NAMES = (
    *("Solar Sisters", "Solar Brothers", "Solar CRM", "Book Now"),
    *(GIVEN_PAGE, OTHER_PAGE, GIVEN_DATASET, BUSINESS, OTHER_BUSINESS),
    "Invalid verification code format.",
)


class TestWords(ExtensionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        speak(cls)
        cls.clerk.lang = LANG

    def assertTranslated(self, text, *names):
        self.assertTrue(text)
        self.assertIn("[[", str(text))
        self.assertEqual(outside(str(text), *NAMES, *names), [])

    def shown(self):
        return self.solar.with_user(self.clerk).with_context(lang=LANG)

    def come_back(self, **query):
        """What the window shows, without its title and script."""
        page = html.fromstring(super().come_back(**query).strip())
        return "\n".join(page.find("body").itertext())

    def test_the_window_speaks_the_language_of_who_is_in_it(self):
        answer = self.press(self.open_dialog())
        self.assertTranslated(self.come_back(code="AQother", state=answer["state"]))
        self.assertTranslated(self.come_back(**answer))
        self.assertTranslated(self.come_back(state="forged"))
        answer = self.press(self.open_dialog(), "Cancel")
        self.assertTranslated(self.come_back(**answer))
        self.meta.plan_onboarding(APP, BUSINESS, gives_dataset=False)
        self.assertTranslated(self.connect())
        self.meta.plan_onboarding(APP, OTHER_BUSINESS, breaks_lock=True)
        self.assertTranslated(self.connect())

    def test_what_is_missing_and_what_is_installed_is_translated(self):
        self.env["meta.lead.page"].create(
            {
                "name": "Theirs",
                "meta_id": OTHER_PAGE,
                "connection_id": self.connection.id,
            }
        )
        self.meta.plan_onboarding(APP, BUSINESS, gives_dataset=False)
        self.connect()
        self.connect("lead_ads")
        (row,) = self.shown().read(["extension_missing"])
        self.assertTranslated(row["extension_missing"])
        name = self.solar.external_business_id
        number = self.meta.add_feature(name, "page_cta", cta_button_text="Book Now")
        said = self.shown().action_read_installs()["params"]["message"]
        self.assertTranslated(said)
        feature = self.shown().feature_ids.filtered(lambda row: row.kind == "page_cta")
        self.assertEqual(feature.instance_id, number)
        change = self.env["meta.extension.feature.change"].with_user(self.clerk)
        change = change.with_context(lang=LANG).create({"feature_id": feature.id})
        with self.assertRaises(UserError) as caught:
            change.action_save()
        self.assertTranslated(caught.exception)
        change.button_url = "http://x"
        with self.assertRaises(UserError) as caught:
            change.action_save()
        self.assertTranslated(caught.exception, "http://x", "https://")
        change.write({"button_url": False, "is_on": False})
        self.assertTranslated(change.action_save()["params"]["message"])

    def test_the_end_of_an_install_is_told_in_the_language_of_its_reader(self):
        self.connect()
        name = self.solar.external_business_id
        self.meta.uninstall(name)
        body = self.meta.install_webhook(name, "UNINSTALL")
        path = f"/meta/webhook/{self.solar.webhook_path}"
        self.post(json.dumps(body).encode(), path=path)
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("meta_crm_capi.ir_cron_extension").method_direct_trigger()
        self.env.invalidate_all()
        (activity,) = self.solar.activity_ids
        self.assertTranslated(activity.summary)
        self.assertTranslated(activity.note)
        (row,) = self.shown().dataset_ids.read(["trouble"])
        self.assertTranslated(row["trouble"])
