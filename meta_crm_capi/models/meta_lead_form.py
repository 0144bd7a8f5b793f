from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..protocol import address
from ..protocol import lead as meta_lead
from ..protocol.text import scalar_text


class MetaLeadForm(models.Model):
    """An instant form of a Page, with its questions and where their answers go."""

    _name = "meta.lead.form"
    _description = "Meta Lead Form"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    meta_id = fields.Char(
        "Form ID",
        required=True,
        copy=False,
        help="The number of the form at Meta. “Load forms” on the Page brings it in.",
    )
    active = fields.Boolean(default=True)
    page_id = fields.Many2one(
        "meta.lead.page",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(
        related="page_id.company_id", store=True, index=True, precompute=True
    )
    dataset_id = fields.Many2one(
        "meta.capi.dataset",
        ondelete="restrict",
        check_company=True,
        help="Where the steps of this form's leads are reported. Empty: the Page's.",
    )
    question_ids = fields.One2many(
        "meta.lead.question",
        "form_id",
        "Questions",
        help="The form's questions, and where the answers go.",
    )
    consent_labels = fields.Json(
        "Texts of the check boxes",
        readonly=True,
        help="The text of each check box of the disclaimer, by its key.",
    )
    submission_ids = fields.One2many("meta.lead.submission", "form_id", "Submissions")
    submission_count = fields.Integer(
        "Number of submissions",
        compute="_compute_submission_count",
        help="How often this form was filled in.",
    )

    _meta_id_unique = models.Constraint("UNIQUE(meta_id)", "This form is here already.")

    @api.depends("submission_ids")
    def _compute_submission_count(self):
        counts = dict(
            self.env["meta.lead.submission"]._read_group(
                [("form_id", "in", self.ids)], ["form_id"], ["__count"]
            )
        )
        for form in self:
            form.submission_count = counts.get(form, 0)

    @api.constrains("meta_id")
    def _check_meta_id(self):
        for form in self:
            try:
                address.checked_id(form.meta_id)
            except ValueError as error:
                raise ValidationError(
                    self.env._("A form ID has digits only, not “%s”.", form.meta_id)
                ) from error

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("meta_id"):
                vals["meta_id"] = vals["meta_id"].strip()
        forms = super().create(vals_list)
        self.env["meta.capi.rule"]._forget_funnels()
        return forms

    def write(self, vals):
        result = super().write(vals)
        if "dataset_id" in vals:
            self.env["meta.capi.rule"]._forget_funnels()
        return result

    def action_open_submissions(self):
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "meta_crm_capi.meta_lead_submission_action"
            ),
            "domain": [("form_id", "=", self.id)],
            "context": {},
        }

    @api.model
    def _find(self, meta_ids):
        """The forms with these ids, archived ones too."""
        forms = self.with_context(active_test=False)
        return forms.search([("meta_id", "in", meta_ids)])

    @api.model
    def _learn(self, page, node):
        """Keep a form that Meta described; answers of known questions stay mapped.

        :param page: the ``meta.lead.page`` record it belongs to
        :param dict node: a form node of the Graph API
        :rtype: meta.lead.form
        """
        meta_id = str(node["id"])
        form = self._find([meta_id])
        if not form:
            form = self.create(
                {
                    "meta_id": meta_id,
                    "name": scalar_text(node.get("name")) or meta_id,
                    "page_id": page.id,
                }
            )
        form.consent_labels = meta_lead.consent_labels(node)
        questions = node.get("questions")
        form.question_ids._learn(form, questions if isinstance(questions, list) else [])
        return form
