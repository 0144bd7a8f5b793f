"""Deleting a lead forgets the person; archiving does not; nothing brings it back."""

from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .way_in import WayInCase, announcement

EMAIL = "ana.acker@example.com"
NAME = "Ana Acker"


class ErasureCase(WayInCase):
    def erasable(self):
        """A submission that came in for a person, with an accepted event and others."""
        row = self.come_in({"full_name": NAME, "email": EMAIL})
        raw_lead = row.event_ids
        raw_lead.write({"state": "accepted", "body": '{"em":"hash"}'})
        for stage in (self.qualified, self.proposition):
            row.lead_id.stage_id = stage
            self.flush()
        self.env.flush_all()
        queued = row.event_ids - raw_lead
        self.assertEqual(queued.mapped("state"), ["queued", "queued"])
        queued[0].write({"body": '{"em":"hash"}'})
        return row

    def stored_text(self, *records):
        """All that the tables hold of these records, as text."""
        self.env.flush_all()
        found = []
        for record in records:
            self.env.cr.execute(
                f"SELECT row_to_json(t)::text FROM {record._table} t "
                "WHERE id = ANY(%s)",
                [record.ids],
            )
            found += [text for (text,) in self.env.cr.fetchall()]
        return "\n".join(found)

    def assertErased(self, row, events):
        self.assertRecordValues(
            row,
            [
                {
                    "state": "erased",
                    "lead_id": False,
                    "answers": False,
                    "notification": False,
                    "next_try_at": False,
                }
            ],
        )
        self.assertFalse(any(events.mapped("body")))
        self.assertFalse(events.lead_id)
        left = self.stored_text(row, events)
        for personal in (NAME, EMAIL, "hash"):
            self.assertNotIn(personal, left)


class TestErasure(ErasureCase):
    def test_deleting_a_lead_forgets_the_person_and_keeps_the_id(self):
        row = self.erasable()
        meta_id, events = row.meta_id, row.event_ids
        self.assertIn(EMAIL, self.stored_text(row))
        row.lead_id.unlink()
        self.assertErased(row, events)
        self.assertEqual(row.meta_id, meta_id)

    def test_what_waits_is_cancelled_and_what_meta_has_stays_on_record(self):
        row = self.erasable()
        accepted, *waiting = row.event_ids.sorted("id")
        self.hold(waiting[0], lines='{"user_data":{"em":["hash"]}}')
        row.lead_id.unlink()
        self.assertEqual(accepted.state, "accepted")
        for event in waiting:
            self.assertEqual(event.state, "cancelled")
            self.assertIn("deleted", event.reason)
            self.assertFalse(event.next_try_at)
        self.assertIn("may have it", waiting[0].reason)
        self.env.cr.execute("SELECT lines FROM meta_capi_lease")
        self.assertEqual(self.env.cr.fetchall(), [("",)])

    def test_a_redelivered_webhook_brings_nothing_back(self):
        row = self.erasable()
        row.lead_id.unlink()
        leads = self.env["crm.lead"].search_count([])
        self.announce(row.meta_id)
        self.assertRecordValues(
            row, [{"state": "erased", "notification": False, "next_try_at": False}]
        )
        self.fetch()
        self.assertEqual(self.env["crm.lead"].search_count([]), leads)
        self.assertEqual(self.reads(row.meta_id), [row.meta_id])

    def test_another_connection_cannot_bring_it_back_either(self):
        row = self.erasable()
        row.lead_id.unlink()
        other = self.env["meta.connection"].create({"name": "O", "app_secret": "o"})
        for own_page in (False, True):
            if own_page:
                self.page.connection_id = other
            self.env.flush_all()
            other._receive(announcement(row.meta_id))
            self.env.invalidate_all()
            self.assertRecordValues(
                row, [{"state": "erased", "connection_id": self.connection.id}]
            )

    def test_neither_try_again_nor_a_typed_id_brings_it_back(self):
        row = self.erasable()
        row.lead_id.unlink()
        row.with_user(self.administrator).action_try_again()
        self.assertEqual(row.state, "erased")
        with self.assertRaises(UserError):
            self.make_foreign_lead().meta_lead_id = row.meta_id
        self.assertEqual((row.state, row.lead_id.id), ("erased", False))

    def test_the_privacy_lookup_finds_the_lead_and_deleting_there_erases(self):
        row = self.erasable()
        events = row.event_ids
        wizard = self.env["privacy.lookup.wizard"].create(
            {"name": NAME, "email": EMAIL}
        )
        wizard.action_lookup()
        lines = wizard.line_ids.filtered(lambda line: line.res_model == "crm.lead")
        self.assertEqual(lines.res_id, row.lead_id.id)
        lines.action_unlink()
        self.assertErased(row, events)

    def test_archiving_there_or_anywhere_erases_nothing(self):
        row = self.erasable()
        before = self.stored_text(row)
        row.lead_id.action_archive()
        self.assertEqual(self.stored_text(row), before)
        self.assertTrue(row.lead_id)
        self.assertTrue(any(row.event_ids.mapped("body")))

    def test_every_meta_lead_of_a_merged_lead_is_erased(self):
        first, second = self.erasable(), self.erasable()
        merged = (first.lead_id | second.lead_id).merge_opportunity()
        events = first.event_ids | second.event_ids
        self.assertEqual(first.lead_id, merged)
        self.assertEqual(second.lead_id, merged)
        merged.unlink()
        for row in (first, second):
            self.assertErased(row, row.event_ids)
        self.assertFalse(events.filtered(lambda event: event.state == "queued"))

    def test_deleting_many_leads_erases_each(self):
        rows = self.announce(*(self.fill_in({"email": EMAIL}) for _lead in range(3)))
        self.fetch()
        kept = self.come_in({"email": EMAIL})
        rows.lead_id.unlink()
        for row in rows:
            self.assertErased(row, row.event_ids)
        self.assertEqual(kept.state, "done")
        self.assertIn(EMAIL, kept.answers)

    def test_an_archived_lead_can_be_erased_too(self):
        row = self.erasable()
        row.lead_id.action_set_lost()
        self.flush()
        row.lead_id.unlink()
        self.assertErased(row, row.event_ids)

    def test_who_may_delete_leads_erases_without_any_right_of_meta(self):
        manager = new_test_user(
            self.env, "manager", groups="sales_team.group_sale_manager"
        )
        row = self.erasable()
        events = row.event_ids
        row.lead_id.with_user(manager).unlink()
        self.assertErased(row, events)

    def test_who_may_not_delete_a_lead_erases_nothing(self):
        row = self.erasable()
        before = self.stored_text(row, row.event_ids)
        # Not by assertRaises, which would undo what was done before the refusal.
        refused = False
        try:
            row.lead_id.with_user(self.rep).unlink()
        except AccessError:
            refused = True
        self.assertTrue(refused)
        self.assertEqual(self.stored_text(row, row.event_ids), before)
        self.assertTrue(row.lead_id.exists())

    def test_a_lead_whose_deletion_fails_keeps_everything(self):
        row = self.erasable()
        self.env.flush_all()
        with (
            patch("odoo.addons.mail.models.mail_thread.MailThread.unlink", refuse),
            self.assertRaises(UserError),
            self.env.cr.savepoint(),
        ):
            row.lead_id.unlink()
        self.env.invalidate_all()
        self.assertEqual(row.state, "done")
        self.assertIn(EMAIL, row.answers)

    def test_erasing_costs_leads_that_are_not_metas_nothing(self):
        lead = self.make_foreign_lead()
        lead.unlink()
        self.assertFalse(lead.exists())

    def test_the_log_never_held_the_person(self):
        self.erasable()
        self.assertNotIn(EMAIL, self.stored_text(self.log.search([])))
        self.assertNotIn(NAME, self.stored_text(self.log.search([])))


class TestRestrictions(ErasureCase):
    """What tells where a lead came from cannot be pulled from under it."""

    def test_what_is_in_use_cannot_be_deleted(self):
        row = self.erasable()
        for record, refusal in (
            (row, UserError),
            (row.event_ids, UserError),
            (self.form, IntegrityError),
            (self.page, IntegrityError),
            (self.connection, IntegrityError),
            (self.dataset, IntegrityError),
        ):
            with (
                self.subTest(model=record._name),
                self.assertRaises(refusal),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                record.unlink()
            self.assertTrue(record.exists())

    def test_an_unused_page_form_and_connection_can_be_deleted(self):
        connection = self.env["meta.connection"].create({"name": "New"})
        page = self.env["meta.lead.page"].create(
            {"name": "P", "meta_id": "1", "connection_id": connection.id}
        )
        form = self.env["meta.lead.form"].create(
            {"name": "F", "meta_id": "1", "page_id": page.id}
        )
        for record in (form, page, connection):
            record.unlink()
            self.assertFalse(record.exists())


def refuse(_records):
    raise UserError("Not now.")
