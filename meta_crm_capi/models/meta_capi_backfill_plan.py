from collections import defaultdict
from datetime import datetime, timedelta, timezone
from functools import partial

from odoo import SUPERUSER_ID, models
from odoo.fields import Command, Domain
from odoo.tools import SQL, split_every

from ..protocol import funnel_backfill, funnel_replay
from ..protocol import words as english
from .meta_capi_event_send import HEALING
from .meta_capi_rule_health import TAKEN_OUT

#: Leads of one plan; the ones that changed last.
MOST_LEADS = 20_000
#: Leads that are looked at together.
CHUNK = 500
#: So long a plan counts; an older one is made again before it is sent.
FRESH = timedelta(minutes=10)

NO_META_LEAD = english._lt("No Meta lead ID: this lead did not come from Meta.")
NO_HISTORY = english._lt(
    "Its history in Odoo has a hole: it was merged, or moved by something that leaves "
    "no trace in the chatter."
)
OTHER_DATASET = english._lt("It belongs to another dataset.")


class MetaCapiBackfill(models.Model):
    """The plan: each lead's own history by the rules of now, beside what Meta was told.

    The history is Odoo's tracking, as in the dry run; what it means is said by
    :mod:`..protocol.funnel_backfill`. The same code plans, and looks again right
    before something is queued.
    """

    _inherit = "meta.capi.backfill"

    def _make_plan(self):
        """Write the lines anew."""
        self.ensure_one()
        self._forget_plan()
        lead_ids = self._find_lead_ids()
        is_capped = len(lead_ids) > MOST_LEADS
        del lead_ids[MOST_LEADS:]
        looked_at = 0
        self.env.flush_all()
        for ids in split_every(CHUNK, lead_ids, list):
            values = self._prepare_lines(ids)
            looked_at += len({line["lead_id"] for line in values})
            self.env["meta.capi.backfill.line"]._insert(values)
            # However many there are, no more than a chunk is held.
            self.env["crm.lead"].invalidate_model()
        self.invalidate_recordset()
        self.write(
            {
                "state": "ready",
                "planned_at": self._get_now(),
                "lead_count": looked_at,
                "is_capped": is_capped,
            }
        )

    def _forget_plan(self):
        self.env["meta.capi.backfill.line"].search(
            [("backfill_id", "in", self.ids)]
        ).unlink()

    def _is_stale(self):
        return self.planned_at < self._get_now() - FRESH

    def _get_now(self):
        return self.env.cr.now().replace(microsecond=0)

    def _has_changed(self):
        """Plan again; whether it says something else now, which is then shown."""
        before = self._sum_up()
        self._make_plan()
        if self._sum_up() == before:
            return False
        self.reason = english._lt(
            "The plan was older than 10 minutes, so it was counted again: %(now)s"
            " events are to be sent, before it were %(before)s. Look at it, then"
            " press “Send” once more."
        ) % {
            "now": self.send_count,
            "before": sum(
                count for kind, *_step, count in before if kind == funnel_backfill.SEND
            ),
        }
        return True

    def _sum_up(self):
        """How many lines there are of each kind and step, to compare two plans."""
        groups = self.env["meta.capi.backfill.line"]._read_group(
            [("backfill_id", "=", self.id)],
            ["kind", "step", "stage_id", "reason"],
            ["__count"],
        )
        return sorted(
            (kind, step or "", stage.id or 0, reason or "", count)
            for kind, step, stage, reason, count in groups
        )

    def _find_lead_ids(self):
        """Those chosen, else those that something happened to in the last 7 days.

        One more than :data:`MOST_LEADS` where there are more.
        """
        if self.lead_ids:
            return self.lead_ids.ids[: MOST_LEADS + 1]
        since = self.env["meta.capi.event"]._get_oldest_sendable()
        leads = self.env["crm.lead"].with_context(active_test=False)
        domain = Domain("meta_submission_ids", "any", self._get_submissions_domain())
        domain &= Domain("write_date", ">=", since) | Domain(
            "meta_submission_ids.create_date", ">=", since
        )
        for name, field in (
            ("campaign_id", self.campaign_ids),
            ("stage_id", self.stage_ids),
            ("team_id", self.team_ids),
        ):
            if field:
                domain &= Domain(name, "in", field.ids)
        return leads.search(
            domain, order="write_date DESC, id DESC", limit=MOST_LEADS + 1
        ).ids

    def _get_submissions_domain(self):
        domain = Domain("company_id", "=", self.company_id.id)
        if self.page_ids:
            domain &= Domain("page_id", "in", self.page_ids.ids)
        if self.form_ids:
            domain &= Domain("form_id", "in", self.form_ids.ids)
        return domain

    def _prepare_lines(self, lead_ids):
        """What becomes of each step of these leads, as values of lines."""
        lines = []
        seen = set()
        for found, dataset, pasts in self._look_back(lead_ids):
            seen.add(found["lead_id"])
            if self.dataset_id and (not dataset or dataset.id != self.dataset_id.id):
                if not self.lead_ids:
                    continue
                pasts = [_not_at_all(OTHER_DATASET)]
            for past in pasts:
                lines.append(self._prepare_line(found, dataset, past))
        if self.lead_ids:
            for lead_id in lead_ids:
                if lead_id not in seen:
                    found = {"lead_id": lead_id, "submission_id": False}
                    past = _not_at_all(NO_META_LEAD)
                    lines.append(self._prepare_line(found, None, past))
        return lines

    def _prepare_line(self, found, dataset, past):
        values = {
            "backfill_id": self.id,
            "company_id": self.company_id.id,
            "lead_id": found["lead_id"],
            "submission_id": found["submission_id"],
            "dataset_id": dataset.id if dataset else False,
            "kind": past.kind,
            "reason": past.reason,
        }
        if past.told:
            values["event_id"] = past.told.id
        if step := past.step:
            moment = datetime.fromtimestamp(step.event_time, timezone.utc)
            values.update(
                step=step.step,
                stage_id=step.stage_id,
                event_name=step.rule.event_name if step.rule else False,
                event_time=moment.replace(tzinfo=None),
            )
        return values

    # The look back

    def _look_back(self, lead_ids):
        """What these leads' past would report now, submission by submission.

        :return: ``(what _find_moved tells, dataset, [funnel_backfill.Past])`` of each;
            the dataset is the cached one, or None
        """
        self = self.with_env(self.env(user=SUPERUSER_ID, su=True, context={}))
        events = self.env["meta.capi.event"]
        # One that was deleted meanwhile has no past.
        lead_ids = self.env["crm.lead"].browse(lead_ids).exists().ids
        own = set(self.env["meta.lead.submission"].search(self._of(lead_ids)).ids)
        moved = events._find_moved(lead_ids, [])
        found = [row for row in moved if row["submission_id"] in own]
        if not found:
            return []
        events._add_consents(found)
        funnels = self.env["meta.capi.rule"]._get_funnels()
        states = {row["lead_id"]: _as_state(row) for row in found}
        histories = self.env["meta.capi.dataset"]._find_histories(states)
        arrivals = self._find_arrivals([row["submission_id"] for row in found])
        told = self._find_told([row["submission_id"] for row in found])
        limit = events._get_oldest_sendable().replace(tzinfo=timezone.utc)
        looked = []
        routed = [(row, events._route(funnels, row)) for row in found]
        for row, dataset in events._merge_chats(routed, told):
            history = histories[row["lead_id"]]
            if history is None:
                looked.append((row, dataset, [_not_at_all(NO_HISTORY)]))
                continue
            pasts = funnel_backfill.look_back(
                partial(
                    self.env["meta.capi.rule"]._get_pipeline,
                    dataset.id if dataset else None,
                ),
                arrivals[row["submission_id"]],
                states[row["lead_id"]],
                history,
                told[row["submission_id"], dataset.id if dataset else None],
                oldest=int(limit.timestamp()),
                submitted_at=row["submitted_at"],
                against_all=events._get_reason_against_all(dataset, row),
                fill_skipped_steps=bool(dataset and dataset.fill_skipped_steps),
                every_entry=bool(dataset and dataset.every_entry),
                backward_moves=bool(dataset and dataset.backward_moves),
            )
            looked.append((row, dataset, pasts))
        return looked

    def _of(self, lead_ids):
        domain = Domain("lead_id", "in", lead_ids)
        if self.lead_ids:
            return domain & Domain("company_id", "=", self.company_id.id)
        return domain & self._get_submissions_domain()

    def _find_arrivals(self, submission_ids):
        """Since when each submission lives through what its lead does.

        A lead that another tool made, and that got its Meta lead ID later, did so from
        the beginning; one that was there before the person sent this form, from then.
        """
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT submission.id,
                           GREATEST(lead.create_date,
                                    COALESCE(submission.submitted_at,
                                             submission.create_date))
                      FROM meta_lead_submission submission
                      JOIN crm_lead lead ON lead.id = submission.lead_id
                     WHERE submission.id = ANY(%s)
                    """,
                    submission_ids,
                )
            )
        )

    def _find_told(self, submission_ids):
        """What was queued before of these submissions, whatever became of it.

        Not what was cancelled before anybody sent it, for a reason that may be gone.

        :return: ``{(submission id, dataset id): [funnel_backfill.Told]}``
        """
        self.env["meta.capi.event"].flush_model()
        told = defaultdict(list)
        for (
            submission_id,
            dataset_id,
            *event,
            moment,
            is_cancelled,
            row_id,
        ) in self.env.execute_query(
            SQL(
                """
                    SELECT submission_id, dataset_id, step, stage_id, event_name, entry,
                           state IN ('queued', 'accepted', 'unclear'),
                           state = 'expired',
                           FLOOR(EXTRACT(EPOCH FROM event_time))::bigint,
                           state = 'cancelled', id
                      FROM meta_capi_event
                     WHERE submission_id = ANY(%s)
                       AND state != 'not_sent'
                       AND NOT (state = 'cancelled' AND reason = ANY(%s)
                                AND tries = 0 AND sent_before IS NOT TRUE)
                  ORDER BY id
                    """,
                submission_ids,
                [*HEALING, TAKEN_OUT],
            )
        ):
            told[submission_id, dataset_id].append(
                funnel_backfill.Told(
                    funnel_replay.Reported(*event), moment, is_cancelled, row_id
                )
            )
        return told


def _as_state(found):
    """How the lead looks now."""
    return funnel_replay.State(*found["after"], found["team_id"])


def _not_at_all(reason):
    return funnel_backfill.Past(funnel_backfill.NOT_SENT, None, reason)


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def action_plan_backfill(self):
        """Plan to report the past steps of these leads; a plan for each company."""
        plans = self.env["meta.capi.backfill"]
        plans.check_access("create")
        self.check_access("read")
        for company, leads in self.grouped(CrmLead._get_backfill_company).items():
            plans += plans.create(
                {"company_id": company.id, "lead_ids": [Command.set(leads.ids)]}
            )
        plans.action_plan()
        action = {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "meta_crm_capi.meta_capi_backfill_action"
            ),
            "domain": [("id", "in", plans.ids)],
        }
        if len(plans) == 1:
            action.update(res_id=plans.id, views=[(False, "form")])
        return action

    def _get_backfill_company(self):
        """Whose Meta lead it is, where the lead itself is nobody's."""
        own = self.company_id or self.sudo().meta_submission_ids[:1].company_id
        return own.with_env(self.env) if own in self.env.companies else self.env.company
