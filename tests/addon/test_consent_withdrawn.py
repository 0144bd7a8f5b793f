"""A "no" takes out of the queue what waits for Meta, at once and for all its leads."""

from collections import deque
from unittest.mock import patch

from odoo.models import BaseModel

from odoo.addons.meta_crm_capi.models import consent
from odoo.addons.meta_crm_capi.models.meta_capi_event_consent import (
    MetaCapiEvent as Consent,
)

from .test_consent import FIRST, SECOND, ConsentCase

THIRD = "10000000000000003"
LOGGER = "odoo.addons.meta_crm_capi.models.meta_capi_event_consent"


class WithdrawnCase(ConsentCase):
    def states(self, lead):
        return [state for _name, state in self.events(lead)]


class TestWithdrawn(WithdrawnCase):
    def test_what_is_queued_is_cancelled_with_its_body_and_says_why(self):
        lead = self.make_lead()
        row = self.event_rows(lead)
        row.write({"body": "{}"})
        lead.meta_consent = "no"
        self.flush()
        self.assertRecordValues(
            row,
            [
                {
                    "state": "cancelled",
                    "reason": consent.SAID_NO,
                    "body": False,
                    "next_try_at": False,
                }
            ],
        )

    def test_what_was_tried_before_says_that_meta_may_have_it(self):
        lead = self.make_lead()
        row = self.event_rows(lead)
        row.write({"tries": 2})
        lead.meta_consent = "no"
        self.flush()
        self.assertEqual(row.reason, f"{consent.SAID_NO} {consent.TRIED_BEFORE}")

    def test_what_is_settled_stays_as_it_is(self):
        lead = self.make_lead()
        row = self.event_rows(lead)
        for state in ("accepted", "refused", "expired", "not_sent"):
            row.write({"state": state, "body": "{}"})
            lead.meta_consent = "yes"
            lead.meta_consent = "no"
            self.flush()
            self.assertEqual((row.state, row.body), (state, "{}"))

    def test_what_is_being_sent_is_left_to_the_sender(self):
        lead = self.make_lead()
        row = self.event_rows(lead)
        self.hold(row)
        lead.meta_consent = "no"
        self.flush()
        self.assertEqual(row.state, "queued")

    def test_a_yes_an_unknown_and_other_changes_cancel_nothing(self):
        lead = self.make_lead()
        for said in ("yes", "unknown"):
            lead.write({"meta_consent": said, "name": said})
            self.assertEqual(self.states(lead), ["queued"])

    def test_other_leads_stay_queued(self):
        one, other = self.make_lead(FIRST), self.make_lead(SECOND)
        one.meta_consent = "no"
        self.assertEqual(self.states(one) + self.states(other), ["cancelled", "queued"])

    def test_a_no_that_is_taken_back_in_the_transaction_cancels_nothing(self):
        lead = self.make_lead()
        lead.meta_consent = "no"
        lead.meta_consent = "yes"
        self.assertEqual(self.states(lead), ["queued"])

    def test_a_no_that_is_undone_with_its_savepoint_cancels_nothing(self):
        lead = self.make_lead()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            lead.meta_consent = "no"
            raise ZeroDivisionError
        self.assertEqual(self.states(lead), ["queued"])

    def test_a_no_by_a_later_callback_of_the_commit_counts_too(self):
        lead = self.make_lead()
        other = self.make_lead(SECOND)
        other.meta_consent = "no"
        self.env.cr.precommit.add(lambda: lead.write({"meta_consent": "no"}))
        self.assertEqual(self.states(lead + other), ["cancelled", "cancelled"])

    def test_a_later_yes_brings_nothing_back(self):
        lead = self.make_lead()
        lead.meta_consent = "no"
        self.flush()
        lead.meta_consent = "yes"
        self.assertEqual(self.states(lead), ["cancelled"])

    def test_the_next_move_after_a_yes_reports_what_was_cancelled(self):
        lead = self.make_lead()
        self.move(lead, self.qualified)
        lead.meta_consent = "no"
        self.flush()
        lead.meta_consent = "yes"
        self.move(lead, self.proposition)
        self.assertEqual(
            self.queued(lead), ["initial_lead", "qualified", "proposition"]
        )

    def test_a_computed_no_cancels_too(self):
        lead = self.make_lead()

        def compute(leads, field):
            """What a module that computes the field would have written."""
            leads.env.cr.execute(
                "UPDATE crm_lead SET meta_consent = 'no' WHERE id = ANY(%s)",
                [leads.ids],
            )
            leads.invalidate_recordset(["meta_consent"])

        field = lead._fields["meta_consent"]
        with (
            patch.dict(self.registry.field_computed, {field: [field]}),
            patch.object(BaseModel, "_compute_field_value", compute),
        ):
            lead._compute_field_value(field)
        self.assertEqual(self.states(lead), ["cancelled"])

    def test_many_leads_cost_one_change_of_the_queue(self):
        leads = self.env["crm.lead"]
        for number in range(200):
            leads += self.make_lead(str(10**15 + number), flush=False)
        self.flush()
        self.env.flush_all()
        original = type(self.env.cr).execute
        updates = []

        def count(cursor, query, *args, **kwargs):
            text = query.code if hasattr(query, "code") else query
            if "UPDATE meta_capi_event" in text:
                updates.append(text)
            return original(cursor, query, *args, **kwargs)

        with patch.object(type(self.env.cr), "execute", count):
            for batch in (leads[:100], leads[100:]):
                batch.write({"meta_consent": "no"})
            self.flush()
        self.assertEqual(len(updates), 1)
        self.assertEqual(set(self.states(leads)), {"cancelled"})


class TestContacts(WithdrawnCase):
    def test_a_contacts_no_cancels_all_its_leads(self):
        contact = self.make_contact()
        one = self.make_lead(FIRST, partner_id=contact.id)
        other = self.make_lead(SECOND, partner_id=contact.id, meta_consent="yes")
        stranger = self.make_lead(THIRD)
        contact.meta_consent = "no"
        self.assertEqual(self.states(one + other), ["cancelled", "cancelled"])
        self.assertEqual(self.states(stranger), ["queued"])

    def test_a_companys_no_cancels_the_leads_of_its_people(self):
        company = self.make_contact(name="Acker Ltd", is_company=True)
        lead = self.make_lead(partner_id=self.make_contact(parent_id=company.id).id)
        company.meta_consent = "no"
        self.assertEqual(self.states(lead), ["cancelled"])

    def test_a_persons_no_is_not_that_of_the_company(self):
        company = self.make_contact(name="Acker Ltd", is_company=True)
        person = self.make_contact(parent_id=company.id)
        lead = self.make_lead(partner_id=company.id)
        person.meta_consent = "no"
        self.assertEqual(self.states(lead), ["queued"])

    def test_archived_leads_are_cancelled_too(self):
        contact = self.make_contact()
        lead = self.make_lead(partner_id=contact.id)
        lead.active = False
        self.flush()
        contact.meta_consent = "no"
        self.assertNotIn("queued", self.states(lead))


class TestMerge(WithdrawnCase):
    def merge_contacts(self, destination, source):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((destination | source).ids, destination)

    def test_of_merged_leads_a_no_survives(self):
        for meta_ids, head_said, tail_said in (
            ((FIRST, SECOND), "yes", "no"),
            ((THIRD, "10000000000000004"), "no", "yes"),
        ):
            head = self.make_lead(
                meta_ids[0], meta_consent=head_said, stage_id=self.proposition.id
            )
            tail = self.make_lead(meta_ids[1], meta_consent=tail_said)
            merged = (head + tail).merge_opportunity()
            self.assertEqual(merged, head)
            self.assertEqual(merged.meta_consent, "no")
            self.assertEqual(self.queued(merged), [])

    def test_of_merged_leads_a_yes_survives_an_unknown(self):
        head = self.make_lead(FIRST, stage_id=self.proposition.id)
        tail = self.make_lead(SECOND, meta_consent="yes")
        self.assertEqual((head + tail).merge_opportunity().meta_consent, "yes")
        self.assertEqual(set(self.states(head)), {"queued"})

    def test_of_merged_contacts_a_no_survives_and_cancels(self):
        for meta_ids, kept_said, gone_said in (
            ((FIRST, SECOND), "yes", "no"),
            ((THIRD, "10000000000000004"), "no", "yes"),
        ):
            kept, gone = self.make_contact(kept_said), self.make_contact(gone_said)
            leads = self.make_lead(meta_ids[0], partner_id=kept.id)
            leads += self.make_lead(meta_ids[1], partner_id=gone.id)
            self.merge_contacts(kept, gone)
            self.assertEqual(kept.meta_consent, "no")
            self.assertEqual(leads.partner_id, kept)
            self.assertEqual(self.queued(leads), [])

    def test_of_merged_contacts_a_yes_survives_an_unknown(self):
        kept, gone = self.make_contact(), self.make_contact("yes")
        self.merge_contacts(kept, gone)
        self.assertEqual(kept.meta_consent, "yes")


class TestTrouble(WithdrawnCase):
    """Whoever notes the "no" never fails because of the queue."""

    def test_an_error_of_ours_is_logged_and_left_to_the_senders_check(self):
        lead = self.make_lead()
        with (
            self.assertLogs(LOGGER, "ERROR"),
            patch.object(Consent, "_cancel_queued", side_effect=ZeroDivisionError),
        ):
            lead.with_user(self.rep).meta_consent = "no"
            self.flush()
        self.assertEqual((lead.meta_consent, self.states(lead)), ("no", ["queued"]))
        events = self.env["meta.capi.event"]
        leases = deque()
        events._claim(self.dataset.id, leases)
        self.assertIsNone(events._renew(leases))
        self.assertEqual(self.states(lead), ["cancelled"])

    def test_where_nothing_is_of_metas_nothing_is_looked_at(self):
        self.dataset.unlink()
        lead = self.make_foreign_lead()
        lead.meta_consent = "no"
        with patch.object(Consent, "_cancel_objected") as cancel:
            self.flush()
        cancel.assert_not_called()
