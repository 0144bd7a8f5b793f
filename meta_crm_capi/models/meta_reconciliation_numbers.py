from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..protocol import funnel
from .meta_capi_event_send import HEALING
from .meta_lead_form_catch_up import RETENTION
from .meta_lead_submission_try_again import LEFT_OUT

#: What is compared, from Meta to Meta; between each two is a gap (0, 1, 2).
NUMBERS = ("listed", "submissions", "leads", "accepted")
FIRST, LAST = 0, 2


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
    count: int
    #: How many of the events a button may still send.
    sendable: int

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
GROUPED = Kind._fields[:-3]


class MetaReconciliation(models.AbstractModel):
    """The numbers: every lead of the period, looked at by one statement."""

    _inherit = "meta.reconciliation"

    @api.model
    def _find_kinds(self, scope):
        """The leads of the period by what is alike in them.

        :rtype: list[Kind]
        """
        names = SQL(", ").join(SQL.identifier(name) for name in GROUPED)
        rows = self.env.execute_query(
            SQL(
                """
                %s SELECT %s, MIN(reason), COUNT(*),
                          COUNT(*) FILTER (WHERE is_sendable)
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
        return self.env.execute_query(
            SQL(
                "%s SELECT %s FROM fact WHERE %s",
                self._with_facts(scope),
                columns,
                condition,
            )
        )

    @api.model
    def _with_facts(self, scope):
        """SQL: ``fact``, a row for each lead of the period, with all that is known.

        ``named`` are the leads that Meta lists, and the submissions that it does not.
        """
        for model in (
            "meta.lead.submission",
            "meta.lead.listed",
            "meta.lead.count",
            "meta.capi.event",
            "meta.capi.rule",
            "meta.capi.dataset",
        ):
            self.env[model].flush_model()
        counts = list(scope.counts.items())
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
                       submission.id AS known_id,
                       COALESCE(listed.submitted_at, submission.submitted_at,
                                counted.started_at) AS moment
                  FROM counted
                  JOIN meta_lead_listed listed USING (count_id)
             LEFT JOIN meta_lead_submission submission
                    ON submission.meta_id = listed.meta_id
             UNION ALL
                SELECT submission.form_id, counted.started_at, NULL, submission.id,
                       COALESCE(submission.submitted_at, submission.create_date)
                  FROM meta_lead_submission submission
             LEFT JOIN counted ON counted.form_id = submission.form_id
                 WHERE submission.company_id = ANY(%(companies)s)
                   AND %(chosen)s
                   AND NOT EXISTS (
                       SELECT FROM meta_lead_listed listed
                         JOIN counted USING (count_id)
                        WHERE listed.meta_id = submission.meta_id)),
            looked_at AS (
                SELECT named.*, submission.id AS submission_id, submission.lead_id,
                       submission.state, submission.parked_cause, submission.is_test,
                       submission.reason AS submission_reason,
                       submission.is_attached OR submission.page_meta_id IS NULL
                           AS is_attached,
                       submission.lead_id IS NOT NULL AND NOT EXISTS (
                           SELECT FROM meta_lead_submission earlier
                            WHERE earlier.lead_id = submission.lead_id
                              AND earlier.company_id = submission.company_id
                              AND (COALESCE(earlier.submitted_at, earlier.create_date),
                                   earlier.id)
                                < (COALESCE(submission.submitted_at,
                                            submission.create_date), submission.id)
                       ) AS is_lead
                  FROM named
             LEFT JOIN meta_lead_submission submission
                    ON submission.id = named.known_id
                   AND submission.company_id = ANY(%(companies)s)
                 WHERE named.moment >= %(since)s AND named.moment < %(until)s),
            fact AS (
                SELECT one.form_id, one.listed_id, one.submission_id, one.lead_id,
                       event.id AS event_id, event.reason,
                       one.listed_id IS NOT NULL AS is_listed,
                       one.submission_id IS NOT NULL AS is_here, one.is_lead,
                       COALESCE(event.state = 'accepted', FALSE) AS is_accepted,
                       CASE WHEN one.submission_id IS NOT NULL THEN NULL
                            WHEN one.known_id IS NOT NULL THEN 'elsewhere'
                            ELSE 'missing' END AS only_there,
                       CASE WHEN one.listed_id IS NOT NULL THEN NULL
                            WHEN one.form_id IS NULL THEN 'formless'
                            WHEN one.started_at IS NULL THEN 'uncounted'
                            WHEN one.moment >= one.started_at THEN 'newer'
                            WHEN one.moment < one.started_at - %(retention)s THEN 'aged'
                            WHEN one.is_test THEN 'test'
                            ELSE 'unlisted' END AS only_here,
                       CASE WHEN one.submission_id IS NULL OR one.is_lead THEN NULL
                            WHEN one.lead_id IS NOT NULL THEN 'joined'
                            WHEN one.state = 'parked'
                            THEN 'parked:' || COALESCE(one.parked_cause, 'other')
                            WHEN one.state = 'ignored'
                            THEN CASE WHEN one.submission_reason = %(left_out)s
                                      THEN 'left_out' ELSE 'test' END
                            WHEN one.state = 'done' THEN 'deleted'
                            ELSE one.state END AS no_lead,
                       CASE WHEN one.lead_id IS NULL OR event.state = 'accepted'
                            THEN NULL
                            ELSE COALESCE(event.state, 'none') END AS not_told,
                       CASE WHEN one.lead_id IS NULL OR event.state = 'accepted'
                            THEN NULL
                            WHEN event.id IS NULL
                            THEN CASE WHEN one.is_attached THEN 'attached' END
                            WHEN event.state = 'queued'
                            THEN CASE WHEN rule.is_set_aside THEN 'step'
                                      WHEN dataset.state != 'active' THEN dataset.state
                                      WHEN event.reason IS NOT NULL THEN 'again'
                                      END
                            WHEN event.state != 'refused' OR event.code IS NULL
                              OR event.code = 0
                            THEN split_part(event.reason, E'\n', 1) END AS detail,
                       CASE WHEN event.state = 'refused' THEN event.code END AS code,
                       CASE WHEN event.state = 'refused' THEN event.subcode END
                           AS subcode,
                       event.event_time > %(oldest)s AND (
                           event.state IN ('queued', 'refused')
                           OR event.reason IN %(healing)s) AS is_sendable
                  FROM looked_at one
             LEFT JOIN LATERAL (
                    SELECT event.* FROM meta_capi_event event
                     WHERE event.submission_id = one.submission_id
                       AND event.step = %(raw_lead)s
                  ORDER BY array_position(
                               ARRAY['accepted', 'queued', 'refused', 'expired'],
                               event.state::text),
                           event.id DESC
                     LIMIT 1) event ON TRUE
             LEFT JOIN meta_capi_rule rule ON rule.id = event.rule_id
             LEFT JOIN meta_capi_dataset dataset ON dataset.id = event.dataset_id)
            """,
            forms=[form.id for form, _count in counts],
            counts=[count.id for _form, count in counts],
            starts=[count.started_at for _form, count in counts],
            companies=scope.company_ids,
            chosen=chosen,
            since=scope.since,
            until=scope.until,
            retention=RETENTION,
            left_out=LEFT_OUT,
            raw_lead=funnel.RAW_LEAD,
            oldest=self.env["meta.capi.event"]._get_oldest_sendable(),
            healing=HEALING,
        )
