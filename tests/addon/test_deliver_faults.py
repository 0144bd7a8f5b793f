"""Faults of our own: what they must not cost, and what a run does about the rest."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.protocol import batch

from .delivery import DELIVER, RUN, TOKEN, DeliveryCase

BODY = "odoo.addons.meta_crm_capi.models.meta_capi_event_body"
HEALTH = "odoo.addons.meta_crm_capi.models.meta_capi_dataset_health"


class TestFaultsOfOurs(DeliveryCase):
    def test_an_event_that_cannot_be_built_does_not_hold_the_others_back(self):
        self.make_known_leads(3)
        bad = self.rows[1]
        get_keys = type(self.rows)._get_customer_keys

        def fail_for_one(rows, fact, *args):
            if fact.id == bad.id:
                raise RuntimeError("secret detail")
            return get_keys(rows, fact, *args)

        self.patch(self.registry["meta.capi.event"], "_get_customer_keys", fail_for_one)
        with mute_logger(BODY):
            self.deliver()
        self.assertEqual(self.states, ["accepted", "refused", "accepted"])
        self.assertIn("Internal error", bad.reason)
        self.assertNotIn("secret detail", bad.reason)
        self.assertFalse(bad.is_sending)

    def test_a_lead_whose_data_cannot_be_read_is_only_its_own_matter(self):
        leads = self.make_known_leads(2)
        bad = leads[0]
        prepare = type(bad)._prepare_meta_user_data

        def fail_for_one(leads, dataset):
            if bad in leads:
                raise KeyError("phone")
            return prepare(leads, dataset)

        self.patch(self.registry["crm.lead"], "_prepare_meta_user_data", fail_for_one)
        with mute_logger(BODY):
            self.deliver()
        self.assertEqual(self.states, ["refused", "accepted"])

    def test_the_cron_never_raises_and_never_counts_as_failed(self):
        def fail(rows, *args):
            raise RuntimeError("a fault of ours")

        self.make_known_lead()
        self.cron.write({"failure_count": 0, "active": True})
        for name in ("_heed_deadlines", "_find_due_datasets", "_find_next"):
            with (
                self.subTest(name=name),
                patch.object(self.registry["meta.capi.event"], name, fail),
            ):
                self.deliver_with_trouble()
                self.assertEqual(self.cron.failure_count, 0)
                self.assertTrue(self.cron.active)
        self.deliver()
        self.assertEqual(self.states, ["accepted"])

    def test_an_alarm_that_fails_keeps_no_event_back_and_lets_none_go_too_late(self):
        self.make_events(2)
        late, young = self.rows
        late.event_time = self.now - timedelta(days=7)

        def fail(*args):
            raise RuntimeError("a fault of ours")

        with (
            patch.object(self.registry["meta.capi.dataset"], "_alarm_expired", fail),
            self.assertLogs(DELIVER, "ERROR") as log,
        ):
            self.deliver()
        self.assertEqual((late.state, young.state), ("expired", "accepted"))
        self.assertIn("Nobody could be told", log.output[0])

    def test_a_result_that_cannot_be_stored_is_sent_again_after_the_lease(self):
        self.make_known_lead()
        self.before("_apply_result", self.fail_once())
        self.deliver_with_trouble()
        row = self.rows
        self.assertTrue(row.is_sending)
        body = row._get_bytes()
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
        self.dataset.trouble = "What was wrong before."

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
            mute_logger(HEALTH),
        ):
            self.deliver()
        self.assertEqual(self.dataset.state, "paused")
        self.assertIn("token", self.dataset.trouble)


class TestWakingUp(DeliveryCase):
    def test_a_run_that_leaves_due_rows_wakes_itself(self):
        # "Partially done" alone makes the scheduler come back, without waking it.
        self.make_events(3)
        woken = []
        trigger = type(self.cron)._trigger

        def note_and_trigger(cron, *args, **kwargs):
            woken.append(cron.id)
            return trigger(cron, *args, **kwargs)

        with (
            patch(f"{RUN}.RUN", -1),
            patch.object(self.registry["ir.cron"], "_trigger", note_and_trigger),
        ):
            self.deliver()
        self.assertEqual(set(self.states), {"queued"})
        self.assertEqual(set(woken), {self.cron.id})

    def test_what_was_claimed_and_not_sent_is_put_back_uncharged(self):
        self.make_events(3)
        fit = batch.fit
        self.before("_apply_result", lambda env: self.end_the_run())
        with patch.object(batch, "fit", lambda sizes: fit(sizes, max_events=1)):
            self.deliver()
        self.assertEqual(self.states, ["accepted", "queued", "queued"])
        self.assertEqual(self.rows.mapped("tries"), [1, 0, 0])
        self.assertFalse(any(self.rows.mapped("is_sending")))

    def end_the_run(self):
        self.startPatcher(patch(f"{RUN}.RUN", -1))

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
