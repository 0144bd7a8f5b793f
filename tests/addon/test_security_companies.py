"""Two companies in one database: each sees its own, and leads never cross over."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user

from .test_security import BUTTONS, MODELS, SecurityCase

#: With what nobody but Odoo itself writes.
COMPANY_MODELS = (*MODELS, "meta.lead.property")


class TestCompanies(SecurityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.stranger, cls.strange_admin = (
            new_test_user(
                cls.env,
                login,
                groups=f"meta_crm_capi.{group},base.group_allow_export",
                company_id=cls.elsewhere.id,
                company_ids=cls.elsewhere.ids,
            )
            for login, group in (
                ("stranger", "group_meta_user"),
                ("strange-admin", "group_meta_administrator"),
            )
        )
        cls.other_connection = cls.env["meta.connection"].create(
            {
                "name": "Elsewhere",
                "app_id": "1000000000000002",
                "app_secret": "other-secret",
                "company_id": cls.elsewhere.id,
            }
        )

    def setUp(self):
        super().setUp()
        team = self.env["crm.team"].create(
            {
                "name": "Roofs",
                "company_id": self.company.id,
                "lead_properties_definition": [
                    {"name": "roof", "string": "Roof", "type": "char"}
                ],
            }
        )
        self.samples["meta.lead.property"] = team.meta_property_ids
        self.env.flush_all()

    def test_a_connection_with_pages_or_datasets_stays_in_its_company(self):
        with self.assertRaisesRegex(ValidationError, "connection of its own"):
            self.connection.company_id = self.elsewhere

    def test_a_connection_without_any_may_change_its_company(self):
        self.other_connection.company_id = self.company
        self.assertEqual(self.other_connection.company_id, self.company)

    def test_a_meta_user_sees_nothing_of_another_company(self):
        for sample in self.each(*COMPANY_MODELS):
            record = sample.with_user(self.stranger)
            self.assertNotIn(record.id, record.search([]).ids)
            self.assertFalse(record.search_count([("id", "=", record.id)]))
            self.assertFalse(record.name_search(record.sudo().display_name))
            self.assertDenied(record.read, ["display_name"])
            self.assertDenied(record.web_read, {"display_name": {}})
            self.assertDenied(record.export_data, ["display_name"])

    def test_a_meta_user_sees_his_own_companys(self):
        connection = self.other_connection.with_user(self.stranger)
        self.assertEqual(connection.search([]), connection)
        log = self.log._add_incoming("webhook", "accepted", self.other_connection, 1)
        self.assertEqual(self.log.with_user(self.stranger).search([]).ids, log.ids)

    def test_the_wizard_is_not_opened_on_another_companys_dataset(self):
        wizard = self.env["meta.capi.dataset.change"].with_user(self.strange_admin)
        values = {"dataset_id": self.dataset.id, "meta_id": "1"}
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            wizard.create(values)
        with self.assertRaises(AccessError):
            wizard.with_context(default_dataset_id=self.dataset.id).onchange(
                {}, [], {"dataset_id": {}, "old_meta_id": {}, "queued_count": {}}
            )
        own = self.env["meta.capi.dataset"].create(
            {
                "name": "Elsewhere",
                "meta_id": "500000000000077",
                "connection_id": self.other_connection.id,
            }
        )
        mine = wizard.create({**values, "dataset_id": own.id})
        self.assertEqual(mine.old_meta_id, own.meta_id)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            mine.dataset_id = self.dataset

    def test_the_wizard_shows_nothing_that_its_reader_may_not_read(self):
        wizard = self.env["meta.capi.dataset.change"]
        made = wizard.create({"dataset_id": self.dataset.id, "meta_id": "1"})
        self.env.cr.execute(
            "UPDATE meta_capi_dataset_change SET create_uid = %s",
            [self.strange_admin.id],
        )
        self.env.invalidate_all()
        for name in ("old_meta_id", "queued_count", "has_access_token"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                made.with_user(self.strange_admin).read([name])

    def test_events_are_never_forwarded_to_another_companys_dataset(self):
        own = self.env["meta.capi.dataset"].create(
            {
                "name": "Elsewhere",
                "meta_id": "500000000000077",
                "connection_id": self.other_connection.id,
            }
        )
        with self.assertRaises(UserError), self.env.cr.savepoint():
            own.with_user(self.strange_admin).successor_id = self.dataset

    def test_an_administrator_changes_nothing_of_another_company(self):
        for sample in self.each(*COMPANY_MODELS):
            record = sample.with_user(self.strange_admin)
            self.assertDenied(record.write, {"company_id": self.elsewhere.id})
            self.assertDenied(record.unlink)

    def test_an_administrator_presses_no_button_of_another_company(self):
        for model, names in BUTTONS.items():
            record = self.samples[model].with_user(self.strange_admin)
            for name in names:
                with self.subTest(model=model, button=name):
                    self.assertDenied(getattr(record, name))
        self.assertEqual(self.meta.requests(), [])

    def test_a_user_of_two_companies_sees_those_that_are_switched_on(self):
        self.reader.company_ids |= self.elsewhere
        connections = self.env["meta.connection"].with_user(self.reader)
        both = self.connection | self.other_connection
        for allowed, seen in (
            (self.company, self.connection),
            (self.elsewhere, self.other_connection),
            (self.company | self.elsewhere, both),
        ):
            found = connections.with_context(allowed_company_ids=allowed.ids)
            self.assertEqual(found.search([("id", "in", both.ids)]), seen)

    def test_what_belongs_together_is_of_one_company(self):
        team = self.env["crm.team"].create(
            {"name": "Elsewhere", "company_id": self.elsewhere.id}
        )
        dataset = self.env["meta.capi.dataset"].create(
            {
                "name": "Elsewhere",
                "meta_id": "500000000000002",
                "connection_id": self.other_connection.id,
            }
        )
        self.assertEqual(dataset.company_id, self.elsewhere)
        self.page.dataset_id = self.dataset
        for record, name, foreign in (
            (self.page, "connection_id", self.other_connection),
            (self.page, "dataset_id", dataset),
            (self.page, "team_id", team),
            (self.page, "company_id", self.elsewhere),
            (self.form, "dataset_id", dataset),
            (self.dataset, "connection_id", self.other_connection),
            (self.dataset, "company_id", self.elsewhere),
        ):
            with (
                self.subTest(model=record._name, field=name),
                self.assertRaises(UserError),
                self.env.cr.savepoint(),
            ):
                record.write({name: foreign.id})

    def test_a_page_of_its_own_moves_with_its_connection(self):
        self.page.connection_id = self.other_connection
        self.assertEqual(self.page.company_id, self.elsewhere)
        self.assertEqual(self.form.company_id, self.elsewhere)
        self.assertEqual(self.question.company_id, self.elsewhere)

    def test_a_lead_id_tells_a_rep_of_another_company_nothing(self):
        rep = new_test_user(
            self.env,
            "strange-rep",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=self.elsewhere.id,
            company_ids=self.elsewhere.ids,
        )
        leads = self.env["crm.lead"].with_user(rep)
        self.assertFalse(leads.search([("meta_lead_id", "=", "10000000000000077")]))
        with self.assertRaises(AccessError):
            self.lead.with_user(rep).read(["meta_lead_id"])
