from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .words import Words

#: States in which the scheduled action has something to do.
AT_WORK = ("sending", "delivering")
#: Cause of the alarm that a backfill stopped.
STOPPED = "backfill"
#: Reports that are deleted by one transaction; each may have thousands of lines.
KEPT_BATCH = 10


class MetaCapiBackfill(models.Model):
    """Steps of the last 7 days that Meta was not told of, reported after all.

    ``draft`` (which leads) → ``ready`` (planned: what would be sent, step by step, and
    why the rest would not) → ``sending`` (its events are queued, chunk by chunk) →
    ``delivering`` (Meta's answers come in) → ``done``. The plan is made by
    :mod:`.meta_capi_backfill_plan`, queued by :mod:`.meta_capi_backfill_send`; from
    then on its events are events like all others.
    """

    _name = "meta.capi.backfill"
    _inherit = ["meta.alarm.mixin"]
    _description = "Report of Past Steps to Meta"
    _order = "id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )
    owner_id = fields.Many2one(
        "res.users",
        "Responsible",
        default=lambda self: self.env.user,
        help="Gets an activity when the sending stops.",
    )
    lead_ids = fields.Many2many(
        "crm.lead",
        "meta_capi_backfill_lead_rel",
        "backfill_id",
        "lead_id",
        "Chosen leads",
        # Lost leads are archived ones.
        context={"active_test": False},
        help="The leads that were chosen one by one. Empty: by what stands below.",
    )
    chosen_count = fields.Integer(
        "Number of chosen leads",
        compute="_compute_chosen_count",
        help="The leads that were chosen one by one.",
    )
    dataset_id = fields.Many2one(
        "meta.capi.dataset",
        check_company=True,
        ondelete="cascade",
        help="Only leads of this dataset. Empty: each lead goes to its own one.",
    )
    page_ids = fields.Many2many(
        "meta.lead.page",
        string="Pages",
        check_company=True,
        help="Only leads of these Pages. Empty: of every Page.",
    )
    form_ids = fields.Many2many(
        "meta.lead.form",
        string="Forms",
        check_company=True,
        help="Only leads of these forms. Empty: of every form.",
    )
    campaign_ids = fields.Many2many(
        "utm.campaign",
        string="Campaigns",
        help="Only leads of these campaigns. Empty: of every campaign.",
    )
    stage_ids = fields.Many2many(
        "crm.stage",
        string="Stages",
        help="Only leads that are in these stages now. Empty: in any stage.",
    )
    team_ids = fields.Many2many(
        "crm.team",
        string="Sales teams",
        check_company=True,
        help="Only leads of these teams. Empty: of every team.",
    )
    state = fields.Selection(
        [
            ("draft", "Choose"),
            ("ready", "Planned"),
            ("sending", "Queueing"),
            ("delivering", "On its way"),
            ("paused", "Paused"),
            ("cancelled", "Cancelled"),
            ("done", "Done"),
        ],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
        index=True,
        help="Planned: nothing is sent yet.\nQueueing: its events join the queue.\n"
        "On its way: all are in the queue, and Meta has not answered to all of them.\n"
        "Done: each of them has its answer.",
    )
    reason = Words(
        readonly=True, copy=False, help="What you should know before you go on."
    )
    planned_at = fields.Datetime(
        "Planned at",
        readonly=True,
        copy=False,
        help="When it was counted. One that is older than 10 minutes is counted again "
        "before anything is sent.",
    )
    started_at = fields.Datetime(
        "Sent at", readonly=True, copy=False, help="When “Send” was pressed."
    )
    ended_at = fields.Datetime(
        "Done at",
        readonly=True,
        copy=False,
        help="When the last of its events had its answer, or it was cancelled.",
    )
    lead_count = fields.Integer(
        "Leads",
        readonly=True,
        copy=False,
        help="Leads that the plan looked at.",
    )
    is_capped = fields.Boolean(
        "Too many leads for one plan",
        readonly=True,
        copy=False,
        help="More leads were chosen than one plan takes.",
    )
    line_ids = fields.One2many("meta.capi.backfill.line", "backfill_id", "Steps")

    @api.depends("create_date")
    def _compute_display_name(self):
        for plan in self:
            moment = fields.Datetime.context_timestamp(
                plan, plan.create_date or fields.Datetime.now()
            )
            plan.display_name = self.env._(
                "Past steps, %s", moment.strftime("%Y-%m-%d %H:%M")
            )

    @api.depends("lead_ids")
    def _compute_chosen_count(self):
        for plan in self:
            plan.chosen_count = len(plan.lead_ids)

    @api.constrains("company_id", "lead_ids")
    def _check_leads(self):
        for plan in self:
            foreign = plan.sudo().lead_ids.company_id - plan.company_id
            if foreign:
                raise ValidationError(
                    self.env._("Choose leads of one company: %s.", plan.company_id.name)
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_at_work(self):
        if self.filtered(lambda plan: plan.state == "sending"):
            raise UserError(self.env._("Pause or cancel it first."))

    # Buttons

    def action_plan(self):
        """Count what would be sent; send nothing."""
        self._press("draft", "ready")
        for plan in self.sudo():
            plan.reason = False
            plan._make_plan()
        return True

    def action_send(self):
        """Queue what was planned; one whose plan is old is planned again first.

        Where that changes the numbers, they are shown and nothing is sent yet.
        """
        self._press("ready")
        for plan in self.sudo():
            if plan._is_stale() and plan._has_changed():
                continue
            plan.write(
                {
                    "state": "sending",
                    "reason": False,
                    "started_at": fields.Datetime.now(),
                }
            )
        return self._wake()

    def action_pause(self):
        """Queue no more; what is in the queue goes out."""
        self._press("sending")
        self.sudo().write({"state": "paused", "reason": False})
        return True

    def action_resume(self):
        self._press("paused")
        self.sudo().write({"state": "sending", "reason": False})
        self.sudo()._clear_alarms(STOPPED)
        return self._wake()

    def action_change(self):
        """Back to the choice of leads."""
        self._press("ready")
        self.sudo()._forget_plan()
        self.sudo().write({"state": "draft", "reason": False})
        return True

    def action_cancel(self):
        """Queue no more, for ever; what is in the queue goes out."""
        self._press("ready", "sending", "paused")
        self.sudo()._clear_alarms(STOPPED)
        self.sudo().write(
            {
                "state": "cancelled",
                "reason": False,
                "ended_at": fields.Datetime.now(),
            }
        )
        return True

    def action_open_chosen(self):
        """The leads that were chosen one by one."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.lead",
            "domain": [("id", "in", self.lead_ids.ids)],
            "name": self.env._("Chosen leads"),
            "context": {"active_test": False},
            "views": [(False, "list"), (False, "form")],
        }

    def _press(self, *states):
        """Whether who presses may, and whether the button was there."""
        self.env["meta.connection"]._check_administrator()
        self.check_access("write")
        if self.filtered(lambda plan: plan.state not in states):
            raise UserError(
                self.env._("The report has gone on meanwhile. Look at it again.")
            )

    def _wake(self):
        self.env.ref("meta_crm_capi.ir_cron_backfill").sudo()._trigger()
        return True

    @api.autovacuum
    def _gc_backfills(self):
        """Delete reports that ended, and plans that were not sent, with the log."""
        days = self.env["meta.retention"]._get_days("log")
        if not days:
            return 0, 0
        limit = fields.Datetime.now() - timedelta(days=days)
        old = self.sudo().search(
            [
                ("state", "in", ("draft", "ready", "cancelled", "done")),
                ("write_date", "<", limit),
            ],
            limit=KEPT_BATCH,
        )
        old.unlink()
        return len(old), int(len(old) == KEPT_BATCH)
