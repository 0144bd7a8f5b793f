from functools import partial

from odoo import models

from . import own_record
from .meta_lead_submission_read import is_id

FACEBOOK = ("utm.utm_source_facebook", "Facebook")
#: In Odoo's own module, as Odoo does for mediums of its own: a removed addon takes the
#: records of its module along, and the leads would lose their source.
INSTAGRAM = ("utm.utm_source_instagram", "Instagram")
#: Meta's word for where the person saw the ad. All others count as Facebook.
SOURCES = {
    "fb": FACEBOOK,
    "facebook": FACEBOOK,
    "ig": INSTAGRAM,
    "instagram": INSTAGRAM,
}
#: Names of campaigns are unique: PostgreSQL indexes none of any length.
LONGEST_NAME = 500
PAID = ("meta_crm_capi.utm_medium_paid_social", "Paid social")
ORGANIC = ("meta_crm_capi.utm_medium_organic_social", "Organic social")


class MetaLeadSubmission(models.Model):
    """Attribution in Odoo's terms, from what is kept of the ad on the submission."""

    _inherit = "meta.lead.submission"

    def _prepare_utm(self):
        """UTM source by platform, medium by paid or organic, campaign by Meta's id.

        :return: ``{submission: values of its lead}``
        """
        names, ids = {}, {row: row._get_campaign_id() for row in self}
        for row, meta_id in ids.items():
            if meta_id:
                names[meta_id] = row._get_campaign_name() or names.get(meta_id)
        nameless = {row._get_campaign_name(): None for row in self if not ids[row]}
        nameless.pop("", None)
        campaigns = self.env["utm.campaign"]
        by_id = campaigns._find_or_create_of_meta(names)
        by_name = campaigns._find_or_create_named(nameless)
        find_or_create = partial(own_record.find_or_create, self.env)
        sources = {
            source: find_or_create("utm.source", *source)
            for source in {row._get_source() for row in self}
        }
        mediums = {
            medium: find_or_create("utm.medium", *medium)
            for medium in {row._get_medium() for row in self}
        }
        values = {}
        for row in self:
            campaign = by_id.get(ids[row]) or by_name.get(row._get_campaign_name())
            values[row] = {
                "source_id": sources[row._get_source()].id,
                "medium_id": mediums[row._get_medium()].id,
                "campaign_id": campaign.id if campaign else False,
            }
        return values

    def _get_campaign_id(self):
        """None of what no campaign can have: the lead is worth more than that."""
        return self.campaign_id if is_id(self.campaign_id) else None

    def _get_campaign_name(self):
        return (self.campaign_name or "")[:LONGEST_NAME].rstrip()

    def _get_source(self):
        return SOURCES.get((self.platform or "").strip().lower(), FACEBOOK)

    def _get_medium(self):
        return ORGANIC if self.is_organic else PAID
