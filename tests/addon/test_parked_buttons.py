"""What the buttons on parked leads say, and how one is given up that is gone."""

from datetime import timedelta

from odoo.addons.meta_crm_capi.models import meta_lead_submission_parked as parked

from .test_parked import OTHER_PAGE, ParkedCase


class TestTryAgain(ParkedCase):
    def press(self, rows):
        self.env.flush_all()
        action = rows.with_user(self.administrator).action_try_again()
        self.env.invalidate_all()
        return action["params"]

    def test_it_says_how_many_are_read_again_and_shows_the_list_anew(self):
        said = self.press(self.park() | self.park())
        self.assertEqual(said["type"], "success")
        self.assertIn("read again within a minute: 2.", said["message"])
        self.assertEqual(said["next"]["tag"], "soft_reload")

    def test_it_says_which_wait_for_a_page_that_is_not_read(self):
        row = self.park()
        self.page._set_reconnect("Session has expired")
        said = self.press(row)
        self.assertEqual(said["type"], "warning")
        self.assertIn("wait for their Page: 1.", said["message"])
        self.assertIn("Page “Sunny Roofs”", said["message"])
        self.assertNotIn("within a minute", said["message"])

    def test_a_page_that_rests_goes_on_by_itself(self):
        row = self.park()
        self.page._rest(600)
        self.assertIn("goes on by itself", self.press(row)["message"])

    def test_it_names_a_page_that_is_to_be_connected_first(self):
        row = self.park(cause="unknown_page")
        row.page_meta_id = OTHER_PAGE
        said = self.press(row | self.park())
        self.assertEqual(said["type"], "warning")
        self.assertIn(f"Add the Page first: {OTHER_PAGE}.", said["message"])
        self.assertIn("within a minute: 1.", said["message"])

    def test_what_is_done_stays_and_is_said(self):
        row = self.come_in()
        said = self.press(row)
        self.assertEqual(row.state, "done")
        self.assertEqual(said["type"], "warning")
        self.assertIn("done or erased: 1.", said["message"])


class TestGone(ParkedCase):
    def test_a_lead_that_was_deleted_at_meta_is_told_as_that(self):
        self.come_in()
        row = self.park()
        self.assertIn("Check now", row.cure)
        self.check()
        self.env.invalidate_all()
        self.assertEqual(self.found("lead_access").level, "ok")
        self.assertEqual(row.cure, parked.DELETED)
        self.assertIn(parked.HIDDEN, row.words)

    def test_no_advice_on_ids_and_system_users_is_given_for_it(self):
        meta_id = self.fill_in()
        row = self.announce(meta_id)
        self.meta.delete_lead(meta_id)
        self.age(row)
        self.fetch()
        self.assertEqual((row.state, row.answer_code), ("parked", 100))
        self.assertNotIn("Check the id", row.cure)
        self.assertNotIn("object", row.words.splitlines()[-1])

    def test_where_leads_cannot_be_read_it_may_come_back(self):
        row = self.park()
        self.meta.script_named("no_access", "GET */leads", times=None)
        self.check()
        self.env.invalidate_all()
        self.assertEqual(row.cure, parked.CURES["unreadable"])

    def test_one_that_is_older_than_meta_keeps_leads_is_told_as_that(self):
        row = self.park(submitted_at=self.now - timedelta(days=91))
        self.assertEqual(row.cure, parked.TOO_OLD)

    def test_what_is_left_out_nags_no_more_and_can_be_brought_back(self):
        row = self.park()
        done = self.come_in()
        self.check()
        self.assertEqual(self.found("parked").level, "attention")
        said = (row | done).with_user(self.administrator).action_leave_out()
        self.assertIn("Left out: 1.", said["params"]["message"])
        self.assertEqual((row.state, done.state), ("ignored", "done"))
        self.check()
        self.assertNotIn("parked", self.levels())
        self.assertFalse(self.activities())
        row.with_user(self.administrator).action_try_again()
        self.assertEqual(row.state, "received")
        self.fetch()
        self.assertEqual(row.state, "done")


class TestWaiting(ParkedCase):
    """Leads of a Page that is not read: their number, and the way on."""

    def stop(self):
        self.announce(self.fill_in(), self.fill_in())
        self.page._set_reconnect("Session has expired")
        self.env.invalidate_all()

    def test_page_and_connection_show_how_many_wait_and_the_way_on(self):
        self.stop()
        self.assertEqual(self.page.waiting_count, 2)
        words = self.connection.with_user(self.administrator).waiting_words
        self.assertIn("2 of “Sunny Roofs”.", words)
        self.assertIn("press “Check now”", words)
        action = self.page.action_open_waiting()
        self.assertEqual(self.submissions.search_count(action["domain"]), 2)

    def test_the_lead_itself_says_what_it_waits_for_and_opens_it(self):
        self.stop()
        row = self.submissions.search([("state", "=", "received")], limit=1)
        self.assertIn("Page “Sunny Roofs”", row.waits_for)
        self.assertEqual(row.action_open_page()["res_id"], self.page.id)

    def test_a_page_that_is_read_shows_none(self):
        row = self.announce(self.fill_in())
        self.assertEqual(self.page.waiting_count, 0)
        self.assertFalse(self.connection.waiting_words)
        self.assertFalse(row.waits_for)

    def test_what_waits_for_other_pages_is_not_counted(self):
        self.stop()
        self.announce(self.fill_in(), page_id=OTHER_PAGE)
        self.env.invalidate_all()
        self.assertEqual(self.page.waiting_count, 2)

    def test_all_of_it_goes_when_the_page_is_read_again(self):
        self.stop()
        self.check()
        self.fetch()
        self.assertEqual(self.page.waiting_count, 0)
        self.assertFalse(self.connection.waiting_words)
