from odoo import api, fields, models

from .meta_lead_submission_utm import SOURCES


class CrmLead(models.Model):
    """Where at Meta a lead came from, for everybody who may see the lead.

    Of several submissions the newest one is shown, as for the Meta lead ID.
    """

    _inherit = "crm.lead"

    meta_form_name = fields.Char(
        "Form", compute="_compute_meta_attribution", compute_sudo=True
    )
    meta_platform = fields.Char(
        "Platform",
        compute="_compute_meta_attribution",
        compute_sudo=True,
        help="Where the person saw the ad, or wrote after a click on it.",
    )
    meta_reach = fields.Selection(
        [("paid", "Paid"), ("organic", "Organic")],
        "Paid or organic",
        compute="_compute_meta_attribution",
        compute_sudo=True,
        help="Paid: through an ad. Organic: through a post or the Page itself.",
    )
    meta_campaign_name = fields.Char(
        "Meta campaign", compute="_compute_meta_attribution", compute_sudo=True
    )
    meta_adset_name = fields.Char(
        "Ad set", compute="_compute_meta_attribution", compute_sudo=True
    )
    meta_ad_name = fields.Char(
        "Ad", compute="_compute_meta_attribution", compute_sudo=True
    )
    meta_duplicate_of_id = fields.Many2one(
        "crm.lead",
        "Possible duplicate of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The open lead of the same person when this one came in from Meta.",
    )

    @api.depends(
        "meta_submission_ids.form_id.name",
        "meta_submission_ids.platform",
        "meta_submission_ids.is_organic",
        "meta_submission_ids.campaign_name",
        "meta_submission_ids.adset_name",
        "meta_submission_ids.ad_name",
    )
    def _compute_meta_attribution(self):
        for lead in self:
            row = lead._get_newest_meta_submission()
            platform = row.platform or ""
            _xml_id, known = SOURCES.get(platform.strip().lower(), (None, None))
            lead.meta_form_name = row.form_id.name
            lead.meta_platform = known or platform
            is_placed = row.page_id or row.referral_id
            lead.meta_reach = is_placed and ("organic" if row.is_organic else "paid")
            lead.meta_campaign_name = row.campaign_name or row.campaign_id
            lead.meta_adset_name = row.adset_name or row.adset_id
            lead.meta_ad_name = row.ad_name or row.ad_id
