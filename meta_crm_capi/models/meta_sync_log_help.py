from odoo import api, fields, models

from ..protocol import anchors, answer_lookup
from . import errors_page
from .words import Words


class MetaSyncLog(models.Model):
    """What an answer of Meta's means and what a person can do about it.

    Computed from the codes, so that it is up to date whenever the row was written.
    """

    _inherit = "meta.sync.log"

    words = Words(
        compute="_compute_help",
        help="What Meta said, or why no answer came.",
    )
    meaning = Words(compute="_compute_help")
    cure = Words("What to do", compute="_compute_help")
    help_url = fields.Char(
        "Read more",
        compute="_compute_help",
        help="The same and its neighbours on the page of errors and reasons.",
    )

    def action_open_events(self):
        """The events of which this was Meta's last answer, by its trace ID."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "meta_crm_capi.meta_capi_event_action"
        )
        return {
            **action,
            "domain": [
                ("dataset_id", "=", self.dataset_id.id),
                ("trace_id", "=", self.trace_id),
            ],
            "context": {},
            "help": self.env._(
                "These events were tried again since, or are deleted: each shows "
                "Meta's newest answer."
            ),
        }

    @api.depends("direction", "outcome", "code", "subcode", "message")
    def _compute_help(self):
        for log in self:
            message = log.message or ""
            rule = None
            # What Meta sends us has no code, and needs no explanation.
            if log.direction == "out":
                verdict = "retry" if log.outcome == "unclear" else log.outcome
                rule = answer_lookup.find_told(verdict, log.code, log.subcode, message)
            known = (rule.meaning, rule.cure) if rule else ()
            said = [line for line in message.splitlines() if line not in known]
            log.words = "\n".join(said) or False
            log.meaning = rule and rule.meaning
            log.cure = rule and rule.cure
            log.help_url = rule and errors_page.url(anchors.of_rule(rule))
