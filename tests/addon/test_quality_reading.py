"""Quality is read daily, never at the cost of sending, and never raises."""

from odoo.exceptions import UserError
from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.models import (
    meta_capi_dataset_quality_read as reading,
)

from .common import DATASET
from .delivery import TOKEN
from .quality import QUALITY, QualityCase, row
from .transactions import before_requests, noting_steps


class TestWhen(QualityCase):
    def test_it_is_read_once_a_day(self):
        self.read_quality()
        self.read_quality()
        self.assertEqual(self.asked, 1)
        self.assertGreater(self.due_in(), 22 * 3600)
        self.assertLess(self.due_in(), 24 * 3600)
        self.let_a_day_pass()
        self.read_quality()
        self.assertEqual(self.asked, 2)
        self.assertEqual(len(self.figures_here), 2)

    def test_of_a_day_the_last_answer_counts(self):
        self.meta.set_quality(DATASET, [row("Lead"), row("Purchase", 6)])
        self.read_quality()
        purchase = self.figures_here[-1]
        self.meta.set_quality(DATASET, [row("Purchase", 7), row("Contact", 3)])
        self.make_quality_due()
        self.read_quality()
        self.assertEqual(
            [(row.event_name, row.match_quality) for row in self.figures_here],
            [(False, None), ("Contact", 3.0), ("Purchase", 7.0)],
        )
        self.assertEqual(self.figures_here[-1], purchase)

    def test_figures_of_other_days_stay(self):
        self.meta.set_quality(DATASET, [row()])
        self.read_quality()
        self.let_a_day_pass()
        self.meta.set_quality(DATASET, [])
        self.read_quality()
        self.assertEqual(len(self.figures_here), 3)
        self.assertEqual(self.whole.verdict, "not_applicable")
        self.assertFalse(self.dataset.latest_quality_ids)

    def test_a_call_limit_settles_nothing_and_no_dataset_of_the_app_is_asked(self):
        other = self.add_dataset("500000000000002")
        self.meta.set_quality(DATASET, [row()])
        self.read_quality()
        self.let_a_day_pass()
        asked = self.asked
        self.meta.script_named("throttle_account", QUALITY, times=None)
        self.read_quality()
        self.assertEqual(self.asked, asked + 1)
        first = self.log_rows[-1].dataset_id
        self.assertEqual(self.log_rows[-1].outcome, "throttle")
        self.assertIn("could not be asked", first.quality_words)
        # What was known stays known.
        self.assertEqual(self.dataset.quality_state, "measured")
        self.assertEqual(other.quality_state, "not_applicable")
        self.assertEqual(len(self.figures_here.filtered("event_name")), 1)
        for dataset in self.dataset + other:
            # Meta's seven minutes.
            self.assertGreater(self.due_in(dataset), 400)
            self.assertLess(self.due_in(dataset), 430)
        self.assert_sending_unharmed()

    def test_meanwhile_the_button_asks_nothing_and_says_until_when(self):
        self.meta.script_named("throttle_account", QUALITY)
        self.read_quality()
        asked = self.asked
        with self.assertRaisesRegex(UserError, "rest until"):
            self.dataset.with_user(self.administrator).action_read_quality()
        self.assertEqual(self.asked, asked)

    def test_a_limit_that_is_nearly_reached_leaves_the_rest_to_leads_and_events(self):
        self.add_dataset("500000000000002")
        usage = {"X-App-Usage": '{"call_count": 85}'}
        self.meta.script(QUALITY, [{"headers": usage}])
        self.read_quality()
        self.assertEqual(self.asked, 1)
        self.make_quality_due()
        self.read_quality()
        self.assertEqual(self.asked, 3)

    def test_what_meta_does_not_answer_is_tried_again_and_fails_in_the_end(self):
        self.meta.script_named("transient", QUALITY, times=None)
        self.read_quality()
        self.assertFalse(self.dataset.quality_state)
        self.assertIn("could not be asked", self.dataset.quality_words)
        self.assertLess(self.due_in(), 120)
        for _try in range(reading.MAX_TRIES - 1):
            self.make_quality_due()
            self.read_quality()
        self.assertEqual(self.dataset.quality_state, "failed")
        self.assertEqual(self.whole.verdict, "failed")
        self.assertGreater(self.due_in(), 22 * 3600)
        self.assertEqual(self.dataset.sudo().quality_tries, 0)
        self.assert_sending_unharmed()

    def test_datasets_that_meta_refuses_or_somebody_stopped_are_left_alone(self):
        for state in ("paused", "stopped"):
            self.dataset.state = state
            self.read_quality()
        self.dataset.write({"state": "active", "active": False})
        self.read_quality()
        self.assertEqual(self.asked, 0)

    def test_one_that_rests_is_asked_once_the_rest_is_over(self):
        self.dataset._rest(600, "Slow down")
        self.read_quality()
        self.assertEqual(self.asked, 0)
        self.make_due()
        self.read_quality()
        self.assertEqual(self.asked, 1)

    def test_without_any_token_nothing_is_asked(self):
        self.connection.sudo().access_token_stored = False
        self.read_quality()
        self.assertFalse(self.dataset.quality_state)
        with self.assertRaisesRegex(UserError, "no access token"):
            self.dataset.with_user(self.administrator).action_read_quality()
        self.assertEqual(self.asked, 0)

    def test_one_that_cannot_even_be_asked_for_failed_until_the_next_day(self):
        self.env["ir.config_parameter"].set_param(
            "meta_crm_capi.graph_url", "http://not-loopback.example.com"
        )
        self.read_quality()
        self.assertEqual(self.dataset.quality_state, "failed")
        self.assertIn("graph_url is unusable", self.dataset.quality_words)
        self.assertGreater(self.due_in(), 22 * 3600)
        self.assertEqual(self.asked, 0)
        self.assert_sending_unharmed()

    def test_what_a_worker_reads_no_other_reads_until_its_time_is_over(self):
        claimed = self.dataset._claim_quality()
        self.assertEqual(claimed, self.dataset)
        self.assertFalse(self.dataset._claim_quality())
        self.assertGreater(self.due_in(), reading.LEASE - 10)
        self.assertLess(self.due_in(), reading.LEASE + 10)

    def test_a_new_token_is_tried_at_once(self):
        self.use_send_only_token()
        self.read_quality()
        self.add_token("a-new-token", DATASET)
        self.dataset.access_token = "a-new-token"
        self.read_quality()
        self.assertEqual(self.dataset.quality_state, "not_applicable")
        self.connection.access_token = TOKEN
        self.read_quality()
        self.assertEqual(self.asked, 3)

    def test_an_answer_to_an_earlier_token_is_none(self):
        original = type(self.dataset)._keep_quality
        self.add_token("a-new-token", DATASET)

        def replaced_meanwhile(dataset, *args):
            if not dataset.has_access_token:
                dataset.access_token = "a-new-token"
            return original(dataset, *args)

        self.meta.script_named("bad_token", QUALITY)
        self.patch(
            self.registry["meta.capi.dataset"], "_keep_quality", replaced_meanwhile
        )
        self.read_quality()
        # The new one was asked with at once.
        self.assertEqual(self.asked, 2)
        self.assertEqual(self.dataset.quality_state, "not_applicable")

    def test_a_dataset_that_went_meanwhile_is_forgotten(self):
        original = type(self.dataset)._keep_quality

        def deleted_meanwhile(dataset, *args):
            dataset.unlink()
            return original(dataset, *args)

        self.patch(
            self.registry["meta.capi.dataset"], "_keep_quality", deleted_meanwhile
        )
        self.read_quality()
        self.assertFalse(self.dataset.exists())
        self.assertEqual(self.asked, 1)

    def test_an_error_of_our_own_is_said_and_stops_no_other_dataset(self):
        other = self.add_dataset("500000000000002")
        original = type(self.dataset)._keep_quality

        def broken(dataset, *args):
            if dataset == self.dataset:
                raise TypeError("a bug of ours with secret words")
            return original(dataset, *args)

        self.patch(self.registry["meta.capi.dataset"], "_keep_quality", broken)
        with mute_logger(reading.__name__):
            self.read_quality()
        self.assertEqual(self.dataset.quality_state, "failed")
        self.assertIn("Odoo itself failed: TypeError", self.dataset.quality_words)
        self.assertNotIn("secret words", self.dataset.quality_words)
        self.assertEqual(other.quality_state, "not_applicable")

    def test_the_scheduled_action_never_raises(self):
        def broken(_dataset):
            raise RuntimeError

        self.patch(self.registry["meta.capi.dataset"], "_claim_quality", broken)
        with mute_logger(reading.__name__):
            self.read_quality()
        self.assertTrue(self.quality_cron.active)

    def test_no_transaction_is_open_while_meta_answers(self):
        self.add_dataset("500000000000002")
        self.meta.script_named("unknown_field", QUALITY)
        with noting_steps() as steps:
            self.read_quality()
        self.assertEqual(before_requests(steps), ["commit", "http", "commit"])
