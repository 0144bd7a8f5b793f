"""Privacy lookup finds, and erases, answers that are kept and became no lead yet."""

import json

from .test_privacy_lookup import EMAIL, NAME, PHONE, PrivacyLookupCase


class TestWithoutLead(PrivacyLookupCase):
    def waiting(self, **vals):
        """The person was read in bulk, and no lead was made yet."""
        meta_id = self.fill_in()
        node = {
            "id": meta_id,
            "created_time": "2026-11-20T08:09:10+0000",
            "field_data": [
                {"name": "full_name", "values": [NAME]},
                {"name": "email", "values": [EMAIL]},
                {"name": "phone_number", "values": [PHONE]},
            ],
        }
        row = self.submissions._store_found(self.page, [node], "catch_up")
        row.write(vals)
        self.env.flush_all()
        return row

    def found(self, **by):
        lines = self.look_up(**by)
        own = lines.filtered(lambda line: line.res_model == "meta.lead.submission")
        return own.mapped("res_id")

    def test_it_finds_what_waits_and_what_is_parked(self):
        row = self.waiting()
        self.assertEqual(self.found(), row.ids)
        row._park("Odoo could not", "internal")
        self.assertEqual(self.found(), row.ids)
        self.assertEqual(self.found(name="Somebody"), row.ids)
        self.assertEqual(self.found(email="else@example.com"), row.ids)
        self.assertEqual(self.found(name="Bo", email="bo@example.com"), [])

    def test_what_became_a_lead_is_listed_by_its_lead_alone(self):
        row = self.waiting()
        self.fetch()
        self.assertEqual(self.leads_found(), row.lead_id.ids)
        self.assertEqual(self.found(), [])

    def test_deleting_it_leaves_nothing_and_keeps_it_from_coming_back(self):
        row = self.waiting()
        row._park("Odoo could not", "internal")
        meta_id, answers = row.meta_id, row.answers
        lines = self.look_up()
        lines.action_unlink_all()
        self.assertTrue(all(lines.mapped("is_unlinked")))
        self.assertEqual(self.traces(), set())
        self.assertRecordValues(
            row,
            [{"state": "erased", "meta_id": meta_id, "reason": False, "cure": False}],
        )
        self.submissions._store_found(self.page, [json.loads(answers)], "import")
        self.fetch()
        self.assertEqual((row.state, self.traces()), ("erased", set()))

    def test_somebody_else_who_waits_is_left_alone(self):
        self.waiting()
        other = self.announce(self.fill_in({"full_name": "Bo Berg"}))
        self.look_up().action_unlink_all()
        self.assertEqual(other.state, "received")
