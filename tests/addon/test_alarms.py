"""Alarms: who gets them, in which language, how, and that they go when it is over."""

from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user

from odoo.addons.meta_crm_capi.protocol.answer import Answer

from .delivery import EVENTS, HOUR, DeliveryCase

ADMINISTRATOR = "meta_crm_capi.group_meta_administrator"
CLOCK_AHEAD = {"code": 100, "subcode": 2804004, "message": "In the future."}
HTML = "<html>Bad gateway</html>"


class AlarmCase(DeliveryCase):
    def heed(self, verdict, **details):
        self.dataset._heed(Answer(verdict, **details))

    def alarm(self, cause="test"):
        self.dataset._alarm(cause, "Summary", "Words.")
        return self.dataset.activity_ids

    @property
    def alarms(self):
        return sorted(self.dataset.activity_ids.mapped("meta_alarm"))


class TestReader(AlarmCase):
    def setUp(self):
        super().setUp()
        self.owner = new_test_user(self.env, "owner", groups=ADMINISTRATOR)
        self.admin = self.env.ref("base.user_admin")

    def test_an_archived_owner_is_not_told(self):
        self.dataset.owner_id = self.owner
        self.owner.active = False
        self.assertEqual(self.alarm().user_id, self.admin)

    def test_an_owner_who_cannot_see_the_dataset_is_not_told(self):
        self.dataset.owner_id = self.rep
        self.assertEqual(self.alarm().user_id, self.admin)

    def test_an_owner_of_another_company_is_not_told(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.dataset.owner_id = new_test_user(
            self.env,
            "stranger",
            groups=ADMINISTRATOR,
            company_id=company.id,
            company_ids=[fields.Command.set(company.ids)],
        )
        self.assertEqual(self.alarm().user_id, self.admin)

    def test_an_owner_of_several_companies_is_told_whoever_finds_it(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.owner.company_ids += company
        self.dataset.owner_id = self.owner
        self.dataset.with_context(allowed_company_ids=company.ids)._alarm(
            "test", "Summary", "Words."
        )
        self.assertEqual(self.dataset.activity_ids.user_id, self.owner)

    def test_where_the_superuser_left_another_administrator_is_told(self):
        self.dataset.owner_id = False
        self.admin.active = False
        told = self.alarm().user_id
        self.assertTrue(told.active)
        self.assertTrue(told.has_group(ADMINISTRATOR))
        self.assertNotEqual(told, self.env.ref("base.user_root"))

    def test_what_happens_again_goes_to_who_is_responsible_now(self):
        self.dataset.owner_id = self.owner
        self.alarm()
        self.owner.active = False
        self.assertEqual(self.alarm().user_id, self.admin)

    def test_open_alarms_move_with_the_responsibility(self):
        self.dataset.owner_id = self.owner
        self.alarm("one")
        self.alarm("two")
        own = self.dataset.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.owner.id
        )
        self.dataset.with_user(self.owner).owner_id = self.administrator
        alarms = self.dataset.activity_ids - own
        self.assertEqual(len(alarms), 2)
        self.assertEqual(alarms.user_id, self.administrator)
        self.assertEqual(own.user_id, self.owner)

    def test_a_pages_alarm_moves_too(self):
        self.page._set_reconnect("Gone.")
        self.page.owner_id = self.owner
        self.assertEqual(self.page.activity_ids.user_id, self.owner)

    def test_the_alarm_is_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.owner.lang = "fr_FR"
        self.dataset.owner_id = self.owner
        self.assertEqual(self.dataset._for_reader().env.lang, "fr_FR")


class TestMail(AlarmCase):
    """A mail server that does not answer must not hold up what is to be stored."""

    def setUp(self):
        super().setUp()
        self.owner = new_test_user(
            self.env, "owner", email="owner@example.com", groups=ADMINISTRATOR
        )
        self.dataset.owner_id = self.owner
        self.sent = []
        mail = self.registry["mail.mail"]
        for name in ("send", "send_after_commit"):
            self.patch(mail, name, lambda mails, *_args, **_kw: self.sent.extend(mails))
        self.before_it = self.mails()

    def mails(self):
        return self.env["mail.mail"].sudo().search([])

    def assert_mail_waits(self):
        new = self.mails() - self.before_it
        self.assertTrue(new)
        self.assertEqual(set(new.mapped("state")), {"outgoing"})
        self.assertEqual(self.sent, [])

    def test_the_sender_leaves_it_to_the_mail_queue(self):
        self.make_known_lead()
        # Odoo told the salesperson of the lead.
        self.before_it = self.mails()
        self.sent.clear()
        self.meta.script_named("bad_token", EVENTS)
        self.deliver()
        self.assertEqual(self.alarms, ["paused"])
        self.assert_mail_waits()

    def test_so_does_whoever_else_raises_an_alarm(self):
        self.heed("pause", message="Gone.")
        self.assert_mail_waits()

    def test_so_does_a_change_of_the_owner(self):
        self.dataset.owner_id = False
        self.heed("pause", message="Gone.")
        self.before_it = self.mails()
        self.dataset.owner_id = self.owner
        self.assert_mail_waits()

    def test_who_has_the_alarm_gets_no_further_mail(self):
        self.heed("pause", message="Gone.")
        self.before_it = self.mails()
        self.heed("pause", message="Gone again.")
        self.dataset.owner_id = self.owner
        self.assertFalse(self.mails() - self.before_it)


class TestGone(AlarmCase):
    """An alarm goes with its cause, whatever came in between."""

    def test_the_clocks_after_a_throttle(self):
        self.heed("retry", **CLOCK_AHEAD)
        self.heed("throttle", message="Slow down.")
        self.heed("accepted")
        self.assertEqual(self.alarms, [])

    def test_the_clocks_after_a_new_token(self):
        self.heed("retry", **CLOCK_AHEAD)
        self.heed("pause", message="Gone.")
        self.dataset.access_token = "another-token"
        self.heed("accepted")
        self.assertEqual(self.alarms, [])

    def test_that_of_a_pause_whoever_ends_it(self):
        for state in ("active", "stopped"):
            with self.subTest(state=state):
                self.dataset._pause("Gone.", 600)
                self.assertEqual(self.alarms, ["paused"])
                self.dataset.write({"state": state})
                self.assertEqual(self.alarms, [])
                self.assertFalse(self.dataset.trouble)
                self.assertFalse(self.dataset.resume_at)
                self.dataset.state = "active"

    def test_stopping_is_the_end_of_a_pause(self):
        self.dataset._pause("Gone.")
        self.dataset.with_user(self.administrator).action_stop()
        self.assertEqual(self.alarms, [])

    def test_an_administrators_stop_outlives_a_pause_that_comes_later(self):
        self.dataset.action_stop()
        self.dataset._pause("No token.")
        self.assertEqual(self.dataset.state, "stopped")
        self.assertEqual(self.alarms, [])

    def test_others_stay(self):
        self.alarm("other")
        self.heed("pause", message="Gone.")
        self.dataset.action_resume()
        self.heed("accepted")
        self.assertEqual(self.alarms, ["other"])
        self.assertTrue(self.dataset.may_have_alarms)

    def test_where_none_is_open_nobody_looks_for_one(self):
        def look(_record, _causes=None):
            raise AssertionError("A query for each good answer")

        self.patch(self.registry["meta.capi.dataset"], "_get_alarms", look)
        self.heed("accepted")
        self.assertFalse(self.dataset.may_have_alarms)

    def test_one_that_was_marked_as_done_is_looked_for_once_more_only(self):
        self.alarm().action_done()
        self.heed("accepted")
        self.assertFalse(self.dataset.may_have_alarms)


class TestRefused(AlarmCase):
    def test_one_alarm_counts_until_it_is_done(self):
        self.dataset._alarm_refused(2, "The first reason.")
        self.dataset._alarm_refused(3, "The last reason.")
        activity = self.dataset.activity_ids
        self.assertEqual(self.alarms, ["refused"])
        self.assertIn("5", activity.summary)
        self.assertIn("The last reason.", activity.note)

    def test_after_that_it_counts_anew(self):
        self.dataset._alarm_refused(2, "The first reason.")
        self.dataset.activity_ids.action_done()
        self.dataset._alarm_refused(1, "Another reason.")
        self.assertIn("1 events", self.dataset.activity_ids.note)

    def test_done_is_done_while_nothing_further_is_refused(self):
        self.dataset._alarm_refused(2, "The reason.")
        self.dataset.activity_ids.action_done()
        self.heed("accepted")
        self.deliver()
        self.assertEqual(self.alarms, [])

    def test_a_good_answer_does_not_make_it_go(self):
        self.dataset._alarm_refused(2, "The reason.")
        self.heed("accepted")
        self.deliver()
        self.assertEqual(self.alarms, ["refused"])

    def test_metas_words_are_shown_as_text(self):
        self.dataset._alarm_refused(1, "<script>alert(1)</script>")
        self.assertNotIn("<script", self.dataset.activity_ids.note)


class TestWaiting(AlarmCase):
    """Nobody says no, and yet nothing gets through."""

    def fail_request(self, times=1):
        for _number in range(times):
            self.meta.script(EVENTS, [{"status": 502, "html": HTML}])
            self.make_due()
            self.deliver()

    def test_the_dataset_says_at_once_that_a_request_failed(self):
        self.make_known_lead(submitted_at=self.now - 3 * HOUR)
        self.fail_request()
        self.assertIn("not one of Meta's API", self.dataset.trouble)
        self.assertEqual((self.dataset.state, self.alarms), ("active", []))
        self.make_due()
        self.deliver()
        self.assertEqual(self.states, ["accepted"])
        self.assertFalse(self.dataset.trouble)

    def test_a_request_that_looks_for_a_culprit_says_nothing_of_the_dataset(self):
        self.dataset._heed(Answer("retry", message="Down."), 0)
        self.assertFalse(self.dataset.trouble)

    def test_after_an_hour_it_is_an_alarm_until_it_gets_through(self):
        self.make_known_leads(2)
        self.fail_request(times=3)
        self.assertEqual(self.alarms, [])
        self.age(self.rows, create_date=2 * HOUR)
        self.fail_request()
        self.assertEqual(self.alarms, ["waiting"])
        self.assertIn("not one of Meta's API", self.dataset.activity_ids.note)
        self.assertTrue(self.dataset.waits_since)
        self.make_due()
        self.deliver()
        self.assertEqual(set(self.states), {"accepted"})
        self.deliver()
        self.assertEqual(self.alarms, [])
        self.assertFalse(self.dataset.waits_since)

    def test_who_marked_it_as_done_is_not_told_each_minute(self):
        self.make_known_lead(submitted_at=self.now - 3 * HOUR)
        self.fail_request()
        self.age(self.rows, create_date=2 * HOUR)
        self.fail_request()
        self.assertEqual(self.alarms, ["waiting"])
        self.dataset.activity_ids.action_done()
        self.fail_request()
        self.assertEqual(self.alarms, [])

    def test_nor_when_the_next_one_becomes_the_oldest(self):
        self.make_known_leads(2)
        self.fail_request()
        self.age(self.rows[0], create_date=3 * HOUR)
        self.age(self.rows[1], create_date=2 * HOUR)
        self.fail_request()
        self.assertEqual(self.alarms, ["waiting"])
        self.dataset.activity_ids.action_done()
        since = self.dataset.waits_since
        self.rows[0].action_cancel()
        self.fail_request()
        self.assertGreater(self.dataset.waits_since, since)
        self.assertEqual(self.alarms, [])

    def test_one_that_was_never_tried_only_waits_for_its_turn(self):
        self.make_known_lead(submitted_at=self.now - 3 * HOUR)
        self.age(self.rows, create_date=2 * HOUR)
        self.env["meta.capi.event"]._heed_deadlines()
        self.assertEqual(self.alarms, [])

    def test_what_waits_for_a_reason_that_was_told_is_no_second_alarm(self):
        self.make_known_lead(submitted_at=self.now - 3 * HOUR)
        self.fail_request()
        self.age(self.rows, create_date=2 * HOUR)
        self.dataset._pause("Gone.")
        self.deliver()
        self.assertEqual(self.alarms, ["paused"])
        self.dataset.action_resume()
        rule = self.rows.rule_id
        rule._set_aside("Refused.")
        self.deliver()
        self.assertEqual(self.alarms, [f"rule {rule.id}"])

    def test_an_archived_dataset_with_waiting_events_is_an_alarm(self):
        self.make_known_lead(submitted_at=self.now - 3 * HOUR)
        self.dataset.active = False
        self.deliver()
        self.assertEqual(self.alarms, [])
        self.age(self.rows, create_date=2 * HOUR)
        self.deliver()
        self.assertEqual(self.alarms, ["waiting"])
        self.assertIn("archived", self.dataset.activity_ids.note)
        self.rows.action_cancel()
        self.deliver()
        self.assertEqual(self.alarms, [])

    def test_one_that_was_replaced_is_none(self):
        self.make_known_lead(submitted_at=self.now - 3 * HOUR)
        self.age(self.rows, create_date=2 * HOUR)
        new = self.add_dataset("500000000000009")
        self.dataset._replace(new)
        self.env["meta.capi.event"]._heed_deadlines()
        self.assertEqual(self.alarms, [])

    def test_what_expires_after_the_alarm_was_done_is_told_again(self):
        for _number in range(2):
            self.make_known_lead()
            self.rows[-1:].event_time = self.now - timedelta(days=7)
            self.env["meta.capi.event"]._heed_deadlines()
            self.assertEqual(self.alarms, ["expired"])
            self.dataset.activity_ids.action_done()
            self.assertEqual(self.alarms, [])

    def test_the_expiry_alarm_names_no_number_that_grows_old(self):
        self.make_known_lead(submitted_at=self.now - 3 * HOUR)
        self.rows.event_time = self.now - timedelta(days=6, hours=12)
        self.age(self.rows, create_date=2 * HOUR)
        self.dataset._pause("Gone.")
        self.deliver()
        expiring = self.dataset.activity_ids.filtered(
            lambda activity: activity.meta_alarm == "expiring"
        )
        self.assertNotIn("1 events", expiring.note)
        self.assertIn("Gone.", expiring.note)


class TestTakenOut(AlarmCase):
    """A step that was set aside, then archived or deleted by a person."""

    def setUp(self):
        super().setUp()
        self.make_known_leads(2)
        self.rule = self.rows.rule_id
        self.rows[0].tries = 1
        self.rule._set_aside("Refused.")

    def assert_given_up(self):
        self.assertEqual(self.alarms, [])
        self.assertEqual(self.states, ["cancelled"] * 2)
        tried, other = self.rows
        self.assertIn("taken out of the mapping. It was tried before", tried.reason)
        self.assertTrue(other.reason.endswith("taken out of the mapping."))
        self.deliver()
        self.assertEqual(self.posts(), [])

    def test_archived(self):
        self.rule.with_user(self.administrator).active = False
        self.assert_given_up()

    def test_deleted(self):
        self.rule.with_user(self.administrator).unlink()
        self.assert_given_up()

    def test_it_comes_back_as_a_step_like_any_other(self):
        self.rule.active = False
        self.rule.active = True
        self.assertFalse(self.rule.is_set_aside)
        self.make_known_lead()
        self.deliver()
        self.assertEqual(sorted(self.states), ["accepted", "cancelled", "cancelled"])

    def test_what_another_worker_sends_goes_on(self):
        sending = self.rows[1]
        sending.state = "sending"
        self.rule.active = False
        self.assertEqual(sending.state, "sending")
        sending.state = "queued"
        self.deliver()
        self.assertEqual(sending.state, "accepted")

    def test_archiving_a_step_that_is_sent_cancels_nothing(self):
        self.rule.action_resume()
        self.rule.active = False
        self.deliver()
        self.assertEqual(self.states, ["accepted"] * 2)
