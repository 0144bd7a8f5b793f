"""Leads that are in Odoo already, and what the import adds to them."""

from odoo.exceptions import UserError

from .common import FORM
from .importing import META_ID, MatchCase


class TestConsentOfAttached(MatchCase):
    """What a person said about Meta counts for the lead that gets the Meta lead id."""

    def setUp(self):
        super().setUp()
        self.form.write(
            {"consent_key": "share", "consent_labels": {"share": "May we share?"}}
        )
        self.lead = self.make_existing(email_from="ana@example.com")

    def attach(self, is_checked):
        node = {
            "id": META_ID,
            "created_time": self.ago(days=3),
            "form_id": FORM,
            "field_data": [{"name": "email", "values": ["ana@example.com"]}],
            "custom_disclaimer_responses": [
                {"checkbox_key": "share", "is_checked": is_checked}
            ],
        }
        answer = {"status": 200, "body": {"data": [node]}, "times": None}
        self.meta.script(f"GET /{FORM}/leads", [answer])
        run = self.run_whole(self.make_import())
        self.assertEqual(self.lines(run, "lead_id"), [(META_ID, "attach", self.lead)])
        self.assertEqual(self.find(META_ID).lead_id, self.lead)

    def test_a_no_of_a_matched_lead_keeps_its_steps_from_meta(self):
        self.attach("")
        self.assertEqual(self.lead.meta_consent, "no")
        self.lead.stage_id = self.qualified
        self.assertEqual(self.queued(self.lead), [])

    def test_a_no_of_a_typed_id_counts_too(self):
        self.lead.with_user(self.administrator).meta_lead_id = META_ID
        self.attach("")
        self.assertEqual(self.lead.meta_consent, "no")

    def test_a_yes_takes_back_no_no(self):
        self.lead.meta_consent = "no"
        self.attach("1")
        self.assertEqual(self.lead.meta_consent, "no")

    def test_a_yes_counts_where_nothing_was_known(self):
        self.attach("1")
        self.assertEqual(self.lead.meta_consent, "yes")


class TestTypedIds(MatchCase):
    """Somebody entered the Meta lead id with the lead: the import adds the rest."""

    def setUp(self):
        super().setUp()
        self.lead = self.make_existing(days=5)
        self.lead.with_user(self.administrator).meta_lead_id = META_ID
        self.typed = self.find(META_ID)
        self.assertFalse(self.typed.page_id)

    def test_the_dry_run_shows_the_lead_and_the_import_adds_form_and_time(self):
        run = self.matched({"email": "ana@example.com"}, is_matching=False)
        self.assertEqual(
            self.lines(run, "matched_by", "lead_id"),
            [(META_ID, "attach", "meta_id", self.lead)],
        )
        self.assertFalse(self.typed.page_id)
        self.start(run)
        self.assertRecordValues(
            self.typed,
            [
                {
                    "page_id": self.page.id,
                    "form_id": self.form.id,
                    "connection_id": self.connection.id,
                    "lead_id": self.lead.id,
                    "origin": "manual",
                    "state": "done",
                    "platform": "fb",
                }
            ],
        )
        self.assertTrue(self.typed.submitted_at)
        self.assertIn("ana@example.com", self.typed.answers)
        self.assertRecordValues(run, [{"attached_count": 1, "made_count": 0}])
        self.assertEqual(self.events(self.lead), [])

    def test_it_is_completed_once_and_then_known(self):
        self.start(self.matched())
        self.assertEqual(self.lines(self.matched()), [(META_ID, "known")])

    def test_there_is_nothing_to_decide(self):
        run = self.matched()
        line = self.env["meta.lead.import.line"].search([("import_id", "=", run.id)])
        with self.assertRaisesRegex(UserError, "in Odoo already"):
            line.with_user(self.administrator).action_make_new()

    def test_an_id_of_another_company_is_not_touched(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.typed.company_id = company
        self.start(self.matched())
        self.assertFalse(self.typed.page_id)


class TestNumbers(MatchCase):
    """A number of what was done opens what it counts."""

    def opened(self, run, name):
        action = run.with_context(meta_count=name).action_open_submissions()
        return self.env["meta.lead.submission"].search(action["domain"])

    def test_each_number_opens_the_submissions_that_it_counts(self):
        self.make_existing(email_from="ana@example.com")
        other = {"id": "1122334455667788", "email": "ben@example.com"}
        run = self.matched({"email": "ana@example.com"}, other)
        self.start(run)
        self.assertRecordValues(run, [{"attached_count": 1, "made_count": 1}])
        made, attached = self.find(other["id"]), self.find(META_ID)
        self.assertEqual(self.opened(run, "made_count"), made)
        self.assertEqual(self.opened(run, "attached_count"), attached)
        self.assertFalse(self.opened(run, "parked_count"))
        self.assertEqual(self.opened(run, None), made + attached)
