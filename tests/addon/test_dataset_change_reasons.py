"""What an event of a replaced dataset says of where it went, and who may have it."""

from .test_dataset_change import ChangeCase


class TestReasons(ChangeCase):
    def test_what_the_new_dataset_has_or_did_not_take_is_not_said_to_go_there(self):
        new = self.change()
        self.told.stage_id = self.qualified
        self.deliver()
        there = self.event_rows(self.told).filtered(
            lambda row: row.dataset_id == new and row.event_name == "qualified"
        )
        for state, tries, words, cure in (
            ("accepted", 0, "has this event already", "Nothing to do"),
            ("refused", 0, "did not take this event", "Send again"),
            ("expired", 0, "did not take this event", "Send again"),
            ("refused", 1, "did not take this event", "ask Meta to erase"),
        ):
            with self.subTest(state=state, tries=tries):
                there.state = state
                late = there.copy(
                    {"dataset_id": self.dataset.id, "state": "queued", "tries": tries}
                )
                self.deliver()
                self.assertEqual((late.state, there.state), ("cancelled", state))
                self.assertIn(words, late.reason)
                self.assertNotIn("goes to the new one", late.reason)
                self.assertEqual("Meta may have it" in late.reason, bool(tries))
                self.assertIn(cure, late.cure)

    def test_what_was_sent_before_it_was_queued_anew_says_so_too(self):
        self.told.stage_id = self.qualified
        self.flush()
        tried = self.rows.filtered(lambda row: row.state == "queued")
        tried.write({"state": "refused", "tries": 1})
        tried.action_send_again()
        new = self.change()
        self.assertIn("Meta may have it", tried.reason)
        row = self.rows.filtered(lambda row: row.dataset_id == new)
        self.assertFalse(row.sent_before)
