import json

from odoo import api, fields, models

from ..protocol import lead as meta_lead

#: Newest submissions of a form that are looked through.
SAMPLED = 20
SAMPLE_LENGTH = 80


class MetaLeadQuestion(models.Model):
    """What people answered, to those who decide where it goes."""

    _inherit = "meta.lead.question"

    sample = fields.Char(
        "Sample answer",
        compute="_compute_sample",
        groups="meta_crm_capi.group_meta_administrator",
        help="What the newest lead that answered this question said.",
    )
    choices = fields.Char(
        compute="_compute_choices", help="The choices that the form offers."
    )

    @api.depends("options")
    def _compute_choices(self):
        for question in self:
            question.choices = ", ".join((question.options or {}).values())

    @api.depends("key", "options")
    def _compute_sample(self):
        """From the answers that are stored: nothing is stored a second time."""
        for form, questions in self.grouped("form_id").items():
            samples = questions._get_samples(form._origin)
            for question in questions:
                shown = samples.get(meta_lead.same_key(question.key or ""), "")
                if len(shown) > SAMPLE_LENGTH:
                    shown = shown[:SAMPLE_LENGTH] + "…"
                question.sample = shown

    @api.model
    def _get_samples(self, form):
        """``{question key without its spelling: newest answer}`` of a form."""
        samples = {}
        if not form:
            return samples
        rows = self.env["meta.lead.submission"].search(
            [("form_id", "=", form.id), ("answers", "!=", False)], limit=SAMPLED
        )
        questions = form.question_ids._as_protocol()
        for row in rows:
            try:
                lead = meta_lead.parse(json.loads(row.answers), questions)
            except ValueError:
                continue
            for answer in lead.answers:
                if answer.values:
                    samples.setdefault(meta_lead.same_key(answer.name), answer.shown)
        return samples
