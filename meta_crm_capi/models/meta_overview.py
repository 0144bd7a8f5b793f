from datetime import date, datetime, time, timedelta, timezone
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from odoo import api, fields, models

#: Periods that may be chosen: so many days, today being the last one.
PERIODS = (1, 7, 30, 90)
DEFAULT_PERIOD = 7
#: A screen looks after dead scheduled actions no more often than that (seconds).
LOOK_EVERY = 60


class Scope(NamedTuple):
    """What the numbers of the overview are about."""

    #: The companies that the user has chosen; nothing of another one is read.
    company_ids: list[int]
    #: ``meta.capi.dataset`` records of these; archived ones too.
    datasets: Any
    #: Only one dataset was asked for: what has none is left out.
    is_one_dataset: bool
    #: The days of the period by the user's calendar, today being the last one, and
    #: when each of them begins (UTC, no zone).
    days: list[date]
    begins: list[datetime]

    @property
    def since(self) -> datetime:
        """When the period begins (UTC, no zone)."""
        return self.begins[0]


class MetaOverview(models.AbstractModel):
    """The sync overview: what waits, what Meta got, and what needs a person.

    Has no rows. One call gives everything that the screen shows as JSON: moments are
    Odoo's (UTC, as text), durations seconds, and each number comes with the domain of
    the records behind it. Everything is of the companies that the user has chosen.
    """

    _name = "meta.overview"
    _description = "Meta Sync Overview"

    @api.model
    def get_overview(self, days=DEFAULT_PERIOD, dataset_id=False):
        """Everything on the screen.

        :param int days: one of :data:`PERIODS`; anything else is the default
        :param dataset_id: numbers of this dataset only; one that is not among the
            user's is as if none was asked for
        :raise AccessError: for who may not read events
        :rtype: dict
        """
        self.env["meta.capi.event"].check_access("read")
        self._look_after_crons()
        scope = self._get_scope(days, dataset_id)
        waiting = self._get_waiting(scope)
        datasets = self._get_datasets(scope, waiting)
        return {
            "now": fields.Datetime.to_string(self._get_now()),
            "days": len(scope.days),
            "periods": list(PERIODS),
            "dataset_id": scope.is_one_dataset and scope.datasets.id,
            "choices": [
                {"id": dataset.id, "name": dataset.name}
                for dataset in self._find_datasets()
                if dataset.active
            ],
            "may_administer": self.env.user.has_group(
                "meta_crm_capi.group_meta_administrator"
            ),
            "has_connection": self._has_own("meta.connection"),
            "queue": self._get_queue(scope, waiting, datasets),
            "outcomes": self._get_outcomes(scope, waiting),
            "latency": self._get_latency(scope),
            "datasets": datasets,
            "pages": self._get_pages(scope),
            "alarms": self._get_alarms(scope),
        }

    @api.model
    def _look_after_crons(self):
        """Whoever would notice in a cron that crons do not run is dead too."""
        self.env["meta.capi.dataset"].sudo()._watch_standstill(LOOK_EVERY)
        self.env["meta.connection"].sudo()._watch_crons(LOOK_EVERY)

    @api.model
    def _get_now(self):
        return self.env.cr.now().replace(microsecond=0)

    @api.model
    def _get_scope(self, days, dataset_id):
        days = days if days in PERIODS else DEFAULT_PERIOD
        datasets = self._find_datasets()
        one = datasets.filtered(lambda dataset: dataset.id == dataset_id)
        today = self._get_today()
        period = [today - timedelta(ago) for ago in reversed(range(days))]
        return Scope(
            company_ids=self.env.companies.ids,
            datasets=one or datasets,
            is_one_dataset=bool(one),
            days=period,
            begins=[self._get_day_start(day) for day in period],
        )

    @api.model
    def _find_datasets(self):
        """The datasets of the chosen companies; archived ones too."""
        datasets = self.env["meta.capi.dataset"].with_context(active_test=False)
        found = datasets.search([("company_id", "in", self.env.companies.ids)])
        # What is asked of them must not take archived scheduled actions for active.
        return found.with_env(self.env)

    @api.model
    def _get_today(self):
        now = self._get_now().replace(tzinfo=timezone.utc)
        return now.astimezone(ZoneInfo(self.env.tz.zone)).date()

    @api.model
    def _get_day_start(self, day):
        """When a day of the user's begins (UTC, no zone)."""
        begins = datetime.combine(day, time.min, ZoneInfo(self.env.tz.zone))
        return begins.astimezone(timezone.utc).replace(tzinfo=None)

    @api.model
    def _has_own(self, model):
        """Whether the chosen companies have a record of this model."""
        domain = [("company_id", "in", self.env.companies.ids)]
        return bool(self.env[model].search_count(domain, limit=1))
