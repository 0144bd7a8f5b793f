from datetime import timedelta

from odoo import models

from ..protocol import quality

#: Days with figures, and the share of leads that the first and the last of them has.
DAYS = 30
FIRST_SHARE, LAST_SHARE = 0.52, 0.84
LEADS = 70


class MetaDemo(models.AbstractModel):
    """What a dataset of CRM events shows of its quality: the leads that Meta knows."""

    _inherit = "meta.demo"

    def _make_quality(self, dataset):
        now = self.env.cr.now().replace(microsecond=0)
        values = []
        for day in range(DAYS):
            share = FIRST_SHARE + (LAST_SHARE - FIRST_SHARE) * day / (DAYS - 1)
            covered = round(LEADS * share)
            values.append(
                {
                    "dataset_id": dataset.id,
                    "day": (now - timedelta(days=DAYS - 1 - day)).date(),
                    "verdict": quality.NOT_APPLICABLE,
                    "hints": quality.NONE_OF_CRM,
                    "lead_count": LEADS,
                    "covered_count": covered,
                    "lead_coverage": 100 * covered / LEADS,
                }
            )
        self.env["meta.capi.quality"].create(values)
        dataset.write(
            {
                "quality_state": quality.NOT_APPLICABLE,
                "quality_words": quality.NONE_OF_CRM,
                "quality_read_at": now,
            }
        )
