"""One worker among others: its leases, and what people do while Meta answers."""

from concurrent.futures import wait
from unittest.mock import patch

from odoo.addons.meta_crm_capi.models import consent
from odoo.addons.meta_crm_capi.protocol import batch

from .delivery import DELIVER, EVENTS, DeliveryCase


class TestLease(DeliveryCase):
    def test_a_row_under_somebody_elses_lease_is_not_sent(self):
        self.make_known_lead()
        self.hold(self.rows)
        self.deliver()
        self.assertEqual(self.posts(), [])
        self.assertTrue(self.rows.is_sending)

    def test_a_row_whose_worker_died_is_sent_when_its_lease_is_over(self):
        self.make_known_lead()
        self.hold(self.rows, seconds=-1)
        self.deliver()
        self.assertEqual((self.rows.state, self.rows.tries), ("accepted", 2))

    def test_what_a_dead_worker_had_not_sent_yet_is_charged_no_try(self):
        self.make_known_lead()
        self.hold(self.rows, seconds=-1, charge=0)
        self.deliver()
        self.assertEqual((self.rows.state, self.rows.tries), ("accepted", 1))

    def test_what_a_dead_worker_had_built_is_sent_byte_by_byte(self):
        first, other = self.make_events(2)
        frozen = '{"event_name":"frozen"}'
        other.body = "never replaced"
        self.dataset.state = "stopped"
        self.hold(first | other, seconds=-1, lines=f"{frozen}\nanother")
        self.deliver()
        self.assertEqual((first.body, other.body), (frozen, "never replaced"))
        self.assertEqual((first | other).mapped("tries"), [1, 1])

    def test_what_a_dead_worker_had_built_goes_to_no_row_that_was_cancelled(self):
        self.make_known_lead()
        self.hold(self.rows, seconds=-1, lines='{"event_name":"frozen"}')
        self.rows.state = "cancelled"
        self.deliver()
        self.assertFalse(self.rows.body)
        self.assertFalse(self.rows.is_sending)

    def test_the_lease_is_on_record_before_the_request(self):
        self.make_known_lead()
        seen = []
        post = type(self.rows)._post

        def look(*args):
            # Runs in a thread while the worker waits: nobody else uses the cursor.
            self.env.cr.execute(
                "SELECT event_ids, lines, charge, until"
                " - clock_timestamp() AT TIME ZONE 'UTC' FROM meta_capi_lease"
            )
            seen.extend(self.env.cr.fetchall())
            return post(*args)

        self.patch(self.registry["meta.capi.event"], "_post", staticmethod(look))
        self.deliver()
        ((ids, lines, charge, lease),) = seen
        self.assertEqual((ids, charge), (self.rows.ids, 1))
        self.assertEqual(lines, self.received_text())
        self.assertGreater(lease.total_seconds(), 60)

    def received_text(self):
        return self.meta.report()["events"][0]["text"]

    def test_no_transaction_is_open_while_the_worker_waits_for_meta(self):
        self.make_events(2)
        self.meta.script(EVENTS, [{"delay_ms": 1500}])
        cursors, open_transactions = set(), []
        self.before("_find_next", lambda env: cursors.add(env.cr))

        def look_and_wait(*args, **kwargs):
            # A test's cursor holds a savepoint from the first statement to the commit.
            open_transactions.extend(cr._savepoint is not None for cr in cursors)
            return wait(*args, **kwargs)

        with patch(f"{DELIVER}.wait", look_and_wait):
            self.deliver()
        self.assertGreaterEqual(len(open_transactions), 2)
        self.assertFalse(any(open_transactions))

    def take_over(self, rows):
        """What another worker did when it found the lease of ours over."""
        self.env.cr.execute(
            "DELETE FROM meta_capi_lease WHERE event_ids && %s", [rows.ids]
        )
        self.hold(rows)

    def test_a_row_that_another_worker_took_over_keeps_their_lease(self):
        self.make_known_lead()
        self.before("_apply_result", lambda env: self.take_over(self.rows))
        # Before it has its bytes, and with them.
        for body in (False, '{"event_name":"frozen"}'):
            self.rows.body = body
            for name in ("ok", "transient", "too_old"):
                with self.subTest(name=name, body=body):
                    self.dataset.action_resume()
                    self.meta.script_named(name, EVENTS)
                    self.deliver()
                    row = self.rows
                    self.assertTrue(row.is_sending)
                    self.assertEqual((row.state, row.tries), ("queued", 0))
                    self.assertFalse(row.accepted_at)
                    self.env.cr.execute("DELETE FROM meta_capi_lease")
                    self.env.invalidate_all()

    def test_an_event_that_was_cancelled_at_the_last_moment_says_that_meta_has_it(self):
        self.make_known_lead()
        # As by a transaction that began before the claim and ended after the request.
        self.before(
            "_apply_result",
            lambda env: env["meta.capi.event"]
            .search([])
            .write({"state": "cancelled", "reason": "Cancelled by a person."}),
        )
        self.deliver()
        row = self.rows
        self.assertEqual((row.state, row.tries), ("cancelled", 1))
        self.assertEqual(row.reason, f"Cancelled by a person. {consent.TRIED_BEFORE}")

    def test_a_row_that_another_worker_settled_is_not_overwritten(self):
        for name in ("ok", "transient", "throttle_app", "too_old"):
            with self.subTest(name=name):
                self.dataset.action_resume()
                self.make_events(1)
                self.meta.script_named(name, EVENTS)
                self.before(
                    "_apply_result",
                    lambda env: (
                        env["meta.capi.event"]
                        .search([])
                        .write(
                            {
                                "state": "accepted",
                                "trace_id": "theirs",
                            }
                        )
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
            # As by a worker that claimed in the same moment.
            lambda env: self.hold(rows[2]),
        )
        with patch.object(batch, "fit", lambda sizes: fit(sizes, max_events=2)):
            self.deliver()
        self.assertEqual([post["event_count"] for post in self.posts()], [2, 1])
        self.assertEqual(
            rows.mapped("state"), ["accepted", "accepted", "queued", "accepted"]
        )

    def test_a_lease_that_ended_while_it_waited_sends_nothing(self):
        rows = self.make_events(4)
        fit = batch.fit
        self.before("_apply_result", lambda env: self.take_over(rows[2:]))
        with patch.object(batch, "fit", lambda sizes: fit(sizes, max_events=2)):
            self.deliver()
        self.assertEqual([post["event_count"] for post in self.posts()], [2])
        self.assertEqual(rows.mapped("state"), ["accepted"] * 2 + ["queued"] * 2)

    def test_an_event_that_somebody_else_built_meanwhile_is_not_sent_with_our_bytes(
        self,
    ):
        self.make_known_lead()
        row = self.rows
        # As by a worker whose claim ours could not see, and which is done with it.
        self.before("_renew", lambda env: row.with_env(env).write({"body": "theirs"}))
        self.deliver()
        self.assertEqual(self.posts(), [])
        self.assertEqual((row.state, row.body, row.tries), ("queued", "theirs", 0))

    def test_a_lease_is_never_given_twice(self):
        seen = set()

        def look(env):
            env.cr.execute("SELECT id FROM meta_capi_lease")
            seen.update(env.cr.fetchall())

        self.before("_apply_result", look)
        self.make_events(3)
        with patch.object(batch, "MAX_EVENTS", 1):
            self.deliver()
        self.assertEqual(len(seen), 3)
        self.env.cr.execute("SELECT id FROM meta_capi_lease")
        self.assertEqual(self.env.cr.fetchall(), [])


class TestWhileSending(DeliveryCase):
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


class TestAhead(DeliveryCase):
    """While Meta answers, the next batch is made ready."""

    def setUp(self):
        super().setUp()
        self.make_events(4)
        self.dataset.batch_size = 2

    def test_the_next_batch_is_claimed_before_the_first_ones_answer(self):
        held = []
        self.before(
            "_apply_result",
            lambda env: held.append(
                env["meta.capi.event"].search([], order="id").mapped("is_sending")
            ),
        )
        self.deliver()
        self.assertEqual(held[0], [True] * 4)
        self.assertEqual(self.states, ["accepted"] * 4)
        self.assertEqual([post["event_count"] for post in self.posts()], [2, 2])

    def held_at_each_result(self):
        """How many events are held when an answer is there, a number for each."""
        held = []
        self.before(
            "_apply_result",
            lambda env: held.append(
                sum(env["meta.capi.event"].search([]).mapped("is_sending"))
            ),
        )
        self.deliver()
        self.assertEqual(set(self.states), {"accepted"})
        return held

    def test_nothing_is_made_ready_until_an_answer_that_was_lost_is_on_record(self):
        # What killed the worker may have been that.
        self.make_events(2)
        self.hold(self.rows[:2], seconds=-1)
        self.assertEqual(self.held_at_each_result(), [2, 4])

    def test_what_a_dead_worker_had_not_sent_yet_hides_no_answer(self):
        self.hold(self.rows[:2], seconds=-1, charge=0)
        self.assertEqual(self.held_at_each_result(), [4, 2])

    def test_no_other_is_called_until_an_answer_that_was_lost_is_on_record(self):
        self.make_events(1, self.add_dataset("500000000000002"))
        self.hold(self.dataset.event_ids[:2], seconds=-1)
        first, *others = self.held_at_each_result()
        # The two of the dead worker's, and then those of both datasets.
        self.assertEqual((first, max(others)), (2, 3))

    def test_one_request_is_under_way_at_a_time(self):
        under_way, most = [], []
        post = type(self.rows)._post

        def watch(*args):
            under_way.append(1)
            most.append(len(under_way))
            result = post(*args)
            under_way.pop()
            return result

        self.patch(self.registry["meta.capi.event"], "_post", staticmethod(watch))
        self.deliver()
        self.assertEqual(most, [1, 1])

    def test_what_was_made_ready_is_put_back_uncharged_when_meta_says_no(self):
        for name in ("throttle_app", "bad_token", "transient"):
            with self.subTest(name=name):
                self.dataset.action_resume()
                self.make_due()
                self.rows.tries = 0
                self.meta.script_named(name, EVENTS)
                self.deliver()
                self.assertEqual(self.rows[2:].mapped("tries"), [0, 0])
                self.assertEqual(set(self.states), {"queued"})
                self.assertFalse(any(self.rows.mapped("is_sending")))

    def test_a_failing_meta_is_called_once_in_a_run_whatever_waits(self):
        self.meta.script_named("transient", EVENTS)
        with self.wake_ups() as wake_ups:
            self.deliver()
        self.assertEqual(len(self.posts()), 1)
        self.assertFalse(wake_ups.records)
        self.make_due()
        self.deliver()
        self.assertEqual(self.states, ["accepted"] * 4)

    def test_the_next_batch_is_not_made_ready_when_the_run_is_over(self):
        states = []
        self.before(
            "_apply_result",
            lambda env: states.append(
                env["meta.capi.event"].search([], order="id").mapped("state")
            ),
        )
        with patch(f"{DELIVER}.Run.is_over", True):
            self.deliver()
        self.assertEqual(states, [])
        self.assertEqual(set(self.states), {"queued"})

    def test_an_error_while_the_next_one_is_made_ready_loses_no_answer(self):
        claim = type(self.rows)._claim
        calls = []

        def fail_second(rows, *args):
            calls.append(1)
            if len(calls) == 2:
                raise RuntimeError("a fault of ours")
            return claim(rows, *args)

        self.patch(self.registry["meta.capi.event"], "_claim", fail_second)
        self.deliver_with_trouble()
        self.assertEqual(self.rows[:2].mapped("state"), ["accepted"] * 2)
        self.assertEqual(self.rows[2:].mapped("state"), ["queued"] * 2)
