from odoo import api, models

from ..protocol import health
from .meta_capi_dataset_health import CLOCK, FAULT, REFUSED
from .meta_capi_event_expire import EXPIRED
from .words import show

DANGER = "danger"
WARNING = "warning"
#: What a Page that must be reconnected tells already.
TOLD_BY_RECONNECT = ("page_token", "lead_access", "waiting", "parked")
#: What is dead with a connection's token, and alive again with a new one.
TOLD_BY_TOKEN = ("page_token", "lead_access", "waiting")
#: What is over already; the list behind it has the events.
OVER = {REFUSED: "refused", EXPIRED: "expired"}


class MetaOverview(models.AbstractModel):
    """What needs a person: one line for each cause, gone when the cause is.

    Nothing is judged here. The lines are the findings of health, and the conditions
    for which datasets and Pages make their activities, as they are at this moment.
    """

    _inherit = "meta.overview"

    @api.model
    def _get_alarms(self, scope):
        """The lines, the worst first.

        :return: ``[{level, title, words, cure, since, target}]``; ``target`` is what to
            open: ``{model, id}``, ``{model, domain}`` or False
        """
        lines = [
            *self._get_cron_alarms(scope),
            *self._get_dataset_alarms(scope),
            *self._get_page_alarms(scope),
            *self._get_health_alarms(scope),
        ]
        return sorted(lines, key=lambda line: line["level"] != DANGER)

    @api.model
    def _line(self, level, title, words, target, *, cure="", since=False):
        return {
            "level": level,
            "title": title,
            "words": show(self.env, words) or "",
            "cure": show(self.env, cure) or "",
            "since": self._to_text(since),
            "target": target,
        }

    @api.model
    def _get_cron_alarms(self, scope):
        """Scheduled actions that are switched off, or that nobody runs."""
        target = False
        if self.env["ir.cron"].has_access("read"):
            domain = [("cron_name", "=like", "Meta:%")]
            target = {"model": "ir.cron", "domain": domain}
        lines = []
        if self._has_own("meta.lead.page"):
            finding = self.env["meta.connection"].sudo()._judge_crons()
            if finding.level != health.OK:
                lines.append(
                    self._line(
                        DANGER,
                        self.env._("Scheduled actions do not run"),
                        finding.words,
                        target,
                        cure=finding.cure,
                    )
                )
        datasets = scope.datasets.filtered(
            lambda dataset: dataset.active and dataset.state != "stopped"
        )
        if datasets and not datasets.sudo()._is_sender_switched_on():
            lines.append(
                self._line(
                    DANGER,
                    self.env._("Events are not sent"),
                    self.env._(
                        "The scheduled action “Meta: send events” is switched off."
                    ),
                    target,
                    cure=self.env._(
                        "Settings > Technical > Scheduled Actions: switch it on."
                    ),
                )
            )
        return lines

    @api.model
    def _get_dataset_alarms(self, scope):
        """Queues that stand still, stop or lose events."""
        datasets = scope.datasets.sudo()
        events = self.env["meta.capi.event"].sudo()
        expiring = events._find_expiring(datasets)
        waiting = events._find_waiting_long(datasets)
        standstills = datasets._find_standstills()
        lines = []
        for dataset in datasets:
            lines += self._get_state_alarms(dataset, standstills)
            queue = self._get_domain(scope, ("queued",))
            target = {
                "model": "meta.capi.event",
                "domain": [("dataset_id", "=", dataset.id), *queue],
            }
            if dataset.id in expiring:
                title = self.env._("Events will soon be too old for Meta")
                words = self.env._(
                    "%s: Meta takes no event older than 7 days. Make the dataset send "
                    "again, or they are lost one after the other.",
                    dataset.name,
                )
                moment = expiring[dataset.id].replace(microsecond=0)
                line = self._line(DANGER, title, words, target)
                lines.append({**line, "until": self._to_text(moment)})
            if dataset.id in waiting and dataset.id not in standstills:
                title = self.env._("Events do not get through to Meta")
                words = f"{dataset.name}: {dataset.trouble or self._why(dataset)}"
                since = waiting[dataset.id].replace(microsecond=0)
                lines.append(self._line(WARNING, title, words, target, since=since))
            lines += self._get_over_alarms(scope, dataset)
            lines += self._get_rule_alarms(dataset)
        return lines

    @api.model
    def _why(self, dataset):
        if dataset.active:
            return self.env._("Requests are tried again and get no clear answer.")
        return self.env._("The dataset is archived. Restore it, or cancel its events.")

    @api.model
    def _get_state_alarms(self, dataset, standstills):
        target = {"model": dataset._name, "id": dataset.id}
        if not dataset.active:
            return []
        if dataset.state == "paused":
            if not dataset.has_access_token and self._is_token_dead(dataset):
                return []
            title = self.env._("Paused: %s", dataset.name)
            return [
                self._line(
                    DANGER, title, dataset.trouble, target, since=dataset.state_since
                )
            ]
        if dataset.state == "stopped":
            title = self.env._("Stopped: %s", dataset.name)
            words = self.env._(
                "An administrator switched it off: Meta is told of no move until it is "
                "resumed."
            )
            return [
                self._line(WARNING, title, words, target, since=dataset.state_since)
            ]
        if dataset.id in standstills:
            title = self.env._("Nobody sends: %s", dataset.name)
            return [self._line(DANGER, title, dataset.standstill, target)]
        if dataset._get_alarms([CLOCK, FAULT]):
            title = self.env._("Trouble: %s", dataset.name)
            return [self._line(DANGER, title, dataset.trouble, target)]
        return []

    @api.model
    def _get_over_alarms(self, scope, dataset):
        """Events that were lost: until somebody marks the activity as done."""
        lines = []
        for alarm in dataset._get_alarms(OVER):
            state = OVER[alarm.meta_alarm]
            domain = [
                ("dataset_id", "=", dataset.id),
                *self._get_domain(scope, (state,)),
            ]
            if not self.env["meta.capi.event"].search(domain, limit=1):
                # All of them were sent again meanwhile.
                continue
            target = {"model": "meta.capi.event", "domain": domain}
            if state == "refused":
                title = self.env._("Events were refused: %s", dataset.name)
                words = self.env._(
                    "Meta does not have them. Correct what is wrong and press “Send "
                    "again”, within 7 days of the move."
                )
            else:
                title = self.env._("Events became too old: %s", dataset.name)
                words = self.env._(
                    "They waited longer than Meta allows and were not sent."
                )
            since = alarm.create_date
            lines.append(self._line(WARNING, title, words, target, since=since))
        return lines

    @api.model
    def _get_rule_alarms(self, dataset):
        return [
            self._line(
                DANGER,
                self.env._("Meta refuses the step “%s”", rule.event_name),
                rule.trouble,
                {"model": rule._name, "id": rule.id},
                cure=self.env._(
                    "Correct the step in the funnel-stage mapping, then resume it."
                ),
            )
            for rule in dataset.rule_ids
            if rule.is_set_aside
        ]

    @api.model
    def _get_page_alarms(self, scope):
        pages = (
            self.env["meta.lead.page"]
            .search(
                [("company_id", "in", scope.company_ids), ("state", "=", "reconnect")]
            )
            .filtered(lambda page: not self._is_token_dead(page))
        )
        return [
            self._line(
                DANGER,
                self.env._("Meta does not let us read leads: %s", page.name),
                page.trouble,
                {"model": page._name, "id": page.id},
            )
            for page in pages
        ]

    @api.model
    def _get_health_alarms(self, scope):
        """What the last look at connections and Pages found."""
        findings = self.env["meta.health.finding"].search(
            [
                ("company_id", "in", scope.company_ids),
                ("level", "in", (health.ATTENTION, health.BROKEN)),
                # Judged anew for this screen.
                ("kind", "!=", "scheduled_actions"),
            ]
        )
        lines = []
        for finding in findings:
            page = finding.page_id
            if page.state == "reconnect" and finding.kind in TOLD_BY_RECONNECT:
                continue
            if finding.kind in TOLD_BY_TOKEN and self._is_token_dead(finding):
                continue
            record = page or finding.connection_id
            lines.append(
                self._line(
                    DANGER if finding.level == health.BROKEN else WARNING,
                    f"{finding.display_name}: {record.display_name}",
                    "\n".join(filter(None, [finding.words, self._stands(finding)])),
                    {"model": record._name, "id": record.id},
                    cure=finding.cure,
                    since=finding.since,
                )
            )
        return lines

    @api.model
    def _is_token_dead(self, record):
        """Whether the token of a record's connection is broken: its line tells all."""
        findings = record.connection_id.sudo().health_finding_ids
        return any(
            finding.kind == "token" and finding.level == health.BROKEN
            for finding in findings
        )

    @api.model
    def _stands(self, finding):
        """What stands still for want of a connection's token, in words."""
        if finding.kind != "token" or finding.level != health.BROKEN:
            return ""
        connection = finding.connection_id.sudo()
        datasets = connection.dataset_ids.filtered(
            lambda dataset: dataset.state == "paused" and not dataset.has_access_token
        )
        pages = connection.page_ids.filtered(lambda page: page.state == "reconnect")
        words = []
        if datasets:
            names = ", ".join(datasets.mapped("name"))
            words.append(self.env._("No event is sent to: %s.", names))
        if pages:
            names = ", ".join(pages.mapped("name"))
            words.append(self.env._("No lead is read from: %s.", names))
        return " ".join(words)
