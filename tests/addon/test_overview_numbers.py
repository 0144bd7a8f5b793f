"""The numbers of the sync overview, and the records behind each of them."""

from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from .delivery import HOUR
from .overview import OverviewCase

DAY = 24 * HOUR


class TestEmpty(OverviewCase):
    def test_nothing_was_ever_moved(self):
        found = self.look()
        self.assertEqual(found["queue"]["count"], 0)
        self.assertIs(found["queue"]["oldest"], False)
        self.assertEqual(found["queue"]["drain"], {"kind": "empty", "at": False})
        self.assertEqual(self.counts(found), {})
        self.assertEqual(found["latency"]["all"]["count"], 0)
        self.assertIsNone(found["latency"]["all"]["p50"])

    def test_a_company_without_anything_is_told_to_connect(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.marketer.company_ids += elsewhere
        found = self.look(companies=elsewhere)
        self.assertIs(found["has_connection"], False)
        self.assertEqual((found["datasets"], found["pages"]), ([], []))
        self.assertEqual(found["alarms"], [])

    def test_every_day_of_the_period_is_there(self):
        days = self.look(30)["outcomes"]["days"]
        self.assertEqual(len(days), 30)
        self.assertEqual(days[-1]["date"], str(self.now.date()))
        self.assertEqual(len({day["date"] for day in days}), 30)

    def test_a_rep_may_not_look(self):
        with self.assertRaises(AccessError):
            self.look(user=self.rep)

    def test_a_period_that_is_none_is_a_week(self):
        for days in (0, -1, 8, "30", None, [7], {"days": 1}):
            with self.subTest(days=days):
                self.assertEqual(self.look(days)["days"], 7)

    def test_a_dataset_that_is_none_of_ours_is_all_of_them(self):
        for dataset in (None, 0, -1, 10**9, "x", [self.dataset.id], {}):
            with self.subTest(dataset=dataset):
                self.assertIs(self.look(7, dataset)["dataset_id"], False)


class TestNumbers(OverviewCase):
    def test_what_waits_is_counted_and_can_be_opened(self):
        rows = self.make_events(3)
        self.age(rows[0], create_date=2 * HOUR)
        found = self.look()
        self.assertEqual(found["queue"]["count"], 3)
        self.assertEqual(self.behind(found["queue"]), rows)
        self.assertEqual(
            found["queue"]["oldest"], str(rows[0].create_date.replace(microsecond=0))
        )
        oldest = self.env["meta.capi.event"].search(found["queue"]["oldest_domain"])
        self.assertEqual(oldest, rows[0])
        self.assertEqual(found["queue"]["drain"]["kind"], "about")

    def test_what_is_being_sent_waits_still(self):
        rows = self.make_events(2)
        self.hold(rows[0])
        self.assertEqual(self.look()["queue"]["count"], 2)

    def test_what_became_of_moves_is_counted_by_outcome_and_can_be_opened(self):
        rows = self.make_events(8)
        accepted, refused, expired, not_sent, waiting = (
            rows[:2],
            rows[2:3],
            rows[3:4],
            rows[4:6],
            rows[6:],
        )
        self.settle(accepted, "accepted")
        self.settle(refused, "refused")
        self.settle(expired, "expired")
        self.settle(not_sent, "not_sent")
        found = self.look()
        self.assertEqual(
            self.counts(found),
            {"accepted": 2, "waiting": 2, "refused": 1, "expired": 1, "not_sent": 2},
        )
        total = found["outcomes"]["total"]
        self.assertEqual(self.behind(total["accepted"]), accepted)
        self.assertEqual(self.behind(total["waiting"]), waiting)
        self.assertEqual(self.behind(total["not_sent"]), not_sent)
        today = found["outcomes"]["days"][-1]
        self.assertEqual(today["counts"]["not_sent"], 2)
        self.assertEqual(
            self.behind({"domain": today["domains"]["not_sent"]}), not_sent
        )

    def test_a_move_of_before_the_period_is_not_in_it_but_waits_all_the_same(self):
        rows = self.make_events(2)
        self.age(rows, create_date=3 * DAY)
        self.settle(rows[0], "accepted")
        found = self.look(1)
        self.assertEqual(self.counts(found), {})
        self.assertEqual(found["latency"]["all"]["count"], 0)
        self.assertEqual(found["queue"]["count"], 1)

    def test_a_day_begins_where_the_user_is(self):
        rows = self.make_events(1)
        self.settle(rows, "accepted")
        moved = datetime(2026, 3, 1, 20, 30)
        self.env.cr.execute(
            "UPDATE meta_capi_event SET create_date = %s WHERE id = ANY(%s)",
            [moved, rows.ids],
        )
        with patch.object(self.env.cr, "_now", moved + HOUR):
            found = self.look(1, tz="Asia/Ho_Chi_Minh")
        today = found["outcomes"]["days"][0]
        self.assertEqual(today["date"], "2026-03-02")
        self.assertEqual(today["counts"]["accepted"], 1)
        self.assertEqual(self.behind({"domain": today["domains"]["accepted"]}), rows)
        with patch.object(self.env.cr, "_now", moved + HOUR):
            found = self.look(1)
        self.assertEqual(found["outcomes"]["days"][0]["date"], "2026-03-01")
        self.assertEqual(self.counts(found), {"accepted": 1})

    def test_days_that_a_clock_change_makes_longer_hold_each_move_once(self):
        rows = self.make_events(3)
        self.settle(rows, "accepted")
        # Clocks went back on 2026-10-25, at 01:00 UTC: that day has 25 hours.
        moments = ["2026-10-24 22:30", "2026-10-25 22:30", "2026-10-25 23:30"]
        for row, moment in zip(rows, moments, strict=True):
            self.env.cr.execute(
                "UPDATE meta_capi_event SET create_date = %s WHERE id = %s",
                [moment, row.id],
            )
        with patch.object(self.env.cr, "_now", datetime(2026, 10, 26, 12)):
            days = self.look(7, tz="Europe/Berlin")["outcomes"]["days"]
        by_day = {day["date"]: day["counts"]["accepted"] for day in days}
        self.assertEqual((by_day["2026-10-25"], by_day["2026-10-26"]), (2, 1))
        for day in days:
            behind = self.behind({"domain": day["domains"]["accepted"]})
            self.assertEqual(len(behind), day["counts"]["accepted"], day["date"])

    def test_the_time_from_move_to_acceptance_is_that_of_the_events_behind_it(self):
        rows = self.make_events(20)
        self.settle(rows[:19], "accepted", took=10)
        self.settle(rows[19:], "accepted", took=1000)
        all_of_them = self.look()["latency"]["all"]
        self.assertEqual(all_of_them["count"], 20)
        self.assertAlmostEqual(all_of_them["p50"], 10)
        # Between the 19th and the 20th of twenty.
        self.assertAlmostEqual(all_of_them["p95"], 10 + 0.05 * 990)
        self.assertEqual(self.behind(all_of_them), rows)

    def test_each_dataset_has_its_own_numbers(self):
        other = self.add_dataset("500000000000002")
        ours, theirs = self.make_events(2), self.make_events(3, other)
        self.settle(ours, "accepted", took=1)
        self.settle(theirs[:1], "accepted", took=100)
        found = self.look()
        self.assertEqual(found["latency"][str(self.dataset.id)]["p50"], 1)
        self.assertEqual(found["latency"][str(other.id)]["p50"], 100)
        self.assertEqual(found["latency"]["all"]["count"], 3)
        shown = {row["id"]: row["queue"] for row in found["datasets"]}
        self.assertEqual(shown[self.dataset.id]["count"], 0)
        self.assertEqual(self.behind(shown[other.id]), theirs[1:])

    def test_one_dataset_may_be_looked_at_alone(self):
        other = self.add_dataset("500000000000002")
        self.settle(self.make_events(2), "accepted")
        self.make_events(3, other)
        found = self.look(7, other.id)
        self.assertEqual(found["dataset_id"], other.id)
        self.assertEqual(self.counts(found), {"waiting": 3})
        self.assertEqual(found["latency"]["all"]["count"], 0)
        self.assertEqual([row["id"] for row in found["datasets"]], [other.id])
        self.assertEqual(len(found["choices"]), 2)

    def test_moves_without_a_dataset_are_counted_too(self):
        rows = self.make_events(1)
        self.settle(rows, "not_sent")
        self.env.cr.execute("UPDATE meta_capi_event SET dataset_id = NULL")
        found = self.look()
        self.assertEqual(self.counts(found), {"not_sent": 1})
        self.assertEqual(self.behind(found["outcomes"]["total"]["not_sent"]), rows)

    def test_a_long_queue_is_told_by_what_went_through_lately(self):
        rows = self.make_events(4)
        self.dataset.batch_size = 2
        self.age(rows, create_date=10 * HOUR)
        self.env["meta.sync.log"].create(
            {
                "direction": "out",
                "kind": "events",
                "outcome": "accepted",
                "dataset_id": self.dataset.id,
                "company_id": self.company.id,
                "event_count": 2,
            }
        )
        drain = self.look()["queue"]["drain"]
        self.assertEqual(drain["kind"], "about")
        # Two in a quarter of an hour, so half an hour for four.
        at = datetime.fromisoformat(drain["at"])
        self.assertEqual(at, self.now + timedelta(minutes=30))


class TestCompanies(OverviewCase):
    def setUp(self):
        super().setUp()
        self.elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.stranger = new_test_user(
            self.env,
            "meta-stranger",
            groups="meta_crm_capi.group_meta_user",
            company_id=self.elsewhere.id,
            company_ids=self.elsewhere.ids,
        )

    def test_another_company_sees_nothing_of_it(self):
        rows = self.make_events(4)
        self.settle(rows[:2], "accepted")
        self.settle(rows[2:3], "refused")
        self.dataset._pause("Meta said no.")
        self.page._set_reconnect("Meta said no.")
        found = self.look(7, self.dataset.id, user=self.stranger)
        self.assertEqual(self.counts(found), {})
        self.assertEqual(found["queue"]["count"], 0)
        self.assertEqual(found["latency"], {"all": found["latency"]["all"]})
        self.assertEqual(found["latency"]["all"]["count"], 0)
        self.assertEqual((found["datasets"], found["pages"]), ([], []))
        self.assertEqual((found["alarms"], found["choices"]), ([], []))

    def test_who_has_two_companies_sees_those_that_are_chosen(self):
        self.settle(self.make_events(2), "accepted")
        self.stranger.company_ids += self.company
        both = self.elsewhere + self.company
        found = self.look(user=self.stranger, companies=self.elsewhere)
        self.assertEqual(self.counts(found), {})
        found = self.look(user=self.stranger, companies=both)
        self.assertEqual(self.counts(found), {"accepted": 2})

    def test_a_company_of_others_cannot_be_chosen(self):
        with self.assertRaises(AccessError):
            self.look(user=self.stranger, companies=self.company)
