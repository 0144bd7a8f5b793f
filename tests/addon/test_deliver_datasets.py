"""Several datasets side by side, and datasets that must not be called."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError

from .common import DATASET
from .delivery import EVENTS, RUN, TOKEN, DeliveryCase

OTHER = "500000000000002"
HOUR = timedelta(hours=1)


def posts_of(dataset_meta_id):
    """The pattern for requests of events to one dataset."""
    return f"POST /{dataset_meta_id}/events"


class TestSeveralDatasets(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.other = self.add_dataset(OTHER)
        self.mine = self.make_events(2)
        self.theirs = self.make_events(2, self.other)

    def states_of(self, rows):
        return set(rows.mapped("state"))

    def test_each_dataset_gets_its_own_events_in_a_request_of_its_own(self):
        self.deliver()
        self.assertEqual(self.states_of(self.mine + self.theirs), {"accepted"})
        self.assertEqual(len(self.posts()), 2)
        for event in self.meta.report()["events"]:
            row = self.rows.filtered(lambda row, e=event: row.event_id == e["event_id"])
            self.assertEqual(event["dataset_id"], row.dataset_id.meta_id)

    def hang_until_accepted(self, number):
        """Let our dataset hang until the other one has so many accepted events."""
        self.meta.script_named("hang", posts_of(DATASET))
        settle = type(self.rows)._settle

        def settle_and_look(rows, run, dataset_id, *args):
            settle(rows, run, dataset_id, *args)
            if rows.search_count([("state", "=", "accepted")]) == number:
                self.meta.clear_scripts()

        self.patch(self.registry["meta.capi.event"], "_settle", settle_and_look)

    def assert_ours_was_the_last_to_be_settled(self):
        self.assertEqual(self.logged[-1].dataset_id, self.dataset)
        self.assertEqual(self.logged[-1].outcome, "retry")
        self.assertEqual(self.states_of(self.mine), {"queued"})

    def test_one_that_hangs_does_not_delay_the_other(self):
        self.hang_until_accepted(2)
        self.deliver()
        self.assertEqual(self.states_of(self.theirs), {"accepted"})
        self.assert_ours_was_the_last_to_be_settled()

    def test_as_many_as_there_are_places_hang_and_do_not_delay_the_next(self):
        self.hang_until_accepted(2)
        with patch(f"{RUN}.PARALLEL_DATASETS", 1):
            self.deliver()
        self.assertEqual(self.states_of(self.theirs), {"accepted"})
        self.assert_ours_was_the_last_to_be_settled()

    def test_what_queues_for_the_other_while_one_hangs_goes_out_meanwhile(self):
        self.hang_until_accepted(3)
        find_next = type(self.rows)._find_next
        late = []

        def find_next_and_move(rows, run, sent):
            if run.slow and not late:
                # Somebody moves a lead while the first dataset hangs.
                late.append(self.theirs[0].copy(self.late_values()).id)
                rows.env.flush_all()
            return find_next(rows, run, sent)

        self.patch(self.registry["meta.capi.event"], "_find_next", find_next_and_move)
        self.deliver()
        self.assertEqual(self.env["meta.capi.event"].browse(late).state, "accepted")
        self.assert_ours_was_the_last_to_be_settled()

    def late_values(self):
        return {
            "event_name": "qualified",
            "event_id": "late",
            "state": "queued",
            "tries": 0,
            "body": False,
            "next_try_at": self.now - HOUR,
        }

    def test_trouble_of_one_is_not_the_others(self):
        for name, state in (
            ("bad_token", "paused"),
            ("throttle_app", "resting"),
            ("transient", "active"),
        ):
            with self.subTest(name=name):
                self.dataset.action_resume()
                theirs = self.make_events(1, self.other)
                self.make_due()
                self.meta.script_named(name, posts_of(DATASET))
                self.deliver()
                self.assertEqual(self.dataset.state, state)
                self.assertEqual(self.other.state, "active")
                self.assertEqual(theirs.state, "accepted")
                self.assertEqual(self.states_of(self.mine), {"queued"})

    def test_a_fault_of_ours_in_one_is_not_the_others(self):
        prepare = type(self.rows)._prepare_request

        def fail_for_ours(rows, lease, *args):
            if lease.dataset_id == self.dataset.id:
                raise RuntimeError("a fault of ours")
            return prepare(rows, lease, *args)

        self.patch(self.registry["meta.capi.event"], "_prepare_request", fail_for_ours)
        with self.wake_ups() as wake_ups:
            self.deliver_with_trouble()
        self.assertEqual(self.states_of(self.theirs), {"accepted"})
        self.assertEqual(self.states_of(self.mine), {"queued"})
        self.assertFalse(wake_ups.records)

    def test_a_fault_that_cannot_even_be_told_is_not_the_others_loss(self):
        def fail(*args):
            raise RuntimeError("a fault of ours")

        self.patch(self.registry["meta.capi.dataset"], "_fail", fail)
        self.test_a_result_that_cannot_be_stored_is_not_the_others_loss()

    def test_a_result_that_cannot_be_stored_is_not_the_others_loss(self):
        apply_result = type(self.rows)._apply_result

        def fail_for_ours(rows, lease, *args):
            if lease.dataset_id == self.dataset.id:
                raise RuntimeError("a fault of ours")
            return apply_result(rows, lease, *args)

        self.patch(self.registry["meta.capi.event"], "_apply_result", fail_for_ours)
        self.meta.script(posts_of(OTHER), [{"delay_ms": 1500}])
        self.deliver_with_trouble()
        self.assertEqual(self.states_of(self.theirs), {"accepted"})
        self.assertEqual(self.states_of(self.mine), {"queued"})
        self.assertTrue(all(self.mine.mapped("is_sending")))

    def test_one_that_cannot_be_called_takes_no_turn_from_the_other(self):
        for name in ("nothing was lost", "its answer was lost"):
            with self.subTest(name), patch(f"{RUN}.PARALLEL_DATASETS", 1):
                mine, theirs = self.make_events(1), self.make_events(1, self.other)
                if name == "its answer was lost":
                    self.hold(mine, seconds=-1)
                with self.nothing_to_call_ours_with():
                    self.deliver()
                self.assertEqual(theirs.state, "accepted")
                self.assertEqual((mine.state, self.dataset.state), ("queued", "paused"))
                self.dataset.action_resume()

    def nothing_to_call_ours_with(self):
        get_client = type(self.dataset)._get_client

        def refuse(dataset, *args):
            if dataset == self.dataset:
                raise UserError("no token, for the test")
            return get_client(dataset, *args)

        return patch.object(self.registry["meta.capi.dataset"], "_get_client", refuse)

    def test_no_more_requests_are_under_way_than_allowed_however_slow(self):
        for limits in (
            {"PARALLEL_DATASETS": 2, "PATIENCE": 600},
            {"MOST_REQUESTS": 2, "PATIENCE": 0},
        ):
            with self.subTest(**limits), patch.multiple(RUN, **limits):
                self.assertEqual(self.count_most_under_way(), 2)

    def count_most_under_way(self):
        """Deliver to five datasets; how many requests there were at once."""
        most = []
        start = type(self.rows)._start

        def watch(rows, run, *args):
            start(rows, run, *args)
            most.append(len(run.in_flight))

        for number in range(3, 6):
            meta_id = f"50000000000000{number}"
            known = self.env["meta.capi.dataset"].search([("meta_id", "=", meta_id)])
            self.make_events(1, known or self.add_dataset(meta_id))
        datasets = self.env["meta.capi.dataset"].search([])
        self.add_token(TOKEN, *datasets.mapped("meta_id"))
        self.meta.set_latency(20)
        with patch.object(self.registry["meta.capi.event"], "_start", watch):
            self.deliver()
        self.assertEqual(set(self.states), {"accepted"})
        return max(most)

    def test_one_with_a_long_queue_leaves_room_for_the_others(self):
        from odoo.addons.meta_crm_capi.protocol import batch

        self.make_events(4)
        with (
            patch(f"{RUN}.PARALLEL_DATASETS", 1),
            patch.object(batch, "MAX_EVENTS", 1),
        ):
            self.deliver()
        order = [post["path"].split("/")[2] for post in self.posts()]
        self.assertEqual(order[:4], [DATASET, OTHER, DATASET, OTHER])
        self.assertEqual(set(self.states), {"accepted"})


class TestNotToBeCalled(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.make_known_lead()

    def assert_not_called(self):
        with self.wake_ups() as wake_ups:
            self.deliver()
        self.assertEqual(self.meta.requests(), [])
        self.assertEqual((self.rows.state, self.rows.tries), ("queued", 0))
        self.assertFalse(wake_ups.records)

    def test_a_stopped_dataset(self):
        self.dataset.action_stop()
        self.assert_not_called()

    def test_a_paused_dataset(self):
        self.dataset._pause("for the test")
        self.assert_not_called()

    def test_a_resting_dataset(self):
        self.dataset._rest(300, "for the test")
        self.assert_not_called()

    def test_an_archived_dataset(self):
        self.dataset.active = False
        self.assert_not_called()

    def test_a_dataset_that_rests_without_an_end_is_not_forgotten(self):
        self.dataset.state = "resting"
        self.deliver()
        self.assertEqual(self.states, ["accepted"])
        self.assertEqual(self.dataset.state, "active")

    def test_a_stopped_dataset_goes_on_where_it_was_stopped(self):
        self.dataset.action_stop()
        self.assert_not_called()
        self.dataset.with_user(self.administrator).action_resume()
        self.deliver()
        self.assertEqual(self.states, ["accepted"])

    def test_no_answer_wakes_a_dataset_that_was_stopped_meanwhile(self):
        for name in ("ok", "bad_token", "throttle_app"):
            with self.subTest(name=name):
                self.dataset.state = "active"
                self.make_events(1)
                self.meta.script_named(name, EVENTS)
                apply_result = type(self.rows)._apply_result

                def stop(rows, *args, then=apply_result):
                    rows.env["meta.capi.dataset"].search([]).action_stop()
                    return then(rows, *args)

                with patch.object(
                    self.registry["meta.capi.event"], "_apply_result", stop
                ):
                    self.deliver()
                self.assertEqual(self.dataset.state, "stopped")
                self.assertFalse(self.dataset.activity_ids)

    def test_the_results_of_a_request_are_stored_though_it_was_stopped_meanwhile(self):
        apply_result = type(self.rows)._apply_result

        def stop(rows, *args):
            rows.env["meta.capi.dataset"].search([]).action_stop()
            return apply_result(rows, *args)

        with patch.object(self.registry["meta.capi.event"], "_apply_result", stop):
            self.deliver()
        self.assertEqual(self.states, ["accepted"])
