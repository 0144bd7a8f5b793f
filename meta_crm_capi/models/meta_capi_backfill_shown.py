from datetime import timedelta

from babel.dates import format_timedelta

from odoo import api, fields, models
from odoo.tools import babel_locale_parse, format_datetime, get_lang

from ..protocol import funnel, funnel_backfill
from . import drain_forecast
from .meta_capi_backfill_line import PLANNED
from .meta_capi_backfill_plan import MOST_LEADS
from .meta_capi_event_expire import TOO_OLD_AGE
from .words import show

#: Events that came to nothing.
FAILED = ("refused", "expired", "cancelled")
#: What one event takes where nothing was sent lately that would tell (seconds).
USUAL_PACE = 0.005


class MetaCapiBackfill(models.Model):
    """A report of past steps in numbers, each with the steps behind it."""

    _inherit = "meta.capi.backfill"

    send_count = fields.Integer(
        "To send",
        compute="_compute_counts",
        help="Events that “Send” puts into the queue, or did.",
    )
    queued_count = fields.Integer(
        "Sent to the queue",
        compute="_compute_counts",
        help="Of these, the ones that are in the queue of their dataset or left it.",
    )
    skipped_count = fields.Integer(
        "Left out",
        compute="_compute_counts",
        help="Steps that were to be sent, until something happened since the plan.",
    )
    reported_count = fields.Integer(
        "Already reported",
        compute="_compute_counts",
        help="Steps of these days that Meta accepted, or that wait for it.",
    )
    not_sent_count = fields.Integer(
        "Not to send",
        compute="_compute_counts",
        help="Steps that are not reported, each with its reason.",
    )
    accepted_count = fields.Integer(
        "Accepted",
        compute="_compute_counts",
        help="Events of this report that Meta took.",
    )
    waiting_count = fields.Integer(
        "Waiting",
        compute="_compute_counts",
        help="Events of this report that have no answer of Meta's yet.",
    )
    failed_count = fields.Integer(
        "Came to nothing",
        compute="_compute_counts",
        help="Events of this report that Meta refused, that waited for too long, or "
        "that were cancelled.",
    )
    progress = fields.Float(
        compute="_compute_counts",
        aggregator=None,
    )
    board = fields.Json(
        compute="_compute_board",
        help="Step by step, and why the others are not sent.",
    )
    estimate = fields.Char(
        "Takes about",
        compute="_compute_estimate",
        help="By how fast this dataset's events went through lately.",
    )
    deadline_at = fields.Datetime(
        "First one expires",
        compute="_compute_estimate",
        help="From then on Meta finds the oldest of these events too old.",
    )
    notes = fields.Text(
        compute="_compute_estimate",
        help="What stands in the way of the sending.",
    )

    @api.depends("line_ids.kind", "state")
    def _compute_counts(self):
        lines = self.env["meta.capi.backfill.line"]
        kinds = {
            (plan, kind): count
            for plan, kind, count in lines._read_group(
                [("backfill_id", "in", self.ids)], ["backfill_id", "kind"], ["__count"]
            )
        }
        for plan in self:

            def count(*names, plan=plan._origin):
                return sum(kinds.get((plan, name), 0) for name in names)

            states = plan._count_events()
            plan.send_count = planned = count(*PLANNED)
            plan.queued_count = count("queued")
            plan.skipped_count = count("skipped")
            plan.reported_count = count(funnel_backfill.REPORTED)
            plan.not_sent_count = count(funnel_backfill.NOT_SENT)
            plan.accepted_count = sum(states.get("accepted", {}).values())
            plan.waiting_count = sum(states.get("queued", {}).values())
            plan.failed_count = sum(
                sum(states.get(state, {}).values()) for state in FAILED
            )
            settled = plan.accepted_count + plan.failed_count + plan.skipped_count
            if plan.state == "done":
                plan.progress = 100
            else:
                plan.progress = 100 * settled / planned if planned else 0

    def _count_events(self):
        """``{state: {(step, stage id): events}}`` of what this report queued."""
        found = {}
        if not self._origin.id:
            return found
        for step, stage, state, count in self.env["meta.capi.event"]._read_group(
            [
                (
                    "backfill_line_ids",
                    "any",
                    [
                        ("backfill_id", "=", self._origin.id),
                        ("kind", "=", "queued"),
                    ],
                )
            ],
            ["step", "stage_id", "state"],
            ["__count"],
        ):
            found.setdefault(state, {})[step, stage.id] = count
        return found

    # The table

    @api.depends("line_ids.kind", "state")
    @api.depends_context("lang", "tz")
    def _compute_board(self):
        for plan in self:
            plan.board = plan._describe_board()

    def _describe_board(self):
        """The table: steps in the pipeline's order, and the reasons.

        :return: ``{"is_sent", "steps": [{"step", "stage_id", "label", "send",
            "reported", "not_sent", "skipped", "accepted", "waiting", "failed"}],
            "reasons": [{"kind", "reason", "words", "count"}]}``: ``reason`` as it
            is stored, ``words`` as the reader reads it
        """
        lines = self.env["meta.capi.backfill.line"]
        steps, reasons = {}, {}
        for step, stage, kind, reason, count in lines._read_group(
            [("backfill_id", "=", self._origin.id)],
            ["step", "stage_id", "kind", "reason"],
            ["__count"],
        ):
            if step:
                counts = steps.setdefault((step, stage), dict.fromkeys(COLUMNS, 0))
                column = "send" if kind in PLANNED else kind
                counts[column] += count
                if kind == "skipped":
                    counts["skipped"] += count
            if kind in (funnel_backfill.NOT_SENT, "skipped"):
                key = kind, reason or ""
                reasons[key] = reasons.get(key, 0) + count
        for state, counts in self._count_events().items():
            column = {"accepted": "accepted", "queued": "waiting"}.get(state, "failed")
            for (step, stage_id), count in counts.items():
                stage = self.env["crm.stage"].browse(stage_id)
                if (step, stage) in steps:
                    steps[step, stage][column] += count
        labels = dict(lines._fields["step"]._description_selection(self.env))
        datasets = self.env["meta.capi.dataset"]
        return {
            "is_sent": self.state not in ("draft", "ready"),
            "steps": [
                {
                    "step": step,
                    "stage_id": stage.id,
                    "label": stage.name or labels[step],
                    "is_side": step == funnel.LOST,
                    **counts,
                }
                for (step, stage), counts in sorted(
                    steps.items(), key=lambda item: datasets._get_board_place(*item[0])
                )
            ],
            "reasons": [
                {
                    "kind": kind,
                    "reason": reason,
                    "words": show(self.env, reason) or "",
                    "count": count,
                }
                for (kind, reason), count in sorted(
                    reasons.items(), key=lambda item: (item[0][0], -item[1])
                )
            ],
        }

    # How long it takes, and what stands in its way

    @api.depends("line_ids.kind", "state")
    @api.depends_context("lang", "tz")
    def _compute_estimate(self):
        for plan in self:
            left = plan._count_left() if plan.state != "draft" else []
            oldest = min((oldest for _dataset, _count, oldest in left), default=None)
            plan.deadline_at = oldest and oldest + timedelta(seconds=TOO_OLD_AGE)
            ends = [plan._forecast(dataset, count) for dataset, count, _oldest in left]
            plan.estimate = plan._say_estimate(ends)
            plan.notes = plan._say_notes(left, ends) or False

    def _find_waiting_datasets(self):
        """The datasets in whose queue events of this report are."""
        groups = self.env["meta.capi.backfill.line"]._read_group(
            [
                ("backfill_id", "=", self._origin.id),
                ("kind", "=", "queued"),
                ("event_id.state", "=", "queued"),
            ],
            ["dataset_id"],
        )
        return self.env["meta.capi.dataset"].union(*(dataset for (dataset,) in groups))

    def _count_left(self):
        """``[(dataset, events still to queue, moment of the oldest)]``."""
        return self.env["meta.capi.backfill.line"]._read_group(
            [
                ("backfill_id", "=", self._origin.id),
                ("kind", "=", funnel_backfill.SEND),
            ],
            ["dataset_id"],
            ["__count", "event_time:min"],
        )

    def _forecast(self, dataset, count):
        """When these will be with Meta, behind what waits already.

        :rtype: drain_forecast.Forecast
        """
        overview = self.env["meta.overview"].sudo()
        now = overview._get_now()
        queue = self._get_queue(dataset, count)
        accepted = overview._get_accepted_lately({dataset.id: queue}, dataset)
        known = drain_forecast.forecast(
            queue,
            now=now,
            batch_size=dataset.batch_size,
            accepted=accepted.get(dataset.id, 0),
            sends=dataset.state not in ("paused", "stopped"),
            rests_until=dataset.resume_at or None,
        )
        if known.kind != drain_forecast.UNKNOWN:
            return known
        begin = max(filter(None, (now, dataset.resume_at or None)))
        needed = timedelta(seconds=queue.due * self._get_pace(dataset))
        return drain_forecast.Forecast(
            drain_forecast.ABOUT, begin + drain_forecast.CYCLE + needed
        )

    def _get_queue(self, dataset, count):
        waiting, since = self.env["meta.capi.event"]._read_group(
            [("dataset_id", "=", dataset.id), ("state", "=", "queued")],
            [],
            ["__count", "create_date:min"],
        )[0]
        waiting += count
        return drain_forecast.Queue(waiting, waiting, oldest=since or None)

    def _get_pace(self, dataset):
        """Seconds that an event took in the dataset's last exchanges."""
        logs = self.env["meta.sync.log"].search(
            [
                ("dataset_id", "=", dataset.id),
                ("kind", "=", "events"),
                ("outcome", "=", "accepted"),
                ("event_count", ">", 1),
            ],
            order="id DESC",
            limit=20,
        )
        events = sum(logs.mapped("event_count"))
        if not events:
            return USUAL_PACE
        return sum(logs.mapped("duration_ms")) / events / 1000

    def _say_estimate(self, ends):
        """How long until the last of them is with Meta."""
        moments = [end.at for end in ends if end.at]
        if not moments:
            return False
        needed = max(moments) - self.env["meta.overview"]._get_now()
        lang = get_lang(self.env)
        return format_timedelta(
            max(needed, drain_forecast.CYCLE),
            granularity="minute",
            locale=babel_locale_parse(lang.code),
        )

    def _say_notes(self, left, ends):
        notes = []
        if self.is_capped:
            notes.append(
                self.env._(
                    "More leads were chosen: only the %s that changed last were looked "
                    "at. Choose fewer, or plan once more when these are done.",
                    MOST_LEADS,
                )
            )
        datasets = self.env["meta.capi.dataset"].union(*(one[0] for one in left))
        for dataset in datasets | self._find_waiting_datasets():
            notes += dataset._say_what_holds_it()
        for (dataset, count, oldest), end in zip(left, ends, strict=True):
            expires = oldest + timedelta(seconds=TOO_OLD_AGE)
            if end.at and end.at > expires:
                notes.append(
                    self.env._(
                        "Some events to “%(dataset)s” will be too old before their "
                        "turn comes: the first one on %(moment)s. (To send there: "
                        "%(count)s.)",
                        dataset=dataset.name,
                        moment=format_datetime(self.env, expires),
                        count=count,
                    )
                )
        return "\n".join(notes)


class MetaCapiDataset(models.Model):
    _inherit = "meta.capi.dataset"

    def _say_what_holds_it(self):
        """What keeps this dataset's events from being sent at once, in words."""
        self.ensure_one()
        if not self.active:
            return [
                self.env._(
                    "“%s” is archived: its events wait in the queue until it is "
                    "unarchived. After 7 days they are too old.",
                    self.name,
                )
            ]
        if self.state == "paused":
            return [
                self.env._(
                    "“%s” is paused: its events wait in the queue until it is resumed. "
                    "After 7 days they are too old.",
                    self.name,
                )
            ]
        if self.state == "resting" and self.resume_at:
            return [
                self.env._(
                    "“%(dataset)s” is resting until %(moment)s: Meta asked to slow "
                    "down.",
                    dataset=self.name,
                    moment=format_datetime(self.env, self.resume_at),
                )
            ]
        if standstill := self.sudo().standstill:
            return [show(self.env, standstill)]
        return []


class MetaCapiEvent(models.Model):
    _inherit = "meta.capi.event"

    backfill_line_ids = fields.One2many(
        "meta.capi.backfill.line",
        "event_id",
        "Reports of past steps",
        readonly=True,
        help="The reports of past steps that queued it, or found it there.",
    )


#: Numbers of one step.
COLUMNS = (
    "send",
    "reported",
    "not_sent",
    "skipped",
    "accepted",
    "waiting",
    "failed",
)
