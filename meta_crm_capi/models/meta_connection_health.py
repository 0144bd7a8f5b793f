import time
from datetime import timedelta

from odoo import api, fields, models

from ..protocol import health, health_app
from ..protocol import words as english
from .meta_health_plan import ConnectionPlan

#: A button looks at Pages for so long (seconds); the cron goes on with the others.
PATIENCE = 45
#: A webhook without values is noted no more often than that.
VALUELESS_EVERY = timedelta(hours=1)


class MetaConnection(models.Model):
    _name = "meta.connection"
    _inherit = ["meta.connection", "meta.health.mixin"]

    owner_id = fields.Many2one(
        "res.users",
        "Responsible",
        default=lambda self: self.env.user,
        help="Gets an activity when this connection needs a person.",
    )
    health_finding_ids = fields.One2many(
        "meta.health.finding",
        "connection_id",
        "Findings",
        readonly=True,
        help="What the last check found on this connection and its Pages.",
    )
    token_user_id = fields.Char(
        "Token's person at Meta",
        readonly=True,
        copy=False,
        help="Meta's ID of the person behind the token; empty for a system user.",
    )
    last_ping_at = fields.Datetime(
        "Webhook tested",
        readonly=True,
        copy=False,
        help="When Meta's Test button reached this Odoo last.",
    )
    valueless_at = fields.Datetime(
        "Webhook without values on",
        readonly=True,
        copy=False,
        help="When a webhook named no lead, because “Include values” is off at Meta.",
    )
    last_webhook_at = fields.Datetime(
        "Last webhook", compute="_compute_last_webhook_at", compute_sudo=True
    )

    def _compute_last_webhook_at(self):
        log = self.env["meta.sync.log"]
        for connection in self:
            connection.last_webhook_at = log.search(
                [
                    ("connection_id", "=", connection.id),
                    ("direction", "=", "in"),
                    ("kind", "=", "webhook"),
                    ("outcome", "=", "accepted"),
                ],
                limit=1,
            ).create_date

    def action_check(self):
        """Look at the connection and its Pages, and say on the spot how they are."""
        self.ensure_one()
        self.check_access("write")
        connection = self.sudo()
        if connection._check_health().is_silent:
            left = connection.page_ids
        else:
            left = connection._check_pages(time.monotonic() + PATIENCE)
        if left:
            left.health_checked_at = False
            self.env.ref("meta_crm_capi.ir_cron_health").sudo()._trigger()
        return self._notify_health(
            connection.health_finding_ids, connection._get_next_steps()
        )

    def _check_pages(self, end):
        """Look at the Pages one after the other; returns those there was no time for.

        :param float end: begin with none after that moment of the steady clock
        """
        left = self.page_ids
        for page in self.page_ids:
            if time.monotonic() > end:
                break
            left -= page
            if page._check_health().is_silent:
                break
        return left

    @api.model
    def _notify_health(self, findings, steps=()):
        """Say the result of a look: what needs a person, or that all is well.

        It goes by itself: the findings on the screen stay.

        :param steps: sentences about what is still to do although nothing is wrong
        """
        bad = findings.filtered(
            lambda row: row.level in (health.ATTENTION, health.BROKEN)
        )
        if bad:
            kind = "danger" if health.BROKEN in bad.mapped("level") else "warning"
            names = ", ".join(dict.fromkeys(bad.mapped("display_name")))
            return self._notify(
                self.env._(
                    "These need you: %s. The findings under “Health” say what to do.",
                    names,
                ),
                kind,
                sticky=False,
            )
        unsure = findings.filtered(lambda row: row.level == health.INCONCLUSIVE)
        if unsure:
            words = self.env._(
                "This cannot be told now: %s. The findings under “Health” say why.",
                ", ".join(dict.fromkeys(unsure.mapped("display_name"))),
            )
            return self._notify(" ".join([words, *steps]), "info")
        names = ", ".join(dict.fromkeys(findings.mapped("display_name")))
        if steps:
            words = self.env._("Well so far: %s. Still to do:", names)
            return self._notify(" ".join([words, *steps]), "info")
        return self._notify(self.env._("Everything works: %s.", names), "success")

    def _get_own_findings(self):
        return self.env["meta.health.finding"].search(
            [("connection_id", "=", self.id), ("page_id", "=", False)]
        )

    def _prepare_finding_owner(self):
        return {"connection_id": self.id}

    def _plan_health_check(self):
        self.ensure_one()
        return ConnectionPlan(
            url=self._get_graph_url(),
            version=self.graph_version,
            app_id=self.app_id or None,
            app_secret=self._get_secret("app_secret"),
            token=self._get_secret("access_token"),
            wants_webhook=bool(self.page_ids),
        )

    def _plan_nothing(self, trouble):
        return ConnectionPlan(trouble=trouble)

    def _store_health_check(self, plan):
        """Keep what a look found; what waited for what is well again goes on.

        :param ConnectionPlan plan: with its answers
        """
        info = plan.token_result and health.token_info(plan.token_result)
        if info and info.get("is_valid") is True:
            is_person = info.get("type") == "USER"
            self.token_user_id = is_person and str(info.get("user_id") or "")
        findings = {
            **self._judge_set_up(),
            **self._judge_secret(plan),
            "token": self._judge_token(plan, info),
            "graph_version": health.graph_version(
                self.graph_version, self.env.cr.now().date()
            ),
            **self._judge_refused(),
            **self._judge_parked(),
            **self._judge_acceptance(),
            **self._judge_others(plan),
        }
        if self.page_ids:
            findings["app_subscription"] = self._judge_app(plan)
            findings["webhook"] = self._judge_webhook()
            findings["scheduled_actions"] = self._judge_crons()
        self._log_look(plan, findings)
        healed = self.env["meta.health.finding"]._store(
            self, findings, secrets=plan.secrets
        )
        self.health_checked_at = self.env.cr.now().replace(microsecond=0)
        if "token" in healed:
            self.page_ids._retry_unreadable()
        if healed & {"token", "app"}:
            # What was found of its Pages meanwhile is true no longer.
            self.page_ids.health_checked_at = False
            self.env.ref("meta_crm_capi.ir_cron_health").sudo()._trigger()

    def _judge_others(self, plan):
        """Findings of further subjects, by their kinds; each file adds its own."""
        return {}

    def _judge_token(self, plan, info):
        reads_leads = bool(self.page_ids)
        if plan.trouble:
            return health.Finding(health.INCONCLUSIVE, plan.trouble)
        if not plan.token:
            return self._judge_no_token()
        result = plan.token_result
        if info:
            finding = health.token(
                info,
                now=time.time(),
                app_id=self.app_id or None,
                reads_leads=reads_leads,
            )
            return self._add_uncovered(finding, info)
        if result is None:
            return health.Finding(
                health.INCONCLUSIVE, english._lt("Meta could not be asked.")
            )
        if result.answer.code == 100:
            # Meta lets only the token's own app ask.
            words = english._lt(
                "Meta tells nothing of this token: it is one of another app."
            )
            return health.Finding(health.INCONCLUSIVE, words)
        finding = health.unanswered(result)
        if result.answer.code == 190:
            return finding._replace(cure=health.NEW_TOKEN)
        return finding

    def _log_exchange(self, result, **more):
        self.env["meta.sync.log"]._add(
            "check", result, connection=self, company=self.company_id, **more
        )

    def _judge_no_token(self):
        """Nothing is wrong where all that hangs on it has a token of its own."""
        users = [*self.page_ids, *self.dataset_ids]
        alone = [user.name for user in users if not user.has_access_token]
        if alone:
            words = english._lt(
                "No system-user token is saved, and these have none of their own:"
                " %(names)s."
            ) % {"names": ", ".join(alone)}
            return health.Finding(health.BROKEN, words, health.NEW_TOKEN)
        if not users:
            words = english._lt(
                "No system-user token is saved: Meta can be asked for nothing."
            )
            return health.Finding(health.BROKEN, words, health.NEW_TOKEN)
        words = english._lt(
            "No system-user token is saved. The Pages' and datasets' own tokens are"
            " used; Odoo cannot renew them."
        )
        return health.Finding(health.INCONCLUSIVE, words, health.NEW_TOKEN)

    def _add_uncovered(self, finding, info):
        """Name the Pages for which the token has no permission to read leads."""
        bare = self.page_ids.filtered(
            lambda page: not health.covers(info, "leads_retrieval", page.meta_id)
        )
        if not bare or finding.level == health.BROKEN:
            return finding
        words = english._lt(
            "The token's permission to read leads is not given for: %(names)s."
        )
        return health.Finding(
            health.ATTENTION,
            f"{words % {'names': ', '.join(bare.mapped('name'))}} {finding.words}",
            health.NEW_TOKEN,
        )

    def _judge_secret(self, plan):
        """What is wrong with App ID and app secret, also before there is a Page."""
        finding = health.Finding(
            health.INCONCLUSIVE, english._lt("Meta could not be asked.")
        )
        if plan.secret_result:
            finding = health_app.app(plan.secret_result)
        elif not plan.trouble and not (plan.app_id and plan.app_secret):
            return {}
        was_wrong = "app" in self._get_own_findings().mapped("kind")
        is_open = finding.level == health.INCONCLUSIVE and was_wrong
        return {"app": finding} if is_open or finding.level == health.BROKEN else {}

    def _judge_app(self, plan):
        if not (self.app_id and plan.app_secret) and not plan.trouble:
            words = english._lt(
                "App ID or app secret is missing: webhooks are refused."
            )
            cure = english._lt(
                "Enter both on the connection; Meta shows them under App settings."
            )
            return health.Finding(health.BROKEN, words, cure)
        if plan.app_result is None:
            words = plan.trouble or english._lt("Meta could not be asked.")
            return health.Finding(health.INCONCLUSIVE, words)
        secret = plan.secret_result
        if secret and health_app.app(secret).level == health.BROKEN:
            words = english._lt(
                "Meta tells it only with the right App ID and app secret."
            )
            return health.Finding(health.INCONCLUSIVE, words)
        return health.app_subscription(plan.app_result, self.callback_url)

    def _judge_webhook(self):
        last, ping = self.last_webhook_at, self.last_ping_at
        newest = max(filter(None, [last, ping]), default=None)
        if self.valueless_at and not (newest and newest > self.valueless_at):
            return health.Finding(
                health.BROKEN,
                english._lt("A webhook of %(moment)s named no lead.")
                % {"moment": f"{self.valueless_at} UTC"},
                health.SUBSCRIBE_APP,
            )
        if not newest:
            return health.Finding(
                health.INCONCLUSIVE,
                english._lt("No webhook has come yet."),
                health.TEST_WEBHOOK,
            )
        facts = []
        if last:
            facts.append(
                english._lt("The last one came on %(moment)s.")
                % {"moment": f"{last.replace(microsecond=0)} UTC"}
            )
        if ping:
            facts.append(
                english._lt("The webhook works: Meta's test came on %(moment)s.")
                % {"moment": f"{ping} UTC"}
            )
        return health.Finding(health.OK, " ".join(facts))

    def _judge_parked(self):
        """Leads that no connected Page has: nothing tells of them otherwise."""
        count = self.env["meta.lead.submission"].search_count(
            [
                ("state", "=", "parked"),
                ("connection_id", "=", self.id),
                ("parked_cause", "in", ("unknown_page", "foreign_page")),
            ]
        )
        if not count:
            return {}
        words = english._lt(
            "Parked leads that no Page of this connection has: %(count)s."
        ) % {"count": count}
        cure = english._lt(
            "CRM > Reporting > Meta sync > Parked leads names their Pages."
        )
        return {"unknown_pages": health.Finding(health.ATTENTION, words, cure)}

    def _note_ping(self):
        """Meta's Test button reached us. Somebody presses it, so that is rare."""
        self.last_ping_at = self.env.cr.now().replace(microsecond=0)

    def _note_valueless(self):
        """A webhook named no lead. Written once an hour: webhooks come side by side."""
        now = self.env.cr.now().replace(microsecond=0)
        if not self.valueless_at or self.valueless_at < now - VALUELESS_EVERY:
            self.valueless_at = now
