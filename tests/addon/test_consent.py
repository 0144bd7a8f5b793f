"""What a person said about Meta, and what their moves report then."""

from itertools import product

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user
from odoo.tools import SQL

from odoo.addons.meta_crm_capi.models import consent

from .common import MetaCase

FIRST, SECOND = "10000000000000001", "10000000000000002"
SAID = (None, "unknown", "yes", "no")


class ConsentCase(MetaCase):
    def make_contact(self, said="unknown", **vals):
        return self.env["res.partner"].create(
            {"name": "Ana Acker", "meta_consent": said, **vals}
        )

    def move(self, lead, *stages):
        for stage in stages:
            lead.write({"stage_id": stage.id})
            self.flush()


class TestRule(ConsentCase):
    def test_a_no_wins_wherever_it_stands(self):
        for said in product(SAID, repeat=3):
            if "no" in said:
                self.assertEqual(consent.effective(*said), "no", said)

    def test_a_yes_counts_on_the_lead_and_on_the_contact_but_not_on_the_company(self):
        self.assertEqual(consent.effective("yes", "unknown", "unknown"), "yes")
        self.assertEqual(consent.effective("unknown", "yes", None), "yes")
        self.assertEqual(consent.effective("unknown", None, "yes"), "unknown")

    def test_what_nobody_noted_is_unknown(self):
        self.assertEqual(consent.effective(None, None, None), "unknown")

    def test_the_database_rules_as_the_screen_does(self):
        for said in product(SAID, repeat=3):
            found = self.env.execute_query(
                SQL(
                    """
                    SELECT %s
                      FROM (SELECT %s::varchar AS meta_consent) lead,
                           (SELECT %s::varchar AS meta_consent) contact,
                           (SELECT %s::varchar AS meta_consent) contact_company
                    """,
                    consent.EFFECTIVE,
                    *said,
                )
            )
            self.assertEqual(found, [(consent.effective(*said),)], said)

    def test_of_merged_words_a_no_survives_and_then_a_yes(self):
        self.assertEqual(consent.strictest(["yes", "unknown", "no"]), "no")
        self.assertEqual(consent.strictest(["unknown", "yes", False]), "yes")
        self.assertEqual(consent.strictest([False, "unknown"]), "unknown")


class TestMove(ConsentCase):
    def assert_says_no(self, lead):
        (row,) = self.event_rows(lead)[1:]
        self.assertEqual(
            (row.state, row.reason, row.event_id, row.next_try_at, row.dataset_id),
            ("not_sent", consent.SAID_NO, False, False, self.dataset),
        )

    def test_a_move_of_who_said_no_says_so(self):
        lead = self.make_lead()
        self.env.cr.execute("UPDATE crm_lead SET meta_consent = 'no'")
        self.env.invalidate_all()
        self.move(lead, self.proposition)
        self.assert_says_no(lead)

    def test_so_does_a_move_of_a_lead_whose_contact_said_no(self):
        lead = self.make_lead(partner_id=self.make_contact("no").id)
        self.assertEqual(self.events(lead), [("initial_lead", "not_sent")])
        self.assertEqual(self.reasons(lead), [consent.SAID_NO])

    def test_so_does_one_whose_contacts_company_said_no(self):
        company = self.make_contact("no", name="Acker Ltd", is_company=True)
        contact = self.make_contact("yes", parent_id=company.id)
        lead = self.make_lead(partner_id=contact.id, meta_consent="yes")
        self.assertEqual(self.reasons(lead), [consent.SAID_NO])

    def test_a_no_that_comes_with_the_move_counts_for_it(self):
        lead = self.make_lead()
        lead.write({"stage_id": self.qualified.id, "meta_consent": "no"})
        self.assertEqual(
            self.events(lead),
            [("initial_lead", "cancelled"), ("qualified", "not_sent")],
        )

    def test_a_no_after_the_move_of_the_same_transaction_counts_for_it_too(self):
        lead = self.make_lead()
        lead.write({"stage_id": self.qualified.id})
        lead._hand_over_moves()
        lead.meta_consent = "no"
        self.assertEqual(
            self.events(lead),
            [("initial_lead", "cancelled"), ("qualified", "cancelled")],
        )

    def test_a_contact_that_is_linked_in_the_move_counts_for_it(self):
        lead = self.make_lead()
        contact = self.make_contact("no")
        lead.write({"stage_id": self.qualified.id, "partner_id": contact.id})
        self.assertEqual(self.events(lead)[-1], ("qualified", "not_sent"))

    def test_a_yes_and_an_unknown_are_sent_by_default(self):
        for meta_id, said in ((FIRST, "yes"), (SECOND, "unknown")):
            lead = self.make_lead(meta_id, meta_consent=said)
            self.assertEqual(self.queued(lead), ["initial_lead"])

    def test_an_unknown_is_not_sent_where_the_dataset_wants_a_yes(self):
        self.dataset.unknown_consent = "withhold"
        lead = self.make_lead(FIRST)
        self.assertEqual(self.reasons(lead), [consent.NOT_ASKED])
        asked = self.make_lead(SECOND, partner_id=self.make_contact("yes").id)
        self.assertEqual(self.queued(asked), ["initial_lead"])

    def test_the_companys_yes_is_not_the_persons(self):
        self.dataset.unknown_consent = "withhold"
        company = self.make_contact("yes", name="Acker Ltd", is_company=True)
        contact = self.make_contact(parent_id=company.id)
        lead = self.make_lead(partner_id=contact.id)
        self.assertEqual(self.reasons(lead), [consent.NOT_ASKED])

    def test_an_empty_field_of_another_programs_row_is_unknown(self):
        lead = self.make_lead(partner_id=self.make_contact().id)
        self.env.cr.execute("UPDATE crm_lead SET meta_consent = NULL")
        self.env.cr.execute("UPDATE res_partner SET meta_consent = NULL")
        self.env.invalidate_all()
        self.move(lead, self.qualified)
        self.assertEqual(self.queued(lead), ["initial_lead", "qualified"])
        self.dataset.unknown_consent = "withhold"
        self.move(lead, self.won)
        self.assertEqual(self.reasons(lead), [consent.NOT_ASKED])

    def test_a_later_yes_lets_the_next_move_fill_what_was_never_reported(self):
        lead = self.make_lead(meta_consent="no")
        self.move(lead, self.qualified)
        lead.meta_consent = "yes"
        self.flush()
        self.assertEqual(self.queued(lead), [])
        self.move(lead, self.proposition)
        self.assertEqual(
            self.queued(lead), ["initial_lead", "qualified", "proposition"]
        )

    def test_what_was_skipped_is_not_mentioned_of_who_said_no(self):
        lead = self.make_lead(meta_consent="no")
        self.move(lead, self.won)
        self.assertEqual([name for name, _state in self.events(lead)][1:], ["won"])

    def test_no_dataset_and_a_stopped_one_come_before_consent(self):
        self.dataset.action_stop()
        lead = self.make_lead(meta_consent="no")
        self.assertIn("stopped", self.reasons(lead)[0])

    def test_a_foreign_leads_move_costs_no_query_for_consent(self):
        lead = self.make_foreign_lead(partner_id=self.make_contact("no").id)
        lead.write({"stage_id": self.qualified.id})
        self.env.flush_all()
        moves = {lead.id: lead._collected()["meta_crm_capi.moves"][lead.id]}
        with self.assertQueryCount(1):
            self.env["meta.capi.event"]._enqueue_moves(moves, ())

    def count_queries_of_a_move(self, lead, count):
        lead.write({"stage_id": self.qualified.id})
        self.env.flush_all()
        self.env["meta.capi.rule"]._get_pipeline(self.dataset.id, self.team.id)
        moves = {lead.id: lead._collected()["meta_crm_capi.moves"][lead.id]}
        with self.assertQueryCount(count):
            self.env["meta.capi.event"]._enqueue_moves(moves, ())

    def test_a_move_without_a_contact_costs_no_query_for_consent(self):
        lead = self.make_lead(meta_consent="yes")
        # Which are Meta's, what was reported, a savepoint and its end, the insert.
        self.count_queries_of_a_move(lead, 5)

    def test_a_move_with_a_contact_costs_one_query_for_consent(self):
        lead = self.make_lead(partner_id=self.make_contact("yes").id)
        self.count_queries_of_a_move(lead, 6)


class TestRights(ConsentCase):
    def test_a_salesperson_notes_it_on_the_lead_and_on_the_contact(self):
        contact = self.make_contact()
        lead = self.make_lead(partner_id=contact.id)
        mine = lead.with_user(self.rep)
        mine.meta_consent = "no"
        self.assertEqual(self.events(lead), [("initial_lead", "cancelled")])
        mine.meta_consent = "unknown"
        contact.with_user(self.rep).meta_consent = "no"
        self.assertEqual(mine.meta_effective_consent, "no")
        with self.assertRaises(AccessError):
            self.env["meta.capi.event"].with_user(self.rep).search([])

    def test_who_may_not_write_the_contact_may_not_say_no_for_it(self):
        contact = self.make_contact()
        lead = self.make_lead(partner_id=contact.id)
        outsider = new_test_user(self.env, "outsider", groups="base.group_user")
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            contact.with_user(outsider).meta_consent = "no"
        self.assertEqual(self.queued(lead), ["initial_lead"])

    def test_a_change_is_tracked_on_the_lead_and_on_the_contact(self):
        contact = self.make_contact()
        lead = self.make_lead(partner_id=contact.id)
        for record in (lead, contact):
            record.meta_consent = "no"
            self.flush()
            values = record.message_ids.tracking_value_ids
            self.assertIn(
                ("Unknown", "No"),
                [(value.old_value_char, value.new_value_char) for value in values],
            )

    def test_a_contact_of_another_company_counts_though_the_rep_cannot_see_it(self):
        sister = self.env["res.company"].create({"name": "Sister"})
        lead = self.make_lead(partner_id=self.make_contact().id)
        self.env.cr.execute(
            "UPDATE res_partner SET company_id = %s, meta_consent = 'no' WHERE id = %s",
            [sister.id, lead.partner_id.id],
        )
        self.env.invalidate_all()
        lead.with_user(self.rep).write({"stage_id": self.qualified.id})
        self.assertEqual(self.events(lead)[-1], ("qualified", "not_sent"))


class TestScreens(ConsentCase):
    def test_the_lead_shows_what_counts(self):
        contact = self.make_contact()
        lead = self.make_lead(partner_id=contact.id, meta_consent="yes")
        self.assertEqual(lead.meta_effective_consent, "yes")
        contact.meta_consent = "no"
        self.assertEqual(lead.meta_effective_consent, "no")

    def test_a_salesperson_sets_it_in_the_forms(self):
        lead = self.make_lead(partner_id=self.make_contact().id)
        with Form(lead.with_user(self.rep)) as form:
            form.meta_consent = "yes"
        self.assertEqual(lead.meta_consent, "yes")
        with Form(lead.partner_id.with_user(self.rep)) as form:
            form.meta_consent = "no"
        self.assertEqual(lead.meta_effective_consent, "no")

    def test_the_filter_finds_the_leads_of_who_said_no(self):
        asked, other = self.make_lead(FIRST, meta_consent="no"), self.make_lead(SECOND)
        theirs = self.make_foreign_lead(partner_id=self.make_contact("no").id)
        for kind in ("leads", "opportunities"):
            view = f"meta_crm_capi.view_crm_case_{kind}_filter"
            arch = self.env.ref(view).arch
            self.assertIn("meta_consent_no", arch)
        found = self.env["crm.lead"].search(
            [
                ("id", "in", (asked + other + theirs).ids),
                "|",
                ("meta_consent", "=", "no"),
                ("partner_id.meta_consent", "=", "no"),
            ]
        )
        self.assertEqual(found, asked + theirs)


class TestNewContact(ConsentCase):
    def test_the_contact_made_of_a_lead_says_what_the_person_said(self):
        for meta_id, said in ((FIRST, "no"), (SECOND, "yes")):
            lead = self.make_lead(meta_id, meta_consent=said)
            lead._handle_partner_assignment()
            self.assertEqual(lead.partner_id.meta_consent, said)

    def test_the_company_made_of_a_lead_says_nothing(self):
        lead = self.make_lead(meta_consent="no", partner_name="Acker Ltd")
        lead._handle_partner_assignment()
        self.assertEqual(lead.partner_id.meta_consent, "no")
        self.assertEqual(lead.partner_id.parent_id.meta_consent, "unknown")

    def test_a_copied_lead_keeps_it(self):
        lead = self.make_lead(meta_consent="no")
        self.assertEqual(lead.copy().meta_consent, "no")

    def test_a_new_lead_and_a_new_contact_are_unknown(self):
        self.assertEqual(self.make_foreign_lead().meta_consent, "unknown")
        partner = self.env["res.partner"].create({"name": "Somebody"})
        self.assertEqual(partner.meta_consent, "unknown")


class TestImport(ConsentCase):
    def load(self, model, fields, *rows):
        result = (
            self.env[model]
            .with_user(self.administrator)
            .with_context(import_file=True)
            .load(fields, [list(row) for row in rows])
        )
        self.assertEqual(result["messages"], [])

    def test_an_imported_no_cancels(self):
        contact = self.make_contact()
        one = self.make_lead(FIRST)
        other = self.make_lead(SECOND, partner_id=contact.id)
        self.load("crm.lead", [".id", "meta_consent"], (str(one.id), "No"))
        self.assertEqual(self.events(one), [("initial_lead", "cancelled")])
        self.administrator.group_ids += self.env.ref("base.group_partner_manager")
        self.load("res.partner", [".id", "meta_consent"], (str(contact.id), "no"))
        self.assertEqual(self.events(other), [("initial_lead", "cancelled")])

    def test_a_new_lead_is_imported_with_its_no(self):
        self.load(
            "crm.lead",
            ["name", "type", "meta_lead_id", "meta_consent", "stage_id"],
            ("Ana", "opportunity", "l:20000000000000001", "No", "New"),
        )
        lead = self.env["crm.lead"].search([("meta_lead_id", "=", "20000000000000001")])
        self.move(lead, self.qualified)
        self.assertEqual(self.reasons(lead), [consent.SAID_NO])


class TestCompanies(ConsentCase):
    def test_a_shared_contacts_no_counts_in_every_company(self):
        sister = self.env["res.company"].create({"name": "Sister"})
        self.env.user.company_ids += sister
        connection = self.env["meta.connection"].create(
            {"name": "Sister", "company_id": sister.id}
        )
        theirs = self.env["meta.capi.dataset"].create(
            {
                "name": "Theirs",
                "meta_id": "500000000000003",
                "connection_id": connection.id,
                "unknown_consent": "withhold",
            }
        )
        theirs.action_map_pipeline()
        self.team.company_id = False
        contact = self.make_contact()
        lead = self.make_lead(FIRST, partner_id=contact.id)
        other = self.make_lead(
            SECOND,
            partner_id=contact.id,
            company_id=sister.id,
            user_id=False,
            submission={
                "company_id": sister.id,
                "connection_id": connection.id,
                "page_id": False,
                "form_id": False,
            },
        )
        # Each company has its own policy.
        self.assertEqual(self.queued(lead), ["initial_lead"])
        self.assertEqual(self.reasons(other), [consent.NOT_ASKED])
        other.meta_consent = "yes"
        self.move(other, self.qualified)
        self.assertEqual(self.queued(other), ["initial_lead", "qualified"])
        self.rep.company_ids = [Command.set(self.company.ids)]
        contact.with_user(self.rep).meta_consent = "no"
        self.flush()
        self.assertEqual(self.queued(lead + other), [])
