"""Each number of the dry run opens exactly what it counts."""

from odoo.exceptions import ValidationError
from odoo.tests import new_test_user

from .test_dry_run import MOVED_BACK, DryRunCase


class TestOpening(DryRunCase):
    def behind(self, line, kind, reason=None, *, days=7, user=None):
        """The rows that a click on a number opens, read by who clicks."""
        user = user or self.administrator
        datasets = self.env["meta.capi.dataset"].with_user(user)
        action = datasets.open_dry_run(self.dataset.id, days, line["key"], kind, reason)
        return self.env[action["res_model"]].with_user(user).search(action["domain"])

    def test_each_number_opens_as_many_rows(self):
        self.live()
        self.flush()
        for days in (7, 30):
            for line in self.run_dry(days)["steps"]:
                for kind in ("sent", "in_fact", "accepted"):
                    rows = self.behind(line, kind, days=days)
                    self.assertEqual(len(rows), line[kind], (line["label"], kind))
                for told in line["not_sent"]:
                    rows = self.behind(line, "not_sent", told["reason"], days=days)
                    self.assertEqual(len(rows), told["count"], told)

    def test_a_marketer_sees_what_the_number_says(self):
        self.live()
        marketer = new_test_user(
            self.env, "opens-numbers", groups="meta_crm_capi.group_meta_user"
        )
        line = self.line("Qualified")
        self.assertEqual(len(self.behind(line, "sent", user=marketer)), line["sent"])

    def test_a_reason_opens_the_leads_that_have_it(self):
        _sold, jumped, *_others = self.live()
        line = self.line("Qualified")
        rows = self.behind(line, "not_sent", MOVED_BACK)
        self.assertEqual(rows.lead_id, jumped.sudo())

    def test_accepted_events_are_told_from_queued_ones(self):
        self.live()
        self.flush()
        line = self.line("Won")
        (row,) = self.behind(line, "in_fact")
        row.sudo().state = "accepted"
        self.assertEqual(self.behind(line, "accepted"), row)

    def test_what_there_is_not_is_said(self):
        for key, kind in (("raw_lead-0", "all"), ("raw_lead-0", "")):
            with self.assertRaises(ValidationError):
                self.behind({"key": key}, kind)
        self.assertFalse(self.behind({"key": "no-such-step"}, "sent"))
        self.assertFalse(self.behind({"key": "no-such-step"}, "in_fact"))
