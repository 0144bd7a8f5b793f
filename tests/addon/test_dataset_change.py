"""A dataset that Meta learned from keeps its ID; another one takes its place."""

import json
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user
from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.protocol import event as capi_event

from .delivery import DATASET, EVENTS, TOKEN, DeliveryCase

NEW = "500000000000002"
FORWARD = "odoo.addons.meta_crm_capi.models.meta_capi_event_forward"


class ChangeCase(DeliveryCase):
    """Our dataset has accepted an event; Meta has another dataset."""

    def setUp(self):
        super().setUp()
        self.meta.add_dataset(NEW, "New dataset")
        self.add_token(TOKEN, DATASET, NEW)
        self.told = self.make_known_lead()
        self.deliver()
        self.assertEqual(self.states, ["accepted"])

    def wizard(self, dataset=None, meta_id=NEW, *, confirmed=True, user=None):
        dataset = dataset or self.dataset
        action = dataset.action_change_id()
        return (
            self.env[action["res_model"]]
            .with_user(user or self.administrator)
            .with_context(**action["context"])
            .create({"meta_id": meta_id, "is_confirmed": confirmed})
        )

    def change(self, dataset=None, meta_id=NEW, **options):
        """Go through the wizard; returns the dataset that takes over."""
        action = self.wizard(dataset, meta_id, **options).action_change()
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env[action["res_model"]].browse(action["res_id"])

    def accepted_by(self, meta_id):
        """What a dataset at Meta got: names of the events."""
        return sorted(
            json.loads(event["text"])["event_name"]
            for event in self.meta.report()["events"]
            if event["dataset_id"] == meta_id
        )

    def leave_behind(self, new):
        """A row for the old dataset of a transaction that knew no other yet."""
        row = self.make_events(1, new)
        row.dataset_id = self.dataset
        return row


class TestGuard(ChangeCase):
    def test_a_dataset_that_accepted_events_keeps_its_id(self):
        for person in (self.administrator, self.env.user):
            with (
                self.subTest(person=person.login),
                self.assertRaises(UserError) as told,
            ):
                self.dataset.with_user(person).meta_id = NEW
            self.assertIn("Change the dataset ID", str(told.exception))
        self.assertEqual(self.dataset.meta_id, DATASET)

    def test_the_same_id_with_blanks_is_no_change(self):
        self.dataset.write({"meta_id": f" {DATASET} ", "name": "Renamed"})
        self.assertEqual(self.dataset.meta_id, DATASET)

    def test_the_form_locks_the_id_and_offers_the_way(self):
        with Form(self.dataset) as form, self.assertRaises(AssertionError):
            form.meta_id = NEW

    def test_a_dataset_that_accepted_nothing_may_get_another_id(self):
        other = self.add_dataset("500000000000003")
        rows = self.make_events(1, other)
        other.meta_id = NEW
        self.assertEqual(other.meta_id, NEW)
        self.assertEqual(
            rows.event_id,
            capi_event.event_id(NEW, rows.submission_id.meta_id, rows.event_name),
        )

    def test_what_was_frozen_for_the_old_id_is_built_anew(self):
        other = self.add_dataset("500000000000003")
        row = self.make_events(1, other)
        self.meta.script_named("transient", EVENTS)
        self.deliver()
        self.assertEqual(row.state, "queued")
        self.assertTrue(row.body)
        other.meta_id = NEW
        self.assertFalse(row.body)
        self.meta.clear_scripts()
        self.add_token(TOKEN, NEW)
        self.make_due()
        self.deliver()
        self.assertEqual(row.state, "accepted")
        self.assertIn(row.event_id, row.body)


class TestWizard(ChangeCase):
    def test_a_new_dataset_takes_over_with_settings_mapping_and_routes(self):
        self.dataset.write({"fill_skipped_steps": False, "every_entry": True})
        archived = self.dataset.rule_ids[-1]
        archived.active = False
        self.page.dataset_id = self.form.dataset_id = self.dataset
        other_form = self.form.copy(
            {"meta_id": "220000000000009", "dataset_id": self.dataset.id}
        )
        new = self.change()
        self.assertRecordValues(
            new,
            [
                {
                    "name": "CRM dataset",
                    "meta_id": NEW,
                    "state": "active",
                    "active": True,
                    "connection_id": self.connection.id,
                    "company_id": self.company.id,
                    "fill_skipped_steps": False,
                    "every_entry": True,
                    "successor_id": False,
                }
            ],
        )

        def mapping(dataset):
            rules = dataset.with_context(active_test=False).rule_ids
            return [
                (rule.step, rule.stage_id, rule.event_name, rule.active)
                for rule in rules
            ]

        self.assertEqual(mapping(new), mapping(self.dataset))
        self.assertIn(False, [active for *_rest, active in mapping(new)])
        self.assertEqual(self.page.dataset_id, new)
        self.assertEqual((self.form | other_form).dataset_id, new)

    def test_the_old_dataset_is_archived_with_its_history(self):
        new = self.change()
        self.assertRecordValues(
            self.dataset,
            [{"active": False, "meta_id": DATASET, "successor_id": new.id}],
        )
        self.assertIn(DATASET, self.dataset.name)
        self.assertEqual(self.rows.dataset_id, self.dataset)
        self.assertEqual(self.rows.state, "accepted")
        self.assertIn(NEW, str(self.dataset.message_ids.mapped("body")))
        self.assertIn(DATASET, str(new.message_ids.mapped("body")))

    def test_the_new_dataset_starts_clean(self):
        """Meta knows nothing of the earlier steps there: they are reported again."""
        self.change()
        self.told.stage_id = self.proposition
        self.deliver()
        self.assertEqual(self.accepted_by(DATASET), ["initial_lead"])
        self.assertEqual(
            self.accepted_by(NEW), ["initial_lead", "proposition", "qualified"]
        )

    def test_a_company_with_one_dataset_still_has_one(self):
        """Without a word on Page or form, the new one gets what comes."""
        new = self.change()
        lead = self.make_known_lead()
        self.assertEqual(self.event_rows(lead).dataset_id, new)
        self.assertEqual(self.queued(lead), ["initial_lead"])

    def test_it_does_nothing_unless_confirmed(self):
        with self.assertRaises(UserError) as told:
            self.change(confirmed=False)
        self.assertIn("learning starts again", str(told.exception))
        self.assertTrue(self.dataset.active)

    def test_wrong_ids_are_refused(self):
        for wrong, error in (
            ("abc", ValidationError),
            ("12 34", ValidationError),
            ("   ", ValidationError),
            (DATASET, UserError),
            (f" {DATASET} ", UserError),
        ):
            with self.subTest(meta_id=wrong), self.assertRaises(error):
                self.change(meta_id=wrong)
        self.assertTrue(self.dataset.active)

    def test_what_people_paste_has_blanks_around_it(self):
        self.assertEqual(self.change(meta_id=f" {NEW}\n").meta_id, NEW)

    def test_only_an_administrator_may_do_it(self):
        reader = new_test_user(
            self.env, "meta-reader", groups="meta_crm_capi.group_meta_user"
        )
        for person in (reader, self.rep):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.change(user=person)

    def test_a_switched_off_dataset_has_a_switched_off_successor(self):
        self.dataset.action_stop()
        self.assertEqual(self.change().state, "stopped")

    def test_the_alarm_of_a_paused_dataset_goes_with_it(self):
        self.dataset._pause("Dead token")
        self.assertTrue(self.dataset.activity_ids)
        new = self.change()
        self.assertFalse(self.dataset.activity_ids)
        self.assertEqual(new.state, "active")

    def test_its_token_stays_with_the_old_dataset(self):
        self.dataset.access_token = "own-token"
        self.assertTrue(self.wizard().has_access_token)
        new = self.change()
        self.assertFalse(new.has_access_token)
        self.assertTrue(self.dataset.has_access_token)

    def test_a_dataset_that_was_replaced_is_not_replaced_again(self):
        self.change()
        with self.assertRaises(UserError):
            self.change(meta_id="500000000000003")

    def test_the_way_back_leads_to_the_dataset_that_has_the_id(self):
        new = self.change()
        self.told.stage_id = self.qualified
        self.deliver()
        self.assertEqual(self.wizard(new, DATASET).known_id, self.dataset)
        back = self.change(new, DATASET)
        self.assertEqual(back, self.dataset)
        self.assertRecordValues(
            self.dataset, [{"active": True, "state": "active", "successor_id": False}]
        )
        self.assertEqual((new.active, new.successor_id), (False, self.dataset))
        self.told.stage_id = self.proposition
        self.deliver()
        self.assertEqual(
            self.accepted_by(DATASET), ["initial_lead", "proposition", "qualified"]
        )

    def test_a_dataset_that_is_restored_is_one_like_any_other(self):
        self.change()
        self.dataset.active = True
        self.assertFalse(self.dataset.successor_id)


class TestWhatWaits(ChangeCase):
    def test_it_goes_to_the_new_dataset_under_its_ids(self):
        self.told.stage_id = self.qualified
        self.flush()
        old = self.rows.filtered(lambda row: row.state == "queued")
        self.age(old, create_date=timedelta(hours=2))
        moved_at = old.create_date
        new = self.change()
        forwarded = self.rows.filtered(lambda row: row.dataset_id == new)
        self.assertRecordValues(
            forwarded,
            [
                {
                    "state": "queued",
                    "tries": 0,
                    "event_name": "qualified",
                    "event_time": old.event_time,
                    "create_date": moved_at,
                    "lead_id": self.told.id,
                    "rule_id": new.rule_ids.filtered(
                        lambda rule: rule.stage_id == self.qualified
                    ).id,
                    "event_id": capi_event.event_id(
                        NEW, self.told.meta_lead_id, "qualified"
                    ),
                }
            ],
        )
        self.assertEqual(old.state, "cancelled")
        self.assertIn("replaced", old.reason)
        self.assertNotIn("Meta may have it", old.reason)
        self.deliver()
        self.assertEqual(self.accepted_by(DATASET), ["initial_lead"])
        self.assertEqual(self.accepted_by(NEW), ["qualified"])

    def test_what_the_old_dataset_may_have_says_so(self):
        self.told.stage_id = self.qualified
        self.meta.script_named("lost_answer", EVENTS)
        self.deliver()
        tried = self.rows.filtered(lambda row: row.state == "queued")
        self.assertEqual(tried.tries, 1)
        new = self.change()
        self.assertEqual(tried.state, "cancelled")
        self.assertIn("Meta may have it", tried.reason)
        self.assertTrue(tried.body)
        self.deliver()
        row = self.rows.filtered(lambda row: row.dataset_id == new)
        self.assertEqual(row.state, "accepted")
        self.assertNotEqual(row.event_id, tried.event_id)

    def test_what_is_being_sent_follows_only_when_it_comes_back(self):
        self.told.stage_id = self.qualified
        self.flush()
        row = self.rows.filtered(lambda row: row.state == "queued")
        self.hold(row)
        new = self.change()
        self.deliver()
        self.assertEqual(row.state, "queued")
        self.assertEqual(self.accepted_by(NEW), [])
        self.make_due()
        self.deliver()
        self.assertEqual(row.state, "cancelled")
        self.assertEqual(self.accepted_by(NEW), ["qualified"])
        self.assertTrue(self.rows.filtered(lambda row: row.dataset_id == new))

    def test_an_acceptance_that_comes_in_late_stays_the_old_dataset_s(self):
        self.told.stage_id = self.qualified
        self.before("_apply_result", lambda _env: self.change())
        self.deliver()
        rows = self.rows
        self.assertEqual(rows.mapped("state"), ["accepted", "accepted"])
        self.assertEqual(rows.dataset_id, self.dataset)
        self.assertEqual(self.accepted_by(NEW), [])

    def test_a_row_that_a_slow_transaction_leaves_behind_follows(self):
        """Written with what was known before the change, committed after it."""
        new = self.change()
        row = self.leave_behind(new)
        self.deliver()
        self.assertEqual(row.state, "cancelled")
        self.assertEqual(
            self.rows.filtered(lambda row: row.dataset_id == new).state, "accepted"
        )

    def test_a_step_that_the_new_dataset_was_told_is_not_told_twice(self):
        new = self.change()
        self.told.stage_id = self.qualified
        self.deliver()
        before = self.accepted_by(NEW)
        late = self.event_rows(self.told).filtered(
            lambda row: row.dataset_id == new and row.event_name == "qualified"
        )
        late = late.copy({"dataset_id": self.dataset.id, "state": "queued"})
        self.deliver()
        self.assertEqual(late.state, "cancelled")
        self.assertEqual(self.accepted_by(NEW), before)

    def test_it_follows_a_chain_of_replacements(self):
        second = self.change()
        self.told.stage_id = self.qualified
        self.deliver()
        third = self.change(second, "500000000000003")
        self.meta.add_dataset("500000000000003", "Third")
        self.add_token(TOKEN, DATASET, NEW, "500000000000003")
        row = self.leave_behind(third)
        self.deliver()
        self.assertEqual(row.state, "cancelled")
        self.assertEqual(
            self.rows.filtered(lambda row: row.dataset_id == third).state, "accepted"
        )

    def test_a_fault_of_ours_there_keeps_nothing_else_from_being_sent(self):
        self.leave_behind(self.change())
        lead = self.make_known_lead()

        def fail(_events, _successor):
            raise ValueError("Broken")

        self.patch(self.registry["meta.capi.event"], "_forward", fail)
        with mute_logger(FORWARD):
            self.deliver()
        self.assertEqual(self.event_rows(lead).mapped("state"), ["accepted"])

    def test_more_than_one_batch_follows_in_one_run(self):
        rows = self.make_events(5, self.dataset)
        rows.write({"state": "refused"})
        self.form.dataset_id = False
        new = self.change()
        rows.write({"state": "queued"})
        with patch(f"{FORWARD}.BATCH", 2):
            self.deliver()
        self.assertEqual(set(rows.mapped("state")), {"cancelled"})
        forwarded = self.rows.filtered(lambda row: row.dataset_id == new)
        self.assertEqual(forwarded.mapped("state"), ["accepted"] * 5)
