"""``docs/examples/meta_example_source``: leads of a further source."""

import json
import time

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from tests.addon.common import FORM, PAGE
from tests.addon.way_in import WayInCase, sign

SECRET = "the-partners-own-secret"
FOUND = "odoo.addons.meta_crm_capi.models.meta_lead_submission_found"


@tagged("-at_install", "post_install")
class TestSource(HttpCase, WayInCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("meta_example_source.secret", SECRET)

    def node(self, meta_id, **answers):
        """A lead as Meta's own API would give it."""
        return {
            "id": meta_id,
            "created_time": int(time.time()) - 60,
            "form_id": FORM,
            "field_data": [
                {"name": name, "values": [value]} for name, value in answers.items()
            ],
        }

    def post(self, body, *, secret=SECRET, page=PAGE):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.url_open(
            f"/meta/example/leads/{page}",
            data=raw,
            headers={"Content-Type": "application/json", **sign(raw, secret)},
            method="POST",
        )
        self.env.invalidate_all()
        return answer

    def test_a_lead_with_its_answers_comes_in_without_a_word_from_meta(self):
        meta_id = self.fill_in()
        answer = self.post([self.node(meta_id, full_name="Ana Acker", email="a@b.co")])
        self.assertEqual((answer.status_code, answer.json()), (200, {"new": 1}))
        self.fetch()
        row = self.find(meta_id)
        self.assertEqual((row.origin, row.state), ("partner", "done"))
        self.assertEqual(row.lead_id.contact_name, "Ana Acker")
        self.assertEqual(row.lead_id.email_from, "a@b.co")
        self.assertEqual(self.reads(meta_id), [])
        self.assertEqual(self.events(row.lead_id), [("initial_lead", "queued")])

    def test_of_an_id_alone_the_rest_is_read_from_meta(self):
        meta_id = self.fill_in({"full_name": "Ben Bauer"})
        self.post([{"id": meta_id}])
        self.fetch()
        self.assertEqual(self.find(meta_id).lead_id.contact_name, "Ben Bauer")
        self.assertEqual(self.reads(meta_id), [meta_id])

    def test_what_came_before_does_not_come_again(self):
        known = self.come_in()
        meta_id = self.fill_in()
        nodes = [self.node(known.meta_id, full_name="Other"), self.node(meta_id)]
        self.assertEqual(self.post(nodes).json(), {"new": 1})
        self.assertEqual(self.post(nodes).json(), {"new": 0})
        self.assertEqual((known.origin, known.state), ("webhook", "done"))

    def test_who_does_not_sign_gets_nothing_in(self):
        meta_id = self.fill_in()
        answer = self.post([self.node(meta_id)], secret="a-guess")
        self.assertEqual(answer.status_code, 403)
        self.env["ir.config_parameter"].set_param("meta_example_source.secret", False)
        self.assertEqual(self.post([self.node(meta_id)], secret="").status_code, 403)
        self.assertFalse(self.find(meta_id))

    def test_what_is_no_list_of_leads_is_refused_and_rubbish_in_it_left_out(self):
        for body in (b"", b"no JSON", {"id": "1"}, "text"):
            with self.subTest(body=body):
                self.assertEqual(self.post(body).status_code, 400)
        self.assertEqual(self.post([], page="1").status_code, 404)
        meta_id = self.fill_in()
        with mute_logger(FOUND):
            answer = self.post([None, 5, {}, "x", [], {"id": meta_id}])
        self.assertEqual(answer.json(), {"new": 1})

    def test_an_origin_that_nobody_added_is_an_error_of_the_integration(self):
        with self.assertRaises(ValueError):
            self.page._take_in([{"id": self.fill_in()}], "elsewhere")

    def test_with_send_at_once_the_reader_is_woken(self):
        triggers = self.env["ir.cron.trigger"]
        of_reader = [("cron_id", "=", self.fetch_cron.id)]
        self.page._take_in([{"id": self.fill_in()}], "partner")
        self.assertFalse(triggers.search_count(of_reader))
        self.connection.send_at_once = True
        self.page._take_in([{"id": self.fill_in()}], "partner")
        self.assertTrue(triggers.search_count(of_reader))
