"""How long things are kept, for a Meta administrator who is no system administrator."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user

from .test_retention import RetentionCase


class TestRetentionSettings(RetentionCase):
    def open(self, person=None):
        return self.env["meta.retention.settings"].with_user(
            person or self.administrator
        )

    def employ_everywhere(self):
        everywhere = self.env["res.company"].search([])
        self.administrator.company_ids = everywhere

    def test_a_meta_administrator_sees_and_changes_them(self):
        self.employ_everywhere()
        with Form(self.open()) as form:
            self.assertEqual(
                (form.log_days, form.not_sent_days, form.body_days), (90, 180, 30)
            )
            form.log_days = 7
            form.body_days = 0
        form.record.action_save()
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.meta_keep_log_days, 7)
        self.assertEqual(settings.meta_keep_not_sent_days, 180)
        self.assertEqual(settings.meta_keep_body_days, 0)
        self.assertEqual(self.open().create({}).body_days, 0)

    def test_days_that_are_none_are_refused(self):
        self.employ_everywhere()
        for days in (-1, 36_501):
            with self.subTest(days=days), self.assertRaises(ValidationError):
                self.open().create({"log_days": days})

    def test_who_works_in_one_of_several_companies_only_looks(self):
        self.env["res.company"].create({"name": "Elsewhere"})
        settings = self.open().create({"log_days": 1})
        self.assertFalse(settings.may_change)
        with self.assertRaises(AccessError):
            settings.action_save()
        self.assertEqual(self.env["meta.retention"]._get_days("log"), 90)

    def test_nobody_else_opens_them(self):
        reader = new_test_user(
            self.env, "reader", groups="meta_crm_capi.group_meta_user"
        )
        for person in (self.rep, reader):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.open(person).create({})
