from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..protocol import event as capi_event
from ..protocol import words as english
from . import queue
from .meta_capi_event_claim import NOT_SET_ASIDE
from .meta_capi_lease import IS_HELD

#: Age from which on Meta's limit is too close to send an event (seconds).
TOO_OLD_AGE = capi_event.MAX_AGE - capi_event.MARGIN
#: So long before that, an event that still waits is an alarm (seconds).
WARN_BEFORE = 24 * 3600
#: Events that were queued a moment ago are about to be sent, however old (seconds).
NOT_WAITING_YET = 600

TOO_OLD = english._lt(
    "Older than 7 days less an hour: Meta would refuse it with its whole batch."
)

#: An event that was tried and still waits after so long is an alarm, and so is one that
#: waits in an archived dataset (seconds).
WAITS_LONG = 3600

#: Causes of alarms.
EXPIRING = "expiring"
EXPIRED = "expired"
WAITING = "waiting"


class MetaCapiEvent(models.Model):
    """Meta takes no event older than 7 days: said before it happens, and when."""

    _inherit = "meta.capi.event"

    @api.model
    def _heed_deadlines(self):
        """Set aside what is too old by now, and warn of what waits for too long."""
        datasets = self.env["meta.capi.dataset"].with_context(active_test=False)
        datasets = datasets.search(Domain.TRUE)
        for model in (self._name, datasets._name, "meta.capi.rule"):
            self.env[model].flush_model()
        for dataset_id, count in self._expire(datasets).items():
            datasets.browse(dataset_id)._alarm_expired(count)
        expiring = self._find_expiring(datasets)
        waiting = self._find_waiting_long(datasets)
        for dataset in datasets:
            dataset._alarm_expiring(expiring.get(dataset.id))
            dataset._alarm_waiting(waiting.get(dataset.id))
        datasets._heed_standstills()
        self._leave_too_old(datasets)

    @api.model
    def _get_now(self):
        """Now by PostgreSQL's clock, as a value.

        With one, PostgreSQL knows that few events are as old as that, and reads no
        others; what a statement asks the clock for, it cannot foresee.

        :rtype: datetime
        """
        return self.env.execute_query(SQL("SELECT %s", queue.db_now()))[0][0]

    @api.model
    def _expire(self, datasets):
        """Set aside what Meta would find too old; times are never falsified.

        :return: how many events of which dataset
        :rtype: dict[int, int]
        """
        now = self._get_now()
        rows = self.env.execute_query(
            SQL(
                """
                WITH expired AS (
                    UPDATE meta_capi_event event
                       SET state = 'expired', reason = %(reason)s,
                           next_try_at = NULL
                     WHERE dataset_id = ANY(%(datasets)s)
                       AND state = 'queued'
                       AND event_time < %(too_old)s
                       AND NOT %(is_held)s
                 RETURNING dataset_id)
                SELECT dataset_id, COUNT(*) FROM expired GROUP BY dataset_id
                """,
                reason=TOO_OLD,
                datasets=datasets.ids,
                too_old=now - timedelta(seconds=TOO_OLD_AGE),
                is_held=IS_HELD,
            )
        )
        self.invalidate_model()
        return dict(rows)

    @api.model
    def _find_expiring(self, datasets):
        """What waits and will soon be too old.

        :return: ``{dataset id: when the first one is too old}``
        """
        now = self._get_now()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT dataset_id,
                       MIN(event_time) + make_interval(secs => %(age)s)
                  FROM meta_capi_event
                 WHERE dataset_id = ANY(%(datasets)s)
                   AND state = 'queued'
                   AND event_time < %(warn_before)s
                   AND create_date < %(queued_before)s
              GROUP BY dataset_id
                """,
                datasets=datasets.ids,
                age=TOO_OLD_AGE,
                warn_before=now - timedelta(seconds=TOO_OLD_AGE - WARN_BEFORE),
                queued_before=now - timedelta(seconds=NOT_WAITING_YET),
            )
        )
        return dict(rows)

    @api.model
    def _find_waiting_long(self, datasets):
        """Where events wait for long though nobody was told of a reason.

        Such are events that Meta was asked to take and that have no answer yet, and
        those of a dataset that is archived and not replaced. A pause, a stop and a
        step that was set aside have alarms of their own.

        :return: ``{dataset id: since when the first one waits}``
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT dataset.id, waiting.since
                  FROM meta_capi_dataset dataset
            CROSS JOIN LATERAL (
                    SELECT event.create_date AS since
                      FROM meta_capi_event event
                     WHERE event.dataset_id = dataset.id
                       AND event.state = 'queued'
                       AND event.event_time <= %(limit)s
                       AND event.create_date <= %(limit)s
                       AND (NOT dataset.active OR event.tries > 0)
                       AND (NOT dataset.active OR %(not_set_aside)s)
                  ORDER BY event.event_time, event.id
                     LIMIT 1) AS waiting
                 WHERE dataset.id = ANY(%(datasets)s)
                   AND CASE WHEN dataset.active
                            THEN dataset.state IN ('active', 'resting')
                            ELSE dataset.successor_id IS NULL END
                """,
                datasets=datasets.ids,
                limit=queue.in_seconds(-WAITS_LONG),
                not_set_aside=NOT_SET_ASIDE,
            )
        )
        return dict(rows)


class MetaCapiDataset(models.Model):
    _inherit = "meta.capi.dataset"

    expires_at = fields.Datetime(
        "Next loss",
        readonly=True,
        copy=False,
        help="When the first of the waiting events will be too old for Meta.",
    )

    waits_since = fields.Datetime(
        "Waits since",
        readonly=True,
        copy=False,
        help="Since when the first event waits that does not get through to Meta.",
    )

    def _alarm_expiring(self, moment):
        """Say, or say no more, that waiting events will soon be lost for Meta."""
        moment = moment and moment.replace(microsecond=0)
        if moment == (self.expires_at or None):
            return
        self.expires_at = moment
        if not moment:
            self._clear_alarms(EXPIRING)
            return
        told = self._for_reader()
        told._alarm(
            EXPIRING,
            told.env._("Events will soon be too old for Meta"),
            told.env._(
                "Events wait. From %(moment)s on they are lost for Meta, one "
                "after the other: it takes none older than 7 days. Make the dataset "
                "send again before that. %(trouble)s",
                moment=f"{moment} UTC",
                trouble=self.trouble or told.env._("See its state and its events."),
            ),
        )

    def _alarm_waiting(self, moment):
        """Say, or say no more, that events do not get through to Meta.

        Said once: who marks it as done is told again when it was over in between.
        """
        moment = moment and moment.replace(microsecond=0)
        if moment == (self.waits_since or None):
            return
        is_new = not self.waits_since
        self.waits_since = moment
        if not moment:
            self._clear_alarms(WAITING)
        if not moment or not is_new:
            return
        told = self._for_reader()
        if self.active:
            words = told.env._(
                "The first of them waits since %(moment)s. Each request is tried "
                "again and gets no clear answer. %(trouble)s",
                moment=f"{moment} UTC",
                trouble=self.trouble or told.env._("See the sync log."),
            )
        else:
            words = told.env._(
                "The first of them waits since %s, and the dataset is archived: "
                "nothing is sent. Restore the dataset, or cancel the events.",
                f"{moment} UTC",
            )
        told._alarm(WAITING, told.env._("Events do not get through to Meta"), words)

    def _alarm_expired(self, count):
        """Say that events were lost for Meta; a person marks it as done."""
        told = self._for_reader()
        told._alarm(
            EXPIRED,
            told.env._("Events became too old for Meta"),
            told.env._(
                "Events that waited longer than Meta allows, and were not sent: "
                "%(count)s more. They are in the list of events as “Expired”.",
                count=count,
            ),
        )
