import json

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import email_normalize

from ..models.meta_retention import PERIODS
from ..models.words import show

#: Parts of an event that tell nothing of a person beyond what is shown anyway.
_SHOWN_ELSEWHERE = frozenset(
    {"event_name", "event_time", "event_id", "action_source", "user_data"}
)


class MetaPersonReport(models.AbstractModel):
    """What was Meta told about this person: the answer to a request for access.

    Everything comes from the outbox rows and the frozen bodies, which hold exactly
    what was sent. It is read with the rights of who prints it: events of companies
    that they may not see are not in it, and the report names the companies that are.
    """

    _name = "report.meta_crm_capi.report_meta_person"
    _description = "What Meta was told about a person"

    @api.model
    def _get_report_values(self, docids, data=None):
        if not self.env.user.has_group("meta_crm_capi.group_meta_user"):
            raise AccessError(
                self.env._("Only Meta users may see what Meta was told about a person.")
            )
        leads = self.env["crm.lead"].browse(docids)
        leads.check_access("read")
        retention = self.env["meta.retention"]
        return {
            "doc_ids": docids,
            "doc_model": "crm.lead",
            "docs": leads,
            "persons": {lead.id: self._prepare_person(lead) for lead in leads},
            "days": {kind: retention._get_days(kind) for kind in PERIODS},
            "companies": self.env.companies,
            "printed_at": fields.Datetime.now(),
        }

    @api.model
    def _prepare_person(self, lead):
        """What the report shows for one lead."""
        events = lead.meta_event_ids | lead.meta_submission_ids.event_ids
        rows = [
            self._prepare_event(event)
            for event in events.sorted(lambda event: (event.event_time, event.id))
        ]
        return {
            "submissions": lead.meta_submission_ids,
            "told": [row for row in rows if row["was_sent"]],
            "not_told": [row for row in rows if not row["was_sent"]],
            "other_leads": self._find_other_leads(lead),
        }

    @api.model
    def _find_other_leads(self, lead):
        """Further Meta leads with the same e-mail address, archived ones too."""
        email = lead.email_normalized or email_normalize(lead.email_from or "")
        if not email:
            return lead.browse()
        return lead.with_context(active_test=False).search(
            Domain("email_normalized", "=", email)
            & Domain("id", "!=", lead.id)
            & Domain("meta_submission_ids", "!=", False)
        )

    @api.model
    def _prepare_event(self, event):
        was_sent = event.state == "accepted" or event._was_sent()
        is_anew = self._is_anew(event)
        # A body that was built since then may not have been sent.
        sent = self._read_body(event) if was_sent and not is_anew else {}
        return {
            "event": event,
            "was_sent": was_sent,
            "outcome": self._get_outcome(event),
            "reason": show(self.env, event.reason),
            "is_body_gone": was_sent and not event._get_bytes() and not is_anew,
            "is_anew": is_anew,
            "keys": self._prepare_keys(sent.get("user_data") or {}),
            "more": [
                (name, self._in_text(value))
                for name, value in sorted(sent.items())
                if name not in _SHOWN_ELSEWHERE
            ],
        }

    @api.model
    def _is_anew(self, event):
        """Whether it was sent, queued anew by a person, and not sent again since."""
        return event.sent_before and not event.tries and event.state != "accepted"

    @api.model
    def _get_outcome(self, event):
        """What became of an event, in words for the person that it is about."""
        if event.state == "accepted":
            return self.env._("Meta accepted it")
        if self._is_anew(event):
            return self.env._(
                "Sent to Meta before it was queued anew: Meta may have it"
            )
        if event.state == "refused" and event.tries:
            return self.env._("Sent to Meta, which refused it")
        if event.tries or event.is_sending:
            return self.env._("Sent to Meta without a clear answer: Meta may have it")
        states = dict(event._fields["state"]._description_selection(self.env))
        return states[event.state]

    @api.model
    def _read_body(self, event):
        """The frozen body, decoded; empty where there is none."""
        try:
            body = json.loads(event._get_bytes() or "{}")
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    @api.model
    def _prepare_keys(self, user_data):
        """``(label, Meta's name, texts that were sent)`` of each customer key."""
        labels = self.env["meta.capi.event"]._get_customer_key_labels()
        return [
            (
                labels.get(key, key),
                key,
                [
                    self._in_text(value)
                    for value in (values if isinstance(values, list) else [values])
                ],
            )
            for key, values in sorted(user_data.items())
        ]

    @api.model
    def _in_text(self, value):
        return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
