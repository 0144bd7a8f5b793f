from odoo import api, models
from odoo.exceptions import ValidationError

from ..protocol import funnel
from .meta_capi_dataset_dry_run import MOST_LEADS

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
            "steps"}``; ``dataset`` is False where there is none
        :rtype: dict
        """
        if days not in PERIODS:
            raise ValidationError(self.env._("There is no such period: %s days.", days))
        datasets = self.search([("company_id", "in", self.env.companies.ids)])
        dataset = self.browse(dataset_id).exists() if dataset_id else datasets[:1]
        result = {
            "datasets": [{"id": one.id, "name": one.name} for one in datasets],
            "dataset": False,
            "days": days,
            "periods": PERIODS,
        }
        if not dataset:
            return result
        dataset.check_access("read")
        if not dataset.active:
            raise ValidationError(
                self.env._("“%s” is archived: nothing is reported to it.", dataset.name)
            )
        found = dataset._run_dry(days)
        return {
            **result,
            "dataset": {"id": dataset.id, "name": dataset.name},
            "summary": dataset._describe_dry_run(found),
            "notes": dataset._describe_dry_run_notes(found),
            "steps": dataset._describe_dry_run_steps(found),
        }

    def _describe_dry_run(self, found):
        """How many events, of how many leads, and how many there were in fact."""
        if not found.leads:
            return self.env._(
                "No lead of Meta's came in or moved in this period, so nothing would "
                "have been sent."
            )
        return self.env._(
            "By the mapping as it is now, the moves of %(leads)s leads would have sent "
            "%(sent)s events. In fact %(in_fact)s were queued.",
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
        if found.incomplete:
            notes.append(
                self.env._(
                    "%s leads are left out: their history in Odoo has a hole, because "
                    "they were merged, or moved by something that leaves no trace in "
                    "the chatter.",
                    found.incomplete,
                )
            )
        return notes

    def _describe_dry_run_steps(self, found):
        """The lines of the table in the pipeline's order, what is lost at the end."""
        rules = self.rule_ids.filtered("active")
        by_step = rules.grouped(lambda rule: (rule.step, rule.stage_id.id or None))
        steps = {*by_step, *found.sent, *found.not_sent, *found.in_fact}
        stages = self.env["crm.stage"].browse(
            stage_id for _step, stage_id in steps if stage_id
        )
        stages = stages.exists().grouped("id")
        labels = dict(rules._fields["step"]._description_selection(self.env))
        places = {step: place for place, step in enumerate(labels)}
        no_stage = self.env["crm.stage"]

        def get_place(key):
            stage = stages.get(key[1], no_stage)
            return places[key[0]], stage.sequence, stage.id or 0

        lines = []
        for key in sorted(steps, key=get_place):
            events, accepted = found.in_fact.get(key, (0, 0))
            names = by_step.get(key, rules.browse()).mapped("event_name")
            sent = found.sent[key]
            lines.append(
                {
                    "key": f"{key[0]}-{key[1] or 0}",
                    "label": stages.get(key[1], no_stage).name or labels[key[0]],
                    "event_names": list(dict.fromkeys(names)),
                    "is_side": key[0] == funnel.LOST,
                    "sent": sent,
                    "in_fact": events,
                    "accepted": accepted,
                    "differs": sent != events,
                    "not_sent": [
                        {"reason": reason, "count": count}
                        for reason, count in found.not_sent[key].most_common()
                    ],
                }
            )
        return lines
