"""Several Meta leads of one person: each has its own steps at Meta."""

from .test_same_person import ANA, FORM, PersonCase


class TestSteps(PersonCase):
    def setUp(self):
        super().setUp()
        self.page.person_policy = "join"

    def steps(self, row):
        """The event names of one submission that wait for Meta, in order."""
        self.flush()
        events = row.event_ids.sorted("id")
        return [event.event_name for event in events if event.state == "queued"]

    def name(self, stage):
        return self.dataset.rule_ids.filtered(
            lambda rule: rule.stage_id == stage
        ).event_name

    def test_a_later_move_reports_both(self):
        first = self.send(ANA, form=FORM)
        second = self.send(ANA)
        lead = first.lead_id
        self.assertEqual(self.steps(first), ["initial_lead"])
        self.assertEqual(self.steps(second), ["initial_lead"])
        lead.stage_id = self.qualified
        for row in (first, second):
            self.assertEqual(
                self.steps(row), ["initial_lead", self.name(self.qualified)]
            )
        ids = lead.meta_event_ids.mapped("event_id")
        self.assertEqual((len(ids), len(set(ids))), (4, 4))

    def test_one_that_joins_later_reports_the_steps_that_were_reached(self):
        """As a lead that is created beyond the first stage: the funnel's own rule."""
        first = self.send(ANA, form=FORM)
        first.lead_id.stage_id = self.proposition
        self.flush()
        before = self.steps(first)
        second = self.send(ANA)
        self.assertEqual(
            self.steps(second),
            ["initial_lead", self.name(self.qualified), self.name(self.proposition)],
        )
        # Nothing new happened to the first one.
        self.assertEqual(self.steps(first), before)
        first.lead_id.action_set_won()
        for row in (first, second):
            self.assertEqual(self.steps(row)[-1], self.name(self.won))

    def test_a_lead_and_one_that_is_linked_to_it_go_their_own_ways(self):
        self.page.person_policy = "link"
        first, second = self.send(ANA, form=FORM), self.send(ANA)
        second.lead_id.stage_id = self.qualified
        self.assertEqual(self.steps(first), ["initial_lead"])
        self.assertEqual(
            self.steps(second), ["initial_lead", self.name(self.qualified)]
        )

    def test_two_of_one_batch_report_both(self):
        rows = self.announce(*(self.fill_in(ANA) for _lead in range(2)))
        self.fetch()
        self.assertEqual(len(rows.lead_id), 1)
        for row in rows:
            self.assertEqual(self.steps(row), ["initial_lead"])

    def test_one_that_joins_a_lead_which_was_no_lead_of_metas_reports_itself(self):
        lead = self.make_foreign_lead(email_from="ana@example.com")
        row = self.send(ANA)
        self.assertEqual(row.lead_id, lead)
        self.assertEqual(self.steps(row), ["initial_lead"])
        self.assertEqual(len(lead.meta_event_ids), 1)


class TestConsent(PersonCase):
    disclaimer = {
        "title": "x",
        "body": "y",
        "checkboxes": [{"key": "share", "text": "Share", "is_required": False}],
    }

    def setUp(self):
        super().setUp()
        self.page.person_policy = "join"
        for form in self.form, self.autumn:
            form.consent_key = "share"

    def said(self, before, ticked):
        """What a lead holds that held this when its person sent the form again."""
        lead = self.send(ANA, form=FORM).lead_id
        lead.meta_consent = before
        self.autumn.consent_key = False if ticked is None else "share"
        row = self.send(ANA, consents={"share": bool(ticked)})
        self.assertEqual(row.lead_id, lead)
        said = lead.meta_consent
        lead.unlink()
        return said

    def test_a_no_counts_at_once_and_a_yes_where_nothing_was_known(self):
        for before, ticked, after in (
            ("unknown", None, "unknown"),
            ("unknown", True, "yes"),
            ("unknown", False, "no"),
            ("yes", None, "yes"),
            ("yes", False, "no"),
            ("no", True, "no"),
            (False, True, "yes"),
        ):
            with self.subTest(before=before, ticked=ticked):
                self.assertEqual(self.said(before, ticked), after)

    def test_a_no_takes_back_what_waits_of_the_first_one(self):
        first = self.send(ANA, form=FORM)
        self.flush()
        self.assertEqual(first.event_ids.mapped("state"), ["queued"])
        self.send(ANA, consents={"share": False})
        self.flush()
        self.env.invalidate_all()
        self.assertEqual(first.event_ids.mapped("state"), ["cancelled"])
        self.assertNotIn("queued", first.lead_id.meta_event_ids.mapped("state"))
