"""The set-up of tests of the sync overview."""

from __future__ import annotations

from datetime import timedelta

from odoo.tests import new_test_user

from odoo.addons.meta_crm_capi.models import meta_capi_dataset_standstill as standstill
from odoo.addons.meta_crm_capi.models import meta_connection_crons as crons

from .delivery import DeliveryCase


class OverviewCase(DeliveryCase):
    """A marketer who looks; nobody runs scheduled actions beside a test."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = new_test_user(
            cls.env, "meta-marketer", groups="meta_crm_capi.group_meta_user"
        )

    def setUp(self):
        super().setUp()
        self.patch(standstill, "_looked_at", {})
        self.patch(crons, "_looked_at", {})
        actions = self.env["ir.cron"].search([("code", "like", "model._cron_")])
        actions.nextcall = self.now + timedelta(minutes=1)

    def look(self, *args, user=None, companies=None, tz="UTC"):
        """What the screen gets."""
        self.env.flush_all()
        self.env.invalidate_all()
        overview = self.env["meta.overview"].with_user(user or self.marketer)
        overview = overview.with_context(tz=tz)
        if companies:
            overview = overview.with_context(allowed_company_ids=companies.ids)
        with self.enter_registry_test_mode():
            found = overview.get_overview(*args)
        self.env.invalidate_all()
        return found

    def settle(self, rows, state, *, took=0, **ages):
        """As if rows had got this state, so many seconds after their moves."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE meta_capi_event
               SET state = %(state)s, next_try_at = NULL,
                   accepted_at = CASE WHEN %(state)s = 'accepted' THEN
                       create_date + make_interval(secs => %(took)s) END
             WHERE id = ANY(%(ids)s)
            """,
            {"state": state, "took": took, "ids": rows.ids},
        )
        self.env.invalidate_all()
        if ages:
            self.age(rows, **ages)

    def behind(self, number):
        """The records that a click on a number opens, read by who looks."""
        events = self.env["meta.capi.event"].with_user(self.marketer)
        return events.search(number["domain"])

    def counts(self, found):
        """The totals that are not zero."""
        total = found["outcomes"]["total"]
        return {name: row["count"] for name, row in total.items() if row["count"]}
