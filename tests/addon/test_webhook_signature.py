"""POST of the webhook: without Meta's signature nothing is read and nothing kept."""

import gzip
import json
import logging
from unittest.mock import patch

from odoo.addons.meta_crm_capi.controllers import webhook as controller
from odoo.addons.meta_crm_capi.models import meta_webhook_refusal as refusal

from .common import APP
from .way_in import SECRET, WebhookCase, announcement, sign

#: A body and its signature, made with another program than this one.
VECTOR_SECRET = "odoo-test-app-secret"
VECTOR_BODY = (
    b'{"object":"page","entry":[{"id":"110000000000001","time":1769862897,"changes":'
    b'[{"value":{"ad_id":"120200000000000001","form_id":"220000000000001",'
    b'"leadgen_id":"330000000000001","created_time":1769862896,'
    b'"page_id":"110000000000001","adgroup_id":"120200000000000001"},'
    b'"field":"leadgen"}]}]}'
)
VECTOR_SHA256 = "554331319fd8a632a6a4236b0359e7aa0032359fd468268425f3df0e42a14e89"
VECTOR_SHA1 = "3562dde96dabf95d4e3bd37f243bdccf65cc86d9"

LEAD = "3300000000000011"


class TestSignature(WebhookCase):
    def setUp(self):
        super().setUp()
        self.patch(controller.MetaWebhook, "_refusals", controller.Refusals())
        self.patch(refusal.MetaWebhookRefusal, "_counter", refusal.Counter())

    def assertRefused(self, response, before):
        """403, no row of any kind, and nothing of Meta's body was even parsed."""
        self.assertEqual(response.status_code, 403)
        self.assertEqual(self.rows(), before)

    def test_metas_own_signature_is_taken(self):
        self.connection.app_secret = VECTOR_SECRET
        response = self.post(
            VECTOR_BODY,
            {
                "X-Hub-Signature-256": f"sha256={VECTOR_SHA256}",
                "X-Hub-Signature": f"sha1={VECTOR_SHA1}",
            },
        )
        self.assertEqual(response.status_code, 200)
        stored = self.submissions.search([("meta_id", "=", "330000000000001")])
        self.assertEqual((stored.state, stored.origin), ("received", "webhook"))

    def test_a_body_written_again_no_longer_has_the_signature(self):
        self.connection.app_secret = VECTOR_SECRET
        before = self.rows()
        rewritten = json.dumps(json.loads(VECTOR_BODY)).encode()
        self.assertEqual(json.loads(rewritten), json.loads(VECTOR_BODY))
        header = {"X-Hub-Signature-256": f"sha256={VECTOR_SHA256}"}
        self.assertRefused(self.post(rewritten, header), before)

    def test_the_older_sha1_signature_alone_is_not_enough(self):
        self.connection.app_secret = VECTOR_SECRET
        before = self.rows()
        for header in (
            {"X-Hub-Signature": f"sha1={VECTOR_SHA1}"},
            {"X-Hub-Signature-256": f"sha1={VECTOR_SHA1}"},
        ):
            with self.subTest(header=header):
                self.assertRefused(self.post(VECTOR_BODY, header), before)

    def test_a_wrong_missing_or_mangled_signature_is_refused(self):
        raw = announcement(LEAD)
        good = sign(raw)["X-Hub-Signature-256"]
        digest = good.removeprefix("sha256=")
        before = self.rows()
        for header in (
            None,
            "",
            "sha256=",
            digest,
            good.upper(),
            good[:-1],
            good + "0",
            f"sha512={digest}",
            f"sha256={'0' * 64}",
            f"sha256={digest}, sha256={digest}",
            "sha256=" + "é" * 32,
        ):
            with self.subTest(header=header):
                headers = {} if header is None else {"X-Hub-Signature-256": header}
                headers = {key: text.encode() for key, text in headers.items()}
                self.assertRefused(self.post(raw, headers), before)

    def test_one_changed_byte_is_refused(self):
        raw = announcement(LEAD)
        changed = raw.replace(LEAD.encode(), b"3300000000000012")
        before = self.rows()
        self.assertRefused(self.post(changed, sign(raw)), before)
        self.assertRefused(self.post(raw + b"\n", sign(raw)), before)

    def test_without_an_app_secret_every_post_is_refused(self):
        keyless = self.env["meta.connection"].create({"name": "No secret yet"})
        raw = announcement(LEAD)
        path = f"/meta/webhook/{keyless.webhook_path}"
        before = self.rows()
        for secret in ("", "False", "None", " "):
            with self.subTest(secret=secret):
                response = self.post(raw, sign(raw, secret), path)
                self.assertRefused(response, before)

    def test_the_secret_of_another_connection_does_not_vouch(self):
        other = self.env["meta.connection"].create(
            {"name": "Other app", "app_secret": "other-secret"}
        )
        raw = announcement(LEAD)
        before = self.rows()
        self.assertRefused(self.post(raw, sign(raw, "other-secret")), before)
        path = f"/meta/webhook/{other.webhook_path}"
        self.assertRefused(self.post(raw, sign(raw), path), before)

    def test_an_unknown_path_is_refused_like_a_wrong_signature(self):
        raw = announcement(LEAD)
        before = self.rows()
        wrong = self.post(raw, sign(raw, "wrong"))
        for name in ("nobody", "%00", "%ff", self.connection.webhook_path[:-1]):
            with self.subTest(path=name):
                response = self.post(raw, sign(raw), f"/meta/webhook/{name}")
                self.assertRefused(response, before)
                self.assertEqual(response.content, wrong.content)

    def test_an_archived_connection_takes_no_notification(self):
        self.page.active = self.dataset.active = False
        self.connection.active = False
        before = self.rows()
        self.assertRefused(self.post(announcement(LEAD)), before)

    def test_a_new_secret_replaces_the_old_one(self):
        self.connection.app_secret = "renewed-secret"
        raw = announcement(LEAD)
        before = self.rows()
        self.assertRefused(self.post(raw, sign(raw, SECRET)), before)
        response = self.post(raw, sign(raw, "renewed-secret"))
        self.assertEqual(response.status_code, 200)

    def test_nothing_is_parsed_before_the_signature_holds(self):
        with patch.object(
            type(self.connection), "_receive", side_effect=AssertionError("parsed")
        ):
            response = self.post(announcement(LEAD), sign(b"other bytes"))
        self.assertEqual(response.status_code, 403)

    def test_the_signature_counts_and_not_the_content_type(self):
        raw = announcement(LEAD)
        before = self.rows()
        for kind in (
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/plain",
            "",
        ):
            with self.subTest(kind=kind):
                refused = self.post(raw, {"Content-Type": kind})
                self.assertRefused(refused, before)
                headers = {**sign(raw), "Content-Type": kind}
                self.assertEqual(self.post(raw, headers).status_code, 200)
                before = self.rows()
        self.assertTrue(self.submissions.search([("meta_id", "=", LEAD)]))

    def test_a_refusal_tells_nothing(self):
        raw = announcement(LEAD)
        response = self.post(raw, sign(raw, "wrong"))
        self.assertEqual(response.text, "forbidden")
        self.assertEqual(response.headers["Content-Type"], "text/plain; charset=utf-8")
        self.assertNotIn("Set-Cookie", response.headers)

    def test_a_body_of_four_mebibytes_is_read_and_one_byte_more_is_not(self):
        padding = b" " * (4 * 1024 * 1024 - len(announcement(LEAD)))
        raw = announcement(LEAD) + padding
        self.assertEqual(len(raw), 4 * 1024 * 1024)
        before = self.rows()
        too_large = raw + b" "
        response = self.post(too_large, sign(too_large))
        self.assertEqual(response.status_code, 413)
        self.assertEqual(self.rows(), before)
        self.assertEqual(self.post(raw).status_code, 200)
        self.assertTrue(self.submissions.search([("meta_id", "=", LEAD)]))

    def test_a_body_without_a_stated_length_obeys_the_same_rules(self):
        raw = announcement(LEAD)
        before = self.rows()
        self.assertRefused(self.post(iter([raw]), sign(raw, "wrong")), before)
        too_large = raw + b" " * 4 * 1024 * 1024
        response = self.post(iter([too_large]), sign(too_large))
        self.assertIn(response.status_code, (403, 413))
        self.assertEqual(self.rows(), before)
        half = len(raw) // 2
        response = self.post(iter([raw[:half], raw[half:]]), sign(raw))
        self.assertEqual(response.status_code, 200)
        self.assertTrue(self.submissions.search([("meta_id", "=", LEAD)]))

    def test_an_encoded_body_is_never_unpacked(self):
        raw = announcement(LEAD)
        packed = gzip.compress(raw)
        gzipped = {"Content-Encoding": "gzip"}
        before = self.rows()
        self.assertRefused(self.post(packed, {**sign(raw), **gzipped}), before)
        response = self.post(packed, {**sign(packed), **gzipped})
        self.assertEqual(response.status_code, 200)
        self.assertFalse(self.submissions.search([("meta_id", "=", LEAD)]))


class TestRefusals(WebhookCase):
    """Anybody can post to a public address: that must not fill tables or logs."""

    LOGGER = "odoo.addons.meta_crm_capi.controllers.webhook"

    def setUp(self):
        super().setUp()
        self.clock = 1000.0
        self.patch(controller.time, "monotonic", lambda: self.clock)
        self.patch(controller.MetaWebhook, "_refusals", controller.Refusals())

    def refuse(self, times):
        raw = announcement(LEAD)
        for _time in range(times):
            self.assertEqual(self.post(raw, {}).status_code, 403)

    def test_refusals_are_logged_at_most_once_a_minute_with_their_number(self):
        with self.assertLogs(self.LOGGER, logging.WARNING) as logs:
            self.refuse(3)
            self.clock += 59
            self.refuse(1)
            self.assertEqual(len(logs.records), 1)
            self.assertIn("Refused 1 webhook posts", logs.output[0])
            self.clock += 1
            self.refuse(1)
        self.assertEqual(len(logs.records), 2)
        self.assertIn("Refused 4 webhook posts", logs.output[1])

    def test_what_is_logged_holds_neither_secret_nor_path_nor_body(self):
        with self.assertLogs(self.LOGGER, logging.WARNING) as logs:
            self.refuse(1)
        for secret in (SECRET, self.connection.webhook_path, LEAD, APP):
            self.assertNotIn(secret, logs.output[0])

    def test_a_sound_post_is_not_counted(self):
        with self.assertNoLogs(self.LOGGER, logging.WARNING):
            self.assertEqual(self.post(announcement(LEAD)).status_code, 200)
