"""One worker among others: leases, results, faults of our own, waking up."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.protocol import batch

from .delivery import DELIVER, EVENTS, TOKEN, DeliveryCase

HOUR = timedelta(hours=1)
BODY = "odoo.addons.meta_crm_capi.models.meta_capi_event_body"


class WorkerCase(DeliveryCase):
    def before(self, name, action):
        """Do something of another transaction's just before a step of the delivery."""
        original = getattr(type(self.rows), name)

        def wrapper(rows, *args):
            action(rows.env)
            rows.env.flush_all()
            return original(rows, *args)

        self.patch(self.registry["meta.capi.event"], name, wrapper)


class TestLease(WorkerCase):
    def test_a_row_under_somebody_elses_lease_is_not_sent(self):
        self.make_known_lead()
        self.rows.write(
            {
                "state": "sending",
                "lease_token": "theirs",
                "next_try_at": self.now + HOUR,
            }
        )
        self.deliver()
        self.assertEqual(self.posts(), [])
        self.assertEqual(self.rows.lease_token, "theirs")

    def test_a_row_whose_worker_died_is_sent_when_its_lease_is_over(self):
        self.make_known_lead()
        self.rows.write(
            {
                "state": "sending",
                "lease_token": "theirs",
                "next_try_at": self.now - HOUR,
                "tries": 1,
            }
        )
        self.deliver()
        self.assertEqual((self.rows.state, self.rows.tries), ("accepted", 2))

    def test_the_lease_is_on_record_before_the_request(self):
        self.make_known_lead()
        seen = []
        post = type(self.rows)._post

        def look(*args):
            # Runs in a thread while the worker waits: nobody else uses the cursor.
            self.env.cr.execute(
                "SELECT state, lease_token, body, tries, next_try_at"
                " - clock_timestamp() AT TIME ZONE 'UTC' FROM meta_capi_event"
            )
            seen.extend(self.env.cr.fetchall())
            return post(*args)

        self.patch(self.registry["meta.capi.event"], "_post", staticmethod(look))
        self.deliver()
        ((state, token, body, tries, lease),) = seen
        self.assertEqual((state, tries), ("sending", 1))
        self.assertTrue(token)
        self.assertEqual(body, self.received_text())
        self.assertGreater(lease.total_seconds(), 60)

    def received_text(self):
        return self.meta.report()["events"][0]["text"]

    def test_a_row_that_another_worker_took_over_keeps_their_lease(self):
        self.make_known_lead()
        self.before(
            "_apply_result",
            lambda env: env["meta.capi.event"]
            .search([])
            .write({"lease_token": "theirs"}),
        )
        self.deliver()
        row = self.rows
        self.assertEqual((row.state, row.lease_token), ("sending", "theirs"))
        self.assertFalse(row.accepted_at)

    def test_a_row_that_another_worker_settled_is_not_overwritten(self):
        for name in ("ok", "transient", "throttle_app", "too_old"):
            with self.subTest(name=name):
                self.dataset.action_resume()
                self.make_events(1)
                self.meta.script_named(name, EVENTS)
                self.before(
                    "_apply_result",
                    lambda env: env["meta.capi.event"]
                    .search([])
                    .write(
                        {
                            "state": "accepted",
                            "lease_token": False,
                            "trace_id": "theirs",
                        }
                    ),
                )
                self.deliver()
                self.assertEqual(set(self.states), {"accepted"})
                self.assertEqual(set(self.rows.mapped("trace_id")), {"theirs"})

    def test_a_row_that_was_taken_over_while_it_waited_is_not_sent_here(self):
        rows = self.make_events(4)
        fit = batch.fit
        self.before(
            "_apply_result",
            lambda env: env["meta.capi.event"]
            .browse(rows[2].id)
            .write({"lease_token": "theirs"}),
        )
        with patch.object(batch, "fit", lambda sizes: fit(sizes, max_events=2)):
            self.deliver()
        self.assertEqual([post["event_count"] for post in self.posts()], [2, 1])
        self.assertEqual(
            rows.mapped("state"), ["accepted", "accepted", "sending", "accepted"]
        )

    def test_each_claim_has_a_token_of_its_own(self):
        tokens = []
        self.before(
            "_apply_result",
            lambda env: tokens.append(
                env["meta.capi.event"].search([("state", "=", "sending")]).lease_token
            ),
        )
        self.make_events(2)
        with patch.object(batch, "MAX_EVENTS", 1):
            self.deliver()
        self.assertEqual(len(set(tokens)), 2)
        self.assertTrue(all(len(token) >= 16 for token in tokens))


class TestWhileSending(WorkerCase):
    """What people do while Meta answers."""

    def test_deleting_the_lead_leaves_its_event_erased(self):
        lead = self.make_known_lead()
        row = self.rows
        self.before("_apply_result", lambda env: lead.with_env(env).unlink())
        self.deliver()
        self.assertEqual(row.state, "cancelled")
        self.assertFalse(row.body)
        self.assertFalse(row.lead_id)
        self.assertEqual(self.logged.outcome, "accepted")

    def test_deleting_one_lead_of_a_batch_is_not_the_others_matter(self):
        leads = self.make_known_leads(3)
        rows = self.rows
        self.before("_apply_result", lambda env: leads[1].with_env(env).unlink())
        self.deliver()
        self.assertEqual(rows.mapped("state"), ["accepted", "cancelled", "accepted"])

    def test_a_deleted_lead_is_not_queued_again_by_a_failure(self):
        lead = self.make_known_lead()
        row = self.rows
        self.meta.script_named("transient", EVENTS)
        self.before("_apply_result", lambda env: lead.with_env(env).unlink())
        self.deliver()
        self.assertEqual(row.state, "cancelled")
        self.assertFalse(row.next_try_at)

    def test_moving_the_lead_on_queues_the_next_step(self):
        lead = self.make_known_lead()
        self.before(
            "_apply_result",
            lambda env: lead.with_env(env).write({"stage_id": self.qualified.id}),
        )
        self.deliver()
        self.deliver()
        self.assertEqual(
            self.events(lead),
            [("initial_lead", "accepted"), ("qualified", "accepted")],
        )

    def test_saving_the_dataset_loses_no_result(self):
        self.make_known_lead()
        self.before(
            "_apply_result",
            lambda env: self.dataset.with_env(env).write({"name": "Renamed"}),
        )
        self.deliver()
        self.assertEqual(self.states, ["accepted"])
        self.assertEqual(self.dataset.name, "Renamed")


class TestFaultsOfOurs(WorkerCase):
    def test_an_event_that_cannot_be_built_does_not_hold_the_others_back(self):
        self.make_known_leads(3)
        bad = self.rows[1]
        build = type(self.rows)._build

        def fail_for_one(rows, keys):
            if rows == bad:
                raise RuntimeError("secret detail")
            return build(rows, keys)

        self.patch(self.registry["meta.capi.event"], "_build", fail_for_one)
        with mute_logger(BODY):
            self.deliver()
        self.assertEqual(self.states, ["accepted", "refused", "accepted"])
        self.assertIn("Internal error", bad.reason)
        self.assertNotIn("secret detail", bad.reason)
        self.assertFalse(bad.lease_token)

    def test_a_lead_whose_data_cannot_be_read_is_only_its_own_matter(self):
        leads = self.make_known_leads(2)
        bad = leads[0]
        prepare = type(bad)._prepare_meta_user_data

        def fail_for_one(lead):
            if lead == bad:
                raise KeyError("phone")
            return prepare(lead)

        self.patch(self.registry["crm.lead"], "_prepare_meta_user_data", fail_for_one)
        with mute_logger(BODY):
            self.deliver()
        self.assertEqual(self.states, ["refused", "accepted"])

    def test_the_cron_never_raises_and_never_counts_as_failed(self):
        def fail(rows):
            raise RuntimeError("a fault of ours")

        self.make_known_lead()
        self.cron.write({"failure_count": 0, "active": True})
        for name in ("_expire", "_find_due_datasets", "_count_due"):
            with (
                self.subTest(name=name),
                patch.object(self.registry["meta.capi.event"], name, fail),
            ):
                self.deliver_with_trouble()
                self.assertEqual(self.cron.failure_count, 0)
                self.assertTrue(self.cron.active)
        self.deliver()
        self.assertEqual(self.states, ["accepted"])

    def test_a_result_that_cannot_be_stored_is_sent_again_after_the_lease(self):
        self.make_known_lead()
        self.before("_apply_result", self.fail_once())
        self.deliver_with_trouble()
        row = self.rows
        self.assertEqual(row.state, "sending")
        body = row.body
        self.deliver()
        self.assertEqual(len(self.posts()), 1)
        self.make_due()
        self.deliver()
        self.assertEqual((row.state, row.tries), ("accepted", 2))
        self.assertEqual(
            {event["text"] for event in self.meta.report()["events"]}, {body}
        )

    def fail_once(self):
        failures = [RuntimeError("a fault of ours")]

        def fail(env):
            if failures:
                raise failures.pop()

        return fail

    def test_a_conflict_while_storing_never_repeats_the_request(self):
        self.make_known_lead()
        # Serialization failure, deadlock, lock not available.
        conflicts = ["40001", "40P01", "55P03"]

        def conflict(env):
            if conflicts:
                env.cr.execute(
                    f"DO $$ BEGIN RAISE SQLSTATE '{conflicts.pop()}'; END $$",
                    log_exceptions=False,
                )

        self.before("_apply_result", conflict)
        self.deliver()
        self.assertEqual(conflicts, [])
        self.assertEqual(len(self.posts()), 1)
        self.assertEqual(self.states, ["accepted"])
        self.assertEqual(len(self.logged), 1)

    def test_dataset_trouble_that_cannot_be_stored_costs_no_result(self):
        self.make_known_lead()

        def fail(dataset, answer):
            raise RuntimeError("a fault of ours")

        with patch.object(self.registry["meta.capi.dataset"], "_heed", fail):
            self.deliver_with_trouble()
        self.assertEqual(self.states, ["accepted"])

    def test_it_is_no_reason_to_call_meta_again_and_again(self):
        self.make_events(4)
        self.meta.revoke_token(TOKEN)
        fit = batch.fit

        def fail(dataset, answer):
            raise RuntimeError("a fault of ours")

        with (
            patch.object(self.registry["meta.capi.dataset"], "_heed", fail),
            patch.object(batch, "fit", lambda sizes: fit(sizes, max_events=1)),
            self.wake_ups() as wake_ups,
        ):
            self.deliver_with_trouble()
        self.assertEqual(len(self.posts()), 1)
        self.assertEqual(set(self.states), {"queued"})
        self.assertFalse(wake_ups.records)

    def test_an_activity_that_cannot_be_made_does_not_keep_a_bad_token_in_use(self):
        self.make_known_lead()
        self.meta.revoke_token(TOKEN)

        def fail(*args, **kwargs):
            raise RuntimeError("somebody else's addon")

        with (
            patch.object(self.registry["mail.activity"], "create", fail),
            mute_logger("odoo.addons.meta_crm_capi.models.meta_capi_dataset"),
        ):
            self.deliver()
        self.assertEqual(self.dataset.state, "paused")
        self.assertIn("token", self.dataset.trouble)


class TestWakingUp(WorkerCase):
    def test_a_run_that_leaves_due_rows_wakes_itself(self):
        self.make_events(3)
        with (
            patch.object(batch, "MAX_EVENTS", 1),
            patch(f"{DELIVER}.RUN", 0),
            self.wake_ups() as wake_ups,
        ):
            self.deliver()
        self.assertIn("queued", self.states)
        self.assertTrue(wake_ups.records)

    def test_what_was_claimed_and_not_sent_is_put_back_uncharged(self):
        self.make_events(3)
        fit = batch.fit
        self.before("_apply_result", lambda env: self.end_the_run())
        with patch.object(batch, "fit", lambda sizes: fit(sizes, max_events=1)):
            self.deliver()
        self.assertEqual(self.states, ["accepted", "queued", "queued"])
        self.assertEqual(self.rows.mapped("tries"), [1, 0, 0])
        self.assertFalse(any(self.rows.mapped("lease_token")))

    def end_the_run(self):
        self.startPatcher(patch(f"{DELIVER}.RUN", -1))

    def test_a_run_that_leaves_nothing_due_does_not(self):
        self.make_events(3)
        with self.wake_ups() as wake_ups:
            self.deliver()
        self.assertFalse(wake_ups.records)

    def test_the_cron_runs_every_minute(self):
        self.assertEqual(
            (self.cron.interval_number, self.cron.interval_type), (1, "minutes")
        )
        self.assertTrue(self.cron.active)
        self.assertEqual(self.cron.user_id, self.env.ref("base.user_root"))


class TestButtons(WorkerCase):
    def setUp(self):
        super().setUp()
        self.make_known_leads(2)

    def test_an_administrator_cancels_queued_events(self):
        row = self.rows[0]
        row.with_user(self.administrator).action_cancel()
        self.assertEqual(row.state, "cancelled")
        self.assertIn(self.administrator.name, row.reason)
        self.deliver()
        self.assertEqual(self.states, ["cancelled", "accepted"])
        self.assertEqual(len(self.received()), 1)

    def test_what_is_being_sent_or_settled_cannot_be_cancelled(self):
        for state in ("sending", "accepted", "refused", "expired"):
            with self.subTest(state=state):
                self.rows[0].state = state
                self.rows[0].with_user(self.administrator).action_cancel()
                self.assertEqual(self.rows[0].state, state)

    def test_a_refused_event_is_queued_again_with_what_was_mended(self):
        lead = self.rows[0].lead_id
        self.meta.script_named("too_old", EVENTS, times=3)
        self.deliver()
        self.assertEqual(self.states, ["refused", "refused"])
        lead.email_from = "mended@example.com"
        self.rows.with_user(self.administrator).action_send_again()
        self.assertEqual(self.states, ["queued", "queued"])
        self.assertEqual(self.rows.mapped("tries"), [0, 0])
        self.deliver()
        self.assertEqual(self.states, ["accepted", "accepted"])

    def test_only_refused_events_are_queued_again(self):
        for state in ("accepted", "cancelled", "expired", "not_sent"):
            with self.subTest(state=state):
                self.rows[0].state = state
                self.rows[0].with_user(self.administrator).action_send_again()
                self.assertEqual(self.rows[0].state, state)

    def test_a_refused_event_of_an_erased_person_is_never_sent(self):
        row = self.rows[0]
        row.state = "refused"
        row.lead_id.unlink()
        row.with_user(self.administrator).action_send_again()
        self.deliver()
        self.assertEqual(row.state, "refused")
        self.assertEqual(len(self.received()), 1)

    def test_nobody_else_may_do_either(self):
        user = new_test_user(
            self.env, "meta-reader", groups="meta_crm_capi.group_meta_user"
        )
        for person in (user, self.rep):
            for action in ("action_cancel", "action_send_again"):
                with self.subTest(person=person.login, action=action):
                    with self.assertRaises(AccessError):
                        getattr(self.rows.with_user(person), action)()

    def test_events_cannot_be_deleted(self):
        with self.assertRaises(UserError):
            self.rows.unlink()
