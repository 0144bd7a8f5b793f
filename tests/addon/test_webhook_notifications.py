"""What a signed POST leaves behind: a row for each lead, and one line in the log."""

import json
import time
from datetime import datetime, timezone

from odoo.addons.meta_crm_capi.protocol import webhook

from .common import FORM, PAGE
from .way_in import WebhookCase, announcement, change, entry, notification, sign

FIRST, SECOND, THIRD = "3300000000000011", "3300000000000012", "3300000000000013"
LEADS = (FIRST, SECOND, THIRD)
AD = "120200000000000001"


class NotificationCase(WebhookCase):
    def take(self, raw):
        """POST it signed; returns the new submissions and the new log rows."""
        submissions, log = self.rows()
        response = self.post(raw)
        self.assertEqual((response.status_code, response.text), (200, "stored"))
        after, log_after = self.rows()
        return (after - submissions).sorted("id"), log_after - log

    def assertIgnored(self, raw, *words):
        """200, no submission, and one log row that says why in these words."""
        new, log = self.take(raw)
        self.assertFalse(new)
        self.assertEqual(
            log.mapped(lambda row: (row.kind, row.outcome, row.event_count)),
            [("webhook", "ignored", 0)],
        )
        for word in words:
            self.assertIn(word, log.message)


class TestNotifications(NotificationCase):
    def test_a_lead_is_stored_as_meta_named_it(self):
        seconds = int(time.time()) - 5
        moment = datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None)
        given = change(FIRST, created_time=seconds)
        row, log = self.take(notification(entry(given)))
        self.assertRecordValues(
            row,
            [
                {
                    "meta_id": FIRST,
                    "connection_id": self.connection.id,
                    "company_id": self.company.id,
                    "page_meta_id": PAGE,
                    "form_meta_id": FORM,
                    "ad_id": AD,
                    "origin": "webhook",
                    "state": "received",
                    "tries": 0,
                    "reason": False,
                    "lead_id": False,
                    "submitted_at": moment,
                }
            ],
        )
        self.assertEqual(json.loads(row.notification), given["value"])
        self.assertTrue(row.next_try_at)
        self.assertRecordValues(
            log,
            [
                {
                    "direction": "in",
                    "kind": "webhook",
                    "outcome": "accepted",
                    "connection_id": self.connection.id,
                    "company_id": self.company.id,
                    "event_count": 1,
                    "message": False,
                }
            ],
        )

    def test_three_changes_of_one_entry_are_three_leads(self):
        new, log = self.take(announcement(*LEADS))
        self.assertEqual(new.mapped("meta_id"), list(LEADS))
        self.assertEqual(log.event_count, 3)

    def test_every_entry_of_a_post_is_read(self):
        raw = notification(
            entry(change(FIRST)),
            entry(change(SECOND, page_id="110000000000002"), id="110000000000002"),
        )
        new, _log = self.take(raw)
        self.assertEqual(
            new.mapped(lambda row: (row.meta_id, row.page_meta_id)),
            [(FIRST, PAGE), (SECOND, "110000000000002")],
        )

    def test_a_thousand_changes_are_stored_by_one_insert(self):
        ids = [str(3300000000001000 + number) for number in range(1000)]
        self.take(announcement(*ids[:2]))
        new, log = self.take(announcement(*ids))
        self.assertEqual(new.mapped("meta_id"), ids[2:])
        self.assertEqual(log.event_count, 1000)
        self.assertIn("nown already: 2", log.message)
        others = [str(int(meta_id) + 1000) for meta_id in ids]
        notifications = webhook.parse(announcement(*others))
        self.connection.fetch(["company_id"])
        with self.assertQueryCount(1):
            stored = self.submissions._store_notifications(
                self.connection, notifications
            )
        self.assertEqual(stored, 1000)

    def test_ids_are_kept_as_text_exactly_however_they_are_written(self):
        long_id = "55459717045641545"  # beyond what a float can hold
        for given in (long_id, int(long_id), f" {long_id} "):
            with self.subTest(given=given):
                raw = announcement(
                    given, page_id=int(PAGE), form_id=int(FORM), ad_id=int(AD)
                )
                new, _log = self.take(raw)
                self.assertRecordValues(
                    new or self.submissions.search([("meta_id", "=", long_id)]),
                    [
                        {
                            "meta_id": long_id,
                            "page_meta_id": PAGE,
                            "form_meta_id": FORM,
                            "ad_id": AD,
                        }
                    ],
                )
        self.assertEqual(
            self.submissions.search_count([("meta_id", "like", "5545971704564154")]), 1
        )

    def test_an_absent_ad_is_no_ad(self):
        for number, given in enumerate((None, 0, "0", "", " ")):
            with self.subTest(given=given):
                meta_id = f"331000000000000{number}"
                raw = announcement(meta_id, ad_id=given, adgroup_id=given)
                if given is None:
                    self.assertNotIn(b"ad_id", raw)
                new, _log = self.take(raw)
                self.assertEqual((new.meta_id, new.ad_id), (meta_id, False))

    def test_the_entry_names_the_page_where_the_change_does_not(self):
        new, _log = self.take(announcement(FIRST, page_id=None))
        self.assertEqual(new.page_meta_id, PAGE)

    def test_the_same_lead_twice_is_one_row(self):
        first, _log = self.take(announcement(FIRST))
        again, log = self.take(announcement(FIRST))
        self.assertFalse(again)
        self.assertEqual((log.outcome, log.event_count), ("accepted", 1))
        self.assertIn("nown already: 1", log.message)
        twice_in_one, _log = self.take(announcement(SECOND, SECOND, FIRST))
        self.assertEqual(twice_in_one.meta_id, SECOND)
        self.assertEqual(first.state, "received")

    def test_a_row_that_waits_or_is_settled_is_not_touched_by_a_repeat(self):
        row, _log = self.take(announcement(FIRST))
        for state in ("received", "done", "parked", "ignored", "erased"):
            with self.subTest(state=state):
                row.write({"state": state, "reason": "Because.", "tries": 7})
                before = row.read()
                self.take(announcement(FIRST, form_id="229999999999999"))
                self.assertEqual(row.read(), before)

    def test_a_nonsense_time_is_no_time(self):
        for number, given in enumerate(
            (None, 0, -5, "", "soon", 1e300, 99999999999999, "1769862896000", [], True)
        ):
            with self.subTest(given=given):
                meta_id = f"33200000000000{number:02}"
                new, _log = self.take(announcement(meta_id, created_time=given))
                self.assertEqual((new.meta_id, new.submitted_at), (meta_id, False))

    def test_a_time_written_as_text_is_a_time(self):
        new, _log = self.take(announcement(FIRST, created_time="1769862896"))
        self.assertEqual(new.submitted_at, datetime(2026, 1, 31, 12, 34, 56))

    def test_very_long_ids_are_stored_whole_or_said_to_be_unusable(self):
        new, _log = self.take(announcement("9" * 64, form_id="8" * 64))
        self.assertEqual(new.meta_id, "9" * 64)
        self.assertIgnored(announcement("9" * 65), "no ID")
        self.assertIgnored(announcement(int("9" * 65)), "leadgen_id")
        digits = b"9" * 20000
        self.assertIgnored(
            announcement(0).replace(b'"leadgen_id":0', b'"leadgen_id":' + digits),
            "leadgen_id",
        )

    def test_unusable_lead_ids_do_not_cost_the_others(self):
        bad = (None, "", 0, "0", True, "abc", "12 34", 1.5, 1e30, [], {}, "٣٣٠٠٠")
        changes = [change(given) for given in bad]
        new, log = self.take(
            notification(
                entry(change(FIRST), *changes, change(SECOND)),
                entry("nonsense", None, {"field": "leadgen"}, change(THIRD)),
            )
        )
        self.assertEqual(new.mapped("meta_id"), list(LEADS))
        self.assertEqual((log.outcome, log.event_count), ("accepted", 3))
        self.assertIn("without a usable leadgen_id", log.message)

    def test_unknown_keys_are_kept_with_the_notification(self):
        new, _log = self.take(announcement(FIRST, new_thing={"a": [1, None]}))
        self.assertEqual(json.loads(new.notification)["new_thing"], {"a": [1, None]})

    def test_what_postgresql_cannot_hold_is_stored_without_it(self):
        raw = announcement(FIRST, odd="@@").replace(b"@@", rb"a\u0000b\ud800c")
        new, _log = self.take(raw)
        self.assertEqual(json.loads(new.notification)["odd"], "a\ufffdb\ufffdc")

    def test_the_row_is_the_companys_of_the_connection(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        other = (
            self.env["meta.connection"]
            .with_company(company)
            .create({"name": "Elsewhere", "app_secret": "s", "company_id": company.id})
        )
        raw = announcement(FIRST)
        path = f"/meta/webhook/{other.webhook_path}"
        self.assertEqual(self.post(raw, sign(raw, "s"), path).status_code, 200)
        row = self.submissions.search([("meta_id", "=", FIRST)])
        self.assertEqual(row.company_id, company)
        self.assertEqual(self.log.search([], limit=1).company_id, company)


class TestPassedOver(NotificationCase):
    """All that is signed and yet no lead: 200, one log row in words, nothing else."""

    def test_the_test_button_of_the_dashboard_leaves_a_log_row_only(self):
        fours = {"ad_id": "444444444", "form_id": "444444444444"}
        for meta_id, given in (
            ("444444444444", {"id": "0"}),
            ("444444444444", {"id": 0}),
            (444444444444, {"id": PAGE}),
            ("3300000000000099", {"id": "0"}),
        ):
            with self.subTest(meta_id=meta_id, **given):
                raw = notification(entry(change(meta_id, **fours), **given))
                new, log = self.take(raw)
                self.assertFalse(new)
                self.assertEqual((log.kind, log.outcome), ("ping", "accepted"))
                self.assertIn("the webhook works", log.message)

    def test_a_test_beside_a_lead_does_not_hide_it(self):
        new, log = self.take(
            notification(entry(change("444444444444"), id="0"), entry(change(FIRST)))
        )
        self.assertEqual(new.meta_id, FIRST)
        self.assertEqual(set(log.mapped("kind")), {"ping", "webhook"})

    def test_fields_that_are_no_new_lead_are_acknowledged(self):
        for field in ("leadgen_update", "leadgen_fat", "feed", "messages", 7):
            with self.subTest(field=field):
                item = {**change(FIRST), "field": field}
                self.assertIgnored(notification(entry(item)), "field")

    def test_an_update_of_a_known_lead_changes_nothing(self):
        row, _log = self.take(announcement(FIRST))
        before = row.read()
        update = {
            "field": "leadgen_update",
            "value": {
                "leadgen_id": int(FIRST),
                "page_id": int(PAGE),
                "updated_time": "1785800000",
                "area": "ai_agent_updates",
                "event": "qualification_status_change",
                "updated_fields": ["qualification_status"],
            },
        }
        self.assertIgnored(notification(entry(update, id=0)), "leadgen_update")
        self.assertEqual(row.read(), before)

    def test_a_subscription_without_values_says_what_to_switch_on(self):
        body = {
            "object": "page",
            "entry": [{"id": PAGE, "time": 1, "changed_fields": ["leadgen"]}],
        }
        self.assertIgnored(json.dumps(body).encode(), "Include Values", "leadgen")

    def test_another_object_than_page_is_acknowledged(self):
        for kind in ("user", "permissions", "application"):
            with self.subTest(kind=kind):
                body = {"object": kind, "entry": [entry(change(FIRST))]}
                self.assertIgnored(json.dumps(body).encode(), kind)

    def test_an_empty_list_of_entries_or_changes_is_acknowledged(self):
        self.assertIgnored(notification())
        self.assertIgnored(notification(entry()))

    def test_what_is_no_notification_is_acknowledged_with_the_reason(self):
        deep = b'{"object":"page","entry":' + b"[" * 5000 + b"]" * 5000 + b"}"
        for raw, word in (
            (b"", "empty"),
            (b"  \n", "empty"),
            (b"not json", "JSON"),
            (b'{"object":"page","entry":[', "JSON"),
            (b"\xff\xfe\x00", "UTF-8"),
            (b"null", "object"),
            (b"[]", "object"),
            (b'"page"', "object"),
            (b"{}", "object"),
            (b'{"object":"page"}', "entry"),
            (b'{"object":"page","entry":{}}', "entry"),
            (b'{"object":["page"],"entry":[]}', "object"),
            (deep, "deep"),
            (b"<html><body>Sorry</body></html>", "JSON"),
        ):
            with self.subTest(raw=raw[:30]):
                self.assertIgnored(raw, word)

    def test_entries_of_the_wrong_shape_are_acknowledged(self):
        odd = ({"changes": "x"}, {"changes": [None, 1, []]})
        for item in (None, 1, "x", [], {}, *odd):
            with self.subTest(item=item):
                body = {"object": "page", "entry": [item]}
                self.assertIgnored(json.dumps(body).encode())

    def test_the_log_repeats_no_personal_data_of_a_body(self):
        item = {"field": "ana@example.com", "value": {}}
        new, log = self.take(notification(entry(item)))
        self.assertFalse(new)
        self.assertNotIn("ana@example.com", log.message)
