from odoo import api, fields, models
from odoo.tools import SQL

#: What settled is not counted beyond this: no screen waits for a million rows.
COUNT_LIMIT = 10_000


class MetaCapiDataset(models.Model):
    """How many events of a dataset wait, were accepted and were refused.

    A dataset has a million accepted events sooner or later, and its form still opens
    at once: each count follows an index and ends at its limit.
    """

    _inherit = "meta.capi.dataset"

    queued_count = fields.Integer(
        "Waiting",
        compute="_compute_counts",
        help="Events that wait for Meta or are on their way.",
    )
    accepted_count = fields.Integer(
        "Accepted events", compute="_compute_counts", help="Counted up to 10,000."
    )
    accepted_text = fields.Char(
        "Accepted", compute="_compute_counts", help="Counted up to 10,000."
    )
    refused_count = fields.Integer(
        "Refused", compute="_compute_counts", help="Counted up to 10,000."
    )

    @api.depends("event_ids.state")
    def _compute_counts(self):
        self.env["meta.capi.event"].flush_model()
        for dataset in self:
            dataset.queued_count = dataset._count_events(
                SQL("state = 'queued'"), SQL("event_time"), None
            )
            dataset.accepted_count = accepted = dataset._count_accepted(COUNT_LIMIT)
            more = "+" if accepted == COUNT_LIMIT else ""
            dataset.accepted_text = f"{accepted}{more}"
            dataset.refused_count = dataset._count_events(
                SQL("state = 'refused'"), SQL("create_date"), COUNT_LIMIT
            )

    def _count_accepted(self, limit):
        """How many events Meta accepted, counted up to a limit."""
        self.env["meta.capi.event"].flush_model()
        return self._count_events(
            SQL("state = 'accepted'"), SQL("submission_id, event_name, entry"), limit
        )

    def _count_events(self, condition, order, limit):
        """Count events along the index that has this order.

        Without the order PostgreSQL may read the whole table for the first few.
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT COUNT(*)
                  FROM (SELECT
                          FROM meta_capi_event
                         WHERE dataset_id = %s AND %s
                      ORDER BY %s
                         LIMIT %s) AS counted
                """,
                self._origin.id or None,
                condition,
                order,
                limit,
            )
        )[0][0]
