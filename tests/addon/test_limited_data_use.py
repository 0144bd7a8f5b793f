"""Limited Data Use: what of it goes with each event, and what the form asks for."""

import json

from odoo.exceptions import ValidationError
from odoo.tests import Form

from odoo.addons.meta_crm_capi.protocol import event_checks

from .delivery import DeliveryCase

KEYS = (
    "data_processing_options",
    "data_processing_options_country",
    "data_processing_options_state",
)


class TestLimitedDataUse(DeliveryCase):
    def deliver_one(self):
        """Deliver a lead's event and give what Meta accepted of Limited Data Use."""
        self.make_known_lead(email_from=f"person{next(self._numbers)}@example.com")
        accepted = len(self.received())
        self.deliver()
        (event,) = self.received()[accepted:]
        return {key: event[key] for key in KEYS if key in event}

    def test_off_says_nothing_of_it(self):
        self.assertEqual(self.dataset.limited_data_use, "off")
        self.assertEqual(self.deliver_one(), {})

    def test_meta_is_asked_to_geolocate(self):
        self.dataset.limited_data_use = "geolocate"
        self.assertEqual(
            self.deliver_one(), dict(zip(KEYS, (["LDU"], 0, 0), strict=True))
        )

    def test_each_state_goes_with_its_country(self):
        field = self.dataset._fields["limited_data_use_state"]
        codes = [code for code, _name in field.selection]
        self.assertEqual(
            [int(code) for code in codes], list(event_checks.LDU_STATES[1:])
        )
        for code in codes:
            with self.subTest(code=code):
                self.dataset.write(
                    {"limited_data_use": "state", "limited_data_use_state": code}
                )
                self.assertEqual(
                    self.deliver_one(),
                    dict(zip(KEYS, (["LDU"], 1, int(code)), strict=True)),
                )

    def test_it_goes_with_the_lead_id_alone_too(self):
        self.dataset.write(
            {"customer_data": "lead_id", "limited_data_use": "geolocate"}
        )
        self.assertEqual(len(self.deliver_one()), 3)

    def test_a_state_left_over_from_before_is_not_sent(self):
        self.dataset.write(
            {"limited_data_use": "geolocate", "limited_data_use_state": "1000"}
        )
        self.assertEqual(self.deliver_one()["data_processing_options_state"], 0)

    def test_what_is_frozen_stays_when_the_choice_changes(self):
        self.make_known_lead()
        self.meta.script_named("transient", "POST */events")
        self.deliver()
        body = self.rows.body
        self.dataset.limited_data_use = "geolocate"
        self.make_due()
        self.deliver()
        self.assertEqual(self.states, ["accepted"])
        self.assertEqual(self.rows.body, body)
        self.assertNotIn(KEYS[0], json.loads(body))

    def test_a_chosen_state_must_be_named(self):
        with self.assertRaises(ValidationError):
            self.dataset.limited_data_use = "state"
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.dataset.write(
                {"limited_data_use": "state", "limited_data_use_state": False}
            )

    def test_the_form_asks_for_the_state(self):
        with self.assertRaises(AssertionError), Form(self.dataset) as form:
            form.limited_data_use = "state"

    def test_a_state_that_meta_does_not_know_is_refused(self):
        with self.assertRaises(ValueError):
            self.dataset.limited_data_use_state = "1014"
