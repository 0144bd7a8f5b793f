from odoo import models

from ..models import consent


class BasePartnerMerge(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_values(self, src_partners, dst_partner):
        """Of merged contacts a "no" survives; Odoo would keep the last one's word."""
        said = consent.strictest((src_partners | dst_partner).mapped("meta_consent"))
        result = super()._update_values(src_partners, dst_partner)
        dst_partner.meta_consent = said
        return result
