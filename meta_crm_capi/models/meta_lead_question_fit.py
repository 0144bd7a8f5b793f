"""Whether what a question asks can be written to what it is mapped to."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..protocol.lead import Answer
from .answer_values import PROPERTY, AnswerValues
from .meta_lead_question import ANSWER_FIELDS

_TEXTS = {"char", "text", "html"}
_CHOICES = {"selection", "many2one", "many2many", "tags"}
_DATES = {"date", "datetime"}
_FIGURES = {"integer", "float", "monetary"}
#: The types of places that can hold the answers to Meta's types of questions. A type
#: that is not named, such as CUSTOM, may ask for anything.
_HOLDS = {
    **dict.fromkeys(
        (
            "EMAIL",
            "FULL_NAME",
            "FIRST_NAME",
            "LAST_NAME",
            "PHONE",
            "PHONE_OTP",
            "STREET_ADDRESS",
            "ADDRESS_LINE_TWO",
            "USER_PROVIDED_PHONE_NUMBER",
            "WEBSITE",
            "WHATSAPP_NUMBER",
            "WORK_EMAIL",
            "WORK_PHONE_NUMBER",
        ),
        _TEXTS,
    ),
    **dict.fromkeys(
        (
            "CITY",
            "COMPANY_NAME",
            "COUNTRY",
            "EDUCATION_LEVEL",
            "GENDER",
            "JOB_TITLE",
            "MARITIAL_STATUS",
            "MILITARY_STATUS",
            "PROVINCE",
            "RELATIONSHIP_STATUS",
            "STATE",
        ),
        _TEXTS | _CHOICES,
    ),
    "DOB": _TEXTS | _DATES,
    "DATE_TIME": _TEXTS | _DATES,
    "SLIDER": _TEXTS | _CHOICES | _FIGURES,
}
#: Answers to these name no record of another kind.
_RELATIONS = {
    "COUNTRY": {"res.country", "res.country.group"},
    "STATE": {"res.country.state"},
    "PROVINCE": {"res.country.state"},
}


class MetaLeadQuestion(models.Model):
    _inherit = "meta.lead.question"

    trouble = fields.Char(
        compute="_compute_trouble",
        help="Answers that will go to the notes although they are mapped.",
    )
    remark = fields.Char(
        "What happens",
        compute="_compute_trouble",
        help="Where the answers are kept in the notes, and why.",
    )

    @api.constrains("field_id", "property_id")
    def _check_target(self):
        """Refuse what can never hold an answer, in words that say what can."""
        for question in self.sudo():
            field, item = question.field_id, question.property_id
            if field and item:
                raise ValidationError(
                    self.env._(
                        "“%s” can go to a field of the lead or to a property of the "
                        "team, not to both.",
                        question._called(),
                    )
                )
            if field and not field.filtered_domain(ANSWER_FIELDS):
                raise ValidationError(
                    self.env._(
                        "An answer cannot be written to the field “%s”.",
                        field.field_description,
                    )
                )
            if item.company_id and item.company_id != question.company_id:
                raise ValidationError(
                    self.env._("“%s” is a property of another company.", item.name)
                )
            misfit = question._misfit(field or item)
            if misfit:
                raise ValidationError(misfit)

    @api.depends("field_id", "property_id", "options", "type", "form_id.question_ids")
    def _compute_trouble(self):
        for question in self:
            asked = question.sudo()
            question.trouble = (
                asked._misfit(asked.field_id or asked.property_id)
                or asked._trouble_of_property()
                or asked._trouble_of_choices()
                or asked._trouble_of_others()
            )
            is_mapped = asked.field_id or asked.property_id
            question.remark = question.trouble or (
                not is_mapped and self.env._("Kept in the notes")
            )

    def _called(self):
        return self.label or self.key

    def _misfit(self, target):
        """Why the answers can never be written there, or False.

        :param target: ``ir.model.fields`` or ``meta.lead.property``; may be empty
        """
        if not target:
            return False
        is_field = target._name == "ir.model.fields"
        kind = target.ttype if is_field else target.type
        name = target.field_description if is_field else target.name
        asked = (self.type or "").upper()
        relations = _RELATIONS.get(asked)
        if kind not in _HOLDS.get(asked, {kind}) or (
            target.relation and relations and target.relation not in relations
        ):
            return self.env._(
                "“%(question)s” asks for %(type)s. The field “%(field)s” (%(kind)s) "
                "cannot hold that. Choose a text field, or leave it empty: then the "
                "answers go to the notes.",
                question=self._called(),
                type=asked,
                field=name,
                kind=self._kind_in_words(kind),
            )
        unheld = self._unheld_options(target)
        if unheld and len(unheld) == len(self.options):
            return self.env._(
                "No choice of “%(question)s” can be written to “%(field)s” (%(kind)s): "
                "%(choices)s. Name the choices alike, choose a text field, or leave it "
                "empty: then the answers go to the notes.",
                question=self._called(),
                field=name,
                kind=self._kind_in_words(kind),
                choices=", ".join(unheld),
            )
        return False

    @api.model
    def _kind_in_words(self, kind):
        """Odoo's name of a field type, for people."""
        words = {
            "boolean": self.env._("yes or no"),
            "date": self.env._("a date"),
            "datetime": self.env._("a date and time"),
            "float": self.env._("a number"),
            "html": self.env._("text"),
            "char": self.env._("text"),
            "text": self.env._("text"),
            "integer": self.env._("a whole number"),
            "monetary": self.env._("an amount"),
            "many2one": self.env._("a choice of records"),
            "many2many": self.env._("a choice of records"),
            "selection": self.env._("a choice"),
            "tags": self.env._("tags"),
        }
        return words.get(kind, kind)

    def _unheld_options(self, target):
        """The labels of the choices that a field or property has no value for."""
        options = self.options or {}
        if not options:
            return []
        if target._name == "ir.model.fields":
            team, name = self.env["crm.team"], target.name
        else:
            team, name = target.team_id, PROPERTY + target.property_name
        company = self.company_id or self.form_id.company_id or self.env.company
        reader = AnswerValues(self.sudo().with_company(company).env, team)
        return [
            label
            for key, label in options.items()
            if not reader.hold(
                name, Answer(key, label, self.type or "", (key,), label, (label,))
            )
        ]

    def _trouble_of_property(self):
        item = self.property_id
        if not item:
            return False
        if not item.active:
            return self.env._(
                "The team “%s” has this property no more: the answers go to the notes.",
                item.team_id.name,
            )
        team = self.form_id._get_mapping_team()
        if item.team_id == team:
            return False
        return self.env._(
            "Leads of this form go to the team “%(team)s”; this property is one of "
            "“%(other)s”: the answers go to the notes.",
            team=team.name or "",
            other=item.team_id.name,
        )

    def _trouble_of_choices(self):
        target = self.field_id or self.property_id
        unheld = self._unheld_options(target) if target else []
        if not unheld:
            return False
        return self.env._("These choices go to the notes: %s", ", ".join(unheld))

    def _trouble_of_others(self):
        """Another question that fills the same field."""
        target = self._get_mapping()[self.key] if self.key else None
        others = (self.form_id.question_ids - self).filtered("key")
        if not target or target not in others._get_mapping().values():
            return False
        return self.env._(
            "Another question goes here too: the first that is answered is written, "
            "the other goes to the notes."
        )
