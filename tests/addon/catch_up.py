"""The set-up of the catch-up: leads at Meta that no webhook announced."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from odoo import fields

from odoo.addons.meta_crm_capi.models import meta_lead_page_catch_up_run as run

from .common import FORM
from .way_in import WayInCase


class CatchUpCase(WayInCase):
    """A subscribed Page that was connected a month ago."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cron = cls.env.ref("meta_crm_capi.ir_cron_catch_up")

    def setUp(self):
        super().setUp()
        month_ago = self.now - timedelta(days=30)
        self.page.write(
            {
                "catch_up_from": month_ago,
                "subscribed": True,
                "subscribed_at": month_ago,
            }
        )

    def lead_at_meta(self, minutes: float, form: str = FORM, **more: Any) -> str:
        """Somebody filled in the form so long ago; returns the lead id."""
        moment = int(time.time() - minutes * 60)
        answers = {"full_name": "Ana Acker"}
        return self.meta.create_lead(form, answers, created_time=moment, **more)

    def leads_at_meta(self, count: int, first: float = 20) -> list[str]:
        """Leads a minute apart, the newest first, the newest so many minutes old."""
        return [self.lead_at_meta(first + number) for number in range(count)]

    def run_cron(self) -> None:
        """The scheduled action runs once."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()

    def catch_up(self, page=None) -> None:
        """The Page is due, and the scheduled action runs."""
        (page or self.page).next_catch_up_at = fields.Datetime.now()
        self.run_cron()

    def catch_up_briefly(self) -> None:
        """The same, with time for one request alone and one run."""
        claim, claimed = type(self.page)._claim_catch_up, []

        def claim_once(pages):
            if claimed:
                return pages.browse()
            claimed.append(True)
            return claim(pages)

        with (
            patch.object(run, "RUN", -1),
            patch.object(type(self.page), "_claim_catch_up", claim_once),
        ):
            self.catch_up()

    def lists(self, form: str = FORM) -> list[dict[str, Any]]:
        """The requests for the leads of a form."""
        return self.meta.requests(f"/{form}/leads")

    def come(self, *meta_ids: str) -> list[str]:
        """Which of these leads are here, in this order."""
        return self.find(*meta_ids).mapped("meta_id")

    def small_pages(self) -> None:
        """Meta gives three leads at a time."""
        self.meta.set_max_page_size(3)
