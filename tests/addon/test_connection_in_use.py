"""An archived connection is at rest: nothing that is active hangs on it."""

from odoo.exceptions import ValidationError

from .delivery import DeliveryCase


class TestArchivedConnection(DeliveryCase):
    def test_one_in_use_is_not_archived_and_says_what_to_do(self):
        with self.assertRaises(ValidationError) as told, self.env.cr.savepoint():
            self.connection.with_user(self.administrator).active = False
        words = str(told.exception)
        for known in (self.connection.name, self.page.name, self.dataset.name, "Stop"):
            self.assertIn(known, words)
        self.make_known_lead()
        self.deliver()
        self.assertEqual(self.states, ["accepted"])

    def test_neither_pages_nor_datasets_alone_let_it_go(self):
        for kept, gone in ((self.page, self.dataset), (self.dataset, self.page)):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                gone.active = False
                self.connection.active = False
            kept.invalidate_recordset()
            self.assertTrue(kept.active)

    def test_one_that_nothing_hangs_on_is_archived(self):
        self.page.active = False
        self.dataset.active = False
        self.connection.with_user(self.administrator).active = False
        self.assertFalse(self.connection.active)

    def test_nothing_becomes_active_under_an_archived_one(self):
        self.page.active = False
        self.dataset.active = False
        self.connection.active = False
        for record in (self.page, self.dataset):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                record.active = True
        values = {"name": "New", "connection_id": self.connection.id}
        for model, meta_id in (("meta.lead.page", "12"), ("meta.capi.dataset", "13")):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.env[model].create({**values, "meta_id": meta_id})
        other = self.connection.copy({"active": True})
        self.dataset.write({"active": True, "connection_id": other.id})
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.dataset.connection_id = self.connection
