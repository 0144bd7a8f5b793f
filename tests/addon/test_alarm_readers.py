"""Alarms: who gets them, in which language, how, and that they go when it is over."""

from odoo import fields
from odoo.tests import new_test_user

from odoo.addons.meta_crm_capi.protocol.answer import Answer

from .delivery import EVENTS, DeliveryCase

ADMINISTRATOR = "meta_crm_capi.group_meta_administrator"
CLOCK_AHEAD = {"code": 100, "subcode": 2804004, "message": "In the future."}


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
        self.assertIn("have them: 1.", self.dataset.activity_ids.note)

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
