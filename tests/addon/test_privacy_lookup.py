"""Erasing a person through Odoo's privacy lookup leaves nothing of them with us."""

import hashlib
import json
import time

from odoo.tests import Form

from .way_in import WayInCase

EMAIL = "Ana.Acker@Example.com"
NAME = "Ana Ackerström"
PHONE = "+46 70 123 45 67"
DELIVER = "meta_crm_capi.ir_cron_deliver"
EVENTS = "POST */events"


def hashes(*texts):
    return [hashlib.sha256(text.encode()).hexdigest() for text in texts]


HASHES = hashes(EMAIL.lower(), "ana", "ackerström", "46701234567")

#: Whatever may be left of the person, raw or hashed, in the forms that Meta gets.
TRACES = [
    EMAIL,
    EMAIL.lower(),
    NAME,
    "Ackerström",
    json.dumps("Ackerström")[1:-1],
    "0701234567",
    "46701234567",
    "70 123 45 67",
    *HASHES,
]


class PrivacyLookupCase(WayInCase):
    def setUp(self):
        super().setUp()
        self.cron = self.env.ref(DELIVER)

    def person(self):
        """A person whose events are in every state, most of them with a body.

        :return: the submission
        """
        row = self.announce(
            self.fill_in(
                {"full_name": NAME, "email": EMAIL, "phone_number": PHONE},
                created_time=int(time.time()) - 7200,
            )
        )
        self.fetch()
        self.deliver()
        self.move(row.lead_id, self.qualified)
        self.meta.script_named("lost_answer", EVENTS)
        self.deliver()
        self.move(row.lead_id, self.proposition)
        self.move(row.lead_id, self.new)
        events = row.event_ids.sorted("id")
        self.assertEqual(
            events.mapped("state"), ["accepted", "queued", "queued", "not_sent"]
        )
        refused = events[0].copy({"entry": 7, "state": "refused", "tries": 1})
        sending = events[1].copy({"entry": 8, "state": "queued"})
        refused.body = events[0].body
        self.env.flush_all()
        self.hold(sending, lines=events[0].body)
        return row

    def move(self, lead, stage):
        lead.stage_id = stage
        self.flush()

    def deliver(self):
        self.flush()
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()

    def look_up(self, name=NAME, email=EMAIL):
        """What the wizard finds of a person."""
        wizard = self.env["privacy.lookup.wizard"].create(
            {"name": name, "email": email}
        )
        wizard.action_lookup()
        return wizard.line_ids

    def leads_found(self, **by):
        lines = self.look_up(**by).filtered(lambda line: line.res_model == "crm.lead")
        return sorted(lines.mapped("res_id"))

    def traces(self):
        """Where anything of the person stands: ``{(table, column, trace)}``."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT table_name, column_name
              FROM information_schema.columns
             WHERE table_schema = 'public'
               AND (table_name LIKE 'meta\\_%'
                    OR table_name IN ('crm_lead', 'mail_message',
                                      'mail_tracking_value', 'mail_activity'))
               AND data_type IN ('text', 'character varying', 'json', 'jsonb')
            """
        )
        columns = self.env.cr.fetchall()
        self.assertIn(("meta_lead_submission", "answers"), columns)
        self.assertIn(("meta_capi_event", "body"), columns)
        self.assertIn(("meta_sync_log", "message"), columns)
        found = set()
        for table, column in columns:
            for trace in TRACES:
                self.env.cr.execute(
                    f'SELECT 1 FROM "{table}" WHERE "{column}"::text ILIKE %s LIMIT 1',
                    [f"%{trace}%".replace("\\", "\\\\")],
                )
                if self.env.cr.fetchone():
                    found.add((table, column, trace))
        return found


class TestErasure(PrivacyLookupCase):
    def test_deleting_what_it_finds_leaves_nothing_of_the_person(self):
        row = self.person()
        traces = self.traces()
        before = {(table, column) for table, column, _trace in traces}
        self.assertLessEqual(set(HASHES), {trace for *_column, trace in traces})
        self.assertIn(("meta_lead_submission", "answers"), before)
        self.assertIn(("meta_capi_event", "body"), before)
        self.assertIn(("crm_lead", "email_from"), before)
        row.lead_id.message_post(body=f"Called {NAME} at {PHONE}")
        meta_id, number = row.meta_id, len(row.event_ids)
        self.look_up().action_unlink_all()
        self.env.invalidate_all()
        self.assertEqual(self.traces(), set())
        self.assertRecordValues(
            row, [{"state": "erased", "meta_id": meta_id, "lead_id": False}]
        )
        self.assertEqual(len(row.event_ids), number)

    def test_every_event_says_what_became_of_it(self):
        row = self.person()
        events = row.event_ids.sorted("id")
        self.look_up().action_unlink_all()
        self.env.invalidate_all()
        self.assertEqual(
            events.mapped("state"),
            [
                "accepted",
                "cancelled",
                "cancelled",
                "not_sent",
                "refused",
                "cancelled",
            ],
        )
        _accepted, tried, queued, _not_sent, _refused, sending = events
        for event in (tried, sending):
            self.assertIn("Meta may have it", event.reason)
        self.assertEqual(queued.reason, "The lead was deleted.")

    def test_nothing_goes_out_or_comes_in_afterwards(self):
        row = self.person()
        self.look_up().action_unlink_all()
        before = len(self.meta.requests(EVENTS))
        self.env.cr.execute("UPDATE meta_capi_event SET next_try_at = create_date")
        self.env.invalidate_all()
        self.deliver()
        self.announce(row.meta_id)
        self.fetch()
        self.assertEqual(len(self.meta.requests(EVENTS)), before)
        self.assertEqual(self.traces(), set())

    def test_archiving_what_it_finds_erases_nothing(self):
        row = self.person()
        before = self.traces()
        self.look_up().action_archive_all()
        self.env.invalidate_all()
        self.assertFalse(row.lead_id.active)
        self.assertEqual(row.state, "done")
        self.assertTrue(row.answers)
        self.assertGreaterEqual(self.traces(), before)

    def test_the_log_holds_nothing_of_the_person_at_any_time(self):
        self.person()
        self.assertNotIn("meta_sync_log", {table for table, *_rest in self.traces()})

    def test_somebody_else_is_left_alone(self):
        row = self.person()
        other = self.come_in({"full_name": "Bo Berg", "email": "bo@example.com"})
        self.look_up().action_unlink_all()
        self.env.invalidate_all()
        self.assertEqual((row.state, other.state), ("erased", "done"))
        self.assertTrue(other.lead_id.exists() and other.answers)


class TestLookup(PrivacyLookupCase):
    def test_it_finds_the_lead_once(self):
        row = self.person()
        self.assertEqual(self.leads_found(), row.lead_id.ids)

    def test_it_finds_who_submitted_whatever_the_lead_says_today(self):
        row = self.person()
        row.lead_id.write(
            {"email_from": "office@corp.test", "contact_name": "B", "name": "Roof"}
        )
        lead = row.lead_id.ids
        self.assertEqual(self.leads_found(), lead)
        self.assertEqual(self.leads_found(name="Somebody"), lead)
        self.assertEqual(self.leads_found(email="else@example.com"), lead)
        self.assertEqual(self.leads_found(name=NAME.lower()), lead)
        self.assertEqual(
            self.leads_found(name="office", email="office@corp.test"), lead
        )

    def test_it_finds_a_merged_lead_by_each_of_its_people(self):
        first = self.person()
        second = self.come_in({"full_name": "Bo Berg", "email": "bo@example.com"})
        merged = (first.lead_id | second.lead_id).merge_opportunity()
        self.assertEqual(self.leads_found(), merged.ids)
        self.assertEqual(
            self.leads_found(name="Bo Berg", email="bo@example.com"), merged.ids
        )

    def test_what_is_only_like_the_person_finds_nobody(self):
        row = self.person()
        row.lead_id.write(
            {"email_from": "office@corp.test", "contact_name": "B", "name": "Roof"}
        )
        for name, email in (
            ("A", "a@b.test"),
            (" ", "a@b.test"),
            ("Ana", "a@b.test"),
            ("_na Ackerstr%", "a@b.test"),
            ("A", "a_a.acker@example.com"),
            ('"', "a@b.test"),
        ):
            with self.subTest(name=name, email=email):
                self.assertEqual(self.leads_found(name=name, email=email), [])

    def test_an_erased_person_is_found_no_more(self):
        self.person()
        self.look_up().action_unlink_all()
        self.assertEqual(self.leads_found(), [])

    def test_it_begins_at_the_lead(self):
        """A lead of Meta's has no contact as a rule, and so no other way there."""
        lead = self.person().lead_id
        self.assertFalse(lead.partner_id)
        server_action = self.env.ref(
            "meta_crm_capi.ir_action_server_privacy_lookup_lead"
        )
        action = server_action.with_context(
            active_model="crm.lead", active_id=lead.id, active_ids=lead.ids
        ).run()
        wizard = Form(
            self.env[action["res_model"]].with_context(**action["context"])
        ).save()
        wizard.action_lookup()
        self.assertIn(
            ("crm.lead", lead.id),
            wizard.line_ids.mapped(lambda line: (line.res_model, line.res_id)),
        )

    def test_only_who_may_look_up_is_offered_it(self):
        actions = self.env["ir.actions.actions"]
        for person, offered in ((self.env.user, True), (self.administrator, False)):
            names = [
                action["name"]
                for action in actions.with_user(person)
                .get_bindings("crm.lead")
                .get("action", [])
            ]
            self.assertEqual("Privacy Lookup" in names, offered, person.login)
