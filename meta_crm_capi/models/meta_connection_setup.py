import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..protocol import health
from .meta_connection_health import PATIENCE
from .meta_lead_page import RECONNECT

STEPS = [
    ("connect", "Connect"),
    ("page", "Page"),
    ("form", "Form"),
    ("dataset", "Dataset"),
    ("funnel", "Funnel"),
    ("test", "Test"),
]
#: Which thing's own check each step needs.
LOOKS = {
    "connect": "connection",
    "page": "pages",
    "form": "pages",
    "dataset": "datasets",
    "test": "connection",
}
#: Opening a step asks Meta anew about what nobody looked at for so long.
STALE = timedelta(minutes=5)


class MetaConnection(models.Model):
    """The setup assistant: a connection, step by step, with a live check of each step.

    Only where somebody is in it is stored. Whether a step is done is judged from what
    is true now (:mod:`.meta_connection_setup_judge`), so that nothing stays green that
    is not.
    """

    _inherit = "meta.connection"

    setup_step = fields.Selection(
        STEPS,
        required=True,
        default="connect",
        copy=False,
        help="Where the setup assistant was left.",
    )
    setup_steps = fields.Json(
        "Steps of the setup",
        compute="_compute_setup_steps",
        help="Each step of the setup assistant with its state and what was found.",
    )
    setup_state = fields.Char(
        "State of the setup step",
        compute="_compute_setup_steps",
        help="State of the step that the setup assistant shows.",
    )
    setup_is_done = fields.Boolean(
        "Setup is done",
        compute="_compute_setup_steps",
        help="Whether every step of the setup assistant is done.",
    )
    setup_form_ids = fields.Many2many(
        "meta.lead.form",
        compute="_compute_setup_form_ids",
        help="The forms of this connection's Pages, those to be mapped first.",
    )
    setup_funnel_ids = fields.Many2many(
        "meta.capi.rule",
        compute="_compute_setup_funnel_ids",
        help="The funnel-stage mapping of this connection's datasets.",
    )

    @api.depends("page_ids.form_ids.needs_mapping")
    def _compute_setup_form_ids(self):
        for connection in self:
            forms = connection.page_ids.form_ids
            connection.setup_form_ids = forms.sorted(
                lambda form: (not form.needs_mapping, form.name, form.id)
            )

    @api.depends("dataset_ids.rule_ids.active")
    def _compute_setup_funnel_ids(self):
        for connection in self:
            connection.setup_funnel_ids = connection.dataset_ids.rule_ids.sorted()

    def write(self, vals):
        if not vals.keys().isdisjoint({"app_id", "app_secret", "access_token"}):
            # What was found tells of what was there before.
            vals = {"health_checked_at": False, **vals}
        return super().write(vals)

    @api.model
    def action_open_setup(self):
        """Go on with the setup of this company where something is left to do."""
        connections = self.search([("company_id", "=", self.env.company.id)])
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "meta_crm_capi.meta_setup_window_action"
        )
        if len(connections) > 1:
            listed = self.env.ref("meta_crm_capi.meta_setup_view_list")
            form = self.env.ref("meta_crm_capi.meta_setup_view_form")
            return {
                **action,
                "views": [(listed.id, "list"), (form.id, "form")],
                "domain": [("company_id", "=", self.env.company.id)],
            }
        if connections:
            connections.setup_step = connections._get_next_setup_step()
        return {**action, "res_id": connections.id}

    def action_setup_this(self):
        """Open the assistant for this connection."""
        self.ensure_one()
        self.setup_step = self._get_next_setup_step()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "meta_crm_capi.meta_setup_window_action"
        )
        return {**action, "res_id": self.id}

    def action_setup_next(self):
        """Save what was entered and go on to the next step."""
        return self._move_setup(1)

    def action_setup_back(self):
        return self._move_setup(-1)

    def _move_setup(self, by):
        self.ensure_one()
        keys = [key for key, _name in STEPS]
        place = keys.index(self.setup_step) + by
        self.setup_step = keys[min(max(place, 0), len(keys) - 1)]
        return True

    def action_open_overview(self):
        return self.env["ir.actions.client"]._for_xml_id(
            "meta_crm_capi.meta_overview_action"
        )

    def action_setup_check(self):
        """Ask Meta about everything that the shown step is made of."""
        self.ensure_one()
        self.setup_look(force=True)
        return True

    def action_setup_subscribe(self):
        """Subscribe the Pages that are not yet, and look at them."""
        self.ensure_one()
        self.check_access("write")
        end = time.monotonic() + PATIENCE
        for page in self.page_ids.filtered(lambda page: not page.subscribed):
            answer = page.action_subscribe()
            if not page.subscribed:
                return answer
            page.sudo().health_checked_at = False
            if time.monotonic() > end:
                break
        self.setup_look()
        return True

    def action_setup_load_forms(self):
        """Read the forms of all Pages."""
        self.ensure_one()
        self.check_access("write")
        if not self.page_ids:
            raise UserError(self.env._("Load the Pages first."))
        end = time.monotonic() + PATIENCE
        for page in self.page_ids:
            answer = page.action_load_forms()
            if answer["params"]["type"] == "danger" or time.monotonic() > end:
                return answer
            page.sudo().health_checked_at = False
        self.setup_look()
        return True

    def action_setup_map(self):
        """Map the pipeline in each dataset of the connection."""
        self.ensure_one()
        if not self.dataset_ids:
            raise UserError(self.env._("Add the dataset first."))
        return self.dataset_ids.action_map_pipeline()

    def setup_look(self, force=False):
        """Ask Meta about what the shown step is made of, where that is not fresh.

        Called by the assistant's screen when it has opened a step.

        :param bool force: ask also about what was looked at a moment ago
        :return: whether Meta was asked, so that there is something new to show
        :rtype: bool
        """
        self.ensure_one()
        self.check_access("write")
        connection = self.sudo()
        wanted = LOOKS.get(connection.setup_step)
        if not connection._lock_for_look(wait=force):
            return False
        has_own = connection.app_id or connection.has_access_token
        is_refused = bool(has_own) and connection._is_refused_since_look()
        if wanted == "datasets":
            if is_refused:
                self._try_look(connection)
            return connection._look_at_datasets(force) or is_refused
        if not wanted or not has_own:
            return False
        is_due = (
            force
            or is_refused
            or self._is_stale(connection.health_checked_at)
            or connection._lacks_webhook_look()
        )
        looked = False
        if is_due:
            looked = True
            if self._try_look(connection):
                # Meta does not answer: the rest would not fare better.
                return True
        if wanted == "pages":
            end = time.monotonic() + PATIENCE
            for page in connection.page_ids:
                if time.monotonic() > end:
                    break
                if force or self._is_stale(page.health_checked_at):
                    looked = True
                    if self._try_look(page):
                        break
        return looked

    def _lock_for_look(self, wait):
        """Let two looks at one connection not store the same findings.

        Who waited for another look meets a conflict when that one has stored, and Odoo
        runs the request again.

        :param bool wait: for the end of another look; else leave it to that one
        :return: whether the look is ours
        :rtype: bool
        """
        return bool(
            self.env.execute_query(
                SQL(
                    "SELECT id FROM meta_connection WHERE id = %s FOR NO KEY UPDATE %s",
                    self.id,
                    SQL() if wait else SQL("SKIP LOCKED"),
                )
            )
        )

    def _is_refused_since_look(self):
        """Whether Meta refused a Page or dataset after the token was looked at."""
        stopped = [
            *self.page_ids.filtered(lambda page: page.state == RECONNECT),
            *self.dataset_ids.filtered(lambda dataset: dataset.state == "paused"),
        ]
        looked_at = self.health_checked_at
        return bool(looked_at) and any(
            record.write_date > looked_at for record in stopped
        )

    def _lacks_webhook_look(self):
        """Whether the last look left webhooks out, as no Page was here then."""
        kinds = self._get_own_findings().mapped("kind")
        return bool(self.page_ids) and "app_subscription" not in kinds

    @api.model
    def _is_stale(self, moment):
        return not moment or moment < fields.Datetime.now() - STALE

    @api.model
    def _try_look(self, record):
        """Look at a connection or Page.

        :return: whether Meta is silent
        :rtype: bool
        """
        try:
            return record._check_health().is_silent
        except UserError as error:
            record._store_health_check(record._plan_nothing(str(error)))
            return True

    def _look_at_datasets(self, force):
        looked = False
        end = time.monotonic() + PATIENCE
        for dataset in self.dataset_ids:
            is_known = dataset._get_finding("check")
            fresh = is_known and not self._is_stale(dataset.checked_at)
            if (fresh and not force) or time.monotonic() > end:
                continue
            if not (dataset.has_access_token or self.has_access_token):
                continue
            looked = True
            try:
                dataset._check()
            except UserError as error:
                finding = health.Finding(health.INCONCLUSIVE, str(error))
                dataset._keep_finding("check", finding)
        return looked
