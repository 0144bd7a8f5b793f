"""The outbox rows that a move writes: identity, times, wake-up, our own errors."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2 import errorcodes, errors

from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.protocol import event as capi_event
from odoo.addons.meta_crm_capi.protocol import funnel

from .common import DATASET, MetaCase

FIRST, SECOND = "10000000000000001", "10000000000000002"
WEEK = timedelta(seconds=capi_event.MAX_AGE - capi_event.MARGIN)
SECOND_LONG = timedelta(seconds=1)
LOGGER = "odoo.addons.meta_crm_capi.models.meta_capi_event_enqueue"


class TestIdentity(MetaCase):
    def test_an_event_id_is_made_of_metas_ids_alone(self):
        lead = self.make_lead(FIRST)
        lead.action_set_won()
        for row in self.event_rows(lead):
            self.assertEqual(
                row.event_id, capi_event.event_id(DATASET, FIRST, row.event_name, 0)
            )

    def test_the_same_move_after_a_restored_backup_has_the_same_event_id(self):
        lead = self.make_lead(FIRST)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            lead.write({"stage_id": self.qualified.id})
            before = self.event_rows(lead)[-1].event_id
            1 / 0  # noqa: B018
        lead.write({"stage_id": self.qualified.id})
        self.assertEqual(self.event_rows(lead)[-1].event_id, before)

    def test_every_entry_has_its_own_event_id_and_number(self):
        self.dataset.every_entry = True
        lead = self.make_lead(FIRST)
        for stage in (self.qualified, self.new, self.qualified):
            lead.write({"stage_id": stage.id})
            self.flush()
        rows = self.event_rows(lead).filtered(lambda r: r.event_name == "qualified")
        self.assertEqual(rows.mapped("entry"), [0, 1])
        self.assertEqual(
            rows.mapped("event_id"),
            [capi_event.event_id(DATASET, FIRST, "qualified", n) for n in (0, 1)],
        )

    def test_one_event_lives_once_in_the_database(self):
        row = self.event_rows(self.make_lead(FIRST))
        for state in ("queued", "accepted", "refused", "expired"):
            row.state = state
            with (
                self.subTest(state=state),
                mute_logger("odoo.sql_db"),
                self.assertRaises(errors.UniqueViolation),
                self.env.cr.savepoint(),
            ):
                row.copy({"state": "queued"})

    def test_what_was_not_sent_or_cancelled_makes_room(self):
        row = self.event_rows(self.make_lead(FIRST))
        for state in ("not_sent", "cancelled"):
            row.state = state
            self.flush()
            row.copy({"state": "queued"}).state = state
            self.flush()
        self.assertEqual(len(self.event_rows(row.lead_id)), 3)

    def test_a_cancelled_step_is_reported_when_the_lead_enters_it_again(self):
        lead = self.make_lead(FIRST)
        lead.write({"stage_id": self.qualified.id})
        self.event_rows(lead)[-1].state = "cancelled"
        for stage in (self.new, self.qualified):
            lead.write({"stage_id": stage.id})
            self.flush()
        self.assertEqual(self.events(lead)[-1], ("qualified", "queued"))

    def test_a_refused_or_expired_step_is_not_reported_again(self):
        meta_ids = [FIRST, SECOND]
        for state, reason in (
            ("refused", "Refused before: see the event of this step."),
            ("expired", "Too late before: each step is reported once."),
        ):
            lead = self.make_lead(meta_ids.pop())
            lead.write({"stage_id": self.qualified.id})
            self.event_rows(lead)[-1].state = state
            for stage in (self.new, self.qualified):
                lead.write({"stage_id": stage.id})
                self.flush()
            self.assertEqual(self.reasons(lead)[-1], reason)


class TestTimes(MetaCase):
    def test_a_raw_lead_is_dated_by_meta_and_due_at_once(self):
        lead = self.make_lead(submitted_at=self.now - timedelta(minutes=7))
        row = self.event_rows(lead)
        moment = self.now - timedelta(minutes=7) + SECOND_LONG
        self.assertEqual((row.event_time, row.next_try_at), (moment, moment))
        self.assertEqual(row.tries, 0)

    def test_a_step_is_dated_by_its_move(self):
        lead = self.make_lead()
        moment = self.now + timedelta(minutes=5)
        with self.moment(moment):
            lead.write({"stage_id": self.proposition.id})
        rows = self.event_rows(lead)[1:]
        self.assertEqual(rows.mapped("event_time"), [moment, moment])
        self.assertEqual(rows.mapped("next_try_at"), [moment, moment])

    def test_a_moment_is_cut_to_its_second(self):
        lead = self.make_lead()
        moment = self.now + timedelta(minutes=5)
        with self.moment(moment + timedelta(microseconds=999_999)):
            lead.write({"stage_id": self.qualified.id})
        self.assertEqual(self.event_rows(lead)[-1].event_time, moment)

    def test_a_raw_lead_of_metas_future_waits(self):
        future = self.now + timedelta(minutes=3)
        lead = self.make_lead(submitted_at=future, stage_id=self.qualified.id)
        rows = self.event_rows(lead)
        self.assertEqual(rows.mapped("state"), ["queued", "queued"])
        self.assertEqual(set(rows.mapped("event_time")), {future + SECOND_LONG})
        self.assertEqual(set(rows.mapped("next_try_at")), {future + SECOND_LONG})

    def test_a_raw_lead_just_young_enough_is_queued(self):
        lead = self.make_lead(submitted_at=self.now - WEEK - SECOND_LONG)
        self.assertEqual(self.events(lead), [("initial_lead", "queued")])

    def test_a_raw_lead_too_old_is_not_sent_and_filled_by_the_next_move(self):
        lead = self.make_lead(submitted_at=self.now - WEEK - 2 * SECOND_LONG)
        self.assertEqual(self.events(lead), [("initial_lead", "not_sent")])
        self.assertEqual(
            self.reasons(lead), ["Older than 7 days: Meta no longer takes it."]
        )
        with self.moment(self.now + timedelta(days=1)):
            lead.write({"stage_id": self.qualified.id})
        self.assertEqual(self.queued(lead), ["initial_lead", "qualified"])

    def test_years_between_form_and_move_do_not_make_the_move_old(self):
        lead = self.make_lead(submitted_at=self.now - timedelta(days=900))
        lead.action_set_won()
        rows = self.event_rows(lead).filtered(lambda row: row.state == "queued")
        self.assertEqual(len(rows), 4)
        self.assertEqual(set(rows.mapped("event_time")), {self.now})


class TestWakeUp(MetaCase):
    def triggers(self):
        self.flush()
        cron = self.env.ref("meta_crm_capi.ir_cron_deliver")
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])

    def setUp(self):
        super().setUp()
        self.lead = self.make_lead(FIRST)
        self.before = self.triggers()

    def test_by_default_the_save_wakes_nobody(self):
        self.lead.write({"stage_id": self.won.id})
        self.assertEqual(self.triggers(), self.before)

    def test_at_once_wakes_the_sender_once_for_each_transaction(self):
        self.connection.send_at_once = True
        other = self.make_lead(SECOND)
        self.lead.write({"stage_id": self.won.id})
        with self.env.cr.savepoint():
            other.write({"stage_id": self.qualified.id})
        self.assertEqual(self.triggers(), self.before + 1)
        # A transaction ends.
        self.env.cr.postcommit.clear()
        other.write({"stage_id": self.won.id})
        self.assertEqual(self.triggers(), self.before + 2)

    def test_at_once_wakes_nobody_for_what_is_not_sent(self):
        self.lead.write({"stage_id": self.won.id})
        self.flush()
        self.connection.send_at_once = True
        self.lead.write({"stage_id": self.new.id})
        self.assertEqual(self.reasons(self.lead)[-1], funnel.MOVED_BACK)
        self.assertEqual(self.triggers(), self.before)

    def test_a_wake_up_that_fails_loses_no_event(self):
        self.connection.send_at_once = True
        self.env.ref("meta_crm_capi.ir_cron_deliver").unlink()
        with self.assertLogs(LOGGER, "ERROR"):
            self.lead.write({"stage_id": self.qualified.id})
            self.flush()
        self.assertEqual(self.queued(self.lead), ["initial_lead", "qualified"])


class TestOwnErrors(MetaCase):
    """A bug of ours never costs the salesperson a save, and never passes silently."""

    def setUp(self):
        super().setUp()
        self.lead = self.make_lead(FIRST)
        self.mine = self.lead.with_user(self.rep)

    def broken(self, error):
        return patch.object(funnel, "plan", side_effect=error)

    def test_a_broken_planner_lets_the_save_through_and_says_so(self):
        with self.broken(KeyError("oops")), self.assertLogs(LOGGER, "ERROR"):
            self.mine.write({"stage_id": self.qualified.id})
            self.flush()
        self.env.invalidate_all()
        self.assertEqual(self.lead.stage_id, self.qualified)
        row = self.event_rows(self.lead)[-1]
        self.assertRecordValues(
            row,
            [
                {
                    "state": "not_sent",
                    "reason": "Internal error while queueing: see the server log.",
                    "stage_id": self.qualified.id,
                    "company_id": self.company.id,
                    "event_time": self.now,
                }
            ],
        )
        self.assertEqual(row.submission_id.meta_id, FIRST)

    def test_what_a_broken_planner_missed_is_filled_by_the_next_move(self):
        with self.broken(KeyError("oops")), self.assertLogs(LOGGER, "ERROR"):
            self.mine.write({"stage_id": self.qualified.id})
            self.flush()
        self.mine.write({"stage_id": self.proposition.id})
        self.assertEqual(
            self.queued(self.lead), ["initial_lead", "qualified", "proposition"]
        )

    def test_an_error_of_the_database_lets_the_save_through_and_says_so(self):
        model = self.env.registry["meta.capi.event"]

        def insert(self, rows):
            self.env.cr.execute("SELECT 1 / 0")

        with (
            patch.object(model, "_insert", insert),
            mute_logger("odoo.sql_db"),
            self.assertLogs(LOGGER, "ERROR"),
        ):
            self.mine.write({"stage_id": self.qualified.id})
            self.flush()
        self.env.invalidate_all()
        self.assertEqual(self.lead.stage_id, self.qualified)
        self.assertIn("Internal error", self.reasons(self.lead)[0])

    def test_a_broken_planner_of_an_arrival_lets_the_lead_in(self):
        with self.broken(KeyError("oops")), self.assertLogs(LOGGER, "ERROR"):
            lead = self.make_lead(SECOND)
        self.assertTrue(lead.exists())
        self.assertIn("Internal error", self.reasons(lead)[0])

    def test_a_foreign_lead_has_no_row_even_then(self):
        foreign = self.make_foreign_lead()
        with self.broken(KeyError("oops")):
            foreign.write({"stage_id": self.qualified.id})
            self.flush()
        self.assertEqual(self.events(foreign), [])

    def test_even_when_no_reason_can_be_stored_the_save_goes_through(self):
        with (
            self.broken(KeyError("oops")),
            patch(f"{LOGGER}.INTERNAL_ERROR", "text that no database takes: \x00"),
            self.assertLogs(LOGGER, "ERROR") as logs,
        ):
            self.mine.write({"stage_id": self.qualified.id})
            self.flush()
        self.assertEqual(len(logs.records), 2)
        self.env.invalidate_all()
        self.assertEqual(self.lead.stage_id, self.qualified)

    def test_a_conflict_with_another_transaction_is_raised_again(self):
        for code in (
            errorcodes.SERIALIZATION_FAILURE,
            errorcodes.DEADLOCK_DETECTED,
            errorcodes.LOCK_NOT_AVAILABLE,
        ):

            def insert(self, rows, code=code):
                self.env.cr.execute(
                    f"DO $$ BEGIN RAISE SQLSTATE '{code}'; END $$",
                    log_exceptions=False,
                )

            with (
                self.subTest(code=errorcodes.lookup(code)),
                patch.object(self.env.registry["meta.capi.event"], "_insert", insert),
                self.assertRaises(errors.lookup(code)),
                self.env.cr.savepoint(),
            ):
                self.mine.write({"stage_id": self.qualified.id})
        self.assertEqual(self.lead.stage_id, self.new)
        self.assertEqual(self.reasons(self.lead), [])
