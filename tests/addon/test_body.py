"""Customer information of a lead and its contact, as Meta wants it."""

import json
from collections import deque
from unittest.mock import patch

from odoo.addons.meta_crm_capi.protocol import customer, user_data
from odoo.addons.meta_crm_capi.protocol import event as capi_event

from .common import DATASET, MetaCase


class TestCustomerInformation(MetaCase):
    def keys(self, lead=None, **vals):
        lead = lead or self.make_lead(**vals)
        event = self.event_rows(lead)[:1]
        (body,) = event._build_bodies(event._get_unix_time()).values()
        keys = json.loads(body)["user_data"]
        self.assertTrue(keys.pop("lead_id"))
        return keys

    def contact(self, **vals):
        return self.env["res.partner"].create({"name": "Berta Bauer", **vals})

    def bare(self, **vals):
        """A lead with nothing but what is given."""
        empty = dict.fromkeys(("contact_name", "email_from", "phone"), False)
        return self.make_lead(**{**empty, **vals})

    def test_every_key_is_the_hash_of_its_normal_form(self):
        german = self.env.ref("base.de")
        keys = self.keys(
            contact_name="Jörg von der Heide",
            email_from=" Joerg@Example.COM ",
            phone="030 12345678",
            city="Bad Homburg v.d.H.",
            zip="61348",
            country_id=german.id,
            state_id=self.env["res.country.state"]
            .create({"name": "Hessen", "code": "HE", "country_id": german.id})
            .id,
        )
        expected = {
            "em": "joerg@example.com",
            "ph": "+49 30 12345678",
            "fn": "Jörg",
            "ln": "von der Heide",
            "ct": "Bad Homburg v.d.H.",
            "st": "Hessen",
            "zp": "61348",
            "country": "DE",
        }
        self.assertEqual(
            keys,
            {
                key: [user_data.hashed(key, value, country="DE")]
                for key, value in expected.items()
            },
        )

    def test_what_is_unknown_is_left_out(self):
        self.assertEqual(self.keys(self.bare()), {})

    def test_what_cannot_be_used_is_left_out(self):
        keys = self.keys(self.bare(email_from="nobody", phone="123", zip="-", city="!"))
        self.assertEqual(keys, {})

    def test_the_contacts_data_completes_the_leads(self):
        contact = self.contact(
            email="berta@example.com",
            phone="+12025550111",
            city="Berlin",
            zip="10115",
            country_id=self.env.ref("base.de").id,
        )
        lead = self.bare(partner_id=contact.id)
        lead.write(
            {
                "contact_name": False,
                "email_from": False,
                "phone": False,
                "city": False,
                "zip": False,
                "country_id": False,
            }
        )
        keys = self.keys(lead)
        for key, value in {
            "em": "berta@example.com",
            "ph": "+12025550111",
            "fn": "Berta",
            "ln": "Bauer",
            "ct": "Berlin",
            "zp": "10115",
            "country": "DE",
        }.items():
            with self.subTest(key=key):
                self.assertEqual(
                    keys[key], [user_data.hashed(key, value, country="DE")]
                )

    def test_two_addresses_of_one_person_are_both_sent(self):
        lead = self.make_lead(email_from="ana@example.com", phone="+12025550101")
        lead.partner_id = self.contact()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET email_normalized = 'ana@work.example',"
            " phone_sanitized = '+12025550102' WHERE id = %s",
            [lead.partner_id.id],
        )
        self.env.cr.execute(
            "UPDATE crm_lead SET email_normalized = 'ana@example.com',"
            " phone_sanitized = '+12025550101' WHERE id = %s",
            [lead.id],
        )
        self.env.invalidate_all()
        keys = self.keys(lead)
        self.assertEqual(
            keys["em"],
            [
                user_data.hashed("em", "ana@example.com"),
                user_data.hashed("em", "ana@work.example"),
            ],
        )
        self.assertEqual(
            keys["ph"],
            [
                user_data.hashed("ph", "+12025550101"),
                user_data.hashed("ph", "+12025550102"),
            ],
        )

    def test_the_same_address_is_sent_once(self):
        contact = self.contact(email="ana@example.com", phone="+12025550101")
        keys = self.keys(partner_id=contact.id)
        self.assertEqual(len(keys["em"]), 1)
        self.assertEqual(len(keys["ph"]), 1)

    def test_a_name_of_one_word_is_a_first_name(self):
        keys = self.keys(contact_name="Madonna")
        self.assertEqual(keys["fn"], [user_data.hashed("fn", "Madonna")])
        self.assertNotIn("ln", keys)

    def test_a_companys_name_is_nobodys_name(self):
        company = self.contact(name="Sunny Roofs", is_company=True)
        lead = self.bare(partner_id=company.id)
        lead.contact_name = False
        keys = self.keys(lead)
        self.assertNotIn("fn", keys)
        self.assertNotIn("ln", keys)

    def test_a_national_number_is_read_by_the_leads_country(self):
        keys = self.keys(
            self.bare(phone="06 12 34 56 78", country_id=self.env.ref("base.fr").id)
        )
        self.assertEqual(keys["ph"], [user_data.hashed("ph", "+33612345678")])

    def test_then_by_the_companys_country(self):
        self.company.country_id = self.env.ref("base.fr")
        keys = self.keys(self.bare(phone="06 12 34 56 78", country_id=False))
        self.assertEqual(keys["ph"], [user_data.hashed("ph", "+33612345678")])

    def test_the_companys_country_is_not_the_persons(self):
        self.company.country_id = self.env.ref("base.fr")
        keys = self.keys(self.bare(phone="+12025550101", country_id=False))
        self.assertNotIn("country", keys)

    def test_a_lead_without_company_is_read_by_the_submissions_company(self):
        # The cron runs as a user of the first company.
        french = self.env["res.company"].create(
            {"name": "Toits", "country_id": self.env.ref("base.fr").id}
        )
        lead = self.bare()
        event = self.event_rows(lead)
        event.company_id = french
        lead.write({"company_id": False, "country_id": False, "team_id": False})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET phone = '06 12 34 56 78', phone_sanitized = NULL,"
            " company_id = NULL WHERE id = %s",
            [lead.id],
        )
        self.env.invalidate_all()
        (body,) = event._build_bodies(event._get_unix_time()).values()
        self.assertEqual(
            json.loads(body)["user_data"]["ph"],
            [user_data.hashed("ph", "+33612345678")],
        )


class TestBody(MetaCase):
    def build(self, events):
        return {
            row_id: json.loads(text)
            for row_id, text in events._build_bodies(events._get_unix_time()).items()
        }

    def test_a_lead_is_read_once_for_all_its_events(self):
        lead = self.make_lead()
        lead.stage_id = self.won
        events = self.event_rows(lead)
        read = customer.customer_keys
        with patch.object(customer, "customer_keys", side_effect=read) as reading:
            self.assertEqual(len(self.build(events)), 4)
        self.assertEqual(reading.call_count, 1)

    def test_each_lead_has_its_own_customer_information(self):
        first = self.make_lead("10000000000000001", email_from="one@example.com")
        second = self.make_lead("10000000000000002", email_from="two@example.com")
        events = self.event_rows(first + second)
        bodies = self.build(events)
        for event, address in zip(
            events, ("one@example.com", "two@example.com"), strict=True
        ):
            self.assertEqual(
                bodies[event.id]["user_data"]["em"], [user_data.hashed("em", address)]
            )

    def test_a_lead_with_nothing_but_its_meta_id_is_sent(self):
        lead = self.make_lead(contact_name=False, email_from=False, phone=False)
        event = self.event_rows(lead)
        self.assertEqual(
            self.build(event)[event.id]["user_data"], {"lead_id": 10000000000000001}
        )

    def test_a_frozen_body_is_never_built_again(self):
        lead = self.make_lead()
        event = self.event_rows(lead)
        event.body = "frozen"
        self.env.flush_all()
        leases = deque()
        event._claim(self.dataset.id, leases)
        self.assertEqual([row.body for row in leases[0].rows], ["frozen"])
        self.assertEqual(event.body, "frozen")

    def test_every_body_passes_the_protocols_own_check(self):
        lead = self.make_lead()
        lead.stage_id = self.won
        now = self.env["meta.capi.event"]._get_unix_time()
        for built in self.build(self.event_rows(lead)).values():
            self.assertEqual(capi_event.problems(built, now=now), [])

    def test_the_event_id_is_made_of_metas_ids_alone(self):
        lead = self.make_lead("12345678901234567")
        lead.stage_id = self.qualified
        for event in self.event_rows(lead):
            self.assertEqual(
                event.event_id,
                capi_event.event_id(DATASET, "12345678901234567", event.event_name),
            )

    def test_a_value_without_a_currency_is_left_out(self):
        event = self.event_rows(self.make_lead())
        event.value = 5
        self.assertNotIn("value", self.build(event)[event.id]["custom_data"])

    def test_the_databases_clock_is_the_one_that_counts(self):
        self.env.cr.execute("SELECT EXTRACT(EPOCH FROM clock_timestamp())")
        moment = float(self.env.cr.fetchone()[0])
        self.assertAlmostEqual(
            self.env["meta.capi.event"]._get_unix_time(), moment, delta=2
        )
