"""A changed mapping is applied to past leads, and never over what a person edited."""

from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from odoo.addons.meta_crm_capi.models import meta_lead_form_remap

from .common import DATASET
from .test_form_mapping import MappingScreenCase


class RemapCase(MappingScreenCase):
    def setUp(self):
        super().setUp()
        self.asked = self.ask(
            {"key": "name", "type": "FULL_NAME", "label": "Name"},
            {"key": "town", "type": "CUSTOM", "label": "Your town"},
            {"key": "budget", "type": "CUSTOM", "label": "Budget"},
            {"key": "roof?", "type": "CUSTOM", "label": "Roof?"},
            targets={"town": None, "budget": None, "roof?": None},
        )

    def map_to(self, key, name):
        self.question(self.asked, key).write(
            {"field_id": name and self.field(name).id, "property_id": False}
        )

    def come(self, **answers):
        answers = {"name": "Ana Acker", "town": "Ankara", **answers}
        return self.answer(answers)

    def wizard(self, **vals):
        self.env.flush_all()
        self.env.invalidate_all()
        wizards = self.env["meta.lead.form.remap"].with_user(self.administrator)
        return wizards.create({"form_id": self.asked.id, **vals})

    def apply(self, **vals):
        self.wizard(**vals).action_apply()
        self.env.flush_all()
        self.env.invalidate_all()

    def counts(self, **vals):
        wizard = self.wizard(**vals)
        return (wizard.row_count, wizard.changed_count, wizard.kept_count)


class TestRemap(RemapCase):
    def test_an_answer_moves_from_the_notes_to_its_field_and_back(self):
        row = self.come()
        self.map_to("town", "city")
        self.assertEqual(self.counts(), (1, 1, 0))
        self.apply()
        self.assertEqual(row.lead_id.city, "Ankara")
        self.assertEqual(self.notes(row), [])
        self.assertEqual(self.counts(), (1, 0, 0))
        self.map_to("town", None)
        self.apply()
        self.assertFalse(row.lead_id.city)
        self.assertEqual(self.notes(row), ["Your town: Ankara"])

    def test_the_preview_shows_lead_field_old_and_new_and_changes_nothing(self):
        row = self.come(budget="1.500")
        self.map_to("town", "city")
        self.map_to("budget", "expected_revenue")
        preview = self.wizard().preview
        for words in ("Test form: Ana Acker", "City", "Ankara", "Expected Revenue"):
            self.assertIn(words, preview)
        self.assertIn("1500.0", preview)
        self.assertIn("Notes", preview)
        self.env.invalidate_all()
        self.assertFalse(row.lead_id.city or row.lead_id.expected_revenue)
        self.assertEqual(self.notes(row), ["Your town: Ankara", "Budget: 1.500"])

    def test_the_preview_is_stored_nowhere(self):
        self.come()
        self.map_to("town", "city")
        wizard = self.wizard()
        self.assertIn("Ankara", wizard.preview)
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT to_jsonb(r)::text FROM meta_lead_form_remap r WHERE id = %s",
            [wizard.id],
        )
        self.assertNotIn("Ankara", self.env.cr.fetchone()[0])

    def test_what_people_wrote_never_becomes_part_of_the_preview_page(self):
        self.come(town="<img src=x onerror=alert(1)>", name="<script>alert(2)</script>")
        self.map_to("town", "city")
        preview = self.wizard().preview
        self.assertNotIn("<img", preview)
        self.assertNotIn("<script", preview)
        self.assertIn("&lt;img", preview)

    def test_what_a_person_edited_stays_and_is_counted(self):
        self.map_to("town", "city")
        row, other = self.come(), self.come()
        row.lead_id.city = "Istanbul"
        self.map_to("town", "street")
        self.assertEqual(self.counts(), (2, 2, 0))
        self.map_to("budget", None)
        self.apply()
        self.assertEqual((row.lead_id.city, row.lead_id.street), ("Istanbul", "Ankara"))
        self.assertEqual(other.lead_id.city, False)
        self.assertEqual(other.lead_id.street, "Ankara")

    def test_what_a_person_filled_in_is_not_written_over(self):
        row = self.come()
        row.lead_id.city = "Istanbul"
        self.map_to("town", "city")
        self.assertEqual(self.counts(), (1, 0, 1))
        self.assertIn("stays as edited (mapping: Ankara)", self.wizard().preview)
        self.apply()
        self.assertEqual(row.lead_id.city, "Istanbul")
        self.assertEqual(self.notes(row), ["Your town: Ankara"])
        self.assertEqual(self.asked.remap_kept, 1)

    def test_what_a_person_emptied_stays_empty(self):
        self.map_to("town", "city")
        row = self.come()
        row.lead_id.city = False
        self.assertEqual(self.counts(), (1, 0, 0))
        self.apply()
        self.assertFalse(row.lead_id.city)

    def test_what_a_person_emptied_is_not_filled_by_another_answer(self):
        self.map_to("town", "city")
        row = self.come(budget="Izmir")
        row.lead_id.city = False
        self.map_to("town", None)
        self.map_to("budget", "city")
        self.apply()
        self.assertFalse(row.lead_id.city)
        self.assertEqual(self.notes(row), ["Your town: Ankara", "Budget: Izmir"])
        self.assertEqual(self.asked.remap_kept, 1)

    def test_a_country_and_a_language_that_a_person_chose_are_no_news(self):
        row = self.come()
        row.lead_id.country_id = self.env.ref("base.de")
        row.lead_id.lang_id = self.env.ref("base.lang_de")
        self.assertEqual(self.counts(), (1, 0, 0))

    def test_a_country_for_want_of_an_answer_is_not_emptied(self):
        self.asked.country_id = self.env.ref("base.tr")
        row = self.come()
        self.assertEqual(row.lead_id.country_id, self.env.ref("base.tr"))
        self.map_to("town", "city")
        self.apply()
        self.assertEqual(row.lead_id.country_id, self.env.ref("base.tr"))
        self.map_to("town", "country_id")
        row = self.come(town="Germany")
        self.assertEqual(row.lead_id.country_id, self.env.ref("base.de"))
        self.map_to("town", None)
        self.apply()
        self.assertEqual(row.lead_id.country_id, self.env.ref("base.tr"))

    def test_a_renamed_lead_is_no_news_while_the_mapping_says_the_same(self):
        row = self.come()
        row.lead_id.name = "Big fish"
        self.assertEqual(self.counts(), (1, 0, 0))

    def test_notes_that_a_person_edited_lose_no_line_and_get_what_leaves_a_field(self):
        self.map_to("town", "city")
        row = self.come(budget="1.500", **{"roof?": "flat"})
        lead = row.lead_id
        lead.description = f"{lead.description}<p>Called on Monday.</p>"
        self.map_to("town", None)
        self.map_to("budget", "expected_revenue")
        self.apply()
        self.assertIn("Called on Monday.", lead.description)
        self.assertEqual(
            self.notes(row), ["Budget: 1.500", "Roof?: flat", "Your town: Ankara"]
        )
        self.assertEqual((lead.city, lead.expected_revenue), (False, 1500))
        before = lead.description
        self.assertEqual(self.counts(), (1, 0, 0))
        self.apply()
        self.assertEqual(lead.description, before)

    def test_a_line_that_a_person_took_out_of_the_notes_does_not_come_back(self):
        row = self.come(budget="1.500")
        row.lead_id.description = "<p>Nothing of interest.</p>"
        self.map_to("town", "city")
        self.apply()
        self.assertEqual(row.lead_id.description, "<p>Nothing of interest.</p>")
        self.assertEqual(row.lead_id.city, "Ankara")

    def test_a_property_is_filled_and_emptied_and_kept_as_the_others(self):
        rows = [self.come(**{"roof?": "flat"}) for _ in range(2)]
        self.question(self.asked, "roof?").property_id = self.property("roof")
        rows[1].lead_id.lead_properties = {"roof": "steep", "seats": 3}
        self.apply()
        self.assertEqual(rows[0].lead_id.lead_properties._values["roof"], "flat")
        self.assertEqual(
            rows[1].lead_id.lead_properties._values, {"roof": "steep", "seats": 3}
        )
        self.question(self.asked, "roof?").property_id = False
        self.apply()
        self.assertFalse(rows[0].lead_id.lead_properties._values["roof"])
        self.assertEqual(rows[1].lead_id.lead_properties._values["roof"], "steep")

    def test_a_lead_that_changed_its_team_gets_no_property_of_the_old_one(self):
        row = self.come(**{"roof?": "flat"})
        row.lead_id.team_id = self.other_team
        self.question(self.asked, "roof?").property_id = self.property("roof")
        self.assertEqual(self.counts(), (1, 0, 0))
        self.apply()
        self.assertEqual(self.notes(row), ["Your town: Ankara", "Roof?: flat"])

    def test_the_title_follows_the_name_unless_somebody_changed_it(self):
        rows = [self.come(), self.come()]
        rows[1].lead_id.name = "Big fish"
        self.map_to("name", None)
        self.map_to("town", "contact_name")
        self.apply()
        self.assertEqual(rows[0].lead_id.name, "Test form: Ankara")
        self.assertEqual(rows[1].lead_id.name, "Big fish")
        self.assertEqual(rows[1].lead_id.contact_name, "Ankara")

    def test_the_e_mail_of_a_lead_with_a_contact_is_the_contacts(self):
        row = self.come(town="ana@example.com")
        row.lead_id.partner_id = self.env["res.partner"].create({"name": "Ana"})
        self.map_to("town", "email_from")
        self.apply()
        self.assertFalse(row.lead_id.email_from or row.lead_id.partner_id.email)
        self.assertEqual(self.notes(row), ["Your town: ana@example.com"])
        self.assertEqual(self.asked.remap_kept, 1)

    def test_a_default_of_odoo_counts_as_nothing(self):
        row = self.come(budget="High")
        self.assertEqual(row.lead_id.priority, "0")
        self.map_to("budget", "priority")
        self.apply()
        self.assertEqual(row.lead_id.priority, "2")

    def test_lost_and_archived_leads_are_reached_when_wanted(self):
        row = self.come()
        row.lead_id.action_set_lost()
        self.map_to("town", "city")
        self.assertEqual(self.counts(with_lost=False), (0, 0, 0))
        self.apply(with_lost=False)
        self.assertFalse(row.lead_id.city)
        self.apply()
        self.assertEqual(row.lead_id.city, "Ankara")
        self.assertFalse(row.lead_id.active)

    def test_applying_moves_no_lead_and_reports_nothing(self):
        row = self.come()
        before = self.events(row.lead_id)
        self.assertTrue(before)
        self.map_to("town", "city")
        self.apply()
        self.assertEqual(self.events(row.lead_id), before)
        self.assertEqual(self.dataset.meta_id, DATASET)

    def test_a_merged_lead_gets_what_is_missing_and_loses_nothing(self):
        first, second = self.come(), self.come(town="Izmir", budget="900")
        merged = (first.lead_id | second.lead_id).merge_opportunity()
        self.assertEqual((first.lead_id, second.lead_id), (merged, merged))
        self.map_to("town", "city")
        self.apply()
        self.assertIn(merged.city, ("Ankara", "Izmir"))
        city = merged.city
        for words in ("Ankara", "Izmir", "900"):
            self.assertIn(words, merged.description)
        self.apply()
        self.assertEqual(merged.city, city)

    def test_deleted_leads_and_those_made_otherwise_are_left_alone(self):
        gone = self.come()
        gone.lead_id.unlink()
        self.assertFalse(gone.written or gone.answers)
        lead = self.make_lead(
            "10000000000000077", submission={"form_id": self.asked.id}
        )
        self.map_to("town", "city")
        wizard = self.wizard()
        self.assertEqual((wizard.row_count, wizard.other_count), (0, 2))
        self.apply()
        self.assertFalse(lead.city)

    def test_a_consent_box_chosen_later_counts_for_past_leads(self):
        boxes = [{"key": "share", "text": "Share", "is_required": False}]
        disclaimer = {"title": "x", "body": "y", "checkboxes": boxes}
        self.asked = self.ask(
            {"key": "name", "type": "FULL_NAME", "label": "Name"},
            custom_disclaimer=disclaimer,
        )
        no = self.answer({"name": "Ana"}, consents={})
        yes = self.answer({"name": "Bo"}, consents={"share": True})
        edited = self.answer({"name": "Cy"}, consents={"share": True})
        edited.lead_id.meta_consent = "no"
        self.asked.consent_key = "share"
        self.apply()
        self.assertEqual(no.lead_id.meta_consent, "no")
        self.assertEqual(yes.lead_id.meta_consent, "yes")
        self.assertEqual(edited.lead_id.meta_consent, "no")
        self.asked.consent_key = False
        self.apply()
        self.assertEqual(no.lead_id.meta_consent, "no")

    def test_the_lead_says_what_was_written_and_by_whom(self):
        row = self.come()
        self.map_to("town", "city")
        self.apply()
        message = row.lead_id.message_ids[0]
        self.assertIn("“Test form” was applied anew: City, Notes", message.body)
        self.assertEqual(message.author_id, self.administrator.partner_id)
        self.assertNotIn("Ankara", message.body)

    def test_only_administrators_of_the_company_see_the_preview(self):
        self.come()
        marketer = new_test_user(
            self.env, "marketer", groups="meta_crm_capi.group_meta_user"
        )
        stranger_company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="meta_crm_capi.group_meta_administrator",
            company_id=stranger_company.id,
            company_ids=[(6, 0, stranger_company.ids)],
        )
        for user in (self.rep, marketer, stranger):
            wizards = self.env["meta.lead.form.remap"].with_user(user)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                wizards.create({"form_id": self.asked.id})
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                wizards.new({"form_id": self.asked.id}).preview  # noqa: B018


class TestBackground(RemapCase):
    def setUp(self):
        super().setUp()
        self.cron = self.env.ref("meta_crm_capi.ir_cron_remap")
        self.startPatcher(patch.object(meta_lead_form_remap, "BATCH", 2))

    def run_cron(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()

    def test_many_leads_are_done_in_the_background_with_progress(self):
        rows = [self.come() for _ in range(5)]
        self.map_to("town", "city")
        self.apply()
        self.assertEqual(self.asked.remap_state, "running")
        self.assertFalse(rows[0].lead_id.city)
        self.asked.sudo()._remap_batch()
        self.assertRecordValues(
            self.asked,
            [{"remap_seen": 2, "remap_total": 5, "remap_changed": 2}],
        )
        self.assertEqual(self.asked.remap_progress, 40)
        self.run_cron()
        self.assertRecordValues(
            self.asked,
            [
                {
                    "remap_state": "done",
                    "remap_seen": 5,
                    "remap_changed": 5,
                    "remap_failed": 0,
                    "remap_user_id": self.administrator.id,
                }
            ],
        )
        self.assertEqual({row.lead_id.city for row in rows}, {"Ankara"})

    def test_what_is_stopped_goes_no_further(self):
        rows = [self.come() for _ in range(5)]
        self.map_to("town", "city")
        self.apply()
        self.asked.sudo()._remap_batch()
        self.asked.with_user(self.administrator).action_stop_remap()
        self.run_cron()
        self.assertEqual(self.asked.remap_state, "stopped")
        self.assertEqual([bool(row.lead_id.city) for row in rows].count(True), 2)

    def test_leads_that_come_meanwhile_are_not_looked_at(self):
        for _ in range(3):
            self.come()
        self.map_to("town", "city")
        self.apply()
        self.come()
        self.run_cron()
        self.assertEqual((self.asked.remap_state, self.asked.remap_seen), ("done", 3))

    def test_the_cron_never_raises_and_goes_on_with_the_next_run(self):
        row, *_others = [self.come() for _ in range(3)]
        self.map_to("town", "city")
        self.apply()
        forms = type(self.asked)
        with (
            patch.object(forms, "_remap_batch", side_effect=RuntimeError),
            self.assertLogs("odoo.addons.meta_crm_capi", "ERROR") as logs,
        ):
            self.run_cron()
        self.assertIn("goes on with the next run", logs.output[0])
        self.assertEqual(self.asked.remap_state, "running")
        self.assertTrue(self.cron.active)
        self.run_cron()
        self.assertEqual((self.asked.remap_state, row.lead_id.city), ("done", "Ankara"))

    def test_one_lead_that_fails_costs_no_other_one(self):
        rows = [self.come() for _ in range(3)]
        rows[1].sudo().answers = "no json, Ankara"
        self.map_to("town", "city")
        with self.assertLogs("odoo.addons.meta_crm_capi", "ERROR") as logs:
            self.assertRecordValues(
                self.wizard(), [{"row_count": 3, "changed_count": 2, "failed_count": 1}]
            )
            self.apply()
            self.run_cron()
        self.assertNotIn("Ankara", "".join(logs.output))
        self.assertRecordValues(
            self.asked,
            [{"remap_state": "done", "remap_changed": 2, "remap_failed": 1}],
        )
        self.assertEqual(
            [row.lead_id.city for row in rows], ["Ankara", False, "Ankara"]
        )
