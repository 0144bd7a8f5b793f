from odoo import models


class MetaLeadPage(models.Model):
    """Leads of a Page that neither a webhook of Meta's nor a catch-up brought."""

    _inherit = "meta.lead.page"

    def _take_in(self, nodes, origin):
        """Extension point: another source knows of leads of this Page.

        They go the way of all leads: each Meta lead ID becomes one submission, once and
        for ever, is mapped by its form, becomes a lead within about a minute and is
        reported. A node with its answers (``field_data``) needs no word from Meta; of
        one with an ``id`` alone the rest is read from Meta. What has no id is left out.

        Nothing is judged here about who gives the leads: the caller knows whom it
        trusts. Call it with full rights (``sudo``). A conflict with another transaction
        is raised, and Odoo runs a request again that meets one.

        :param list nodes: lead nodes in the form of Meta's ``GET /{leadgen_id}``:
            ``id``, ``created_time``, ``form_id``, ``field_data`` and the like
        :param str origin: a value of the field ``origin`` of submissions; an
            integration adds its own with ``selection_add``
        :return: the submissions that are new
        :rtype: meta.lead.submission
        :raise ValueError: when there is no such origin
        """
        self.ensure_one()
        submissions = self.env["meta.lead.submission"]
        if origin not in submissions._fields["origin"].get_values(self.env):
            raise ValueError(f"{origin!r} is no origin of submissions")
        new = submissions._store_found(self, nodes, origin)
        if new and self.connection_id.send_at_once:
            self.env.ref("meta_crm_capi.ir_cron_fetch")._trigger()
        return new
