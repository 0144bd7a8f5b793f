from markupsafe import Markup

from odoo import api, models

SETUP_URL = "/odoo/action-meta_crm_capi.meta_setup_action"


class MetaSetupLink(models.AbstractModel):
    """Models whose empty screens lead to the setup assistant."""

    _name = "meta.setup.link"
    _description = "Way to the Meta Setup"

    @api.model
    def get_empty_list_help(self, help_message):
        """Add the way to the assistant, for who may use it."""
        help_message = super().get_empty_list_help(help_message)
        if not self.env.user.has_group("meta_crm_capi.group_meta_administrator"):
            return help_message
        words = self.env._("Open the setup assistant")
        why = self.env._("it leads through all that has to be done, here and at Meta.")
        link = Markup('<p><a href="%s"><b>%s</b></a>: %s</p>') % (SETUP_URL, words, why)
        return (help_message or Markup()) + link


class MetaConnection(models.Model):
    _name = "meta.connection"
    _inherit = ["meta.connection", "meta.setup.link"]


class MetaLeadPage(models.Model):
    _name = "meta.lead.page"
    _inherit = ["meta.lead.page", "meta.setup.link"]


class MetaLeadForm(models.Model):
    _name = "meta.lead.form"
    _inherit = ["meta.lead.form", "meta.setup.link"]


class MetaLeadSubmission(models.Model):
    _name = "meta.lead.submission"
    _inherit = ["meta.lead.submission", "meta.setup.link"]


class MetaCapiDataset(models.Model):
    _name = "meta.capi.dataset"
    _inherit = ["meta.capi.dataset", "meta.setup.link"]


class MetaCapiRule(models.Model):
    _name = "meta.capi.rule"
    _inherit = ["meta.capi.rule", "meta.setup.link"]


class MetaCapiEvent(models.Model):
    _name = "meta.capi.event"
    _inherit = ["meta.capi.event", "meta.setup.link"]


class MetaSyncLog(models.Model):
    _name = "meta.sync.log"
    _inherit = ["meta.sync.log", "meta.setup.link"]
