from collections import Counter, defaultdict
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from odoo import fields, models
from odoo.tools import SQL

from ..protocol import funnel_replay
from ..protocol.funnel import RAW_LEAD
from . import consent
from .meta_capi_dataset_kind import MESSAGING

#: No dry run looks at more leads: those that changed last.
MOST_LEADS = 5000

#: What Odoo tracks of a lead and decides about its steps, with its name in
#: :class:`funnel_replay.State`.
TRACKED = {
    "stage_id": "stage_id",
    "team_id": "team_id",
    "type": "is_opportunity",
    "won_status": "is_lost",
}


class DryRun(NamedTuple):
    """What the moves of a period would have sent. Steps are ``(step, stage id)``."""

    #: How often each step would have been sent.
    sent: Counter
    #: ``{step: {reason: how often it would not}}``
    not_sent: dict
    #: Every submission that is in a number.
    submission_ids: list
    #: The submissions of each number: ``{(step, reason or None): [ids]}``
    behind: dict
    #: What was queued in fact, of the same leads: ``{step: (events, accepted)}``
    in_fact: dict
    leads: int
    #: Leads whose history has a hole; they are in no other number.
    incomplete: int
    #: Whether more leads changed in the period than a dry run looks at.
    is_capped: bool


class MetaCapiDataset(models.Model):
    """The dry run: the moves of the last days by the rules of today.

    Odoo's own history of each lead (its tracking values) is lived through again by
    :mod:`..protocol.funnel_replay`, as if mapping, policies and consent had always been
    what they are now, and Meta had accepted everything. Nothing is written.
    """

    _inherit = "meta.capi.dataset"

    def _run_dry(self, days):
        """What the moves of the last days would have sent to this dataset.

        A dataset that was stopped is taken as if it ran.

        :param int days: the period's length; it ends now
        :rtype: DryRun
        """
        self.ensure_one()
        since = fields.Datetime.now() - timedelta(days=days)
        found = self._find_leads_changed(since)
        is_capped = len(found) > MOST_LEADS
        del found[MOST_LEADS:]
        self.env["meta.capi.event"]._add_consents(found)
        histories = self._find_histories({row["lead_id"]: row["now"] for row in found})
        sent, not_sent = Counter(), defaultdict(Counter)
        behind = defaultdict(list)
        whole = [row for row in found if histories[row["lead_id"]] is not None]
        looked_at = [row["submission_id"] for row in whole]
        for row in whole:
            for step, reason in self._replay(row, histories[row["lead_id"]], since):
                key = step.step, step.stage_id
                behind[key, reason or None].append(row["submission_id"])
                if reason:
                    not_sent[key][reason] += 1
                else:
                    sent[key] += 1
        return DryRun(
            sent,
            not_sent,
            looked_at,
            behind,
            self._count_in_fact(looked_at, since),
            leads=len(whole),
            incomplete=len(found) - len(whole),
            is_capped=is_capped,
        )

    def _replay(self, row, history, since):
        """The steps of one submission in the period, each with why it is not sent."""
        rules = self.env["meta.capi.rule"]
        dataset = rules._get_funnels().datasets[self.id]
        against_all = consent.reason_against(row["consent"], dataset.unknown_consent)
        for moment, step in funnel_replay.replay(
            partial(rules._get_pipeline, self.id),
            row["arrived"],
            row["now"],
            history,
            submitted_at=row["submitted_at"],
            fill_skipped_steps=dataset.fill_skipped_steps,
            every_entry=dataset.every_entry,
            backward_moves=dataset.backward_moves,
        ):
            if dataset.kind == MESSAGING and step.step == RAW_LEAD and not step.rule:
                continue
            if moment >= since and not (against_all and step.skipped):
                yield step, against_all or step.reason

    def _find_leads_changed(self, since):
        """The dataset's submissions that came in or whose lead changed since then.

        One more than :data:`MOST_LEADS` where there are more; the newest first.

        :rtype: list[dict]
        """
        for model in ("crm.lead", "meta.capi.event", "meta.lead.submission"):
            self.env[model].flush_model()
        consent.flush(self.env)
        own = self.env["meta.lead.submission"]._search(self._get_own_leads_domain())
        cr = self.env.cr
        # A submission that joined a lead which was there already left an event as it
        # did; without one, it came in when it was made.
        cr.execute(
            SQL(
                """
                SELECT submission.id AS submission_id, lead.id AS lead_id,
                       FLOOR(EXTRACT(EPOCH FROM submission.submitted_at))::bigint
                           AS submitted_at,
                       CASE WHEN lead.create_date >= submission.create_date
                            THEN lead.create_date
                            ELSE COALESCE((SELECT MIN(event.create_date)
                                             FROM meta_capi_event event
                                            WHERE event.submission_id = submission.id),
                                          submission.create_date)
                       END AS arrived,
                       lead.stage_id, lead.type, lead.won_status, lead.team_id,
                       lead.partner_id, lead.meta_consent
                  FROM meta_lead_submission submission
                  JOIN crm_lead lead ON lead.id = submission.lead_id
                 WHERE submission.id IN %s
                   AND (lead.write_date >= %s OR submission.create_date >= %s)
              ORDER BY lead.write_date DESC, submission.id DESC
                 LIMIT %s
                """,
                own.subselect(),
                since,
                since,
                MOST_LEADS + 1,
            )
        )
        found = cr.dictfetchall()
        for row in found:
            row["now"] = funnel_replay.State(
                row["stage_id"],
                row["type"] == "opportunity",
                row["won_status"] == "lost",
                row["team_id"],
            )
        return found

    def _find_histories(self, states):
        """The moves of these leads, as Odoo tracked them.

        :param dict states: ``{lead id: how it looks now}``
        :return: ``{lead id: list[funnel_replay.Move]}``; None where there is a hole
        """
        model_fields = self.env["ir.model.fields"].sudo()
        names = {model_fields._get("crm.lead", name).id: name for name in TRACKED}
        readers = self._get_tracking_readers()
        self.env["mail.message"].flush_model()
        self.env["mail.tracking.value"].flush_model()
        changes = defaultdict(dict)
        # Of one message is what one transaction changed.
        for lead_id, message_id, moment, field_id, *values in self.env.execute_query(
            SQL(
                """
                SELECT message.res_id, message.id, message.create_date, value.field_id,
                       value.old_value_integer, value.old_value_char,
                       value.new_value_integer, value.new_value_char
                  FROM mail_message message
                  JOIN mail_tracking_value value
                    ON value.mail_message_id = message.id
                 WHERE message.model = 'crm.lead'
                   AND message.res_id = ANY(%s)
                   AND value.field_id = ANY(%s)
              ORDER BY message.id, value.id
                """,
                list(states),
                list(names),
            )
        ):
            name = names[field_id]
            change = changes[lead_id].setdefault(
                message_id, funnel_replay.Change(moment, {})
            )
            read = readers[name]
            change.values[TRACKED[name]] = read(*values[:2]), read(*values[2:])
        return {
            lead_id: funnel_replay.moves(now, list(changes[lead_id].values()))
            for lead_id, now in states.items()
        }

    def _get_tracking_readers(self):
        """How to read what was tracked of each field: ``{name: function}``.

        Of a selection Odoo keeps the label alone, in the language of who changed it.
        """
        selections = self.env["ir.model.fields.selection"].sudo()
        selections.flush_model()
        labels = defaultdict(lambda: defaultdict(set))
        for name, value, translations in self.env.execute_query(
            SQL(
                """
                SELECT field.name, selection.value, selection.name
                  FROM ir_model_fields_selection selection
                  JOIN ir_model_fields field ON field.id = selection.field_id
                 WHERE field.model = 'crm.lead' AND field.name = ANY(%s)
                """,
                ["type", "won_status"],
            )
        ):
            for label in translations.values():
                labels[name][label].add(value)

        def read_record(number, _label):
            return number or None

        def read_choice(name, wanted):
            def read(_number, label):
                meant = labels[name].get(label or "", ())
                # A label that nobody knows any more fits nothing: a hole.
                return wanted in meant if len(meant) == 1 or not label else None

            return read

        return {
            "stage_id": read_record,
            "team_id": read_record,
            "type": read_choice("type", "opportunity"),
            "won_status": read_choice("won_status", "lost"),
        }

    def _count_in_fact(self, submission_ids, since):
        """What was queued since then: ``{(step, stage id): (events, accepted)}``."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT step, stage_id, COUNT(*),
                       COUNT(*) FILTER (WHERE state = 'accepted')
                  FROM meta_capi_event
                 WHERE dataset_id = %s AND submission_id = ANY(%s)
                   AND create_date >= %s AND state != 'not_sent'
              GROUP BY step, stage_id
                """,
                self.id,
                submission_ids,
                since,
            )
        )
        return {
            (step, stage_id): (events, accepted)
            for step, stage_id, events, accepted in rows
        }
