import time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import hmac

from ..protocol import address, extension, signed_state
from .meta_connection import DEFAULT_GRAPH_URL
from .words import Words

DIALOG_URL_PARAMETER = "meta_crm_capi.dialog_url"
CALLBACK = "/meta_crm_capi/extension/callback"
#: What notes that an entry point was used.
USED = {extension.LEAD_ADS: "uses_lead_ads", extension.MEASUREMENT: "uses_measurement"}


class MetaConnection(models.Model):
    """A connection that Meta Business Extension fills, in place of a pasted token."""

    _inherit = "meta.connection"

    made_by = fields.Selection(
        [("own_token", "Own token"), ("extension", "Meta Business Extension")],
        "Made by",
        required=True,
        default="own_token",
        help="Own token: you paste a system-user token. Meta Business Extension: the "
        "business logs in at Meta and Meta gives the token; only apps that Meta has "
        "put on its list may do that.",
    )
    extension_state = fields.Selection(
        [
            ("new", "Not connected"),
            ("connected", "Connected"),
            ("uninstalled", "Uninstalled at Meta"),
        ],
        "Business extension",
        required=True,
        default="new",
        readonly=True,
        copy=False,
        help="Whether the company is connected by it, as Meta said last.",
    )
    external_business_id = fields.Char(
        "External business ID",
        readonly=True,
        copy=False,
        help="Odoo's name for this company at Meta; the same for ever.",
    )
    minimal_onboarding = fields.Boolean(
        "Feature menu",
        default=True,
        help="Meta's window shows the menu of features of version 3. Without it, the "
        "screens of version 2.",
    )
    uses_lead_ads = fields.Boolean(
        "Lead ads connected",
        readonly=True,
        copy=False,
        help="The business went through Meta's window for lead ads.",
    )
    uses_measurement = fields.Boolean(
        "Measurement connected",
        readonly=True,
        copy=False,
        help="The business went through Meta's window for the Conversions API.",
    )
    extension_missing = Words(
        "Missing",
        readonly=True,
        copy=False,
        help="What was asked for in Meta's window and did not come back.",
    )
    extension_read_at = fields.Datetime(
        "Installs read",
        readonly=True,
        copy=False,
        help="When Meta last said what this business has installed.",
    )
    feature_ids = fields.One2many(
        "meta.extension.feature",
        "connection_id",
        "Installed features",
        readonly=True,
        help="What the business has installed at Meta.",
    )

    _external_business_unique = models.Constraint(
        "UNIQUE(external_business_id)",
        "Another connection of this company is made by Meta Business Extension.",
    )

    def get_extension_dialog(self, entry):
        """The address of Meta's login window for one of the entry points.

        :param str entry: a key of ``extension.ENTRIES``
        :rtype: str
        """
        self.ensure_one()
        self.check_access("write")
        connection = self.sudo()
        if entry not in extension.ENTRIES:
            raise UserError(self.env._("There is no such entry point."))
        if not connection.app_id or not connection.has_app_secret:
            raise UserError(
                self.env._("Enter the App ID and the app secret first, and save.")
            )
        external_id = connection._claim_external_id()
        attempt = self.env["meta.extension.attempt"].sudo()
        attempt = attempt.create(
            {
                "connection_id": self.id,
                "user_id": self.env.uid,
                "company_id": connection.company_id.id,
                "entry": entry,
                "redirect_uri": f"{self.get_base_url().rstrip('/')}{CALLBACK}",
            }
        )
        company = connection.company_id
        try:
            return extension.dialog_url(
                self._get_dialog_url(),
                connection.graph_version,
                app_id=connection.app_id,
                redirect_uri=attempt.redirect_uri,
                state=signed_state.issue(
                    self._get_state_key(),
                    {
                        "nonce": attempt.nonce,
                        "user": self.env.uid,
                        "company": company.id,
                    },
                    int(time.time()),
                ),
                extras=extension.extras(
                    entry,
                    external_id,
                    business_name=company.name,
                    time_zone=company.partner_id.tz or self.env.user.tz,
                    currency=company.currency_id.name,
                    minimal_onboarding=connection.minimal_onboarding,
                ),
            )
        except ValueError as error:
            raise UserError(
                self.env._("Meta's window cannot be opened: %s", error)
            ) from error

    def _claim_external_id(self):
        """Odoo's name for the company at Meta, which one connection has."""
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        wanted = extension.external_business_id(uuid, self.company_id.id)
        if self.external_business_id == wanted or self.extension_state == "connected":
            return self.external_business_id
        others = self.with_context(active_test=False).search(
            [("external_business_id", "=", wanted)]
        )
        if others:
            raise UserError(
                self.env._(
                    "The connection “%s” of this company is made by Meta Business "
                    "Extension already: use that one.",
                    others.name,
                )
            )
        self.external_business_id = wanted
        return wanted

    @api.model
    def _get_dialog_url(self):
        """Where Meta's login window is; a stand-in for Graph shows its own."""
        graph_url = self._get_graph_url()
        standard = graph_url
        if graph_url == DEFAULT_GRAPH_URL:
            standard = extension.DIALOG_URL
        parameters = self.env["ir.config_parameter"].sudo()
        return address.checked_url(parameters.get_param(DIALOG_URL_PARAMETER, standard))

    @api.model
    def _get_state_key(self):
        """What states are signed with: only this database knows it."""
        return hmac(self.env(su=True), "meta_crm_capi.extension", "state")

    def action_manage_extension(self):
        """Open Meta's screen of what is installed."""
        self.ensure_one()
        if not self.business_id or not self.app_id:
            raise UserError(self.env._("Connect with Meta first."))
        return {
            "type": "ir.actions.act_url",
            "target": "new",
            "url": extension.management_url(
                self.app_id,
                self.business_id,
                self.external_business_id or "",
                self.page_ids[:1].meta_id or None,
            ),
        }
