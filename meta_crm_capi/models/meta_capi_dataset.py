import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import NO_ACCESS, Domain

from ..protocol import address, batch, funnel
from ..protocol.event import STANDARD_EVENTS
from .words import Words


class MetaCapiDataset(models.Model):
    """Where events go: a dataset (pixel) of Meta's, with its health and its funnel."""

    _name = "meta.capi.dataset"
    _inherit = ["meta.secret.mixin", "meta.alarm.mixin"]
    _description = "Meta Dataset"
    _order = "name, id"
    _check_company_auto = True
    _meta_secrets = ("access_token",)

    name = fields.Char(required=True)
    meta_id = fields.Char(
        "Dataset ID",
        required=True,
        copy=False,
        help="Events Manager > your CRM dataset > Settings. The same as the pixel ID.",
    )
    active = fields.Boolean(default=True)
    connection_id = fields.Many2one(
        "meta.connection",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        default=lambda self: self.env["meta.lead.page"]._default_connection_id(),
        help="Its events are sent with this connection's app and system-user token.",
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
        "Dataset token",
        compute="_compute_secret_inputs",
        inverse="_inverse_secrets",
        groups="meta_crm_capi.group_meta_administrator",
        help="Events Manager > Settings > Conversions API > Generate access token. "
        "Leave empty to use the connection's system-user token.",
    )
    access_token_stored = fields.Char(groups=NO_ACCESS, copy=False, prefetch=False)
    has_access_token = fields.Boolean("Token saved", compute="_compute_has_secrets")
    test_event_code = fields.Char(
        "Test event code",
        copy=False,
        help="From Events Manager > Test events. Meta processes test events like real "
        "ones; empty it after the test.",
    )
    owner_id = fields.Many2one(
        "res.users",
        "Responsible",
        default=lambda self: self.env.user,
        help="Gets an activity when this dataset needs a person.",
    )
    state = fields.Selection(
        [
            ("active", "Active"),
            ("resting", "Resting"),
            ("paused", "Paused"),
            ("stopped", "Stopped"),
        ],
        required=True,
        copy=False,
        default="active",
        help="Resting: Meta asked to slow down, it goes on by itself.\n"
        "Paused: Meta refuses the token or the dataset; events keep queueing.\n"
        "Stopped: switched off by an administrator; moves are not queued.",
    )
    resume_at = fields.Datetime(
        "Rests until",
        readonly=True,
        copy=False,
        help="Meta asked to slow down; until then nothing is sent.",
    )
    trouble = Words(readonly=True, copy=False)
    # A line that is switched off stays in sight: it can be switched on again.
    rule_ids = fields.One2many(
        "meta.capi.rule",
        "dataset_id",
        "Funnel-stage mapping",
        context={"active_test": False},
        help="Which step of a lead is reported under which event name.",
    )
    event_ids = fields.One2many("meta.capi.event", "dataset_id", "Events")

    _meta_id_unique = models.Constraint(
        "UNIQUE(meta_id, company_id)", "This dataset is here already."
    )

    @api.depends("connection_id")
    def _compute_company_id(self):
        for dataset in self:
            dataset.company_id = dataset.connection_id.company_id or self.env.company

    @api.constrains("meta_id")
    def _check_meta_id(self):
        for dataset in self:
            try:
                address.checked_id(dataset.meta_id)
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "A dataset ID has digits only, not “%s”.", dataset.meta_id
                    )
                ) from error

    @api.constrains("connection_id", "company_id")
    def _check_companies(self):
        """The company follows the connection: what names the dataset must too."""
        self._check_company()
        for model in ("meta.lead.page", "meta.lead.form"):
            users = self.env[model].sudo().with_context(active_test=False)
            users.search([("dataset_id", "in", self.ids)])._check_company()

    @api.constrains("test_event_code")
    def _check_test_event_code(self):
        for dataset in self:
            try:
                batch.body([b"{}"], test_event_code=dataset.test_event_code or None)
            except ValueError as error:
                raise ValidationError(
                    self.env._("This is no test event code of Meta's: %s", error)
                ) from error

    @api.model_create_multi
    def create(self, vals_list):
        result = super().create([self._strip_ids(vals) for vals in vals_list])
        self.env["meta.capi.rule"]._forget_funnels()
        return result

    def write(self, vals):
        result = super().write(self._strip_ids(vals))
        if not vals.keys().isdisjoint(self._get_cached_fields()):
            self.env["meta.capi.rule"]._forget_funnels()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["meta.capi.rule"]._forget_funnels()
        return result

    @api.model
    def _get_cached_fields(self):
        """Fields that the cached funnels are made of."""
        return {
            "active",
            "company_id",
            "connection_id",
            "meta_id",
            "state",
        }

    @api.model
    def _strip_ids(self, vals):
        """What people paste has blanks around it."""
        return {
            name: value.strip()
            if name in ("meta_id", "test_event_code") and value
            else value
            for name, value in vals.items()
        }

    def action_stop(self):
        """Switch the dataset off: from now on moves are not queued."""
        self.state = "stopped"

    def action_resume(self):
        """Send again, after a stop, a rest or a mended cause."""
        self.check_access("write")
        self.sudo()._resume(("resting", "paused", "stopped"))
        self.env.ref("meta_crm_capi.ir_cron_deliver").sudo()._trigger()

    def _secrets_changed(self):
        self.sudo()._resume()

    def action_map_pipeline(self):
        """Offer a mapping from the pipeline's own stages; existing rules stay.

        The raw lead stands for the first stage; won is simply a stage; lost is at the
        side. The conversion gets a rule where leads are qualified before.
        """
        for dataset in self:
            dataset.write(
                {
                    "rule_ids": [
                        fields.Command.create(v) for v in dataset._prepare_rules()
                    ]
                }
            )
        return True

    def _prepare_rules(self):
        """Values of the rules that the pipeline suggests and this dataset has not."""
        self.ensure_one()
        stages = self.env["crm.stage"].search(Domain.TRUE, order="sequence, id")
        steps = [(funnel.RAW_LEAD, stages.browse()), (funnel.LOST, stages.browse())]
        if self.env["res.groups"]._is_feature_enabled("crm.group_use_lead"):
            steps.append((funnel.CONVERTED, stages.browse()))
        later = stages - self._get_first_stages(stages)
        steps += [(funnel.STAGE, stage) for stage in later]
        rules = self.rule_ids
        known = {(rule.step, rule.stage_id) for rule in rules}
        names = set(rules.mapped("event_name"))
        values = []
        for step, stage in steps:
            if (step, stage) in known:
                continue
            name = self._get_default_event_name(step, stage)
            if name in names:
                name = f"{name}_{stage.id or 'step'}"
            names.add(name)
            values.append({"step": step, "stage_id": stage.id, "event_name": name})
        return values

    @api.model
    def _get_first_stages(self, stages):
        """Where leads come in, for each team: there the raw lead says it all."""
        first = stages.browse()
        for team in [self.env["crm.team"], *self.env["crm.team"].search(Domain.TRUE)]:
            first |= stages.filtered(
                lambda stage, team=team: not stage.team_ids or team in stage.team_ids
            )[:1]
        return first

    @api.model
    def _get_default_event_name(self, step, stage):
        """An event name that never triggers Meta's validation of standard events."""
        if step == funnel.RAW_LEAD:
            return "initial_lead"
        if step != funnel.STAGE:
            return step
        name = stage.with_context(lang="en_US").name or ""
        slug = self.env["ir.http"]._slugify(name).replace("-", "_")
        slug = re.sub(r"[^a-z0-9_]+", "", slug).strip("_")[:40]
        if not slug:
            return f"stage_{stage.id}"
        if slug in {standard.lower() for standard in STANDARD_EVENTS}:
            return f"{slug}_stage"
        return slug

    def action_open_events(self):
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "meta_crm_capi.meta_capi_event_action"
            ),
            "domain": [("dataset_id", "=", self.id)],
            "context": {},
        }

    def _get_client(self, session=None):
        """Return a ``GraphClient`` with the dataset's own token, else the connection's.

        A dataset's own token usually comes from an app that Meta made: the
        connection's app secret would prove the wrong thing for it.

        :param session: of ``client.new_session()``, to share its connections
        """
        self.ensure_one()
        own_token = self._get_secret("access_token")
        return self.connection_id._get_client(
            own_token, prove=not own_token, session=session
        )
