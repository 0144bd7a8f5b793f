"""A Page that moves to another connection takes along the leads that wait."""

from .common import PAGE
from .way_in import PAGE_TOKEN, SYSTEM_TOKEN, WayInCase, announcement

OTHER_APP = "1000000000000002"
OTHER_TOKEN = "other-system-user-token"


class TestPageMoved(WayInCase):
    def setUp(self):
        super().setUp()
        self.meta.add_app(OTHER_APP, "other-secret")
        self.meta.add_token(
            OTHER_TOKEN, "system_user", app_id=OTHER_APP, page_ids=[PAGE]
        )

    def move(self, **vals):
        connection = self.env["meta.connection"].create(
            {
                "name": "Other app",
                "app_id": OTHER_APP,
                "app_secret": "other-secret",
                "access_token": OTHER_TOKEN,
                **vals,
            }
        )
        self.page.connection_id = connection
        return connection

    def test_leads_that_wait_are_read_by_the_new_connection(self):
        row = self.announce(self.fill_in())
        connection = self.move()
        self.fetch()
        self.assertRecordValues(
            row, [{"state": "done", "connection_id": connection.id, "reason": False}]
        )
        self.assertEqual(row.lead_id.contact_name, "Ana Acker")

    def test_leads_that_were_parked_for_want_of_a_right_are_tried_again(self):
        row = self.announce(self.fill_in())
        row._park("Unsupported get request.", "unreadable")
        self.move()
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_what_a_person_must_look_at_stays_parked(self):
        row = self.announce(self.fill_in())
        row._park("No.", "refused")
        connection = self.move()
        self.fetch()
        self.assertRecordValues(
            row, [{"state": "parked", "connection_id": connection.id}]
        )

    def test_a_page_that_the_old_token_could_not_read_is_read_again(self):
        for token in (SYSTEM_TOKEN, PAGE_TOKEN):
            self.meta.revoke_token(token)
        row = self.come_in()
        self.assertEqual(self.page.state, "reconnect")
        self.move()
        self.assertEqual(self.page.state, "connected")
        self.assertFalse(self.page.activity_ids)
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_a_page_token_of_the_old_app_is_not_used_on(self):
        connection = self.move()
        self.assertFalse(self.page.has_access_token)
        meta_id = self.fill_in()
        connection._receive(announcement(meta_id))
        self.fetch()
        self.assertEqual(self.find(meta_id).state, "done")
        self.assertNotEqual(self.page.sudo().access_token_stored, PAGE_TOKEN)

    def test_what_the_old_app_still_tells_of_is_not_taken_from_it(self):
        self.move()
        row = self.come_in()
        self.assertEqual((row.state, row.parked_cause), ("parked", "foreign_page"))

    def test_a_page_token_stays_where_no_other_can_be_derived(self):
        self.move(access_token=False)
        self.assertEqual(self.page.sudo().access_token_stored, PAGE_TOKEN)

    def test_waiting_leads_go_to_the_company_of_the_page(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        settled, waiting = self.come_in(), self.announce(self.fill_in())
        self.move(company_id=elsewhere.id)
        self.fetch()
        self.assertRecordValues(
            waiting | settled,
            [
                {"state": "done", "company_id": elsewhere.id},
                {"state": "done", "company_id": self.company.id},
            ],
        )
        self.assertNotEqual(waiting.lead_id.company_id, self.company)

    def test_a_page_that_stays_where_it_is_keeps_its_token(self):
        row = self.announce(self.fill_in())
        row._park("Unsupported get request.", "unreadable")
        self.page.connection_id = self.connection
        self.assertTrue(self.page.has_access_token)
        self.assertEqual(row.state, "parked")
