"""Imports are for Meta administrators, each for the own companies."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .importing import ImportCase

MODELS = ("meta.lead.import", "meta.lead.import.line", "meta.lead.import.part")
BUTTONS = (
    "action_count",
    "action_start",
    "action_pause",
    "action_resume",
    "action_change",
    "action_cancel",
)


class TestImportSecurity(ImportCase):
    def setUp(self):
        super().setUp()
        self.reader = new_test_user(
            self.env, "meta-reader", groups="meta_crm_capi.group_meta_user"
        )
        self.elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.stranger = new_test_user(
            self.env,
            "strange-admin",
            groups="meta_crm_capi.group_meta_administrator",
            company_id=self.elsewhere.id,
            company_ids=self.elsewhere.ids,
        )
        self.fill_in()
        self.run = self.count(self.make_import())
        self.line = self.env["meta.lead.import.line"].search(
            [("import_id", "=", self.run.id)]
        )
        self.part = self.run.sudo().part_ids
        self.samples = dict(zip(MODELS, (self.run, self.line, self.part), strict=True))
        self.assertTrue(all(self.samples.values()))

    def each(self, user):
        for model, sample in self.samples.items():
            with self.subTest(model=model, user=user.login), mute_logger("odoo"):
                yield sample.with_user(user)

    def assert_denied(self, method, *args):
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            method(*args)

    def test_nobody_else_sees_or_changes_anything(self):
        for user in (self.rep, self.reader, self.stranger):
            for sample in self.each(user):
                self.assert_denied(sample.read, ["display_name"])
                self.assert_denied(sample.write, {"display_name": "x"})
                self.assert_denied(sample.unlink)
                if user == self.stranger:
                    self.assertNotIn(sample.id, sample.search([]).ids)

    def test_nobody_else_presses_a_button(self):
        for user in (self.rep, self.reader, self.stranger):
            for button in BUTTONS:
                with self.subTest(button=button, user=user.login):
                    self.assert_denied(getattr(self.run.with_user(user), button))
            self.assert_denied(self.line.with_user(user).action_make_new)
        self.assertEqual(self.run.state, "ready")

    def test_nobody_imports_into_another_company(self):
        imports = self.env["meta.lead.import"].with_user(self.stranger)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            imports.create({"page_id": self.page.id})

    def test_lines_hold_nothing_of_the_person(self):
        self.come_in({"email": "ana@example.com"})
        self.count(self.make_import())
        self.env.cr.execute("SELECT * FROM meta_lead_import_line")
        self.assertNotIn("ana", str(self.env.cr.fetchall()).lower())

    def test_a_meta_user_still_reads_imported_submissions(self):
        self.run.action_start()
        self.work()
        row = self.run.sudo().submission_ids.with_user(self.reader)
        self.assertEqual(row.read(["state"])[0]["state"], "done")
        self.assertTrue(row.is_attached is False)
