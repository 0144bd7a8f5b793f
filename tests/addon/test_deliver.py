"""What Meta gets when all goes well, and what Odoo keeps of it."""

import hashlib
import json
from datetime import timedelta

from odoo.addons.meta_crm_capi.protocol import event as capi_event
from odoo.addons.meta_crm_capi.protocol import user_data

from .common import DATASET
from .delivery import TOKEN, DeliveryCase

PERSON = {
    "contact_name": "Zoë O'Hara-Quiñones",
    "email_from": "Zoe.Private@Example.com",
    "phone": "+1 202 555 0177",
    "city": "Springfield",
    "zip": "62704-1234",
}


class TestDeliver(DeliveryCase):
    def test_a_queued_event_is_accepted_and_counted(self):
        lead = self.make_known_lead()
        self.deliver()
        self.assertEqual(self.events(lead), [("initial_lead", "accepted")])
        report = self.meta.report()
        self.assertEqual((report["accepted"], report["counted"]), (1, 1))

    def test_the_row_says_when_and_under_which_trace_id_meta_accepted_it(self):
        self.make_known_lead()
        self.deliver()
        row = self.rows
        self.assertEqual(row.trace_id, self.posts()[0]["fbtrace_id"])
        self.assertAlmostEqual(self.seconds_from_now(row.accepted_at), 0, delta=30)
        self.assertEqual(row.tries, 1)
        self.assertFalse(row.reason)

    def test_an_accepted_row_is_neither_due_nor_leased(self):
        self.make_known_lead()
        self.deliver()
        self.assertFalse(self.rows.next_try_at)
        self.assertFalse(self.rows.is_sending)

    def test_an_accepted_event_is_never_sent_again(self):
        self.make_known_lead()
        self.deliver()
        self.deliver()
        self.assertEqual(len(self.posts()), 1)

    def test_an_empty_queue_makes_no_call(self):
        self.deliver()
        self.assertEqual(self.meta.requests(), [])

    def test_several_events_go_in_one_request_oldest_first(self):
        leads = self.make_known_leads(5)
        self.deliver()
        self.assertEqual(len(self.posts()), 1)
        self.assertEqual(
            [event["user_data"]["lead_id"] for event in self.received()],
            [int(lead.meta_lead_id) for lead in leads],
        )

    def test_the_steps_of_a_lead_reach_meta_in_order(self):
        lead = self.make_known_lead()
        lead.with_user(self.rep).write({"stage_id": self.won.id})
        self.deliver()
        self.assertEqual(
            [event["event_name"] for event in self.received()],
            ["initial_lead", "qualified", "proposition", "won"],
        )

    def test_the_log_has_one_row_for_the_exchange(self):
        self.make_known_leads(3)
        self.deliver()
        row = self.logged
        self.assertEqual(
            (row.direction, row.outcome, row.event_count), ("out", "accepted", 3)
        )
        self.assertEqual((row.dataset_id, row.company_id), (self.dataset, self.company))
        self.assertEqual(row.connection_id, self.connection)
        self.assertEqual(row.trace_id, self.posts()[0]["fbtrace_id"])

    def test_a_notice_of_metas_about_the_version_is_in_the_log(self):
        self.make_known_lead()
        self.meta.script_named("version_notice")
        self.deliver()
        self.assertIn("auto-upgraded", self.logged.message)
        self.assertEqual(self.states, ["accepted"])

    def test_fewer_events_received_than_sent_is_told_and_nothing_is_sent_again(self):
        self.make_known_leads(2)
        self.meta.script(
            "POST */events",
            [{"status": 200, "body": {"events_received": 1, "messages": []}}],
        )
        self.deliver()
        self.assertEqual(self.states, ["accepted", "accepted"])
        for row in self.rows:
            self.assertIn("received 1 of the 2", row.reason)
        self.assertIn("received 1 of the 2", self.logged.message)
        self.deliver()
        self.assertEqual(len(self.posts()), 1)


class TestWhatIsSent(DeliveryCase):
    def send_one(self, **vals):
        lead = self.make_known_lead(**{**PERSON, **vals})
        self.deliver()
        return lead, self.received()[0]

    def test_the_event_has_the_form_of_a_crm_event(self):
        lead, event = self.send_one()
        row = self.event_rows(lead)
        self.assertEqual(
            sorted(event),
            [
                "action_source",
                "custom_data",
                "event_id",
                "event_name",
                "event_time",
                "user_data",
            ],
        )
        self.assertEqual(event["action_source"], "system_generated")
        self.assertEqual(
            event["custom_data"], {"event_source": "crm", "lead_event_source": "Odoo"}
        )
        self.assertEqual(event["event_name"], "initial_lead")
        self.assertEqual(
            event["event_id"],
            capi_event.event_id(DATASET, lead.meta_lead_id, "initial_lead"),
        )
        self.assertEqual(event["event_id"], row.event_id)

    def test_the_event_time_is_the_rows_in_unix_seconds(self):
        lead, event = self.send_one(submitted_at=self.now - timedelta(hours=3))
        created = next(iter(self.meta.report()["events"]))["event_time"]
        self.assertEqual(event["event_time"], created)
        expected = self.event_rows(lead).event_time
        self.env.cr.execute(
            "SELECT EXTRACT(EPOCH FROM %s AT TIME ZONE 'UTC')::bigint", [expected]
        )
        self.assertEqual(event["event_time"], self.env.cr.fetchone()[0])

    def test_the_lead_id_is_a_json_integer(self):
        lead, event = self.send_one()
        self.assertIs(type(event["user_data"]["lead_id"]), int)
        self.assertEqual(str(event["user_data"]["lead_id"]), lead.meta_lead_id)

    def test_a_lead_id_of_17_digits_keeps_every_digit(self):
        self.make_known_lead(meta_id="98765432109876543")
        self.deliver()
        self.assertIn(
            '"lead_id":98765432109876543', self.meta.report()["events"][0]["text"]
        )

    def test_the_customer_keys_are_the_hashes_of_the_protocol(self):
        _lead, event = self.send_one()
        keys = event["user_data"]
        self.assertEqual(keys["em"], [user_data.hashed("em", PERSON["email_from"])])
        self.assertEqual(
            keys["ph"], [user_data.hashed("ph", PERSON["phone"], country="US")]
        )
        self.assertEqual(keys["fn"], [user_data.hashed("fn", "Zoë")])
        self.assertEqual(keys["ln"], [user_data.hashed("ln", "O'Hara-Quiñones")])
        self.assertEqual(keys["ct"], [user_data.hashed("ct", PERSON["city"])])

    def test_no_personal_data_is_readable_in_what_is_sent_or_kept(self):
        lead, _event = self.send_one()
        row = self.event_rows(lead)
        kept = json.dumps([row.read(), self.logged.read()], default=str).lower()
        sent = self.meta.report()["events"][0]["text"].lower()
        # The lead's own name is the title of the link, not of the queue.
        self.assertIn(lead.meta_lead_id, sent)
        for text in ("zoe.private", "example.com", "hara", "2025550177", "springfield"):
            self.assertNotIn(text, sent)
            self.assertNotIn(text, kept)

    def test_nothing_is_frozen_before_the_first_try(self):
        self.make_known_lead(**PERSON)
        self.assertFalse(self.rows.body)

    def test_what_was_corrected_before_the_first_try_is_what_is_sent(self):
        lead = self.make_known_lead(**PERSON)
        lead.email_from = "corrected@example.com"
        self.deliver()
        self.assertEqual(
            self.received()[0]["user_data"]["em"],
            [hashlib.sha256(b"corrected@example.com").hexdigest()],
        )

    def test_the_row_keeps_the_exact_text_that_was_sent(self):
        lead, _event = self.send_one()
        self.assertEqual(
            self.event_rows(lead).body, self.meta.report()["events"][0]["text"]
        )

    def test_value_and_currency_of_the_move_are_sent(self):
        self.dataset.rule_ids.filtered(
            lambda rule: rule.stage_id == self.won
        ).value_source = "expected_revenue"
        lead = self.make_known_lead(expected_revenue=1234.5)
        lead.stage_id = self.won
        self.flush()
        lead.expected_revenue = 99
        self.deliver()
        custom = {
            event["event_name"]: event["custom_data"] for event in self.received()
        }
        self.assertEqual(custom["won"]["value"], 1234.5)
        self.assertEqual(custom["won"]["currency"], self.company.currency_id.name)
        self.assertNotIn("value", custom["qualified"])

    def test_a_deleted_rule_does_not_hold_its_events_back(self):
        lead = self.make_known_lead()
        self.dataset.rule_ids.unlink()
        self.deliver()
        self.assertEqual(self.events(lead), [("initial_lead", "accepted")])


class TestTheRequest(DeliveryCase):
    def test_the_partner_agent_stands_at_the_root(self):
        self.make_known_lead()
        self.deliver()
        event = self.meta.report()["events"][0]
        self.assertEqual(event["partner_agent"], self.connection.partner_agent)
        self.assertNotIn("partner_agent", event["text"])

    def test_an_empty_partner_agent_is_left_out(self):
        self.connection.partner_agent = False
        self.make_known_lead()
        self.deliver()
        self.assertIsNone(self.meta.report()["events"][0]["partner_agent"])

    def test_no_test_event_code_is_sent_by_default(self):
        self.make_known_lead()
        self.deliver()
        self.assertIsNone(self.meta.report()["events"][0]["test_event_code"])

    def test_the_test_event_code_is_sent_without_the_blanks_around_it(self):
        self.dataset.test_event_code = " TEST12345 "
        self.make_known_lead()
        self.deliver()
        self.assertEqual(
            self.meta.report()["events"][0]["test_event_code"], "TEST12345"
        )

    def test_the_test_event_code_is_no_part_of_the_frozen_bytes(self):
        self.dataset.test_event_code = "TEST12345"
        self.make_known_lead()
        self.deliver()
        self.assertNotIn("TEST12345", self.rows.body)

    def test_the_token_goes_in_the_header_and_nowhere_else(self):
        self.make_known_lead()
        self.deliver()
        post = self.posts()[0]
        self.assertEqual((post["token"], post["token_in"]), (TOKEN, "header"))
        self.assertNotIn(TOKEN, post["path"] + post["query"])
        self.assertNotIn(TOKEN, self.meta.report()["events"][0]["text"])

    def test_the_connections_token_comes_with_the_proof_of_its_app(self):
        self.open_meta(require_proof=True)
        self.make_known_lead()
        self.deliver()
        self.assertEqual(self.states, ["accepted"])
        self.assertEqual(self.posts()[0]["proof_in"], "query")

    def test_a_datasets_own_token_goes_before_the_connections(self):
        self.meta.add_token("own-token", "send_only", dataset_ids=[DATASET])
        self.dataset.access_token = "own-token"
        self.make_known_lead()
        self.deliver()
        self.assertEqual(self.posts()[0]["token"], "own-token")
        self.assertEqual(self.states, ["accepted"])

    def test_a_datasets_own_token_comes_without_proof(self):
        self.meta.add_token("own-token", "send_only", dataset_ids=[DATASET])
        self.dataset.access_token = "own-token"
        self.make_known_lead()
        self.deliver()
        self.assertIsNone(self.posts()[0]["proof_in"])

    def test_without_app_secret_there_is_no_proof(self):
        self.connection.sudo().app_secret_stored = False
        self.make_known_lead()
        self.deliver()
        self.assertIsNone(self.posts()[0]["proof_in"])
        self.assertEqual(self.states, ["accepted"])

    def test_the_connections_version_is_asked_for(self):
        self.connection.graph_version = "v25.0"
        self.make_known_lead()
        self.deliver()
        self.assertEqual(self.posts()[0]["path"], f"/v25.0/{DATASET}/events")
