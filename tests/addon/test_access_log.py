"""What Odoo's access log keeps of an address that Meta sent a secret in."""

from __future__ import annotations

import logging

from odoo.tests import BaseCase

CALLBACK = "/meta_crm_capi/extension/callback"
LINES = {
    f"GET {CALLBACK}?code=AQx1&state=ab.cd HTTP/1.1": (
        f"GET {CALLBACK}?code=…&state=… HTTP/1.1"
    ),
    f"GET {CALLBACK}?error=access_denied&state=ab.cd&error_code=200 HTTP/1.1": (
        f"GET {CALLBACK}?error=access_denied&state=…&error_code=200 HTTP/1.1"
    ),
    "GET /web/login?redirect=%2Fmeta_crm_capi%2Fextension%2Fcallback%3Fcode%3DAQx1": (
        "GET /web/login?redirect=%2Fmeta_crm_capi%2Fextension%2Fcallback…"
    ),
    f"GET /web/login?redirect={CALLBACK}?code%3DAQx1%26state%3Dab.cd&x=1 HTTP/1.1": (
        f"GET /web/login?redirect={CALLBACK}…&x=1 HTTP/1.1"
    ),
    "GET /meta/webhook/p?hub.mode=subscribe&hub.verify_token=v1&hub.challenge=5": (
        "GET /meta/webhook/p?hub.mode=subscribe&hub.verify_token=…&hub.challenge=5"
    ),
    # What is not ours is left as it is.
    "GET /web/login?code=1&state=2 HTTP/1.1": "GET /web/login?code=1&state=2 HTTP/1.1",
    "GET /odoo/crm HTTP/1.1": "GET /odoo/crm HTTP/1.1",
}


class TestAccessLog(BaseCase):
    def written(self, logger, message, *args):
        with self.assertLogs(logger, "DEBUG") as logs:
            logging.getLogger(logger).debug(message, *args)
        return logs.records[0].getMessage()

    def test_a_code_a_state_and_a_verify_token_are_left_out(self):
        for line, kept in LINES.items():
            said = self.written("werkzeug", 'me "%s" %s %s', line, "200", 5)
            self.assertEqual(said, f'me "{kept}" 200 5')

    def test_it_makes_no_difference_how_the_line_is_made(self):
        line, kept = next(iter(LINES.items()))
        self.assertEqual(self.written("werkzeug", line), kept)
        self.assertEqual(self.written("werkzeug", "%(a)s", {"a": "x"}), "x")

    def test_the_secrets_of_our_own_calls_are_left_out_of_a_debug_log(self):
        path = "/v26.0/oauth/access_token?client_id=1&client_secret=s&code=AQx1"
        said = self.written("urllib3.connectionpool", '"%s %s" %s', "GET", path, 200)
        self.assertEqual(
            said,
            '"GET /v26.0/oauth/access_token?client_id=1&client_secret=…&code=…" 200',
        )
        path = "/v26.0/debug_token?input_token=EAAx&appsecret_proof=ab"
        said = self.written("urllib3.connectionpool", '"%s"', path)
        self.assertEqual(said, '"/v26.0/debug_token?input_token=…&appsecret_proof=…"')
