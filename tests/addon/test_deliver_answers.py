"""Every answer of Meta's that makes a batch wait, and where everything stands then."""

from .delivery import EVENTS, MINUTE, TOKEN, AnswerCase

POLICY = 6 * 60 * MINUTE


class TestRetry(AnswerCase):
    """Nothing is wrong with the call: the same bytes again later."""

    def assert_retried(self, outcome_words):
        self.assert_back_in_the_queue(tries=1)
        self.assert_due_in(0.8 * MINUTE, 1.2 * MINUTE)
        self.assert_dataset_goes_on()
        self.assertIn(outcome_words, self.row.reason)
        self.assertEqual(self.log.outcome, "retry")
        self.assert_quiet_after()

    def test_meta_is_down_for_a_moment(self):
        self.deliver_and_get("transient")
        self.assert_log("retry", 2)
        self.assert_retried("unexpected error")

    def test_meta_does_not_know_either(self):
        self.deliver_and_get("unknown_error")
        self.assert_log("retry", 1)
        self.assert_retried("unknown error")

    def test_the_dataset_is_not_ready(self):
        self.deliver_and_get("not_ready")
        self.assert_log("retry", 21009)
        self.assert_retried("not ready")

    def test_a_page_of_html_from_a_proxy(self):
        self.deliver_and_get("html")
        self.assert_log("retry")
        self.assert_retried("not one of Meta's API")

    def test_an_empty_answer(self):
        self.deliver_and_get("empty")
        self.assert_log("retry")
        self.assert_retried("not known whether")

    def test_half_an_answer(self):
        self.deliver_and_get("half_answer")
        self.assert_log("retry")
        self.assert_retried("before the answer was complete")

    def test_a_connection_closed_before_meta_read_the_call(self):
        self.deliver_and_get("no_answer")
        self.assert_log("retry")
        self.assert_retried("closed")
        self.assertEqual(self.meta.report()["accepted"], 0)

    def test_an_answer_that_is_lost_after_meta_accepted(self):
        self.deliver_and_get("lost_answer")
        self.assert_log("retry")
        self.assert_retried("closed")
        self.assertEqual(self.meta.report()["accepted"], 1)

    def test_a_redirect_is_not_followed(self):
        self.meta.script(
            EVENTS, [{"status": 302, "headers": {"Location": "/elsewhere"}}]
        )
        self.deliver()
        self.row, self.log = self.rows, self.logged
        self.assert_retried("redirected")
        self.assertEqual(len(self.meta.requests()), 1)

    def test_an_error_that_nobody_knows(self):
        self.meta.script(
            EVENTS,
            [{"status": 400, "body": {"error": {"code": 987654, "message": "Odd."}}}],
        )
        self.deliver()
        self.row, self.log = self.rows, self.logged
        self.assert_log("retry", 987654)
        self.assert_retried("Odd.")

    def test_a_refusal_that_meta_itself_calls_temporary(self):
        error = {
            "code": 100,
            "error_subcode": 2804019,
            "is_transient": True,
            "message": "Invalid parameter",
        }
        self.meta.script(EVENTS, [{"status": 400, "body": {"error": error}}])
        self.deliver()
        self.row, self.log = self.rows, self.logged
        self.assert_retried("temporary")

    def test_retry_after_is_obeyed(self):
        self.deliver_and_get("transient", headers={"Retry-After": "1234"})
        self.assert_back_in_the_queue(tries=1)
        self.assert_due_in(1234, 1234)


class TestTooFast(AnswerCase):
    """Meta asks to slow down: the dataset rests, the event is not charged."""

    def assert_resting(self, seconds):
        self.assert_back_in_the_queue(tries=0)
        self.assertEqual(self.dataset.state, "resting")
        self.assertAlmostEqual(
            self.seconds_from_now(self.dataset.resume_at), seconds, delta=10
        )
        self.assertTrue(self.dataset.trouble)
        self.assertFalse(self.dataset.activity_ids)
        self.assert_quiet_after()

    def test_the_apps_limit(self):
        self.deliver_and_get("throttle_app")
        self.assert_log("throttle", 4)
        self.assert_resting(MINUTE)

    def test_the_ad_accounts_limit_rests_for_the_minutes_that_meta_names(self):
        self.deliver_and_get("throttle_account")
        self.assert_log("throttle", 80004, 2446079)
        self.assert_resting(7 * MINUTE)

    def test_the_users_limit_rests_for_the_seconds_that_meta_names(self):
        self.deliver_and_get("throttle_user")
        self.assert_log("throttle", 17, 2446079)
        self.assert_resting(100)

    def test_the_pages_limit(self):
        self.deliver_and_get("throttle_page")
        self.assert_log("throttle", 32)
        self.assert_resting(MINUTE)

    def test_a_custom_limit(self):
        self.deliver_and_get("throttle_custom")
        self.assert_log("throttle", 613)
        self.assert_resting(MINUTE)

    def test_a_limit_that_rides_on_a_200(self):
        error = {"code": 4, "message": "(#4) Application request limit reached"}
        self.meta.script(EVENTS, [{"status": 200, "body": {"error": error}}])
        self.deliver()
        self.row, self.log = self.rows, self.logged
        self.assert_log("throttle", 4)
        self.assert_resting(MINUTE)

    def test_after_the_rest_it_goes_on_by_itself(self):
        self.deliver_and_get("throttle_app")
        self.make_due()
        self.deliver()
        self.assertEqual(self.rows.state, "accepted")
        self.assertEqual(self.rows.tries, 1)
        self.assertEqual(self.dataset.state, "active")
        self.assertFalse(self.dataset.resume_at)
        self.assertFalse(self.dataset.trouble)

    def test_still_too_fast_after_the_rest_is_one_call_and_another_rest(self):
        self.deliver_and_get("throttle_app")
        self.make_due()
        self.meta.script_named("throttle_account", EVENTS)
        self.deliver()
        self.row = self.rows
        self.assertEqual(len(self.posts()), 2)
        self.assert_resting(7 * MINUTE)


class TestPause(AnswerCase):
    """A person has to act: the dataset is paused, the event is not charged."""

    def assert_paused(self, words):
        self.assert_back_in_the_queue(tries=0)
        self.assertEqual(self.dataset.state, "paused")
        self.assertIn(words, self.dataset.trouble)
        activity = self.dataset.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertIn(words, activity.note)
        self.assertEqual(activity.user_id, self.dataset.owner_id)
        self.assert_quiet_after()
        self.assertEqual(len(self.dataset.activity_ids), 1)

    def test_a_token_that_is_none(self):
        self.deliver_and_get("bad_token")
        self.assert_log("pause", 190)
        self.assert_paused("Cannot parse access token")
        self.assertFalse(self.dataset.resume_at)

    def test_an_expired_token(self):
        self.meta.expire_token(TOKEN)
        self.deliver()
        self.row, self.log = self.rows, self.logged
        self.assert_log("pause", 190, 463)
        self.assert_paused("has expired")

    def test_a_withdrawn_token(self):
        for subcode in (458, 459, 460, 464, 465, 467):
            with self.subTest(subcode=subcode):
                self.dataset._resume()
                self.meta.renew_token(TOKEN)
                self.meta.revoke_token(TOKEN, subcode)
                self.deliver()
                self.row, self.log = self.rows, self.logged[-1]
                self.assert_log("pause", 190, subcode)
                self.assert_paused("validating access token")

    def test_a_dataset_that_the_token_may_not_use(self):
        self.meta.add_token(TOKEN, "system_user", app_id="1000000000000001")
        self.deliver()
        self.row, self.log = self.rows, self.logged
        self.assert_log("pause", 100, 33)
        self.assert_paused("does not exist")

    def test_a_dataset_that_meta_does_not_know(self):
        self.dataset.meta_id = "599999999999999"
        self.deliver()
        self.row, self.log = self.rows, self.logged
        self.assert_log("pause", 100, 33)
        self.assert_paused("does not exist")

    def test_an_alias_that_meta_does_not_know(self):
        self.deliver_and_get("unknown_alias")
        self.assert_log("pause", 803)
        self.assert_paused("aliases")

    def test_a_missing_permission(self):
        self.meta.set_scopes(TOKEN, ["pages_show_list"])
        self.deliver()
        self.row, self.log = self.rows, self.logged
        self.assert_log("pause", 200)
        self.assert_paused("ads_management")

    def test_a_call_that_the_token_may_not_make(self):
        self.deliver_and_get("read_refused")
        self.assert_log("pause", 100)
        self.assert_paused("Missing Permission")

    def test_a_wrong_app_secret(self):
        self.connection.app_secret = "another-app-secret"
        self.deliver()
        self.row, self.log = self.rows, self.logged
        self.assert_log("pause", 100)
        self.assert_paused("app secret")

    def test_an_app_that_demands_the_secrets_proof(self):
        self.connection.sudo().app_secret_stored = False
        self.deliver_and_get("proof_missing")
        self.assert_log("pause", 100)
        self.assert_paused("appsecret_proof")

    def test_an_error_that_rides_on_a_200(self):
        self.deliver_and_get("error_in_200")
        self.assert_log("pause", 190)
        self.assert_paused("Cannot parse access token")

    def test_a_block_for_policy_reasons_pauses_for_hours(self):
        self.deliver_and_get("blocked")
        self.assert_log("pause", 368)
        self.assertAlmostEqual(
            self.seconds_from_now(self.dataset.resume_at), POLICY, delta=10
        )
        self.assert_paused("abusive")

    def test_after_a_block_one_probe_heals_it_by_itself(self):
        self.deliver_and_get("blocked")
        self.make_due()
        self.deliver()
        self.assertEqual(self.rows.state, "accepted")
        self.assertEqual(self.dataset.state, "active")
        self.assertFalse(self.dataset.activity_ids)
        self.assertFalse(self.dataset.resume_at)

    def test_a_probe_that_is_blocked_too_waits_for_hours_again(self):
        self.deliver_and_get("blocked")
        self.make_due()
        self.meta.script_named("blocked", EVENTS)
        self.deliver()
        self.row = self.rows
        self.assertEqual(len(self.posts()), 2)
        self.assertGreater(
            self.seconds_from_now(self.dataset.resume_at), POLICY - MINUTE
        )
        self.assert_paused("abusive")

    def test_a_probe_that_finds_the_token_gone_waits_for_a_person(self):
        self.deliver_and_get("blocked")
        self.make_due()
        self.meta.revoke_token(TOKEN)
        self.deliver()
        self.row = self.rows
        self.assertFalse(self.dataset.resume_at)
        self.assert_paused("validating access token")

    def test_neither_log_nor_row_nor_activity_shows_the_token(self):
        error = {"code": 190, "message": f"Malformed access token {TOKEN}"}
        self.meta.script(EVENTS, [{"status": 401, "body": {"error": error}}])
        self.deliver()
        shown = [
            self.logged.message,
            self.rows.reason,
            self.dataset.trouble,
            self.dataset.activity_ids.note,
        ]
        for text in shown:
            self.assertIn("Malformed access token", text)
            self.assertNotIn(TOKEN, text)
