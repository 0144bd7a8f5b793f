"""Every row of the answer table, from Meta's wire to the outbox row.

What is asked each time: the event's state, whether the try counts, the dataset's state,
who is told, the words in the log, and the bytes of the next try.
"""

import json

from odoo.tools import SQL

from odoo.addons.meta_crm_capi.models import queue
from odoo.addons.meta_crm_capi.protocol import answer_table
from odoo.addons.meta_crm_capi.protocol.verdict import (
    PAUSE,
    POLICY_REST,
    REFUSE,
    RETRY,
    THROTTLE,
)

from .delivery import EVENTS, MINUTE, AnswerCase

TAKEN = {"events_received": 1, "messages": [], "fbtrace_id": "Aok"}
HTML = "<!DOCTYPE html><html><body>Sorry, something went wrong.</body></html>"
#: Statuses under which the same error was seen; each row gets one of them in turn.
STATUSES = (200, 400, 401, 403, 429, 500, 503)


class EveryAnswerCase(AnswerCase):
    def begin_again(self):
        """The same event, frozen as it is, queued as if it had never been tried."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                UPDATE meta_capi_event
                   SET state = 'queued', tries = 0, next_try_at = %s, reason = NULL,
                       code = NULL, subcode = NULL, trace_id = NULL
             RETURNING id
                """,
                queue.db_now(),
            )
        )
        self.env.invalidate_all()
        self.dataset._resume(("resting", "paused"))
        self.dataset.activity_ids.unlink()

    def get(self, **answer):
        """Deliver the event and get this answer to it."""
        self.begin_again()
        self.meta.script(EVENTS, [answer])
        self.deliver()
        self.assertEqual(self.meta.scripts_left(), 0)
        self.row = self.rows
        self.log = self.logged[-1]

    def assert_the_same_bytes_go_again(self):
        first = self.posts()[-1]["body_sha256"]
        body = self.row.body
        self.make_due()
        self.deliver()
        # Nothing of a call that broke off at once is known.
        self.assertIn(first, (None, self.posts()[-1]["body_sha256"]))
        self.assertEqual((self.rows.state, self.rows.body), ("accepted", body))
        self.assertEqual(self.meta.report()["events"][-1]["text"], body)
        self.assertEqual(self.rows.tries, 2)


class TestEveryRow(EveryAnswerCase):
    def answer_of(self, rule):
        error = {
            "message": f"(#{rule.code}) Meta says {rule.words} here",
            "type": "OAuthException",
            "code": rule.code,
            "fbtrace_id": "Atrace",
        }
        if rule.subcode is not None:
            error["error_subcode"] = rule.subcode
        return {"error": error}

    def every(self, verdict):
        """Each row of a verdict, after its answer was given to the event."""
        rules = [rule for rule in answer_table.RULES if rule.verdict == verdict]
        rules += [
            rule._replace(code=last)
            for _first, last, rule in answer_table.FAMILIES
            if rule.verdict == verdict
            and not any(known.code == last for known in answer_table.RULES)
        ]
        for number, rule in enumerate(rules):
            with self.subTest(code=rule.code, subcode=rule.subcode, words=rule.words):
                status = STATUSES[number % len(STATUSES)]
                self.get(status=status, body=self.answer_of(rule))
                self.assert_log(verdict, rule.code, rule.subcode or 0)
                for text in (rule.meaning, rule.cure, "Meta says"):
                    self.assertIn(text, self.log.message)
                    self.assertIn(text, self.row.reason)
                self.assertEqual(self.log.meaning, rule.meaning)
                self.assertEqual(self.log.cure, rule.cure)
                self.assertEqual(self.log.trace_id, "Atrace")
                self.assertEqual(self.row.trace_id, "Atrace")
                yield rule

    def test_a_throttle_rests_the_dataset_and_charges_nobody(self):
        for _rule in self.every(THROTTLE):
            self.assert_back_in_the_queue(tries=0)
            self.assertEqual(self.dataset.state, "resting")
            self.assertTrue(self.dataset.resume_at)
            self.assertFalse(self.dataset.activity_ids)
            self.assert_quiet_after()

    def test_a_pause_waits_for_a_person_and_charges_nobody(self):
        for rule in self.every(PAUSE):
            self.assert_back_in_the_queue(tries=0)
            self.assertEqual(self.dataset.state, "paused")
            self.assertIn(rule.cure, self.dataset.trouble)
            self.assertEqual(len(self.dataset.activity_ids), 1)
            self.assertEqual(bool(self.dataset.resume_at), rule.rest == POLICY_REST)
            self.assert_quiet_after()

    def test_a_retry_charges_a_try_and_leaves_the_dataset_alone(self):
        for rule in self.every(RETRY):
            self.assert_back_in_the_queue(tries=1)
            self.assertEqual(self.dataset.state, "active")
            wait = rule.rest or MINUTE
            self.assert_due_in(0.8 * wait, 1.2 * wait)
            self.assert_quiet_after()

    def test_a_refusal_sets_the_event_aside_and_leaves_the_dataset_alone(self):
        for _rule in self.every(REFUSE):
            self.assertEqual((self.row.state, self.row.tries), ("refused", 1))
            self.assertFalse(self.row.next_try_at)
            self.assert_refusal_told()
            self.assert_quiet_after()


class TestOutcomeUnknown(EveryAnswerCase):
    """Nobody knows whether Meta took it: the same event again, byte for byte."""

    def assert_unknown(self, words="not one of Meta's API", **answer):
        with self.subTest(**answer):
            self.get(**answer)
            self.assert_log("retry")
            self.assert_back_in_the_queue(tries=1)
            self.assert_due_in(0.8 * MINUTE, 1.2 * MINUTE)
            self.assert_dataset_goes_on()
            self.assertIn(words, self.row.reason)
            self.assertIn("not known whether", self.log.message)
            self.assert_the_same_bytes_go_again()

    def test_html_under_any_status(self):
        for status in (200, 400, 401, 403, 404, 407, 429, 500, 502, 503, 504):
            self.assert_unknown(status=status, html=HTML)

    def test_html_that_calls_itself_json(self):
        for status in (200, 500):
            self.assert_unknown(status=status, raw=HTML)

    def test_half_a_json_text(self):
        self.assert_unknown(status=200, raw=json.dumps(TAKEN)[:-4])

    def test_an_empty_body(self):
        for status in (200, 413, 500):
            self.assert_unknown("No answer came back", status=status, empty=True)

    def test_json_that_is_not_metas(self):
        self.assert_unknown(status=503, body={"message": "no healthy upstream"})
        self.assert_unknown(status=200, body=[TAKEN])
        self.assert_unknown(
            "does not say that Meta received", status=200, body={"login": "please"}
        )

    def test_a_connection_that_breaks_before_in_and_after_the_answer(self):
        self.assert_unknown("closed", close_before=True)
        self.assert_unknown("before the answer was complete", truncate_at=12)
        self.assert_unknown("closed", close_after_accepting=True)

    def test_an_answer_that_says_when_to_come_back(self):
        for status in (429, 503):
            self.get(status=status, html=HTML, headers={"Retry-After": "1234"})
            self.assert_back_in_the_queue(tries=1)
            self.assert_due_in(1234, 1234)
            self.assert_dataset_goes_on()


class TestTheBodyDecides(EveryAnswerCase):
    def test_a_success_of_a_wrong_content_type_is_none(self):
        self.get(status=200, html=json.dumps(TAKEN))
        self.assert_back_in_the_queue(tries=1)
        self.assert_dataset_goes_on()

    def test_one_event_is_never_refused_by_somebody_else_than_meta(self):
        """A proxy in between takes no request at all."""
        self.make_known_lead()
        for _number in range(4):
            self.meta.script(EVENTS, [{"status": 413, "html": HTML, "times": 4}])
            self.deliver()
            self.assertEqual(set(self.states), {"queued"})
            self.meta.clear_scripts()
            self.make_due()
        self.deliver()
        self.assertEqual(set(self.states), {"accepted"})

    def test_an_error_of_metas_is_read_whatever_its_content_type(self):
        error = {"error": {"code": 190, "message": "Gone."}}
        self.get(status=200, html=json.dumps(error))
        self.assert_log("pause", 190)

    def test_a_dead_token_is_not_asked_again_because_a_header_says_so(self):
        error = {"error": {"code": 190, "message": "Gone."}}
        self.get(status=401, body=error, headers={"Retry-After": "1"})
        self.assertEqual(self.dataset.state, "paused")
        self.assertFalse(self.dataset.resume_at)

    def test_a_request_too_large_to_come_through_goes_in_parts(self):
        self.make_known_leads(3)
        self.meta.script(EVENTS, [{"status": 413, "html": HTML}])
        self.deliver()
        self.assertEqual(self.states, ["accepted"] * 4)
        counts = [post["event_count"] for post in self.posts()]
        self.assertEqual(counts[1:], [2, 2])
        self.assertIn("too large", self.logged[0].message)
