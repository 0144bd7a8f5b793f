from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class MetaCapiDataset(models.Model):
    """What the screens about one dataset and a period of days have in common."""

    _inherit = "meta.capi.dataset"

    @api.model
    def _choose_for_screen(self, dataset_id, days, periods):
        """The dataset that a screen is about, and what the screen lets choose from.

        :param dataset_id: of the dataset; without, the first one of the reader's
        :param int days: one of ``periods``
        :return: the dataset, empty where there is none, and for the screen
            ``{"datasets", "dataset", "days", "periods"}``, ``dataset`` then being False
        :rtype: tuple[BaseModel, dict]
        :raises ValidationError: for another period
        :raises AccessError: for a dataset that is not the reader's to see
        """
        if days not in periods:
            raise ValidationError(self.env._("There is no such period: %s days.", days))
        datasets = self.search(self._get_screen_domain())
        dataset = self.browse(dataset_id).exists() if dataset_id else datasets[:1]
        dataset.check_access("read")
        return dataset, {
            "datasets": [{"id": one.id, "name": one.name} for one in datasets],
            "dataset": bool(dataset) and {"id": dataset.id, "name": dataset.name},
            "days": days,
            "periods": periods,
        }

    @api.model
    def _get_screen_domain(self):
        """The datasets that a screen lets choose from."""
        return Domain("company_id", "in", self.env.companies.ids)
