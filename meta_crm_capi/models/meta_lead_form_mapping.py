from odoo import fields, models

from ..protocol import words as english


class MetaLeadForm(models.Model):
    """The screen on which an administrator decides where the answers go."""

    _inherit = "meta.lead.form"

    mapping_team_id = fields.Many2one(
        "crm.team", "Team of its leads", compute="_compute_mapping_team_id"
    )

    def _compute_mapping_team_id(self):
        for form in self:
            form.mapping_team_id = form._get_mapping_team()

    def _get_mapping_team(self):
        """The team that a new lead of this form gets.

        :rtype: crm.team
        """
        form = self._origin or self
        page = form.page_id or self.page_id
        company = page.company_id or self.env.company
        submission = self.env["meta.lead.submission"].sudo()
        return submission.new(
            {"form_id": form.id, "page_id": page.id, "company_id": company.id}
        )._get_team()

    def action_load_questions(self):
        """Read the form's name, questions and check boxes from Meta."""
        self.ensure_one()
        self.check_access("write")
        page = self.sudo().page_id
        trouble = None
        if not page._get_secret("access_token"):
            trouble = page._derive_token()
        if not trouble:
            with page._get_client() as graph:
                result = graph.read_form(self.meta_id)
            self.env["meta.sync.log"].sudo()._add_for_page(
                "form",
                page,
                result,
                form=self,
                asked=english._lt("Questions of the form"),
            )
            trouble = None if result.answer.accepted else result.answer
        if trouble:
            return self.env["meta.connection"]._notify(
                self.env._(
                    "Meta does not show this form: %s",
                    self.env["meta.lead.submission"]._in_words(trouble),
                ),
                "danger",
            )
        self._learn(page, {**(result.data or {}), "id": self.meta_id})
        return True
