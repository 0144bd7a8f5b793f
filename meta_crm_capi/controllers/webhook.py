import logging
import threading
import time

from odoo import http
from odoo.http import request

from ..protocol import signature

_logger = logging.getLogger(__name__)

#: Meta's largest notifications are WhatsApp's, of up to 3 MB; what is refused for its
#: size would be lost after days of retries (bytes).
MAX_BODY = 4 * 1024 * 1024


class Refusals:
    """Counts refused posts in memory and logs them at most once a minute.

    Anybody can post to a public address: what is not signed leaves no row.
    """

    def __init__(self, seconds=60):
        self._seconds = seconds
        self._lock = threading.Lock()
        self._count = 0
        self._logged_at = None

    def add(self):
        with self._lock:
            self._count += 1
            now = time.monotonic()
            if self._logged_at is not None and now - self._logged_at < self._seconds:
                return
            count, self._count, self._logged_at = self._count, 0, now
        _logger.warning(
            "Refused %s webhook posts without a valid signature since the last such "
            "line. If they are Meta's, check the app secret of the connection.",
            count,
        )


class MetaWebhook(http.Controller):
    """Meta's webhook: verify, store, answer; nothing else.

    200 means stored. Nothing is read from Meta here, and whatever is wrong with the
    configuration, Meta's 36 hours of retries would not heal it.
    """

    _refusals = Refusals()

    @http.route(
        "/meta/webhook/<string:path>",
        type="http",
        auth="public",
        methods=["GET"],
        csrf=False,
        save_session=False,
    )
    def verify(self, path, **params):
        """Answer the handshake: echo the challenge to who knows the verify token."""
        connection = self._find_connection(path)
        given = params.get("hub.verify_token")
        challenge = params.get("hub.challenge")
        if (
            not connection
            or not challenge
            or params.get("hub.mode") != "subscribe"
            or not signature.verify_token_matches(connection.verify_token, given)
        ):
            return self._answer("forbidden", 403)
        return self._answer(challenge, 200)

    @http.route(
        "/meta/webhook/<string:path>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_BODY,
        keep_body=True,
    )
    def receive(self, path, **_form):
        """Store what a signed notification names."""
        connection = self._find_connection(path)
        raw = request.httprequest.get_data()
        header = request.httprequest.headers.get("X-Hub-Signature-256")
        secret = connection._get_secret("app_secret") if connection else None
        if not secret or not signature.verify(raw, header, secret):
            self._refusals.add()
            if connection:
                request.env["meta.webhook.refusal"].sudo()._note(connection)
            return self._answer("forbidden", 403)
        connection._receive(raw)
        # Whoever would notice in a cron that crons do not run is dead too.
        request.env["meta.capi.dataset"].sudo()._watch_standstill()
        request.env["meta.connection"].sudo()._watch_crons()
        return self._answer("stored", 200)

    @staticmethod
    def _find_connection(path):
        connections = request.env["meta.connection"].sudo()
        # Anybody may ask for a path that PostgreSQL cannot even compare.
        if not path.isprintable():
            return connections
        return connections.search([("webhook_path", "=", path)])

    @staticmethod
    def _answer(text, status):
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return request.make_response(text, headers, status=status)
