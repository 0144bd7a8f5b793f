"""What of a person a dataset is told: switches, mapped fields, IDs, integrators."""

import hashlib
import json

import psycopg2

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user
from odoo.tools import SQL

from odoo.addons.meta_crm_capi.models import meta_capi_dataset_keys
from odoo.addons.meta_crm_capi.protocol import user_data

from .common import MetaCase

BODY = "odoo.addons.meta_crm_capi.models.meta_capi_event_body"
BROWSER = {
    "meta_fbc": "fb.1.1554763741205.AbCdEf",
    "meta_fbp": "fb.1.1596403881668.1116446470",
    "meta_client_ip_address": "2001:db8::1",
    "meta_client_user_agent": "Mozilla/5.0",
}


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


class KeysCase(MetaCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.state = cls.env.ref("base.state_us_5")
        cls.contact = cls.env["res.partner"].create(
            {"name": "Ana Acker", "ref": "C0042"}
        )

    def make_full_lead(self, meta_id="10000000000000001", **vals):
        return self.make_lead(
            meta_id,
            **{
                "partner_id": self.contact.id,
                "city": "Los Angeles",
                "zip": "90001",
                "state_id": self.state.id,
                "country_id": self.state.country_id.id,
                **BROWSER,
                **vals,
            },
        )

    def bodies(self, leads):
        events = self.event_rows(leads)
        built = events._build_bodies(events._get_unix_time())
        return {
            event.lead_id: json.loads(built[event.id])
            for event in events
            if event.id in built
        }

    def keys(self, lead):
        return self.bodies(lead)[lead]["user_data"]

    def field(self, model, name):
        return self.env["ir.model.fields"]._get(model, name)

    def extend(self, answer):
        """Let an integrator's method answer for the leads."""
        asked = []

        def prepare(leads, dataset):
            asked.append((leads.ids, dataset))
            return answer(leads)

        self.patch(self.registry["crm.lead"], "_prepare_meta_user_data", prepare)
        return asked


class TestSwitches(KeysCase):
    def test_by_default_all_goes_that_is_nobodys_secret_number(self):
        keys = self.keys(self.make_full_lead())
        self.assertEqual(keys.keys(), {"lead_id", *meta_capi_dataset_keys.SWITCHES})

    def test_each_switch_keeps_its_key_and_no_other(self):
        lead = self.make_full_lead()
        everything = self.keys(lead)
        for key in meta_capi_dataset_keys.SWITCHES:
            with self.subTest(key=key):
                self.dataset[f"send_{key}"] = False
                expected = {k: v for k, v in everything.items() if k != key}
                self.assertEqual(self.keys(lead), expected)
                self.dataset[f"send_{key}"] = True

    def test_with_the_lead_id_only_nothing_else_leaves(self):
        self.dataset.write({"customer_data": "lead_id", "external_id_source": "lead"})
        asked = self.extend(lambda leads: {lead.id: {"em": "a@b.de"} for lead in leads})
        lead = self.make_full_lead()
        self.assertEqual(self.keys(lead), {"lead_id": 10000000000000001})
        self.assertEqual(asked, [])

    def test_each_dataset_is_told_what_it_chose(self):
        event = self.event_rows(self.make_full_lead())
        other = self.dataset.copy(
            {"name": "Second", "meta_id": "500000000000002", "customer_data": "lead_id"}
        )
        second = event.copy(
            {"dataset_id": other.id, "event_id": "2", "state": "queued"}
        )
        bodies = (event + second)._build_bodies(event._get_unix_time())
        self.assertIn("em", json.loads(bodies[event.id])["user_data"])
        self.assertEqual(
            json.loads(bodies[second.id])["user_data"], {"lead_id": 10000000000000001}
        )

    def test_what_changed_is_told_in_the_datasets_history(self):
        self.dataset.send_em = False
        self.dataset.customer_data = "lead_id"
        self.flush()
        values = self.dataset.message_ids.sudo().tracking_value_ids
        self.assertEqual(
            set(values.field_id.mapped("name")), {"send_em", "customer_data"}
        )


class TestBrowser(KeysCase):
    def test_a_browsers_data_goes_as_it_is(self):
        keys = self.keys(self.make_full_lead())
        for name, value in BROWSER.items():
            self.assertEqual(keys[name.removeprefix("meta_")], value)

    def test_what_meta_would_refuse_of_it_is_left_out_and_the_event_goes(self):
        bad = {
            "meta_fbc": "AbCdEf",
            "meta_fbp": "fb.x",
            "meta_client_ip_address": "unknown",
            "meta_client_user_agent": sha256("Mozilla/5.0"),
        }
        keys = self.keys(self.make_full_lead(**bad))
        self.assertFalse(keys.keys() & {name.removeprefix("meta_") for name in BROWSER})
        self.assertIn("em", keys)

    def test_only_those_who_may_see_metas_things_see_it(self):
        lead = self.make_full_lead()
        user = new_test_user(
            self.env, "meta-user", groups="meta_crm_capi.group_meta_user"
        )
        lead.user_id = user
        self.assertEqual(lead.with_user(user).meta_fbp, BROWSER["meta_fbp"])
        lead.user_id = self.rep
        for name in BROWSER:
            with self.subTest(name=name), self.assertRaises(AccessError):
                lead.with_user(self.rep)[name]

    def test_a_copied_lead_is_nobodys_browser(self):
        copied = self.make_full_lead().copy()
        self.assertEqual([copied[name] for name in BROWSER], [False] * 4)

    def test_a_merged_lead_keeps_the_browser_that_any_of_them_had(self):
        first = self.make_full_lead(
            "10000000000000001",
            **{**dict.fromkeys(BROWSER, False), "meta_fbp": "fb.1.own"},
        )
        second = self.make_full_lead("10000000000000002")
        leads = first + second
        leads.user_id = self.rep
        self.flush()
        merged = leads.with_user(self.rep).merge_opportunity().sudo()
        own = "fb.1.own" if merged == first else BROWSER["meta_fbp"]
        self.assertEqual(
            {name: merged[name] for name in BROWSER}, {**BROWSER, "meta_fbp": own}
        )


class TestExternalId(KeysCase):
    def sign(self):
        parameters = self.env["ir.config_parameter"].sudo()
        return sha256(parameters.get_param("database.uuid"))[:8]

    def test_each_source_in_each_form(self):
        lead = self.make_full_lead()
        for source, text in {
            "contact": f"{self.sign()}-contact-{self.contact.id}",
            "lead": f"{self.sign()}-lead-{lead.id}",
            "reference": "C0042",
        }.items():
            for form, sent in {"plain": text, "sha256": sha256(text.lower())}.items():
                with self.subTest(source=source, form=form):
                    self.dataset.write(
                        {"external_id_source": source, "external_id_form": form}
                    )
                    self.assertEqual(self.keys(lead)["external_id"], [sent])

    def test_a_lead_without_contact_or_reference_goes_without(self):
        lead = self.make_lead()
        self.assertFalse(lead.partner_id)
        for source in ("contact", "reference"):
            self.dataset.external_id_source = source
            self.assertNotIn("external_id", self.keys(lead))

    def test_a_reference_that_is_an_address_never_goes_plain(self):
        self.contact.ref = "ana@example.com"
        self.dataset.write(
            {"external_id_source": "reference", "external_id_form": "plain"}
        )
        self.assertNotIn("external_id", self.keys(self.make_full_lead()))

    def test_the_dataset_states_an_example_for_the_pixel(self):
        dataset = self.dataset
        self.assertFalse(dataset.external_id_example)
        dataset.write({"external_id_source": "contact", "external_id_form": "plain"})
        example = f"{self.sign()}-contact-42"
        self.assertEqual(dataset.external_id_example, example)
        dataset.external_id_form = "sha256"
        self.assertEqual(dataset.external_id_example, f"{example} → {sha256(example)}")
        dataset.write({"external_id_source": "reference", "external_id_form": "plain"})
        self.assertEqual(dataset.external_id_example, "C0042")


class TestMappedFields(KeysCase):
    def test_a_mapped_date_and_word_are_told(self):
        lead = self.make_full_lead(date_deadline="1990-12-31")
        self.contact.function = "Female"
        self.assertFalse(self.keys(lead).keys() & {"db", "ge"})
        self.dataset.write(
            {
                "birth_date_field_id": self.field("crm.lead", "date_deadline").id,
                "gender_field_id": self.field("res.partner", "function").id,
            }
        )
        keys = self.keys(lead)
        self.assertEqual(keys["db"], [sha256("19901231")])
        self.assertEqual(keys["ge"], [sha256("f")])

    def test_what_is_empty_or_no_such_thing_is_left_out(self):
        self.dataset.write(
            {
                "birth_date_field_id": self.field("crm.lead", "date_deadline").id,
                "gender_field_id": self.field("res.partner", "function").id,
            }
        )
        self.contact.function = "Architect"
        lead = self.make_full_lead()
        self.assertFalse(self.keys(lead).keys() & {"db", "ge"})

    def test_a_choice_is_understood_by_its_name_too(self):
        words = self.env["crm.lead"]._get_meta_words(
            self.contact, self.field("res.partner", "type"), "contact"
        )
        self.assertEqual(words[0], "contact")
        self.assertEqual(words[1], "Contact")

    def test_only_fields_that_can_hold_it_may_be_chosen(self):
        for name, model, field in (
            ("birth_date_field_id", "crm.lead", "name"),
            ("birth_date_field_id", "crm.lead", "create_date"),
            ("birth_date_field_id", "res.company", "id"),
            ("gender_field_id", "crm.lead", "expected_revenue"),
            ("gender_field_id", "res.users", "login"),
            ("gender_field_id", "res.partner", "display_name"),
        ):
            field_id = self.field(model, field).id
            self.assertTrue(field_id)
            with (
                self.subTest(name=name, field=field),
                self.assertRaises(ValidationError),
            ):
                self.dataset.with_user(self.administrator)[name] = field_id

    def test_nobody_maps_a_field_that_they_may_not_read(self):
        hidden = self.field("crm.lead", "meta_fbc")
        self.patch(
            self.registry["crm.lead"]._fields["meta_fbc"], "groups", "base.group_system"
        )
        with self.assertRaises(ValidationError):
            self.dataset.with_user(self.administrator).gender_field_id = hidden


class TestIntegrators(KeysCase):
    def test_all_leads_are_asked_for_at_once_with_full_rights(self):
        leads = self.make_full_lead() + self.make_full_lead("10000000000000002")
        asked = self.extend(
            lambda leads: {
                lead.id: {"em": f"lead{lead.id}@example.com", "madid": "A-1"}
                for lead in leads
                if leads.env.su and leads.env.company == self.company
            }
        )
        bodies = self.bodies(leads)
        asked = [(sorted(ids), dataset) for ids, dataset in asked]
        self.assertEqual(asked, [(leads.ids, self.dataset)])
        for lead in leads:
            keys = bodies[lead]["user_data"]
            self.assertEqual(
                keys["em"],
                [sha256("ana@example.com"), sha256(f"lead{lead.id}@example.com")],
            )
            self.assertEqual(keys["madid"], "A-1")

    def test_the_datasets_switches_hold_for_what_is_added_too(self):
        self.extend(
            lambda leads: {
                leads.id: {
                    "em": "b@example.com",
                    "external_id": "C1",
                    "db": "1990-12-31",
                }
            }
        )
        self.dataset.send_em = False
        keys = self.keys(self.make_full_lead())
        self.assertFalse(keys.keys() & {"em", "external_id"})
        self.assertEqual(keys["db"], [sha256("19901231")])

    def test_the_leads_own_browser_comes_first(self):
        self.extend(
            lambda leads: {lead.id: {"fbp": "fb.1.1596403881668.7"} for lead in leads}
        )
        own = self.make_full_lead()
        bare = self.make_full_lead("10000000000000002", meta_fbp=False)
        bodies = self.bodies(own + bare)
        self.assertEqual(bodies[own]["user_data"]["fbp"], BROWSER["meta_fbp"])
        self.assertEqual(bodies[bare]["user_data"]["fbp"], "fb.1.1596403881668.7")

    def test_an_error_for_one_lead_is_that_leads_alone(self):
        leads = self.make_full_lead() + self.make_full_lead("10000000000000002")
        good, bad = leads
        for answer in (
            lambda leads: {}[bad.id] if bad in leads else {},
            lambda leads: None if bad in leads else {},
            lambda leads: {bad.id: {"e-mail": "ana@example.com"}},
            lambda leads: {bad.id: ["ana@example.com"]},
        ):
            self.extend(answer)
            self.event_rows(leads).write({"state": "queued", "reason": False})
            with self.assertLogs(BODY, "ERROR") as log:
                self.assertEqual(self.bodies(leads).keys(), {good})
            self.assertNotIn("ana@", "".join(log.output))
            event = self.event_rows(bad)
            self.assertEqual(event.state, "refused")
            self.assertIn("Internal error", event.reason)


class TestReading(KeysCase):
    def test_one_statement_reads_a_thousand_as_it_reads_one(self):
        leads = self.make_full_lead()
        for number in range(2, 6):
            leads += self.make_full_lead(f"1000000000000000{number}")
        events = self.event_rows(leads)
        now = events._get_unix_time()
        events[:1]._build_bodies(now)
        counts = []
        for rows in (events[:1], events):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rows._build_bodies(now)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_a_failing_statement_is_not_logged_with_its_values(self):
        event = self.event_rows(self.make_full_lead())
        self.patch(
            self.registry["meta.capi.event"],
            "_get_phones",
            lambda events, model, alias: [SQL("nowhere.nothing")],
        )
        with (
            self.assertNoLogs("odoo.sql_db", "ERROR"),
            self.assertRaises(psycopg2.Error),
            self.env.cr.savepoint(),
        ):
            event._build_bodies(event._get_unix_time())

    def test_every_number_of_a_lead_is_sent_odoos_sanitised_one_as_it_is(self):
        lead = self.make_full_lead(phone="+12025550101", city="+12025550102")
        self.patch(
            self.registry["crm.lead"],
            "_phone_get_number_fields",
            lambda lead: ["city", "phone"],
        )
        keys = self.keys(lead)
        self.assertEqual(keys["ph"], [sha256("12025550101"), sha256("12025550102")])

    def test_what_is_not_yet_written_is_read(self):
        lead = self.make_full_lead()
        event = self.event_rows(lead)
        lead.email_from = "new@example.com"
        (body,) = event._build_bodies(event._get_unix_time()).values()
        self.assertIn(sha256("new@example.com"), body)

    def test_the_same_facts_give_the_same_bytes(self):
        event = self.event_rows(self.make_full_lead())
        now = event._get_unix_time()
        self.assertEqual(event._build_bodies(now), event._build_bodies(now + 60))

    def test_refused_events_are_told_apart_by_their_reason(self):
        leads = self.make_full_lead() + self.make_full_lead("10000000000000002")
        first, second = self.event_rows(leads)
        first.event_name = "x" * 51
        second.submission_id.meta_id = "12"
        self.assertEqual((first + second)._build_bodies(first._get_unix_time()), {})
        self.assertIn("event_name", first.reason)
        self.assertIn("lead_id", second.reason)
        self.assertNotIn("lead_id", first.reason)


class TestScreen(KeysCase):
    def test_an_administrator_sets_all_of_it_on_the_form(self):
        with Form(self.dataset.with_user(self.administrator)) as form:
            form.send_ph = False
            form.external_id_source = "contact"
            form.external_id_form = "plain"
            form.limited_data_use = "state"
            form.limited_data_use_state = "1000"
            self.assertIn("-contact-42", form.external_id_example)
        self.assertFalse(self.dataset.send_ph)
        self.assertEqual(self.dataset.limited_data_use_state, "1000")

    def test_a_meta_user_reads_it_and_changes_nothing(self):
        self.dataset.birth_date_field_id = self.field("crm.lead", "date_deadline")
        user = new_test_user(
            self.env, "meta-user", groups="meta_crm_capi.group_meta_user"
        )
        dataset = self.dataset.with_user(user)
        read = dataset.web_read(
            {"send_em": {}, "birth_date_field_id": {"fields": {"display_name": {}}}}
        )
        self.assertTrue(read[0]["birth_date_field_id"]["display_name"])
        with self.assertRaises(AccessError):
            dataset.send_em = False

    def test_every_state_of_the_united_states_and_canada_is_told(self):
        countries = self.env.ref("base.us") + self.env.ref("base.ca")
        for state in countries.state_ids:
            country = state.country_id.code
            with self.subTest(state=state.code, country=country):
                self.assertTrue(user_data.hashed("st", state.code, country=country))
