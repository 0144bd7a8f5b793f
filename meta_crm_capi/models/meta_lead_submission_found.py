import json
import logging

from odoo import api, models
from odoo.tools import SQL

from ..protocol import lead as meta_lead
from . import queue

_logger = logging.getLogger(__name__)


class MetaLeadSubmission(models.Model):
    """Leads that were read in bulk: stored with their answers, not asked for again."""

    _inherit = "meta.lead.submission"

    @api.model
    def _store_found(self, page, nodes, origin, extra=None, takes_over=False):
        """Store leads as Meta listed them, by one insert; known ids stay as they are.

        What is no whole lead is stored by its id alone and is then read by itself.
        Meets other transactions that store the same ids: call it through
        ``queue.store``.

        :param page: the ``meta.lead.page`` that the leads belong to
        :param list nodes: lead nodes, with all that ``GET /{leadgen_id}`` gives
        :param str origin: one of the values of the field
        :param dict extra: further values by column, the same for each row
        :param bool takes_over: whether Meta itself listed them under this Page: then
            rows that another connection stored, to which their Page does not belong,
            and that are not settled are handed to this one
        :return: the submissions that are new, or handed over; they are due at once
        :rtype: meta.lead.submission
        """
        page.ensure_one()
        found = {}
        for node in nodes:
            row = self._prepare_found(node)
            if row:
                found.setdefault(row[0], row)
        if not found:
            return self.browse()
        was_in_use = self._is_in_use()
        self.flush_model()
        extra = {"page_id": page.id, **(extra or {})}
        columns = [SQL.identifier(name) for name in extra]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO meta_lead_submission AS known (
                    meta_id, form_meta_id, submitted_at, answers, connection_id,
                    company_id, page_meta_id, origin, state, tries, next_try_at,
                    create_uid, create_date, write_uid, write_date, %(columns)s
                )
                SELECT meta_id, form_meta_id,
                       to_timestamp(created_time) AT TIME ZONE 'UTC', answers,
                       %(connection)s, %(company)s, %(page)s, %(origin)s, 'received',
                       0, %(now)s, %(uid)s, %(now)s, %(uid)s, %(now)s, %(extra)s
                  FROM unnest(%(meta_ids)s::varchar[], %(form_ids)s::varchar[],
                              %(times)s::float[], %(answers)s::text[])
                    AS given (meta_id, form_meta_id, created_time, answers)
                    ON CONFLICT (meta_id) %(conflict)s
             RETURNING id
                """,
                conflict=self._hand_over(extra) if takes_over else SQL("DO NOTHING"),
                columns=SQL(", ").join(columns),
                extra=SQL(", ").join(SQL("%s", value) for value in extra.values()),
                connection=page.connection_id.id,
                company=page.company_id.id,
                page=page.meta_id,
                origin=origin,
                now=queue.db_now(),
                uid=self.env.uid,
                **dict(
                    zip(
                        ("meta_ids", "form_ids", "times", "answers"),
                        map(list, zip(*found.values(), strict=True)),
                        strict=True,
                    )
                ),
            ),
            # PostgreSQL's errors would print what people wrote.
            log_exceptions=False,
        )
        new = self.browse(row[0] for row in self.env.cr.fetchall())
        new.invalidate_recordset()
        if not was_in_use:
            self.env["meta.capi.rule"]._forget_funnels()
        return new

    @api.model
    def _hand_over(self, extra):
        """SQL: what becomes of a row whose Page is another connection's than its own.

        Nothing of what that connection said stays.
        """
        columns = (
            "connection_id",
            "company_id",
            "page_meta_id",
            "form_meta_id",
            "submitted_at",
            "answers",
            "origin",
            "next_try_at",
            *extra,
        )
        given = SQL(", ").join(
            SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name))
            for name in columns
        )
        return SQL(
            """
            DO UPDATE
                  SET %s, state = 'received', reason = NULL, parked_cause = NULL,
                      tries = 0, ad_id = NULL, notification = NULL
                WHERE known.state IN ('received', 'parked')
                  AND known.connection_id != EXCLUDED.connection_id
                  AND NOT EXISTS (
                      SELECT FROM meta_lead_page page
                       WHERE page.meta_id = known.page_meta_id
                         AND page.connection_id = known.connection_id)
            """,
            given,
        )

    @api.model
    def _prepare_found(self, node):
        """``(id, form id, Unix time, JSON)`` of a lead node; None where no id is."""
        try:
            lead = meta_lead.parse(node)
            if not meta_lead.has_answers(node):
                return (lead.meta_id, lead.form_id, lead.created_time, None)
        except ValueError:
            meta_id = meta_lead.lead_id(node)
            if not meta_id:
                # Not what it holds: that may be what somebody wrote.
                _logger.warning("Meta listed something without an id")
                return None
            return (meta_id, None, None, None)
        return (lead.meta_id, lead.form_id, lead.created_time, json.dumps(node))
