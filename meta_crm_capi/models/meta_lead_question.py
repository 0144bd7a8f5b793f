from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..protocol import lead as meta_lead

#: Fields of crm.lead that an answer can be written to.
ANSWER_FIELDS = [
    ("model", "=", "crm.lead"),
    ("store", "=", True),
    ("readonly", "=", False),
    "|",
    ("ttype", "in", ("char", "text")),
    "&",
    ("ttype", "=", "many2one"),
    ("relation", "in", ("res.country", "res.country.state")),
]


class MetaLeadQuestion(models.Model):
    """A question of an instant form, mapped to a field of the lead or to its notes."""

    _name = "meta.lead.question"
    _description = "Meta Lead Form Question"
    _order = "form_id, sequence, id"
    _rec_name = "label"

    form_id = fields.Many2one(
        "meta.lead.form", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="form_id.company_id", store=True, precompute=True
    )
    sequence = fields.Integer(default=10)
    key = fields.Char(
        required=True, help="The name under which Meta delivers the answer."
    )
    label = fields.Char(help="The question as the person reads it.")
    type = fields.Char(
        default="CUSTOM", help="Meta's type of the question, such as FULL_NAME."
    )
    options = fields.Json(help="Meta's keys of the choices with their labels.")
    field_id = fields.Many2one(
        "ir.model.fields",
        "Field of the lead",
        ondelete="set null",
        domain=ANSWER_FIELDS,
        help="Empty: the answer goes to the notes with its question.",
    )

    _key_unique = models.Constraint(
        "UNIQUE(form_id, key)", "This form has a question with that key already."
    )

    @api.constrains("field_id")
    def _check_field(self):
        for question in self.sudo():
            field = question.field_id
            if field and not field.filtered_domain(ANSWER_FIELDS):
                raise ValidationError(
                    self.env._(
                        "An answer cannot be written to the field “%s”.",
                        field.field_description,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Suggest a field for each question that comes without a decision."""
        for vals in vals_list:
            if "field_id" not in vals:
                vals["field_id"] = self._suggest_field(
                    vals.get("key"), vals.get("type") or "CUSTOM"
                ).id
        return super().create(vals_list)

    @api.onchange("key", "type")
    def _onchange_key(self):
        if self.key and not self.field_id:
            self.field_id = self._suggest_field(self.key, self.type or "CUSTOM")

    @api.model
    def _suggest_field(self, key, question_type):
        """Return the field of crm.lead that a question usually goes to."""
        name = meta_lead.question_field(key or "", question_type)
        if name in ("first_name", "last_name"):
            name = "contact_name"
        if not name:
            return self.env["ir.model.fields"]
        return self.env["ir.model.fields"].sudo()._get("crm.lead", name)

    def _learn(self, form, nodes):
        """Add and refresh the questions that Meta lists; decisions stay.

        :param form: the ``meta.lead.form`` record
        :param list nodes: question nodes of the Graph API
        """
        known = {question.key: question for question in self}
        for position, node in enumerate(nodes):
            try:
                question = meta_lead.Question.from_node(node)
            except ValueError:
                # Without a key no answer could ever be told to be its own.
                continue
            values = {
                "sequence": position,
                "label": question.label or question.key,
                "type": question.type or "CUSTOM",
                "options": dict(question.options),
            }
            if question.key in known:
                known[question.key].write(values)
            else:
                new = self.create({"form_id": form.id, "key": question.key, **values})
                known[question.key] = new

    def _as_protocol(self):
        """The questions as :mod:`protocol.lead` takes them."""
        return [
            meta_lead.Question(
                key=question.key,
                label=question.label or question.key,
                type=question.type or "CUSTOM",
                options=question.options or {},
            )
            for question in self
        ]

    def _get_mapping(self):
        """``{question key: field of the lead, or None for a note}``."""
        mapping = {}
        for question in self.sudo():
            field = question.field_id.name
            part = meta_lead.question_field(question.key, question.type or "CUSTOM")
            if field == "contact_name" and part in ("first_name", "last_name"):
                field = part
            mapping[question.key] = field or None
        return mapping
