from datetime import timedelta

from odoo import fields, models

from ..protocol import words as english
from . import queue

#: So many late leads in a day are no accident.
MANY_LATE = 3
DAY = timedelta(hours=24)
WEEK = timedelta(days=7)
MONTH = timedelta(days=30)

#: Cause of the alarm that the webhook misses leads.
LATE = "late"


class MetaLeadPage(models.Model):
    """Leads that the webhook missed: how an admin learns that it is broken."""

    _inherit = "meta.lead.page"

    late_week_count = fields.Integer(
        "Came late in 7 days",
        compute="_compute_late_counts",
        help="Leads that the catch-up found although a webhook should have told of "
        "them.",
    )
    late_month_count = fields.Integer(
        "Came late in 30 days",
        compute="_compute_late_counts",
        help="Leads of 30 days that no webhook announced.",
    )

    def _compute_late_counts(self):
        week, month = self._count_late(WEEK), self._count_late(MONTH)
        for page in self:
            page.late_week_count = week.get(page._origin, 0)
            page.late_month_count = month.get(page._origin, 0)

    def _expects_webhooks(self):
        """Whether Meta is to announce this Page's leads, also where it forgot to."""
        return self.subscribed or self.subscription_lost

    def _count_late(self, age):
        """``{Page: late leads}`` of the time from so long ago till now."""
        return dict(
            self.env["meta.lead.submission"]
            .sudo()
            ._read_group(
                [
                    ("page_id", "in", self.ids),
                    ("came_late", "=", True),
                    ("create_date", ">", self.env.cr.now() - age),
                ],
                ["page_id"],
                ["__count"],
            )
        )

    def action_open_late(self):
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "meta_crm_capi.meta_lead_submission_action"
            ),
            "domain": [("page_id", "=", self.id), ("came_late", "=", True)],
            "context": {},
        }

    def _mend_lost_subscription(self, run):
        """Late leads may mean that Meta dropped the subscription: then renew it.

        Not on a Page that is not to be kept subscribed: its health says what is wrong.
        """
        meta_id, app_id, graph = queue.store(self.env, self._prepare_mending)
        if not graph:
            return
        with graph:
            result, run.was_unsubscribed = self._mend_subscription(
                graph, meta_id, app_id
            )
        run.count(result)
        queue.store(self.env, self._note_mending, run, result)

    def _note_mending(self, run, result):
        self.env["meta.sync.log"]._add_for_page(
            "page", self, result, asked=english._lt("Subscription to leads")
        )
        run.was_unsubscribed = run.was_unsubscribed and result.answer.accepted
        if run.was_unsubscribed:
            self._note_resubscribed()
            self.write({"subscribed": True, "subscription_lost": False})

    def _prepare_mending(self):
        app_id = self.connection_id.app_id
        is_kept = self._expects_webhooks() and self.keep_subscribed
        may = is_kept and app_id and self._get_secret("access_token")
        return self.meta_id, app_id, self._get_client() if may else None

    def _judge_late_leads(self, run):
        """An alarm when the webhook misses leads again and again, till it does not.

        :param run: ``meta_lead_page_catch_up_run.CatchUpRun``
        """
        count = self._count_late(DAY).get(self, 0) if self._expects_webhooks() else 0
        if not count:
            if run.is_whole:
                self._clear_alarms(LATE)
        elif run.has_late and (count >= MANY_LATE or run.was_unsubscribed):
            page = self._for_reader()
            page._alarm(
                LATE,
                page.env._("The webhook misses leads of this Page"),
                page._describe_late(count, run),
            )

    def _describe_late(self, count, run):
        words = [
            self.env._(
                "Leads that came late in the last 24 hours: %s. No webhook announced "
                "them; the catch-up found them.",
                count,
            )
        ]
        if run.was_unsubscribed:
            words.append(
                self.env._(
                    "Meta had dropped this Page's subscription; Odoo has subscribed "
                    "it again."
                )
            )
        else:
            words.append(
                self.env._(
                    "Check at Meta, under your app > Webhooks > Page, that “leadgen” "
                    "is subscribed and that the callback URL is that of the "
                    "connection, and that Odoo can be reached from the internet."
                )
            )
        return "\n".join(words)
