"""The set-up of Meta Business Extension: a company that has nothing but an app."""

from __future__ import annotations

from urllib.parse import urlencode

from odoo.tests import new_test_user

from tests.workbench.in_odoo import fake_meta
from tests.workbench.meta_dialog import CALLBACK, press

from .common import APP
from .way_in import SECRET, WebhookCase

GIVEN_PAGE, OTHER_PAGE = "110000000000021", "110000000000022"
GIVEN_DATASET = "500000000000021"
BUSINESS, OTHER_BUSINESS = "700000000000021", "700000000000022"


class ExtensionCase(WebhookCase):
    """``solar`` is a connection of another company; ``clerk`` administers it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.meta = fake_meta()
        cls.addClassCleanup(cls.meta.close)
        cls.env["ir.config_parameter"].set_param(
            "meta_crm_capi.graph_url", cls.meta.url
        )
        cls.firm = cls.env["res.company"].create({"name": "Solar Sisters"})
        cls.clerk = new_test_user(
            cls.env,
            "meta-clerk",
            password="meta-clerk",
            groups="meta_crm_capi.group_meta_administrator",
            company_id=cls.firm.id,
            company_ids=[cls.firm.id],
            tz="Asia/Calcutta",
        )
        cls.solar = cls.env["meta.connection"].create(
            {
                "name": "Solar Sisters",
                "company_id": cls.firm.id,
                "made_by": "extension",
                "app_id": APP,
                "app_secret": SECRET,
                "owner_id": cls.clerk.id,
            }
        )

    def setUp(self):
        super().setUp()
        self.meta.reset()
        self.meta.add_app(APP, SECRET)
        self.meta.add_page(GIVEN_PAGE, "Solar Sisters")
        self.meta.add_page(OTHER_PAGE, "Solar Brothers")
        self.meta.add_dataset(GIVEN_DATASET, "Solar CRM")
        self.meta.add_business(
            BUSINESS, "Solar", [GIVEN_PAGE, OTHER_PAGE], [GIVEN_DATASET], "800"
        )
        self.meta.add_business(OTHER_BUSINESS, "Wind")
        self.meta.allow_extension(APP, [f"{self.solar.get_base_url()}{CALLBACK}"])
        self.authenticate("meta-clerk", "meta-clerk")

    def open_dialog(self, entry="measurement", user=None):
        """The address of Meta's window, opened by the clerk."""
        connection = self.solar.with_user(user or self.clerk)
        url = connection.get_extension_dialog(entry)
        self.env.flush_all()
        return url

    def press(self, url, button="Continue"):
        """What Meta's window comes back with, without going there."""
        return press(url, button)

    def come_back(self, **query):
        """The callback with this query; returns what the window says."""
        response = self.url_open(f"{CALLBACK}?{urlencode(query)}")
        self.env.invalidate_all()
        self.assertEqual(response.status_code, 200)
        return response.text

    def connect(self, entry="measurement"):
        """The whole way; returns what the window says."""
        return self.come_back(**self.press(self.open_dialog(entry)))
