"""What a step is worth: four sources, and names that are nothing without a value."""

from odoo.exceptions import ValidationError
from odoo.tests import Form

from .delivery import DeliveryCase
from .mapping import MappingCase

FIRST, SECOND = "10000000000000001", "10000000000000002"


class ValueCase(MappingCase):
    def rule(self, stage):
        return self.dataset.rule_ids.filtered(lambda rule: rule.stage_id == stage)

    def worth(self, lead):
        """Event name, value and currency of the newest row."""
        row = self.event_rows(lead)[-1]
        return row.event_name, row.value, row.currency_id.name

    def make_swiss_company(self):
        swiss = self.env.ref("base.CHF")
        swiss.active = True
        return self.env["res.company"].create(
            {"name": "Sister", "currency_id": swiss.id}
        )


class TestSources(ValueCase):
    def test_a_fixed_amount_is_in_the_currency_of_the_datasets_company(self):
        self.rule(self.qualified).write({"value_source": "fixed", "fixed_value": 49.9})
        self.team.company_id = False
        lead = self.make_lead(
            expected_revenue=1000,
            company_id=self.make_swiss_company().id,
            user_id=False,
        )
        lead.stage_id = self.qualified
        currency = self.company.currency_id.name
        self.assertEqual(self.worth(lead), ("qualified", 49.9, currency))
        self.assertEqual(self.rule(self.qualified).currency_id.name, currency)

    def test_revenue_is_in_the_currency_of_the_leads_company(self):
        self.team.company_id = False
        sister = self.make_swiss_company()
        for meta_id, source, value in (
            (FIRST, "expected_revenue", 1000),
            (SECOND, "prorated_revenue", 250),
        ):
            self.rule(self.qualified).value_source = source
            lead = self.make_lead(
                meta_id, expected_revenue=1000, company_id=sister.id, user_id=False
            )
            lead.write({"stage_id": self.qualified.id, "probability": 25})
            self.assertEqual(self.worth(lead), ("qualified", value, "CHF"))

    def test_revenue_times_probability_is_that_of_the_moment(self):
        self.rule(self.qualified).value_source = "prorated_revenue"
        lead = self.make_lead(expected_revenue=1000.5, probability=10)
        lead.write({"stage_id": self.qualified.id, "probability": 50})
        self.flush()
        lead.write({"probability": 99, "expected_revenue": 5})
        self.assertEqual(self.event_rows(lead)[-1].value, 500.25)

    def test_a_won_lead_is_worth_all_of_its_revenue(self):
        self.rule(self.won).value_source = "prorated_revenue"
        lead = self.make_lead(expected_revenue=1000, probability=10)
        lead.action_set_won()
        self.assertEqual(self.worth(lead)[:2], ("won", 1000))

    def test_a_lost_lead_is_worth_nothing_by_its_probability(self):
        rule = self.dataset.rule_ids.filtered(lambda rule: rule.step == "lost")
        rule.value_source = "prorated_revenue"
        lead = self.make_lead(expected_revenue=1000, probability=10)
        lead.action_set_lost()
        self.assertEqual(self.worth(lead)[:2], ("lost", 0))

    def test_less_than_nothing_is_no_worth(self):
        self.rule(self.qualified).value_source = "expected_revenue"
        lead = self.make_lead(expected_revenue=-100)
        lead.stage_id = self.qualified
        self.assertEqual(self.worth(lead)[:2], ("qualified", 0))

    def test_a_skipped_step_carries_no_fixed_amount(self):
        self.rule(self.qualified).write({"value_source": "fixed", "fixed_value": 50})
        lead = self.make_lead()
        lead.stage_id = self.proposition
        skipped = self.event_rows(lead)[1]
        self.assertEqual(
            (skipped.event_name, skipped.value, skipped.currency_id.id),
            ("qualified", 0, False),
        )

    def test_a_changed_amount_counts_for_the_next_move_only(self):
        self.rule(self.qualified).write({"value_source": "fixed", "fixed_value": 50})
        one, other = self.make_lead(FIRST), self.make_lead(SECOND)
        one.stage_id = self.qualified
        self.flush()
        self.rule(self.qualified).fixed_value = 60
        other.stage_id = self.qualified
        self.assertEqual([self.worth(one)[1], self.worth(other)[1]], [50, 60])


class TestFixedAmount(ValueCase):
    def test_it_must_be_more_than_nothing(self):
        for amount in (0, -1, 0.001):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.make_rule(value_source="fixed", fixed_value=amount)
        rule = self.make_rule(value_source="fixed", fixed_value=0.01)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            rule.fixed_value = 0

    def test_it_may_be_empty_where_it_is_not_used(self):
        rule = self.make_rule(value_source="none")
        with self.assertRaises(ValidationError):
            rule.value_source = "fixed"

    def test_an_administrator_sees_its_currency_on_the_form(self):
        rule = self.rule(self.qualified)
        with Form(rule.with_user(self.administrator)) as form:
            form.value_source = "fixed"
            form.fixed_value = 12.5
            self.assertEqual(form.currency_id, self.company.currency_id)
        self.assertEqual((rule.value_source, rule.fixed_value), ("fixed", 12.5))


class TestNamesThatNeedAValue(ValueCase):
    """By no way is a rule for a Purchase saved without a value."""

    def refused(self):
        return self.assertRaisesRegex(ValidationError, "without a value")

    def test_created_written_or_renamed(self):
        with self.refused(), self.env.cr.savepoint():
            self.make_rule(event_name="Purchase")
        rule = self.rule(self.qualified)
        for vals in (
            {"event_name": "Purchase"},
            {"event_name": "\u00a0Purchase\u2003"},
            {"event_name": "Purchase", "value_source": "none", "fixed_value": 5},
        ):
            with self.refused(), self.env.cr.savepoint():
                rule.write(vals)

    def test_copied_with_another_source(self):
        rule = self.rule(self.won)
        rule.write({"event_name": "Purchase", "value_source": "expected_revenue"})
        with self.refused():
            rule.copy({"value_source": "none", "stage_id": self.new.id})

    def test_inactive_and_then_switched_on(self):
        with self.refused():
            self.make_rule(event_name="Purchase", active=False)

    def test_entered_in_the_dataset(self):
        with self.refused():
            self.dataset.write(
                {
                    "rule_ids": [
                        (0, 0, {"stage_id": self.new.id, "event_name": "Purchase"})
                    ]
                }
            )

    def test_imported(self):
        rules = self.env["meta.capi.rule"].with_user(self.administrator)
        for source, messages in (("No value", 1), ("Expected revenue", 0)):
            result = rules.with_context(import_file=True).load(
                ["dataset_id/.id", "step", "stage_id", "event_name", "value_source"],
                [[str(self.dataset.id), "Stage", "New", "Purchase", source]],
            )
            self.assertEqual(len(result["messages"]), messages, result["messages"])

    def test_named_by_default(self):
        stage = self.make_stage("Purchase")
        rule = self.make_rule(stage_id=stage.id)
        self.assertEqual(rule.event_name, "purchase_stage")

    def test_each_source_gives_one(self):
        for stage, vals in (
            (self.new, {"value_source": "fixed", "fixed_value": 5}),
            (self.qualified, {"value_source": "expected_revenue"}),
            (self.proposition, {"value_source": "prorated_revenue"}),
        ):
            self.rule(stage).unlink()
            rule = self.make_rule(stage_id=stage.id, event_name="Purchase", **vals)
            self.assertEqual(rule.event_name, "Purchase")


class TestSending(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.purchase = self.dataset.rule_ids.filtered(
            lambda rule: rule.stage_id == self.won
        )

    def win(self, **vals):
        lead = self.make_known_lead(**vals)
        lead.action_set_won()
        self.flush()
        return lead

    def last(self):
        self.deliver()
        events = [event for event in self.received() if "custom_data" in event]
        return events[-1]["event_name"], events[-1]["custom_data"]

    def test_a_purchase_without_revenue_is_sent_as_worth_nothing(self):
        self.purchase.write(
            {"event_name": "Purchase", "value_source": "expected_revenue"}
        )
        self.win()
        name, custom = self.last()
        self.assertEqual((name, custom["value"]), ("Purchase", 0))
        self.assertEqual(custom["currency"], self.company.currency_id.name)
        self.assertEqual(set(self.states), {"accepted"})

    def test_any_other_name_without_revenue_is_sent_without_value(self):
        self.purchase.value_source = "expected_revenue"
        self.win()
        name, custom = self.last()
        self.assertEqual((name, custom.keys() & {"value", "currency"}), ("won", set()))

    def test_a_fixed_amount_reaches_meta(self):
        self.purchase.write({"value_source": "fixed", "fixed_value": 123.45})
        self.win()
        _name, custom = self.last()
        self.assertEqual(
            (custom["value"], custom["currency"]),
            (123.45, self.company.currency_id.name),
        )

    def test_a_purchase_that_lost_its_currency_is_refused_here(self):
        self.purchase.write(
            {"event_name": "Purchase", "value_source": "expected_revenue"}
        )
        lead = self.win(expected_revenue=5)
        row = self.event_rows(lead)[-1]
        row.currency_id = False
        self.deliver()
        self.assertEqual(row.state, "refused")
        self.assertIn("custom_data.currency: is missing", row.reason)
        sent = [event["event_name"] for event in self.received()]
        self.assertNotIn("Purchase", sent)
