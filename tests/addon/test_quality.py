"""Quality as Meta sees it: what came of asking, and what a person sees of it."""

from datetime import timedelta

from .common import DATASET
from .delivery import TOKEN
from .messaging import MessagingCase
from .quality import QUALITY, QualityCase, row


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


class TestChats(QualityCase, MessagingCase):
    def sell(self, number):
        """So many chats that ads opened are won, and Meta hears of it."""
        leads = self.env["crm.lead"]
        for _number in range(number):
            leads += self.make_chat_lead(phone=f"49151{next(self._numbers):08}")
        for stage in (self.qualified, self.won):
            leads.write({"expected_revenue": 100, "stage_id": stage.id})
            self.flush()
        self.deliver()
        return self.event_rows(leads).filtered(
            lambda event: event.event_name == "Purchase"
        )

    def test_a_dataset_of_crm_events_has_no_counter(self):
        self.assertFalse(self.dataset.purchase_text)

    def test_accepted_purchases_count_and_refused_or_waiting_ones_do_not(self):
        accepted = self.sell(5)
        self.assertEqual(set(accepted.mapped("state")), {"accepted"})
        accepted[0].state = "refused"
        accepted[1].state = "queued"
        self.assertEqual(
            self.chats.purchase_text,
            "3 of 10 purchases to unlock purchase optimisation",
        )
        self.assertEqual(self.chats.quality_headline, "3 of 10 purchases")

    def test_purchases_in_instagram_do_not_count(self):
        accepted = self.sell(2)
        accepted[0].submission_id.referral_id.channel = "instagram"
        self.env.flush_all()
        self.assertEqual(self.chats.quality_headline, "1 of 10 purchases")

    def test_ten_unlock(self):
        self.sell(11)
        self.assertEqual(
            self.chats.purchase_text, "Unlocked: Meta has 10 purchases or more."
        )

    def test_chats_are_not_applicable_and_have_no_lead_coverage(self):
        self.sell(1)
        self.read_quality()
        self.assertEqual(self.chats.quality_state, "not_applicable")
        whole = self.chats.quality_ids
        self.assertEqual((whole.lead_count, whole.lead_coverage), (0, None))
        self.assertFalse(self.chats.lead_coverage_text)

    def test_a_chat_is_no_lead_of_the_dataset_of_forms(self):
        self.make_known_lead()
        self.sell(1)
        self.read_quality()
        self.assertEqual(self.whole.lead_count, 1)
