from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..protocol import funnel
from .meta_capi_dataset_dry_run import MOST_LEADS
from .words import show

#: Periods that can be chosen (days).
PERIODS = (7, 30)


class MetaCapiDataset(models.Model):
    """The dry run in words: what the screen shows."""

    _inherit = "meta.capi.dataset"

    @api.model
    def get_dry_run(self, dataset_id=None, days=7):
        """All that the dry run shows of one dataset, in the reader's language.

        :param dataset_id: of the dataset; without, the first one that may be read
        :param int days: the length of the period, one of :data:`PERIODS`
        :return: ``{"datasets", "dataset", "days", "periods", "summary", "notes",
            "steps", "complaints", "can_change", "event_names"}``; ``dataset`` is False
            where there is none, ``event_names`` empty where any name may be typed
        :rtype: dict
        """
        dataset, choice = self._choose_for_screen(dataset_id, days, PERIODS)
        if not dataset:
            return choice
        if not dataset.active:
            raise ValidationError(
                self.env._("“%s” is archived: nothing is reported to it.", dataset.name)
            )
        found = dataset._run_dry(days)
        return {
            **choice,
            "summary": dataset._describe_dry_run(found, days),
            "notes": dataset._describe_dry_run_notes(found),
            "steps": dataset._describe_dry_run_steps(found),
            **dataset._describe_board(),
        }

    @api.model
    def _get_step_key(self, step, stage_id):
        """What names a step on the screen."""
        return f"{step}-{stage_id or 0}"

    def _describe_dry_run(self, found, days):
        """How many events, of how many leads, and how many there were in fact."""
        if not found.leads:
            return self.env._(
                "No lead of Meta's came in or moved in this period, so nothing would "
                "have been sent."
            )
        return self.env._(
            "By the mapping as it is now, the last %(days)s days would have sent "
            "%(sent)s events (leads that came in or moved: %(leads)s). Queued in fact: "
            "%(in_fact)s.",
            days=days,
            leads=found.leads,
            sent=found.sent.total(),
            in_fact=sum(events for events, _accepted in found.in_fact.values()),
        )

    def _describe_dry_run_notes(self, found):
        """What a reader of the numbers must know."""
        notes = []
        if self.state == "stopped":
            notes.append(
                self.env._(
                    "The dataset is stopped. This is what it would send if it ran."
                )
            )
        if found.is_capped:
            notes.append(
                self.env._(
                    "More leads changed in this period: only the %s that changed last "
                    "were looked at.",
                    MOST_LEADS,
                )
            )
        further = self.env["meta.capi.rule"]._further_steps()
        if any(step in further for step, _stage in found.in_fact):
            notes.append(
                self.env._(
                    "Steps that an integration reports leave no trace in the chatter: "
                    "they count as queued in fact only."
                )
            )
        if found.incomplete:
            notes.append(
                self.env._(
                    "Leads left out: %s. Their history in Odoo has a hole: they "
                    "were merged, or moved by something that leaves no trace in the "
                    "chatter.",
                    found.incomplete,
                )
            )
        return notes

    def _describe_dry_run_steps(self, found):
        """The steps in the pipeline's order, also those without a line or a move."""
        lines = self.rule_ids.sorted(lambda rule: (bool(rule.team_id), rule.id))
        by_step = lines.grouped(lambda rule: (rule.step, rule.stage_id.id or None))
        steps = {*by_step, *found.sent, *found.not_sent, *found.in_fact}
        steps |= self._get_board_steps()
        no_stage = self.env["crm.stage"]
        stages = no_stage.browse(stage_id for _step, stage_id in steps if stage_id)
        first = self._get_first_stages(
            no_stage.search(Domain.TRUE, order="sequence, id")
        )
        stages = stages.exists().grouped("id")
        labels = dict(lines._fields["step"]._description_selection(self.env))
        further = lines._further_steps()
        described = []
        for step, stage_id in sorted(
            steps,
            key=lambda key: self._get_board_place(key[0], stages.get(key[1], no_stage)),
        ):
            key = step, stage_id
            stage = stages.get(stage_id, no_stage)
            events, accepted = found.in_fact.get(key, (0, 0))
            sent = found.sent[key]
            described.append(
                {
                    "key": self._get_step_key(step, stage_id),
                    "step": step,
                    "stage_id": stage.id,
                    "label": stage.name or labels.get(step, step),
                    "is_first": stage in first,
                    "is_side": step == funnel.LOST or step in further,
                    "lines": [
                        self._describe_board_line(rule)
                        for rule in by_step.get(key, lines.browse())
                    ],
                    "sent": sent,
                    "in_fact": events,
                    "accepted": accepted,
                    # The history of a lead does not tell of an integration's steps.
                    "differs": sent != events and step not in further,
                    "not_sent": [
                        {"reason": show(self.env, reason), "count": count}
                        for reason, count in found.not_sent[key].most_common()
                    ],
                }
            )
        return described
