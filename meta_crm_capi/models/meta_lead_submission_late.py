import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..protocol import lead as meta_lead
from . import queue

#: A younger lead may be one that a webhook is just bringing.
PUNCTUAL = timedelta(minutes=10)


class MetaLeadSubmission(models.Model):
    """Leads that the catch-up found."""

    _inherit = "meta.lead.submission"

    came_late = fields.Boolean(
        "Came late",
        readonly=True,
        help="The catch-up found this lead although a webhook should have told of it.",
    )
    announced_at = fields.Datetime(
        "Announced later",
        readonly=True,
        help="When a webhook told of this lead after the catch-up had found it.",
    )

    @api.model
    def _store_notifications(self, connection, notifications):
        new = super()._store_notifications(connection, notifications)
        meta_ids = {item.leadgen_id for item in notifications}
        if new < len(meta_ids):
            self._note_announced(connection, list(meta_ids))
        return new

    @api.model
    def _note_announced(self, connection, meta_ids):
        """After an outage the catch-up may be faster than Meta's retries.

        What a webhook tells of after all, the webhook has not missed.
        """
        self.flush_model(["came_late"])
        announced = self.env.execute_query(
            SQL(
                """
                UPDATE meta_lead_submission
                   SET came_late = FALSE, announced_at = %s
                 WHERE meta_id = ANY(%s) AND connection_id = %s AND came_late
             RETURNING id
                """,
                queue.db_now(),
                meta_ids,
                connection.id,
            )
        )
        rows = self.browse(row[0] for row in announced)
        rows.invalidate_recordset(["came_late", "announced_at"])

    @api.model
    def _store_caught_up(self, page, form, nodes):
        """Store what the list of a form shows; what is known stays as it is.

        :param list nodes: lead nodes
        :return: the submissions that are new
        """
        nodes = [
            {**node, "form_id": meta_lead.form_id(node) or form.meta_id}
            for node in nodes
        ]
        new = self._store_found(page, nodes, "catch_up", takes_over=True)
        new._mark_late(page)
        self._heal_parked(page, nodes)
        return new

    def _mark_late(self, page):
        """Mark those that a webhook should have announced by now.

        Webhooks are expected from the moment on at which the Page was subscribed.
        """
        if not page._expects_webhooks():
            return
        latest = self.env.cr.now() - PUNCTUAL
        self.filtered(
            lambda row: (
                row.submitted_at
                and row.submitted_at < latest
                and (not page.subscribed_at or row.submitted_at > page.subscribed_at)
            )
        ).came_late = True

    @api.model
    def _heal_parked(self, page, nodes):
        """A parked lead that Meta lists can be read after all: it comes in.

        :return: the submissions that were parked
        """
        found = {meta_lead.lead_id(node): node for node in nodes}
        parked = self._find_healable(page, list(filter(None, found)))
        if not parked:
            return parked
        parked.write({"state": "received", "reason": False, "tries": 0})
        parked.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE meta_lead_submission submission
                   SET answers = given.answers, next_try_at = %s
                  FROM unnest(%s::int[], %s::text[]) AS given (id, answers)
                 WHERE submission.id = given.id
                """,
                queue.db_now(),
                parked.ids,
                [json.dumps(found[row.meta_id]) for row in parked],
            ),
            log_exceptions=False,
        )
        parked.invalidate_recordset(["answers", "next_try_at"])
        return parked

    @api.model
    def _find_healable(self, page, meta_ids):
        """Those of these ids that are parked because nobody has read them yet."""
        return self.search(
            [
                ("meta_id", "in", meta_ids),
                ("page_meta_id", "=", page.meta_id),
                ("connection_id", "=", page.connection_id.id),
                ("state", "=", "parked"),
            ]
        ).filtered(lambda row: not row.answers)
