from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..protocol import event as capi_event
from . import queue
from .meta_capi_event_claim import IS_DUE

#: Age from which on Meta's limit is too close to send an event (seconds).
TOO_OLD_AGE = capi_event.MAX_AGE - capi_event.MARGIN
#: So long before that, an event that still waits is an alarm (seconds).
WARN_BEFORE = 24 * 3600
#: Events that were queued a moment ago are about to be sent, however old (seconds).
NOT_WAITING_YET = 600

TOO_OLD = "Older than 7 days less an hour: Meta would refuse it with its whole batch."

#: Causes of alarms.
EXPIRING = "expiring"
EXPIRED = "expired"


class MetaCapiEvent(models.Model):
    """Meta takes no event older than 7 days: said before it happens, and when."""

    _inherit = "meta.capi.event"

    @api.model
    def _heed_deadlines(self):
        """Set aside what is too old by now, and warn of what soon will be."""
        datasets = self.env["meta.capi.dataset"].with_context(active_test=False)
        datasets = datasets.search(Domain.TRUE)
        self.flush_model()
        for dataset_id, count in self._expire(datasets).items():
            datasets.browse(dataset_id)._alarm_expired(count)
        expiring = self._find_expiring(datasets)
        for dataset in datasets:
            dataset._alarm_expiring(*expiring.get(dataset.id, (0, None)))

    @api.model
    def _expire(self, datasets):
        """Set aside what Meta would find too old; times are never falsified.

        :return: how many events of which dataset
        :rtype: dict[int, int]
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH expired AS (
                    UPDATE meta_capi_event event
                       SET state = 'expired', reason = %(reason)s,
                           next_try_at = NULL, lease_token = NULL
                     WHERE dataset_id = ANY(%(datasets)s)
                       AND state IN ('queued', 'sending')
                       AND event_time < %(now)s - make_interval(secs => %(age)s)
                       AND (state = 'queued' OR %(is_due)s)
                 RETURNING dataset_id)
                SELECT dataset_id, COUNT(*) FROM expired GROUP BY dataset_id
                """,
                reason=TOO_OLD,
                datasets=datasets.ids,
                now=queue.db_now(),
                age=TOO_OLD_AGE,
                is_due=IS_DUE,
            )
        )
        self.invalidate_model()
        return dict(rows)

    @api.model
    def _find_expiring(self, datasets):
        """What waits and will soon be too old.

        :return: ``{dataset id: (number of events, when the first one is too old)}``
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT dataset_id, COUNT(*),
                       MIN(event_time) + make_interval(secs => %(age)s)
                  FROM meta_capi_event
                 WHERE dataset_id = ANY(%(datasets)s)
                   AND state IN ('queued', 'sending')
                   AND event_time < %(now)s - make_interval(secs => %(warn_age)s)
                   AND create_date < %(now)s - make_interval(secs => %(moment)s)
              GROUP BY dataset_id
                """,
                datasets=datasets.ids,
                now=queue.db_now(),
                age=TOO_OLD_AGE,
                warn_age=TOO_OLD_AGE - WARN_BEFORE,
                moment=NOT_WAITING_YET,
            )
        )
        return {row[0]: row[1:] for row in rows}


class MetaCapiDataset(models.Model):
    _inherit = "meta.capi.dataset"

    expires_at = fields.Datetime(
        "Next loss",
        readonly=True,
        copy=False,
        help="When the first of the waiting events will be too old for Meta.",
    )

    def _alarm_expiring(self, count, moment):
        """Say, or say no more, that waiting events will soon be lost for Meta."""
        moment = moment and moment.replace(microsecond=0)
        if moment == (self.expires_at or None):
            return
        self.expires_at = moment
        if not moment:
            self._clear_alarms(EXPIRING)
            return
        self._alarm(
            EXPIRING,
            self.env._("Events will soon be too old for Meta"),
            self.env._(
                "%(count)s events wait. From %(moment)s (UTC) on they are lost for "
                "Meta, one after the other: it takes none older than 7 days. Make the "
                "dataset send again before: %(trouble)s",
                count=count,
                moment=moment,
                trouble=self.trouble or self.env._("see its state and its events."),
            ),
        )

    def _alarm_expired(self, count):
        """Say that events were lost for Meta; a person marks it as done."""
        self._alarm(
            EXPIRED,
            self.env._("Events became too old for Meta"),
            self.env._(
                "%(count)s more events waited longer than Meta allows and were not "
                "sent. They are in the list of events as “Expired”.",
                count=count,
            ),
        )
