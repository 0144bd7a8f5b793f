from datetime import timezone

from odoo import api, fields, models
from odoo.tools import SQL

from ..protocol import health, health_page, silence
from ..protocol import words as english
from ..protocol.answer import PAUSE, THROTTLE
from .meta_connection_crons import LOOK_AT_SERVER
from .meta_health_plan import TOKEN_DEAD, PagePlan
from .meta_lead_submission_read import speaks_for_page
from .rhythm import moment_words, read_moments
from .words import Words

#: How many leads, and forms, are tried before it is left open whether they can be read.
TRIES = 2

TEST_TOOL = english._lt(
    "If no ad is running, nothing is wrong. Else send a test lead with Meta's Lead Ads"
    " Testing Tool (developers.facebook.com/tools/lead-ads-testing): “Track status”"
    " says why Meta could not deliver it."
)
CHECK_WEBHOOK = english._lt(
    "Press “Check now” on the connection: it says whether Meta's webhook comes to this"
    " Odoo. If it does, send a test lead with Meta's Lead Ads Testing Tool"
    " (developers.facebook.com/tools/lead-ads-testing): “Track status” says why Meta"
    " could not deliver it."
)
CATCH_UP = english._lt(
    "It runs by itself within the hour; “Catch up now” on the Page begins it."
)
ASSIGN_PAGE = english._lt(
    "Meta Business settings > Accounts > Pages > this Page > People: assign it to"
    " the token's system user."
)


class MetaLeadPage(models.Model):
    _inherit = "meta.lead.page"

    health_finding_ids = fields.One2many(
        "meta.health.finding", "page_id", "Findings", readonly=True
    )
    keep_subscribed = fields.Boolean(
        "Keep subscribed",
        default=True,
        help="When Meta has lost the subscription to this Page's leads, Odoo "
        "subscribes again by itself. Other subscribed fields stay.",
    )
    subscription_lost = fields.Boolean(
        "Subscription is lost",
        readonly=True,
        copy=False,
        help="Meta had the subscription once, and has it no more.",
    )
    resubscribed_at = fields.Datetime(
        "Subscribed again",
        readonly=True,
        copy=False,
        help="When Odoo renewed a subscription that Meta had lost.",
    )
    standstill = Words(related="connection_id.standstill")

    def write(self, vals):
        if "subscribed" in vals:
            # Whoever says how it is to be has not lost it.
            vals = {"subscription_lost": False, **vals}
        if "connection_id" in vals:
            moved = self.filtered(
                lambda page: page.connection_id.id != vals["connection_id"]
            )
            moved.sudo()._forget_health()
        return super().write(vals)

    def action_check(self):
        """Look at the Page, and say on the spot how it is."""
        self.ensure_one()
        self.check_access("write")
        page = self.sudo()
        page._check_health()
        return self.env["meta.connection"]._notify_health(page.health_finding_ids)

    def _get_own_findings(self):
        return self.env["meta.health.finding"].search([("page_id", "=", self.id)])

    def _prepare_finding_owner(self):
        return {"connection_id": self.connection_id.id, "page_id": self.id}

    def _plan_health_check(self):
        self.ensure_one()
        connection = self.connection_id
        if self.resume_at and self.resume_at > self.env.cr.now():
            until = self.resume_at.replace(microsecond=0)
            return self._plan_nothing(
                english._lt("Meta asked for a rest until %(moment)s.")
                % {"moment": f"{until} UTC"}
            )
        return PagePlan(
            url=connection._get_graph_url(),
            version=connection.graph_version,
            app_id=connection.app_id or None,
            app_secret=connection._get_secret("app_secret"),
            page_id=self.meta_id,
            token=self._get_secret("access_token"),
            parent_token=connection._get_secret("access_token"),
            user_id=connection.token_user_id or None,
            lead_ids=self._find_leads_to_try(),
            form_ids=self._find_forms_to_try(),
            may_subscribe=self.keep_subscribed
            and (self.subscribed or self.subscription_lost),
        )

    def _plan_nothing(self, trouble):
        return PagePlan(trouble=trouble)

    def _find_leads_to_try(self):
        """Leads that wait to be read: what they are answered is what matters."""
        rows = self.env["meta.lead.submission"].search(
            [("state", "=", "received"), ("page_meta_id", "=", self.meta_id)],
            order="id desc",
            limit=TRIES,
        )
        return tuple(row.meta_id for row in rows if row.meta_id.isdigit())

    def _find_forms_to_try(self):
        rows = self.form_ids.sorted("id", reverse=True)[:TRIES]
        return tuple(row.meta_id for row in rows if row.meta_id.isdigit())

    def _store_health_check(self, plan):
        """Keep what a look found, and let the Page do what the answers mean for it.

        :param PagePlan plan: with its answers
        """
        if plan.new_token:
            self.access_token_stored = plan.new_token
        self._heed_look(plan)
        subscription = self._judge_subscription(plan)
        findings = {
            "page_token": self._judge_token(plan),
            "lead_access": self._judge_access(plan),
            "page_subscription": subscription,
            "terms": self._judge_terms(plan),
            "arrivals": self._judge_arrivals(subscription),
            "catch_up": self._judge_caught_up(),
            **self._judge_forms(),
            **self._judge_waiting(),
            **self._judge_parked(),
        }
        self._log_look(plan, findings)
        healed = self.env["meta.health.finding"]._store(
            self, findings, secrets=plan.secrets
        )
        self.health_checked_at = self.env.cr.now().replace(microsecond=0)
        if healed & {"page_token", "lead_access"}:
            self._retry_unreadable()

    def _log_exchange(self, result, **more):
        self.env["meta.sync.log"]._add_for_page("check", self, result, **more)

    def _heed_look(self, plan):
        """Stop or go on reading this Page's leads, as the way in would."""
        tried, node = plan.tried_result, plan.node_result
        telling = tried or node
        if telling is None or telling.reply.status is None:
            return
        answer = telling.answer
        if answer.verdict == THROTTLE:
            self._heed(answer)
        elif answer.verdict == PAUSE and speaks_for_page(answer):
            # A Page that cannot be seen may have leads that can be read.
            tells = tried or answer.code == TOKEN_DEAD
            if tells and not self._waits_for_token(plan):
                self._heed(answer)
        elif node and node.answer.accepted and self.state == "reconnect":
            # Meta answers for the Page again: what waits goes on by itself.
            self._resume()
            self.env.ref("meta_crm_capi.ir_cron_fetch").sudo()._trigger()

    def _waits_for_token(self, plan):
        """Whether the connection's token is the fault, which is told there."""
        finding = self.connection_id._get_own_findings().filtered(
            lambda row: row.kind == "token"
        )
        if finding.level != health.BROKEN:
            return False
        results = [plan.node_result, plan.token_result]
        return any(row and row.answer.code == TOKEN_DEAD for row in results)

    def _judge_token(self, plan):
        if plan.trouble:
            return health.Finding(health.INCONCLUSIVE, plan.trouble)
        derived = plan.token_result
        if derived and derived.answer.code == TOKEN_DEAD:
            return self._judge_parent_token(health.unanswered(derived))
        if self._waits_for_token(plan):
            return self._judge_parent_token()
        if plan.node_result:
            return health_page.page_node(plan.node_result)
        if plan.token_result is None:
            words = english._lt(
                "There is no token: neither here nor on the connection."
            )
            return health.Finding(health.BROKEN, words, health.NEW_TOKEN)
        if plan.token_result.answer.accepted:
            words = english._lt(
                "Meta gives the connection's token no token of this Page."
            )
            return health.Finding(health.BROKEN, words, ASSIGN_PAGE)
        return health.unanswered(plan.token_result)

    def _judge_parent_token(self, refusal=None):
        """The cause is the connection's: what is wrong there, and where to click.

        :param health.Finding refusal: what Meta said, unless the connection has it
        """
        connection = self.connection_id
        known = connection._get_own_findings().filtered(lambda row: row.kind == "token")
        said = known if known.level == health.BROKEN else refusal
        words = english._lt(
            "The system-user token of the connection “%(name)s” does not work, so"
            " no lead of this Page is read."
        ) % {"name": connection.name}
        cure = english._lt("Open the connection “%(name)s”.") % {
            "name": connection.name
        }
        cure = f"{cure} {health.NEW_TOKEN}"
        return health.Finding(health.BROKEN, f"{words} {said.words}", cure)

    @api.model
    def _not_asked(self, plan):
        words = english._lt("Not known while the Page's token does not work.")
        cure = english._lt("See “Page token”.")
        if plan.trouble:
            words, cure = plan.trouble, ""
        return health.Finding(health.INCONCLUSIVE, words, cure)

    def _judge_access(self, plan):
        if not (plan.told_result or plan.node_result) or plan.trouble:
            return self._not_asked(plan)
        if plan.node_result and plan.node_result.answer.code == TOKEN_DEAD:
            return self._not_asked(plan)
        return health_page.lead_access(plan.told_result, plan.tried_result)

    def _judge_terms(self, plan):
        if plan.trouble or not plan.node_result:
            return self._not_asked(plan)
        if not plan.node_result.answer.accepted:
            return self._not_asked(plan)
        return health_page.terms(plan.node_result)

    def _judge_subscription(self, plan):
        """Whether Meta announces this Page's leads; keeps ``subscribed`` true to it."""
        result = plan.subscription_result
        if plan.trouble or result is None:
            if not (self.connection_id.app_id or plan.trouble):
                words = english._lt(
                    "The connection has no App ID: it cannot be subscribed."
                )
                return health.Finding(
                    health.BROKEN, words, english._lt("Enter it there.")
                )
            return self._not_asked(plan)
        finding = health_page.page_subscription(result, plan.subscribed_fields)
        if not result.answer.accepted:
            return finding
        if finding.level == health.OK:
            if plan.subscribe_result:
                self._note_resubscribed()
            self.write({"subscribed": True, "subscription_lost": False})
            if self.resubscribed_at:
                renewed = english._lt(
                    "Odoo renewed it on %(moment)s: Meta had lost it."
                ) % {"moment": f"{self.resubscribed_at} UTC"}
                return finding._replace(words=f"{finding.words} {renewed}")
            return finding
        if self.subscribed:
            self.write({"subscribed": False, "subscription_lost": True})
        if not self.subscription_lost:
            # Nobody has subscribed it yet, or somebody wants it so.
            return finding._replace(level=health.ATTENTION)
        if plan.subscribe_result:
            answer = plan.subscribe_result.answer
            said = answer.message or answer.meaning
            failed = english._lt("Odoo could not renew it: %(words)s") % {"words": said}
            words = f"{finding.words} {failed}"
            return finding._replace(words=words, cure=answer.cure or finding.cure)
        return finding

    def _note_resubscribed(self):
        """Say it where people look: leads may have been missed meanwhile."""
        self.resubscribed_at = self.env.cr.now().replace(microsecond=0)
        self._message_log(
            body=self.env._(
                "Meta had lost the subscription to this Page's leads. Odoo subscribed "
                "again by itself; catch-up brings in what was missed."
            )
        )

    def _judge_arrivals(self, subscription):
        """When webhooks and leads came last, and whether the silence is explained."""
        times = self._get_arrivals()
        if not times:
            words = english._lt("No webhook has brought a lead of this Page yet.")
            return health.Finding(health.INCONCLUSIVE, words, TEST_TOOL)
        words = english._lt("The last webhook came soon after %(moment)s.") % {
            "moment": moment_words(times[-1])
        }
        last = self.env["meta.lead.submission"].search(
            [("page_id", "=", self.id), ("lead_id", "!=", False)],
            order="id desc",
            limit=1,
        )
        if last.submitted_at:
            newest = english._lt("The last lead is of %(moment)s.")
            words += " " + newest % {"moment": f"{last.submitted_at} UTC"}
        explained = silence.explained_until(times)
        now = self.env.cr.now().replace(tzinfo=timezone.utc).timestamp()
        if explained is None or now <= explained:
            return health.Finding(health.OK, words)
        if subscription.level == health.BROKEN:
            return health.Finding(health.INCONCLUSIVE, words)
        late = english._lt(
            "By this Page's own rhythm of the last weeks another one was to come"
            " by %(moment)s."
        ) % {"moment": moment_words(explained)}
        return health.Finding(health.ATTENTION, f"{words} {late}", TEST_TOOL)

    def _get_arrivals(self):
        """When webhooks brought new leads (Unix seconds, ascending)."""
        return read_moments(
            self.env["meta.lead.submission"],
            SQL("page_meta_id = %s AND origin = 'webhook'", self.meta_id),
        )

    def _judge_caught_up(self):
        """When the catch-up was through last, and whether it found late leads."""
        if not self.catch_up_interval:
            words = english._lt(
                "Switched off: a lead that no webhook announces does not come in."
            )
            return health.Finding(health.INCONCLUSIVE, words)
        last = self.caught_up_at and self.caught_up_at.replace(microsecond=0)
        words = (
            english._lt("The last one ended on %(moment)s.") % {"moment": f"{last} UTC"}
            if last
            else english._lt("None has ended yet.")
        )
        if self.catch_up_trouble:
            return health.Finding(
                health.ATTENTION,
                f"{words} "
                + english._lt("Now: %(words)s") % {"words": self.catch_up_trouble},
            )
        if self._is_behind():
            words += " " + english._lt("It was to be through long ago.")
            return health.Finding(health.ATTENTION, words, LOOK_AT_SERVER)
        if self.late_week_count:
            late = english._lt(
                "Late leads of the last 7 days: %(count)s. No webhook announced them."
            ) % {"count": self.late_week_count}
            return health.Finding(health.ATTENTION, f"{late} {words}", CHECK_WEBHOOK)
        if not last:
            return health.Finding(health.INCONCLUSIVE, words, CATCH_UP)
        return health.Finding(health.OK, words)
