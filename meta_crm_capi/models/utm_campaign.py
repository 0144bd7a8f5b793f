from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..protocol import address
from . import own_record


class UtmCampaign(models.Model):
    """A campaign of Meta's is known by its id: people rename campaigns."""

    _inherit = "utm.campaign"

    meta_id = fields.Char(
        "Meta campaign ID",
        copy=False,
        help="Leads of this campaign at Meta belong here, whatever it is called there. "
        "Enter it to have them attributed to a campaign that you made.",
    )

    _meta_id_unique = models.UniqueIndex(
        "(meta_id) WHERE meta_id IS NOT NULL AND meta_id != ''",
        "Another campaign has this Meta campaign ID already.",
    )

    @api.constrains("meta_id")
    def _check_meta_id(self):
        for campaign in self.filtered("meta_id"):
            try:
                address.checked_id(campaign.meta_id)
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "A Meta campaign ID has digits only, not “%s”.",
                        campaign.meta_id,
                    )
                ) from error

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._strip_meta_id(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._strip_meta_id(vals))

    @api.model
    def _strip_meta_id(self, vals):
        """What people paste has blanks around it."""
        if vals.get("meta_id"):
            return {**vals, "meta_id": vals["meta_id"].strip()}
        return vals

    @api.model
    def _find_or_create_of_meta(self, named):
        """The campaigns of Meta's with these ids.

        One that somebody made by hand is taken only where its Meta ID says so: the
        same name may be chance.

        :param dict named: ``{campaign id: name, or None where Meta withholds it}``
        :return: ``{campaign id: utm.campaign}``
        """
        every = self.with_context(active_test=False)
        found = {
            campaign.meta_id: campaign
            for campaign in every.search([("meta_id", "in", list(named))])
        }
        for meta_id, campaign in found.items():
            # It came in nameless; what people call it here stays.
            if named[meta_id] and campaign.title == self._get_nameless_title(meta_id):
                campaign.title = named[meta_id]
        missing = [meta_id for meta_id in named if meta_id not in found]
        if missing:
            created = own_record.create(
                every,
                [
                    {
                        "title": named[meta_id] or self._get_nameless_title(meta_id),
                        "meta_id": meta_id,
                        "is_auto_campaign": True,
                    }
                    for meta_id in missing
                ],
            )
            found |= dict(zip(missing, created, strict=True))
        return found

    @api.model
    def _find_or_create_named(self, names):
        """The campaigns of Meta's with these names, where Meta withholds the ids.

        :param names: iterable of names
        :return: ``{name: utm.campaign}``
        """
        every = self.with_context(active_test=False)
        found = {
            campaign.name: campaign
            for campaign in every.search([("name", "in", list(names))])
        }
        missing = [name for name in names if name not in found]
        if missing:
            created = own_record.create(
                every, [{"title": name, "is_auto_campaign": True} for name in missing]
            )
            found |= dict(zip(missing, created, strict=True))
        return found

    @api.model
    def _get_nameless_title(self, meta_id):
        return f"Meta {meta_id}"
