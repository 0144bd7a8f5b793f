"""The set-up of imports: an administrator who imports leads of our Page."""

from __future__ import annotations

import base64
from datetime import timedelta
from unittest.mock import patch

from odoo import fields

from .common import FORM, PAGE
from .way_in import WayInCase

OTHER_FORM = "220000000000002"
#: Of the lead of a file whose match is looked at.
META_ID = "330000000000001"
FILE_COLUMNS = ("id", "created_time", "form_id", "form_name", "platform")


class ImportCase(WayInCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.imports = cls.env["meta.lead.import"].with_user(cls.administrator)
        cls.import_cron = cls.env.ref("meta_crm_capi.ir_cron_import")

    def setUp(self):
        super().setUp()
        self.deaths = 0

    def make_import(self, **values):
        return self.imports.create({"page_id": self.page.id, **values})

    def make_file_import(self, content, **values):
        if isinstance(content, str):
            content = content.encode()
        return self.make_import(
            source="file",
            file=base64.b64encode(content),
            file_name="leads.csv",
            **values,
        )

    def rows_of_file(self, *rows, columns=(), delimiter=","):
        """A file of these leads; a row is a dict that may leave out what is usual."""
        names = [*FILE_COLUMNS, *columns, "full_name", "email", "phone_number"]
        lines = [delimiter.join(names)]
        for row in rows:
            given = {
                "created_time": self.ago(days=3),
                "form_id": f"f:{FORM}",
                "form_name": "Spring offer",
                "platform": "fb",
                **row,
            }
            lines.append(delimiter.join(given.get(name, "") for name in names))
        return "\n".join(lines) + "\n"

    def ago(self, **since):
        """A moment in the past as Meta writes it in a file."""
        moment = fields.Datetime.now() - timedelta(**since)
        return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")

    def work(self):
        """The cron that imports runs once."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.import_cron.method_direct_trigger()
        self.env.invalidate_all()

    def count(self, run):
        run.action_count()
        self.work()
        return run

    def run_whole(self, run):
        """Count, look at nothing, import."""
        self.count(run)
        self.assertEqual(run.state, "ready", run.reason)
        run.action_start()
        self.work()
        return run

    def lines(self, run, *names):
        """``(key, kind, …)`` of each line."""
        self.env.invalidate_all()
        lines = self.env["meta.lead.import.line"].search([("import_id", "=", run.id)])
        return [tuple(line[name] for name in ("key", "kind", *names)) for line in lines]

    def attachment(self, runs):
        return self.env["ir.attachment"].search(
            [
                ("res_model", "=", runs._name),
                ("res_field", "=", "file"),
                ("res_id", "in", runs.ids),
            ]
        )

    def add_other_form(self):
        self.meta.add_form(OTHER_FORM, PAGE, "Autumn", [])
        return self.env["meta.lead.form"].create(
            {"name": "Autumn", "meta_id": OTHER_FORM, "page_id": self.page.id}
        )

    def die(self, method, after):
        """Let the process die when that method is called once more than that."""
        original = getattr(type(self.env["meta.lead.import"]), method, None)
        model = type(self.env["meta.lead.import"])
        if original is None:
            model = type(self.env["meta.lead.submission"])
            original = getattr(model, method)
        calls = []

        def dying(records, *args, **kwargs):
            calls.append(1)
            if len(calls) > after:
                raise SystemExit
            return original(records, *args, **kwargs)

        return patch.object(model, method, dying)

    def work_until_death(self, method, after):
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.die(method, after):
            try:
                self.import_cron.method_direct_trigger()
            except SystemExit:
                self.deaths += 1
        self.env.invalidate_all()


class LongImportCase(ImportCase):
    """Twenty leads at Meta, which come in several pages."""

    def setUp(self):
        super().setUp()
        # Ours asks for half as many until Meta gives them: six at a time.
        self.meta.set_max_page_size(6)
        self.made = [self.fill_in() for _ in range(20)]

    def assert_all_in_once(self, run):
        self.assertRecordValues(run, [{"state": "done", "made_count": 20}])
        rows = self.find(*self.made)
        self.assertEqual(rows.mapped("state"), ["done"] * 20)
        self.assertEqual(len(rows.lead_id), 20)


class MatchCase(ImportCase):
    def make_existing(self, *, days=3, **vals):
        """A lead that another tool made so many days ago."""
        lead = self.make_foreign_lead(**vals)
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(days=days), lead.id],
        )
        self.env.invalidate_all()
        return lead

    def matched(self, row=None, *more, **values):
        """The import of these rows, counted."""
        row = {"id": META_ID, "full_name": "Ana", **(row or {})}
        content = self.rows_of_file(row, *more)
        return self.count(self.make_file_import(content, **values))

    def start(self, run):
        run.action_start()
        self.work()
        self.assertEqual(run.state, "done")
