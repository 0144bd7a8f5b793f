"""Events that Meta never takes, a clock that is ahead, and calls that are not made."""

from .delivery import EVENTS, MINUTE, AnswerCase


class TestRefused(AnswerCase):
    """This event will never be taken: it is set aside with Meta's words."""

    def assert_refused(self, title, *words):
        self.assertEqual((self.row.state, self.row.tries), ("refused", 1))
        self.assertFalse(self.row.next_try_at)
        self.assertFalse(self.row.is_sending)
        self.assertEqual(self.row.reason.splitlines()[0], title)
        for word in words:
            self.assertIn(word, self.row.reason)
        self.assertEqual(self.row.trace_id, self.log.trace_id)
        self.assertTrue(self.row.trace_id)
        self.assertIn(title, self.log.message)
        self.assert_refusal_told()
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
        self.assert_refusal_told()


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
        self.assertFalse(self.rows.is_sending)

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
