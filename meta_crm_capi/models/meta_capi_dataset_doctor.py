from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..protocol import doctor, funnel
from .meta_capi_dataset_kind import MESSAGING


class FunnelStep(NamedTuple):
    """A step of the funnel doctor: what Meta sees of it, and what it is in Odoo."""

    facts: doctor.StepFacts
    #: Of all rules with this event name; none where nothing is mapped to it any more.
    rules: models.BaseModel
    #: At the side: no step of the way to a deal.
    is_lost: bool = False


class MetaCapiDataset(models.Model):
    """The funnel doctor: what Meta can learn from what this dataset told it.

    A lead belongs to the dataset that its moves are reported to
    (``meta.capi.event._route``); what counts as reported is what Meta accepted. The
    rules to judge by are Meta's (:mod:`..protocol.doctor`).
    """

    _inherit = "meta.capi.dataset"

    optimised_rule_id = fields.Many2one(
        "meta.capi.rule",
        "Optimised for",
        domain="[('dataset_id', '=', id), ('step', '!=', 'lost')]",
        ondelete="set null",
        copy=False,
        help="The step that you chose in Events Manager for the conversion leads goal. "
        "Meta does not tell Odoo: enter it here, and the funnel doctor watches it.",
    )
    optimised_on = fields.Date(
        "Optimised since",
        compute="_compute_optimised_on",
        store=True,
        readonly=False,
        copy=False,
        help="When you chose the step at Meta: its learning phase begins there.",
    )

    @api.depends("optimised_rule_id")
    def _compute_optimised_on(self):
        for dataset in self:
            if not dataset.optimised_rule_id:
                dataset.optimised_on = False
            elif not dataset.optimised_on:
                dataset.optimised_on = fields.Date.context_today(dataset)

    def _get_leads_domain(self, since):
        """The submissions from this moment on whose steps go to this dataset.

        Test leads are none.

        :param datetime since: in UTC
        """
        return Domain("submitted_at", ">=", since) & self._get_own_leads_domain()

    def _get_own_leads_domain(self):
        """The submissions whose steps go to this dataset; test leads are none."""
        self.ensure_one()
        unnamed = Domain("form_id", "=", False) | Domain(
            "form_id.dataset_id", "=", False
        )
        own = Domain("form_id.dataset_id", "=", self.id) | (
            unnamed & Domain("page_id.dataset_id", "=", self.id)
        )
        if self._is_the_only_one():
            own |= (
                unnamed
                & Domain("company_id", "=", self.company_id.id)
                & (
                    Domain("page_id", "=", False)
                    | Domain("page_id.dataset_id", "=", False)
                )
            )
        return Domain("is_test", "=", False) & Domain("state", "!=", "ignored") & own

    def _is_the_only_one(self):
        """Whether what names no dataset comes here."""
        found = {
            "form_id": None,
            "page_id": None,
            "account_id": None,
            "referral_id": self.kind == MESSAGING,
            "company_id": self.company_id.id,
        }
        funnels = self.env["meta.capi.rule"]._get_funnels()
        routed = self.env["meta.capi.event"]._route(funnels, found)
        return bool(routed) and routed.id == self.id

    def _get_told_domain(self):
        """The submissions of which Meta accepted at least one event."""
        accepted = [("dataset_id", "=", self.id), ("state", "=", "accepted")]
        return Domain("event_ids", "any", accepted)

    def _get_step_domain(self, since, event_name):
        """The accepted events of one step, of the leads of the period."""
        return Domain(
            [
                ("dataset_id", "=", self.id),
                ("state", "=", "accepted"),
                ("event_name", "=", event_name),
                ("submission_id", "any", self._get_leads_domain(since)),
            ]
        )

    def _get_since(self, days):
        return fields.Datetime.now() - timedelta(days=days)

    def _find_funnel(self, days):
        """What the funnel doctor judges.

        :param int days: the period's length; it ends now
        :return: facts, the steps in the order of the pipeline, those at the side last
        :rtype: tuple[doctor.Facts, list[FunnelStep]]
        """
        self.ensure_one()
        since = self._get_since(days)
        submissions = self.env["meta.lead.submission"]
        steps = self._find_steps(since)
        chosen = self.optimised_rule_id
        since_chosen = (
            fields.Date.context_today(self) - self.optimised_on
            if self.optimised_on
            else None
        )
        facts = doctor.Facts(
            is_running=self.active and self.state in ("active", "resting"),
            accepted=bool(self._count_accepted(1)),
            leads=submissions.search_count(self._get_leads_domain(since)),
            covered=submissions.search_count(
                self._get_leads_domain(since) & self._get_told_domain()
            ),
            leads_a_month=submissions.search_count(
                self._get_leads_domain(self._get_since(30))
            ),
            days_with_data=self._count_days_with_data(since),
            steps=tuple(step.facts for step in steps if not step.is_lost),
            chosen=chosen.event_name or None,
            days_since_chosen=None if since_chosen is None else since_chosen.days,
        )
        return facts, steps

    def _find_steps(self, since):
        """The steps by their event names, as Meta knows nothing else of them.

        :rtype: list[FunnelStep]
        """
        found = self._measure_steps(since)
        by_name = self.rule_ids.filtered("active").grouped("event_name")
        ordered = sorted(
            by_name.items(), key=lambda item: min(map(self._get_place, item[1]))
        )
        no_rule = self.env["meta.capi.rule"]
        ordered += [(name, no_rule) for name in sorted(found) if name not in by_name]
        steps = [
            FunnelStep(
                doctor.StepFacts(
                    name,
                    *found.get(name, (0, None, None)),
                    is_raw_lead=any(rule.step == funnel.RAW_LEAD for rule in rules),
                ),
                rules,
                bool(rules) and all(rule.step == funnel.LOST for rule in rules),
            )
            for name, rules in ordered
        ]
        return sorted(steps, key=lambda step: step.is_lost)

    @api.model
    def _get_place(self, rule):
        return rule.place, rule.stage_sequence, rule.stage_id.id

    def _measure_steps(self, since):
        """How many leads of the period reached each step, and after how many days.

        :return: ``{event name: (leads, median days, 90th percentile of days)}``
        """
        self.env["meta.capi.event"].flush_model()
        leads = self.env["meta.lead.submission"]._search(self._get_leads_domain(since))
        rows = self.env.execute_query(
            SQL(
                """
                WITH leads AS %(leads)s,
                reached AS (
                    SELECT event.event_name,
                           EXTRACT(EPOCH FROM MIN(event.event_time)
                                              - MIN(leads.submitted_at)) / 86400 AS days
                      FROM leads
                      JOIN meta_capi_event event ON event.submission_id = leads.id
                     WHERE event.dataset_id = %(dataset_id)s
                       AND event.state = 'accepted'
                  GROUP BY event.event_name, event.submission_id)
                SELECT event_name, COUNT(*),
                       PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY days),
                       PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY days)
                  FROM reached
              GROUP BY event_name
                """,
                leads=leads.subselect(
                    SQL.identifier(leads.table, "id"),
                    SQL.identifier(leads.table, "submitted_at"),
                ),
                dataset_id=self.id,
            )
        )
        return {name: tuple(measured) for name, *measured in rows}

    def _count_days_with_data(self, since):
        """Days, as the reader's calendar has them, on which Meta accepted something."""
        self.env["meta.capi.event"].flush_model()
        return self.env.execute_query(
            SQL(
                """
                SELECT COUNT(DISTINCT DATE(
                           accepted_at AT TIME ZONE 'UTC' AT TIME ZONE %s))
                  FROM meta_capi_event
                 WHERE dataset_id = %s AND state = 'accepted' AND accepted_at >= %s
                """,
                str(self.env.tz),
                self.id,
                since,
            )
        )[0][0]
