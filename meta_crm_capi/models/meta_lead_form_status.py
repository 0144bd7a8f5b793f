from odoo import api, fields, models

from ..protocol.text import scalar_text

#: Meta's words for a form that nobody can fill in (reference of LeadGenForm).
ENDED = ("ARCHIVED", "DELETED", "DRAFT")


class MetaLeadForm(models.Model):
    """What Meta says of the form itself, and whether a person has looked at it."""

    _inherit = "meta.lead.form"

    status = fields.Char(
        "Status at Meta",
        readonly=True,
        copy=False,
        help="ACTIVE, ARCHIVED, DELETED or DRAFT. A form that is archived at Meta "
        "stays here with its leads.",
    )
    locale = fields.Char(
        readonly=True, copy=False, help="The form's language, as Meta says it: de_DE."
    )
    leads_count = fields.Integer(
        "Leads at Meta",
        readonly=True,
        copy=False,
        help="How many leads Meta counted when the form was last read: daily, and with "
        "“Load forms” on the Page.",
    )
    forms_read_at = fields.Datetime("Read from Meta", related="page_id.forms_read_at")
    needs_mapping = fields.Boolean(
        "To map",
        copy=False,
        help="Odoo learned this form by itself. Its leads come in with the suggested "
        "fields; somebody should look at where the answers go.",
    )

    def action_mapping_done(self):
        """Somebody has looked at the mapping and found it right."""
        self.check_access("write")
        self.needs_mapping = False
        return True

    @api.model
    def _learn(self, page, node):
        is_new = not self._find([str(node["id"])])
        form = super()._learn(page, node)
        form._keep_status(node)
        if is_new and form.status not in ENDED:
            form.needs_mapping = True
        return form

    def _is_told_by(self, node):
        """Whether everything a form node tells of the questions is here already.

        A published form cannot be changed at Meta, only duplicated.
        """
        questions = node.get("questions")
        count = len(questions) if isinstance(questions, list) else 0
        return bool(
            self and count <= len(self.question_ids) and self.consent_labels is not None
        )

    def _keep_status(self, node):
        """Note what may change about a form; a name that a person gave stays."""
        self.ensure_one()
        count = node.get("leads_count")
        is_count = type(count) is int and 0 <= count < 2**31
        values = {
            "status": (scalar_text(node.get("status")) or self.status or "").upper(),
            "locale": scalar_text(node.get("locale")) or self.locale,
            "leads_count": count if is_count else self.leads_count,
        }
        changed = {name: value for name, value in values.items() if self[name] != value}
        if changed:
            self.write(changed)


class MetaLeadQuestion(models.Model):
    _inherit = "meta.lead.question"

    def write(self, vals):
        result = super().write(vals)
        if "field_id" in vals:
            self.form_id.filtered("needs_mapping").needs_mapping = False
        return result
