"""Several leads match: a person chooses."""

from odoo.exceptions import AccessError, UserError

from .importing import META_ID, MatchCase


class TestAmbiguous(MatchCase):
    def setUp(self):
        super().setUp()
        self.near = self.make_existing(days=2, email_from="ana@example.com")
        self.far = self.make_existing(
            days=8, email_from="ana@example.com", phone="+12025550123"
        )
        self.row = {"email": "ana@example.com"}

    def line(self, run):
        return (
            self.env["meta.lead.import.line"]
            .with_user(self.administrator)
            .search([("import_id", "=", run.id)])
        )

    def test_several_matches_are_listed_and_attached_to_none(self):
        run = self.matched(self.row)
        self.assertRecordValues(
            self.line(run),
            [
                {
                    "kind": "ambiguous",
                    "lead_id": False,
                    "candidate_ids": (self.near + self.far).ids,
                }
            ],
        )
        self.start(run)
        row = self.find(META_ID)
        self.assertRecordValues(row, [{"state": "parked", "lead_id": False}])
        self.assertIn("Several leads", row.reason)
        self.assertIn("Open its import", row.cure)
        self.assertEqual(run.parked_count, 1)

    def test_what_waits_is_erased_with_the_last_lead_that_it_may_be(self):
        self.start(self.matched(self.row))
        row = self.find(META_ID)
        self.assertTrue(row.answers)
        self.near.unlink()
        self.assertRecordValues(row, [{"state": "parked"}])
        self.assertTrue(row.answers)
        self.far.unlink()
        self.assertRecordValues(row, [{"state": "erased", "answers": False}])

    def test_what_is_counted_only_is_erased_with_the_last_one_too(self):
        run = self.matched(self.row)
        (self.near + self.far).unlink()
        self.start(run)
        self.assertEqual(self.find(META_ID).state, "erased")

    def test_a_lead_that_was_chosen_is_erased_alone(self):
        run = self.matched(self.row)
        self.line(run).lead_id = self.far
        self.start(run)
        self.near.unlink()
        self.assertEqual(self.find(META_ID).state, "done")
        self.far.unlink()
        self.assertEqual(self.find(META_ID).state, "erased")

    def test_the_import_cannot_be_deleted_while_a_choice_is_open(self):
        run = self.matched(self.row)
        self.start(run)
        with self.assertRaisesRegex(UserError, "still wait"):
            run.unlink()
        # Others can.
        self.make_import().unlink()
        self.line(run).lead_id = self.near
        with self.assertRaisesRegex(UserError, "still wait"):
            run.unlink()
        self.fetch()
        run.unlink()
        self.assertEqual(self.find(META_ID).lead_id, self.near)

    def test_another_import_does_not_take_what_waits_for_a_choice(self):
        run = self.matched(self.row)
        self.start(run)
        other = self.matched(self.row)
        self.assertEqual(self.lines(other), [(META_ID, "known")])
        self.start(other)
        self.assertRecordValues(
            self.find(META_ID), [{"state": "parked", "import_id": run.id}]
        )

    def test_trying_again_without_a_choice_parks_it_again(self):
        self.start(self.matched(self.row))
        row = self.find(META_ID)
        row.with_user(self.administrator).action_try_again()
        self.fetch()
        self.assertEqual(row.state, "parked")

    def test_a_choice_before_the_import_is_kept(self):
        run = self.matched(self.row)
        self.line(run).lead_id = self.far
        self.assertRecordValues(run, [{"ambiguous_count": 0, "attach_count": 1}])
        self.start(run)
        self.assertEqual(self.find(META_ID).lead_id, self.far)

    def test_a_choice_is_kept_where_it_is_counted_again(self):
        run = self.matched(self.row)
        self.line(run).lead_id = self.far
        self.count(run)
        self.assertEqual(
            self.lines(run, "lead_id", "is_decided"),
            [(META_ID, "attach", self.far, True)],
        )
        self.assertRecordValues(run, [{"attach_count": 1, "repeated_count": 0}])

    def test_a_choice_after_the_import_brings_the_parked_one_in(self):
        run = self.matched(self.row)
        self.start(run)
        self.line(run).lead_id = self.near
        self.fetch()
        self.assertRecordValues(
            self.find(META_ID),
            [{"state": "done", "lead_id": self.near.id, "is_attached": True}],
        )
        with self.assertRaisesRegex(UserError, "in Odoo already"):
            self.line(run).lead_id = self.far

    def test_a_new_lead_can_be_asked_for(self):
        run = self.matched(self.row)
        self.line(run).action_make_new()
        self.start(run)
        row = self.find(META_ID)
        self.assertEqual(row.state, "done")
        self.assertNotIn(row.lead_id, self.near + self.far)

    def test_a_match_can_be_turned_down(self):
        self.far.unlink()
        run = self.matched(self.row)
        self.assertEqual(self.line(run).kind, "attach")
        self.line(run).lead_id = False
        self.start(run)
        self.assertNotEqual(self.find(META_ID).lead_id, self.near)

    def test_the_phone_may_tell_two_of_the_same_address_apart(self):
        run = self.matched({**self.row, "phone_number": "p:+1 202 555 0123"})
        self.assertEqual(self.lines(run, "lead_id"), [(META_ID, "attach", self.far)])

    def test_the_one_nearest_in_time_can_be_taken(self):
        run = self.matched(self.row, when_ambiguous="nearest")
        self.assertEqual(self.lines(run, "lead_id"), [(META_ID, "attach", self.near)])

    def test_a_new_lead_can_be_made_of_all_that_are_not_clear(self):
        run = self.matched(self.row, when_ambiguous="create")
        self.assertEqual(self.lines(run), [(META_ID, "create")])

    def test_a_lead_of_another_company_cannot_be_chosen(self):
        company = self.env["res.company"].create({"name": "Other"})
        foreign = self.make_existing(
            company_id=company.id, team_id=False, user_id=False
        )
        run = self.matched(self.row)
        with self.assertRaises(UserError):
            self.line(run).sudo().lead_id = foreign

    def test_known_leads_are_not_to_be_decided(self):
        known = self.come_in()
        run = self.matched({"id": known.meta_id})
        with self.assertRaises(UserError):
            self.line(run).lead_id = self.near

    def test_nobody_but_administrators_decides(self):
        run = self.matched(self.row)
        with self.assertRaises(AccessError):
            self.line(run).with_user(self.rep).lead_id = self.near
