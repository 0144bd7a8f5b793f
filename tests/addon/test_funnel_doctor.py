"""The funnel doctor: what Meta can learn from, counted from Odoo's own rows."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import count

from odoo.exceptions import AccessError, ValidationError
from odoo.tools import json_default

from .common import MetaCase

DAY = timedelta(days=1)


class DoctorCase(MetaCase):
    def setUp(self):
        super().setUp()
        self._ids = count(20**13)

    def make_told_lead(self, *, age=10, steps=(), state="accepted", **submission):
        """A lead of so many days ago and its accepted steps.

        :param steps: ``(event name, days after the lead)``
        """
        submitted_at = self.now - age * DAY
        row = self.make_submission(
            str(next(self._ids)), submitted_at=submitted_at, **submission
        )
        for name, days in steps:
            rule = self.dataset.rule_ids.filtered(lambda r, n=name: r.event_name == n)
            moment = submitted_at + days * DAY
            self.env["meta.capi.event"].create(
                {
                    "dataset_id": self.dataset.id,
                    "submission_id": row.id,
                    "company_id": self.company.id,
                    "rule_id": rule[:1].id,
                    "step": rule[:1].step or "stage",
                    "stage_id": rule[:1].stage_id.id,
                    "event_name": name,
                    "event_time": moment,
                    "state": state,
                    "accepted_at": moment if state == "accepted" else False,
                }
            )
        return row

    def examine(self, days=90, dataset=None, user=None, zone="UTC"):
        """What the screen gets, after its way over the wire."""
        model = self.env["meta.capi.dataset"].with_user(user or self.administrator)
        model = model.with_context(tz=zone)
        result = model.get_funnel_doctor((dataset or self.dataset).id, days)
        return json.loads(json.dumps(result, default=json_default))

    def line(self, name, **options):
        lines = self.examine(**options)["steps"]
        return next(line for line in lines if line["event_name"] == name)

    def check(self, label, **options):
        milestones = self.examine(**options)["milestones"]
        return next(c for m in milestones for c in m["checks"] if c["label"] == label)

    def statuses(self, **options):
        return [one["status"] for one in self.examine(**options)["milestones"]]


class TestNumbers(DoctorCase):
    def test_steps_come_in_the_order_of_the_pipeline_with_lost_at_the_side(self):
        self.dataset.report_lost = True
        lines = self.examine()["steps"]
        self.assertEqual(
            [line["event_name"] for line in lines],
            [
                rule.event_name
                for rule in self.dataset.rule_ids.sorted(
                    lambda r: (r.step == "lost", r.place, r.stage_sequence)
                )
                if rule.active
            ],
        )
        self.assertEqual([line["is_side"] for line in lines][-2:], [False, True])

    def test_a_step_counts_each_lead_once_with_its_days_from_the_lead(self):
        self.make_told_lead(steps=[("initial_lead", 0), ("qualified", 2)])
        self.make_told_lead(steps=[("initial_lead", 0), ("qualified", 4)])
        self.make_told_lead(steps=[("initial_lead", 0)])
        self.make_told_lead()
        line = self.line("qualified")
        self.assertEqual((line["leads"], line["rate"]), (2, 50.0))
        self.assertEqual(line["median_text"], "3.0 days")
        self.assertEqual(line["p90_text"], "3.8 days")

    def test_a_step_that_was_reported_at_each_entry_counts_at_its_first(self):
        row = self.make_told_lead(steps=[("qualified", 2)])
        again = row.event_ids.copy({"entry": 1, "state": "accepted"})
        again.event_time = row.submitted_at + 9 * DAY
        line = self.line("qualified")
        self.assertEqual((line["leads"], line["median_text"]), (1, "2.0 days"))

    def test_what_meta_did_not_accept_counts_for_nothing(self):
        for state in ("queued", "refused", "expired", "not_sent"):
            self.make_told_lead(steps=[("qualified", 2)], state=state)
        self.assertEqual(self.line("qualified")["leads"], 0)
        coverage = self.check("Leads that Meta was told of")
        self.assertEqual(coverage["value"], "0.0 % (0 of 4)")
        self.assertFalse(coverage["is_met"])

    def test_test_leads_and_ignored_ones_are_no_leads(self):
        self.make_told_lead(is_test=True)
        self.make_told_lead(state="accepted")
        self.make_submission(
            "777777777777777", submitted_at=self.now - DAY, state="ignored"
        )
        self.assertEqual(
            self.check("Leads that Meta was told of")["value"], "0.0 % (0 of 1)"
        )

    def test_leads_before_the_period_do_not_count(self):
        self.make_told_lead(age=31, steps=[("qualified", 1)])
        self.assertEqual(self.line("qualified", days=30)["leads"], 0)
        self.assertEqual(self.line("qualified", days=60)["leads"], 1)

    def test_a_day_with_data_is_a_day_of_the_reader(self):
        for hour in (9, 11):
            row = self.make_told_lead(steps=[("initial_lead", 0)])
            row.event_ids.accepted_at = (self.now - DAY).replace(hour=hour, minute=0)
        days = {
            zone: self.check("Days with data", zone=zone)["value"]
            for zone in ("Pacific/Kiritimati", "UTC")
        }
        self.assertEqual(days, {"Pacific/Kiritimati": "2", "UTC": "1"})

    def test_a_name_that_is_mapped_no_more_is_shown_before_what_stands_at_the_side(
        self,
    ):
        self.make_told_lead(steps=[("an_old_name", 1)])
        line = self.examine()["steps"][-2]
        self.assertEqual(
            (line["event_name"], line["label"]), ("an_old_name", "No longer mapped")
        )

    def test_without_any_lead_there_is_no_share_and_no_recommendation(self):
        result = self.examine()
        self.assertEqual({line["rate_text"] for line in result["steps"]}, {"–"})
        self.assertEqual(
            result["recommendation"], "There were no Meta leads in this period."
        )


class TestWhichLeads(DoctorCase):
    def setUp(self):
        super().setUp()
        self.other = self.env["meta.capi.dataset"].create(
            {
                "name": "Other",
                "meta_id": "500000000000009",
                "connection_id": self.connection.id,
            }
        )

    def leads(self, dataset):
        return self.check("Leads in the last 30 days", dataset=dataset)["value"]

    def test_a_lead_belongs_to_the_dataset_of_its_form_before_that_of_its_page(self):
        self.form.dataset_id = self.other
        self.page.dataset_id = self.dataset
        self.make_told_lead()
        self.assertEqual((self.leads(self.dataset), self.leads(self.other)), ("0", "1"))

    def test_a_form_without_a_dataset_follows_its_page(self):
        self.page.dataset_id = self.other
        self.make_told_lead()
        self.make_told_lead(form_id=False)
        self.assertEqual((self.leads(self.dataset), self.leads(self.other)), ("0", "2"))

    def test_what_names_no_dataset_goes_to_the_only_one_that_is_not_stopped(self):
        self.make_told_lead()
        self.make_told_lead(form_id=False, page_id=False)
        self.assertEqual((self.leads(self.dataset), self.leads(self.other)), ("0", "0"))
        self.other.action_stop()
        self.assertEqual((self.leads(self.dataset), self.leads(self.other)), ("2", "0"))

    def test_a_number_opens_exactly_the_records_that_it_counts(self):
        self.other.action_stop()
        told = self.make_told_lead(steps=[("qualified", 2)])
        untold = self.make_told_lead()
        opens = self.check("Leads that Meta was told of")["opens"]
        found = self.env[opens["res_model"]].search(opens["domain"])
        self.assertEqual(found, untold)
        opens = self.line("qualified")["opens"]
        found = self.env[opens["res_model"]].search(opens["domain"])
        self.assertEqual(found, told.event_ids)


class TestVerdict(DoctorCase):
    def fill(self, *, leads=20, qualified=6):
        for number in range(leads):
            steps = [("initial_lead", 0)]
            if number < qualified:
                steps.append(("qualified", 3))
            self.make_told_lead(age=10 + number % 8, steps=steps)

    def test_a_new_dataset_has_its_first_event_to_do(self):
        self.assertEqual(
            self.statuses(), ["done", "now", "later", "later", "later", "later"]
        )
        self.assertEqual(
            self.examine()["milestones"][4]["words"],
            "After the choice, Meta learns for 2 to 8 weeks.",
        )

    def test_with_enough_data_the_earliest_fitting_step_is_recommended(self):
        self.fill(qualified=8)
        result = self.examine()
        self.assertEqual(self.statuses(), ["done"] * 3 + ["now", "later", "later"])
        self.assertIn("Optimise for “qualified”", result["recommendation"])
        self.assertTrue(self.line("qualified")["is_recommended"])
        self.assertFalse(self.line("initial_lead")["can_be_chosen"])

    def test_a_step_that_nearly_every_lead_reaches_says_so(self):
        self.fill(qualified=19)
        self.assertEqual(
            self.line("qualified")["objections"],
            ["Too common: more than 40 of 100 leads"],
        )
        self.assertIn("No step fits yet", self.examine()["recommendation"])

    def test_the_step_that_was_chosen_at_meta_is_watched_from_that_day(self):
        self.fill(qualified=8)
        self.dataset.optimised_rule_id = self.dataset.rule_ids.filtered(
            lambda rule: rule.event_name == "qualified"
        )
        self.assertEqual(self.dataset.optimised_on, self.now.date())
        self.assertEqual(self.statuses()[3:], ["done", "now", "later"])
        self.dataset.optimised_on = self.now.date() - 60 * DAY
        self.assertEqual(self.statuses()[3:], ["done", "done", "now"])
        self.assertTrue(self.line("qualified")["is_chosen"])

    def test_a_paused_dataset_says_what_pauses_it(self):
        self.dataset.write({"state": "paused", "trouble": "The token has expired."})
        milestone = self.examine()["milestones"][0]
        self.assertEqual(milestone["status"], "falls_short")
        self.assertEqual(milestone["words"], "The token has expired.")


class TestReaders(DoctorCase):
    def test_where_there_is_no_dataset_the_screen_is_told_so(self):
        reader = self.make_reader_elsewhere()
        model = self.env["meta.capi.dataset"].with_user(reader)
        result = model.get_funnel_doctor()
        self.assertEqual((result["dataset"], result["datasets"]), (False, []))

    def test_the_dataset_of_a_foreign_company_is_not_told_of(self):
        reader = self.make_reader_elsewhere()
        with self.assertRaises(AccessError):
            self.examine(user=reader)

    def test_a_sales_rep_is_told_nothing(self):
        with self.assertRaises(AccessError):
            self.examine(user=self.rep)

    def test_a_period_that_nobody_offered_is_refused(self):
        for days in (0, -1, 10**9, "90", None):
            with self.assertRaises(ValidationError):
                self.examine(days=days)

    def test_a_dataset_that_is_gone_leaves_the_empty_screen(self):
        model = self.env["meta.capi.dataset"].with_user(self.administrator)
        self.assertFalse(model.get_funnel_doctor(10**8)["dataset"])
