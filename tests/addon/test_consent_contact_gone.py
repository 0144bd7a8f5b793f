"""A "no" outlives its contact, and counts for a lead as soon as it is linked to it."""

from unittest.mock import patch

from odoo.exceptions import AccessError, RedirectWarning

from odoo.addons.meta_crm_capi.models import consent

from .test_consent import FIRST, SECOND, ConsentCase


class GoneCase(ConsentCase):
    def assert_still_says_no(self, lead):
        self.assertEqual(lead.meta_consent, "no")
        self.move(lead, self.won)
        self.assertEqual(set(self.reasons(lead)), {consent.SAID_NO})
        self.assertEqual(self.queued(lead), [])


class TestDeleted(GoneCase):
    def test_the_no_of_a_deleted_contact_stays_with_its_leads(self):
        contact = self.make_contact("no")
        leads = self.make_lead(FIRST, partner_id=contact.id)
        leads += self.make_lead(SECOND, partner_id=contact.id)
        leads[1].active = False
        self.flush()
        contact.unlink()
        self.assertFalse(leads.partner_id)
        leads[1].active = True
        self.flush()
        for lead in leads:
            self.assert_still_says_no(lead)

    def test_so_does_one_that_was_said_in_the_same_transaction(self):
        contact = self.make_contact("yes")
        lead = self.make_lead(partner_id=contact.id)
        contact.meta_consent = "no"
        contact.unlink()
        self.assertEqual(self.events(lead), [("initial_lead", "cancelled")])
        self.assertEqual(lead.meta_consent, "no")

    def test_the_no_of_a_deleted_company_stays_with_the_leads_of_its_people(self):
        company = self.make_contact("no", name="Acker Ltd", is_company=True)
        person = self.make_contact("yes", parent_id=company.id)
        archived = self.make_contact(parent_id=company.id, active=False)
        leads = self.make_lead(FIRST, partner_id=person.id)
        leads += self.make_lead(SECOND, partner_id=archived.id)
        company.unlink()
        self.assertEqual(leads.partner_id, person | archived)
        for lead in leads:
            self.assert_still_says_no(lead)

    def test_a_person_of_a_company_that_said_no_is_deleted(self):
        company = self.make_contact("no", name="Acker Ltd", is_company=True)
        person = self.make_contact(parent_id=company.id)
        lead = self.make_lead(partner_id=person.id)
        person.unlink()
        self.assert_still_says_no(lead)

    def test_a_deleted_person_speaks_for_nobody_else(self):
        company = self.make_contact(name="Acker Ltd", is_company=True)
        person = self.make_contact("no", parent_id=company.id)
        colleague = self.make_contact(parent_id=company.id)
        leads = self.make_lead(FIRST, partner_id=colleague.id)
        leads += self.make_lead(SECOND, partner_id=company.id)
        person.unlink()
        self.assertEqual(leads.mapped("meta_consent"), ["unknown", "unknown"])

    def test_contacts_that_said_no_such_thing_leave_their_leads_as_they_are(self):
        for meta_id, said in ((FIRST, "yes"), (SECOND, "unknown")):
            contact = self.make_contact(said)
            lead = self.make_lead(meta_id, partner_id=contact.id, meta_consent="yes")
            contact.unlink()
            self.assertEqual(lead.meta_consent, "yes")

    def test_a_deletion_that_is_refused_changes_no_lead(self):
        contact = self.make_contact("no")
        lead = self.make_lead(partner_id=contact.id)
        with self.assertRaises(AccessError):
            contact.with_user(self.rep).unlink()
        user_contact = self.rep.partner_id
        user_contact.meta_consent = "no"
        with self.assertRaises(RedirectWarning), self.env.cr.savepoint():
            user_contact.unlink()
        self.assertEqual(lead.meta_consent, "unknown")


class TestLeft(GoneCase):
    def test_a_lead_that_leaves_a_contact_keeps_its_no(self):
        other = self.make_contact("yes", name="Bob")
        for meta_id, becomes in ((FIRST, False), (SECOND, other.id)):
            lead = self.make_lead(meta_id, partner_id=self.make_contact("no").id)
            lead.with_user(self.rep).partner_id = becomes
            self.assert_still_says_no(lead)

    def test_so_does_one_whose_contact_is_of_a_company_that_said_no(self):
        company = self.make_contact("no", name="Acker Ltd", is_company=True)
        person = self.make_contact("yes", parent_id=company.id)
        lead = self.make_lead(partner_id=person.id)
        lead.with_user(self.rep).partner_id = False
        self.assert_still_says_no(lead)

    def test_who_notes_something_else_with_it_is_believed(self):
        lead = self.make_lead(partner_id=self.make_contact("no").id)
        lead.with_user(self.rep).write({"partner_id": False, "meta_consent": "yes"})
        self.assertEqual(lead.meta_consent, "yes")

    def test_the_same_contact_again_is_no_leaving(self):
        contact = self.make_contact("no")
        lead = self.make_lead(partner_id=contact.id)
        lead.partner_id = contact
        self.assertEqual(lead.meta_consent, "unknown")

    def test_a_contact_that_said_no_such_thing_leaves_nothing(self):
        lead = self.make_lead(partner_id=self.make_contact("yes").id)
        lead.partner_id = False
        self.assertEqual(lead.meta_consent, "unknown")

    def test_a_contact_that_another_module_computes_counts_the_same(self):
        lead = self.make_lead(partner_id=self.make_contact("no").id)
        field = lead._fields["partner_id"]

        def compute(records):
            records.partner_id = False

        with (
            patch.object(field, "compute", compute),
            patch.dict(self.registry.field_computed, {field: [field]}),
            self.env.protecting([field], lead),
        ):
            lead._compute_field_value(field)
        self.assertFalse(lead.partner_id)
        self.assert_still_says_no(lead)

    def test_of_merged_leads_the_no_of_each_ones_contact_survives(self):
        leads = self.make_lead(FIRST, partner_id=self.make_contact("yes").id)
        leads += self.make_lead(SECOND, partner_id=self.make_contact("no").id)
        leads[0].write({"probability": 90, "automated_probability": 90})
        merged = leads.merge_opportunity()
        self.assertEqual(merged.meta_consent, "no")


class TestLinked(GoneCase):
    def test_a_contact_that_said_no_empties_the_queue_of_a_lead_at_once(self):
        company = self.make_contact("no", name="Acker Ltd", is_company=True)
        contacts = self.make_contact("no") + self.make_contact(parent_id=company.id)
        for meta_id, contact in zip((FIRST, SECOND), contacts, strict=True):
            lead = self.make_lead(meta_id)
            lead.with_user(self.rep).partner_id = contact
            self.assertEqual(self.events(lead), [("initial_lead", "cancelled")])
            self.assertEqual(lead.meta_consent, "unknown")

    def test_another_contact_costs_the_end_of_the_transaction_nothing(self):
        lead = self.make_lead()
        contact = self.make_contact("yes")
        self.env.flush_all()
        lead.partner_id = contact
        self.env.flush_all()
        with self.assertQueryCount(0):
            self.flush()
        self.assertEqual(self.events(lead), [("initial_lead", "queued")])
