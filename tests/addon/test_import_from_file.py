"""Leads from a file that was downloaded from Meta take the same way in."""

import base64
from unittest.mock import patch

from odoo.exceptions import UserError

from odoo.addons.meta_crm_capi.models import meta_lead_import_source

from .common import FORM
from .importing import OTHER_FORM, ImportCase


class TestImportFromFile(ImportCase):
    def test_rows_become_leads_as_if_meta_had_given_them(self):
        self.form.question_ids._learn(
            self.form, [{"key": "q1", "type": "CUSTOM", "label": "Which size?"}]
        )
        content = self.rows_of_file(
            {
                "id": "l:330000000000001",
                "full_name": "Zoë Öz",
                "email": "zoe@example.com",
                "phone_number": "p:+15550100123",
                "Which size?": "large",
            },
            columns=["Which size?"],
            delimiter="\t",
        )
        run = self.run_whole(self.make_file_import(content.encode("utf-16")))
        self.assertRecordValues(run, [{"state": "done", "made_count": 1}])
        row = self.find("330000000000001")
        self.assertRecordValues(
            row,
            [
                {
                    "state": "done",
                    "origin": "import",
                    "form_id": self.form.id,
                    "page_id": self.page.id,
                    "platform": "fb",
                }
            ],
        )
        self.assertRecordValues(
            row.lead_id,
            [
                {
                    "contact_name": "Zoë Öz",
                    "email_from": "zoe@example.com",
                    "phone": "+15550100123",
                }
            ],
        )
        self.assertIn("Which size?: large", row.lead_id.description)

    def test_it_needs_no_word_from_meta(self):
        self.page.access_token_stored = False
        self.connection.access_token_stored = False
        content = self.rows_of_file({"id": "330000000000001"})
        asked = len(self.meta.requests())
        run = self.run_whole(self.make_file_import(content))
        self.assertRecordValues(run, [{"state": "done", "made_count": 1}])
        self.assertEqual(len(self.meta.requests()), asked)

    def test_file_and_api_share_one_identity(self):
        meta_id = self.fill_in()
        self.run_whole(self.make_import())
        lead = self.find(meta_id).lead_id
        content = self.rows_of_file({"id": f"l:{meta_id}"}, {"id": "l:330000000000002"})
        run = self.run_whole(self.make_file_import(content))
        self.assertRecordValues(run, [{"known_count": 1, "made_count": 1}])
        self.assertEqual(self.find(meta_id).lead_id, lead)
        # And the other way round, by webhook.
        self.announce("330000000000002")
        self.fetch()
        self.assertEqual(len(self.find("330000000000002")), 1)

    def test_a_lead_that_is_in_the_file_twice_is_made_once(self):
        content = self.rows_of_file(
            {"id": "l:330000000000001"}, {"id": "330000000000001"}
        )
        run = self.run_whole(self.make_file_import(content))
        self.assertRecordValues(
            run, [{"create_count": 1, "repeated_count": 1, "made_count": 1}]
        )

    def test_rows_that_cannot_be_read_are_listed_with_their_line_and_why(self):
        content = self.rows_of_file(
            {"id": "330000000000001"},
            {"id": "3.3E+14"},
            {"id": "330000000000003", "created_time": "yesterday"},
            {"id": "330000000000004"},
        )
        run = self.run_whole(self.make_file_import(content))
        self.assertRecordValues(
            run, [{"state": "done", "unreadable_count": 2, "made_count": 2}]
        )
        bad = [
            line
            for line in self.lines(run, "line_number", "reason")
            if line[1] == "unreadable"
        ]
        self.assertEqual([line[2] for line in bad], [3, 4])
        self.assertIn("rounded", bad[0][3])
        self.assertIn("created_time", bad[1][3])

    def test_a_file_of_another_page_says_so_by_name(self):
        other = self.page.copy({"name": "Other Roofs", "meta_id": "110000000000002"})
        self.env["meta.lead.form"].create(
            {"name": "Autumn", "meta_id": OTHER_FORM, "page_id": other.id}
        )
        rows = [
            {"id": f"33000000000000{n}", "form_id": f"f:{OTHER_FORM}"} for n in "12"
        ]
        run = self.count(self.make_file_import(self.rows_of_file(*rows)))
        self.assertEqual(run.state, "failed")
        for word in ("Autumn", OTHER_FORM, "Other Roofs", "Sunny Roofs"):
            self.assertIn(word, run.reason)
        self.assertEqual(run.foreign_count, 2)
        # Nobody has to start over: the Page can be changed.
        run.action_change()
        run.page_id = other
        self.count(run)
        self.assertEqual((run.state, run.create_count), ("ready", 2))

    def test_what_people_wrote_in_a_row_that_slipped_is_not_quoted(self):
        slipped = {
            "id": "330000000000001",
            "form_id": "ana@example.com",
            "form_name": "+49 170 1234567",
        }
        run = self.count(
            self.make_file_import(self.rows_of_file(slipped, {"id": "330000000000002"}))
        )
        lines = self.lines(run, "line_number", "reason")
        self.assertEqual(
            [line[:3] for line in lines if line[1] != "create"],
            [("line:2", "unreadable", 2)],
        )
        self.assertIn("form_id", str(lines))
        self.assertNotIn("ana@", str(lines))
        self.assertNotIn("49 170", str(lines))

    def test_a_form_that_is_added_afterwards_is_seen_when_it_goes_on(self):
        row = {"id": "330000000000001", "form_id": f"f:{OTHER_FORM}"}
        run = self.count(self.make_file_import(self.rows_of_file(row)))
        self.assertEqual(run.state, "failed")
        self.add_other_form()
        run.action_resume()
        self.work()
        self.assertRecordValues(run, [{"state": "ready", "create_count": 1}])
        self.assertEqual(run.foreign_count, 0)

    def test_a_few_leads_of_other_forms_are_counted_and_left_out(self):
        other = self.add_other_form()
        rows = [
            {"id": "330000000000001"},
            {"id": "330000000000002", "form_id": f"f:{OTHER_FORM}"},
            {"id": "330000000000003", "form_id": "f:229999", "form_name": "Winter"},
            {"id": "330000000000004", "form_id": "f:229999", "form_name": "Winter"},
        ]
        run = self.run_whole(
            self.make_file_import(self.rows_of_file(*rows), form_ids=self.form.ids)
        )
        self.assertRecordValues(run, [{"foreign_count": 3, "made_count": 1}])
        reasons = {
            line[0]: line[2]
            for line in self.lines(run, "reason")
            if line[1] == "foreign"
        }
        self.assertIn("not among the forms chosen", reasons[f"form:{other.meta_id}"])
        self.assertIn("“Winter” (229999) is not in Odoo", reasons["form:229999"])

    def test_a_form_of_another_company_is_not_named(self):
        company = self.env["res.company"].create({"name": "Secret Ltd"})
        connection = self.connection.copy({"company_id": company.id})
        page = self.env["meta.lead.page"].create(
            {
                "name": "Secret Page",
                "meta_id": "110000000000009",
                "connection_id": connection.id,
            }
        )
        self.env["meta.lead.form"].create(
            {"name": "Secret form", "meta_id": OTHER_FORM, "page_id": page.id}
        )
        content = self.rows_of_file(
            {"id": "330000000000001", "form_id": OTHER_FORM, "form_name": ""}
        )
        run = self.count(self.make_file_import(content))
        self.assertEqual(run.state, "failed")
        self.assertIn("another company", run.reason)
        self.assertNotIn("Secret", run.reason)

    def test_a_file_without_form_ids_is_of_the_one_form_that_was_chosen(self):
        content = self.rows_of_file({"id": "330000000000001", "form_id": ""})
        run = self.count(self.make_file_import(content))
        self.assertEqual(run.state, "failed")
        self.assertIn("Choose exactly one form", run.reason)
        run = self.run_whole(self.make_file_import(content, form_ids=self.form.ids))
        self.assertEqual(self.find("330000000000001").form_id, self.form)

    def test_what_is_no_export_says_what_to_do(self):
        for content, words in (
            (b"PK\x03\x04 workbook", "CSV"),
            (b"name,phone\nAna,1\n", "lacks “id”"),
        ):
            run = self.count(self.make_file_import(content))
            self.assertEqual(run.state, "failed")
            self.assertIn(words, run.reason)

    def test_an_empty_file_is_counted_as_empty(self):
        run = self.count(self.make_file_import(self.rows_of_file()))
        self.assertRecordValues(run, [{"state": "ready", "found_count": 0}])

    def test_without_a_file_nothing_begins(self):
        with self.assertRaisesRegex(UserError, "Choose the file"):
            self.make_import(source="file").action_count()

    def test_the_file_is_gone_when_the_import_has_ended(self):
        content = self.rows_of_file({"id": "330000000000001"})
        run = self.run_whole(self.make_file_import(content))
        self.assertFalse(run.file)
        cancelled = self.count(self.make_file_import(content))
        cancelled.action_cancel()
        self.assertFalse(cancelled.file)
        self.assertFalse(self.attachment(run + cancelled))

    def test_a_file_that_nobody_imports_is_removed_after_a_month(self):
        content = self.rows_of_file({"id": "330000000000001"})
        old, young = (self.make_file_import(content) for _ in range(2))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE meta_lead_import SET write_date = write_date - interval '31 days'"
            " WHERE id = %s",
            [old.id],
        )
        self.env.invalidate_all()
        self.env["meta.lead.import"]._gc_files()
        self.assertFalse(old.file)
        self.assertTrue(young.file)

    def test_a_file_that_is_gone_says_so(self):
        run = self.count(
            self.make_file_import(self.rows_of_file({"id": "330000000000001"}))
        )
        run.action_start()
        run.sudo().file = False
        self.work()
        self.assertEqual(run.state, "failed")
        self.assertIn("not here any more", run.reason)

    def test_a_death_between_two_chunks_loses_and_doubles_nothing(self):
        ids = [f"3300000000000{n:02}" for n in range(25)]
        content = self.rows_of_file(*({"id": meta_id} for meta_id in ids))
        run = self.make_file_import(content)
        chunks = {"counting": 10, "running": 10}
        for phase in chunks:
            run.action_count() if phase == "counting" else run.action_start()
            with patch.object(meta_lead_import_source, "FILE_CHUNK", chunks):
                self.work_until_death("_store_chunk", 2)
            self.assertEqual((run.state, run.position), (phase, 20))
            self.work()
        self.assertRecordValues(
            run,
            [
                {
                    "state": "done",
                    "found_count": 25,
                    "create_count": 25,
                    "made_count": 25,
                }
            ],
        )
        self.assertEqual(len(self.find(*ids).lead_id), 25)

    def test_old_leads_come_in_and_say_why_meta_is_not_told(self):
        content = self.rows_of_file(
            {"id": "330000000000001", "created_time": "2025-01-31T13:34:56+01:00"}
        )
        self.run_whole(self.make_file_import(content))
        lead = self.find("330000000000001").lead_id
        self.assertEqual([state for _name, state in self.events(lead)], ["not_sent"])

    def test_test_leads_that_a_page_leaves_out_are_counted(self):
        self.page.test_lead_policy = "ignore"
        content = self.rows_of_file({"id": "330000000000001", "email": "test@meta.com"})
        run = self.run_whole(self.make_file_import(content))
        self.assertRecordValues(run, [{"ignored_count": 1, "made_count": 0}])

    def test_a_lead_that_was_erased_stays_erased(self):
        content = self.rows_of_file({"id": "330000000000001"})
        self.run_whole(self.make_file_import(content))
        self.find("330000000000001").lead_id.unlink()
        run = self.run_whole(self.make_file_import(content))
        self.assertEqual(run.known_count, 1)
        self.assertRecordValues(
            self.find("330000000000001"), [{"state": "erased", "answers": False}]
        )


class TestFileField(ImportCase):
    def test_it_goes_with_the_page(self):
        page = self.page.copy({"name": "Other", "meta_id": "110000000000077"})
        content = self.rows_of_file({"id": "330000000000001"})
        run = self.make_file_import(content, page_id=page.id)
        file = self.attachment(run)
        self.assertTrue(file)
        page.with_user(self.administrator).unlink()
        self.assertFalse(run.exists())
        self.assertFalse(file.exists())

    def test_the_file_is_no_public_attachment(self):
        run = self.make_file_import(self.rows_of_file({"id": "330000000000001"}))
        attachment = self.attachment(run)
        self.assertTrue(attachment)
        self.assertFalse(attachment.public)
        self.assertFalse(attachment.with_user(self.rep).has_access("read"))
        self.assertIn(FORM, base64.b64decode(run.file).decode())
