from markupsafe import Markup

from odoo import models

from ..protocol import lead as meta_lead
from .answer_values import NAME_PARTS, PROPERTY, AnswerValues


class MetaLeadSubmission(models.Model):
    """From the answers of a lead node to values and notes of the lead."""

    _inherit = "meta.lead.submission"

    def _prepare_answers(self, node, team=None, without=()):
        """Values of ``crm.lead`` for the answers, and what is left for its notes.

        :param dict node: the lead as Meta gave it
        :param team: ``crm.team`` of the lead, whose properties are filled; by default
            the one that a new lead of this submission gets
        :param without: targets that nothing may be written to
        :return: ``(values, notes)``; notes are ``(label, text)`` pairs of every answer
            that is in no field, or not whole, and of every check box
        :rtype: tuple[dict, list]
        """
        self.ensure_one()
        form = self.form_id
        questions = form.question_ids
        lead = meta_lead.parse(node, questions._as_protocol(), form.consent_labels)
        reader = AnswerValues(self.env, self._get_team() if team is None else team)
        reader.country_id = self._prepare_defaults().get("country_id")
        if "contact_name" in without:
            without = {*without, *NAME_PARTS}
        held, left = meta_lead.standard_values(
            lead,
            questions._get_mapping(),
            lambda target, answer: (
                None if target in without else reader.hold(target, answer)
            ),
        )
        values = {}
        for target, value in held.items():
            if target.startswith(PROPERTY):
                properties = values.setdefault("lead_properties", {})
                properties[target.removeprefix(PROPERTY)] = value
            else:
                values[target] = value
        notes = [(answer.label, answer.shown) for answer in left]
        notes += [
            (
                consent.label or consent.key,
                self.env._("yes") if consent.checked else self.env._("no"),
            )
            for consent in lead.consents
        ]
        return values, notes

    def _prepare_defaults(self):
        """Values of the lead for want of an answer: its country and language.

        A state without a country is looked up in that country.
        """
        return {}

    def _prepare_title(self, values):
        """The title of the lead, unless an answer is to be it.

        :param dict values: of the lead, as :meth:`_prepare_answers` gives them
        """
        person = values.get("contact_name") or values.get("email_from") or self.meta_id
        return (
            values.get("name") or f"{self.form_id.name or self.page_id.name}: {person}"
        )

    def _prepare_notes(self, notes):
        """HTML for the lead's notes: each question with its answer."""
        items = Markup().join(
            Markup("<li>%s: %s</li>") % (label, shown) for label, shown in notes
        )
        return Markup("<ul>%s</ul>") % items if items else False
