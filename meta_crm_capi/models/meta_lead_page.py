from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import NO_ACCESS
from odoo.tools import SQL

from ..protocol import address
from ..protocol import words as english
from ..protocol.answer import PAUSE, REFUSE, THROTTLE, Answer
from . import queue
from .words import Words, show

#: Cause of the alarm that a Page cannot be read.
RECONNECT = "reconnect"
#: Rest of a Page when Meta asks to slow down without saying for how long (seconds).
DEFAULT_REST = 900


class MetaLeadPage(models.Model):
    """A Facebook Page that gives leads, and what its leads become in Odoo."""

    _name = "meta.lead.page"
    _inherit = ["meta.secret.mixin", "meta.health.mixin"]
    _description = "Meta Page"
    _order = "name, id"
    _check_company_auto = True
    _meta_secrets = ("access_token",)

    name = fields.Char(required=True)
    meta_id = fields.Char(
        "Page ID", required=True, copy=False, help="Page > About > Page transparency."
    )
    active = fields.Boolean(
        default=True,
        help="Switched off, its leads do not come in.",
    )
    connection_id = fields.Many2one(
        "meta.connection",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        default=lambda self: self._default_connection_id(),
        help="Its leads are read with this connection's app and token.",
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
    )
    access_token = fields.Char(
        "Page token",
        compute="_compute_secret_inputs",
        inverse="_inverse_secrets",
        groups="meta_crm_capi.group_meta_administrator",
        help="Leave empty to derive it from the connection's system-user token.",
    )
    access_token_stored = fields.Char(groups=NO_ACCESS, copy=False, prefetch=False)
    has_access_token = fields.Boolean("Token saved", compute="_compute_has_secrets")
    dataset_id = fields.Many2one(
        "meta.capi.dataset",
        ondelete="restrict",
        check_company=True,
        help="Where the steps of this Page's leads are reported. Empty: the company's "
        "only active dataset.",
    )
    owner_id = fields.Many2one(
        "res.users",
        "Responsible",
        default=lambda self: self.env.user,
        help="Gets an activity when this Page needs a person.",
    )
    form_ids = fields.One2many(
        "meta.lead.form",
        "page_id",
        "Forms",
        help="Its instant forms, as Meta lists them.",
    )
    state = fields.Selection(
        [("connected", "Connected"), ("reconnect", "Reconnect")],
        required=True,
        readonly=True,
        copy=False,
        default="connected",
        help="Reconnect: Meta does not let Odoo read its leads; they wait.",
    )
    trouble = Words(readonly=True, copy=False)
    resume_at = fields.Datetime(
        "Rests until",
        readonly=True,
        copy=False,
        help="Meta asked for a rest until then.",
    )

    _meta_id_unique = models.Constraint(
        "UNIQUE(meta_id)", "This Page is connected already."
    )

    @api.model
    def _default_connection_id(self):
        """The company's only connection, where there is but one."""
        found = self.env["meta.connection"].search(
            [("company_id", "=", self.env.company.id)], limit=2
        )
        return found if len(found) == 1 else found.browse()

    @api.depends("connection_id")
    def _compute_company_id(self):
        for page in self:
            page.company_id = page.connection_id.company_id or self.env.company

    @api.constrains("meta_id")
    def _check_meta_id(self):
        for page in self:
            try:
                address.checked_id(page.meta_id)
            except ValueError as error:
                raise ValidationError(
                    self.env._("A Page ID has digits only, not “%s”.", page.meta_id)
                ) from error

    @api.constrains("connection_id", "company_id")
    def _check_companies(self):
        """The company follows the connection: all else of the Page must too."""
        self._check_company()
        self.with_context(active_test=False).form_ids._check_company()

    @api.model_create_multi
    def create(self, vals_list):
        pages = super().create([self._strip_ids(vals) for vals in vals_list])
        self.env["meta.capi.rule"]._forget_funnels()
        self.env["meta.lead.submission"].sudo()._unpark_for_pages(pages.sudo())
        return pages

    def write(self, vals):
        result = super().write(self._strip_ids(vals))
        if "dataset_id" in vals:
            self.env["meta.capi.rule"]._forget_funnels()
        if not vals.keys().isdisjoint({"meta_id", "connection_id", "active"}):
            self.env["meta.lead.submission"].sudo()._unpark_for_pages(self.sudo())
        return result

    @api.model
    def _strip_ids(self, vals):
        if vals.get("meta_id"):
            return {**vals, "meta_id": vals["meta_id"].strip()}
        return vals

    def action_resume(self):
        """Read this Page's leads again."""
        self.check_access("write")
        self.sudo()._resume()
        return True

    def _resume(self):
        """Let the waiting submissions of these Pages go on."""
        waiting = self.filtered(lambda page: page.state != "connected")
        waiting.write({"state": "connected", "trouble": False, "resume_at": False})
        waiting._clear_alarms(RECONNECT)
        self.env["meta.lead.submission"]._make_due(self)

    def _heed(self, answer):
        """Do what one answer of Meta's means for the Page itself.

        :param answer: ``protocol.answer.Answer``
        """
        if answer.verdict == THROTTLE:
            self._rest(answer.resume_after or DEFAULT_REST)
        elif answer.verdict in (PAUSE, REFUSE):
            words = [answer.message, answer.meaning, answer.cure]
            self._set_reconnect("\n".join(filter(None, words)))

    def _rest(self, seconds):
        """Read nothing of these Pages for that long."""
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                "UPDATE meta_lead_page SET resume_at = %s WHERE id = ANY(%s) "
                "RETURNING id",
                queue.in_seconds(seconds),
                self.ids,
            )
        )
        self.invalidate_recordset(["resume_at"])

    def _set_reconnect(self, words):
        """Stop reading these Pages until a person mends them; one activity says so."""
        for page in self.filtered(lambda page: page.state == "connected"):
            page.write({"state": "reconnect", "trouble": words})
            page._alarm(
                RECONNECT,
                self.env._("Meta does not let us read this Page's leads"),
                words,
            )

    def _secrets_changed(self):
        self.sudo()._resume()

    def _may_be_asked(self):
        """Whether Meta can be asked for something of this Page right now."""
        self.ensure_one()
        now = self.env.cr.now()
        rests = self.resume_at and self.resume_at > now
        has_token = self._get_secret("access_token")
        return bool(has_token and self.state == "connected" and not rests)

    def _get_client(self):
        """Return a ``GraphClient`` with this Page's token; close it, or use ``with``.

        :raise UserError: when there is no token that Meta would take for this Page
        """
        self.ensure_one()
        if not self._get_secret("access_token"):
            trouble = self._derive_token()
            if trouble:
                words = [trouble.message or trouble.meaning, trouble.cure]
                raise UserError(show(self.env, " ".join(filter(None, words))))
        return self.connection_id._get_client(self._get_secret("access_token"))

    def _derive_token(self):
        """Have Meta give this Page's token for the connection's own, and keep it.

        For a person's request: the transaction is open meanwhile.

        :return: what stands against it; None when there is a new token
        :rtype: protocol.answer.Answer or None
        """
        trouble = self._check_derivable()
        if trouble:
            return trouble
        with self.connection_id._get_client() as graph:
            return self._keep_token(graph.page_token(self.meta_id))

    def _derive_token_apart(self):
        """The same for a scheduled action: commits before and after Meta is asked.

        :rtype: protocol.answer.Answer or None
        """
        trouble = self._check_derivable()
        if trouble:
            return trouble
        graph, meta_id = self.connection_id._get_client(), self.meta_id
        # No transaction stays open while Meta answers.
        self.env["ir.cron"]._commit_progress()
        with graph:
            result = graph.page_token(meta_id)
        return queue.store(self.env, self._keep_token, result)

    def _check_derivable(self):
        self.ensure_one()
        if self.connection_id._get_secret("access_token"):
            return None
        return Answer(
            PAUSE,
            message=english._lt(
                "There is no token for the Page “%(name)s”: enter a Page token, or a"
                " system-user token on the connection that may read this Page."
            )
            % {"name": self.name},
        )

    def _keep_token(self, result):
        """Keep the token that Meta gave.

        :param result: ``client.Result`` of ``page_token``
        :return: as :meth:`_derive_token`
        """
        self.env["meta.sync.log"]._add_for_page(
            "page", self, result, asked=english._lt("Page token")
        )
        token = (result.data or {}).get("access_token")
        if isinstance(token, str) and token.strip():
            self.access_token_stored = token.strip()
            return None
        if not result.answer.accepted:
            return result.answer
        return Answer(
            PAUSE,
            message=english._lt(
                "Meta gives the connection's token no token of the Page “%(name)s”:"
                " assign the Page to the system user in Meta Business settings."
            )
            % {"name": self.name},
        )
