from odoo import api, fields, models


class MetaLeadAccount(models.Model):
    """Where the steps of an account's chats really go, or that they go nowhere."""

    _inherit = "meta.lead.account"

    reports_to_id = fields.Many2one(
        "meta.capi.dataset",
        "Reports to",
        compute="_compute_reports_to_id",
        compute_sudo=True,
        help="The dataset to which these chats are reported at present.",
    )
    chat_count = fields.Integer(
        "Chats",
        compute="_compute_chat_counts",
        help="People who wrote to it from an ad, without the erased ones.",
    )
    waiting_count = fields.Integer(
        "Without a lead",
        compute="_compute_chat_counts",
        help="People who wrote to it from an ad and have no lead.",
    )

    @api.depends("dataset_id", "company_id")
    def _compute_reports_to_id(self):
        route = self.env["meta.capi.event"]._route
        funnels = self.env["meta.capi.rule"]._get_funnels()
        for account in self:
            found = route(
                funnels,
                {
                    "referral_id": True,
                    "form_id": None,
                    "page_id": None,
                    "account_id": account._origin.id,
                    "company_id": account.company_id.id,
                },
            )
            account.reports_to_id = found and found.id

    def _compute_chat_counts(self):
        rows = self.env["meta.lead.referral"]._read_group(
            [("account_id", "in", self.ids), ("state", "!=", "erased")],
            ["account_id", "state"],
            ["__count"],
        )
        for account in self:
            of_account = [
                (state, count) for found, state, count in rows if found == account
            ]
            account.chat_count = sum(count for _state, count in of_account)
            account.waiting_count = sum(
                count for state, count in of_account if state != "done"
            )

    def action_open_chats(self):
        """The people who wrote to this account."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "meta_crm_capi.meta_lead_referral_action"
            ),
            "domain": [("account_id", "=", self.id)],
        }


class MetaCapiDataset(models.Model):
    """The accounts that a messaging dataset is told of."""

    _inherit = "meta.capi.dataset"

    reporting_account_ids = fields.Many2many(
        "meta.lead.account",
        string="Reporting chat accounts",
        compute="_compute_reporting_account_ids",
        help="The accounts whose chats are reported here: by name, or as the company "
        "has no other messaging dataset.",
    )

    has_several_accounts = fields.Boolean(
        "Several accounts report here",
        compute="_compute_reporting_account_ids",
        help="Meta links a dataset to one account, and refuses chats of another one.",
    )

    @api.depends("kind", "account_ids", "company_id")
    def _compute_reporting_account_ids(self):
        accounts = self.env["meta.lead.account"].search(
            [("company_id", "in", self.company_id.ids)]
        )
        for dataset in self:
            dataset.reporting_account_ids = accounts.filtered(
                lambda account, key=dataset._origin: account.reports_to_id == key
            )
            # Numbers of one WhatsApp business account share its ID, and a dataset.
            known = {
                (account.channel, account.meta_id)
                for account in dataset.reporting_account_ids
            }
            dataset.has_several_accounts = len(known) > 1

    def action_open_chat_accounts(self):
        """Where each account's dataset and policy are chosen."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "meta_crm_capi.meta_lead_account_action"
            ),
            "domain": [("company_id", "=", self.company_id.id)],
        }
