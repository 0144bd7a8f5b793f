"""Imports, and Meta lead ids that people bring in by hand."""

from odoo.exceptions import AccessError, ValidationError

from .common import MetaCase

IDS = [f"1000000000000002{number}" for number in range(10)]
TYPED = "20000000000000001"


class ImportCase(MetaCase):
    def load(self, fields, *rows, user=None):
        model = self.env["crm.lead"].with_user(user or self.administrator)
        result = model.with_context(import_file=True).load(
            fields, [list(row) for row in rows]
        )
        leads = self.env["crm.lead"].browse(result["ids"] or [])
        return leads, result["messages"]


class TestImportOfMoves(ImportCase):
    def test_an_import_that_updates_stages_reports_them(self):
        leads = self.make_lead(IDS[0]) + self.make_lead(IDS[1])
        foreign = self.make_foreign_lead()
        _leads, messages = self.load(
            [".id", "stage_id"],
            (str(leads[0].id), "Qualified"),
            (str(leads[1].id), "Won"),
            (str(foreign.id), "Won"),
        )
        self.assertEqual(messages, [])
        self.assertEqual(self.queued(leads[0]), ["initial_lead", "qualified"])
        self.assertEqual(
            self.queued(leads[1]), ["initial_lead", "qualified", "proposition", "won"]
        )
        self.assertEqual(self.events(foreign), [])

    def test_a_salesperson_may_import_stages(self):
        lead = self.make_lead()
        _leads, messages = self.load(
            [".id", "stage_id"], (str(lead.id), "Qualified"), user=self.rep
        )
        self.assertEqual(messages, [])
        self.assertEqual(self.queued(lead), ["initial_lead", "qualified"])

    def test_an_import_that_fails_reports_nothing(self):
        lead = self.make_lead()
        _leads, messages = self.load(
            [".id", "stage_id"], (str(lead.id), "Qualified"), (str(lead.id), "Nowhere")
        )
        self.assertEqual([message["record"] for message in messages], [1])
        self.env.invalidate_all()
        self.assertEqual(lead.stage_id, self.new)
        self.assertEqual(self.events(lead), [("initial_lead", "queued")])


class TestImportOfIds(ImportCase):
    def test_an_import_brings_meta_lead_ids_with_or_without_their_label(self):
        leads, messages = self.load(
            ["name", "stage_id", "meta_lead_id"],
            ("Ana", "New", IDS[0]),
            ("Ben", "Qualified", f"l:{IDS[1]}"),
            ("Clara", "New", f"  l:{IDS[2]} "),
            ("Dan", "New", ""),
            ("Eva", "New", "   "),
        )
        self.assertEqual(messages, [])
        self.assertEqual(
            leads.mapped("meta_lead_id"), [IDS[0], IDS[1], IDS[2], False, False]
        )
        rows = leads.meta_submission_ids
        self.assertEqual(set(rows.mapped("origin")), {"import"})
        self.assertEqual(set(rows.mapped("state")), {"done"})
        self.assertEqual(rows.company_id, self.company)

    def test_an_imported_id_sends_nothing_by_itself(self):
        leads, _messages = self.load(
            ["name", "stage_id", "meta_lead_id"], ("Ben", "Qualified", IDS[1])
        )
        self.assertEqual(self.events(leads), [])

    def test_an_imported_lead_that_gets_its_stage_from_odoo_sends_nothing(self):
        leads, _messages = self.load(
            ["name", "type", "meta_lead_id"], ("Ben", "opportunity", IDS[1])
        )
        self.assertEqual(leads.stage_id, self.new)
        self.assertEqual(self.events(leads), [])

    def test_the_next_move_of_an_imported_lead_fills_the_raw_lead(self):
        leads, _messages = self.load(
            ["name", "stage_id", "meta_lead_id", "type", "team_id/.id"],
            ("Ben", "Qualified", IDS[1], "opportunity", str(self.team.id)),
        )
        self.flush()
        leads.write({"stage_id": self.proposition.id})
        rows = self.event_rows(leads)
        self.assertEqual(
            rows.mapped("event_name"), ["initial_lead", "qualified", "proposition"]
        )
        self.assertEqual(set(rows.mapped("event_time")), {self.now})
        self.assertEqual(set(rows.mapped("state")), {"queued"})

    def test_a_bad_id_is_an_error_of_its_row_alone(self):
        _leads, messages = self.load(
            ["name", "meta_lead_id"],
            ("Ana", IDS[0]),
            ("Ben", "not an id"),
            ("Clara", IDS[1]),
            ("Dan", "l:99"),
        )
        self.assertEqual([message["record"] for message in messages], [1, 3])
        self.assertEqual({message["field"] for message in messages}, {"meta_lead_id"})
        self.assertIn("not a Meta lead ID", messages[0]["message"])

    def test_an_id_known_elsewhere_is_an_error_of_its_row_alone(self):
        known = self.make_lead(IDS[5])
        _leads, messages = self.load(
            ["name", "meta_lead_id"],
            ("Ana", IDS[0]),
            ("Ben", IDS[5]),
            ("Clara", IDS[1]),
        )
        self.assertEqual([message["record"] for message in messages], [1])
        self.assertIn("known already", messages[0]["message"])
        self.assertEqual(known.meta_lead_id, IDS[5])

    def test_an_id_twice_in_one_file_is_an_error_of_the_second_row(self):
        _leads, messages = self.load(
            ["name", "meta_lead_id"], ("Ana", IDS[0]), ("Ben", f"l:{IDS[0]}")
        )
        self.assertEqual([message["record"] for message in messages], [1])

    def test_an_import_without_errors_after_one_with_errors_is_taken(self):
        self.load(["name", "meta_lead_id"], ("Ana", IDS[0]), ("Ben", "x"))
        leads, messages = self.load(["name", "meta_lead_id"], ("Ana", IDS[0]))
        self.assertEqual(messages, [])
        self.assertEqual(leads.meta_lead_id, IDS[0])

    def test_an_import_may_update_an_existing_lead_with_its_id(self):
        foreign = self.make_foreign_lead()
        _leads, messages = self.load(
            [".id", "stage_id", "meta_lead_id"], (str(foreign.id), "Won", IDS[0])
        )
        self.assertEqual(messages, [])
        self.assertEqual(foreign.meta_lead_id, IDS[0])

    def test_an_export_imported_again_with_its_external_ids_changes_nothing(self):
        lead = self.make_lead(IDS[0])
        self.env["ir.model.data"].create(
            {"module": "__export__", "name": "lead_1", "model": "crm.lead"}
            | {"res_id": lead.id}
        )
        leads, messages = self.load(
            ["id", "stage_id", "meta_lead_id"],
            ("__export__.lead_1", "Qualified", IDS[0]),
        )
        self.assertEqual(messages, [])
        self.assertEqual(leads, lead)
        self.assertEqual(len(lead.meta_submission_ids), 1)
        self.assertEqual(self.queued(lead), ["initial_lead", "qualified"])

    def test_a_salesperson_may_not_import_ids(self):
        _leads, messages = self.load(
            ["name", "meta_lead_id"],
            ("Ana", ""),
            ("Ben", IDS[0]),
            user=self.rep,
        )
        self.assertEqual([message["record"] for message in messages], [1])
        self.assertIn("administrator", messages[0]["message"])


class TestTypedIds(MetaCase):
    def setUp(self):
        super().setUp()
        self.lead = self.make_foreign_lead()
        self.typing = self.lead.with_user(self.administrator)

    def test_a_typed_id_becomes_a_submission_that_sends_nothing(self):
        self.typing.meta_lead_id = f" l:{TYPED} "
        row = self.lead.meta_submission_ids
        self.assertRecordValues(
            row,
            [
                {
                    "meta_id": TYPED,
                    "origin": "manual",
                    "state": "done",
                    "company_id": self.company.id,
                    "submitted_at": False,
                }
            ],
        )
        self.assertEqual(self.typing.meta_lead_id, TYPED)
        self.assertEqual(self.events(self.lead), [])

    def test_the_next_move_fills_what_was_not_told(self):
        self.lead.write({"stage_id": self.qualified.id})
        self.typing.meta_lead_id = TYPED
        self.flush()
        self.lead.with_user(self.rep).action_set_won()
        self.assertEqual(
            self.queued(self.lead), ["initial_lead", "qualified", "proposition", "won"]
        )

    def test_the_next_move_back_tells_nothing(self):
        self.lead.write({"stage_id": self.won.id})
        self.flush()
        self.typing.meta_lead_id = TYPED
        self.flush()
        self.lead.with_user(self.rep).write({"stage_id": self.qualified.id})
        self.assertEqual(self.queued(self.lead), [])
        self.assertEqual(
            self.reasons(self.lead), ["Moved back: backward moves are not reported."]
        )

    def test_an_id_typed_with_a_move_in_one_save_reports_the_move(self):
        self.typing.write({"meta_lead_id": TYPED, "stage_id": self.qualified.id})
        self.assertEqual(self.queued(self.lead), ["initial_lead", "qualified"])

    def test_another_id_adds_and_never_replaces(self):
        self.typing.meta_lead_id = TYPED
        self.typing.meta_lead_id = "20000000000000002"
        self.assertEqual(
            self.lead.meta_submission_ids.sorted("id").mapped("meta_id"),
            [TYPED, "20000000000000002"],
        )
        self.assertEqual(self.typing.meta_lead_id, "20000000000000002")

    def test_emptying_the_field_removes_nothing(self):
        self.typing.meta_lead_id = TYPED
        self.typing.meta_lead_id = False
        self.assertEqual(self.typing.meta_lead_id, TYPED)

    def test_the_same_id_again_changes_nothing(self):
        self.typing.meta_lead_id = TYPED
        self.typing.meta_lead_id = f"l:{TYPED}"
        self.assertEqual(len(self.lead.meta_submission_ids), 1)

    def test_what_is_no_meta_lead_id_is_refused(self):
        for text in (
            "abc",
            "l:",
            "12345678901234",
            "123456789012345678",
            "-1234567890123456",
            "1234567890123456.0",
            "1.23457E+15",
            "0000000000000000",
            "0123456789012345",
            "１２３４５６７８９０１２３４５６",
            "١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦",
            "1234567890 123456",
            "l:l:1234567890123456",
        ):
            with (
                self.subTest(text=text),
                self.assertRaisesRegex(ValidationError, "not a Meta lead ID"),
                self.env.cr.savepoint(),
            ):
                self.typing.meta_lead_id = text
        self.assertFalse(self.lead.meta_submission_ids)

    def test_an_id_of_another_lead_is_refused(self):
        other = self.make_lead(TYPED)
        with (
            self.assertRaisesRegex(ValidationError, "known already"),
            self.env.cr.savepoint(),
        ):
            self.typing.meta_lead_id = TYPED
        self.assertEqual(other.meta_lead_id, TYPED)

    def test_an_id_that_is_still_being_read_is_refused(self):
        self.make_submission(TYPED, state="received", submitted_at=self.now)
        with self.assertRaisesRegex(ValidationError, "known already"):
            self.typing.meta_lead_id = TYPED

    def test_an_erased_id_does_not_come_back(self):
        self.make_lead(TYPED).unlink()
        with self.assertRaisesRegex(ValidationError, "known already"):
            self.typing.meta_lead_id = TYPED

    def test_one_id_for_two_leads_is_refused(self):
        both = self.typing + self.make_foreign_lead().with_user(self.administrator)
        with self.assertRaisesRegex(ValidationError, "known already"):
            both.write({"meta_lead_id": TYPED})

    def test_only_an_administrator_of_meta_may_type_one(self):
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.lead.with_user(self.rep).meta_lead_id = TYPED
        self.assertFalse(self.lead.meta_submission_ids)

    def test_a_typed_id_of_a_lead_of_another_company_is_of_that_company(self):
        company = self.env["res.company"].create({"name": "Sister"})
        self.lead.write({"team_id": False, "user_id": False})
        self.lead.company_id = company
        self.lead.meta_lead_id = TYPED
        self.assertEqual(self.lead.meta_submission_ids.company_id, company)


class TestSearchByMetaLeadId(MetaCase):
    def setUp(self):
        super().setUp()
        self.one, self.other = self.make_lead(IDS[0]), self.make_lead(IDS[1])
        self.foreign = self.make_foreign_lead()
        self.all = self.one + self.other + self.foreign

    def found(self, operator, value):
        return (
            self.env["crm.lead"]
            .with_user(self.rep)
            .search([("id", "in", self.all.ids), ("meta_lead_id", operator, value)])
        )

    def test_a_salesperson_finds_a_lead_by_its_meta_lead_id(self):
        self.assertEqual(self.found("=", IDS[0]), self.one)
        self.assertEqual(self.found("in", [IDS[0], IDS[1]]), self.one + self.other)
        self.assertEqual(self.found("ilike", IDS[0][-4:]), self.one)
        self.assertFalse(self.found("=", TYPED))

    def test_all_the_others_are_found_too(self):
        self.assertEqual(self.found("!=", IDS[0]), self.other + self.foreign)
        self.assertEqual(self.found("not in", IDS[:2]), self.foreign)
        self.assertEqual(
            self.found("not ilike", IDS[0][-4:]), self.other + self.foreign
        )

    def test_leads_with_and_without_one_are_found(self):
        self.assertEqual(self.found("!=", False), self.one + self.other)
        self.assertEqual(self.found("=", False), self.foreign)
        self.assertEqual(self.found("in", [False, IDS[0]]), self.one + self.foreign)
        self.assertEqual(self.found("not in", [False, IDS[0]]), self.other)

    def test_a_merged_lead_is_found_by_each_of_its_ids(self):
        head = (self.one + self.other).merge_opportunity()
        self.flush()
        self.assertEqual(self.found("=", IDS[0]), head)
        self.assertEqual(self.found("=", IDS[1]), head)

    def test_an_operator_that_makes_no_sense_is_refused(self):
        with self.assertRaises(ValueError):
            self.found("child_of", 5)
