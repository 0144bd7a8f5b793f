"""The icon of a lead: what became of its steps at Meta, for everybody who sees it."""

from odoo.addons.meta_crm_capi.models.meta_lead_submission import MetaLeadSubmission

from .delivery import EVENTS, DeliveryCase


class TestLeadMetaState(DeliveryCase):
    def state(self, lead):
        self.flush()
        self.env.invalidate_all()
        return lead.with_user(self.rep).meta_sync_state

    def test_a_lead_that_did_not_come_from_meta_has_none(self):
        self.make_known_lead()
        self.assertFalse(self.state(self.make_foreign_lead()))

    def test_it_follows_the_steps_of_the_lead(self):
        lead = self.make_known_lead()
        self.assertEqual(self.state(lead), "waiting")
        self.deliver()
        self.assertEqual(self.state(lead), "accepted")
        lead.stage_id = self.qualified
        self.assertEqual(self.state(lead), "waiting")
        self.meta.script_named("too_old", EVENTS)
        self.deliver()
        self.assertEqual(self.state(lead), "problem")
        lead.stage_id = self.proposition
        self.assertEqual(self.state(lead), "problem", "a problem is not covered")

    def test_each_state_of_an_event_counts_as_what_it_means(self):
        lead = self.make_known_lead()
        row = self.rows
        for state, expected in {
            "queued": "waiting",
            "accepted": "accepted",
            "refused": "problem",
            "expired": "problem",
            "cancelled": "silent",
            "not_sent": "silent",
        }.items():
            with self.subTest(state=state):
                row.state = state
                self.assertEqual(lead.meta_sync_state, expected)
                self.assertEqual(self.state(lead), expected)

    def test_a_move_that_is_rightly_not_reported_is_no_problem(self):
        lead = self.make_known_lead()
        lead.stage_id = self.qualified
        self.flush()
        self.deliver()
        lead.stage_id = self.new
        self.assertEqual(self.state(lead), "accepted")

    def test_a_meta_lead_of_which_nothing_was_told_says_so(self):
        self.dataset.action_stop()
        self.assertEqual(self.state(self.make_known_lead()), "silent")
        lead = self.make_foreign_lead()
        lead.meta_lead_id = "123456789012345"
        self.assertEqual(self.state(lead), "silent")

    def test_a_merged_lead_shows_all_that_it_was_merged_from(self):
        head, tail = self.make_known_lead(), self.make_known_lead()
        self.deliver()
        self.meta.script_named("too_old", EVENTS)
        tail.stage_id = self.qualified
        self.flush()
        self.deliver()
        self.assertEqual(self.state(head), "accepted")
        (head + tail).merge_opportunity()
        self.assertEqual(self.state((head + tail).exists()), "problem")

    def test_a_page_of_cards_costs_one_query(self):
        leads = self.make_known_leads(6)
        self.make_known_lead()
        leads = (leads + self.make_foreign_lead()).with_user(self.rep)
        self.flush()
        self.env.invalidate_all()
        leads.mapped("name")
        with self.assertQueryCount(1):
            states = leads.mapped("meta_sync_state")
        self.assertEqual(states, [*["waiting"] * 6, False])

    def test_where_nothing_is_metas_it_costs_no_query(self):
        lead = self.make_foreign_lead().with_user(self.rep)
        self.patch(MetaLeadSubmission, "_is_in_use", lambda self: False)
        lead.mapped("name")
        with self.assertQueryCount(0):
            self.assertFalse(lead.meta_sync_state)

    def test_a_lead_that_is_still_being_typed_has_none(self):
        self.assertFalse(self.env["crm.lead"].new({"name": "x"}).meta_sync_state)

    def test_nothing_of_it_is_stored_on_the_lead(self):
        lead = self.make_known_lead()
        self.flush()
        self.env.cr.execute("SELECT ctid FROM crm_lead WHERE id = %s", [lead.id])
        before = self.env.cr.fetchone()
        self.deliver()
        self.assertEqual(self.state(lead), "accepted")
        self.env.cr.execute("SELECT ctid FROM crm_lead WHERE id = %s", [lead.id])
        self.assertEqual(self.env.cr.fetchone(), before)
        self.assertFalse(lead._fields["meta_sync_state"].store)
