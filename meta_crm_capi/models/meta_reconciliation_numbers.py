from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..protocol import funnel
from .meta_capi_event_enqueue import NO_DATASET
from .meta_capi_event_send import HEALING
from .meta_lead_form_catch_up import RETENTION
from .meta_lead_page import RECONNECT
from .meta_lead_submission_try_again import LEFT_OUT

#: What is compared, from Meta to Meta; between each two is a gap (0, 1, 2).
NUMBERS = ("listed", "submissions", "leads", "accepted")
FIRST, LAST = 0, 2
#: Reasons why a raw lead never was in the queue, which may be otherwise by now.
NEVER_QUEUED = (NO_DATASET, funnel.NO_RULE)


class Kind(NamedTuple):
    """What is alike in some leads, and how many these are.

    The gaps are told by keys: why a lead is on one side only. Empty where it is not.
    """

    form_id: int | None
    is_listed: bool
    is_here: bool
    is_lead: bool
    is_accepted: bool
    #: Listed at Meta, but no submission: ``missing``, ``elsewhere``.
    only_there: str | None
    #: A submission, but not listed.
    only_here: str | None
    #: A submission that is no lead of its own.
    no_lead: str | None
    #: A submission with a lead whose raw lead Meta did not accept: the state of its
    #: event, ``none`` where there is none, and what tells such events apart.
    not_told: str | None
    detail: str | None
    code: int | None
    subcode: int | None
    #: The whole reason of one of these events.
    reason: str | None
    count: int = 1
    #: How many of the events a button may still send.
    sendable: int = 0
    #: How many were never queued, of leads that may have a step to report still.
    reportable: int = 0

    def get_causes(self):
        """Why these leads are on one side only: ``[(gap, sign, key)]``.

        With them each number follows from the one before it.
        """
        causes = []
        if self.only_there:
            causes.append((0, -1, self.only_there))
        if self.only_here:
            causes.append((0, 1, self.only_here))
        if self.no_lead:
            causes.append((1, -1, self.no_lead))
        if self.no_lead == "joined":
            # It reports its own raw lead.
            causes.append((2, 1, "joined"))
        elif self.no_lead and self.is_accepted:
            causes.append((2, 1, "gone"))
        if self.not_told:
            causes.append((2, -1, self._get_event_key()))
        return causes

    def _get_event_key(self):
        if self.not_told == "refused" and self.code:
            return f"refused:{self.code}:{self.subcode or 0}"
        return f"{self.not_told}:{self.detail}" if self.detail else self.not_told


#: What tells kinds apart.
GROUPED = Kind._fields[:-4]


class MetaReconciliation(models.AbstractModel):
    """The numbers: every lead of the period, looked at by one statement."""

    _inherit = "meta.reconciliation"

    @api.model
    def _find_kinds(self, scope):
        """The leads of the period by what is alike in them.

        :rtype: list[Kind]
        """
        self._begin_statement()
        names = SQL(", ").join(SQL.identifier(name) for name in GROUPED)
        rows = self.env.execute_query(
            SQL(
                """
                %s SELECT %s, MIN(reason), COUNT(*),
                          COUNT(*) FILTER (WHERE is_sendable),
                          COUNT(*) FILTER (WHERE is_reportable)
                     FROM fact GROUP BY %s
                """,
                self._with_facts(scope),
                names,
                names,
            )
        )
        return [Kind(*row) for row in rows]

    @api.model
    def _find_ids(self, scope, columns, condition):
        """Columns of each lead that meets a condition on the facts.

        :param SQL columns: of ``fact``
        :param SQL condition: the same
        """
        self._begin_statement()
        return self.env.execute_query(
            SQL(
                "%s SELECT %s FROM fact WHERE %s",
                self._with_facts(scope),
                columns,
                condition,
            )
        )

    @api.model
    def _is_stopped(self, page):
        """Whether a Page's leads are not read before a person mends something."""
        page = page.sudo()
        return page.state == RECONNECT or bool(page._get_stopping())

    @api.model
    def _begin_statement(self):
        for model in (
            "meta.lead.submission",
            "meta.lead.listed",
            "meta.lead.count",
            "meta.capi.event",
            "meta.capi.rule",
            "meta.capi.dataset",
        ):
            self.env[model].flush_model()
        # PostgreSQL takes it for far longer than it is, and compiling for longer still.
        self.env.cr.execute("SET LOCAL jit = off")

    @api.model
    def _with_facts(self, scope):
        """SQL: ``fact``, a row for each lead of the period, with all that is known.

        ``named`` are the leads that Meta lists, and the submissions that it does not;
        ``told`` almost all that Meta accepted, by its index; ``event`` what became of
        the others. A lead is counted with the submission that it began with.
        """
        counts = list(scope.counts.items())
        known = SQL(
            """
            submission.id AS known_id, submission.company_id, submission.lead_id,
            submission.page_meta_id,
            submission.state, submission.parked_cause, submission.is_test,
            submission.reason AS why,
            COALESCE(submission.submitted_at, submission.create_date) AS began_at,
            submission.is_attached OR submission.page_meta_id IS NULL AS is_attached
            """
        )
        chosen = SQL("TRUE")
        if scope.form:
            chosen = SQL("submission.form_id = %s", scope.form.id)
        elif scope.page:
            chosen = SQL("submission.page_id = %s", scope.page.id)
        return SQL(
            """
            WITH counted AS MATERIALIZED (
                SELECT * FROM unnest(%(forms)s::int[], %(counts)s::int[],
                                     %(starts)s::timestamp[])
                    AS counted (form_id, count_id, started_at)),
            named AS (
                SELECT counted.form_id, counted.started_at, listed.id AS listed_id,
                       %(known)s,
                       COALESCE(listed.submitted_at, submission.submitted_at,
                                counted.started_at) AS moment
                  FROM counted
                  JOIN meta_lead_listed listed USING (count_id)
             LEFT JOIN meta_lead_submission submission
                    ON submission.meta_id = listed.meta_id
                 WHERE listed.submitted_at >= %(since)s
                   AND listed.submitted_at < %(until)s
                    OR listed.submitted_at IS NULL
                   AND COALESCE(submission.submitted_at, counted.started_at)
                       >= %(since)s
                   AND COALESCE(submission.submitted_at, counted.started_at)
                       < %(until)s
             UNION ALL
                SELECT submission.form_id, counted.started_at, NULL,
                       %(known)s,
                       COALESCE(submission.submitted_at, submission.create_date)
                  FROM meta_lead_submission submission
             LEFT JOIN counted ON counted.form_id = submission.form_id
                 WHERE submission.company_id = ANY(%(companies)s)
                   AND submission.meta_id IS NOT NULL
                   AND %(chosen)s
                   AND (submission.submitted_at >= %(since)s
                        AND submission.submitted_at < %(until)s
                     OR submission.submitted_at IS NULL
                        AND submission.create_date >= %(since)s
                        AND submission.create_date < %(until)s)
                   AND NOT EXISTS (
                       SELECT FROM meta_lead_listed listed
                         JOIN counted USING (count_id)
                        WHERE listed.meta_id = submission.meta_id)),
            told AS (
                SELECT submission_id, MIN(id) AS event_id
                  FROM meta_capi_event
                 WHERE state = 'accepted' AND step = %(raw_lead)s
                   AND create_date >= %(since)s - interval '1 day'
              GROUP BY submission_id),
            one AS MATERIALIZED (
                SELECT named.*, told.event_id AS told_id,
                       COALESCE(named.company_id = ANY(%(companies)s), FALSE)
                           AS is_here,
                       named.lead_id IS NOT NULL AND NOT EXISTS (
                           SELECT FROM meta_lead_submission earlier
                            WHERE earlier.lead_id = named.lead_id
                              AND earlier.meta_id IS NOT NULL
                              AND earlier.id != named.known_id
                              AND earlier.company_id = named.company_id
                              AND (COALESCE(earlier.submitted_at, earlier.create_date),
                                   earlier.id) < (named.began_at, named.known_id)
                       ) AS is_lead
                  FROM named
             LEFT JOIN told ON told.submission_id = named.known_id),
            event AS (
                SELECT DISTINCT ON (event.submission_id) event.*
                  FROM one
                  JOIN meta_capi_event event ON event.submission_id = one.known_id
                 WHERE one.told_id IS NULL AND one.is_here
                   AND event.step = %(raw_lead)s
              ORDER BY event.submission_id,
                       array_position(
                           ARRAY['accepted', 'queued', 'refused', 'expired'],
                           event.state::text),
                       event.id DESC),
            fact AS (
                SELECT one.form_id, one.listed_id, one.is_here,
                       one.is_here AND one.is_lead AS is_lead,
                       CASE WHEN one.is_here THEN one.known_id END AS submission_id,
                       one.lead_id, event.reason,
                       COALESCE(one.told_id, event.id) AS event_id,
                       one.listed_id IS NOT NULL AS is_listed,
                       one.is_here AND (
                           one.told_id IS NOT NULL
                           OR COALESCE(event.state = 'accepted', FALSE)) AS is_accepted,
                       CASE WHEN one.is_here THEN NULL
                            WHEN one.known_id IS NOT NULL THEN 'elsewhere'
                            ELSE 'missing' END AS only_there,
                       CASE WHEN one.listed_id IS NOT NULL THEN NULL
                            WHEN one.form_id IS NULL THEN 'formless'
                            WHEN one.started_at IS NULL THEN 'uncounted'
                            WHEN one.moment >= one.started_at THEN 'newer'
                            WHEN one.moment < one.started_at - %(retention)s THEN 'aged'
                            WHEN one.is_test THEN 'test'
                            ELSE 'unlisted' END AS only_here,
                       CASE WHEN NOT one.is_here OR one.is_lead THEN NULL
                            WHEN one.lead_id IS NOT NULL THEN 'joined'
                            WHEN one.state = 'parked'
                            THEN 'parked:' || COALESCE(one.parked_cause, 'other')
                            WHEN one.state = 'ignored'
                            THEN CASE WHEN one.why = %(left_out)s
                                      THEN 'left_out' ELSE 'test' END
                            WHEN one.state = 'done' THEN 'deleted'
                            WHEN one.state = 'received'
                             AND one.page_meta_id = ANY(%(stopped)s)
                            THEN 'received:stopped'
                            ELSE one.state END AS no_lead,
                       CASE WHEN one.is_here AND one.lead_id IS NOT NULL
                             AND one.told_id IS NULL
                             AND event.state IS DISTINCT FROM 'accepted'
                            THEN COALESCE(event.state, 'none') END AS not_told,
                       CASE WHEN event.id IS NULL
                            THEN CASE WHEN one.is_attached THEN 'attached' END
                            WHEN event.state = 'queued'
                            THEN CASE WHEN rule.is_set_aside THEN 'step'
                                      WHEN NOT dataset.active THEN 'archived'
                                      WHEN dataset.state != 'active' THEN dataset.state
                                      WHEN event.reason IS NOT NULL THEN 'again' END
                            WHEN event.state != 'refused' OR event.code IS NULL
                              OR event.code = 0
                            THEN split_part(event.reason, E'\n', 1) END AS detail,
                       CASE WHEN event.state = 'refused' THEN event.code END AS code,
                       CASE WHEN event.state = 'refused' THEN event.subcode END
                           AS subcode,
                       event.event_time > %(oldest)s AND (
                           event.state IN ('queued', 'refused')
                           OR event.reason IN %(healing)s) AS is_sendable,
                       one.is_here AND one.told_id IS NULL AND (
                           event.id IS NULL OR event.state = 'not_sent'
                           AND event.reason IN %(never_queued)s)
                       AND EXISTS (
                           SELECT FROM crm_lead lead WHERE lead.id = one.lead_id
                              AND lead.write_date >= %(oldest)s) AS is_reportable
                  FROM one
             LEFT JOIN event ON event.submission_id = one.known_id
             LEFT JOIN meta_capi_rule rule ON rule.id = event.rule_id
             LEFT JOIN meta_capi_dataset dataset ON dataset.id = event.dataset_id)
            """,
            forms=[form.id for form, _count in counts],
            counts=[count.id for _form, count in counts],
            starts=[count.started_at for _form, count in counts],
            companies=scope.company_ids,
            chosen=chosen,
            known=known,
            since=scope.since,
            until=scope.until,
            retention=RETENTION,
            left_out=LEFT_OUT,
            raw_lead=funnel.RAW_LEAD,
            oldest=self.env["meta.capi.event"]._get_oldest_sendable(),
            healing=HEALING,
            never_queued=NEVER_QUEUED,
            stopped=self._find_pages().filtered(self._is_stopped).mapped("meta_id"),
        )
