from bisect import bisect_right
from collections import defaultdict
from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from . import drain_forecast
from .meta_capi_event_claim import NOT_SET_ASIDE

WAITING = ("queued",)
SETTLED = ("refused", "unclear", "expired", "not_sent", "cancelled")
#: What the chart stacks, from the bottom.
OUTCOMES = (
    "accepted",
    "waiting",
    "refused",
    "unclear",
    "expired",
    "not_sent",
    "cancelled",
)


class MetaCapiEvent(models.Model):
    _inherit = "meta.capi.event"

    # Filled by the sender when Meta accepts: no save of a salesperson pays for it. With
    # all that the overview asks of accepted events, so that it need not read them.
    _accepted = models.Index(
        "(create_date, dataset_id) INCLUDE (company_id, accepted_at) "
        "WHERE state = 'accepted'"
    )


class MetaOverview(models.AbstractModel):
    """The numbers, each by one statement along a partial index of the outbox."""

    _inherit = "meta.overview"

    @api.model
    def _in_scope(self, scope):
        """SQL condition of the events that the numbers are about."""
        condition = SQL("event.company_id = ANY(%s)", scope.company_ids)
        if scope.is_one_dataset:
            condition = SQL(
                "%s AND event.dataset_id = ANY(%s)", condition, scope.datasets.ids
            )
        return condition

    @api.model
    def _get_domain(self, scope, states, *conditions):
        """The same for the list behind a number."""
        domain = [
            ("company_id", "in", scope.company_ids),
            ("state", "in", list(states)),
            *conditions,
        ]
        if scope.is_one_dataset:
            domain.append(("dataset_id", "=", scope.datasets.id))
        return domain

    @api.model
    def _get_waiting(self, scope):
        """What waits, by dataset, and how many moves of which day it is.

        Days are counted from 1; 0 is before the period.

        :rtype: tuple[dict[int, drain_forecast.Queue], dict[int, int]]
        """
        for model in ("meta.capi.event", "meta.capi.rule"):
            self.env[model].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT dataset_id,
                       DATE_BIN('15 minutes', create_date, '2000-01-01'),
                       COUNT(*),
                       COUNT(*) FILTER (WHERE %(free)s AND next_try_at <= %(now)s),
                       COUNT(*) FILTER (WHERE NOT %(free)s),
                       MIN(create_date),
                       MAX(next_try_at) FILTER (WHERE %(free)s)
                  FROM meta_capi_event event
                 WHERE event.dataset_id = ANY(%(datasets)s)
                   AND event.state IN %(waiting)s
                   AND %(scope)s
              GROUP BY 1, 2
                """,
                free=NOT_SET_ASIDE,
                now=self.env.cr.now(),
                datasets=scope.datasets.ids,
                waiting=WAITING,
                scope=self._in_scope(scope),
            )
        )
        queues, days = {}, defaultdict(int)
        for dataset_id, moment, count, due, set_aside, oldest, latest_try in rows:
            known = queues.get(dataset_id, drain_forecast.Queue())
            queues[dataset_id] = drain_forecast.Queue(
                known.count + count,
                known.due + due,
                known.set_aside + set_aside,
                min(filter(None, (known.oldest, oldest)), default=None),
                max(filter(None, (known.latest_try, latest_try)), default=None),
            )
            # Everywhere a day begins at a whole quarter of an hour of UTC.
            days[bisect_right(scope.begins, moment)] += count
        return queues, days

    @api.model
    def _get_queue(self, scope, waiting, datasets):
        """How many events wait, since when, and until about when."""
        queues = waiting[0].values()
        oldest = min((one.oldest for one in queues), default=None)
        drain = drain_forecast.worst(
            drain_forecast.Forecast(
                row["drain"]["kind"], fields.Datetime.to_datetime(row["drain"]["at"])
            )
            for row in datasets
        )
        domain = self._get_domain(scope, WAITING)
        first = self.env["meta.capi.event"]
        if oldest:
            first = first.search(
                [
                    ("dataset_id", "in", scope.datasets.ids),
                    *domain,
                    ("create_date", "<=", oldest + timedelta(seconds=1)),
                ],
                order="create_date, id",
                limit=1,
            )
        return {
            "count": sum(one.count for one in queues),
            "oldest": self._to_text(oldest),
            "oldest_domain": [("id", "=", first.id)],
            "drain": self._forecast_to_json(drain),
            "domain": domain,
        }

    @api.model
    def _get_outcomes(self, scope, waiting):
        """What became of the moves of each day of the period.

        :return: ``{"total": {outcome: {count, domain}}, "days": [{date, counts,
            domains}]}``
        """
        counts = defaultdict(lambda: dict.fromkeys(OUTCOMES, 0))
        part = """
            SELECT day.number, state.name, settled.count
              FROM unnest(%(begins)s::timestamp[], %(ends)s::timestamp[])
                   WITH ORDINALITY AS day (begins, ends, number)
        CROSS JOIN unnest(%(states)s) AS state (name)
        CROSS JOIN LATERAL (
                SELECT COUNT(*) AS count
                  FROM meta_capi_event event
                 WHERE %(condition)s
                   AND event.create_date >= day.begins
                   AND event.create_date < day.ends
                   AND %(scope)s) AS settled
             WHERE settled.count > 0
        """
        given = {
            "begins": scope.begins,
            "ends": [*scope.begins[1:], datetime.max],
            "scope": self._in_scope(scope),
        }
        # Counted day by day, each along the index that has the state's rows: to tell
        # the day of each of them takes five times as long.
        accepted = SQL("event.state = 'accepted'")
        others = SQL("event.state IN %s AND event.state = state.name", SETTLED)
        rows = self.env.execute_query(
            SQL(
                "%s UNION ALL %s",
                SQL(part, **given, states=["accepted"], condition=accepted),
                SQL(part, **given, states=list(SETTLED), condition=others),
            )
        )
        for day, state, number in rows:
            counts[day][state] += number
        for day, number in waiting[1].items():
            counts[day]["waiting"] += number
        days = [
            self._get_outcomes_of_day(scope, number, counts[number])
            for number in range(1, len(scope.days) + 1)
        ]
        since = ("create_date", ">=", self._to_text(scope.since))
        return {
            "days": days,
            "total": {
                outcome: {
                    "count": sum(day["counts"][outcome] for day in days),
                    "domain": self._get_domain(scope, self._get_states(outcome), since),
                }
                for outcome in OUTCOMES
            },
        }

    @api.model
    def _get_outcomes_of_day(self, scope, number, counts):
        period = [("create_date", ">=", self._to_text(scope.begins[number - 1]))]
        if number < len(scope.begins):
            period.append(("create_date", "<", self._to_text(scope.begins[number])))
        return {
            "date": fields.Date.to_string(scope.days[number - 1]),
            "counts": counts,
            "domains": {
                outcome: self._get_domain(scope, self._get_states(outcome), *period)
                for outcome in OUTCOMES
            },
        }

    @api.model
    def _get_states(self, outcome):
        return WAITING if outcome == "waiting" else (outcome,)

    @api.model
    def _get_latency(self, scope):
        """From the move to Meta's acceptance: median and 95th percentile.

        :return: ``{"all": {count, p50, p95, domain}, dataset id: …}``, in seconds, of
            the moves of the period
        """
        is_many = len(scope.datasets) > 1
        rows = self.env.execute_query(
            SQL(
                """
                SELECT %(dataset)s, COUNT(*),
                       PERCENTILE_CONT(ARRAY[0.5, 0.95]) WITHIN GROUP (
                           ORDER BY GREATEST(DATE_PART(
                               'epoch', event.accepted_at - event.create_date), 0))
                  FROM meta_capi_event event
                 WHERE event.state = 'accepted'
                   AND event.create_date >= %(since)s
                   AND event.accepted_at IS NOT NULL
                   AND %(scope)s
              GROUP BY GROUPING SETS (%(datasets)s ())
                """,
                # One dataset is all of them.
                dataset=SQL("event.dataset_id") if is_many else SQL("NULL"),
                datasets=SQL("(event.dataset_id),") if is_many else SQL(""),
                since=scope.since,
                scope=self._in_scope(scope),
            )
        )
        since = self._to_text(scope.since)
        conditions = [("create_date", ">=", since), ("accepted_at", "!=", False)]
        found = {}
        for dataset_id, count, percentiles in rows:
            own = [("dataset_id", "=", dataset_id)] if dataset_id else []
            p50, p95 = percentiles or (None, None)
            found[str(dataset_id or "all")] = {
                "count": count,
                "p50": p50,
                "p95": p95,
                "domain": self._get_domain(scope, ("accepted",), *conditions, *own),
            }
        if not is_many and scope.datasets:
            found[str(scope.datasets.id)] = found["all"]
        return found

    @api.model
    def _get_accepted_lately(self, queues, datasets):
        """Events that Meta accepted while what waits waits, by dataset id.

        :param dict queues: :class:`drain_forecast.Queue` by dataset id
        """
        now = self._get_now()
        begun = {
            dataset.id: drain_forecast.window_start(queues[dataset.id], now)
            for dataset in datasets
            if dataset.id in queues
        }
        if not begun:
            return {}
        self.env["meta.sync.log"].flush_model()
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT log.dataset_id, SUM(log.event_count)
                      FROM meta_sync_log log
                      JOIN unnest(%(ids)s::int[], %(begun)s::timestamp[])
                           AS given (id, begun)
                        ON given.id = log.dataset_id AND log.create_date >= given.begun
                     WHERE log.create_date >= %(first)s
                       AND log.kind = 'events'
                       AND log.outcome = 'accepted'
                  GROUP BY 1
                    """,
                    ids=list(begun),
                    begun=list(begun.values()),
                    first=min(begun.values()),
                )
            )
        )

    @api.model
    def _forecast_to_json(self, forecast):
        return {"kind": forecast.kind, "at": self._to_text(forecast.at)}

    @api.model
    def _to_text(self, moment):
        """A moment as Odoo's web client reads it; False for none."""
        return bool(moment) and fields.Datetime.to_string(moment)
