"""The form's policy for the same person, in imports."""

from unittest.mock import patch

from odoo.addons.meta_crm_capi.models.meta_lead_import_source import FILE_CHUNK

from .importing import META_ID, MatchCase

OTHER_ID = "330000000000002"


class TestPolicyForTheSamePerson(MatchCase):
    """The policy "add it to the open lead" holds for leads of an import too."""

    def setUp(self):
        super().setUp()
        self.page.person_policy = "join"
        self.lead = self.make_existing(
            email_from="ana@example.com", user_id=False, days=30
        )
        self.row = {"email": "ana@example.com"}

    def test_the_dry_run_shows_what_the_policy_will_add(self):
        run = self.matched(self.row)
        self.assertEqual(self.lines(run, "lead_id"), [(META_ID, "join", self.lead)])
        self.assertRecordValues(run, [{"create_count": 0, "join_count": 1}])
        self.start(run)
        self.assertEqual(self.find(META_ID).lead_id, self.lead)
        self.assertRecordValues(
            run, [{"made_count": 0, "joined_count": 1, "attached_count": 0}]
        )

    def test_a_person_who_is_erased_before_the_import_does_not_come_back(self):
        run = self.matched(self.row)
        self.lead.unlink()
        self.start(run)
        self.assertRecordValues(
            self.find(META_ID), [{"state": "erased", "answers": False}]
        )

    def test_by_the_phone_too_and_nobody_else(self):
        self.lead.phone = "+12025550123"
        run = self.matched(
            {"phone_number": "p:+1 202 555 0123"},
            {"id": "330000000000002", "email": "bea@example.com"},
        )
        self.assertEqual(
            self.lines(run), [(META_ID, "join"), ("330000000000002", "create")]
        )

    def test_the_policy_of_the_form_counts_first(self):
        self.form.person_policy = "new"
        self.assertEqual(self.lines(self.matched(self.row)), [(META_ID, "create")])

    def test_a_new_lead_that_a_person_chose_is_made(self):
        run = self.matched(self.row)
        line = self.env["meta.lead.import.line"].search([("import_id", "=", run.id)])
        line.with_user(self.administrator).action_make_new()
        self.start(run)
        row = self.find(META_ID)
        self.assertTrue(row.lead_id)
        self.assertNotEqual(row.lead_id, self.lead)
        self.assertRecordValues(run, [{"made_count": 1, "joined_count": 0}])

    def test_the_open_lead_stays_in_the_assignment_rules(self):
        self.start(self.matched(self.row))
        self.assertEqual(self.find(META_ID).lead_id, self.lead)
        self.assertIn(self.lead, self.assignable())

    def assignable(self):
        domain = self.team._get_lead_to_assign_domain()
        return self.env["crm.lead"].search(domain)


class TestTwiceInOneImport(MatchCase):
    """Of two forms of one person, the first becomes a lead, and the other is added."""

    def setUp(self):
        super().setUp()
        self.page.person_policy = "join"
        self.rows = [
            {"email": "ana@example.com"},
            {"id": OTHER_ID, "email": "ANA@example.com"},
        ]

    def counted(self, *rows, **chunks):
        with patch.dict(FILE_CHUNK, chunks):
            return self.matched(*rows)

    def marks(self, run):
        self.env.cr.execute(
            "SELECT COUNT(*) FROM meta_lead_import_line WHERE import_id = %s"
            " AND (email_mark IS NOT NULL OR phone_mark IS NOT NULL)",
            [run.id],
        )
        return self.env.cr.fetchone()[0]

    def test_the_dry_run_shows_it_and_the_import_does_it(self):
        run = self.counted(*self.rows)
        self.assertEqual(
            self.lines(run, "lead_id"),
            [
                (META_ID, "create", self.env["crm.lead"]),
                (OTHER_ID, "join", self.env["crm.lead"]),
            ],
        )
        self.assertRecordValues(run, [{"create_count": 1, "join_count": 1}])
        self.start(run)
        self.assertEqual(self.find(OTHER_ID).lead_id, self.find(META_ID).lead_id)
        self.assertRecordValues(
            run,
            [{"create_count": 1, "join_count": 1, "made_count": 1, "joined_count": 1}],
        )

    def test_however_far_apart_they_stand(self):
        run = self.counted(*self.rows, counting=1, running=1)
        self.assertEqual(self.lines(run), [(META_ID, "create"), (OTHER_ID, "join")])
        with patch.dict(FILE_CHUNK, running=1):
            self.start(run)
        self.assertRecordValues(
            run,
            [{"create_count": 1, "join_count": 1, "made_count": 1, "joined_count": 1}],
        )

    def test_counting_again_and_going_on_after_a_death_show_the_same(self):
        expected = [(META_ID, "create"), (OTHER_ID, "join")]
        run = self.counted(*self.rows, counting=1)
        self.assertEqual(self.lines(self.count(run)), expected)
        run.action_count()
        with patch.dict(FILE_CHUNK, counting=1):
            self.work_until_death("_store_chunk", 1)
            self.work()
        self.assertEqual(self.lines(run), expected)

    def test_by_the_phone_too(self):
        run = self.counted(
            {"phone_number": "p:+12025550123"},
            {"id": OTHER_ID, "phone_number": "p:+1 202-555-0123"},
            counting=1,
        )
        self.assertEqual(run.join_count, 1)

    def test_other_people_and_people_without_an_address_are_new(self):
        run = self.counted(
            {"email": ""},
            {"id": OTHER_ID, "email": ""},
            {"id": "330000000000003", "email": "bea@example.com"},
        )
        self.assertRecordValues(run, [{"create_count": 3, "join_count": 0}])

    def test_where_the_policy_makes_new_leads_none_is_added(self):
        self.form.person_policy = "new"
        run = self.counted(*self.rows, counting=1)
        self.assertRecordValues(run, [{"create_count": 2, "join_count": 0}])

    def test_no_mark_of_anybody_is_kept_once_it_is_counted(self):
        run = self.make_file_import(
            self.rows_of_file(*({"id": META_ID, **row} for row in self.rows))
        )
        run.action_count()
        with patch.dict(FILE_CHUNK, counting=1):
            self.work_until_death("_store_chunk", 1)
        self.assertEqual(self.marks(run), 1)
        self.work()
        self.assertEqual((run.state, self.marks(run)), ("ready", 0))
        self.start(run)
        self.assertEqual(self.marks(run), 0)

    def test_none_is_kept_where_it_is_cancelled(self):
        run = self.make_file_import(
            self.rows_of_file(*({"id": META_ID, **row} for row in self.rows))
        )
        run.action_count()
        with patch.dict(FILE_CHUNK, counting=1):
            self.work_until_death("_store_chunk", 1)
        run.action_cancel()
        self.assertEqual(self.marks(run), 0)
