from collections import namedtuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import ormcache

from ..protocol import event as capi_event
from ..protocol import funnel

STEPS = [
    (funnel.RAW_LEAD, "Raw lead"),
    (funnel.CONVERTED, "Converted to opportunity"),
    (funnel.STAGE, "Stage"),
    (funnel.LOST, "Lost"),
]

#: What the enqueue needs of a dataset, without the ORM.
CachedDataset = namedtuple(
    "CachedDataset",
    "id meta_id company_id is_stopped fill_skipped_steps every_entry backward_moves "
    "unknown_consent send_at_once kind",
)
#: What a rule says of the value of its step.
CachedValue = namedtuple("CachedValue", "source fixed_value")
#: What the enqueue needs of the whole configuration, without the ORM.
CachedFunnels = namedtuple(
    "CachedFunnels",
    "datasets form_datasets page_datasets account_datasets stages stage_teams folded "
    "rules values",
)


class MetaCapiRule(models.Model):
    """Funnel-stage mapping: this step, in this dataset, is reported by this name."""

    _name = "meta.capi.rule"
    _description = "Meta Funnel-Stage Mapping"
    _order = "dataset_id, place, stage_sequence, stage_id, id"
    _rec_name = "event_name"
    _check_company_auto = True

    dataset_id = fields.Many2one(
        "meta.capi.dataset", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="dataset_id.company_id", store=True, index=True, precompute=True
    )
    active = fields.Boolean(
        default=True,
        help="Switched off, the step is not reported.",
    )
    step = fields.Selection(
        STEPS,
        required=True,
        default=funnel.STAGE,
        help="When a lead is reported: as it comes in, is converted to an "
        "opportunity, reaches a stage, or is lost.",
    )
    stage_id = fields.Many2one(
        "crm.stage",
        ondelete="restrict",
        index=True,
        help="A lead that reaches this stage is reported.",
    )
    team_id = fields.Many2one(
        "crm.team",
        "Sales Team",
        ondelete="restrict",
        check_company=True,
        help="Only for leads of this team. Empty: for every team.",
    )
    event_name = fields.Char(
        "Event name",
        compute="_compute_event_name",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="The name that Meta shows for this step.",
    )
    value_source = fields.Selection(
        [
            ("none", "No value"),
            ("fixed", "Fixed amount"),
            ("expected_revenue", "Expected revenue"),
            ("prorated_revenue", "Expected revenue × probability"),
        ],
        "Value",
        required=True,
        default="none",
        help="What the step is worth, as it is at the moment of the move. Revenue is "
        "in the currency of the lead's company. Meta gets no value where it is 0; only "
        "a Purchase is then reported as worth 0, as Meta refuses one without value.",
    )
    fixed_value = fields.Monetary(
        "Fixed amount",
        currency_field="currency_id",
        aggregator=None,
        help="What each such step is worth, in the currency of the dataset's company, "
        "whatever the currency of the lead.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    place = fields.Integer("Place in the funnel", compute="_compute_place", store=True)
    stage_sequence = fields.Integer(
        "Stage sequence", related="stage_id.sequence", store=True
    )

    _one_for_each_step = models.UniqueIndex(
        "(dataset_id, step, COALESCE(stage_id, 0), COALESCE(team_id, 0)) WHERE active",
        "This step is mapped already.",
    )

    @api.depends("step", "stage_id")
    def _compute_event_name(self):
        for rule in self:
            if rule.event_name or (rule.step == funnel.STAGE and not rule.stage_id):
                continue
            rule.event_name = rule.dataset_id._get_default_event_name(
                rule.step, rule.stage_id
            )

    @api.depends("step")
    def _compute_place(self):
        places = {step: place for place, (step, _label) in enumerate(STEPS)}
        for rule in self:
            # Further kinds, which integrations add, come last.
            rule.place = places.get(rule.step, len(STEPS))

    @api.model
    def _further_steps(self):
        """The kinds of steps that integrations added.

        Extension point: add one with ``selection_add`` on ``step``; see
        ``crm.lead._report_meta_step`` for how it is reported.

        :rtype: set[str]
        """
        return {step for step, _label in self._fields["step"].selection} - funnel.KINDS

    @api.onchange("step")
    def _onchange_step(self):
        if self.step != funnel.STAGE:
            self.stage_id = False

    def action_change(self):
        """Open the line in a dialog."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Funnel-stage mapping"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.constrains("step", "stage_id")
    def _check_stage(self):
        for rule in self:
            if (rule.step == funnel.STAGE) != bool(rule.stage_id):
                raise ValidationError(
                    self.env._("A stage belongs to a rule for a stage, and only to it.")
                )

    @api.constrains("event_name", "value_source")
    def _check_event_name(self):
        for rule in self:
            name = rule.event_name
            if not name or len(name) > capi_event.MAX_EVENT_NAME:
                raise ValidationError(
                    self.env._(
                        "An event name has 1 to %s characters.",
                        capi_event.MAX_EVENT_NAME,
                    )
                )
            needs_value = name in capi_event.STANDARD_EVENTS_WITH_VALUE
            if needs_value and rule.value_source == "none":
                raise ValidationError(
                    self.env._(
                        "Meta refuses “%s” without a value: choose where the value "
                        "comes from, or use a name of your own.",
                        name,
                    )
                )

    @api.constrains("value_source", "fixed_value")
    def _check_fixed_value(self):
        for rule in self:
            if rule.value_source == "fixed" and rule.fixed_value <= 0:
                raise ValidationError(
                    self.env._(
                        "A fixed amount must be more than 0: Meta may read 0 as no "
                        "value at all."
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        result = super().create([self._strip_name(vals) for vals in vals_list])
        self._forget_funnels()
        return result

    def write(self, vals):
        result = super().write(self._strip_name(vals))
        self._forget_funnels()
        return result

    def unlink(self):
        result = super().unlink()
        self._forget_funnels()
        return result

    @api.model
    def _strip_name(self, vals):
        """Blanks would make another event of it at Meta, and hide a standard name."""
        if vals.get("event_name"):
            return {**vals, "event_name": vals["event_name"].strip()}
        return vals

    @api.model
    def _forget_funnels(self):
        """Let the next move look at the configuration anew, in every process.

        Once more after the commit: meanwhile another thread of this process may have
        kept what it still saw.
        """
        self.env.registry.clear_cache()
        self.env.cr.postcommit.add(self.env.registry.clear_cache)

    @api.model
    @ormcache()
    def _get_funnels(self):
        """The whole configuration of the way out, cached for the salesperson's sake.

        Cleared by every change of a rule, a stage, a dataset or what leads to one.

        :rtype: CachedFunnels
        """
        datasets = self.env["meta.capi.dataset"].sudo().search(Domain.TRUE)
        stages = self.env["crm.stage"].sudo().search(Domain.TRUE)
        rules, values = {}, {}
        for rule in self.sudo().search([("dataset_id", "in", datasets.ids)]):
            values[rule.id] = CachedValue(rule.value_source, rule.fixed_value)
            rules.setdefault(rule.dataset_id.id, []).append(
                funnel.Rule(
                    id=rule.id,
                    step=rule.step,
                    stage_id=rule.stage_id.id or None,
                    team_id=rule.team_id.id or None,
                    event_name=rule.event_name,
                    needs_value=rule.event_name
                    in capi_event.STANDARD_EVENTS_WITH_VALUE,
                )
            )
        return CachedFunnels(
            datasets={
                dataset.id: CachedDataset(
                    id=dataset.id,
                    meta_id=dataset.meta_id,
                    company_id=dataset.company_id.id,
                    is_stopped=dataset.state == "stopped",
                    fill_skipped_steps=dataset.fill_skipped_steps,
                    every_entry=dataset.every_entry,
                    backward_moves=dataset.backward_moves,
                    unknown_consent=dataset.unknown_consent,
                    send_at_once=dataset.connection_id.send_at_once,
                    kind=dataset.kind,
                )
                for dataset in datasets
            },
            form_datasets=self._get_routes("meta.lead.form"),
            page_datasets=self._get_routes("meta.lead.page"),
            account_datasets=self._get_routes("meta.lead.account"),
            stages={stage.id: (stage.sequence, stage.id) for stage in stages},
            stage_teams={stage.id: frozenset(stage.team_ids.ids) for stage in stages},
            folded=frozenset(stages.filtered("fold").ids),
            rules=rules,
            values=values,
        )

    @api.model
    def _get_routes(self, model):
        """``{id: dataset id}`` of the records of a model that name a dataset."""
        routed = self.env[model].sudo().with_context(active_test=False)
        found = routed.search_fetch([("dataset_id", "!=", False)], ["dataset_id"])
        return {record.id: record.dataset_id.id for record in found}

    @api.model
    @ormcache("dataset_id", "team_id")
    def _get_pipeline(self, dataset_id, team_id):
        """The order of steps for one dataset and team.

        :rtype: protocol.funnel.Pipeline
        """
        funnels = self._get_funnels()
        team_stages = [
            stage_id
            for stage_id, teams in funnels.stage_teams.items()
            if not teams or team_id in teams
        ]
        return funnel.Pipeline(
            funnels.stages,
            team_stages,
            team_id,
            funnels.rules.get(dataset_id, ()),
            funnels.folded,
        )
