"""The Page a lead belongs to, and the token it is read with."""

from odoo.addons.meta_crm_capi.models import meta_lead_submission as inbox

from .common import APP, FORM, PAGE
from .way_in import (
    PAGE_TOKEN,
    QUESTIONS,
    SECRET,
    SYSTEM_TOKEN,
    WayInCase,
    announcement,
    change,
    entry,
    notification,
)

OTHER_PAGE = "110000000000002"
OTHER_FORM = "220000000000002"


class TestPagesOfSubmissions(WayInCase):
    """A lead comes in by the connection that its Page belongs to, and by no other."""

    def setUp(self):
        super().setUp()
        self.meta.add_page(OTHER_PAGE, "Shady Roofs", "other-page-token")
        self.meta.add_form(OTHER_FORM, OTHER_PAGE, "Autumn offer", QUESTIONS)

    def connect_other_page(self, connection=None):
        return self.env["meta.lead.page"].create(
            {
                "name": "Shady Roofs",
                "meta_id": OTHER_PAGE,
                "connection_id": (connection or self.connection).id,
                "access_token": "other-page-token",
            }
        )

    def other_connection(self):
        return self.env["meta.connection"].create(
            {"name": "Other app", "app_id": "1000000000000002", "app_secret": "other"}
        )

    def named_by(self, connection, meta_id, **changes):
        """The submission after this connection's webhook named the lead."""
        connection._receive(
            announcement(meta_id, page_id=OTHER_PAGE, form_id=OTHER_FORM, **changes)
        )
        return self.find(meta_id)

    def test_a_lead_of_an_unknown_page_is_parked_until_the_page_is_connected(self):
        meta_id = self.fill_in(form=OTHER_FORM)
        row = self.named_by(self.connection, meta_id)
        self.fetch()
        self.assertRecordValues(
            row, [{"state": "parked", "reason": inbox.UNKNOWN_PAGE, "lead_id": False}]
        )
        self.assertEqual(self.reads(meta_id), [])
        page = self.connect_other_page()
        self.assertEqual((row.state, row.reason, row.tries), ("received", False, 0))
        self.fetch()
        self.assertEqual((row.state, row.page_id), ("done", page))
        self.assertTrue(row.lead_id)

    def test_a_lead_that_names_no_page_at_all_is_parked(self):
        meta_id = self.fill_in()
        body = notification(entry(change(meta_id, page_id=None), id=None))
        self.connection._receive(body)
        self.fetch()
        row = self.find(meta_id)
        self.assertEqual((row.state, row.reason), ("parked", inbox.UNKNOWN_PAGE))

    def test_a_lead_of_an_archived_page_is_parked_until_it_is_back(self):
        self.page.active = False
        row = self.come_in()
        self.assertEqual((row.state, row.reason), ("parked", inbox.UNKNOWN_PAGE))
        self.page.active = True
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_a_page_of_another_connection_parks_and_its_own_webhook_adopts(self):
        other = self.other_connection()
        self.connect_other_page(self.connection)
        meta_id = self.fill_in(form=OTHER_FORM)
        row = self.named_by(other, meta_id)
        self.fetch()
        self.assertEqual((row.state, row.reason), ("parked", inbox.FOREIGN_PAGE))
        self.assertEqual(self.reads(meta_id), [])
        self.named_by(self.connection, meta_id)
        self.assertRecordValues(
            row,
            [
                {
                    "state": "received",
                    "reason": False,
                    "connection_id": self.connection.id,
                    "company_id": self.connection.company_id.id,
                    "tries": 0,
                }
            ],
        )
        self.fetch()
        self.assertTrue(row.lead_id)

    def test_the_own_webhook_adopts_also_what_was_not_parked_yet(self):
        other = self.other_connection()
        page = self.connect_other_page(self.connection)
        meta_id = self.fill_in(form=OTHER_FORM)
        self.named_by(other, meta_id)
        row = self.named_by(self.connection, meta_id)
        self.fetch()
        self.assertEqual((row.state, row.page_id), ("done", page))

    def test_what_another_connection_said_of_page_and_form_does_not_stay(self):
        other = self.other_connection()
        page = self.connect_other_page(self.connection)
        meta_id = self.fill_in(form=OTHER_FORM)
        other._receive(announcement(meta_id, page_id="119999999999999", form_id="1"))
        self.fetch()
        row = self.find(meta_id)
        self.assertEqual((row.state, row.reason), ("parked", inbox.UNKNOWN_PAGE))
        self.named_by(self.connection, meta_id)
        self.fetch()
        self.assertEqual((row.state, row.page_id), ("done", page))

    def test_another_connection_cannot_take_a_lead_away(self):
        other = self.other_connection()
        page = self.connect_other_page(self.connection)
        meta_id = self.fill_in(form=OTHER_FORM)
        row = self.named_by(self.connection, meta_id)
        self.named_by(other, meta_id)
        self.assertEqual(row.connection_id, self.connection)
        row.write({"state": "parked", "reason": "Meta says no."})
        self.named_by(other, meta_id)
        self.assertRecordValues(
            row,
            [
                {
                    "connection_id": self.connection.id,
                    "state": "parked",
                    "reason": "Meta says no.",
                }
            ],
        )
        row.action_try_again()
        self.fetch()
        self.assertEqual((row.state, row.page_id), ("done", page))

    def test_a_page_moved_to_the_connection_heals_its_parked_leads(self):
        other = self.other_connection()
        page = self.connect_other_page(self.connection)
        meta_id = self.fill_in(form=OTHER_FORM)
        row = self.named_by(other, meta_id)
        self.fetch()
        self.assertEqual(row.reason, inbox.FOREIGN_PAGE)
        page.connection_id = other
        self.assertEqual(row.state, "received")

    def test_a_connected_page_heals_nothing_that_is_parked_for_other_reasons(self):
        row = self.named_by(self.connection, "3300000000000011")
        row.write({"state": "parked", "reason": "Meta says no."})
        self.connect_other_page()
        self.assertEqual((row.state, row.reason), ("parked", "Meta says no."))


class TestPageToken(WayInCase):
    def stored(self, record):
        return record.sudo().access_token_stored

    def test_a_missing_page_token_is_derived_from_the_connections_and_kept(self):
        self.env.cr.execute(
            "UPDATE meta_lead_page SET access_token_stored = NULL WHERE id = %s",
            [self.page.id],
        )
        self.env.invalidate_all()
        row = self.come_in()
        self.assertEqual(row.state, "done")
        derived = self.stored(self.page)
        self.assertTrue(derived)
        self.assertNotEqual(derived, SYSTEM_TOKEN)
        self.come_in()
        self.assertEqual(len(self.meta.requests(f"/{PAGE}")), 1)

    def test_a_dead_page_token_is_derived_anew_and_the_lead_read_at_once(self):
        self.meta.revoke_token(PAGE_TOKEN)
        row = self.come_in()
        self.assertEqual((row.state, row.tries), ("done", 1))
        self.assertNotIn(self.stored(self.page), (PAGE_TOKEN, SYSTEM_TOKEN, False))
        self.assertEqual(self.page.state, "connected")
        self.assertFalse(self.page.activity_ids)

    def test_a_token_that_is_not_a_pages_is_replaced_by_a_derived_one(self):
        self.page.access_token = SYSTEM_TOKEN  # Meta answers 190/2069032
        row = self.come_in()
        self.assertEqual(row.state, "done")
        self.assertNotEqual(self.stored(self.page), SYSTEM_TOKEN)

    def test_without_any_token_the_page_asks_for_one_and_the_lead_waits(self):
        self.env.cr.execute("UPDATE meta_lead_page SET access_token_stored = NULL")
        self.env.cr.execute("UPDATE meta_connection SET access_token_stored = NULL")
        self.env.invalidate_all()
        row = self.come_in()
        self.assertRecordValues(row, [{"state": "received", "tries": 0}])
        self.assertEqual(self.page.state, "reconnect")
        self.assertIn("no token", self.page.trouble)
        self.assertEqual(len(self.page.activity_ids), 1)
        self.assertEqual(self.meta.requests(), [])

    def test_meta_being_down_while_a_token_is_derived_is_no_reason_to_reconnect(self):
        self.env.cr.execute("UPDATE meta_lead_page SET access_token_stored = NULL")
        self.env.invalidate_all()
        for name in ("transient", "html", "no_answer", "throttle_app"):
            with self.subTest(answer=name):
                self.meta.script_named(name, f"GET /{PAGE}")
                row = self.come_in()
                self.assertEqual(row.state, "received")
                self.assertEqual(self.page.state, "connected")
                self.assertFalse(self.page.activity_ids)
                row.action_try_again()
                self.page.resume_at = False
                self.fetch()
                self.assertEqual(row.state, "done")
                self.env.cr.execute(
                    "UPDATE meta_lead_page SET access_token_stored = NULL"
                )

    def test_a_refusal_while_a_dead_token_is_renewed_is_told_once(self):
        self.meta.revoke_token(PAGE_TOKEN)
        self.meta.script_named("transient", f"GET /{PAGE}")
        row = self.come_in()
        self.assertEqual(row.state, "received")
        self.assertEqual(self.page.state, "connected")
        row.action_try_again()
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_a_required_proof_is_sent_with_the_page_token(self):
        self.meta.reset()
        self.meta.add_app(APP, SECRET, require_proof=True)
        self.meta.add_page(PAGE, "Sunny Roofs", PAGE_TOKEN)
        self.meta.add_form(FORM, PAGE, "Spring offer", QUESTIONS)
        row = self.come_in()
        self.assertEqual(row.state, "done")
