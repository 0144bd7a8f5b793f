"""What a queued event is worth, and whose it is."""

from odoo import Command

from .common import MetaCase

FIRST, SECOND = "10000000000000001", "10000000000000002"


class TestValue(MetaCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rules = cls.dataset.rule_ids.filtered("stage_id")
        rules.write({"value_source": "expected_revenue"})
        cls.env.cr.flush()

    def values(self, lead):
        return [
            (row.event_name, row.value, row.currency_id)
            for row in self.event_rows(lead)
        ]

    def test_a_step_carries_the_expected_revenue_and_its_currency(self):
        lead = self.make_lead(expected_revenue=1234.56)
        lead.write({"stage_id": self.qualified.id})
        nothing = self.env["res.currency"]
        self.assertEqual(
            self.values(lead),
            [
                ("initial_lead", 0, nothing),
                ("qualified", 1234.56, self.company.currency_id),
            ],
        )

    def test_the_value_is_that_of_the_moment(self):
        lead = self.make_lead(expected_revenue=100)
        lead.write({"stage_id": self.qualified.id, "expected_revenue": 200})
        self.flush()
        lead.write({"expected_revenue": 300})
        self.assertEqual(self.event_rows(lead)[-1].value, 200)

    def test_a_skipped_step_carries_none(self):
        lead = self.make_lead(expected_revenue=100)
        lead.write({"stage_id": self.proposition.id})
        self.assertEqual(
            [value for _name, value, _currency in self.values(lead)], [0, 0, 100]
        )

    def test_a_skipped_purchase_carries_its_value(self):
        self.dataset.rule_ids.filtered(
            lambda rule: rule.stage_id == self.qualified
        ).event_name = "Purchase"
        lead = self.make_lead(expected_revenue=100)
        lead.write({"stage_id": self.proposition.id})
        self.assertEqual(
            self.values(lead)[1], ("Purchase", 100, self.company.currency_id)
        )

    def test_a_purchase_of_unknown_worth_is_worth_nothing_in_its_currency(self):
        self.dataset.rule_ids.filtered(
            lambda rule: rule.stage_id == self.qualified
        ).event_name = "Purchase"
        lead = self.make_lead()
        lead.write({"stage_id": self.qualified.id})
        self.assertEqual(
            self.values(lead)[1], ("Purchase", 0, self.company.currency_id)
        )

    def test_the_currency_is_that_of_the_leads_company(self):
        swiss = self.env.ref("base.CHF")
        swiss.active = True
        sister = self.env["res.company"].create(
            {"name": "Sister", "currency_id": swiss.id}
        )
        self.team.company_id = False
        lead = self.make_lead(
            expected_revenue=100,
            company_id=sister.id,
            user_id=False,
        )
        lead.write({"stage_id": self.qualified.id})
        self.assertEqual(self.values(lead)[1], ("qualified", 100, swiss))

    def test_a_rule_without_value_sends_none(self):
        self.dataset.rule_ids.write({"value_source": "none"})
        lead = self.make_lead(expected_revenue=100)
        lead.write({"stage_id": self.qualified.id})
        self.assertEqual(self.values(lead)[1][1:], (0, self.env["res.currency"]))


class TestCompanies(MetaCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sister = cls.env["res.company"].create({"name": "Sister"})
        cls.env.user.company_ids += cls.sister
        cls.rep.company_ids = cls.company + cls.sister
        cls.team.company_id = False

    def test_a_rep_of_another_company_moves_a_lead_and_meta_hears_of_it(self):
        lead = self.make_lead(FIRST, user_id=False)
        lead.company_id = self.sister
        self.flush()
        self.rep.write({"company_id": self.sister.id})
        self.rep.write({"company_ids": [Command.set(self.sister.ids)]})
        mine = lead.with_user(self.rep).with_company(self.sister)
        mine.with_context(allowed_company_ids=self.sister.ids).write(
            {"stage_id": self.qualified.id}
        )
        row = self.event_rows(lead)[-1]
        self.assertEqual(
            (row.event_name, row.state, row.dataset_id, row.company_id),
            ("qualified", "queued", self.dataset, self.company),
        )

    def test_a_lead_without_a_company_is_reported_for_its_submissions_company(self):
        lead = self.make_lead(FIRST, company_id=False)
        lead.company_id = False
        self.flush()
        lead.write({"stage_id": self.qualified.id})
        row = self.event_rows(lead)[-1]
        self.assertEqual((row.event_name, row.company_id), ("qualified", self.company))

    def test_leads_of_two_companies_go_each_to_its_own_dataset(self):
        connection = self.env["meta.connection"].create(
            {"name": "Sister", "company_id": self.sister.id}
        )
        theirs = self.env["meta.capi.dataset"].create(
            {
                "name": "Theirs",
                "meta_id": "500000000000003",
                "connection_id": connection.id,
            }
        )
        theirs.action_map_pipeline()
        lead = self.make_lead(FIRST)
        other = self.make_lead(
            SECOND,
            company_id=self.sister.id,
            user_id=False,
            submission={
                "company_id": self.sister.id,
                "connection_id": connection.id,
                "page_id": False,
                "form_id": False,
            },
        )
        (lead + other).write({"stage_id": self.qualified.id})
        self.assertEqual(self.event_rows(lead).dataset_id, self.dataset)
        self.assertEqual(self.event_rows(other).dataset_id, theirs)
        self.assertEqual(self.event_rows(other).company_id, self.sister)
