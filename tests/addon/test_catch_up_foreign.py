"""Leads that another connection named first, which has not their Page."""

from .catch_up import CatchUpCase
from .test_catch_up import OTHER_PAGE
from .way_in import announcement


class TestForeign(CatchUpCase):
    def setUp(self):
        super().setUp()
        self.company_b = self.env["res.company"].create({"name": "Other Co"})
        self.foreign = self.env["meta.connection"].create(
            {
                "name": "Other",
                "app_id": "1000000000000009",
                "app_secret": "other-secret",
                "company_id": self.company_b.id,
            }
        )

    def name_first(self, meta_id, **more):
        """The other connection is told of the lead, under our Page."""
        self.foreign._receive(announcement(meta_id, **more))
        return self.find(meta_id)

    def test_what_our_list_shows_is_handed_to_our_page_and_comes_in(self):
        meta_id = self.lead_at_meta(60)
        row = self.name_first(meta_id)
        self.fetch()
        self.assertEqual(row.parked_cause, "foreign_page")
        self.catch_up()
        self.assertRecordValues(
            row,
            [
                {
                    "state": "received",
                    "parked_cause": False,
                    "reason": False,
                    "connection_id": self.connection.id,
                    "company_id": self.company.id,
                    "page_id": self.page.id,
                    "origin": "catch_up",
                    "ad_id": False,
                    "came_late": True,
                }
            ],
        )
        self.fetch()
        self.assertEqual(row.state, "done")
        self.assertEqual(row.lead_id.company_id, self.company)
        self.assertEqual(row.lead_id.contact_name, "Ana Acker")

    def test_one_that_still_waits_there_is_handed_over_too(self):
        row = self.name_first(self.lead_at_meta(60))
        self.catch_up()
        self.fetch()
        self.assertEqual((row.state, row.company_id), ("done", self.company))

    def test_one_that_is_settled_stays_as_it_is(self):
        row = self.name_first(self.lead_at_meta(60))
        row.state = "done"
        self.catch_up()
        self.assertEqual(row.company_id, self.company_b)
        self.assertEqual(row.origin, "webhook")

    def test_one_whose_page_the_other_connection_has_stays_there(self):
        self.env["meta.lead.page"].create(
            {
                "name": "Theirs",
                "meta_id": OTHER_PAGE,
                "connection_id": self.foreign.id,
            }
        )
        row = self.name_first(self.lead_at_meta(60))
        row.page_meta_id = OTHER_PAGE
        self.catch_up()
        self.assertEqual(row.company_id, self.company_b)

    def test_a_file_takes_nothing_over(self):
        meta_id = self.lead_at_meta(60)
        row = self.name_first(meta_id)
        node = {"id": meta_id, "created_time": 1_795_000_000, "field_data": []}
        self.assertFalse(self.submissions._store_found(self.page, [node], "import"))
        self.assertEqual(row.company_id, self.company_b)
