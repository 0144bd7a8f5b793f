from odoo import api, models
from odoo.tools import SQL

from ..protocol import health
from . import drain_forecast
from .words import show


class MetaOverview(models.AbstractModel):
    """The state of each dataset and Page: in order, resting until, paused because."""

    _inherit = "meta.overview"

    @api.model
    def _get_datasets(self, scope, waiting):
        """Each dataset with its state and queue.

        An archived one is shown as long as something waits in it.
        """
        queues = waiting[0]
        shown = scope.datasets.filtered(
            lambda dataset: dataset.active or dataset.id in queues
        )
        accepted = self._get_accepted_lately(queues, shown)
        standstills = shown.sudo()._find_standstills()
        return [
            self._get_dataset(scope, dataset, queues, accepted, standstills)
            for dataset in shown
        ]

    @api.model
    def _get_dataset(self, scope, dataset, queues, accepted, standstills):
        queue = queues.get(dataset.id, drain_forecast.Queue())
        status = self._get_dataset_status(dataset, standstills)
        drain = drain_forecast.forecast(
            queue,
            now=self._get_now(),
            batch_size=dataset.batch_size,
            accepted=accepted.get(dataset.id, 0),
            # Where Meta named the end of a pause, it is asked again by itself.
            sends=status in ("ok", "trouble", "resting")
            or bool(status == "paused" and dataset.resume_at),
            rests_until=dataset.resume_at or None,
        )
        return {
            "id": dataset.id,
            "name": dataset.name,
            "meta_id": dataset.meta_id,
            "status": status,
            "until": self._to_text(dataset.resume_at),
            "since": self._to_text(dataset.state_since),
            "words": show(self.env, dataset.sudo().standstill or dataset.trouble or "")
            or "",
            "is_test": bool(dataset.test_event_code),
            "queue": {
                "count": queue.count,
                "domain": [
                    *self._get_domain(scope, ("queued",)),
                    ("dataset_id", "=", dataset.id),
                ],
            },
            "set_aside": queue.set_aside,
            "drain": self._forecast_to_json(drain),
        }

    @api.model
    def _get_dataset_status(self, dataset, standstills):
        """ok, trouble, resting, paused, stopped, standstill or archived."""
        if not dataset.active:
            return "archived"
        if dataset.id in standstills:
            return "standstill"
        if dataset.state == "active":
            return "trouble" if dataset.trouble else "ok"
        # A rest that is over lasts until the sender comes.
        if dataset.state == "resting" and not self._is_ahead(dataset.resume_at):
            return "ok"
        return dataset.state

    @api.model
    def _is_ahead(self, moment):
        return bool(moment) and moment > self._get_now()

    @api.model
    def _get_pages(self, scope):
        """Each Page with its state, and the leads of it that are not in Odoo yet."""
        pages = self.env["meta.lead.page"].search(
            [("company_id", "in", scope.company_ids)]
        )
        counts = self._count_leads_left(pages)
        return [
            {
                "id": page.id,
                "name": page.name,
                "status": self._get_page_status(page),
                "until": self._to_text(page.resume_at),
                "words": show(self.env, page.trouble) or "",
                **{
                    state: {
                        "count": counts.get((page.id, state), 0),
                        "domain": [("page_id", "=", page.id), ("state", "=", state)],
                    }
                    for state in ("received", "parked")
                },
            }
            for page in pages
        ]

    @api.model
    def _count_leads_left(self, pages):
        """``{(Page id, state): submissions}`` of what waits and what is parked."""
        self.env["meta.lead.submission"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT page_id, state, COUNT(*)
                  FROM meta_lead_submission
                 WHERE state IN ('received', 'parked')
                   AND page_id = ANY(%s)
              GROUP BY 1, 2
                """,
                pages.ids,
            )
        )
        return {(page_id, state): count for page_id, state, count in rows}

    @api.model
    def _get_page_status(self, page):
        """ok, attention, broken, unknown, unchecked, resting or paused."""
        if page.state == "reconnect":
            return "paused"
        if self._is_ahead(page.resume_at):
            return "resting"
        if not page.health_checked_at:
            return "unchecked"
        told = (health.OK, health.ATTENTION, health.BROKEN)
        return page.health if page.health in told else "unknown"
