import logging
import time
from datetime import timedelta

from odoo import SUPERUSER_ID, api, models

from ..protocol import health
from ..protocol import words as english
from . import queue
from .words import Words

_logger = logging.getLogger(__name__)

#: What the scheduled actions run that have no watch of their own; copies count.
METHODS = (
    "_cron_fetch",
    "_cron_catch_up",
    "_cron_check_health",
    "_cron_import",
    "_cron_remap",
    "_cron_backfill",
    "_cron_count",
    "_cron_settle_referrals",
)
#: What is due for so long is run by nobody.
PATIENCE = timedelta(minutes=15)
#: A process looks no more often than that when webhooks come in (seconds).
LOOK_EVERY = 5 * 60

SWITCH_ON = english._lt(
    "Settings > Technical > Scheduled Actions: switch it on. Odoo switches off"
    " one that fails again and again; the server log says why."
)
LOOK_AT_SERVER = english._lt(
    "Look in the server log, and whether Odoo runs its scheduled actions"
    " (max_cron_threads, or the worker that runs them)."
)

#: When this process looked last, by its steady clock, for each database.
_looked_at: dict[str, float] = {}


class MetaConnection(models.Model):
    """Scheduled actions that are dead are noticed by others than themselves.

    The webhook looks now and then, the form whenever it opens, and each of them for
    the others.
    """

    _inherit = "meta.connection"

    standstill = Words(compute="_compute_standstill", compute_sudo=True)

    @api.depends("page_ids")
    @api.depends_context("uid")
    def _compute_standstill(self):
        finding = self._judge_crons()
        is_dead = finding.level != health.OK
        for connection in self:
            connection.standstill = (
                f"{finding.words} {finding.cure}"
                if is_dead and connection.page_ids
                else False
            )

    @api.model
    def _judge_crons(self):
        """Whether the scheduled actions of the way in are switched on, and run."""
        crons = self.env["ir.cron"].sudo().with_context(active_test=False)
        late = self.env.cr.now() - PATIENCE
        faults = []
        cures = []
        for method in METHODS:
            lanes = crons.search([("code", "like", f".{method}(")])
            running = lanes.filtered("active")
            name = lanes[:1].cron_name
            if not lanes:
                continue
            if not running:
                faults.append(
                    english._lt("The scheduled action “%(name)s” is switched off.")
                    % {"name": name}
                )
                cures.append(SWITCH_ON)
            elif all(lane.nextcall < late for lane in running):
                due = max(running.mapped("nextcall"))
                faults.append(
                    english._lt(
                        "The scheduled action “%(name)s” is due since %(due)s and"
                        " does not run."
                    )
                    % {"name": name, "due": f"{due} UTC"}
                )
                cures.append(LOOK_AT_SERVER)
        if faults:
            cure = "\n".join(dict.fromkeys(cures))
            return health.Finding(health.BROKEN, " ".join(faults), cure)
        return health.Finding(health.OK, english._lt("They are switched on and run."))

    @api.model
    def _watch_crons(self, every=LOOK_EVERY):
        """Raise the alarm where a scheduled action cannot do it itself.

        Costs a webhook a few queries now and then, and can neither fail nor undo what
        the webhook stored: it has a transaction of its own.

        :param every: look no sooner than so many seconds after the last look
        """
        database = self.env.cr.dbname
        now = time.monotonic()
        if now - _looked_at.get(database, -every) < every:
            return
        _looked_at[database] = now
        try:
            with self.env.registry.cursor() as cr:
                connections = api.Environment(cr, SUPERUSER_ID, {})[self._name]
                finding = connections._judge_crons()
                if finding.level == health.OK:
                    return
                for connection in connections.search([("page_ids", "!=", False)]):
                    connection.env["meta.health.finding"]._store(
                        connection, {"scheduled_actions": finding}, is_whole=False
                    )
        except Exception as error:
            # Another process tells it at the same moment.
            if not queue.is_conflict(error):
                _logger.error(
                    "Could not look whether scheduled actions run: %s",
                    queue.describe(error),
                )
