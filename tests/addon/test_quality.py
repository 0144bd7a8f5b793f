"""Quality as Meta sees it: read daily and on a button, never at the cost of sending."""

from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.models import (
    meta_capi_dataset_quality_read as reading,
)
from odoo.addons.meta_crm_capi.models import meta_capi_quality as kept

from .common import DATASET
from .delivery import TOKEN, DeliveryCase
from .transactions import before_requests, noting_steps

QUALITY = "GET */dataset_quality"
SEND_ONLY = "a-token-of-events-manager"


def row(name="Purchase", score=6.2, coverage=80.0, **more):
    return {
        "event_name": name,
        "event_match_quality": {"composite_score": score},
        "event_coverage": {"percentage": coverage, "goal_percentage": 75},
        **more,
    }


class QualityCase(DeliveryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.quality_cron = cls.env.ref("meta_crm_capi.ir_cron_quality")
        cls.figures = cls.env["meta.capi.quality"]

    def setUp(self):
        super().setUp()
        # The demo of another test class, and what the database had before.
        others = self.env["meta.capi.dataset"].search([]) - self.dataset
        others.active = False

    def read_quality(self):
        """One run of the cron, as the scheduler makes it."""
        self.flush()
        with self.enter_registry_test_mode():
            self.quality_cron.method_direct_trigger()
        self.env.invalidate_all()

    def let_a_day_pass(self):
        """What was read today was read yesterday; the dataset is due again."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE meta_capi_quality SET day = day - 1;
            UPDATE meta_capi_dataset
               SET quality_due_at = NULL, quality_rests_until = NULL
            """
        )
        self.env.invalidate_all()

    def make_quality_due(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE meta_capi_dataset SET quality_due_at = NULL")
        self.env.invalidate_all()

    @property
    def asked(self):
        """How often Meta was asked."""
        return len(self.meta.requests(QUALITY))

    @property
    def figures_here(self):
        return self.figures.search([("dataset_id", "=", self.dataset.id)])

    @property
    def whole(self):
        """Today's row of the dataset as a whole."""
        return self.figures_here.filtered(
            lambda row: not row.event_name and row.day == date.today()
        )

    @property
    def log_rows(self):
        return self.env["meta.sync.log"].search(
            [("kind", "=", "check"), ("asked", "=", "Data quality")], order="id"
        )

    def due_in(self, dataset=None):
        dataset = dataset or self.dataset
        return self.seconds_from_now(dataset.sudo().quality_due_at)

    def use_send_only_token(self):
        self.meta.add_token(SEND_ONLY, "send_only", dataset_ids=[DATASET])
        self.dataset.access_token = SEND_ONLY

    def assert_sending_unharmed(self):
        self.assertEqual(self.dataset.state, "active")
        self.assertFalse(self.dataset.trouble)
        self.assertFalse(self.dataset.activity_ids)


class TestVerdicts(QualityCase):
    def test_figures_of_web_events_are_measured(self):
        self.meta.set_quality(
            DATASET,
            [
                row(data_freshness={"upload_frequency": "hourly"}),
                row("Lead", 5.5, 60, event_match_quality={"composite_score": 5.5}),
            ],
        )
        self.read_quality()
        self.assertEqual(self.dataset.quality_state, "measured")
        self.assertRecordValues(
            self.figures_here.filtered("event_name"),
            [
                {
                    "event_name": "Lead",
                    "match_quality": 5.5,
                    "coverage": 60.0,
                    "freshness": False,
                },
                {
                    "event_name": "Purchase",
                    "match_quality": 6.2,
                    "coverage": 80.0,
                    "freshness": "Hourly",
                },
            ],
        )
        self.assertEqual(self.whole.verdict, "measured")
        self.assertIn("below 6", self.figures_here.filtered("event_name")[0].hints)
        self.assertEqual(self.dataset.quality_headline, "5.5 of 10")
        self.assertEqual(
            self.dataset.latest_quality_ids.mapped("event_name"),
            [
                "Lead",
                "Purchase",
            ],
        )
        self.assertEqual(self.log_rows.outcome, "accepted")
        self.assertEqual(self.log_rows.event_count, 2)

    def test_a_missing_figure_is_none_and_no_average_counts_it(self):
        bare = {"event_name": "Lead", "event_coverage": {"percentage": 0}}
        self.meta.set_quality(DATASET, [row(score=8), bare])
        self.read_quality()
        lead = self.figures_here.filtered(lambda row: row.event_name == "Lead")
        self.assertIs(lead.match_quality, None)
        self.assertEqual(lead.coverage, 0.0)
        self.assertIs(lead.read(["match_quality"])[0]["match_quality"], False)
        self.assertIsNot(lead.read(["coverage"])[0]["coverage"], False)
        ((average,),) = self.figures._read_group(
            [("dataset_id", "=", self.dataset.id)], [], ["match_quality:avg"]
        )
        self.assertEqual(average, 8.0)
        low = self.figures.search([("match_quality", "<", 6)])
        self.assertNotIn(lead, low)

    def test_crm_events_are_not_applicable_and_lead_coverage_stands_in(self):
        told = self.make_known_leads(3)
        self.deliver()
        self.make_known_lead(email_from="not-sent-yet@example.com")
        self.read_quality()
        self.assertEqual(self.dataset.quality_state, "not_applicable")
        self.assertIn("Nothing is missing", self.dataset.quality_words)
        self.assertRecordValues(
            self.whole,
            [
                {
                    "verdict": "not_applicable",
                    "lead_count": len(told) + 1,
                    "covered_count": len(told),
                    "lead_coverage": 75.0,
                }
            ],
        )
        self.assertFalse(self.dataset.latest_quality_ids)
        self.assertEqual(self.dataset.lead_coverage_text, "75 % (3 of 4 leads)")
        self.assertEqual(self.dataset.quality_headline, "Leads: 75 %")

    def test_refused_events_cover_no_lead_and_old_and_test_leads_do_not_count(self):
        leads = self.make_known_leads(2)
        self.event_rows(leads).state = "refused"
        self.make_known_lead(
            submitted_at=self.now - timedelta(days=29), email_from="old@example.com"
        )
        self.make_known_lead(submission={"is_test": True})
        self.read_quality()
        self.assertRecordValues(
            self.whole, [{"lead_count": 2, "covered_count": 0, "lead_coverage": 0.0}]
        )
        self.assertEqual(self.dataset.lead_coverage_text, "0.0 % (0 of 2 leads)")

    def test_without_any_lead_the_coverage_is_unknown_and_not_0(self):
        self.read_quality()
        self.assertIs(self.whole.lead_coverage, None)
        self.assertFalse(self.dataset.lead_coverage_text)
        self.assertEqual(self.dataset.quality_headline, "Not applicable")

    def test_a_send_only_token_is_inconclusive_and_names_the_permission(self):
        self.use_send_only_token()
        self.read_quality()
        self.assertEqual(self.dataset.quality_state, "inconclusive")
        self.assertIn("Missing Permission", self.dataset.quality_words)
        self.assertIn("sending events is not harmed", self.dataset.quality_words)
        self.assertIn("ads_read", self.dataset.quality_cure)
        self.assertEqual(self.whole.verdict, "inconclusive")
        self.assertEqual(self.log_rows.outcome, "pause")
        self.assert_sending_unharmed()
        self.make_known_lead()
        self.deliver()
        self.assertEqual(self.states, ["accepted"])

    def test_a_permission_that_lacks_is_inconclusive(self):
        self.meta.set_scopes(TOKEN, ["ads_read"])
        self.read_quality()
        self.assertEqual(self.dataset.quality_state, "inconclusive")

    def test_a_dead_token_failed_with_metas_words_and_sending_finds_out_itself(self):
        self.meta.revoke_token(TOKEN)
        self.read_quality()
        self.assertEqual(self.dataset.quality_state, "failed")
        self.assertIn("user logged out", self.dataset.quality_words)
        self.assertEqual(self.whole.verdict, "failed")
        self.assertEqual(self.log_rows.code, 190)
        self.assert_sending_unharmed()

    def test_an_odd_answer_failed_in_words(self):
        self.meta.script(QUALITY, [{"status": 200, "body": {"web": "soon"}}])
        self.read_quality()
        self.assertEqual(self.dataset.quality_state, "failed")
        self.assertIn("no quality figures", self.dataset.quality_words)
        self.assert_sending_unharmed()

    def test_a_field_that_meta_does_not_know_costs_only_that_field(self):
        self.meta.set_quality(DATASET, [row()])
        self.meta.script_named("unknown_field", QUALITY)
        self.read_quality()
        self.assertEqual(self.dataset.quality_state, "measured")
        self.assertEqual((self.asked, len(self.log_rows)), (2, 1))

    def test_words_hold_no_secret_and_nothing_personal(self):
        said = {
            "error": {
                "code": 100,
                "message": f"Missing permission for ana@example.com, {TOKEN}",
            }
        }
        self.meta.script(QUALITY, [{"status": 400, "body": said}])
        self.read_quality()
        stored = f"{self.dataset.quality_words} {self.log_rows.message} "
        stored += f"{self.whole.hints}"
        self.assertIn("Missing permission", stored)
        self.assertNotIn("ana@example.com", stored)
        self.assertNotIn(TOKEN, stored)


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
        self.meta.set_quality(DATASET, [row("Purchase", 7), row("Contact", 3)])
        self.make_quality_due()
        self.read_quality()
        self.assertEqual(
            [(row.event_name, row.match_quality) for row in self.figures_here],
            [(False, None), ("Contact", 3.0), ("Purchase", 7.0)],
        )

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


class TestButton(QualityCase):
    def test_it_asks_at_once_and_says_what_came_of_it(self):
        self.meta.set_quality(DATASET, [row()])
        self.read_quality()
        self.meta.set_quality(DATASET, [row(score=9)])
        said = self.dataset.with_user(self.administrator).action_read_quality()
        self.assertEqual(said["params"]["type"], "success")
        self.assertIn("figures were read", said["params"]["message"])
        self.assertEqual(self.figures_here.filtered("event_name").match_quality, 9.0)

    def test_what_is_open_or_failed_is_said_in_its_colour(self):
        dataset = self.dataset.with_user(self.administrator)
        self.assertEqual(dataset.action_read_quality()["params"]["type"], "info")
        self.meta.script_named("bad_token", QUALITY)
        self.assertEqual(dataset.action_read_quality()["params"]["type"], "danger")
        self.use_send_only_token()
        said = dataset.action_read_quality()["params"]
        self.assertEqual(said["type"], "warning")
        self.assertIn("ads_read", said["message"])

    def test_the_days_open_with_the_figure_that_there_is(self):
        opened = self.dataset.action_open_quality()
        self.assertEqual(opened["domain"], [("dataset_id", "=", self.dataset.id)])
        self.assertEqual(opened["context"]["graph_measure"], "lead_coverage")
        self.meta.set_quality(DATASET, [row()])
        self.read_quality()
        opened = self.dataset.action_open_quality()
        self.assertEqual(opened["context"]["graph_measure"], "match_quality")


class TestPurchases(QualityCase):
    def make_purchases(self, number, state="accepted", name="Purchase"):
        rows = self.make_events(number)
        rows.write({"state": state, "event_name": name})
        return rows

    def be_messaging(self):
        self.patch(
            self.registry["meta.capi.dataset"], "_is_messaging", lambda _self: True
        )

    def test_a_dataset_of_crm_events_counts_none(self):
        self.make_purchases(1)
        self.assertFalse(self.dataset.purchase_text)

    def test_accepted_purchases_count_and_refused_or_waiting_ones_do_not(self):
        self.be_messaging()
        self.make_purchases(3)
        self.make_purchases(1, "refused")
        self.make_purchases(1, "queued")
        self.make_purchases(1, name="LeadSubmitted")
        self.assertEqual(
            self.dataset.purchase_text,
            "3 of 10 purchases to unlock purchase optimisation",
        )

    def test_ten_unlock(self):
        self.be_messaging()
        self.make_purchases(10)
        self.assertIn("Unlocked", self.dataset.purchase_text)

    def test_chats_have_no_lead_coverage(self):
        self.be_messaging()
        self.make_known_lead()
        self.read_quality()
        self.assertEqual(self.whole.lead_count, 0)
        self.assertIs(self.whole.lead_coverage, None)
        self.assertFalse(self.dataset.lead_coverage_text)


class TestKeeping(QualityCase):
    def test_figures_go_after_their_days(self):
        self.meta.set_quality(DATASET, [row()])
        self.read_quality()
        today = date.today()
        old, young = self.figures_here
        old.day = today - timedelta(days=kept.KEEP_DAYS + 1)
        young.day = today - timedelta(days=kept.KEEP_DAYS)
        self.assertEqual(self.figures._gc_quality(), (1, 0))
        self.assertFalse(old.exists())
        self.assertTrue(young.exists())

    def test_many_go_in_several_rounds(self):
        self.meta.set_quality(DATASET, [row()])
        self.read_quality()
        self.figures_here.day = date(2020, 1, 1)
        with patch.object(kept, "BATCH", 1):
            self.assertEqual(self.figures._gc_quality(), (1, 1))
            self.assertEqual(self.figures._gc_quality(), (1, 1))
            self.assertEqual(self.figures._gc_quality(), (0, 0))


class TestRights(QualityCase):
    def setUp(self):
        super().setUp()
        self.meta.set_quality(DATASET, [row()])
        self.read_quality()
        self.reader = new_test_user(
            self.env, "quality-reader", groups="meta_crm_capi.group_meta_user"
        )

    def test_a_meta_user_reads_and_changes_nothing(self):
        seen = self.figures_here.with_user(self.reader)
        self.assertEqual(len(seen.search([("dataset_id", "=", self.dataset.id)])), 2)
        with self.assertRaises(AccessError):
            seen[0].match_quality = 10
        with self.assertRaises(AccessError):
            self.dataset.with_user(self.reader).action_read_quality()

    def test_a_rep_sees_nothing(self):
        with self.assertRaises(AccessError):
            self.figures_here.with_user(self.rep).read(["match_quality"])

    def test_companies_never_see_each_other(self):
        stranger = self.make_reader_elsewhere()
        seen = self.figures.with_user(stranger)
        self.assertFalse(seen.search([]))
        with self.assertRaises(AccessError):
            self.figures_here.with_user(stranger).read(["match_quality"])
        self.assertFalse(seen._read_group([], ["dataset_id"], ["__count"]))

    def test_the_company_follows_the_dataset(self):
        self.assertEqual(self.figures_here.company_id, self.dataset.company_id)
