import logging
import time
from datetime import timedelta
from typing import Any, NamedTuple

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..protocol import words as english
from . import queue
from .meta_capi_event_claim import NOT_SET_ASIDE
from .words import Words

_logger = logging.getLogger(__name__)

#: Longer than that nothing waits that is due: the cron looks each minute (seconds).
PATIENCE = 15 * 60
#: A process looks no more often than that when webhooks come in (seconds).
LOOK_EVERY = 5 * 60
#: When the cron ran before within that time, it runs, and something else is wrong
#: (seconds).
RUNS = 10 * 60

#: Cause of alarms.
STANDSTILL = "standstill"

#: When this process looked last, by its steady clock, for each database.
_looked_at: dict[str, float] = {}


class Standstill(NamedTuple):
    """What is known of a queue that stands still."""

    #: Since when the first event is due (UTC, no zone).
    since: Any
    #: Whether no scheduled action that sends events is switched on.
    is_switched_off: bool


class MetaCapiDataset(models.Model):
    """A sender that is dead, or switched off, is noticed by others than itself.

    The webhook looks now and then, and the dataset's form whenever it opens.
    """

    _inherit = "meta.capi.dataset"

    standstill = Words(compute="_compute_standstill", compute_sudo=True)
    stands_since = fields.Datetime(
        "Stands still since",
        readonly=True,
        copy=False,
        help="Since when events are due and nobody sends them.",
    )

    @api.depends("state", "active")
    def _compute_standstill(self):
        found = self._origin._find_standstills() if self._origin.ids else {}
        for dataset in self:
            standstill = found.get(dataset._origin.id)
            dataset.standstill = standstill and dataset._get_standstill_words(
                standstill
            )

    def _find_standstills(self):
        """Which of these datasets have due events that nobody sends.

        Such a dataset may be called, and has been asked for nothing for a quarter of
        an hour though something was due all the time; or no scheduled action that
        sends events is switched on, and something is due.

        :rtype: dict[int, Standstill]
        """
        for model in ("meta.capi.dataset", "meta.capi.event", "meta.capi.rule"):
            self.env[model].flush_model()
        is_switched_off = not self._is_sender_switched_on()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT dataset.id, due.since
                  FROM meta_capi_dataset dataset
            CROSS JOIN LATERAL (
                    SELECT GREATEST(event.next_try_at, event.create_date) AS since
                      FROM meta_capi_event event
                 LEFT JOIN meta_capi_rule rule ON rule.id = event.rule_id
                     WHERE event.dataset_id = dataset.id
                       AND event.state = 'queued'
                       AND event.next_try_at <= %(limit)s
                       AND event.create_date <= %(limit)s
                       AND COALESCE(rule.write_date <= %(limit)s, TRUE)
                       AND %(not_set_aside)s
                  ORDER BY event.event_time, event.id
                     LIMIT 1) AS due
                 WHERE dataset.id = ANY(%(datasets)s)
                   AND dataset.active
                   AND COALESCE(dataset.state_since <= %(limit)s, TRUE)
                   AND (dataset.state = 'active'
                        OR (dataset.state = 'resting'
                            AND COALESCE(dataset.resume_at <= %(limit)s, TRUE))
                        OR (dataset.state = 'paused'
                            AND dataset.resume_at <= %(limit)s))
                   AND NOT EXISTS (
                        SELECT
                          FROM meta_sync_log log
                         WHERE log.dataset_id = dataset.id
                           AND log.kind = 'events'
                           AND log.create_date > %(limit)s)
                """,
                datasets=self.ids,
                limit=queue.in_seconds(0 if is_switched_off else -PATIENCE),
                not_set_aside=NOT_SET_ASIDE,
            )
        )
        return {row[0]: Standstill(row[1], is_switched_off) for row in rows}

    @api.model
    def _is_sender_switched_on(self):
        """Whether a scheduled action that sends events is switched on; lanes count."""
        return bool(
            self.env["ir.cron"]
            .sudo()
            .search_count([("code", "like", "._cron_deliver(")], limit=1)
        )

    def _get_standstill_words(self, standstill):
        if standstill.is_switched_off:
            return english._lt(
                "Events wait, and the scheduled action “Meta: send events” is"
                " switched off: nothing is sent. Switch it on under Settings >"
                " Technical > Scheduled Actions."
            )
        return english._lt(
            "Events are due since %(moment)s and nobody sends them. Look in the"
            " server log, and whether Odoo runs its scheduled actions"
            " (max_cron_threads, or the worker that runs them)."
        ) % {"moment": f"{standstill.since.replace(microsecond=0)} UTC"}

    @api.model
    def _watch_standstill(self, every=LOOK_EVERY):
        """Raise the alarms where the sender cannot do it itself.

        Costs a webhook one query now and then, and can neither fail nor undo what the
        webhook stored: it has a transaction of its own.

        :param every: look no sooner than so many seconds after the last look
        """
        database = self.env.cr.dbname
        now = time.monotonic()
        if now - _looked_at.get(database, -every) < every:
            return
        _looked_at[database] = now
        try:
            with self.env.registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                datasets = env[self._name].search(Domain.TRUE)
                found = datasets._find_standstills()
                datasets._alarm_standstills(found)
                standing = datasets.browse(found)
                expiring = env["meta.capi.event"]._find_expiring(standing)
                for dataset in standing:
                    dataset._alarm_expiring(expiring.get(dataset.id))
        except Exception as error:
            # Another process tells it at the same moment.
            if not queue.is_conflict(error):
                _logger.error(
                    "Could not look whether events are sent: %s", queue.describe(error)
                )

    def _heed_standstills(self):
        """Look again, from the sender: what is over is over.

        A sender that was dead until now goes to work; one that was not, and still
        moved nothing, tells it.
        """
        found = self._find_standstills()
        if self._ran_before():
            self._alarm_standstills(found)
        for dataset in self.filtered("stands_since"):
            if dataset.id not in found:
                dataset.stands_since = False
                dataset._clear_alarms(STANDSTILL)

    @api.model
    def _ran_before(self):
        """Whether the sender ran a moment ago too."""
        cron = self.env.ref("meta_crm_capi.ir_cron_deliver", raise_if_not_found=False)
        lastcall = cron and cron.sudo().lastcall
        return bool(lastcall) and lastcall > fields.Datetime.now() - timedelta(
            seconds=RUNS
        )

    def _alarm_standstills(self, found):
        """Tell each standstill once, until it is over."""
        for dataset in self.filtered(lambda dataset: dataset.id in found):
            if dataset.stands_since:
                continue
            standstill = found[dataset.id]
            dataset.stands_since = standstill.since.replace(microsecond=0)
            told = dataset._for_reader()
            told._alarm(
                STANDSTILL,
                told.env._("Nobody sends the events for Meta"),
                told._get_standstill_words(standstill),
            )
