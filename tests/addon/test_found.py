"""Leads that were read in bulk: stored with their answers, and not asked for again."""

import logging

from .common import FORM, PAGE
from .way_in import IntakeCase


def node(meta_id, **changes):
    """A lead as the list of a form's leads gives it; ``None`` leaves a key out."""
    given = {
        "id": meta_id,
        "created_time": "2026-11-20T08:09:10+0000",
        "form_id": FORM,
        "field_data": [
            {"name": "full_name", "values": ["Ana Acker"]},
            {"name": "budget?", "values": ["5\u0000"]},
        ],
        **changes,
    }
    return {key: value for key, value in given.items() if value is not None}


class TestFound(IntakeCase):
    def store(self, *nodes, page=None, origin="catch_up", extra=None):
        return self.submissions._store_found(page or self.page, nodes, origin, extra)

    def test_a_found_lead_becomes_a_lead_and_meta_is_not_asked_for_it(self):
        row = self.store(node("3300000000000001"))
        self.assertRecordValues(
            row,
            [
                {
                    "meta_id": "3300000000000001",
                    "connection_id": self.connection.id,
                    "company_id": self.company.id,
                    "page_id": self.page.id,
                    "page_meta_id": PAGE,
                    "form_meta_id": FORM,
                    "origin": "catch_up",
                    "state": "received",
                    "tries": 0,
                }
            ],
        )
        self.assertEqual(str(row.submitted_at), "2026-11-20 08:09:10")
        self.fetch()
        self.assertEqual(row.state, "done")
        self.assertEqual(row.form_id, self.form)
        self.assertEqual(row.lead_id.contact_name, "Ana Acker")
        self.assertEqual(self.reads("3300000000000001"), [])
        self.assertFalse(self.log.search([("kind", "=", "lead")]))

    def test_a_known_lead_stays_as_it_is_and_is_not_new(self):
        self.store(node("3300000000000001"))
        self.fetch()
        known = self.find("3300000000000001")
        new = self.store(
            node("3300000000000001", field_data=[]),
            node("3300000000000002"),
            node("3300000000000002"),
        )
        self.assertEqual(new.mapped("meta_id"), ["3300000000000002"])
        self.assertEqual((known.state, len(known.lead_id)), ("done", 1))
        self.assertIn("Ana Acker", known.answers)

    def test_nothing_found_stores_nothing(self):
        self.assertFalse(self.store())

    def test_what_is_no_whole_lead_is_read_by_itself(self):
        meta_id = self.fill_in({"email": "ana@example.com"})
        row = self.store({"id": meta_id, "created_time": "soon"})
        self.assertFalse(row.answers)
        self.fetch()
        self.assertEqual(row.lead_id.email_from, "ana@example.com")
        self.assertEqual(self.reads(meta_id), [meta_id])

    def test_what_has_no_id_costs_the_others_nothing_and_is_logged(self):
        with self.assertLogs("odoo.addons.meta_crm_capi", logging.WARNING) as logged:
            rows = self.store({"full_name": "Secret"}, node("3300000000000001"), [])
        self.assertEqual(rows.mapped("meta_id"), ["3300000000000001"])
        self.assertNotIn("Secret", "".join(logged.output))

    def test_further_values_are_stored_with_each_row(self):
        rows = self.store(
            node("3300000000000001"),
            node("3300000000000002"),
            extra={"form_id": self.form.id, "is_test": True, "platform": None},
        )
        self.assertEqual(rows.form_id, self.form)
        self.assertEqual(rows.mapped("is_test"), [True, True])

    def test_found_leads_and_named_ones_come_in_together(self):
        meta_id = self.fill_in()
        rows = self.store(node("3300000000000001")) + self.announce(meta_id)
        self.fetch()
        self.assertEqual(rows.mapped("state"), ["done", "done"])
        self.assertEqual(self.reads("3300000000000001", meta_id), [meta_id])

    def test_what_is_here_need_not_wait_for_a_page_that_rests_or_is_cut_off(self):
        rows = self.store(node("3300000000000001"))
        self.page._rest(900)
        self.fetch()
        self.assertEqual(rows.state, "done")
        self.page._set_reconnect("No more.")
        rows = self.store(node("3300000000000002"))
        self.fetch()
        self.assertEqual(rows.state, "done")

    def test_the_first_lead_that_is_found_puts_meta_into_use(self):
        self.env.cr.execute("DELETE FROM meta_capi_event")
        self.env.cr.execute("DELETE FROM meta_lead_submission")
        self.dataset.unlink()
        self.env["meta.capi.rule"]._forget_funnels()
        self.assertFalse(self.submissions._is_in_use())
        self.store(node("3300000000000001"))
        self.assertTrue(self.submissions._is_in_use())
