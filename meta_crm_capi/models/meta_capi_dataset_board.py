from odoo import models
from odoo.fields import Domain

from ..protocol import funnel
from .meta_capi_rule import STEPS


class MetaCapiDataset(models.Model):
    """The funnel board: every step of the pipeline with its lines of the mapping."""

    _inherit = "meta.capi.dataset"

    def map_step(self, step, stage_id=False):
        """Add a line to the mapping under the name that is offered for the step.

        :param str step: a kind of step that a line can have
        :param stage_id: id of the stage where the step is one
        """
        self.ensure_one()
        stage = self.env["crm.stage"].browse(stage_id or ())
        name = self._get_default_event_name(step, stage)
        if name in self.rule_ids.mapped("event_name"):
            name = f"{name}_{stage.id or 'step'}"
        self.env["meta.capi.rule"].create(
            {
                "dataset_id": self.id,
                "step": step,
                "stage_id": stage.id,
                "event_name": name,
            }
        )

    def _get_board_steps(self):
        """The steps that a lead can take here: ``{(step, stage id)}``."""
        stages = self.env["crm.stage"].search(Domain.TRUE)
        steps = {(funnel.STAGE, stage_id) for stage_id in stages.ids}
        steps |= {(funnel.RAW_LEAD, None), (funnel.LOST, None)}
        steps |= {(step, None) for step in self.env["meta.capi.rule"]._further_steps()}
        if self.env["res.groups"]._is_feature_enabled("crm.group_use_lead"):
            steps.add((funnel.CONVERTED, None))
        return steps

    def _describe_board(self):
        """What stands beside the table: what Meta complains of, who may change it."""
        complaints = self.funnel_complaints or ""
        return {
            "complaints": complaints.splitlines(),
            "can_change": self.env["meta.capi.rule"].has_access("write"),
        }

    def _describe_board_line(self, rule):
        """One line of the mapping."""
        sources = rule._fields["value_source"]._description_selection(self.env)
        value = dict(sources)[rule.value_source]
        if rule.value_source == "fixed":
            value = rule.currency_id.format(rule.fixed_value)
        return {
            "id": rule.id,
            "event_name": rule.event_name,
            "team": rule.team_id.name or False,
            "value": value,
            "active": rule.active,
            "is_set_aside": rule.is_set_aside,
        }

    def _get_board_place(self, step, stage):
        """Where a step stands on the board: in the pipeline's order, lost behind it."""
        places = {name: place for place, (name, _label) in enumerate(STEPS)}
        return places.get(step, len(STEPS)), stage.sequence, stage.id or 0, step
