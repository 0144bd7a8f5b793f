import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..protocol import health
from . import queue
from .meta_health_finding import KINDS, LEVELS

_logger = logging.getLogger(__name__)

NAMES = dict(KINDS)
#: What was looked at within that time is not due: the cron comes each hour, and not
#: always by the minute.
FRESH = timedelta(minutes=50)


class MetaHealthMixin(models.AbstractModel):
    """Records whose health is looked at: each hour, and on a button.

    A look has three parts, so that Meta is asked with no transaction open: a model
    says what to ask (``_plan_health_check``), the plan asks without a cursor
    (:mod:`.meta_health_plan`), and the model stores what it means
    (``_store_health_check``).
    """

    _name = "meta.health.mixin"
    _inherit = ["meta.alarm.mixin"]
    _description = "Health at Meta"

    health_checked_at = fields.Datetime(
        "Last checked",
        readonly=True,
        copy=False,
        help="When Odoo asked Meta last.",
    )
    health = fields.Selection(
        LEVELS,
        compute="_compute_health",
        compute_sudo=True,
        help="The worst of what the last check found.",
    )

    @api.depends("health_finding_ids.level")
    def _compute_health(self):
        for record in self:
            findings = record.health_finding_ids
            record.health = bool(findings) and health.worst(findings)

    def write(self, vals):
        result = super().write(vals)
        if vals.get("active") is False:
            self.sudo()._forget_health()
        return result

    def _forget_health(self):
        """What is archived, or hangs elsewhere now, has no health."""
        for record in self:
            findings = record._get_own_findings()
            causes = [finding._get_cause() for finding in findings]
            if causes:
                record._clear_alarms(*causes)
            findings.unlink()
            record.health_checked_at = False

    def _is_told_otherwise(self, kind):
        """Whether a finding of this kind has an activity of another making."""
        return False

    def _has_told(self, kind):
        """Whether something is broken, and an activity was made of that finding."""
        return bool(
            self._get_own_findings().filtered(
                lambda row: (
                    row.kind == kind and row.level == health.BROKEN and row.is_told
                )
            )
        )

    def _check_health(self):
        """Look now, within this transaction: for a person who waits for it.

        :raise UserError: when Meta cannot even be asked
        """
        self.ensure_one()
        plan = self._plan_health_check()
        plan.ask()
        self._store_health_check(plan)
        return plan

    def _check_health_apart(self):
        """Look now, with no transaction open while Meta is asked."""
        self.ensure_one()
        try:
            plan = self._plan_health_check()
        except UserError as error:
            plan = self._plan_nothing(str(error))
        self.env["ir.cron"]._commit_progress()
        plan.ask()
        queue.store(self.env, self._store_health_check, plan)
        return plan

    def _log_look(self, plan, findings):
        """Log what Meta was asked, with what is not well by the answers.

        :param plan: with its answers
        :param dict findings: ``{kind: health.Finding}``
        """
        rows = plan.get_log_rows()
        bad = [
            f"Found: {NAMES[kind]}: {dict(LEVELS)[finding.level]}."
            for kind, finding in findings.items()
            if finding.needs_person
        ]
        for number, (result, asked) in enumerate(rows, 1):
            is_last = number == len(rows)
            self._log_exchange(result, asked=asked, words=bad if is_last else ())

    @api.model
    def _cron_check_health(self):
        """Look at every connection and Page that is due. Never raises."""
        try:
            self._check_due_health()
        except Exception as error:
            self.env.cr.rollback()
            _logger.error(
                "Looking after the health of Meta's connections stopped; it goes on "
                "with the next run: %s",
                queue.describe(error),
            )

    @api.model
    def _check_due_health(self):
        commit_progress = self.env["ir.cron"]._commit_progress
        due = self._find_due_health()
        time_left = commit_progress(remaining=len(due))
        while due and time_left > 0:
            record = due.pop(0)
            is_silent = False
            try:
                if record.exists() and record.active:
                    is_silent = record._check_health_apart().is_silent
            except Exception as error:
                self.env.cr.rollback()
                _logger.error(
                    "Could not look after the health of %s: %s",
                    record,
                    queue.describe(error),
                )
            if is_silent:
                # Whom Meta does not answer, the next ones it does not either.
                due.clear()
            time_left = commit_progress(1, remaining=len(due))
        if due:
            self.env.ref("meta_crm_capi.ir_cron_health")._trigger()
            commit_progress()

    @api.model
    def _find_due_health(self):
        """Connections and Pages that nobody looked at for an hour, the oldest first."""
        limit = self.env.cr.now() - FRESH
        domain = [
            "|",
            ("health_checked_at", "=", False),
            ("health_checked_at", "<", limit),
        ]
        records = [
            *self.env["meta.connection"].search(domain),
            *self.env["meta.lead.page"].search(domain),
        ]
        never = fields.Datetime.to_datetime("1970-01-01")
        return sorted(records, key=lambda record: record.health_checked_at or never)
