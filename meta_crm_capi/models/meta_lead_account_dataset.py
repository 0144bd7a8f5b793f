from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .meta_capi_dataset_kind import CRM, MESSAGING


class MetaLeadAccount(models.Model):
    """Where Meta is told what became of an account's chats."""

    _inherit = "meta.lead.account"

    dataset_id = fields.Many2one(
        "meta.capi.dataset",
        "Messaging dataset",
        ondelete="restrict",
        check_company=True,
        domain=[("kind", "=", MESSAGING)],
        help="Where the steps of people from these chats are reported: the dataset "
        "that Meta has linked to this account. Empty: the company's only messaging "
        "dataset.",
    )

    @api.constrains("dataset_id")
    def _check_dataset_kind(self):
        for account in self:
            if account.dataset_id and account.dataset_id.kind != MESSAGING:
                raise ValidationError(
                    self.env._(
                        "“%(name)s” counts leads of forms. Chats need a messaging "
                        "dataset.",
                        name=account.dataset_id.name,
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if "dataset_id" in vals:
            self.env["meta.capi.rule"]._forget_funnels()
        return result


class MetaLeadForm(models.Model):
    _inherit = "meta.lead.form"

    dataset_id = fields.Many2one(domain=[("kind", "=", CRM)])

    @api.constrains("dataset_id")
    def _check_dataset_kind(self):
        self.dataset_id._check_counts_forms()


class MetaLeadPage(models.Model):
    _inherit = "meta.lead.page"

    dataset_id = fields.Many2one(domain=[("kind", "=", CRM)])

    @api.constrains("dataset_id")
    def _check_dataset_kind(self):
        self.dataset_id._check_counts_forms()


class MetaCapiDataset(models.Model):
    _inherit = "meta.capi.dataset"

    @api.constrains("connection_id", "company_id")
    def _check_companies_of_accounts(self):
        accounts = self.env["meta.lead.account"].sudo()
        accounts.search([("dataset_id", "in", self.ids)])._check_company()

    def _check_counts_forms(self):
        """Raise unless these datasets take leads of forms."""
        for dataset in self:
            if dataset.kind != CRM:
                raise ValidationError(
                    self.env._(
                        "“%(name)s” counts chats. Leads of forms need a CRM dataset.",
                        name=dataset.name,
                    )
                )
