import logging
import threading
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..protocol import health
from ..protocol import words as english
from . import queue
from .words import Words

_logger = logging.getLogger(__name__)

#: A process writes no more often than that what it counted (seconds).
WRITE_EVERY = 60
#: After so long without a refusal it is over.
OVER = timedelta(hours=24)
#: PostgreSQL's largest number of a column of integers.
MANY = 2**31 - 1

COMPARE_SECRETS = english._lt(
    "Compare the app secret: Meta for Developers > your app > App settings >"
    " Basic > App secret. Type it on the connection in Odoo and save."
)
OTHER_SENDER = english._lt(
    "If another app of yours posts to this callback URL, give it a connection of"
    " its own. Else somebody else knows the URL: Advanced > Replace the webhook"
    " path, then paste the new one at Meta."
)


class Counter:
    """Counts in memory and says what is to be written, at most once a minute.

    Its keys are connections: it does not grow with what strangers post.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._waiting = {}
        self._written_at = {}

    def add(self, key):
        """Count one more.

        :return: how many are to be written now; 0 when it is not time yet
        """
        now = time.monotonic()
        with self._lock:
            count = self._waiting.pop(key, 0) + 1
            if now - self._written_at.get(key, now - WRITE_EVERY) < WRITE_EVERY:
                self._waiting[key] = count
                return 0
            self._written_at[key] = now
            return count

    def give_back(self, key, count):
        """What could not be written is counted with the next ones."""
        with self._lock:
            self._waiting[key] = self._waiting.get(key, 0) + count


class MetaWebhookRefusal(models.Model):
    """How many posts without a valid signature came to a connection's address.

    One row for a connection at the most, and apart from it: whoever saves, or checks,
    the connection must not meet those who post to it.
    """

    _name = "meta.webhook.refusal"
    _description = "Refused Meta Webhooks"
    _log_access = False
    _rec_name = "connection_id"

    _counter = Counter()

    connection_id = fields.Many2one(
        "meta.connection", required=True, readonly=True, ondelete="cascade"
    )
    refused_count = fields.Integer("Refused webhooks", required=True, readonly=True)
    since = fields.Datetime(required=True, readonly=True)
    refused_at = fields.Datetime("Last refusal", required=True, readonly=True)

    _connection_unique = models.Constraint("UNIQUE(connection_id)")

    @api.model
    def _note(self, connection):
        """Count one refused post to a connection's address. Never raises.

        Written in a transaction of its own: the post leaves no other trace.
        """
        key = self.env.cr.dbname, connection.id
        count = self._counter.add(key)
        if not count:
            return
        try:
            with self.env.registry.cursor() as cr:
                # Nobody waits here for somebody else who counts.
                cr.execute(SQL("SET LOCAL lock_timeout = '1s'"))
                self._write_count(cr, connection.id, count)
        except Exception as error:
            self._counter.give_back(key, count)
            if not queue.is_conflict(error):
                _logger.warning(
                    "Refused webhook posts could not be noted: %s",
                    queue.describe(error),
                )

    @api.model
    def _write_count(self, cr, connection_id, count):
        cr.execute(
            SQL(
                """
                INSERT INTO meta_webhook_refusal AS known
                            (connection_id, refused_count, since, refused_at)
                     VALUES (%(connection)s, %(count)s, %(now)s, %(now)s)
                ON CONFLICT (connection_id) DO UPDATE
                        SET refused_count = CASE WHEN known.refused_at < %(over)s
                            THEN EXCLUDED.refused_count
                            ELSE LEAST(
                                known.refused_count::bigint + EXCLUDED.refused_count,
                                %(many)s) END,
                            since = CASE WHEN known.refused_at < %(over)s
                            THEN EXCLUDED.since ELSE known.since END,
                            refused_at = EXCLUDED.refused_at
                """,
                connection=connection_id,
                count=count,
                now=queue.db_now(),
                over=queue.in_seconds(-OVER.total_seconds()),
                many=MANY,
            ),
            log_exceptions=False,
        )


class MetaConnection(models.Model):
    _inherit = "meta.connection"

    refused_webhooks = Words(
        compute="_compute_refused_webhooks",
        help="Webhooks whose signature was not made with this app secret.",
    )

    def _compute_refused_webhooks(self):
        for connection in self:
            finding = connection.sudo()._judge_refused().get("refused")
            words = finding and f"{finding.words} {finding.cure}"
            connection.refused_webhooks = words

    def _secrets_changed(self):
        """What was refused by another secret says nothing of the new one."""
        self.sudo()._get_refusals().unlink()
        return super()._secrets_changed()

    def _get_refusals(self):
        return self.env["meta.webhook.refusal"].search(
            [("connection_id", "in", self.ids)]
        )

    def _judge_refused(self):
        """Whether posts come to this connection's address that it cannot believe."""
        row = self._get_refusals()
        if not row or row.refused_at < self.env.cr.now() - OVER:
            return {}
        words = english._lt(
            "Webhooks refused since %(since)s, because their signature does not"
            " fit the app secret: %(count)s. The last one came on %(last)s."
        ) % {
            "since": f"{row.since.replace(microsecond=0)} UTC",
            "count": row.refused_count,
            "last": f"{row.refused_at.replace(microsecond=0)} UTC",
        }
        sound = [at for at in (self.last_webhook_at, self.last_ping_at) if at]
        if any(at >= row.since for at in sound):
            words += " " + english._lt("Others were taken meanwhile.")
            finding = health.Finding(health.ATTENTION, words, OTHER_SENDER)
        elif self.has_app_secret:
            words += " " + english._lt(
                "Is the app secret wrong? Leads that Meta announces are missed."
            )
            finding = health.Finding(health.BROKEN, words, COMPARE_SECRETS)
        else:
            words += " " + english._lt(
                "There is no app secret in Odoo: Meta cannot be believed."
            )
            finding = health.Finding(health.BROKEN, words, COMPARE_SECRETS)
        return {"refused": finding}
