"""A dataset's health: paused, resting, stopped, and who is told."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user

from odoo.addons.meta_crm_capi.protocol.answer import Answer

from .common import DATASET
from .delivery import TOKEN, DeliveryCase


class TestHealth(DeliveryCase):
    def heed(self, verdict, **details):
        self.dataset._heed(Answer(verdict, **details))

    def test_an_accepted_answer_changes_nothing(self):
        version = self.dataset.write_date
        self.heed("accepted")
        self.assertEqual(self.dataset.state, "active")
        self.assertEqual(self.dataset.write_date, version)

    def test_a_good_answer_ends_whatever_stands_against_the_dataset(self):
        against = (
            ({"trouble": "What was wrong."}, {"trouble": False}),
            ({"throttle_count": 2}, {"throttle_count": 0}),
            ({"batch_size": 1}, {"batch_size": 2}),
            ({"state": "resting"}, {"state": "active"}),
        )
        for before, after in against:
            self.make_known_lead()
            self.dataset.write(before)
            self.deliver()
            with self.subTest(before):
                self.assertEqual(set(self.states), {"accepted"})
                self.assertEqual({key: self.dataset[key] for key in after}, after)

    def test_a_good_answer_clears_the_alarm(self):
        self.make_known_lead()
        self.dataset._fail()
        self.dataset.trouble = False
        self.assertTrue(self.dataset.activity_ids)
        self.deliver()
        self.assertEqual(self.states, ["accepted"])
        self.assertFalse(self.dataset.activity_ids)

    def test_an_answer_to_try_again_changes_nothing(self):
        self.heed("retry", message="Down.")
        self.assertEqual(self.dataset.state, "active")
        self.assertFalse(self.dataset.activity_ids)

    def test_a_pause_says_why_in_words(self):
        self.heed("pause", message="Meta's words.", meaning="Ours.", cure="Do this.")
        self.assertEqual(self.dataset.state, "paused")
        self.assertEqual(
            self.dataset.trouble.splitlines(), ["Meta's words.", "Ours.", "Do this."]
        )

    def test_the_owner_gets_the_activity(self):
        owner = new_test_user(
            self.env, "owner", groups="meta_crm_capi.group_meta_administrator"
        )
        self.dataset.owner_id = owner
        self.heed("pause", message="Gone.")
        activity = self.dataset.activity_ids
        self.assertEqual(activity.user_id, owner)
        self.assertEqual(
            self.dataset.with_user(owner).activity_ids.mapped("summary"),
            ["Meta refuses our events"],
        )

    def test_without_an_owner_the_administrator_gets_it(self):
        self.dataset.owner_id = False
        self.heed("pause", message="Gone.")
        self.assertEqual(
            self.dataset.activity_ids.user_id, self.env.ref("base.user_admin")
        )

    def test_an_owner_without_any_right_here_does_not_prevent_the_pause(self):
        self.dataset.owner_id = self.rep
        self.heed("pause", message="Gone.")
        self.assertEqual(self.dataset.state, "paused")
        self.assertEqual(len(self.dataset.activity_ids), 1)

    def test_metas_words_are_shown_as_text(self):
        self.heed("pause", message="<script>alert(1)</script>\nGone.")
        note = self.dataset.activity_ids.note
        self.assertNotIn("<script", note)
        self.assertIn("&lt;script", note)

    def test_pausing_twice_makes_one_activity(self):
        self.heed("pause", message="Gone.")
        self.dataset.state = "active"
        self.heed("pause", message="Gone again.")
        activity = self.dataset.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertIn("Gone again.", activity.note)

    def test_a_done_activity_comes_again_when_it_happens_again(self):
        self.heed("pause", message="Gone.")
        self.dataset.activity_ids.action_done()
        self.dataset.state = "active"
        self.heed("pause", message="Gone.")
        self.assertEqual(len(self.dataset.activity_ids), 1)

    def test_a_late_answer_does_not_wake_a_paused_dataset(self):
        self.dataset._pause("Gone.")
        for verdict in ("accepted", "throttle", "retry"):
            self.heed(verdict)
            self.assertEqual(self.dataset.state, "paused")

    def test_a_late_answer_does_not_touch_a_stopped_dataset(self):
        self.dataset.action_stop()
        for verdict in ("accepted", "throttle", "pause"):
            self.heed(verdict, message="Late.")
            self.assertEqual(self.dataset.state, "stopped")
        self.assertFalse(self.dataset.activity_ids)

    def test_resuming_forgets_the_trouble_and_the_activity(self):
        self.dataset._pause("Gone.", 600)
        self.dataset.action_resume()
        self.assertEqual(self.dataset.state, "active")
        self.assertFalse(self.dataset.trouble)
        self.assertFalse(self.dataset.resume_at)
        self.assertFalse(self.dataset.activity_ids)

    def test_an_activity_of_a_persons_own_survives(self):
        own = self.dataset.activity_schedule(
            "mail.mail_activity_data_todo", summary="Call the agency"
        )
        self.dataset._pause("Gone.")
        self.dataset.action_resume()
        self.assertEqual(self.dataset.activity_ids, own)

    def test_an_activated_dataset_has_no_trouble(self):
        self.dataset._pause("Gone.")
        self.dataset.state = "active"
        self.assertFalse(self.dataset.trouble)

    def test_a_new_token_does_not_start_a_stopped_dataset(self):
        self.dataset.action_stop()
        self.dataset.access_token = "new-token"
        self.connection.access_token = "new-token"
        self.assertEqual(self.dataset.state, "stopped")

    def test_a_new_token_does_not_shorten_a_rest(self):
        self.dataset._rest(600, "Too fast.")
        self.dataset.access_token = "new-token"
        self.assertEqual(self.dataset.state, "resting")

    def test_a_copy_is_a_healthy_dataset_without_secrets(self):
        self.dataset.access_token = "own-token"
        self.dataset._pause("Gone.")
        copy = self.dataset.copy({"meta_id": "500000000000009"})
        self.assertEqual(copy.state, "active")
        self.assertFalse(copy.trouble)
        self.assertFalse(copy.has_access_token)
        self.assertFalse(copy.activity_ids)

    def test_only_an_administrator_may_use_the_buttons(self):
        reader = new_test_user(
            self.env, "reader", groups="meta_crm_capi.group_meta_user"
        )
        self.dataset._pause("Gone.")
        for person in (reader, self.rep):
            for action in (
                "action_stop",
                "action_resume",
                "action_check",
                "action_map_pipeline",
            ):
                with (
                    self.subTest(person=person.login, action=action),
                    self.assertRaises(AccessError),
                ):
                    getattr(self.dataset.with_user(person), action)()
        self.assertEqual(self.dataset.state, "paused")
        self.assertEqual(self.meta.requests(), [])

    def test_an_administrator_of_another_company_may_not_either(self):
        company = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="meta_crm_capi.group_meta_administrator",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.dataset.action_stop()
        for action in ("action_stop", "action_resume", "action_check"):
            with self.subTest(action=action), self.assertRaises(AccessError):
                getattr(self.dataset.with_user(stranger), action)()
        self.assertEqual(self.dataset.state, "stopped")


class TestSettings(DeliveryCase):
    def test_an_id_has_digits_only(self):
        for wrong in ("12a", "٣٤٥", "1.5", "-1", "12 34", "1" * 40):
            with self.subTest(wrong=wrong), self.assertRaises(ValidationError):
                self.dataset.meta_id = wrong

    def test_blanks_around_the_id_are_dropped(self):
        self.dataset.meta_id = " 500000000000007\n"
        self.assertEqual(self.dataset.meta_id, "500000000000007")

    def test_a_test_event_code_that_cannot_be_sent_is_an_error_at_once(self):
        with self.assertRaises(ValidationError):
            self.dataset.test_event_code = "X" * 101

    def test_an_administrator_makes_a_dataset_by_hand(self):
        form = Form(self.env["meta.capi.dataset"].with_user(self.administrator))
        form.name = "By hand"
        form.meta_id = "500000000000008"
        form.connection_id = self.connection
        dataset = form.save()
        self.assertEqual((dataset.state, dataset.active), ("active", True))
        self.assertEqual(dataset.owner_id, self.administrator)


class TestCheck(DeliveryCase):
    def check(self):
        action = self.dataset.with_user(self.administrator).action_check()
        return action["params"]["type"], action["params"]["message"]

    def last_log(self):
        return self.env["meta.sync.log"].search([("kind", "=", "check")], limit=1)

    def test_a_good_token_works(self):
        kind, _message = self.check()
        self.assertEqual(kind, "success")
        self.assertEqual(self.last_log().outcome, "accepted")
        self.assertEqual(self.last_log().dataset_id, self.dataset)

    def test_a_dataset_that_is_none_of_a_crm_is_a_warning(self):
        self.meta.add_dataset("500000000000005", "Web shop", is_crm=False)
        self.add_token(TOKEN, "500000000000005")
        self.dataset.meta_id = "500000000000005"
        kind, message = self.check()
        self.assertEqual(kind, "warning")
        self.assertIn("not a CRM dataset", message)

    def test_a_dead_token_does_not_work(self):
        self.meta.revoke_token(TOKEN)
        kind, message = self.check()
        self.assertEqual(kind, "danger")
        self.assertIn("token", message)
        self.assertEqual(self.last_log().code, 190)

    def test_a_send_only_token_is_uncertain(self):
        self.meta.add_token("own-token", "send_only", dataset_ids=[DATASET])
        self.dataset.access_token = "own-token"
        kind, message = self.check()
        self.assertEqual(kind, "warning")
        self.assertIn("first event will tell", message)

    def test_checking_neither_pauses_nor_resumes(self):
        self.meta.revoke_token(TOKEN)
        self.check()
        self.assertEqual(self.dataset.state, "active")
        self.dataset._pause("Gone.")
        self.meta.renew_token(TOKEN)
        self.check()
        self.assertEqual(self.dataset.state, "paused")
