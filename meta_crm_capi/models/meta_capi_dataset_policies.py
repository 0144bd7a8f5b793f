from odoo import api, fields, models
from odoo.fields import Command

from ..protocol import funnel


class MetaCapiDataset(models.Model):
    """Funnel policies: which of the steps that have a rule Meta is told."""

    _inherit = "meta.capi.dataset"

    fill_skipped_steps = fields.Boolean(
        "Fill skipped steps",
        default=True,
        help="When a lead jumps over mapped steps, report them too, at the time of the "
        "jump: Meta expects every step before the last one.",
    )
    every_entry = fields.Boolean(
        "Report every entry",
        help="Report a step again each time a lead enters it. Off: once for each lead, "
        "which is what Meta's funnel expects.",
    )
    backward_moves = fields.Boolean(
        "Report backward moves",
        help="Report a step also when the lead comes back to it from a later one. Meta "
        "then sees the earlier step after the later one. Each step is still reported "
        "once, unless every entry is reported.",
    )
    report_lost = fields.Boolean(
        "Report lost leads",
        compute="_compute_report_lost",
        inverse="_inverse_report_lost",
        help="Tell Meta which leads were lost: its funnel has no such step of its own, "
        "but ads can learn from it. The same as the line “Lost” of the mapping.",
    )
    unknown_consent = fields.Selection(
        [("send", "Send"), ("withhold", "Do not send")],
        "When consent is unknown",
        required=True,
        default="send",
        help="People of whom nobody noted whether they may be shared with Meta. They "
        "gave their data to Meta's own form, under the privacy policy that you show "
        "there; send, unless your basis is consent and that form does not ask for it. "
        "Who said no is never sent.",
    )

    @api.depends("rule_ids.step", "rule_ids.active")
    def _compute_report_lost(self):
        for dataset in self:
            dataset.report_lost = any(
                rule.active and rule.step == funnel.LOST for rule in dataset.rule_ids
            )

    def _inverse_report_lost(self):
        """The mapping decides; this switches its lines for lost on and off."""
        for dataset in self:
            lost = dataset.rule_ids.filtered(lambda rule: rule.step == funnel.LOST)
            active = lost.filtered("active")
            if not dataset.report_lost:
                active.active = False
            elif lost and not active:
                # Of several for one team the last one counts.
                for of_team in lost.grouped("team_id").values():
                    of_team.sorted("id")[-1].active = True
            elif not lost:
                dataset.rule_ids = [Command.create(dataset._prepare_lost_rule())]

    def _prepare_lost_rule(self):
        """Values of the rule for lost; a stage may have taken its name."""
        self.ensure_one()
        stage = self.env["crm.stage"]
        name = self._get_default_event_name(funnel.LOST, stage)
        if name in self.rule_ids.mapped("event_name"):
            name = f"{name}_step"
        return {"step": funnel.LOST, "stage_id": False, "event_name": name}

    @api.model
    def _get_cached_fields(self):
        return super()._get_cached_fields() | {
            "backward_moves",
            "every_entry",
            "fill_skipped_steps",
            "unknown_consent",
        }
