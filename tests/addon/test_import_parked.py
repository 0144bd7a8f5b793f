"""Leads that were parked unread come in by an import that has their answers."""

from .importing import ImportCase


class TestParkedLeads(ImportCase):
    """A lead that was parked unread comes in by an import that has its answers."""

    def setUp(self):
        super().setUp()
        self.made = self.fill_in({"email": "ana@example.com"})
        self.row = self.announce(self.made)
        self.row._park("Meta does not show it", "unreadable")
        self.env.flush_all()

    def assert_in(self, run):
        self.assertRecordValues(
            self.row,
            [{"state": "done", "import_id": run.id, "origin": "webhook"}],
        )
        self.assertEqual(self.row.lead_id.email_from, "ana@example.com")
        self.assertFalse(self.row.lead_id.user_id)
        self.assertEqual(run.made_count, 1)
        # Its answers came with the import.
        self.assertEqual(self.reads(self.made), [])

    def test_from_meta(self):
        run = self.count(self.make_import())
        self.assertEqual(self.lines(run), [(self.made, "parked")])
        self.assertRecordValues(run, [{"healed_count": 1, "known_count": 0}])
        self.assertEqual(self.row.state, "parked")
        run.action_start()
        self.work()
        self.assert_in(run)
        self.assertEqual(self.lines(self.count(self.make_import()))[0][1], "known")

    def test_from_a_file(self):
        content = self.rows_of_file({"id": self.made, "email": "ana@example.com"})
        run = self.run_whole(self.make_file_import(content))
        self.assertEqual(self.lines(run), [(self.made, "parked")])
        self.assert_in(run)

    def test_not_one_of_another_connection(self):
        other = self.env["meta.connection"].create(
            {"name": "Other", "app_id": "1000000000000009", "app_secret": "secret"}
        )
        self.row.connection_id = other
        run = self.run_whole(self.make_import())
        self.assertEqual(self.lines(run), [(self.made, "known")])
        self.assertEqual(self.row.state, "parked")

    def test_not_one_of_another_page(self):
        self.row.page_meta_id = "110000000000002"
        run = self.run_whole(self.make_import())
        self.assertEqual(self.lines(run), [(self.made, "known")])
        self.assertEqual(self.row.state, "parked")
