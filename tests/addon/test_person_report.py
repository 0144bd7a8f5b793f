"""The report "What Meta was told": all of it, in words, for those who may see it."""

import hashlib
import json
from datetime import timedelta

from lxml import html

from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from .delivery import EVENTS, DeliveryCase

REPORT = "meta_crm_capi.report_meta_person"
DAY = timedelta(days=1)


def hashed(text):
    return hashlib.sha256(text.encode()).hexdigest()


class PersonReportCase(DeliveryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reader = new_test_user(
            cls.env, "meta-reader", groups="meta_crm_capi.group_meta_user"
        )

    def render(self, leads, user=None):
        """The report as a page."""
        self.env.flush_all()
        reports = self.env["ir.actions.report"].with_user(user or self.administrator)
        page, kind = reports._render_qweb_html(REPORT, leads.ids)
        self.assertEqual(kind, "html")
        return html.fromstring(page)

    def text(self, leads, user=None):
        """All its words, in one line."""
        return " ".join(self.render(leads, user).text_content().split())

    def part(self, lead, name):
        """The words of each part with this name."""
        found = self.render(lead).xpath(f"//*[@name='{name}']")
        return [" ".join(element.text_content().split()) for element in found]


class TestContent(PersonReportCase):
    def test_it_says_who_the_person_is_and_where_the_lead_came_from(self):
        lead = self.make_known_lead(contact_name="Ana Acker", email_from="ana@x.test")
        lead.meta_submission_ids.campaign_name = "Spring 26"
        words = self.text(lead)
        for known in (
            lead.name,
            "Ana Acker",
            "ana@x.test",
            lead.phone,
            lead.meta_lead_id,
            "Spring offer",
            "Sunny Roofs",
            "Spring 26",
            self.company.name,
        ):
            self.assertIn(known, words)

    def test_it_says_whether_the_person_may_be_shared(self):
        lead = self.make_known_lead()
        self.assertIn("May be shared with Meta Unknown", self.text(lead))
        lead.partner_id = self.env["res.partner"].create(
            {"name": "Ana Acker", "meta_consent": "no"}
        )
        self.assertIn("May be shared with Meta No", self.text(lead))

    def test_an_accepted_event_shows_all_that_was_sent(self):
        lead = self.make_known_lead(contact_name="Ana Acker", email_from="ana@x.test")
        lead.stage_id = self.qualified
        self.deliver()
        told = self.part(lead, "told")
        self.assertEqual(len(told), 2)
        for words, event in zip(told, self.rows, strict=True):
            for known in (
                f"{event.event_name}: Meta accepted it",
                event.event_id,
                event.trace_id,
                "CRM dataset",
                self.dataset.meta_id,
                "E-mail address (em)",
                hashed("ana@x.test"),
                "First name (fn)",
                hashed("ana"),
                hashed("acker"),
                lead.meta_lead_id,
            ):
                self.assertIn(known, words)
            sent = json.loads(event.body)["user_data"]
            for values in sent.values():
                for value in values if isinstance(values, list) else [values]:
                    self.assertIn(str(value), words)
        self.assertEqual(self.part(lead, "nothing_told"), [])

    def test_the_value_that_was_told_is_shown(self):
        self.dataset.rule_ids.filtered(
            lambda rule: rule.stage_id == self.won
        ).value_source = "expected_revenue"
        lead = self.make_known_lead(expected_revenue=1234.5)
        lead.stage_id = self.won
        self.deliver()
        words = self.text(lead)
        self.assertIn("1,234.50", words)
        self.assertIn('"value": 1234.5', words)

    def test_what_else_was_in_the_body_is_shown_by_meta_s_name(self):
        lead = self.make_known_lead()
        self.deliver()
        body = json.loads(self.rows.body)
        body["data_processing_options"] = ["LDU"]
        body["user_data"]["new_key"] = "something new"
        self.rows.body = json.dumps(body)
        self.assertIn('data_processing_options ["LDU"]', self.part(lead, "more"))
        self.assertIn("new_key (new_key) something new", self.part(lead, "key"))

    def test_a_body_that_was_removed_says_so_with_its_rule(self):
        lead = self.make_known_lead(email_from="ana@x.test")
        self.deliver()
        self.age(self.rows, create_date=31 * DAY)
        self.env["meta.retention"]._gc_bodies()
        self.env.invalidate_all()
        (gone,) = self.part(lead, "body_gone")
        self.assertIn("Days after the step until it is removed: 30", gone)
        self.assertNotIn(hashed("ana@x.test"), self.text(lead))
        self.assertIn("Meta accepted it", self.text(lead))

    def test_how_long_things_are_kept_follows_the_settings(self):
        lead = self.make_known_lead()
        (words,) = self.part(lead, "retention")
        self.assertIn("What exactly was sent, in days after the step: 30", words)
        self.assertIn("Why a step was not told, in days after it: 180", words)
        self.env["res.config.settings"].create(
            {"meta_keep_body_days": 0, "meta_keep_not_sent_days": 0}
        ).execute()
        (words,) = self.part(lead, "retention")
        self.assertIn("What exactly was sent: until the lead is deleted", words)
        self.assertIn("for ever", words)

    def test_what_meta_may_have_counts_as_told(self):
        lead = self.make_known_lead()
        self.meta.script_named("lost_answer", EVENTS)
        self.deliver()
        self.assertEqual(self.states, ["queued"])
        (words,) = self.part(lead, "told")
        self.assertIn("Meta may have it", words)
        self.assertIn(hashed("ana@example.com"), words)

    def test_what_meta_refused_was_sent_all_the_same(self):
        lead = self.make_known_lead()
        self.meta.script_named("too_old", EVENTS, times=3)
        self.deliver()
        (words,) = self.part(lead, "told")
        self.assertIn("Sent to Meta, which refused it", words)
        self.assertIn(self.rows.reason.split("\n")[0], words)

    def test_what_meta_may_have_counts_as_told_though_it_was_queued_anew(self):
        lead = self.make_known_lead()
        self.meta.script_named("lost_answer", EVENTS)
        self.deliver()
        self.make_due()
        self.meta.script_named("too_old", EVENTS)
        self.deliver()
        self.assertEqual(self.states, ["refused"])
        self.rows.action_send_again()
        for state in ("queued", "cancelled"):
            if state == "cancelled":
                self.rows.action_cancel()
            self.assertEqual((self.rows.state, self.rows.tries), (state, 0))
            (words,) = self.part(lead, "told")
            self.assertIn("Meta may have it", words)
            self.assertIn("queued anew", words)
            self.assertNotIn("ays after the step", words)
            self.assertEqual(self.part(lead, "not_told"), [])

    def test_why_something_was_not_told_is_shown(self):
        lead = self.make_known_lead()
        self.dataset.action_stop()
        lead.stage_id = self.qualified
        self.flush()
        (words,) = self.part(lead, "not_told")
        self.assertIn("stopped by an administrator", words)
        self.assertIn("Waiting", words)
        self.assertEqual(self.part(lead, "nothing_told"), ["Nothing was told to Meta."])

    def test_a_lead_that_is_none_of_meta_s_says_that_nothing_was_told(self):
        lead = self.make_foreign_lead()
        self.assertEqual(self.part(lead, "nothing_told"), ["Nothing was told to Meta."])
        self.assertEqual(self.part(lead, "submissions"), [])

    def test_a_merged_lead_tells_of_every_meta_lead(self):
        first = self.make_known_lead()
        second = self.make_known_lead()
        ids = first.meta_lead_id, second.meta_lead_id
        self.deliver()
        merged = (first | second).merge_opportunity()
        words = self.text(merged)
        for meta_id in ids:
            self.assertIn(meta_id, words)
        self.assertEqual(len(self.part(merged, "told")), 2)

    def test_other_leads_of_the_same_address_are_named(self):
        lead = self.make_known_lead(email_from="ana@x.test")
        other = self.make_known_lead(email_from="Ana <ANA@x.test>", name="Earlier one")
        stranger = self.make_known_lead(email_from="bo@x.test", name="Somebody else")
        other.action_archive()
        (words,) = self.part(lead, "other_leads")
        self.assertIn("Earlier one", words)
        self.assertNotIn("Somebody else", words)
        self.assertEqual(self.part(stranger, "other_leads"), [])

    def test_several_leads_print_one_page_each_and_mix_nothing(self):
        first = self.make_known_lead(email_from="ana@x.test")
        second = self.make_known_lead(email_from="bo@x.test")
        self.deliver()
        pages = self.render(first | second).xpath("//div[hasclass('page')]")
        words = [page.text_content() for page in pages]
        self.assertEqual(len(words), 2)
        self.assertIn(hashed("ana@x.test"), words[0])
        self.assertNotIn(hashed("bo@x.test"), words[0])
        self.assertIn(hashed("bo@x.test"), words[1])
        self.assertNotIn(hashed("ana@x.test"), words[1])

    def test_what_a_person_typed_is_shown_as_text(self):
        lead = self.make_known_lead(contact_name="<script>alert(1)</script>")
        page = self.render(lead)
        self.assertIn("<script>alert(1)</script>", page.text_content())
        self.assertFalse(
            [item for item in page.iter("script") if "alert(1)" in (item.text or "")]
        )

    def test_a_body_that_cannot_be_read_breaks_nothing(self):
        lead = self.make_known_lead()
        self.deliver()
        for body in ("{", "[]", '"text"', '{"user_data": null}'):
            with self.subTest(body=body):
                self.rows.body = body
                self.assertIn("Meta accepted it", self.text(lead))


class TestAccess(PersonReportCase):
    def test_meta_users_and_administrators_may_print_it(self):
        lead = self.make_known_lead()
        self.deliver()
        for person in (self.reader, self.administrator):
            lead.user_id = person
            self.env.flush_all()
            self.assertIn("Meta accepted it", self.text(lead, person))

    def test_a_rep_may_not_and_is_not_offered_it(self):
        lead = self.make_known_lead()
        with self.assertRaises(AccessError) as told:
            self.text(lead, self.rep)
        self.assertIn("Only Meta users", str(told.exception))

        def offered(user):
            actions = self.env["ir.actions.actions"].with_user(user)
            reports = actions.get_bindings("crm.lead").get("report", [])
            return [report["name"] for report in reports]

        self.assertNotIn("What Meta was told", offered(self.rep))
        self.assertIn("What Meta was told", offered(self.reader))

    def test_a_lead_that_they_may_not_read_is_refused(self):
        lead = self.make_known_lead(user_id=self.rep.id)
        # Not even where somebody who may has just read it.
        self.text(lead, self.administrator)
        with self.assertRaises(AccessError):
            self.text(lead, self.reader)

    def test_a_lead_of_another_company_is_refused(self):
        company = self.env["res.company"].create({"name": "Other"})
        lead = self.make_known_lead()
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="meta_crm_capi.group_meta_administrator",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        with self.assertRaises(AccessError):
            self.text(lead, stranger)

    def test_events_of_another_company_are_not_in_it(self):
        """A lead of all companies whose events are one company's."""
        company = self.env["res.company"].create({"name": "Other"})
        lead = self.make_known_lead()
        self.deliver()
        meta_id = lead.meta_lead_id
        shared = {"company_id": False, "team_id": False, "user_id": False}
        lead.write({**shared, "name": "Spring offer"})
        self.env.flush_all()
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="meta_crm_capi.group_meta_administrator",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        words = self.text(lead, stranger)
        self.assertIn("Nothing was told to Meta", words)
        self.assertIn("Companies: Other", words)
        self.assertNotIn(meta_id, words)
