"""Catching up from a Meta that leaves things out, or never comes to an end."""

import json
import time

from .catch_up import CatchUpCase
from .common import FORM, PAGE


class TestLies(CatchUpCase):
    def list_as(self, *bodies, path=f"GET /{FORM}/leads"):
        """Meta gives these answers to the next requests for the list."""
        answers = [{"status": 200, "raw": json.dumps(body)} for body in bodies]
        self.meta.script(path, answers)

    def node(self, meta_id, minutes=60, **changes):
        given = {
            "id": meta_id,
            "created_time": int(time.time() - 60 * minutes),
            "form_id": FORM,
            "field_data": [{"name": "full_name", "values": ["Ana Acker"]}],
            **changes,
        }
        return {key: item for key, item in given.items() if item != "left out"}

    def test_a_lead_that_is_listed_without_its_answers_is_read_by_itself(self):
        for left_out in ("left out", None):
            with self.subTest(left_out):
                meta_id = self.lead_at_meta(60)
                self.list_as({"data": [self.node(meta_id, field_data=left_out)]})
                self.catch_up()
                self.fetch()
                self.assertEqual(self.reads(meta_id), [meta_id])
                lead = self.find(meta_id).lead_id
                self.assertEqual(lead.contact_name, "Ana Acker")

    def test_a_list_that_is_given_again_behind_every_cursor_ends_in_words(self):
        meta_id = self.lead_at_meta(60)
        self.list_as(
            *(
                {
                    "data": [self.node(meta_id), self.node("3300000000000077", 10)],
                    "paging": {"next": "x", "cursors": {"after": f"c{number}"}},
                }
                for number in range(30)
            )
        )
        self.catch_up()
        self.assertEqual(self.come(meta_id), [meta_id])
        self.assertIn("repeats itself", self.page.catch_up_trouble)
        self.assertLess(len(self.lists()), 6)

    def test_a_list_of_forms_without_an_answer_still_lets_leads_come(self):
        for name in ("no_answer", "html"):
            with self.subTest(name):
                self.page.forms_read_at = False
                meta_id = self.lead_at_meta(60)
                self.meta.script_named(name, f"GET /{PAGE}/leadgen_forms")
                self.catch_up()
                self.assertEqual(self.come(meta_id), [meta_id])
                self.assertTrue(self.page.catch_up_trouble)
                self.assertFalse(self.page.forms_read_at)

    def test_a_list_of_forms_that_never_ends_still_lets_leads_come(self):
        meta_id = self.lead_at_meta(60)
        self.list_as(
            *(
                {
                    "data": [{"id": FORM, "name": "Spring offer"}],
                    "paging": {"next": "x", "cursors": {"after": f"c{number}"}},
                }
                for number in range(30)
            ),
            path=f"GET /{PAGE}/leadgen_forms",
        )
        self.catch_up()
        self.assertEqual(self.come(meta_id), [meta_id])
        self.assertTrue(self.page.catch_up_trouble)
        self.assertLess(len(self.meta.requests(f"/{PAGE}/leadgen_forms")), 6)

    def test_behind_pages_without_leads_it_goes_on_until_the_list_ends(self):
        empty = [
            {"data": [], "paging": {"next": "x", "cursors": {"after": f"c{number}"}}}
            for number in range(40)
        ]
        meta_id = self.lead_at_meta(60)
        self.list_as(*empty, {"data": [self.node(meta_id)]})
        self.catch_up()
        self.assertFalse(self.page.caught_up_at)
        self.assertIn("nothing is on its pages", self.page.catch_up_trouble)
        self.catch_up()  # the rest of this pass
        self.assertFalse(self.page.caught_up_at)
        self.catch_up()
        self.assertEqual(self.come(meta_id), [meta_id])
        self.assertTrue(self.page.caught_up_at)
        self.assertFalse(self.page.catch_up_trouble)
