"""Past steps that are sent after all: once, with their own time, whatever happens."""

from __future__ import annotations

from datetime import timedelta, timezone
from unittest.mock import patch

from odoo.tools import SQL, mute_logger

from odoo.addons.meta_crm_capi.models import meta_capi_backfill_send
from odoo.addons.meta_crm_capi.models.meta_capi_event import ERASED
from odoo.addons.meta_crm_capi.protocol import funnel

from .backfilling import DAY, SEND, BackfillCase

SAID_NO = "No consent: the person does not want to be shared with Meta."


class TestSend(BackfillCase):
    def unix(self, moment):
        return int(moment.replace(tzinfo=timezone.utc).timestamp())

    def test_meta_gets_each_step_with_the_time_of_its_move(self):
        lead = self.missed()
        plan = self.send(self.plan(lead))
        self.assertEqual(
            [(event["event_name"], event["event_time"]) for event in self.received()],
            [
                (
                    "initial_lead",
                    self.unix(self.days_ago(5) - timedelta(minutes=1)) + 1,
                ),
                ("qualified", self.unix(self.days_ago(3))),
            ],
        )
        self.assertRecordValues(
            plan,
            [
                {
                    "state": "done",
                    "queued_count": 2,
                    "accepted_count": 2,
                    "waiting_count": 0,
                    "skipped_count": 0,
                    "progress": 100,
                }
            ],
        )
        self.assertTrue(plan.ended_at)

    def test_the_progress_is_told_while_it_goes_on(self):
        plan = self.plan(self.missed() + self.missed())
        plan.action_send()
        self.assertRecordValues(
            plan, [{"state": "sending", "progress": 0, "queued_count": 0}]
        )
        self.queue()
        self.assertRecordValues(
            plan, [{"state": "delivering", "progress": 0, "waiting_count": 4}]
        )
        self.queue()
        self.assertEqual(plan.state, "delivering")
        self.deliver()
        self.env.invalidate_all()
        self.assertEqual((plan.progress, plan.accepted_count), (100, 4))
        (raw, qualified) = plan.board["steps"]
        self.assertEqual((raw["accepted"], qualified["accepted"]), (2, 2))

    def test_the_deliverer_is_woken(self):
        plan = self.plan(self.missed())
        plan.action_send()
        with self.wake_ups() as wake_ups:
            self.queue()
        self.assertEqual(len(wake_ups.records), 1)

    def test_the_value_of_now_goes_with_it(self):
        rule = self.dataset.rule_ids.filtered(lambda r: r.stage_id == self.qualified)
        rule.value_source = "expected_revenue"
        lead = self.missed(expected_revenue=1200)
        self.send(self.plan(lead))
        self.assertEqual(self.received()[1]["custom_data"]["value"], 1200)

    def test_a_second_plan_finds_nothing_to_send(self):
        lead = self.missed()
        self.send(self.plan(lead))
        plan = self.plan(lead)
        self.assertRecordValues(plan, [{"send_count": 0, "reported_count": 2}])

    def test_what_meta_refuses_is_told_and_the_rest_goes_through(self):
        leads = self.missed() + self.missed()
        first = leads[0].meta_submission_ids
        plan = self.plan(leads)
        self.env.cr.execute(
            "UPDATE meta_lead_submission SET meta_id = '5' WHERE id = %s", [first.id]
        )
        self.env.invalidate_all()
        self.send(plan)
        self.assertRecordValues(plan, [{"accepted_count": 2, "failed_count": 2}])
        self.assertEqual(plan.state, "done")

    def test_every_entry_has_an_event_of_its_own(self):
        self.dataset.every_entry = True
        lead = self.missed()
        with self.unheard():
            self.move(2, lead, self.new)
        self.move(1, lead, self.qualified)
        self.send(self.plan(lead))
        names = [event["event_name"] for event in self.received()]
        self.assertEqual(names.count("qualified"), 2)
        ids = {event["event_id"] for event in self.received()}
        self.assertEqual(len(ids), 3)
        self.assertEqual(self.plan(lead).send_count, 0)


class TestGuards(BackfillCase):
    def test_an_old_plan_is_made_again_and_shown_where_it_says_something_else(self):
        lead, other = self.missed(), self.missed()
        plan = self.plan(lead + other)
        plan.planned_at -= timedelta(minutes=11)
        other.meta_consent = "no"
        plan.action_send()
        self.assertRecordValues(plan, [{"state": "ready", "send_count": 2}])
        self.assertIn("2 events are to be sent, before it were 4", plan.reason)
        plan.action_send()
        self.assertRecordValues(plan, [{"state": "sending", "reason": False}])

    def test_an_old_plan_that_still_holds_is_sent(self):
        plan = self.plan(self.missed())
        plan.planned_at -= timedelta(minutes=11)
        plan.action_send()
        self.assertRecordValues(plan, [{"state": "sending", "send_count": 2}])

    def test_who_says_no_after_the_plan_is_not_sent(self):
        lead, other = self.missed(), self.missed()
        plan = self.plan(lead + other)
        lead.meta_consent = "no"
        self.send(plan)
        self.assertRecordValues(plan, [{"accepted_count": 2, "skipped_count": 2}])
        self.assertEqual({line[-1] for line in self.lines(plan, "skipped")}, {SAID_NO})
        self.assertEqual(len(self.received()), 2)

    def test_a_step_that_is_too_old_by_now_is_not_sent_nor_dated_anew(self):
        with self.unheard():
            lead = self.come_in(6.9)
            self.move(6.85, lead, self.qualified)
        plan = self.plan(lead)
        self.assertEqual(plan.send_count, 2)
        later = self.now + timedelta(hours=3)
        events = type(self.env["meta.capi.event"])
        oldest = later - 7 * DAY + timedelta(hours=1)
        plan.action_send()
        with patch.object(events, "_get_oldest_sendable", lambda _self: oldest):
            self.queue()
        self.assertEqual(
            {line[-1] for line in self.lines(plan, "skipped")}, {funnel.TOO_OLD}
        )
        self.assertEqual(self.received(), [])

    def test_a_lead_that_is_deleted_meanwhile_is_left_out(self):
        lead, other = self.missed(), self.missed()
        plan = self.plan(lead + other)
        lead.unlink()
        self.send(plan)
        self.assertRecordValues(plan, [{"accepted_count": 2, "skipped_count": 2}])
        self.assertEqual({line[-1] for line in self.lines(plan, "skipped")}, {ERASED})

    def test_of_a_lead_that_is_merged_meanwhile_it_is_not_said_that_it_was_deleted(
        self,
    ):
        leads = self.missed() + self.missed()
        plan = self.plan(leads)
        plan.action_send()
        leads.merge_opportunity()
        self.queue()

        reasons = {line.reason for line in plan.line_ids}
        self.assertEqual(plan.skipped_count, 4)
        self.assertIn("The lead, or the mapping, was changed", str(reasons))
        self.assertNotIn("The lead was deleted.", reasons)

    def test_a_mapping_that_is_changed_meanwhile_is_heeded(self):
        plan = self.plan(self.missed())
        rule = self.dataset.rule_ids.filtered(lambda r: r.stage_id == self.qualified)
        rule.active = False
        self.send(plan)
        self.assertEqual(
            self.lines(plan, "skipped"),
            [("qualified", 3, "skipped", funnel.NO_RULE)],
        )

    def test_a_lead_that_moves_meanwhile_is_reported_once(self):
        lead = self.missed()
        plan = self.plan(lead)
        lead.with_user(self.rep).stage_id = self.won
        self.flush()
        self.send(plan)
        names = [event["event_name"] for event in self.received()]
        self.assertCountEqual(
            names, ["initial_lead", "qualified", "proposition", "won"]
        )
        self.assertEqual(plan.skipped_count, 2)
        self.assertEqual(
            {line[-1] for line in self.lines(plan, "skipped")},
            {funnel.ALREADY_REPORTED},
        )

    def test_what_holds_events_that_are_queued_already_is_still_told(self):
        plan = self.plan(self.missed())
        plan.action_send()
        self.queue()
        self.assertFalse(plan.notes)

        self.dataset._pause("The token is not valid.")
        self.env.invalidate_all()
        self.assertIn("“CRM dataset” is paused", plan.notes)
        self.dataset.sudo().state = "active"
        self.dataset.active = False
        self.env.invalidate_all()
        self.assertIn("“CRM dataset” is archived", plan.notes)
        self.dataset.active = True
        self.deliver()
        self.env.invalidate_all()
        self.assertFalse(plan.notes)

    def test_a_paused_dataset_keeps_what_is_queued_until_it_is_resumed(self):
        plan = self.plan(self.missed())
        self.dataset.state = "paused"
        self.send(plan)
        self.assertRecordValues(
            plan, [{"state": "delivering", "waiting_count": 2, "accepted_count": 0}]
        )
        self.dataset.action_resume()
        self.deliver()
        self.queue()
        self.assertRecordValues(plan, [{"state": "done", "accepted_count": 2}])


class TestInterrupted(BackfillCase):
    def setUp(self):
        super().setUp()
        self.in_small_chunks(2)

    def many(self, number=5):
        leads = self.env["crm.lead"]
        for _number in range(number):
            leads += self.missed()
        return leads

    def assert_all_once(self, plan, leads):
        self.assertRecordValues(
            plan, [{"state": "done", "accepted_count": 2 * len(leads)}]
        )
        report = self.meta.report()
        self.assertEqual(len(report["events"]), 2 * len(leads))
        ids = {event["event_id"] for event in self.received()}
        self.assertEqual(len(ids), 2 * len(leads))

    def test_a_death_within_any_chunk_loses_and_doubles_nothing(self):
        leads = self.many()
        plan = self.plan(leads)
        plan.action_send()
        queued = []
        for after in (0, 1, 2):
            self.queue(until_death_after=after)
            self.assertEqual(plan.state, "sending")
            queued.append(plan.queued_count)
        self.assertEqual((self.deaths, queued), (3, [0, 2, 6]))
        self.queue()
        self.deliver()
        self.queue()
        self.assert_all_once(plan, leads)

    def test_pause_and_resume(self):
        leads = self.many()
        plan = self.plan(leads)
        plan.action_send()
        self.pause_after_first_chunk(plan, "action_pause")
        self.queue()
        self.assertRecordValues(plan, [{"state": "paused", "queued_count": 2}])
        plan.action_resume()
        self.queue()
        self.deliver()
        self.queue()
        self.assert_all_once(plan, leads)

    def test_cancelling_keeps_what_is_queued_and_queues_no_more(self):
        plan = self.plan(self.many())
        plan.action_send()
        self.pause_after_first_chunk(plan, "action_cancel")
        self.queue()
        self.deliver()
        self.env.invalidate_all()
        self.assertRecordValues(plan, [{"state": "cancelled", "accepted_count": 2}])
        self.assertEqual(len(self.received()), 2)

    def pause_after_first_chunk(self, plan, button):
        model = type(plan)
        original = model._queue_chunk

        def pressed_meanwhile(records):
            more = original(records)
            if records.state == "sending":
                getattr(records.with_user(self.administrator), button)()
            return more

        with patch.object(model, "_queue_chunk", pressed_meanwhile):
            self.queue()

    def test_two_plans_of_the_same_leads_report_each_step_once(self):
        leads = self.many(3)
        first, second = self.plan(leads), self.plan(leads)
        first.action_send()
        second.action_send()
        self.queue()
        self.deliver()
        self.queue()
        self.env.invalidate_all()
        self.assertEqual((first.state, second.state), ("done", "done"))
        self.assertEqual(first.accepted_count + second.accepted_count, 6)
        self.assertEqual(first.skipped_count + second.skipped_count, 6)
        self.assertEqual(len(self.received()), 6)

    def test_an_event_that_another_one_queued_in_between_is_not_doubled(self):
        lead = self.missed()
        plan, rival = self.plan(lead), self.plan(lead)
        plan.action_send()
        events = type(self.env["meta.capi.event"])
        insert = events._insert

        def overtaken(records, rows):
            with patch.object(events, "_insert", insert):
                rival.sudo().line_ids.filtered(
                    lambda line: line.kind == "send"
                )._queue()
            return insert(records, rows)

        with patch.object(events, "_insert", overtaken):
            self.queue()
        self.env.invalidate_all()
        self.assertRecordValues(plan, [{"queued_count": 0, "skipped_count": 2}])
        self.assertEqual(rival.queued_count, 2)
        self.assertEqual(len(self.queued(lead)), 2)

    def test_a_fault_of_ours_stops_it_and_calls_somebody(self):
        leads = self.many(2)
        plan = self.plan(leads)
        plan.action_send()
        lines = type(plan.line_ids)

        def fails(_lines):
            raise ValueError("Ana Acker, ana@example.com")

        with patch.object(lines, "_queue", fails), mute_logger(SEND):
            self.queue()
        self.assertEqual(plan.state, "paused")
        self.assertIn("ValueError", plan.reason)
        self.assertNotIn("Ana", plan.reason)
        self.assertEqual(plan.activity_ids.user_id, self.administrator)
        plan.action_resume()
        self.assertFalse(plan.activity_ids)
        self.queue()
        self.deliver()
        self.queue()
        self.assert_all_once(plan, leads)

    def test_the_scheduled_action_never_raises(self):
        def fails(_plans):
            raise ValueError

        with (
            patch.object(type(self.plans), "_run_due", fails),
            self.assertLogs(meta_capi_backfill_send.__name__, "ERROR"),
        ):
            self.queue()


class TestKept(BackfillCase):
    def test_ended_reports_go_with_the_log_and_those_at_work_stay(self):
        lead = self.missed()
        done = self.send(self.plan(lead))
        at_work = self.plan(lead)
        at_work.sudo().state = "sending"
        self.env.flush_all()
        self.env.cr.execute(
            SQL("UPDATE meta_capi_backfill SET write_date = %s", self.days_ago(91))
        )
        self.env.invalidate_all()
        self.plans.sudo()._gc_backfills()
        self.assertFalse(done.exists())
        self.assertTrue(at_work.exists())
        self.assertEqual(len(self.event_rows(lead)), 4)

    def test_nothing_goes_where_the_log_is_kept_for_ever(self):
        plan = self.plan(self.missed())
        self.env["ir.config_parameter"].set_param("meta_crm_capi.keep_log_days", 0)
        self.env.flush_all()
        self.env.cr.execute("UPDATE meta_capi_backfill SET write_date = '2020-01-01'")
        self.env.invalidate_all()
        self.plans.sudo()._gc_backfills()
        self.assertTrue(plan.exists())

    def test_erasing_a_lead_leaves_nothing_of_it_in_a_plan(self):
        lead = self.missed()
        plan = self.plan(lead)
        lead.unlink()
        self.env.invalidate_all()
        self.assertFalse(plan.line_ids.lead_id)
        self.assertFalse(plan.lead_ids)
