"""A step of which Meta refuses every event is set aside; the other steps go on."""

from odoo.exceptions import AccessError

from .test_deliver_culprits import CulpritCase


class TestSetAside(CulpritCase):
    """Seven raw leads that Meta refuses, and events of another step among them."""

    def setUp(self):
        super().setUp()
        self.rule = self.rows.rule_id
        self.assertEqual(self.rule.step, "raw_lead")
        self.raw_leads = self.rows
        self.raw_leads.lead_id[-3:].stage_id = self.won
        self.flush()
        self.others = self.rows - self.raw_leads

    def spoil_all(self):
        self.spoil(*(self.rows.ids.index(row.id) for row in self.raw_leads))

    def alarms(self):
        """Those of steps that were set aside; refusals have one of their own."""
        return self.dataset.activity_ids.filtered(
            lambda activity: activity.meta_alarm.startswith("rule")
        )

    def test_after_three_culprits_the_rest_of_the_step_waits(self):
        self.spoil_all()
        self.deliver()
        states = sorted(self.raw_leads.mapped("state"))
        self.assertEqual(states, ["queued"] * 4 + ["refused"] * 3)
        self.assertTrue(self.rule.is_set_aside)

    def test_the_other_steps_go_through_in_the_same_run(self):
        self.spoil_all()
        self.deliver()
        self.assertEqual(set(self.others.mapped("state")), {"accepted"})
        self.assertEqual(self.dataset.state, "active")

    def test_where_meta_names_nobody_it_is_the_same(self):
        self.spoil_namelessly(*range(7))
        self.deliver()
        states = sorted(self.raw_leads.mapped("state"))
        self.assertEqual(states, ["queued"] * 4 + ["refused"] * 3)
        self.assertEqual(set(self.others.mapped("state")), {"accepted"})

    def test_it_costs_few_requests(self):
        self.spoil_all()
        self.deliver()
        # All; for each of three one without it, and one of it alone, as Meta names
        # the same position each time; then what is left.
        self.assertLessEqual(len(self.posts()), 8)

    def test_what_waits_is_charged_no_try_and_holds_no_lease(self):
        self.spoil_all()
        self.deliver()
        waiting = self.raw_leads.filtered(lambda row: row.state == "queued")
        self.assertEqual(set(waiting.mapped("tries")), {0})
        self.assertFalse(any(waiting.mapped("is_sending")))

    def test_it_is_not_sent_again_and_wakes_nobody(self):
        self.spoil_all()
        self.deliver()
        before = len(self.posts())
        with self.wake_ups() as wake_ups:
            self.make_due()
            self.deliver()
        self.assertEqual(len(self.posts()), before)
        self.assertFalse(wake_ups.records)

    def test_one_alarm_names_the_step_and_metas_words(self):
        self.spoil_all()
        self.deliver()
        activity = self.alarms()
        self.assertEqual(len(activity), 1)
        self.assertIn("initial_lead", activity.summary)
        self.assertIn("Server Side Api Parameter Error", activity.note)
        self.assertIn("Server Side Api Parameter Error", self.rule.trouble)

    def test_new_moves_of_the_step_wait_too_and_other_steps_do_not(self):
        self.spoil_all()
        self.deliver()
        lead = self.make_known_lead()
        lead.stage_id = self.won
        self.deliver()
        self.assertEqual(
            [(row.event_name, row.state) for row in self.event_rows(lead)],
            [
                ("initial_lead", "queued"),
                ("qualified", "accepted"),
                ("proposition", "accepted"),
                ("won", "accepted"),
            ],
        )

    def test_resuming_sends_what_waited_and_clears_the_alarm(self):
        self.spoil_all()
        self.deliver()
        waiting = self.raw_leads.filtered(lambda row: row.state == "queued")
        waiting.write({"currency_id": False, "body": False})
        with self.wake_ups() as wake_ups:
            self.rule.with_user(self.administrator).action_resume()
        self.assertEqual(len(wake_ups.records), 1)
        self.assertFalse(self.rule.is_set_aside)
        self.assertFalse(self.rule.trouble)
        self.assertFalse(self.alarms())
        self.deliver()
        self.assertEqual(set(waiting.mapped("state")), {"accepted"})

    def test_resuming_without_having_mended_it_sets_it_aside_again(self):
        self.spoil_all()
        self.deliver()
        self.rule.action_resume()
        self.deliver()
        states = sorted(self.raw_leads.mapped("state"))
        self.assertEqual(states, ["queued"] * 1 + ["refused"] * 6)
        self.assertTrue(self.rule.is_set_aside)
        self.assertEqual(len(self.alarms()), 1)

    def test_two_culprits_do_not_set_a_step_aside(self):
        places = [self.rows.ids.index(row.id) for row in self.raw_leads[:2]]
        self.spoil(*places)
        self.deliver()
        self.assertFalse(self.rule.is_set_aside)
        self.assert_only_the_bad_ones_are_refused("Server Side Api Parameter Error")

    def test_only_an_administrator_resumes(self):
        self.rule._set_aside("Refused.")
        with self.assertRaises(AccessError):
            self.rule.with_user(self.rep).action_resume()
        self.assertTrue(self.rule.is_set_aside)

    def test_a_rule_that_was_deleted_meanwhile_is_nobodys_trouble(self):
        rule = self.dataset.rule_ids.filtered(lambda rule: rule.step == "lost")
        rule.unlink()
        rule._set_aside("Refused.")
        self.assertFalse(self.dataset.activity_ids)

    def test_a_copy_of_a_rule_is_not_set_aside(self):
        self.rule._set_aside("Refused.")
        copy = self.rule.copy({"active": False})
        self.assertFalse(copy.is_set_aside)
        self.assertFalse(copy.trouble)
