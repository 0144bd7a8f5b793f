"""What one transaction does to a lead is one move, however it is made."""

from unittest.mock import patch

from psycopg2 import errors

from odoo.tests import Form, TransactionCase
from odoo.tools import mute_logger

from .common import MetaCase

FIRST = "10000000000000001"


class TransactionsCase(MetaCase):
    def setUp(self):
        super().setUp()
        self.lead = self.make_lead(FIRST)
        self.mine = self.lead.with_user(self.rep)

    def news(self):
        return self.queued(self.lead)[1:]

    def count_passes(self):
        """Let the hand-over run, and count it."""
        model = self.env.registry["meta.capi.event"]
        return patch.object(
            model, "_enqueue_moves", autospec=True, side_effect=model._enqueue_moves
        )

    def queries_of(self, change):
        """The statements that a change and the end of its transaction make."""
        self.flush()
        statements = []
        for _ in self._patchExecute(statements):
            change()
            self.flush()
        return statements

    def queries_about_meta(self, change):
        return [text for text in self.queries_of(change) if "meta_" in text]


class TestOneTransaction(TransactionsCase):
    def test_moved_and_moved_back_is_no_move(self):
        self.mine.write({"stage_id": self.qualified.id})
        self.mine.write({"stage_id": self.new.id})
        self.assertEqual(len(self.events(self.lead)), 1)

    def test_a_way_through_several_stages_is_one_move(self):
        for stage in (self.qualified, self.new, self.proposition):
            self.mine.write({"stage_id": stage.id})
        self.assertEqual(self.news(), ["qualified", "proposition"])
        self.assertEqual(self.reasons(self.lead), [])

    def test_converted_back_and_forth_is_no_move(self):
        self.mine.write({"type": "lead"})
        self.mine.write({"type": "opportunity"})
        self.assertEqual(len(self.events(self.lead)), 1)

    def test_many_writes_on_many_leads_are_handed_over_once(self):
        leads = self.lead + self.make_lead("10000000000000002")
        with self.count_passes() as passes:
            for lead in leads:
                lead.write({"stage_id": self.qualified.id})
                lead.write({"probability": 33})
                lead.write({"stage_id": self.proposition.id})
            self.flush()
        self.assertEqual(passes.call_count, 1)
        for lead in leads:
            self.assertEqual(self.queued(lead)[1:], ["qualified", "proposition"])

    def test_an_arrival_and_its_moves_in_one_transaction_are_one_report(self):
        lead = self.make_lead("10000000000000002", flush=False)
        lead.write({"stage_id": self.qualified.id})
        self.assertEqual(self.queued(lead), ["initial_lead", "qualified"])
        raw_lead, step = self.event_rows(lead)
        self.assertLess(raw_lead.event_time, self.now)
        self.assertEqual(step.event_time, self.now)

    def test_what_a_form_shows_before_it_is_saved_is_no_move(self):
        with Form(self.mine) as form:
            form.probability = 55
            form.expected_revenue = 10
        self.assertEqual(len(self.events(self.lead)), 1)

    def test_a_move_without_tracking_is_a_move(self):
        self.lead.with_context(
            tracking_disable=True, mail_notrack=True, active_test=False
        ).write({"stage_id": self.qualified.id})
        self.assertEqual(self.news(), ["qualified"])

    def test_a_move_by_the_superuser_is_a_move(self):
        self.lead.sudo().write({"stage_id": self.qualified.id})
        self.assertEqual(self.news(), ["qualified"])

    def test_nothing_is_written_before_the_transaction_ends(self):
        self.mine.write({"stage_id": self.qualified.id})
        self.assertEqual(
            self.env["meta.capi.event"].search_count([("lead_id", "=", self.lead.id)]),
            1,
        )
        self.assertEqual(self.news(), ["qualified"])


class TestSavepoints(TransactionsCase):
    def test_a_move_inside_a_savepoint_is_reported(self):
        with self.env.cr.savepoint():
            self.mine.write({"stage_id": self.qualified.id})
        self.assertEqual(self.news(), ["qualified"])

    def test_a_move_that_was_rolled_back_is_none(self):
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.mine.write({"stage_id": self.qualified.id})
            1 / 0  # noqa: B018
        self.assertEqual(self.lead.stage_id, self.new)
        self.assertEqual(len(self.events(self.lead)), 1)

    def test_a_move_before_a_savepoint_that_fails_is_reported(self):
        self.mine.write({"stage_id": self.qualified.id})
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.mine.write({"stage_id": self.won.id})
            1 / 0  # noqa: B018
        self.assertEqual(self.lead.stage_id, self.qualified)
        self.assertEqual(self.news(), ["qualified"])

    def test_moves_before_inside_and_after_a_savepoint_are_each_reported_once(self):
        self.mine.write({"stage_id": self.qualified.id})
        with self.env.cr.savepoint():
            self.mine.write({"stage_id": self.proposition.id})
        self.mine.write({"stage_id": self.won.id})
        self.assertEqual(self.news(), ["qualified", "proposition", "won"])

    def test_a_move_after_a_savepoint_that_failed_is_reported(self):
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.mine.write({"stage_id": self.won.id})
            1 / 0  # noqa: B018
        self.mine.write({"stage_id": self.qualified.id})
        self.assertEqual(self.news(), ["qualified"])

    def test_an_arrival_inside_a_savepoint_is_reported(self):
        with self.env.cr.savepoint():
            lead = self.make_lead("10000000000000002", flush=False)
        self.assertEqual(self.queued(lead), ["initial_lead"])


class TestPrecommit(TransactionsCase):
    def test_a_move_made_by_a_later_callback_is_reported(self):
        precommit = self.env.cr.precommit
        self.mine.write({"stage_id": self.qualified.id})
        precommit.add(lambda: self.mine.write({"stage_id": self.proposition.id}))
        self.assertEqual(self.news(), ["qualified", "proposition"])

    def test_a_move_made_by_an_earlier_callback_is_reported(self):
        precommit = self.env.cr.precommit
        precommit.add(lambda: self.mine.write({"stage_id": self.qualified.id}))
        self.lead.write({"probability": 33})
        self.assertEqual(self.news(), ["qualified"])

    def test_a_move_made_by_the_only_callback_is_reported(self):
        self.env.cr.precommit.add(lambda: self.mine.action_set_lost())
        self.assertEqual(self.news(), ["lost"])

    def test_moves_of_one_transaction_after_another_flush_are_reported(self):
        self.mine.write({"stage_id": self.qualified.id})
        self.flush()
        self.mine.write({"stage_id": self.proposition.id})
        self.flush()
        self.assertEqual(self.news(), ["qualified", "proposition"])

    def test_an_arrival_in_a_callback_is_reported(self):
        made = []
        self.env.cr.precommit.add(
            lambda: made.append(self.make_lead("10000000000000002", flush=False))
        )
        self.flush()
        self.assertEqual(self.queued(made[0]), ["initial_lead"])

    def test_an_invalid_change_of_an_earlier_callback_is_not_swallowed(self):
        """Our hook flushes it, and must not take its error for one of our own."""
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(errors.ForeignKeyViolation),
            self.env.cr.savepoint(),
        ):
            self.env.cr.precommit.add(
                lambda: self.lead.write(
                    {"campaign_id": 2**31 - 1, "expected_revenue": 5}
                )
            )
            self.mine.write({"stage_id": self.qualified.id})


class TestCost(TransactionsCase):
    def test_an_unwatched_write_asks_nothing(self):
        self.assertEqual(
            self.queries_about_meta(lambda: self.lead.write({"color": 5})), []
        )
        with self.count_passes() as passes:
            self.lead.write({"expected_revenue": 5, "contact_name": "Ann"})
            self.flush()
        self.assertEqual(passes.call_count, 0)

    def test_a_foreign_move_asks_once_whose_it_is(self):
        leads = self.make_foreign_lead() + self.make_foreign_lead()
        asked = self.queries_about_meta(
            lambda: leads.write({"stage_id": self.qualified.id})
        )
        self.assertEqual(len(asked), 1, asked)
        self.assertIn("SELECT", asked[0])

    def test_any_number_of_moves_cost_two_selects_and_one_insert(self):
        leads = self.lead
        for number in range(2, 8):
            leads += self.make_lead(f"1000000000000000{number}")
        self.make_lead("10000000000000009").write({"stage_id": self.qualified.id})
        asked = self.queries_about_meta(lambda: leads.write({"stage_id": self.won.id}))
        self.assertEqual(
            [text.split()[0] for text in asked], ["SELECT", "SELECT", "INSERT"]
        )
        for lead in leads:
            self.assertEqual(len(self.queued(lead)), 4)


class TestNothingInUse(TransactionCase):
    """A company that has the addon and no Meta."""

    def setUp(self):
        super().setUp()
        self.first, *_others, self.last = self.env["crm.stage"].search([])
        self.lead = self.env["crm.lead"].create(
            {"name": "Walked in", "type": "opportunity", "stage_id": self.first.id}
        )
        self.env.cr.flush()

    def queries_about_meta(self, stage):
        statements = []
        for _ in self._patchExecute(statements):
            self.lead.write({"stage_id": stage.id})
            self.env.cr.flush()
        return [text for text in statements if "meta_" in text]

    def test_after_the_first_move_nothing_is_looked_up_any_more(self):
        self.queries_about_meta(self.last)
        self.assertEqual(self.queries_about_meta(self.first), [])

    def test_the_first_dataset_is_noticed(self):
        self.queries_about_meta(self.last)
        connection = self.env["meta.connection"].create({"name": "Meta"})
        self.env["meta.capi.dataset"].create(
            {
                "name": "CRM dataset",
                "meta_id": "500000000000001",
                "connection_id": connection.id,
            }
        )
        asked = self.queries_about_meta(self.first)
        self.assertIn("FROM meta_lead_submission", asked[-1])

    def test_the_first_submission_is_noticed_without_any_dataset(self):
        self.queries_about_meta(self.last)
        self.lead.meta_lead_id = "10000000000000001"
        self.env.cr.flush()
        self.queries_about_meta(self.first)
        self.assertIn("No dataset", self.lead.meta_event_ids.reason)
