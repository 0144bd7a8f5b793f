"""What is removed after its days, what stays, and that large tables cost nothing."""

from collections import deque
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, ValidationError

from .delivery import EVENTS, DeliveryCase

RETENTION = "odoo.addons.meta_crm_capi.models.meta_retention"
LIMIT = "odoo.addons.meta_crm_capi.models.meta_capi_dataset_counts.COUNT_LIMIT"
DAY = timedelta(days=1)


class RetentionCase(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.retention = self.env["meta.retention"]

    def keep(self, **days):
        """Set the days in the settings, as a person does."""
        values = {f"meta_keep_{kind}_days": number for kind, number in days.items()}
        self.env["res.config.settings"].create(values).execute()

    def set_parameter(self, value):
        for kind in ("log", "not_sent", "body"):
            name = f"meta_crm_capi.keep_{kind}_days"
            self.env["ir.config_parameter"].set_param(name, value)

    def vacuum(self):
        """Odoo's daily clean-up, as its cron runs it."""
        cron = self.env.ref("base.autovacuum_job")
        self.env.flush_all()
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()


class TestRetention(RetentionCase):
    def make_rows(self):
        """One event in each state, each with a body, and their log."""
        states = (
            "queued",
            "accepted",
            "refused",
            "expired",
            "cancelled",
            "not_sent",
        )
        rows = self.make_events(len(states))
        for row, state in zip(rows, states, strict=True):
            row.write({"state": state, "body": "{}"})
        self.env.flush_all()
        return {row.state: row for row in rows}

    def make_log(self):
        return self.env["meta.sync.log"].create(
            {"direction": "out", "kind": "events", "outcome": "accepted"}
        )

    def test_each_thing_goes_after_its_days_and_not_before(self):
        rows, log = self.make_rows(), self.make_log()
        everything = self.rows
        self.age(everything, create_date=29 * DAY)
        self.age(log, create_date=89 * DAY)
        self.vacuum()
        self.assertEqual(len(everything.exists()), 6)
        self.assertTrue(all(row.body for row in everything))
        self.assertTrue(log.exists())

        self.age(everything, create_date=31 * DAY)
        self.age(log, create_date=91 * DAY)
        self.vacuum()
        self.assertFalse(log.exists())
        self.assertEqual(len(everything.exists()), 6)
        kept = {state for state, row in rows.items() if row.body}
        self.assertEqual(kept, {"queued", "not_sent"})

        self.age(everything, create_date=181 * DAY)
        self.vacuum()
        self.assertEqual(everything.exists(), everything - rows["not_sent"])

    def test_what_a_finished_event_says_stays_when_its_body_goes(self):
        self.make_known_lead()
        self.deliver()
        row = self.rows
        before = row.read()[0]
        self.assertTrue(before["body"])
        self.age(row, create_date=31 * DAY)
        self.vacuum()
        after = row.read()[0]
        self.assertFalse(after["body"])
        for name in ("event_id", "event_time", "accepted_at", "trace_id", "state"):
            self.assertEqual(after[name], before[name])

    def test_a_step_whose_body_went_is_not_reported_again(self):
        lead = self.make_known_lead()
        lead.stage_id = self.qualified
        self.deliver()
        self.assertEqual(self.states, ["accepted", "accepted"])
        self.age(self.rows, create_date=400 * DAY)
        self.vacuum()
        lead.stage_id = self.new
        self.flush()
        lead.stage_id = self.qualified
        self.assertEqual(self.queued(lead), [])
        self.deliver()
        self.assertEqual(len(self.received()), 2)

    def test_zero_days_keep_for_ever(self):
        rows, log = self.make_rows(), self.make_log()
        self.keep(log=0, not_sent=0, body=0)
        everything = self.rows
        self.age(everything, create_date=4000 * DAY)
        self.age(log, create_date=4000 * DAY)
        self.vacuum()
        self.assertTrue(log.exists())
        self.assertTrue(rows["not_sent"].exists())
        self.assertTrue(all(row.body for row in everything))

    def test_other_days_are_heeded(self):
        rows, log = self.make_rows(), self.make_log()
        self.keep(log=1, not_sent=2, body=3)
        self.age(log, create_date=2 * DAY)
        self.age(rows["not_sent"], create_date=3 * DAY)
        self.age(rows["accepted"], create_date=4 * DAY)
        self.vacuum()
        self.assertFalse(log.exists())
        self.assertFalse(rows["not_sent"].exists())
        self.assertFalse(rows["accepted"].body)
        self.assertTrue(rows["refused"].body)

    def test_what_is_no_number_of_days_removes_nothing_and_says_so(self):
        for value in ("ninety", "1.5", "-3", "9" * 12):
            with self.subTest(value=value):
                rows, log = self.make_rows(), self.make_log()
                self.set_parameter(value)
                self.age(self.rows, create_date=4000 * DAY)
                self.age(log, create_date=4000 * DAY)
                if value in ("-3", "9" * 12):
                    self.vacuum()
                else:
                    with self.assertLogs(RETENTION, "WARNING") as told:
                        self.vacuum()
                    self.assertIn("meta_crm_capi.keep_body_days", str(told.output))
                self.assertTrue(log.exists() and rows["not_sent"].exists())
                self.assertTrue(rows["accepted"].body)

    def test_many_rows_go_batch_by_batch_in_one_clean_up(self):
        rows = self.make_events(5)
        rows.write({"state": "not_sent"})
        self.age(rows, create_date=200 * DAY)
        log = sum((self.make_log() for _row in range(5)), self.make_log())
        self.age(log, create_date=200 * DAY)
        finished = self.make_events(5)
        finished.write({"state": "accepted", "body": "{}"})
        self.age(finished, create_date=200 * DAY)
        with patch(f"{RETENTION}.BATCH", 2):
            self.assertEqual(self.retention._gc_not_sent(), (2, 1))
            self.assertEqual(self.retention._gc_bodies(), (2, 1))
            self.assertEqual(self.retention._gc_log(), (2, 1))
            self.vacuum()
        self.assertFalse(rows.exists() or log.exists())
        self.assertEqual(finished.exists(), finished)
        self.assertFalse(any(finished.mapped("body")))


class TestSettings(RetentionCase):
    def test_the_settings_show_the_defaults(self):
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(
            (
                settings.meta_keep_log_days,
                settings.meta_keep_not_sent_days,
                settings.meta_keep_body_days,
            ),
            (90, 180, 30),
        )

    def test_what_was_saved_is_shown_again_zero_too(self):
        self.keep(log=7, not_sent=0, body=45)
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.meta_keep_log_days, 7)
        self.assertEqual(settings.meta_keep_not_sent_days, 0)
        self.assertEqual(settings.meta_keep_body_days, 45)

    def test_negative_days_and_more_than_a_century_are_refused(self):
        for days in (-1, 36_501):
            with self.subTest(days=days), self.assertRaises(ValidationError):
                self.keep(body=days)

    def test_who_may_not_change_settings_may_not_change_these(self):
        for person in (self.rep, self.administrator):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.env["res.config.settings"].with_user(person).create(
                    {"meta_keep_body_days": 0}
                )


class TestSendAgain(RetentionCase):
    def setUp(self):
        super().setUp()
        self.lead = self.make_known_lead()
        self.meta.script_named("too_old", EVENTS, times=3)
        self.deliver()
        self.meta.clear_scripts()
        self.assertEqual(self.states, ["refused"])

    def send_again(self):
        return self.rows.with_user(self.administrator).action_send_again()

    def test_a_refused_event_whose_body_went_is_built_anew(self):
        self.keep(body=1)
        self.age(self.rows, create_date=2 * DAY)
        self.vacuum()
        self.assertFalse(self.rows.body)
        self.send_again()
        self.deliver()
        self.assertEqual(self.states, ["accepted"])
        self.assertTrue(self.rows.body)

    def test_one_that_meta_would_find_too_old_stays_as_it_is_and_says_so(self):
        self.age(self.rows, event_time=7 * DAY)
        words = self.rows.reason
        answer = self.send_again()
        self.assertEqual(answer["tag"], "meta_crm_capi.notice")
        self.assertIn("7 days", answer["params"]["message"])
        self.deliver()
        self.assertEqual(self.states, ["refused"])
        self.assertEqual(self.rows.reason, words)

    def test_the_others_of_a_selection_are_sent_all_the_same(self):
        self.make_known_lead()
        self.rows.write({"state": "refused"})
        self.age(self.rows[0], event_time=8 * DAY)
        self.send_again()
        self.assertEqual(sorted(self.states), ["queued", "refused"])


class TestCounts(RetentionCase):
    def test_the_dataset_counts_what_waits_was_accepted_and_was_refused(self):
        rows = self.make_events(6)
        self.hold(rows[0])
        rows[1:4].write({"state": "accepted"})
        rows[4].state = "refused"
        self.assertRecordValues(
            self.dataset,
            [
                {
                    "queued_count": 2,
                    "accepted_count": 3,
                    "accepted_text": "3",
                    "refused_count": 1,
                }
            ],
        )

    def test_the_events_of_another_dataset_do_not_count(self):
        other = self.add_dataset("500000000000002")
        self.make_events(2, other)
        self.assertEqual((self.dataset.queued_count, other.queued_count), (0, 2))

    def test_counting_ends_at_its_limit_and_says_that_there_are_more(self):
        rows = self.make_events(4)
        rows.write({"state": "accepted"})
        with patch(LIMIT, 3):
            self.dataset.invalidate_recordset()
            self.assertEqual(self.dataset.accepted_count, 3)
            self.assertEqual(self.dataset.accepted_text, "3+")

    def test_a_dataset_that_is_not_saved_yet_has_none(self):
        new = self.env["meta.capi.dataset"].new({"name": "New"})
        self.assertEqual((new.queued_count, new.accepted_text), (0, "0"))


class TestLargeTables(RetentionCase):
    """Ten thousand settled rows, and what waits or is due to go is found by index."""

    def setUp(self):
        super().setUp()
        row = self.make_events(1)
        self.env.cr.execute(
            """
            INSERT INTO meta_capi_event
                   (dataset_id, submission_id, company_id, step, entry, event_name,
                    event_time, state, body, tries, create_date)
            SELECT dataset_id, submission_id, company_id, step, number, event_name,
                   event_time - interval '1 day', 'accepted',
                   CASE WHEN number %% 10 = 0 THEN '{}' END, 1, create_date
              FROM meta_capi_event, generate_series(1, 10000) AS number
             WHERE id = %s
            """,
            [row.id],
        )
        self.env.cr.execute("ANALYZE meta_capi_event")

    def plan(self, *statements):
        """The plans of what runs inside, as PostgreSQL tells them."""
        plans = []
        for statement in statements:
            self.env.cr.execute("EXPLAIN " + statement)
            plans.append("\n".join(line for (line,) in self.env.cr.fetchall()))
        return plans

    def statements_of(self, operation):
        """The statements about events that an operation makes, with their values."""
        made = []
        cursor = type(self.env.cr)
        original = cursor.execute

        def execute(cr, query, params=None, log_exceptions=True):
            result = original(cr, query, params, log_exceptions)
            text = cr._obj.query.decode()
            if "meta_capi_event" in text and not text.startswith("SAVEPOINT"):
                made.append(text)
            return result

        with patch.object(cursor, "execute", execute):
            operation()
        return made

    def assertByIndex(self, operation, index):
        plans = self.plan(*self.statements_of(operation))
        self.assertTrue(any(index in plan for plan in plans), plans)
        for plan in plans:
            self.assertNotIn("Seq Scan on meta_capi_event", plan)

    def test_what_is_due_is_found_by_the_index_of_what_waits(self):
        events = self.env["meta.capi.event"]
        for operation in (
            events._find_due_datasets,
            lambda: events._expire(self.dataset),
            lambda: events._find_expiring(self.dataset),
            lambda: events._claim(self.dataset.id, deque()),
        ):
            self.assertByIndex(operation, "meta_capi_event_waiting")

    def test_a_queue_that_is_the_whole_outbox_is_not_sorted_for_a_claim(self):
        self.env.cr.execute(
            """
            DELETE FROM meta_capi_event WHERE state = 'accepted';
            INSERT INTO meta_capi_event
                   (dataset_id, submission_id, company_id, step, entry, event_name,
                    event_time, state, body, tries, create_date, next_try_at)
            SELECT dataset_id, submission_id, company_id, step, number, event_name,
                   event_time - random() * interval '1 day', 'queued',
                   repeat('x', 900), 1, create_date, create_date
              FROM meta_capi_event, generate_series(1, 2500) AS number;
            ANALYZE meta_capi_event
            """
        )
        events = self.env["meta.capi.event"]
        events._plan_by_index()
        plans = self.plan(
            *self.statements_of(lambda: events._claim(self.dataset.id, deque()))
        )
        for plan in plans:
            self.assertNotIn("Sort", plan)
            self.assertNotIn("Seq Scan on meta_capi_event", plan)

    def test_what_is_removed_is_found_by_the_indexes_of_what_is_settled(self):
        for operation, index in (
            (self.retention._gc_bodies, "meta_capi_event_finished_bodies"),
            (self.retention._gc_not_sent, "meta_capi_event_set_aside"),
        ):
            self.assertByIndex(operation, index)
            # Not merely in its order: only as far as the days reach.
            (plan, *_rest) = self.plan(*self.statements_of(operation))
            self.assertRegex(plan, r"Index Cond: .*create_date <")

    def test_the_counts_of_a_dataset_follow_indexes(self):
        for index in ("waiting", "once", "set_aside"):
            self.dataset.invalidate_recordset()
            with patch(LIMIT, 100):
                self.assertByIndex(
                    lambda: self.dataset.queued_count, f"meta_capi_event_{index}"
                )
