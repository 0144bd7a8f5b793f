"""Secrets go in and never come out again, for nobody, by no road."""

import json

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user
from odoo.tools import mute_logger

from .way_in import WayInCase

SECRET = "S3CRET-that-nobody-may-see"
STORED = {
    "meta.connection": ("app_secret", "access_token"),
    "meta.lead.page": ("access_token",),
    "meta.capi.dataset": ("access_token",),
}
GROUPS = ",".join(
    [
        "base.group_system",
        "base.group_no_one",
        "base.group_allow_export",
        "meta_crm_capi.group_meta_administrator",
    ]
)


class SecretCase(WayInCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.almighty = new_test_user(cls.env, "almighty", groups=GROUPS)
        cls.holders = {
            "meta.connection": cls.connection,
            "meta.lead.page": cls.page,
            "meta.capi.dataset": cls.dataset,
        }
        for model, names in STORED.items():
            cls.holders[model].write({name: f"{SECRET}-{name}" for name in names})
        cls.env.flush_all()
        cls.env.invalidate_all()

    def each_secret(self):
        """(record of the almighty user, name of the input, name of the column)."""
        for model, names in STORED.items():
            for name in names:
                record = self.holders[model].with_user(self.almighty)
                with self.subTest(model=model, secret=name):
                    yield record, name, f"{name}_stored"

    def assertSilent(self, answer):
        """Nothing of the secret in what a call gave back."""
        self.assertNotIn(SECRET, json.dumps(answer, default=repr))


class TestWriteOnly(SecretCase):
    def test_a_secret_is_stored_and_only_full_rights_get_it(self):
        for record, name, column in self.each_secret():
            self.assertEqual(record.sudo()[column], f"{SECRET}-{name}")
            self.assertEqual(record.sudo()._get_secret(name), f"{SECRET}-{name}")
            with self.assertRaises(AccessError):
                record._get_secret(name)

    def test_reading_gives_an_empty_input_and_a_flag(self):
        for record, name, _column in self.each_secret():
            fields = [name, f"has_{name}"]
            self.assertEqual(
                record.read(fields),
                [{"id": record.id, name: False, f"has_{name}": True}],
            )

    def test_no_call_gives_a_secret_back(self):
        for record, name, column in self.each_secret():
            model = record.browse()
            domain = [("id", "=", record.id)]
            inputs = {"id": {}, name: {}, f"has_{name}": {}}
            for answer in (
                record.read(),
                model.search_read(domain),
                record.web_read(inputs),
                model.web_search_read(domain, inputs),
                record.web_save({name: f"{SECRET}-again"}, inputs),
                record.export_data(["id", name]),
                record.fields_get(),
                record.get_metadata(),
                record.copy_data(),
                model.name_search(record.name),
                model.name_search(SECRET),
                model.default_get([name]),
                model.get_views([(False, "form"), (False, "list"), (False, "search")]),
                record.onchange({name: f"{SECRET}-typed"}, [name], inputs),
                model.formatted_read_group(domain, ["name"], ["__count"]),
                model.web_read_group(domain, ["name"], ["__count"]),
            ):
                self.assertSilent(answer)
            self.assertIn(column, record._fields)
            self.assertNotIn(column, record.fields_get())
            self.assertNotIn(column, record.read()[0])

    def test_the_column_itself_is_closed_to_every_call(self):
        for record, _name, column in self.each_secret():
            model = record.browse()
            domain = [("id", "=", record.id)]
            for road, *arguments in (
                (record.read, [column]),
                (model.search_read, domain, [column]),
                (record.web_read, {column: {}}),
                (model.web_search_read, domain, {column: {}}),
                (record.write, {column: "x"}),
                (record.web_save, {column: "x"}, {}),
                (model.create, {**record.copy_data()[0], column: "x"}),
                (model.search, [(column, "=like", "S%")]),
                (model.search_count, [(column, "!=", False)]),
                (model.search, domain, 0, None, column),
                (model.formatted_read_group, domain, [column], ["__count"]),
                (model.formatted_read_group, domain, [], [f"{column}:max"]),
                (record.mapped, column),
                (record.__getitem__, column),
            ):
                with self.assertRaises(AccessError), mute_logger("odoo.orm.models"):
                    road(*arguments)

    def test_no_other_record_leads_to_the_column(self):
        page = self.page.with_user(self.almighty)
        for name in ("access_token_stored", "app_secret_stored"):
            with self.subTest(column=name):
                with self.assertRaises(AccessError), mute_logger("odoo.orm.models"):
                    page.search([(f"connection_id.{name}", "=like", "S%")])
                self.assertSilent(self.exported(page, f"connection_id/{name}"))

    def test_export_of_the_column_gives_nothing(self):
        for record, _name, column in self.each_secret():
            self.assertSilent(self.exported(record, column))

    def exported(self, record, column):
        try:
            return record.export_data(["id", column])
        except AccessError as error:
            return str(error)

    def test_an_import_cannot_write_the_column(self):
        for record, _name, column in self.each_secret():
            answer = record.browse().load(["id", column], [["", "x"]])
            self.assertFalse(answer["ids"])
            self.assertSilent(answer)

    def test_the_input_cannot_be_searched_or_grouped(self):
        for record, name, _column in self.each_secret():
            model = record.browse()
            for road, *arguments in (
                (model.search, [(name, "=like", "S%")]),
                (model.formatted_read_group, [], [name], ["__count"]),
                (model.search, [], 0, None, name),
            ):
                with mute_logger("odoo"), self.assertRaises(ValueError):
                    road(*arguments)

    def test_a_copy_has_no_secret(self):
        copy = self.connection.copy()
        for name in ("app_secret", "access_token"):
            self.assertFalse(copy.sudo()[f"{name}_stored"])
            self.assertFalse(copy[f"has_{name}"])
        self.assertNotEqual(copy.verify_token, self.connection.verify_token)
        self.assertNotEqual(copy.webhook_path, self.connection.webhook_path)
        page = self.page.copy({"meta_id": "110000000000009"})
        self.assertFalse(page.has_access_token)
        dataset = self.dataset.copy({"meta_id": "500000000000009"})
        self.assertFalse(dataset.has_access_token)

    def test_what_was_just_typed_cannot_be_read_back_in_the_same_call(self):
        for record, name, _column in self.each_secret():
            record.write({name: f"{SECRET}-typed"})
            self.assertFalse(record[name])
            self.assertTrue(record[f"has_{name}"])
            self.assertEqual(record.sudo()[f"{name}_stored"], f"{SECRET}-typed")

    def test_what_was_typed_at_creation_cannot_be_read_back(self):
        made = self.env["meta.connection"].with_user(self.almighty)
        made = made.create(
            {"name": "New", "app_secret": SECRET, "access_token": SECRET}
        )
        self.assertSilent(made.read())
        self.assertFalse(made.app_secret or made.access_token)
        self.assertTrue(made.has_app_secret and made.has_access_token)


class TestWriting(SecretCase):
    def stored(self, record):
        record.invalidate_recordset()
        names = STORED[record._name]
        return [record.sudo()[f"{name}_stored"] for name in names]

    def test_an_empty_input_leaves_the_secret_as_it_is(self):
        for record, name, _column in self.each_secret():
            before = self.stored(record)
            for empty in (False, "", "  ", None):
                record.write({name: empty})
                self.assertEqual(self.stored(record), before)
                record.web_save({name: empty, "name": "Renamed"}, {name: {}})
                self.assertEqual(self.stored(record), before)

    def test_writing_one_secret_leaves_the_other(self):
        connection = self.connection.with_user(self.almighty)
        connection.write({"access_token": "new-token"})
        self.assertEqual(self.stored(connection), [f"{SECRET}-app_secret", "new-token"])
        connection.web_save({"app_secret": "new-secret"}, {"app_secret": {}})
        self.assertEqual(self.stored(connection), ["new-secret", "new-token"])

    def test_either_secret_alone_is_kept_at_creation(self):
        connections = self.env["meta.connection"].with_user(self.almighty)
        only_token = connections.create({"name": "T", "access_token": "t"})
        self.assertEqual(self.stored(only_token), [False, "t"])
        only_secret = connections.create({"name": "S", "app_secret": "s"})
        self.assertEqual(self.stored(only_secret), ["s", False])
        both = connections.create(
            [
                {"name": "1", "access_token": "t1", "app_secret": "s1"},
                {"name": "2", "access_token": "t2"},
                {"name": "3", "app_secret": "s3"},
                {"name": "4"},
            ]
        )
        self.assertEqual(
            [self.stored(connection) for connection in both],
            [["s1", "t1"], [False, "t2"], ["s3", False], [False, False]],
        )

    def test_blanks_around_a_pasted_secret_are_dropped(self):
        for record, name, column in self.each_secret():
            record.write({name: "  pasted \n"})
            self.assertEqual(record.sudo()[column], "pasted")

    def test_a_form_view_saves_a_secret_and_shows_none(self):
        with Form(self.connection.with_user(self.almighty)) as form:
            self.assertFalse(form.app_secret)
            form.app_secret = "typed"
        self.assertEqual(
            self.stored(self.connection), ["typed", f"{SECRET}-access_token"]
        )

    def test_the_flag_follows_the_secret(self):
        connection = self.env["meta.connection"].create({"name": "New"})
        self.assertFalse(connection.has_app_secret)
        connection.app_secret = "s"
        self.assertTrue(connection.has_app_secret)
        self.assertFalse(connection.has_access_token)
