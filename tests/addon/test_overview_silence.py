"""Nothing was accepted for longer than usual: told as a finding of health."""

from odoo.addons.meta_crm_capi.protocol import silence

from .delivery import HOUR
from .overview import OverviewCase

DAY = 24 * HOUR
KIND = "health acceptance"


class TestSilence(OverviewCase):
    def make_rhythm(self, *, until, each=6 * HOUR):
        """Moves that Meta accepted, one after the other for five weeks until then."""
        rows = self.make_events(140)
        self.settle(rows, "accepted")
        for number, row in enumerate(rows):
            self.age(row, create_date=until + number * each)
        return rows

    def look_after(self):
        """What the hourly look at the connection keeps."""
        self.env.invalidate_all()
        plan = self.connection._plan_nothing("Nobody asks Meta here.")
        self.connection._store_health_check(plan)
        return self.connection.health_finding_ids.filtered(
            lambda row: row.kind == "acceptance"
        )

    @property
    def alarms(self):
        self.env.invalidate_all()
        return [
            alarm
            for alarm in self.connection.activity_ids.mapped("meta_alarm")
            if alarm == KIND
        ]

    def test_a_dataset_with_its_usual_rhythm_is_nothing_to_tell(self):
        self.make_rhythm(until=HOUR)
        self.assertFalse(self.look_after())

    def test_a_long_silence_makes_an_activity_and_a_line(self):
        self.make_rhythm(until=3 * DAY)
        finding = self.look_after()
        self.assertEqual(finding.level, "attention")
        self.assertIn("CRM dataset: the last move", finding.words)
        self.assertEqual(self.alarms, [KIND])
        titles = [line["title"] for line in self.look()["alarms"]]
        self.assertEqual(titles, ["Accepted events: Sunny Roofs"])

    def test_it_clears_itself_with_the_next_accepted_event(self):
        rows = self.make_rhythm(until=3 * DAY)
        self.look_after()
        self.age(rows[0], create_date=HOUR)
        self.assertFalse(self.look_after())
        self.assertEqual(self.alarms, [])

    def test_too_few_events_have_no_rhythm(self):
        rows = self.make_events(silence.MIN_ARRIVALS - 1)
        self.settle(rows, "accepted", create_date=30 * DAY)
        self.assertFalse(self.look_after())

    def test_what_is_told_otherwise_is_not_told_twice(self):
        self.make_rhythm(until=3 * DAY)
        for change in (
            {"state": "paused"},
            {"state": "stopped"},
            {"active": False},
            {"stands_since": self.now},
            {"waits_since": self.now},
        ):
            with self.subTest(change=change), self.env.cr.savepoint() as undo:
                self.dataset.write(change)
                self.assertFalse(self.look_after())
                undo.rollback()

    def test_another_datasets_events_are_none_of_it(self):
        other = self.add_dataset("500000000000002")
        self.make_rhythm(until=3 * DAY)
        self.settle(self.make_events(2, other), "accepted")
        self.assertIn("CRM dataset", self.look_after().words)
        self.assertNotIn(other.name, self.look_after().words)
