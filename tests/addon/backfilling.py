"""The set-up of reports of past steps: leads with a past that Meta was not told of."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo.addons.meta_crm_capi.models.meta_capi_backfill_line import PLANNED

from .delivery import DeliveryCase

DAY = timedelta(days=1)
SEND = "odoo.addons.meta_crm_capi.models.meta_capi_backfill_send"
PLAN = "odoo.addons.meta_crm_capi.models.meta_capi_backfill_plan"


class BackfillCase(DeliveryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plans = cls.env["meta.capi.backfill"].with_user(cls.administrator)
        cls.backfill_cron = cls.env.ref("meta_crm_capi.ir_cron_backfill")

    def setUp(self):
        super().setUp()
        self.deaths = 0

    def days_ago(self, days):
        return self.now - days * DAY

    @contextmanager
    def unheard(self):
        """What happens inside is not reported: there is no dataset yet."""
        self.flush()
        self.dataset.active = False
        yield
        self.flush()
        self.dataset.active = True

    def come_in(self, age, **vals):
        """A lead that came so many days ago, sent a minute before."""
        moment = self.days_ago(age)
        submitted_at = vals.pop("submitted_at", moment - timedelta(minutes=1))
        with self.moment(moment):
            return self.make_known_lead(submitted_at=submitted_at, **vals)

    def move(self, age, lead, stage):
        with self.moment(self.days_ago(age)):
            lead.with_user(self.rep).stage_id = stage

    def missed(self, **vals):
        """A lead that came 5 days ago and was qualified 3 days ago, unheard of."""
        with self.unheard():
            lead = self.come_in(5, **vals)
            self.move(3, lead, self.qualified)
        return lead

    def plan(self, leads=None, **values):
        if leads is not None:
            values["lead_ids"] = [(6, 0, leads.ids)]
        plan = self.plans.create(values)
        plan.action_plan()
        return plan

    def lines(self, plan, *kinds):
        """``(event name, days ago, kind, reason)`` of each step, in their order."""
        self.env.invalidate_all()
        lines = self.env["meta.capi.backfill.line"].search(
            [("backfill_id", "=", plan.id), ("kind", "in", kinds or PLANNED)]
        )
        return [
            (
                line.event_name,
                line.event_time and round((self.now - line.event_time) / DAY),
                line.kind,
                line.reason,
            )
            for line in lines
        ]

    def reasons_of(self, plan):
        """``{reason: how often}`` of what is not sent."""
        return {
            row["reason"]: row["count"]
            for row in plan.board["reasons"]
            if row["kind"] == "not_sent"
        }

    def queue(self, *, until_death_after=None):
        """The cron that queues what was planned runs once."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            if until_death_after is None:
                self.backfill_cron.method_direct_trigger()
            else:
                self.queue_until_death(until_death_after)
        self.env.invalidate_all()

    def queue_until_death(self, after):
        """The process dies within a chunk, when so many are stored."""
        line = type(self.env["meta.capi.backfill.line"])
        original = line._queue
        calls = []

        def dying(lines):
            calls.append(1)
            # What was not committed is gone with the process.
            with lines.env.cr.savepoint():
                original(lines)
                if len(calls) > after:
                    raise SystemExit

        with patch.object(line, "_queue", dying):
            try:
                self.backfill_cron.method_direct_trigger()
            except SystemExit:
                self.deaths += 1

    def send(self, plan):
        """Send it, and let Meta have all of it."""
        plan.action_send()
        self.queue()
        self.deliver()
        self.queue()
        return plan

    def in_small_chunks(self, size):
        self.startPatcher(patch(f"{SEND}.CHUNK", size))
