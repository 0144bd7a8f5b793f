"""Every answer of Meta's to a batch, and where rows, dataset and log stand then."""

from .delivery import EVENTS, TOKEN, DeliveryCase

MINUTE = 60
POLICY = 6 * 60 * MINUTE


class AnswerCase(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.make_known_lead()

    def deliver_and_get(self, name, **changes):
        """Deliver the one queued event and get this ready-made answer to it."""
        self.meta.script_named(name, EVENTS, **changes)
        self.deliver()
        self.assertEqual(self.meta.scripts_left(), 0)
        self.row = self.rows
        self.log = self.logged

    def assert_log(self, outcome, code=0, subcode=0):
        self.assertEqual(
            (self.log.outcome, self.log.code, self.log.subcode, self.log.event_count),
            (outcome, code, subcode, 1),
        )
        self.assertEqual((self.row.code, self.row.subcode), (code, subcode))

    def assert_back_in_the_queue(self, *, tries):
        self.assertEqual((self.row.state, self.row.tries), ("queued", tries))
        self.assertFalse(self.row.lease_token)
        self.assertTrue(self.row.body)

    def assert_due_in(self, low, high):
        seconds = self.seconds_from_now(self.row.next_try_at)
        self.assertGreater(seconds, low - 10)
        self.assertLess(seconds, high + 10)

    def assert_dataset_unharmed(self):
        self.assertEqual(self.dataset.state, "active")
        self.assertFalse(self.dataset.trouble)
        self.assertFalse(self.dataset.activity_ids)

    def assert_quiet_after(self):
        """Not called again, neither in the next run nor by a wake-up of its own."""
        calls = len(self.posts())
        with self.wake_ups() as wake_ups:
            self.deliver()
        self.assertEqual(len(self.posts()), calls)
        self.assertFalse(wake_ups.records)


class TestRetry(AnswerCase):
    """Nothing is wrong with the call: the same bytes again later."""

    def assert_retried(self, outcome_words):
        self.assert_back_in_the_queue(tries=1)
        self.assert_due_in(0.8 * MINUTE, 1.2 * MINUTE)
        self.assert_dataset_unharmed()
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
        self.assert_resting(5 * MINUTE)

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
        self.assert_resting(5 * MINUTE)

    def test_a_custom_limit(self):
        self.deliver_and_get("throttle_custom")
        self.assert_log("throttle", 613)
        self.assert_resting(5 * MINUTE)

    def test_a_limit_that_rides_on_a_200(self):
        error = {"code": 4, "message": "(#4) Application request limit reached"}
        self.meta.script(EVENTS, [{"status": 200, "body": {"error": error}}])
        self.deliver()
        self.row, self.log = self.rows, self.logged
        self.assert_log("throttle", 4)
        self.assert_resting(5 * MINUTE)

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


class TestRefused(AnswerCase):
    """This event will never be taken: it is set aside with Meta's words."""

    def assert_refused(self, title, *words):
        self.assertEqual((self.row.state, self.row.tries), ("refused", 1))
        self.assertFalse(self.row.next_try_at)
        self.assertFalse(self.row.lease_token)
        self.assertEqual(self.row.reason.splitlines()[0], title)
        for word in words:
            self.assertIn(word, self.row.reason)
        self.assertEqual(self.row.trace_id, self.log.trace_id)
        self.assertTrue(self.row.trace_id)
        self.assertIn(title, self.log.message)
        self.assert_dataset_unharmed()
        self.assert_quiet_after()

    def test_too_old(self):
        self.deliver_and_get("too_old")
        self.assert_log("refuse", 100, 2804003)
        self.assert_refused("Event Timestamp Too Old", "within 7 days")

    def test_a_missing_name(self):
        self.deliver_and_get("missing_name")
        self.assert_log("refuse", 100, 2804019)
        self.assert_refused("Server Side Api Parameter Error", "event_name")

    def test_no_customer_information(self):
        self.deliver_and_get("no_user_data")
        self.assert_log("refuse", 100, 2804014)
        self.assert_refused("Missing User Parameters", "no customer information")

    def test_too_broad(self):
        self.deliver_and_get("too_broad")
        self.assert_log("refuse", 100, 2804050)
        self.assert_refused("Insufficient Customer Information Parameter Data")

    def test_a_purchase_without_currency(self):
        self.deliver_and_get("purchase_without_currency")
        self.assert_log("refuse", 100, 2804010)
        self.assert_refused("Missing Currency for Purchase Event")

    def test_a_purchase_without_value(self):
        self.deliver_and_get("purchase_without_value")
        self.assert_log("refuse", 100, 2804009)
        self.assert_refused("Missing Value for Purchase Event")

    def test_an_unknown_subcode(self):
        error = {
            "code": 100,
            "error_subcode": 2804999,
            "message": "Invalid parameter",
            "error_user_title": "Neu bei Meta",
            "error_user_msg": "So nicht.",
        }
        self.meta.script(EVENTS, [{"status": 400, "body": {"error": error}}])
        self.deliver()
        self.row, self.log = self.rows, self.logged
        self.assert_log("refuse", 100, 2804999)
        self.assert_refused("Neu bei Meta", "So nicht.")

    def test_a_request_without_data(self):
        self.deliver_and_get("no_data_key")
        self.assert_log("refuse", 100)
        self.assertEqual(self.row.state, "refused")
        self.assertIn("parameter data is required", self.row.reason)
        self.assert_dataset_unharmed()


class TestClock(AnswerCase):
    """For Meta our event is from the future: our clock is ahead."""

    def deliver_from_the_future(self):
        # Meta's clock is two hours behind, the event one hour old.
        self.meta.set_clock_offset(-7200)
        self.deliver()
        self.row, self.log = self.rows, self.logged

    def test_the_event_is_tried_again_in_five_minutes(self):
        self.deliver_from_the_future()
        self.assert_log("retry", 100, 2804004)
        self.assert_back_in_the_queue(tries=1)
        self.assert_due_in(5 * MINUTE, 5 * MINUTE)

    def test_the_dataset_goes_on_and_one_activity_says_what_is_wrong(self):
        self.deliver_from_the_future()
        self.assertEqual(self.dataset.state, "active")
        activity = self.dataset.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertIn("clock is ahead", activity.summary)

    def test_however_often_it_happens_it_is_one_activity(self):
        self.deliver_from_the_future()
        self.make_due()
        self.deliver()
        self.assertEqual(len(self.posts()), 2)
        self.assertEqual(len(self.dataset.activity_ids), 1)

    def test_the_same_bytes_are_accepted_once_the_clocks_agree(self):
        self.deliver_from_the_future()
        body = self.row.body
        self.meta.set_clock_offset(0)
        self.make_due()
        self.deliver()
        self.assertEqual(self.rows.state, "accepted")
        self.assertEqual(self.meta.report()["events"][0]["text"], body)


class TestNothingToCallWith(AnswerCase):
    """Without a token or an address no call is made, and somebody is told."""

    def assert_paused_without_a_call(self, words):
        self.deliver()
        self.assertEqual(self.meta.requests(), [])
        self.assertEqual(self.dataset.state, "paused")
        self.assertIn(words, self.dataset.trouble)
        self.assertEqual(len(self.dataset.activity_ids), 1)
        self.assertEqual((self.rows.state, self.rows.tries), ("queued", 0))
        self.assertFalse(self.rows.lease_token)

    def test_no_token_at_all(self):
        self.connection.sudo().access_token_stored = False
        self.assert_paused_without_a_call("no access token")

    def test_a_token_that_cannot_stand_in_a_header(self):
        self.connection.sudo().access_token_stored = "tök en"
        self.assert_paused_without_a_call("token")

    def test_an_address_that_must_not_be_called(self):
        self.env["ir.config_parameter"].set_param(
            "meta_crm_capi.graph_url", "http://graph.example.com"
        )
        self.assert_paused_without_a_call("https")

    def test_nobody_answers_at_the_address(self):
        self.env["ir.config_parameter"].set_param(
            "meta_crm_capi.graph_url", "http://127.0.0.1:9"
        )
        self.deliver()
        self.assertEqual((self.rows.state, self.rows.tries), ("queued", 1))
        self.assertIn("connection refused", self.rows.reason)
        self.assertEqual(self.dataset.state, "active")
