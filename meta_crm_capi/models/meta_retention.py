import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from . import queue

_logger = logging.getLogger(__name__)

#: What is removed after its days: the system parameter that holds them and how many
#: there are unless it says otherwise. 0 keeps for ever.
PERIODS = {
    "log": ("meta_crm_capi.keep_log_days", 90),
    "not_sent": ("meta_crm_capi.keep_not_sent_days", 180),
    "body": ("meta_crm_capi.keep_body_days", 30),
}
#: More days than these are for ever: no calendar reaches further.
MAX_DAYS = 36_500
#: Rows of one transaction: no other one waits long for it.
BATCH = 10_000


class MetaRetention(models.AbstractModel):
    """What is removed after its days, by Odoo's daily clean-up.

    Rows of the sync log and events that were never sent are deleted; the bodies of
    finished events are blanked. The event rows themselves live as long as their
    submission: reporting a step once, reconciling with Meta and the report of what
    Meta was told about a person all need them.

    Each method does one batch and returns how many rows it did and whether there is
    more: Odoo commits and comes back. The rows are found by an index, however many
    others there are.
    """

    _name = "meta.retention"
    _description = "Meta Retention"

    @api.model
    def _get_days(self, kind):
        """How many days something is kept; None for ever.

        What is no whole number deletes nothing.

        :param str kind: key of :data:`PERIODS`
        """
        parameter, default = PERIODS[kind]
        value = self.env["ir.config_parameter"].sudo().get_param(parameter, default)
        try:
            days = int(value)
        except ValueError:
            _logger.warning(
                "The system parameter %s is no number of days: nothing is removed.",
                parameter,
            )
            return None
        return days if 0 < days <= MAX_DAYS else None

    @api.autovacuum
    def _gc_log(self):
        """Delete rows of the sync log after their days."""
        days = self._get_days("log")
        if not days:
            return 0, 0
        limit = fields.Datetime.now() - timedelta(days=days)
        rows = (
            self.env["meta.sync.log"]
            .sudo()
            .search([("create_date", "<", limit)], order="create_date", limit=BATCH)
        )
        rows.unlink()
        return self._told(len(rows))

    @api.autovacuum
    def _gc_not_sent(self):
        """Delete events that were never to be sent after their days."""
        days = self._get_days("not_sent")
        if not days:
            return 0, 0
        old = self._take_old(SQL("state = 'not_sent'"), days)
        return self._change(
            SQL("DELETE FROM meta_capi_event WHERE id = ANY(%s) RETURNING id", old)
        )

    @api.autovacuum
    def _gc_bodies(self):
        """Blank the bodies of finished events after their days."""
        days = self._get_days("body")
        if not days:
            return 0, 0
        finished = SQL(
            "body IS NOT NULL"
            " AND state IN ('accepted', 'refused', 'expired', 'cancelled', 'unclear')"
        )
        old = self._take_old(finished, days)
        return self._change(
            SQL(
                "UPDATE meta_capi_event SET body = NULL WHERE id = ANY(%s) "
                "RETURNING id",
                old,
            )
        )

    @api.model
    def _take_old(self, condition, days):
        """Lock the oldest events of a kind; those that somebody works on are left.

        :rtype: list[int]
        """
        self.env["meta.capi.event"].flush_model()
        # As a value: PostgreSQL looks nothing up in an index by a running clock.
        limit = self.env.execute_query(
            SQL("SELECT %s", queue.in_seconds(-days * 24 * 3600))
        )[0][0]
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id
                  FROM meta_capi_event
                 WHERE %s
                   AND create_date < %s
              ORDER BY create_date
                 LIMIT %s
                   FOR UPDATE SKIP LOCKED
                """,
                condition,
                limit,
                BATCH,
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _change(self, statement):
        rows = self.env.execute_query(statement)
        self.env["meta.capi.event"].invalidate_model()
        return self._told(len(rows))

    @api.model
    def _told(self, done):
        """What Odoo's clean-up wants to know: rows done, and whether to come back."""
        return done, int(done == BATCH)
