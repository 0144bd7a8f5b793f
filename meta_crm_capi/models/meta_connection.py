import logging
import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import NO_ACCESS

from ..protocol import address, batch, client, webhook
from ..protocol import words as english
from .words import show

_logger = logging.getLogger(__name__)

DEFAULT_GRAPH_URL = "https://graph.facebook.com"
DEFAULT_VERSION = "v26.0"
GRAPH_URL_PARAMETER = "meta_crm_capi.graph_url"


class MetaConnection(models.Model):
    """One Meta app and the system-user token with which a company uses it."""

    _name = "meta.connection"
    _inherit = ["meta.secret.mixin"]
    _description = "Meta Connection"
    _order = "name, id"
    _check_company_auto = True
    _meta_secrets = ("app_secret", "access_token")

    name = fields.Char(
        required=True,
        default="Meta",
        help="For you only: Meta never sees it.",
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    app_id = fields.Char("App ID", help="Meta for Developers > your app > App ID.")
    business_id = fields.Char(
        "Business portfolio ID", help="Business settings > Business info."
    )
    webhook_path = fields.Char(
        "Webhook path",
        required=True,
        readonly=True,
        copy=False,
        groups="meta_crm_capi.group_meta_administrator",
        default=lambda self: secrets.token_urlsafe(24),
        help="Private part of the callback address; nobody can guess it.",
    )
    callback_url = fields.Char(
        "Callback URL",
        compute="_compute_callback_url",
        groups="meta_crm_capi.group_meta_administrator",
        help="Paste it at Meta: your app > Webhooks > Page > Callback URL.",
    )
    verify_token = fields.Char(
        "Verify token",
        required=True,
        copy=False,
        groups="meta_crm_capi.group_meta_administrator",
        default=lambda self: secrets.token_urlsafe(16),
        help="Paste it at Meta beside the callback URL.",
    )
    graph_version = fields.Char(
        "Graph API version",
        required=True,
        default=DEFAULT_VERSION,
        help="The version of Meta's API that Odoo calls. Choose a newer one when "
        "Health says that Meta ends it.",
    )
    partner_agent = fields.Char(
        "Partner agent",
        default="odoo_crm_1_0",
        help="Names the sending software to Meta: under 23 characters, at least two "
        "letters.",
    )
    send_at_once = fields.Boolean(
        "Send at once",
        help="Wake the sender with every move, so that Meta hears of it within "
        "seconds. Without it, within about a minute and at no cost to the save.",
    )
    app_secret = fields.Char(
        "App secret",
        compute="_compute_secret_inputs",
        inverse="_inverse_secrets",
        groups="meta_crm_capi.group_meta_administrator",
        help="App settings > Basic > App secret. It proves that webhooks come from "
        "Meta; without it every webhook is refused.",
    )
    app_secret_stored = fields.Char(groups=NO_ACCESS, copy=False, prefetch=False)
    has_app_secret = fields.Boolean("App secret saved", compute="_compute_has_secrets")
    access_token = fields.Char(
        "System-user token",
        compute="_compute_secret_inputs",
        inverse="_inverse_secrets",
        groups="meta_crm_capi.group_meta_administrator",
        help="Business settings > System users > Generate token.",
    )
    access_token_stored = fields.Char(groups=NO_ACCESS, copy=False, prefetch=False)
    has_access_token = fields.Boolean("Token saved", compute="_compute_has_secrets")
    page_ids = fields.One2many(
        "meta.lead.page",
        "connection_id",
        "Pages",
        help="The Facebook Pages whose leads come in.",
    )
    dataset_ids = fields.One2many(
        "meta.capi.dataset",
        "connection_id",
        "Datasets",
        help="Where the steps of leads are reported.",
    )

    _webhook_path_unique = models.Constraint(
        "UNIQUE(webhook_path)", "This webhook path is taken."
    )

    @api.depends("webhook_path")
    def _compute_callback_url(self):
        for connection in self:
            base_url = connection.get_base_url()
            connection.callback_url = (
                f"{base_url}/meta/webhook/{connection.webhook_path}"
            )

    @api.constrains("graph_version")
    def _check_graph_version(self):
        for connection in self:
            try:
                address.checked_version(connection.graph_version)
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "“%s” is not a Graph API version: one looks like v26.0.",
                        connection.graph_version,
                    )
                ) from error

    @api.constrains("company_id")
    def _check_company_stays(self):
        """What hangs on a connection belongs to its company, events for ever."""
        for connection in self.sudo().with_context(active_test=False):
            below = connection.page_ids.company_id | connection.dataset_ids.company_id
            if below - connection.company_id:
                raise ValidationError(
                    self.env._(
                        "The connection “%s” has Pages or datasets of its company. "
                        "Make a connection of its own for the other company.",
                        connection.name,
                    )
                )

    @api.constrains("partner_agent")
    def _check_partner_agent(self):
        for connection in self:
            agent = connection.partner_agent
            if agent and batch.partner_agent_problem(agent):
                raise ValidationError(
                    self.env._(
                        "Meta takes a partner agent of fewer than 23 characters with "
                        "at least two letters."
                    )
                )

    @api.constrains("app_id", "business_id")
    def _check_ids(self):
        for connection in self:
            for value in filter(None, (connection.app_id, connection.business_id)):
                try:
                    address.checked_id(value)
                except ValueError as error:
                    raise ValidationError(
                        self.env._(
                            "An App ID or business portfolio ID has digits only, "
                            "not “%s”.",
                            value,
                        )
                    ) from error

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._strip_ids(vals) for vals in vals_list])

    def write(self, vals):
        result = super().write(self._strip_ids(vals))
        if "send_at_once" in vals:
            self.env["meta.capi.rule"]._forget_funnels()
        return result

    def action_renew_webhook_path(self):
        """Replace the private path; the new callback URL must be given to Meta."""
        for connection in self:
            connection.webhook_path = secrets.token_urlsafe(24)
        return True

    @api.model
    def _notify(self, message, kind, sticky=None):
        """Client action that says something and shows the record as it is now.

        What the last button said goes with it.

        :param str message: English words, or the reader's
        :param str kind: info, success, warning or danger
        :param bool sticky: whether it stays until closed: for what needs a person and
            shows nowhere else. By default a danger does.
        """
        return {
            "type": "ir.actions.client",
            "tag": "meta_crm_capi.notice",
            "params": {
                "message": show(self.env, message) or "",
                "type": kind,
                "sticky": kind == "danger" if sticky is None else sticky,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _check_administrator(self):
        """For buttons on rows that nobody may write to, not even an administrator."""
        group = "meta_crm_capi.group_meta_administrator"
        if not self.env.su and not self.env.user.has_group(group):
            raise AccessError(self.env._("Only a Meta administrator may do this."))

    @api.model
    def _strip_ids(self, vals):
        """What people paste has blanks around it."""
        return {
            name: value.strip()
            if name in ("app_id", "business_id", "graph_version") and value
            else value
            for name, value in vals.items()
        }

    def _secrets_changed(self):
        """A new token or secret is the cure for whatever waited for it."""
        self.sudo().page_ids._resume()
        self.sudo().dataset_ids._resume()

    def _receive(self, raw):
        """Store what a notification names, and log that it came.

        :param bytes raw: body of a POST whose signature was verified
        """
        self.ensure_one()
        log = self.env["meta.sync.log"]
        try:
            delivery = webhook.read(raw)
        except ValueError as error:
            log._add_incoming("webhook", "ignored", self, 0, [str(error)])
            return
        leads = [item for item in delivery.notifications if not item.is_ping]
        pings = len(delivery.notifications) - len(leads)
        if delivery.lacks_values:
            self._note_valueless()
        if pings:
            self._note_ping()
            words = english._lt("Meta's test button: the webhook works.")
            log._add_incoming("ping", "accepted", self, pings, [words])
        if delivery.referrals:
            self._receive_referrals(delivery.referrals)
        # Each message of a chat comes here: those without an ad leave no row.
        used = pings or delivery.referrals or delivery.other_messages
        if not leads and (delivery.passed_over or not used):
            log._add_incoming("webhook", "ignored", self, 0, delivery.passed_over)
        if leads:
            new = self.env["meta.lead.submission"]._store_notifications(self, leads)
            words = list(delivery.passed_over)
            if new < len(leads):
                words.append(
                    english._lt("Known already: %(count)s.")
                    % {"count": len(leads) - new}
                )
            page_id = self._find_page_of(leads)
            log._add_incoming("webhook", "accepted", self, len(leads), words, page_id)
            if new and self.send_at_once:
                self.env.ref("meta_crm_capi.ir_cron_fetch")._trigger()

    def _receive_referrals(self, referrals):
        """Store who wrote after a click on an ad, and log that they came."""
        new = self.env["meta.lead.referral"]._store(self, referrals)
        words = [
            english._lt("People who wrote from an ad: %(count)s.")
            % {"count": len(referrals)}
        ]
        if new < len(referrals):
            words.append(
                english._lt("Known already: %(count)s.")
                % {"count": len(referrals) - new}
            )
        self.env["meta.sync.log"]._add_incoming(
            "webhook", "accepted", self, len(referrals), words
        )

    @api.model
    def _find_page_of(self, leads):
        """Id of the Page that all these leads are of, for the log; else False.

        :param list leads: ``webhook.Notification`` items
        """
        meta_ids = {lead.page_id for lead in leads if lead.page_id}
        if len(meta_ids) != 1:
            return False
        pages = self.env["meta.lead.page"].with_context(active_test=False)
        domain = [("meta_id", "in", list(meta_ids)), ("connection_id", "=", self.id)]
        return pages.search(domain).id

    @api.model
    def _get_graph_url(self):
        """Graph's address; only https or a loopback address is accepted."""
        url = (
            self.env["ir.config_parameter"]
            .sudo()
            .get_param(GRAPH_URL_PARAMETER, DEFAULT_GRAPH_URL)
        )
        try:
            return address.checked_url(url)
        except ValueError as error:
            raise UserError(
                self.env._(
                    "The system parameter %(key)s is unusable: %(why)s",
                    key=GRAPH_URL_PARAMETER,
                    why=error,
                )
            ) from error

    def _get_client(self, token=None, prove=True, session=None):
        """Return a ``GraphClient`` for this connection; close it, or use ``with``.

        :param str token: use this token in place of the connection's own
        :param bool prove: send the proof that we hold the app secret; only for tokens
            of this connection's app
        :param session: of ``client.new_session()``, to share its connections
        :raise UserError: when there is no token, or one that cannot be used
        """
        self.ensure_one()
        connection = self.sudo()
        token = token or connection._get_secret("access_token")
        if not token:
            raise UserError(
                self.env._(
                    "There is no access token: enter one on the connection “%s”.",
                    connection.name,
                )
            )
        try:
            return client.GraphClient(
                self._get_graph_url(),
                connection.graph_version,
                token,
                app_secret=connection._get_secret("app_secret") if prove else None,
                session=session,
            )
        except ValueError as error:
            raise UserError(
                self.env._(
                    "The connection “%(name)s” cannot be used: %(why)s",
                    name=connection.name,
                    why=error,
                )
            ) from error
