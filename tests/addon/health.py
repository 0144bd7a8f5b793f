"""The set-up of health checks: a connection and a Page that are well, at Meta too."""

from __future__ import annotations

from datetime import timedelta

from .common import APP, PAGE
from .way_in import WayInCase


class HealthCase(WayInCase):
    """Everything is in order; a test breaks one thing and looks again."""

    def setUp(self):
        super().setUp()
        self.findings = self.env["meta.health.finding"]
        self.health_cron = self.env.ref("meta_crm_capi.ir_cron_health")
        self.subscribe()
        self.page.write({"subscribed": True, "caught_up_at": self.now})
        # Nobody runs them beside a test.
        crons = self.env["ir.cron"].search([("code", "like", "model._cron_")])
        crons.nextcall = self.now + timedelta(minutes=1)

    def subscribe(self, **changes):
        """Both levels of the subscription, as an administrator made them."""
        self.meta.subscribe_app(APP, self.connection.callback_url, **changes)
        self.meta.subscribe_page(PAGE, APP)

    def check(self, record=None):
        """The button, pressed by an administrator; returns what it said."""
        record = record or self.connection
        self.env.flush_all()
        action = record.with_user(self.administrator).action_check()
        self.env.invalidate_all()
        return action["params"]

    def run_cron(self):
        """The hourly look, with everything due."""
        (self.connection | self.env["meta.connection"].search([])).write(
            {"health_checked_at": False}
        )
        self.env["meta.lead.page"].search([]).write({"health_checked_at": False})
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.health_cron.method_direct_trigger()
        self.env.invalidate_all()

    def found(self, kind):
        """The one finding of a kind."""
        self.env.invalidate_all()
        row = self.findings.search([("kind", "=", kind)])
        row.ensure_one()
        return row

    def levels(self):
        """The level of each finding, by its kind."""
        self.env.invalidate_all()
        return {row.kind: row.level for row in self.findings.search([])}

    def not_well(self):
        return {kind: level for kind, level in self.levels().items() if level != "ok"}

    def activities(self):
        self.env.invalidate_all()
        return self.connection.activity_ids | self.page.activity_ids
