"""The dry run: what the moves of the last days would have sent, and what they did."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import count
from unittest.mock import patch

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user
from odoo.tools import SQL, json_default

from .common import MODELS, MetaCase

DAY = timedelta(days=1)
MOVED_BACK = "Moved back: backward moves are not reported."
NO_RULE = "No rule for this step."
REOPENED = "Reopened: Meta is not told that a lost lead came back."


class DryRunCase(MetaCase):
    def setUp(self):
        super().setUp()
        self._ids = count(20**13)

    def days_ago(self, days):
        return self.now - days * DAY

    def come_in(self, age, **vals):
        """A lead of so many days ago, sent a minute before."""
        moment = self.days_ago(age)
        with self.moment(moment):
            return self.make_lead(
                str(next(self._ids)),
                submitted_at=moment - timedelta(minutes=1),
                **vals,
            ).with_user(self.rep)

    def move(self, age, lead, stage):
        with self.moment(self.days_ago(age)):
            lead.stage_id = stage

    def live(self):
        """Leads that take every kind of step in the last days."""
        sold = self.come_in(20)
        self.move(19, sold, self.qualified)
        self.move(3, sold, self.won)
        jumped = self.come_in(6, stage_id=self.proposition.id)
        self.move(4, jumped, self.qualified)
        lost = self.come_in(5)
        with self.moment(self.days_ago(4)):
            lost.action_set_lost()
        with self.moment(self.days_ago(2)):
            lost.action_unarchive()
        self.move(1, lost, self.qualified)
        raw = self.come_in(2, type="lead")
        with self.moment(self.days_ago(1)):
            raw.convert_opportunity(self.env["res.partner"])
        return sold, jumped, lost, raw

    def run_dry(self, days=7, dataset=None, user=None):
        """What the screen gets, after its way over the wire."""
        model = self.env["meta.capi.dataset"].with_user(user or self.administrator)
        result = model.get_dry_run((dataset or self.dataset).id, days)
        return json.loads(json.dumps(result, default=json_default))

    def would_send(self, **options):
        """``{event name: how often}``, without what would never be sent."""
        return {
            line["lines"][0]["event_name"]: line["sent"]
            for line in self.run_dry(**options)["steps"]
            if line["sent"]
        }

    def line(self, label, **options):
        lines = self.run_dry(**options)["steps"]
        return next(line for line in lines if line["label"] == label)

    def queued_since(self, days):
        """``{event name: how often}`` of what was really queued."""
        rows = self.env["meta.capi.event"].search(
            [
                ("dataset_id", "=", self.dataset.id),
                ("state", "=", "queued"),
                ("create_date", ">=", self.days_ago(days)),
            ]
        )
        return {name: len(of) for name, of in rows.grouped("event_name").items()}


class TestTruth(DryRunCase):
    def test_a_period_says_exactly_what_was_queued_in_it(self):
        self.live()
        for days in (7, 30):
            self.assertTrue(self.queued_since(days))
            self.assertEqual(self.would_send(days=days), self.queued_since(days))
            for line in self.run_dry(days)["steps"]:
                self.assertFalse(line["differs"], line)
                self.assertEqual(line["sent"], line["in_fact"])

    def test_a_period_says_exactly_why_the_others_were_not_sent(self):
        self.live()
        self.flush()
        rows = self.env["meta.capi.event"].search([("state", "=", "not_sent")])
        told = [
            (line["key"], reason["reason"], reason["count"])
            for line in self.run_dry(30)["steps"]
            for reason in line["not_sent"]
        ]
        found = rows.grouped(lambda r: (f"{r.step}-{r.stage_id.id or 0}", r.reason))
        self.assertCountEqual(told, [(*key, len(of)) for key, of in found.items()])
        self.assertIn(MOVED_BACK, rows.mapped("reason"))
        self.assertIn(REOPENED, rows.mapped("reason"))

    def test_it_is_the_same_whatever_language_the_movers_speak(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        labels = self.env["ir.model.fields.selection"].search(
            [("field_id.model", "=", "crm.lead"), ("field_id.name", "=", "won_status")]
        )
        for label in labels:
            label.with_context(lang="fr_FR").name = f"{label.value} (fr)"
        self.rep.lang = "fr_FR"
        lead = self.come_in(5)
        with self.moment(self.days_ago(4)):
            lead.with_context(lang="fr_FR").action_set_lost()
        tracked = lead.sudo().message_ids.tracking_value_ids
        self.assertIn("lost (fr)", tracked.mapped("new_value_char"))
        self.assertEqual(self.run_dry()["notes"], [])
        self.assertEqual(self.would_send(), {"initial_lead": 1, "lost": 1})

    def test_a_second_form_of_the_same_person_counts_from_when_it_came(self):
        lead = self.come_in(20)
        self.move(19, lead, self.qualified)
        with self.moment(self.days_ago(5)):
            lead.sudo()._collect_arrivals(
                self.make_submission("777777777777777", lead.sudo())
            )
        self.move(2, lead, self.won)
        self.assertEqual(self.would_send(), self.queued_since(7))

    def test_what_was_accepted_is_told_apart_from_what_was_queued(self):
        lead = self.come_in(3)
        self.move(2, lead, self.qualified)
        rows = self.event_rows(lead.sudo())
        rows[0].state = "accepted"
        line = self.line("Raw lead")
        self.assertEqual((line["sent"], line["in_fact"], line["accepted"]), (1, 1, 1))
        line = self.line("Qualified")
        self.assertEqual((line["sent"], line["in_fact"], line["accepted"]), (1, 1, 0))


class TestWhatIf(DryRunCase):
    def test_a_step_that_is_mapped_now_would_have_been_sent(self):
        rule = self.dataset.rule_ids.filtered(lambda r: r.stage_id == self.qualified)
        rule.active = False
        self.move(2, self.come_in(3), self.qualified)
        before = self.line("Qualified")
        self.assertEqual((before["sent"], before["in_fact"]), (0, 0))
        self.assertEqual(before["not_sent"], [{"reason": NO_RULE, "count": 1}])
        rule.active = True
        after = self.line("Qualified")
        self.assertEqual((after["sent"], after["in_fact"]), (1, 0))
        self.assertTrue(after["differs"])
        self.assertEqual(after["not_sent"], [])

    def test_a_step_that_is_switched_off_would_not_have_been_sent(self):
        self.move(2, self.come_in(3), self.proposition)
        self.dataset.fill_skipped_steps = False
        line = self.line("Qualified")
        self.assertEqual((line["sent"], line["in_fact"]), (0, 1))
        self.assertEqual(self.line("Proposition")["sent"], 1)

    def test_another_name_is_the_same_step(self):
        self.move(2, self.come_in(3), self.qualified)
        rule = self.dataset.rule_ids.filtered(lambda r: r.stage_id == self.qualified)
        rule.event_name = "ready_to_buy"
        line = self.line("Qualified")
        self.assertEqual(line["lines"][0]["event_name"], "ready_to_buy")
        self.assertEqual((line["sent"], line["in_fact"]), (1, 1))

    def test_a_line_for_another_team_is_none_for_this_one(self):
        other = self.env["crm.team"].create({"name": "Wholesale"})
        self.move(2, self.come_in(3), self.qualified)
        rule = self.dataset.rule_ids.filtered(lambda r: r.stage_id == self.qualified)
        rule.team_id = other
        self.assertEqual(self.line("Qualified")["sent"], 0)
        rule.team_id = self.team
        self.assertEqual(self.line("Qualified")["sent"], 1)

    def test_who_says_no_now_would_not_be_sent(self):
        lead = self.come_in(3)
        lead.sudo().meta_consent = "no"
        self.assertEqual(self.would_send(), {})
        (told,) = self.line("Raw lead")["not_sent"]
        self.assertEqual(told["count"], 1)

    def test_a_stopped_dataset_says_what_it_would_send_if_it_ran(self):
        self.come_in(3)
        self.dataset.action_stop()
        result = self.run_dry()
        self.assertEqual(self.would_send(), {"initial_lead": 1})
        self.assertEqual(
            result["notes"],
            ["The dataset is stopped. This is what it would send if it ran."],
        )


class TestBounds(DryRunCase):
    def test_nothing_is_written(self):
        self.live()
        self.flush()
        tables = ("meta_capi_event", "crm_lead", "mail_message", "meta_lead_submission")

        def look():
            return [
                self.env.execute_query(
                    SQL(
                        "SELECT COUNT(*), MAX(write_date), MAX(id) FROM %s",
                        SQL.identifier(table),
                    )
                )
                for table in tables
            ]

        before = look()
        self.run_dry(30)
        self.flush()
        self.assertEqual(look(), before)

    def test_a_lead_that_was_moved_without_a_trace_is_left_out_and_told_of(self):
        lead = self.come_in(5)
        self.move(4, lead, self.qualified)
        with self.moment(self.days_ago(3)):
            lead.with_context(tracking_disable=True).stage_id = self.proposition
        self.move(2, lead, self.won)
        result = self.run_dry()
        self.assertIn("Leads left out: 1.", result["notes"][0])
        self.assertEqual(self.would_send(), {})
        self.assertIn("No lead of Meta's", result["summary"])

    def test_a_lead_that_nothing_happened_to_in_the_period_is_not_counted(self):
        self.move(10, self.come_in(12), self.qualified)
        self.assertEqual(self.would_send(days=7), {})
        self.assertEqual(self.would_send(days=30), {"initial_lead": 1, "qualified": 1})

    def test_test_leads_and_leads_from_elsewhere_are_none(self):
        self.come_in(3, submission={"is_test": True})
        with self.moment(self.days_ago(2)):
            self.make_foreign_lead()
        self.assertEqual(self.would_send(), {})

    def test_it_says_when_it_did_not_look_at_all(self):
        for _number in range(3):
            self.come_in(3)
        self.startPatcher(patch(f"{MODELS}.meta_capi_dataset_dry_run.MOST_LEADS", 2))
        result = self.run_dry()
        self.assertEqual(self.would_send(), {"initial_lead": 2})
        self.assertIn("More leads changed", result["notes"][0])

    def test_a_period_that_nobody_offered_is_refused(self):
        for days in (0, -1, 8, 10**9, "7", None):
            with self.assertRaises(ValidationError):
                self.run_dry(days)

    def test_an_archived_dataset_is_refused_in_words(self):
        self.dataset.active = False
        with self.assertRaisesRegex(ValidationError, "archived"):
            self.run_dry()

    def test_without_a_dataset_there_is_nothing_to_show(self):
        model = self.env["meta.capi.dataset"].with_user(self.administrator)
        self.assertFalse(model.get_dry_run(10**9)["dataset"])


class TestBoard(DryRunCase):
    def test_every_step_of_the_pipeline_is_there_in_its_order_with_lost_last(self):
        self.dataset.rule_ids.unlink()
        self.proposition.sequence = -1
        lines = self.run_dry()["steps"]
        self.assertEqual(
            [line["label"] for line in lines if line["step"] != "converted"],
            ["Raw lead", "Proposition", "New", "Qualified", "Won", "Lost"],
        )
        self.assertEqual([line["lines"] for line in lines], [[]] * len(lines))
        self.assertEqual([line["label"] for line in lines if line["is_side"]], ["Lost"])

    def test_a_line_that_is_switched_off_and_those_for_teams_stay_in_sight(self):
        rule = self.dataset.rule_ids.filtered(lambda r: r.stage_id == self.qualified)
        rule.active = False
        rule.copy({"team_id": self.team.id, "event_name": "ready", "active": True})
        self.assertEqual(
            [
                (line["event_name"], line["team"], line["active"])
                for line in self.line("Qualified")["lines"]
            ],
            [("qualified", False, False), ("ready", self.team.name, True)],
        )

    def test_a_step_is_mapped_under_the_name_that_is_offered(self):
        rules = self.dataset.rule_ids
        rules.filtered(lambda r: r.stage_id == self.qualified).unlink()
        self.dataset.with_user(self.administrator).map_step("stage", self.qualified.id)
        (line,) = self.line("Qualified")["lines"]
        self.assertEqual((line["event_name"], line["active"]), ("qualified", True))

    def test_a_name_that_another_step_has_is_not_offered_again(self):
        rules = self.dataset.rule_ids
        rules.filtered(lambda r: r.stage_id == self.qualified).unlink()
        rules = rules.exists().filtered(lambda r: r.stage_id == self.won)
        rules.event_name = "qualified"
        self.dataset.map_step("stage", self.qualified.id)
        (line,) = self.line("Qualified")["lines"]
        self.assertEqual(line["event_name"], f"qualified_{self.qualified.id}")

    def test_who_may_only_read_changes_nothing(self):
        reader = new_test_user(
            self.env, "meta-reader", groups="meta_crm_capi.group_meta_user"
        )
        self.assertFalse(self.run_dry(user=reader)["can_change"])
        self.assertTrue(self.run_dry()["can_change"])
        self.dataset.rule_ids.unlink()
        with self.assertRaises(AccessError):
            self.dataset.with_user(reader).map_step("raw_lead")

    def test_what_meta_complains_of_stands_beside_it(self):
        self.assertEqual(self.run_dry()["complaints"], [])
        self.dataset.rule_ids.filtered(lambda r: r.step == "raw_lead").active = False
        self.assertIn("raw lead is not reported", self.run_dry()["complaints"][0])


class TestCompanies(DryRunCase):
    def test_each_dataset_counts_the_leads_of_its_own_company(self):
        company = self.env["res.company"].create({"name": "Foreign"})
        connection = self.connection.copy({"company_id": company.id, "app_id": "77"})
        dataset = self.env["meta.capi.dataset"].create(
            {"name": "Theirs", "meta_id": "59", "connection_id": connection.id}
        )
        dataset.action_map_pipeline()
        self.move(2, self.come_in(3), self.qualified)
        reader = self.administrator
        reader.company_ids += company
        self.assertEqual(
            self.would_send(user=reader), {"initial_lead": 1, "qualified": 1}
        )
        self.assertEqual(self.would_send(dataset=dataset, user=reader), {})

    def test_the_dataset_of_a_foreign_company_is_not_told_of(self):
        reader = self.make_reader_elsewhere()
        with self.assertRaises(AccessError):
            self.run_dry(user=reader)

    def test_a_sales_rep_is_told_nothing(self):
        with self.assertRaises(AccessError):
            self.run_dry(user=self.rep)
