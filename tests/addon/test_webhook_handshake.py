"""GET of the webhook: who knows the verify token gets the challenge back."""

from odoo.tools import mute_logger

from .way_in import WebhookCase

CHALLENGE = "1158201444"


class TestHandshake(WebhookCase):
    def shake_hands(self, path=None, **changes):
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": CHALLENGE,
            "hub.verify_token": self.connection.verify_token,
            **{f"hub.{key}": value for key, value in changes.items()},
        }
        given = {key: value for key, value in query.items() if value is not None}
        return self.url_open(path or self.path, params=given)

    def assertForbidden(self, response):
        self.assertEqual(response.status_code, 403)
        self.assertNotIn(CHALLENGE, response.text)
        self.assertNotIn(self.connection.verify_token, response.text)

    def test_the_right_token_gets_the_challenge_and_nothing_else(self):
        response = self.shake_hands()
        self.assertEqual((response.status_code, response.text), (200, CHALLENGE))

    def test_the_answer_is_plain_text_that_no_browser_reads_as_a_page(self):
        response = self.shake_hands(challenge="<script>alert(1)</script>")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.text, "<script>alert(1)</script>")
        self.assertEqual(response.headers["Content-Type"], "text/plain; charset=utf-8")
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")

    def test_the_challenge_is_opaque_text(self):
        for challenge in ("0042", "a b&c=d", "é中\r\nX-Injected: 1", "9" * 2000):
            with self.subTest(challenge=challenge[:20]):
                response = self.shake_hands(challenge=challenge)
                self.assertEqual(response.status_code, 200)
                self.assertEqual(response.content.decode(), challenge)
                self.assertNotIn("X-Injected", response.headers)

    def test_a_wrong_token_is_refused(self):
        token = self.connection.verify_token
        for wrong in ("", "x", token.swapcase(), token + " ", token[:-1], "é中", "\0"):
            with self.subTest(wrong=wrong):
                self.assertForbidden(self.shake_hands(verify_token=wrong))

    def test_a_missing_token_challenge_or_mode_is_refused(self):
        for key in ("verify_token", "challenge", "mode"):
            with self.subTest(missing=key):
                self.assertForbidden(self.shake_hands(**{key: None}))

    def test_an_empty_challenge_and_another_mode_are_refused(self):
        self.assertForbidden(self.shake_hands(challenge=""))
        self.assertForbidden(self.shake_hands(mode="unsubscribe"))

    def test_an_empty_configured_token_never_matches(self):
        for empty in ("", " "):
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE meta_connection SET verify_token = %s WHERE id = %s",
                [empty, self.connection.id],
            )
            self.env.invalidate_all()
            for given in (empty, None, "", "False", "None"):
                with self.subTest(configured=empty, given=given):
                    response = self.shake_hands(verify_token=given)
                    self.assertEqual(response.status_code, 403)

    def test_an_unknown_path_is_refused_like_a_wrong_token(self):
        token = self.connection.verify_token
        for path in ("/meta/webhook/nobody", "/meta/webhook/%20", "/meta/webhook/1"):
            with self.subTest(path=path):
                response = self.shake_hands(path=path)
                self.assertForbidden(response)
                self.assertEqual(
                    response.text, self.shake_hands(verify_token=f"not {token}").text
                )

    def test_a_path_that_no_database_can_hold_is_refused_without_an_error(self):
        for path in ("/meta/webhook/%00", "/meta/webhook/a%00b", "/meta/webhook/%ff"):
            with self.subTest(path=path):
                self.assertForbidden(self.shake_hands(path=path))

    def test_the_query_cannot_stand_in_for_the_path(self):
        path = f"/meta/webhook/nobody?path={self.connection.webhook_path}"
        self.assertForbidden(self.shake_hands(path=path))

    def test_the_token_of_another_connection_does_not_open_this_one(self):
        other = self.env["meta.connection"].create({"name": "Other app"})
        self.assertForbidden(self.shake_hands(verify_token=other.verify_token))

    def test_an_archived_connection_answers_no_handshake(self):
        self.page.active = self.dataset.active = False
        self.connection.active = False
        self.assertForbidden(self.shake_hands())

    def test_a_renewed_path_closes_the_old_one(self):
        self.connection.action_renew_webhook_path()
        self.assertForbidden(self.shake_hands())
        path = f"/meta/webhook/{self.connection.webhook_path}"
        self.assertEqual(self.shake_hands(path=path).status_code, 200)

    def test_the_callback_url_shown_is_the_one_that_answers(self):
        self.env["ir.config_parameter"].set_param("web.base.url", self.base_url())
        self.connection.invalidate_recordset(["callback_url"])
        response = self.shake_hands(path=self.connection.callback_url)
        self.assertEqual((response.status_code, response.text), (200, CHALLENGE))

    def test_a_handshake_leaves_no_session_and_no_row(self):
        before = self.rows()
        response = self.shake_hands()
        self.assertNotIn("Set-Cookie", response.headers)
        self.assertEqual(self.rows(), before)

    def test_other_methods_are_not_served(self):
        for method in ("PUT", "DELETE", "PATCH"):
            with self.subTest(method=method), mute_logger("odoo.http"):
                response = self.opener.request(method, self.base_url() + self.path)
                self.assertEqual(response.status_code, 405)
