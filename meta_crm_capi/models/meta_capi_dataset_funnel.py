from odoo import api, fields, models
from odoo.fields import Domain

from ..protocol import event as capi_event
from ..protocol import funnel_checks, health

#: How bad each complaint is.
LEVELS = {
    funnel_checks.NOTHING: health.BROKEN,
    funnel_checks.NO_RAW_LEAD: health.BROKEN,
    funnel_checks.TOO_FEW: health.BROKEN,
    funnel_checks.SAME_NAME: health.ATTENTION,
    funnel_checks.GAP: health.ATTENTION,
    funnel_checks.NO_WORTH: health.ATTENTION,
    # Enough for Meta; what would serve better is no fault.
    funnel_checks.ONLY_TWO: health.OK,
}


class MetaCapiDataset(models.Model):
    """What Meta will complain about in a dataset's funnel-stage mapping."""

    _inherit = "meta.capi.dataset"

    funnel_complaints = fields.Text(
        "What is wrong in the mapping",
        compute="_compute_funnel_complaints",
        help="What Meta will refuse or not count in this mapping, and the cure.",
    )

    @api.depends(
        "rule_ids.active",
        "rule_ids.event_name",
        "rule_ids.is_set_aside",
        "rule_ids.stage_id",
        "rule_ids.step",
        "rule_ids.team_id",
        "rule_ids.value_source",
    )
    def _compute_funnel_complaints(self):
        for dataset in self:
            # Of what is stored: a line that is being typed is judged when it is saved.
            stored = dataset._origin
            found = stored._judge_funnel() if stored.rule_ids else []
            dataset.funnel_complaints = "\n".join(
                f"{finding.words} {finding.cure}"
                for finding in found
                if finding.level != health.OK
            )

    def _judge_funnel(self):
        """What Meta will complain about, for each pipeline that leads can take.

        :return: findings, the gravest first; empty where there is nothing to say
        :rtype: list[protocol.health.Finding]
        """
        self.ensure_one()
        rules = self.rule_ids.filtered("active")
        worthless = {
            rule.event_name
            for rule in rules
            if rule.event_name in capi_event.STANDARD_EVENTS_WITH_VALUE
            and rule.value_source != "fixed"
        }
        found = [
            health.Finding(
                health.BROKEN,
                self.env._(
                    "“%s” is set aside: Meta refused several of its events.",
                    rule.event_name,
                ),
                self.env._("Correct the step, then press “Set aside: resume”."),
            )
            for rule in rules.filtered("is_set_aside")
        ]
        general = self._get_complaints(self.env["crm.team"], worthless)
        found += [self._say_complaint(complaint) for complaint in general]
        for team in self._get_teams_apart():
            for complaint in self._get_complaints(team, worthless):
                if complaint not in general:
                    finding = self._say_complaint(complaint)
                    words = f"{team.name}: {finding.words}"
                    found.append(finding._replace(words=words))
        return sorted(found, key=lambda row: -health.LEVELS.index(row.level))

    def _get_teams_apart(self):
        """Teams with stages or lines of the mapping of their own."""
        stages = self.env["crm.stage"].search([("team_ids", "!=", False)])
        lines = self.rule_ids.filtered("active")
        teams = stages.team_ids | lines.team_id
        return teams.filtered(
            lambda team: not team.company_id or team.company_id == self.company_id
        )

    def _get_complaints(self, team, worthless):
        """Of the leads of one team, or of those without a team of their own."""
        pipeline = self.env["meta.capi.rule"]._get_pipeline(self.id, team.id or None)
        stages = self._get_pipeline_stages(team).filtered(lambda stage: not stage.fold)
        return funnel_checks.complaints(pipeline, stages.ids, worthless)

    def _get_pipeline_stages(self, team):
        """The stages where a team's leads can be, in the pipeline's order."""
        stages = self.env["crm.stage"].search(Domain.TRUE, order="sequence, id")
        return stages.filtered(
            lambda stage: not stage.team_ids or team in stage.team_ids
        )

    def _say_complaint(self, complaint):
        """A complaint in words, with where to click.

        :rtype: protocol.health.Finding
        """
        names = ", ".join(f"“{name}”" for name in complaint.names)
        stages = self.env["crm.stage"].browse(complaint.stage_ids)
        stage_names = ", ".join(f"“{stage.name}”" for stage in stages)
        map_pipeline = self.env._("Press “Map the pipeline”: it adds what is missing.")
        words, cure = {
            funnel_checks.NOTHING: (
                self.env._("No step is mapped: Meta is told nothing."),
                map_pipeline,
            ),
            funnel_checks.NO_RAW_LEAD: (
                self.env._(
                    "The raw lead is not reported. Meta measures every other step "
                    "against it, and counts nothing without it."
                ),
                self.env._("Switch the line “Raw lead” on, or add it."),
            ),
            funnel_checks.TOO_FEW: (
                self.env._("Only %s is reported. Meta wants two steps or more.", names),
                map_pipeline,
            ),
            funnel_checks.SAME_NAME: (
                self.env._(
                    "Several steps are called %s: of each lead Meta gets only the "
                    "first one.",
                    names,
                ),
                self.env._("Give each step an event name of its own."),
            ),
            funnel_checks.GAP: (
                self.env._(
                    "Leads pass %s on their way, and Meta is not told: it expects "
                    "every step before the last one.",
                    stage_names,
                ),
                self.env._("Switch these lines on, or add them."),
            ),
            funnel_checks.NO_WORTH: (
                self.env._(
                    "%s needs a value; a lead without revenue is reported as worth 0.",
                    names,
                ),
                self.env._(
                    "Choose a fixed amount, or use an event name of your own, which "
                    "needs none."
                ),
            ),
            funnel_checks.ONLY_TWO: (
                self.env._("Two steps are enough for Meta; it learns better of three."),
                "",
            ),
        }[complaint.kind]
        return health.Finding(LEVELS[complaint.kind], words, cure)
