"""The set-up of tests of the reconciliation."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from odoo.tests import new_test_user

from .common import FORM
from .way_in import QUESTIONS, WayInCase

#: Wide enough for everything, whatever day it is in the tests' time zone.
MONTH = {"days": 30}
OTHER_FORM = "220000000000002"


class ReconciliationCase(WayInCase):
    """A marketer who looks and an administrator who presses the buttons."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = new_test_user(
            cls.env, "meta-marketer", groups="meta_crm_capi.group_meta_user"
        )
        cls.count_cron = cls.env.ref("meta_crm_capi.ir_cron_count")
        cls.deliver_cron = cls.env.ref("meta_crm_capi.ir_cron_deliver")

    # --- what happens ---------------------------------------------------------

    def at_meta(self, days: float = 1, form: str = FORM, **more: Any) -> str:
        """Somebody filled in the form so many days ago; returns the lead id."""
        moment = int(time.time() - days * 86400)
        answers = {"full_name": "Ana Acker"}
        return self.meta.create_lead(form, answers, created_time=moment, **more)

    def come_from_meta(self, days: float = 1, form: str = FORM):
        """The same, and it made its way in; returns the submission."""
        meta_id = self.at_meta(days, form)
        row = self.announce(meta_id, form_id=form)
        self.fetch()
        return row

    def add_form(self, meta_id: str = OTHER_FORM, **vals):
        """A further form that Meta knows too."""
        self.meta.add_form(meta_id, self.page.meta_id, "Autumn offer", QUESTIONS)
        return self.env["meta.lead.form"].create(
            {
                "name": "Autumn offer",
                "meta_id": meta_id,
                "page_id": self.page.id,
                **vals,
            }
        )

    def run_cron(self, cron) -> None:
        self.env.flush_all()
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def deliver(self) -> None:
        self.run_cron(self.deliver_cron)

    def settle(self, events, state: str, reason: str | None = None, **vals) -> None:
        """As if events had got this state."""
        self.env.flush_all()
        events.sudo().write({"state": state, "reason": reason, **vals})
        self.env.flush_all()

    def raw_leads(self, *submissions):
        """The raw-lead events of these submissions."""
        ids = [row.id for row in submissions]
        return self.env["meta.capi.event"].search(
            [("submission_id", "in", ids), ("step", "=", "raw_lead")], order="id"
        )

    # --- what is seen ---------------------------------------------------------

    def screen(self, user=None, companies=None):
        model = self.env["meta.reconciliation"].with_user(user or self.marketer)
        model = model.with_context(tz="UTC")
        if companies:
            model = model.with_context(allowed_company_ids=companies.ids)
        return model

    def look(self, asked=MONTH, **how) -> dict[str, Any]:
        """What the screen gets."""
        self.env.flush_all()
        self.env.invalidate_all()
        return self.screen(**how).get_reconciliation(asked)

    def count(self, asked=MONTH) -> None:
        """“Count at Meta”, and the scheduled action runs."""
        self.screen(self.administrator).count_at_meta(asked)
        self.run_cron(self.count_cron)

    def numbers(self, asked=MONTH, **how) -> list[int | None]:
        """At Meta, submissions, leads, accepted."""
        return list(self.look(asked, **how)["total"]["numbers"].values())

    def causes(self, asked=MONTH, form=None, **how) -> dict[tuple, int]:
        """``{(gap, key): signed count}`` of the total, or of a form's row."""
        found = self.look(asked, **how)
        row = self.row(found, form) if form else found["total"]
        return {
            (gap, cause["key"]): cause["sign"] * cause["count"]
            for gap, causes in enumerate(row["gaps"])
            for cause in causes
        }

    def row(self, found, form):
        return next(row for row in found["rows"] if row["form_id"] == form.id)

    def cause(self, gap, key, asked=MONTH, sign=-1):
        """One cause of the total, with its words and buttons."""
        causes = self.look(asked)["total"]["gaps"][gap]
        return next(
            cause for cause in causes if (cause["key"], cause["sign"]) == (key, sign)
        )

    def behind(self, gap, key, asked=MONTH, sign=-1):
        """The records that a click on a cause opens, read by who looks."""
        action = self.screen().open_cause(asked, gap, sign, key)
        model = self.env[action["res_model"]].with_user(self.marketer)
        return model.with_context(active_test=False).search(action["domain"])

    def heal(self, gap, key, name, asked=MONTH, sign=-1):
        """Press a button of a cause, as the administrator."""
        self.env.flush_all()
        screen = self.screen(self.administrator)
        outcome = screen.heal(asked, gap, sign, key, name)
        self.env.invalidate_all()
        return outcome

    def assert_adds_up(self, found) -> None:
        """Each number follows from the one before it by the causes between them."""
        for row in [found["total"], *found["rows"]]:
            numbers = list(row["numbers"].values())
            for gap, causes in enumerate(row["gaps"]):
                before, after = numbers[gap : gap + 2]
                if before is not None:
                    change = sum(cause["sign"] * cause["count"] for cause in causes)
                    self.assertEqual(before + change, after, (gap, causes))

    def age(self, rows, days: float) -> None:
        """Submitted so many days ago."""
        rows.submitted_at = self.now - timedelta(days=days)
        self.env.flush_all()
