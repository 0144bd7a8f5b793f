"""An import that is killed, paused or fails: it goes on where it was."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tools import mute_logger

from .common import FORM
from .importing import LongImportCase

RUN = "odoo.addons.meta_crm_capi.models.meta_lead_import_run"


class TestImportInterrupted(LongImportCase):
    """Killed, paused, refused: it goes on where it was, and nothing comes twice."""

    def test_a_death_between_any_two_steps_loses_and_doubles_nothing(self):
        run = self.count(self.make_import())
        run.action_start()
        for method, after in (
            ("_store_chunk", 1),
            ("_fetch", 0),
            ("_store_chunk", 0),
            ("_fetch", 1),
        ):
            self.work_until_death(method, after)
            self.assertEqual(run.state, "running")
        self.assertEqual(self.deaths, 4)
        self.work()
        self.assertEqual(run.state, "done")
        # What was stored and not made into leads is made by the reader of the inbox.
        waiting = self.find(*self.made).filtered(lambda row: row.state == "received")
        self.assertTrue(waiting)
        self.assertEqual(run.waiting_count, len(waiting))
        # Not at once: the import itself held them.
        held_until = fields.Datetime.now() + timedelta(minutes=4)
        self.assertGreater(min(waiting.mapped("next_try_at")), held_until)
        waiting.next_try_at = fields.Datetime.now() - timedelta(minutes=1)
        self.fetch()
        self.assert_all_in_once(run)

    def test_a_pass_goes_on_behind_the_last_page_that_was_stored(self):
        run = self.count(self.make_import())
        run.action_start()
        self.work_until_death("_store_chunk", 2)
        self.assertRecordValues(run, [{"position": 12, "progress": 60}])
        asked = len(self.meta.requests())
        self.work()
        self.assert_all_in_once(run)
        answered = [
            call
            for call in self.meta.requests()[asked:]
            if "/leads" in call["path"] and call["status"] == 200
        ]
        self.assertEqual(len(answered), 2)

    def test_the_dry_run_goes_on_too_and_counts_each_lead_once(self):
        run = self.make_import()
        run.action_count()
        self.work_until_death("_store_chunk", 2)
        self.assertRecordValues(run, [{"state": "counting", "progress": 0}])
        self.work()
        self.assertRecordValues(
            run, [{"state": "ready", "found_count": 20, "create_count": 20}]
        )

    def test_a_cursor_that_meta_no_longer_knows_starts_the_form_again(self):
        run = self.count(self.make_import())
        run.action_start()
        self.work_until_death("_store_chunk", 2)
        self.meta.script(
            f"GET /{FORM}/leads",
            [
                {
                    "status": 400,
                    "body": {"error": {"code": 100, "message": "Invalid cursor"}},
                }
            ],
        )
        self.work()
        self.assert_all_in_once(run)
        # What it brought itself before is still new to it.
        self.assertRecordValues(run, [{"create_count": 20, "known_count": 0}])

    def test_pause_and_resume(self):
        run = self.count(self.make_import())
        run.action_start()
        store = type(self.imports)._store_chunk

        def paused_meanwhile(records, chunk):
            rows = store(records, chunk)
            records.with_user(self.administrator).action_pause()
            return rows

        with patch.object(type(self.imports), "_store_chunk", paused_meanwhile):
            self.work()
        self.assertRecordValues(run, [{"state": "paused", "position": 6}])
        self.work()
        self.assertEqual(run.position, 6)
        run.action_resume()
        self.work()
        self.assert_all_in_once(run)

    def test_cancelling_keeps_what_is_here_and_reads_no_more(self):
        run = self.count(self.make_import())
        run.action_start()
        self.work_until_death("_store_chunk", 1)
        run.action_cancel()
        self.work()
        self.assertEqual(run.state, "cancelled")
        self.assertEqual(len(self.find(*self.made)), 6)

    def test_a_fault_of_ours_stops_it_without_quoting_anybody(self):
        run = self.make_import()
        run.action_count()

        def fails(*_args):
            raise ValueError("Ana Acker, ana@example.com")

        with (
            patch.object(type(self.imports), "_judge", fails),
            mute_logger(RUN),
        ):
            self.work()
        self.assertEqual(run.state, "failed")
        self.assertIn("ValueError", run.reason)
        self.assertNotIn("Ana", run.reason)
        run.action_resume()
        self.work()
        self.assertEqual(run.state, "ready")

    def test_one_import_in_trouble_does_not_hold_the_others(self):
        stuck = self.make_import()
        stuck.action_count()
        judge = type(self.imports)._judge

        def fails(records, nodes):
            if records == stuck:
                raise ValueError
            return judge(records, nodes)

        run = self.make_import()
        run.action_count()
        with patch.object(type(self.imports), "_judge", fails), mute_logger(RUN):
            self.work()
        self.assertEqual((stuck.state, run.state), ("failed", "ready"))
