"""The form's policy for the same person, in imports."""

from .importing import META_ID, MatchCase


class TestPolicyForTheSamePerson(MatchCase):
    """The policy "add it to the open lead" holds for leads of an import too."""

    def setUp(self):
        super().setUp()
        self.page.person_policy = "join"
        self.lead = self.make_existing(
            email_from="ana@example.com", user_id=False, days=30
        )
        self.row = {"email": "ana@example.com"}

    def test_the_dry_run_shows_what_the_policy_will_add(self):
        run = self.matched(self.row)
        self.assertEqual(self.lines(run, "lead_id"), [(META_ID, "join", self.lead)])
        self.assertRecordValues(run, [{"create_count": 0, "join_count": 1}])
        self.start(run)
        self.assertEqual(self.find(META_ID).lead_id, self.lead)
        self.assertRecordValues(
            run, [{"made_count": 0, "joined_count": 1, "attached_count": 0}]
        )

    def test_by_the_phone_too_and_nobody_else(self):
        self.lead.phone = "+12025550123"
        run = self.matched(
            {"phone_number": "p:+1 202 555 0123"},
            {"id": "330000000000002", "email": "bea@example.com"},
        )
        self.assertEqual(
            self.lines(run), [(META_ID, "join"), ("330000000000002", "create")]
        )

    def test_the_policy_of_the_form_counts_first(self):
        self.form.person_policy = "new"
        self.assertEqual(self.lines(self.matched(self.row)), [(META_ID, "create")])

    def test_a_new_lead_that_a_person_chose_is_made(self):
        run = self.matched(self.row)
        line = self.env["meta.lead.import.line"].search([("import_id", "=", run.id)])
        line.with_user(self.administrator).action_make_new()
        self.start(run)
        row = self.find(META_ID)
        self.assertTrue(row.lead_id)
        self.assertNotEqual(row.lead_id, self.lead)
        self.assertRecordValues(run, [{"made_count": 1, "joined_count": 0}])

    def test_the_open_lead_stays_in_the_assignment_rules(self):
        self.start(self.matched(self.row))
        self.assertEqual(self.find(META_ID).lead_id, self.lead)
        self.assertIn(self.lead, self.assignable())

    def assignable(self):
        domain = self.team._get_lead_to_assign_domain()
        return self.env["crm.lead"].search(domain)
