from odoo import fields, models

from .meta_capi_dataset_keys import MAPPED_FIELDS

#: What a website form may have stored of the visitor's browser, by Meta's key.
BROWSER_FIELDS = {
    "fbc": "meta_fbc",
    "fbp": "meta_fbp",
    "client_ip_address": "meta_client_ip_address",
    "client_user_agent": "meta_client_user_agent",
}
_GROUP = "meta_crm_capi.group_meta_user"


class CrmLead(models.Model):
    """What Meta may be told of a lead's person beyond Odoo's own fields."""

    _inherit = "crm.lead"

    # Read by SQL when an event is frozen; every other read of a lead goes without.
    meta_fbc = fields.Char(
        "Click ID (fbc)",
        copy=False,
        groups=_GROUP,
        prefetch=False,
        help="The cookie _fbc of the website form: fb.1.1554763741205.AbCdEf…",
    )
    meta_fbp = fields.Char(
        "Browser ID (fbp)",
        copy=False,
        groups=_GROUP,
        prefetch=False,
        help="The cookie _fbp of the website form: fb.1.1596403881668.1116446470",
    )
    meta_client_ip_address = fields.Char(
        "IP address",
        copy=False,
        groups=_GROUP,
        prefetch=False,
        help="From where the website form was sent.",
    )
    meta_client_user_agent = fields.Char(
        "User agent",
        copy=False,
        groups=_GROUP,
        prefetch=False,
        help="The browser that sent the website form.",
    )

    def _prepare_meta_user_data(self, dataset):
        """Extension point: further raw values of customer information.

        Called once for all leads whose events are frozen together, with full rights
        and in the dataset's company. The dataset's switches apply to what it returns,
        and Meta's rules: values are normalised, hashed and, where unusable, left out.
        An error refuses the events of the leads that it is raised for.

        :param dataset: the ``meta.capi.dataset`` that gets the events
        :return: ``{lead id: {key of user_data: value or list of values}}``; leads that
            have nothing to add may be missing
        """
        found = {}
        for key, name in MAPPED_FIELDS.items():
            if not (field := dataset[name]):
                continue
            of_lead = field.model == self._name
            model = self if of_lead else self.partner_id
            # A field may be gone while its module is being removed.
            if field.name not in model._fields:
                continue
            for lead in self:
                record = lead if of_lead else lead.partner_id
                if value := record[field.name]:
                    values = found.setdefault(lead.id, {})
                    values[key] = self._get_meta_words(record, field, value)
        return found

    def _get_meta_words(self, record, field, value):
        """A choice in two words: its key, and its English name for what that means."""
        if field.ttype != "selection":
            return [value]
        english = record.with_context(lang="en_US")
        labels = english._fields[field.name]._description_selection(english.env)
        return [value, dict(labels).get(value)]

    def _merge_dependences(self, opportunities):
        """A merged lead keeps what the browsers of the others told, if it has none."""
        result = super()._merge_dependences(opportunities)
        head, tail = self.sudo(), opportunities.sudo()
        values = {
            name: value
            for name in BROWSER_FIELDS.values()
            if not head[name] and (value := next(filter(None, tail.mapped(name)), None))
        }
        if values:
            head.write(values)
        return result
