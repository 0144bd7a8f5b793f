"""Consent is asked once more when an event is about to be sent."""

from odoo.addons.meta_crm_capi.models import consent
from odoo.addons.meta_crm_capi.models.meta_capi_event_claim import Lease, Row
from odoo.addons.meta_crm_capi.protocol.culprits import Group

from .delivery import EVENTS, DeliveryCase


class TestSending(DeliveryCase):
    def say_no_unheard(self, table, record):
        """A "no" that no code of ours saw: another program's, or after a lost race."""
        self.env.flush_all()
        self.env.cr.execute(
            f"UPDATE {table} SET meta_consent = 'no' WHERE id = %s", [record.id]
        )
        self.env.invalidate_all()

    def assert_withheld(self, row, reason):
        self.assertRecordValues(
            row,
            [
                {
                    "state": "cancelled",
                    "reason": reason,
                    "body": False,
                    "next_try_at": False,
                }
            ],
        )

    def test_who_says_no_while_the_event_waits_is_not_sent(self):
        lead = self.make_known_lead()
        self.say_no_unheard("crm_lead", lead)
        self.deliver()
        self.assertEqual(self.posts(), [])
        self.assert_withheld(self.rows, consent.SAID_NO)

    def test_the_others_of_the_batch_are_sent_in_their_order(self):
        leads = self.make_known_leads(5)
        self.say_no_unheard("crm_lead", leads[1])
        self.deliver()
        self.assertEqual(
            self.states, ["accepted", "cancelled", "accepted", "accepted", "accepted"]
        )
        times = [event["event_time"] for event in self.received()]
        self.assertEqual((len(times), times), (4, sorted(times)))
        self.assertEqual(len(self.posts()), 1)

    def test_a_contact_that_says_no_or_is_linked_meanwhile_counts(self):
        lead = self.make_known_lead()
        contact = self.env["res.partner"].create({"name": "Ana", "meta_consent": "no"})
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET partner_id = %s", [contact.id])
        self.env.invalidate_all()
        self.deliver()
        self.assertEqual((self.posts(), lead.partner_id), ([], contact))
        self.assertEqual(self.states, ["cancelled"])

    def test_a_frozen_event_is_not_sent_again(self):
        lead = self.make_known_lead()
        self.meta.script_named("lost_answer", EVENTS)
        self.deliver()
        self.assertTrue(self.rows.body)
        self.say_no_unheard("crm_lead", lead)
        self.make_due()
        self.deliver()
        self.assertEqual(len(self.posts()), 1)
        self.assert_withheld(self.rows, f"{consent.SAID_NO} {consent.TRIED_BEFORE}")

    def test_a_no_while_the_request_is_under_way_keeps_metas_answer(self):
        lead = self.make_known_lead()
        self.before("_apply_result", lambda env: self.say_no(env, lead))
        self.deliver()
        self.assertEqual(self.states, ["accepted"])

    def test_a_no_while_the_request_is_under_way_forbids_the_next_one(self):
        lead = self.make_known_lead()
        self.meta.script_named("lost_answer", EVENTS)
        self.before("_apply_result", lambda env: self.say_no(env, lead))
        self.deliver()
        self.assertEqual(self.states, ["queued"])
        self.make_due()
        self.deliver()
        self.assertEqual((self.states, len(self.posts())), (["cancelled"], 1))

    def say_no(self, env, lead):
        lead.with_env(env).meta_consent = "no"
        env.cr.flush()

    def test_a_lease_that_a_dead_worker_left_is_not_sent_again(self):
        lead = self.make_known_lead()
        self.hold(self.rows, lines="{}")
        self.say_no_unheard("crm_lead", lead)
        self.make_due()
        self.deliver()
        self.assertEqual(self.posts(), [])
        self.assert_withheld(self.rows, f"{consent.SAID_NO} {consent.TRIED_BEFORE}")

    def test_a_policy_that_becomes_strict_counts_for_what_waits(self):
        asked = self.make_known_lead(meta_consent="yes")
        other = self.make_known_lead()
        self.dataset.unknown_consent = "withhold"
        self.deliver()
        self.assertEqual(self.events(asked), [("initial_lead", "accepted")])
        self.assert_withheld(self.event_rows(other), consent.NOT_ASKED)

    def test_unknown_people_are_sent_by_default(self):
        self.make_known_lead()
        self.deliver()
        self.assertEqual(self.states, ["accepted"])

    def test_each_dataset_has_its_own_policy(self):
        other = self.add_dataset("500000000000009", unknown_consent="withhold")
        self.form.dataset_id = self.dataset
        self.make_known_lead()
        self.form.dataset_id = other
        other.unknown_consent = "send"
        self.make_known_lead()
        other.unknown_consent = "withhold"
        self.deliver()
        self.assertEqual(sorted(self.states), ["accepted", "cancelled"])

    def test_a_refused_event_of_who_said_no_is_not_sent_by_trying_again(self):
        lead = self.make_known_lead()
        self.rows.write({"state": "refused"})
        self.say_no_unheard("crm_lead", lead)
        self.rows.action_send_again()
        self.deliver()
        self.assertEqual((self.posts(), self.states), ([], ["refused"]))


class TestInHand(DeliveryCase):
    """What a worker has claimed and not sent yet, while it waits for Meta."""

    def setUp(self):
        super().setUp()
        self.leads = self.make_known_leads(4)
        self.dataset.batch_size = 2
        self.last = self.rows[3]

    def during_the_first_request(self, action):
        done = []

        def once(env):
            if not done:
                done.append(1)
                action(env)

        self.before("_apply_result", once)

    def assert_the_last_was_not_sent(self):
        self.assertEqual(self.last.state, "cancelled")
        self.assertFalse(self.last.body)
        sent = {event["event_id"] for event in self.received()}
        self.assertNotIn(self.last.event_id, sent)
        self.assertEqual(len(sent), 3)

    def test_who_says_no_meanwhile_is_not_sent(self):
        lead = self.leads[3]
        self.during_the_first_request(
            lambda env: lead.with_env(env).write({"meta_consent": "no"})
        )
        self.deliver()
        self.assert_the_last_was_not_sent()
        self.assertEqual(self.last.tries, 0)
        self.assertEqual(self.last.reason, consent.SAID_NO)

    def test_who_is_erased_meanwhile_is_not_sent(self):
        lead = self.leads[3]
        self.during_the_first_request(lambda env: lead.with_env(env).unlink())
        self.deliver()
        self.assert_the_last_was_not_sent()

    def test_who_says_no_while_culprits_are_sought_is_not_sent_again(self):
        self.dataset.batch_size = 1000
        lead = self.leads[3]
        self.during_the_first_request(
            lambda env: lead.with_env(env).write({"meta_consent": "no"})
        )
        self.meta.script_named("too_old", EVENTS)
        self.deliver()
        self.assert_the_last_was_not_sent()
        # It was in the batch that Meta refused.
        self.assertIn(consent.TRIED_BEFORE, self.last.reason)


class TestCheck(DeliveryCase):
    def check(self, rows):
        """What is dropped of these rows as if they were about to be sent."""
        items = tuple(Row(row.id, b"{}", row.tries, None, 0) for row in rows)
        lease = Lease(self.dataset.id, 0, Group(items), 0)
        return self.env["meta.capi.event"]._drop_unsendable(lease)

    def make_claimed(self, number):
        leads = self.make_known_leads(number)
        self.env.flush_all()
        return leads

    def test_where_nobody_objects_it_costs_one_query(self):
        self.make_claimed(3)
        rows = self.rows
        rows.fetch(["tries"])
        with self.assertQueryCount(1):
            self.assertEqual(self.check(rows), set())

    def test_where_some_object_it_costs_one_query_more(self):
        leads = self.make_claimed(4)
        rows = self.rows
        self.env.cr.execute(
            "UPDATE crm_lead SET meta_consent = 'no' WHERE id = ANY(%s)",
            [leads[:2].ids],
        )
        rows.fetch(["tries"])
        with self.assertQueryCount(2):
            self.assertEqual(self.check(rows), set(rows[:2].ids))
        self.assertEqual(self.states, ["cancelled"] * 2 + ["queued"] * 2)

    def test_it_never_changes_what_is_settled_or_somebody_elses(self):
        self.make_claimed(1).meta_consent = "no"
        rows = self.rows
        for state in ("accepted", "refused", "expired", "not_sent"):
            rows.write({"state": state})
            self.assertEqual(self.check(rows), set(rows.ids))
            self.assertEqual(rows.state, state)
        rows.write({"state": "queued"})
        self.hold(rows)
        self.assertEqual(self.check(rows), set(rows.ids))
        self.assertEqual(rows.state, "queued")
