from odoo import api, fields, models

from ..protocol import lead as meta_lead
from .answer_values import NAME_PARTS, PROPERTY

#: Types of fields that an answer can be read as.
ANSWER_TYPES = (
    "char",
    "text",
    "html",
    "integer",
    "float",
    "monetary",
    "boolean",
    "date",
    "datetime",
    "selection",
    "many2one",
)
#: Keys are unique, and PostgreSQL indexes none of any length (bytes).
LONGEST_KEY = 2500
#: Fields of crm.lead that no answer may decide: what the lead is, where it stands, whom
#: it belongs to, what Odoo works out, and what this addon fills itself.
NO_ANSWER_FIELDS = (
    "active",
    "automated_probability",
    "campaign_id",
    "color",
    "company_id",
    "date_closed",
    "date_conversion",
    "date_last_stage_update",
    "date_open",
    "description",
    "email_normalized",
    "id",
    "lost_reason_id",
    "medium_id",
    "message_bounce",
    "meta_consent",
    "partner_id",
    "phone_sanitized",
    "probability",
    "recurring_plan",
    "source_id",
    "stage_id",
    "team_id",
    "type",
    "user_id",
    "won_status",
)
#: Models of which a stranger's words may choose no record.
NO_ANSWER_MODELS = ("res.company", "res.partner", "res.users", "res.groups")
NO_ANSWER_ROOMS = ("crm.", "ir.", "mail.", "meta.", "utm.", "bus.", "base.")
#: Fields of crm.lead that an answer can be written to.
ANSWER_FIELDS = [
    ("model", "=", "crm.lead"),
    ("store", "=", True),
    ("readonly", "=", False),
    ("ttype", "in", ANSWER_TYPES),
    ("name", "not in", NO_ANSWER_FIELDS),
    "|",
    ("relation", "=", False),
    "&",
    ("relation", "not in", NO_ANSWER_MODELS),
    *["&"] * (len(NO_ANSWER_ROOMS) - 1),
    *[("relation", "not =like", f"{room}%") for room in NO_ANSWER_ROOMS],
]


class MetaLeadQuestion(models.Model):
    """A question of an instant form, and where its answers go: a field of the lead, a
    property of its team, or the notes."""

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
        help="Where the answer is written. Name, e-mail, phone, position, company, "
        "website, language and address go on to the contact when the lead gets one. "
        "Empty, and no property either: the answer goes to the notes.",
    )
    property_id = fields.Many2one(
        "meta.lead.property",
        "Property of the team",
        ondelete="set null",
        help="A property that the sales team gives to its leads. It is filled on leads "
        "of that team; on others the answer goes to the notes.",
    )

    _key_unique = models.Constraint(
        "UNIQUE(form_id, key)", "This form has a question with that key already."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Suggest a field for each question that comes without a decision."""
        for vals in vals_list:
            if not {"field_id", "property_id"} & set(vals):
                vals.update(self._suggest(vals))
        return super().create(vals_list)

    @api.onchange("key", "type")
    def _onchange_key(self):
        if self.key and not self.field_id and not self.property_id:
            form = self.form_id._origin or self.form_id
            self.update(
                self._suggest({"key": self.key, "type": self.type, "form_id": form.id})
            )

    @api.onchange("field_id")
    def _onchange_field_id(self):
        if self.field_id:
            self.property_id = False

    @api.onchange("property_id")
    def _onchange_property_id(self):
        if self.property_id:
            self.field_id = False

    @api.model
    def _suggest(self, vals):
        """Where a question usually goes.

        A form that was made anew from another one of its Page goes as that one; else
        Meta's type or the key decides, in the languages that forms are made in; else a
        property of the team, or a field made by hand, that is called like the question.

        :param dict vals: ``form_id key type label options`` of the question
        :return: values of ``field_id`` and ``property_id``
        :rtype: dict
        """
        key, question_type = vals.get("key") or "", vals.get("type") or "CUSTOM"
        form = self.env["meta.lead.form"].browse(vals.get("form_id"))
        twin = self._find_twin(form, key, question_type)
        if twin:
            return {"field_id": twin.field_id.id, "property_id": twin.property_id.id}
        fields_of = self.env["ir.model.fields"].sudo()
        name = meta_lead.question_field(key, question_type)
        if name:
            name = "contact_name" if name in NAME_PARTS else name
            field = fields_of._get("crm.lead", name)
            return {"field_id": field.id, "property_id": False}
        return self._suggest_by_name(vals, form)

    @api.model
    def _find_twin(self, form, key, question_type):
        """The same question of the Page's newest other form that decided on it.

        A published form cannot be changed: marketers duplicate it (a new form id with
        the same questions).
        """
        if not form.page_id:
            return self.browse()
        return self.with_context(active_test=False).search(
            [
                ("form_id.page_id", "=", form.page_id.id),
                ("form_id", "!=", form.id),
                ("key", "=", key),
                ("type", "=", question_type),
                "|",
                ("field_id", "!=", False),
                ("property_id", "!=", False),
            ],
            order="id desc",
            limit=1,
        )

    @api.model
    def _suggest_by_name(self, vals, form):
        """A property of the team or a field made by hand that is called so."""
        names = {
            meta_lead.same_key(text)
            for text in (vals.get("key"), vals.get("label"))
            if text
        } - {""}
        question = self.new({**vals, "form_id": form.id})
        properties = form._get_mapping_team().meta_property_ids if form else []
        for item in properties:
            if meta_lead.same_key(item.name) in names and not question._misfit(item):
                return {"field_id": False, "property_id": item.id}
        by_hand = self.env["ir.model.fields"].sudo()
        for field in by_hand.search([*ANSWER_FIELDS, ("state", "=", "manual")]):
            called = {
                meta_lead.same_key(field.name.removeprefix("x_")),
                meta_lead.same_key(field.field_description),
            }
            if called & names and not question._misfit(field):
                return {"field_id": field.id, "property_id": False}
        return {"field_id": False, "property_id": False}

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
            if len(question.key.encode()) > LONGEST_KEY:
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
        """``{question key: target, or None for a note}``.

        A target is a field of the lead, a part of a name, or ``lead_properties.`` with
        the name of a property.
        """
        mapping = {}
        for question in self.sudo():
            target = question.field_id.name
            part = meta_lead.question_field(question.key, question.type or "CUSTOM")
            if target == "contact_name" and part in NAME_PARTS:
                target = part
            elif question.property_id:
                target = PROPERTY + question.property_id.property_name
            mapping[question.key] = target or None
        return mapping
