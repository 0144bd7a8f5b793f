"""The state of datasets and Pages, and the lines of what needs a person."""

from datetime import timedelta

from .delivery import HOUR
from .overview import OverviewCase

LATE = timedelta(minutes=16)


class StateCase(OverviewCase):
    def dataset_row(self, **given):
        (row,) = self.look(**given)["datasets"]
        return row

    def page_row(self, **given):
        (row,) = self.look(**given)["pages"]
        return row

    def titles(self, found=None):
        return [line["title"] for line in (found or self.look())["alarms"]]

    def line(self, words):
        """The one line whose title has these words."""
        (line,) = [row for row in self.look()["alarms"] if words in row["title"]]
        return line

    def let_stand_still(self):
        """One event is due for longer than the sender ever leaves one."""
        rows = self.make_events(1)
        self.age(self.dataset, state_since=HOUR)
        self.age(self.dataset.rule_ids, write_date=HOUR)
        self.age(rows, create_date=LATE, next_try_at=LATE)
        return rows


class TestDatasets(StateCase):
    def test_one_in_order_is_active_and_needs_nobody(self):
        row = self.dataset_row()
        self.assertEqual((row["status"], row["words"]), ("ok", ""))
        self.assertEqual(self.titles(), [])

    def test_one_that_rests_says_until_when_and_is_no_alarm(self):
        self.make_events(1)
        self.dataset._rest(600, "Meta asked to slow down.")
        row = self.dataset_row()
        self.assertEqual(row["status"], "resting")
        self.assertEqual(row["words"], "Meta asked to slow down.")
        self.assertEqual(
            row["until"], str(self.dataset.resume_at.replace(microsecond=0))
        )
        self.assertEqual(row["drain"]["kind"], "not_before")
        self.assertGreater(row["drain"]["at"], row["until"])
        self.assertEqual(self.titles(), [])

    def test_a_paused_one_says_why_and_needs_a_person(self):
        self.make_events(1)
        self.dataset._pause("Meta does not know the token.")
        row = self.dataset_row()
        self.assertEqual(row["status"], "paused")
        self.assertEqual(row["drain"], {"kind": "never", "at": False})
        line = self.line("Paused: CRM dataset")
        self.assertEqual(line["level"], "danger")
        self.assertIn("does not know the token", line["words"])
        self.assertEqual(
            line["target"], {"model": "meta.capi.dataset", "id": self.dataset.id}
        )
        self.dataset.with_user(self.administrator).action_resume()
        self.assertEqual(self.titles(), [])
        self.assertEqual(self.dataset_row()["status"], "ok")

    def test_a_stopped_one_is_not_forgotten(self):
        self.dataset.with_user(self.administrator).action_stop()
        self.assertEqual(self.dataset_row()["status"], "stopped")
        self.assertEqual(self.line("Stopped")["level"], "warning")

    def test_one_in_trouble_says_it(self):
        self.dataset.trouble = "Meta gave no answer."
        row = self.dataset_row()
        self.assertEqual(
            (row["status"], row["words"]), ("trouble", "Meta gave no answer.")
        )

    def test_an_archived_one_is_shown_as_long_as_something_waits_in_it(self):
        self.make_events(2)
        self.dataset.active = False
        row = self.dataset_row()
        self.assertEqual((row["status"], row["drain"]["kind"]), ("archived", "never"))
        self.settle(self.rows, "cancelled")
        self.assertEqual(self.look()["datasets"], [])

    def test_a_step_that_was_set_aside_has_a_line_until_it_is_resumed(self):
        rows = self.make_events(3)
        rule = rows.rule_id
        rule._set_aside("Meta wants a value.")
        row = self.dataset_row()
        self.assertEqual((row["set_aside"], row["drain"]["kind"]), (3, "never"))
        line = self.line("Meta refuses the step")
        self.assertEqual(line["words"], "Meta wants a value.")
        self.assertEqual(line["target"]["id"], rule.id)
        rule.with_user(self.administrator).action_resume()
        self.assertEqual(self.titles(), [])

    def test_refused_events_have_a_line_until_the_activity_is_done(self):
        rows = self.make_events(2)
        self.settle(rows, "refused")
        self.dataset._alarm_refused(2, "No value.")
        line = self.line("Events were refused")
        self.assertEqual(self.behind(line["target"]), rows)
        self.dataset.activity_ids.action_done()
        self.assertEqual(self.titles(), [])


class TestPages(StateCase):
    def test_one_that_nobody_looked_at_says_so(self):
        self.assertEqual(self.page_row()["status"], "unchecked")

    def test_one_is_as_well_as_the_worst_that_was_found_on_it(self):
        self.page.health_checked_at = self.now
        finding = self.env["meta.health.finding"].create(
            {
                "connection_id": self.connection.id,
                "page_id": self.page.id,
                "kind": "terms",
                "level": "ok",
            }
        )
        for level, status in (
            ("ok", "ok"),
            ("inconclusive", "unknown"),
            ("attention", "attention"),
            ("broken", "broken"),
        ):
            finding.level = level
            self.assertEqual(self.page_row()["status"], status)

    def test_one_that_must_be_reconnected_is_paused_and_tells_it_once(self):
        self.page._set_reconnect("The token is dead.")
        self.env["meta.health.finding"].create(
            {
                "connection_id": self.connection.id,
                "page_id": self.page.id,
                "kind": "page_token",
                "level": "broken",
                "words": "The token is dead.",
            }
        )
        row = self.page_row()
        self.assertEqual(row["status"], "paused")
        self.assertEqual(row["words"], "The token is dead.")
        self.assertEqual(
            self.titles(), ["Meta does not let us read leads: Sunny Roofs"]
        )

    def test_a_dead_token_is_one_line_that_says_what_stands_still(self):
        self.page._set_reconnect("The token is dead.")
        self.dataset._pause("The token is dead.")
        findings = self.env["meta.health.finding"]
        for page, kind in (
            (findings.page_id, "token"),
            (self.page, "page_token"),
            (self.page, "waiting"),
        ):
            findings.create(
                {
                    "connection_id": self.connection.id,
                    "page_id": page.id,
                    "kind": kind,
                    "level": "broken",
                    "words": "Not valid.",
                }
            )
        (line,) = self.look()["alarms"]
        self.assertEqual(line["title"], f"Token: {self.connection.name}")
        self.assertEqual(
            line["words"],
            "Not valid.\nNo event is sent to: CRM dataset. "
            "No lead is read from: Sunny Roofs.",
        )

    def test_beside_a_dead_token_what_has_another_cause_is_told(self):
        self.env["meta.health.finding"].create(
            {
                "connection_id": self.connection.id,
                "kind": "token",
                "level": "broken",
                "words": "Not valid.",
            }
        )
        self.dataset.access_token = "its-own"
        self.dataset._pause("Meta does not know the dataset.")
        titles = self.titles()
        self.assertIn("Paused: CRM dataset", titles)
        self.assertEqual(len(titles), 2)

    def test_one_that_rests_says_until_when(self):
        self.page._rest(600)
        self.assertEqual(self.page_row()["status"], "resting")
        self.assertTrue(self.page_row()["until"])

    def test_leads_that_are_not_in_odoo_yet_are_counted_and_can_be_opened(self):
        waiting = self.make_submission("10000000000000001", state="received")
        parked = self.make_submission("10000000000000002", state="parked")
        row = self.page_row()
        for kind, expected in (("received", waiting), ("parked", parked)):
            self.assertEqual(row[kind]["count"], 1)
            submissions = self.env["meta.lead.submission"].with_user(self.marketer)
            self.assertEqual(submissions.search(row[kind]["domain"]), expected)

    def test_what_health_found_has_a_line_with_the_cure_until_it_is_well(self):
        finding = self.env["meta.health.finding"].create(
            {
                "connection_id": self.connection.id,
                "kind": "token",
                "level": "attention",
                "words": "The token ends in 9 days.",
                "cure": "Generate a new one.",
            }
        )
        line = self.line("Token: Sunny Roofs")
        self.assertEqual(line["level"], "warning")
        self.assertEqual(
            (line["words"], line["cure"]),
            ("The token ends in 9 days.", "Generate a new one."),
        )
        for level in ("ok", "inconclusive"):
            finding.level = level
            self.assertEqual(self.titles(), [])


class TestOutsideOfCrons(StateCase):
    """What a dead scheduled action cannot say itself is said when the screen opens."""

    def test_a_sender_that_is_dead_is_told_and_makes_the_activity(self):
        self.let_stand_still()
        found = self.look()
        self.assertEqual(self.titles(found), ["Nobody sends: CRM dataset"])
        self.assertEqual(found["datasets"][0]["status"], "standstill")
        self.assertEqual(found["queue"]["drain"]["kind"], "never")
        self.assertEqual(self.dataset.activity_ids.mapped("meta_alarm"), ["standstill"])
        self.assertEqual(self.dataset.activity_ids.user_id, self.administrator)

    def test_events_of_a_dead_sender_that_will_be_too_old_are_told(self):
        rows = self.let_stand_still()
        self.age(rows, event_time=timedelta(days=6, hours=5))
        line = self.line("Events will soon be too old")
        self.assertEqual(line["level"], "danger")
        self.assertTrue(line["until"])
        self.assertEqual(self.behind(line["target"]), rows)
        self.assertEqual(
            set(self.dataset.activity_ids.mapped("meta_alarm")),
            {"standstill", "expiring"},
        )

    def test_they_clear_themselves_when_the_sender_goes_on(self):
        rows = self.let_stand_still()
        self.age(rows, event_time=timedelta(days=6, hours=5))
        self.look()
        for _minute in range(2):
            self.deliver()
        self.assertEqual(rows.state, "accepted")
        self.assertEqual(self.titles(), [])
        self.assertFalse(self.dataset.activity_ids)

    def test_a_sender_that_is_switched_off_is_told_before_anything_waits(self):
        self.cron.active = False
        line = self.line("Events are not sent")
        self.assertIn("switched off", line["words"])
        self.assertIs(line["target"], False)

    def test_a_starved_scheduled_action_is_told_and_makes_the_activity(self):
        self.env.ref("meta_crm_capi.ir_cron_fetch").nextcall = self.now - HOUR
        line = self.line("Scheduled actions do not run")
        self.assertIn("Meta: read leads", line["words"])
        self.assertEqual(
            self.connection.activity_ids.mapped("meta_alarm"),
            ["health scheduled_actions"],
        )

    def test_who_may_not_open_scheduled_actions_gets_no_button_for_them(self):
        self.cron.active = False
        found = self.look(user=self.env.ref("base.user_admin"))
        (line,) = found["alarms"]
        self.assertEqual(line["target"]["model"], "ir.cron")
        crons = self.env["ir.cron"].with_context(active_test=False)
        self.assertIn(self.cron, crons.search(line["target"]["domain"]))

    def test_the_screen_makes_no_second_look_within_a_minute(self):
        self.look()
        self.let_stand_still()
        self.look()
        self.assertFalse(self.dataset.activity_ids)
