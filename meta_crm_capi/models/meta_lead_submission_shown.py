import json

from markupsafe import Markup

from odoo import api, fields, models

from ..protocol import lead as meta_lead
from .meta_lead_submission_utm import SOURCES


class MetaLeadSubmission(models.Model):
    """A submission as people read it: where it came from and what was answered."""

    _inherit = "meta.lead.submission"

    platform_name = fields.Char(
        "Shown on", compute="_compute_platform_name", help="Where the form was shown."
    )
    answer_table = fields.Html(
        "Questions and answers",
        compute="_compute_answer_table",
        sanitize=False,
        help="Each question of the form with the person's answer, and the check boxes. "
        "Only for who may read the lead.",
    )

    @api.depends("platform")
    def _compute_platform_name(self):
        for row in self:
            platform = (row.platform or "").strip()
            _xml_id, name = SOURCES.get(platform.lower(), (None, platform))
            row.platform_name = name

    @api.depends("answers", "lead_id", "form_id.question_ids", "form_id.consent_labels")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_answer_table(self):
        # The answers are the lead's: who may not read it may not read them here.
        readable = set(self.lead_id._filtered_access("read")._ids)
        for row in self:
            shown = (
                row.sudo()._get_answers_shown() if row.lead_id.id in readable else ()
            )
            row.answer_table = shown and _table(shown)

    def _get_answers_shown(self):
        """``(question, answer)`` of what the person was asked, the skipped ones too."""
        self.ensure_one()
        try:
            lead = meta_lead.parse(
                json.loads(self.answers or "null"),
                self.form_id.question_ids._as_protocol(),
                self.form_id.consent_labels,
            )
        except ValueError:
            # Typed or imported without answers, or erased.
            return []
        asked = [(answer.label, answer.shown) for answer in lead.answers]
        ticked = {True: self.env._("yes"), False: self.env._("no")}
        return asked + [
            (consent.label or consent.key, ticked[consent.checked])
            for consent in lead.consents
        ]


def _table(shown):
    rows = Markup().join(
        Markup("<tr><th class='fw-normal text-muted'>%s</th><td>%s</td></tr>")
        % (label, answer or "–")
        for label, answer in shown
    )
    return Markup("<table class='o_meta_answers'><tbody>%s</tbody></table>") % rows
