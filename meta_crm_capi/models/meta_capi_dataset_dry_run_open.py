from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .meta_capi_dataset_dry_run_words import PERIODS

SENT, NOT_SENT, IN_FACT, ACCEPTED = "sent", "not_sent", "in_fact", "accepted"


class MetaCapiDataset(models.Model):
    """The rows behind a number of the dry run.

    The dry run keeps nothing, so it runs once more: a number that opens late may have
    grown by what happened meanwhile.
    """

    _inherit = "meta.capi.dataset"

    @api.model
    def open_dry_run(self, dataset_id, days, key, kind, reason=None):
        """The action that lists what a number of the dry run counts.

        :param str key: of the step, as :meth:`get_dry_run` names it
        :param str kind: ``sent`` or ``not_sent`` opens the submissions whose moves they
            are, ``in_fact`` or ``accepted`` the events
        :param str reason: with ``not_sent``, which one
        :rtype: dict
        :raise ValidationError: when there is no such dataset or kind any more
        """
        dataset, _choice = self._choose_for_screen(dataset_id, days, PERIODS)
        if not dataset or kind not in (SENT, NOT_SENT, IN_FACT, ACCEPTED):
            raise ValidationError(
                self.env._("Reload the funnel board: it has changed.")
            )
        found = dataset._run_dry(days)
        if kind in (SENT, NOT_SENT):
            wanted = reason if kind == NOT_SENT else None
            ids = {
                submission_id
                for (step, why), of_step in found.behind.items()
                if self._get_step_key(*step) == key and why == wanted
                for submission_id in of_step
            }
            return self._list_behind("meta.lead.submission", [("id", "in", [*ids])])
        step, stage_id = next(
            (step for step in found.in_fact if self._get_step_key(*step) == key),
            (None, None),
        )
        domain = [
            ("dataset_id", "=", dataset.id),
            ("submission_id", "in", found.submission_ids),
            ("create_date", ">=", fields.Datetime.now() - timedelta(days=days)),
            ("step", "=", step),
            ("stage_id", "=", stage_id or False),
            ("state", "=", "accepted")
            if kind == ACCEPTED
            else ("state", "!=", NOT_SENT),
        ]
        return self._list_behind("meta.capi.event", domain)

    @api.model
    def _list_behind(self, model, domain):
        names = {
            "meta.lead.submission": self.env._("Submissions behind the number"),
            "meta.capi.event": self.env._("Events behind the number"),
        }
        return {
            "type": "ir.actions.act_window",
            "name": names[model],
            "res_model": model,
            "domain": domain,
            "views": [(False, "list"), (False, "form")],
        }
