from odoo import models

from ..protocol import locale


class MetaLeadSubmission(models.Model):
    """To whom new leads go: what the form says, else its Page."""

    _inherit = "meta.lead.submission"

    def _prepare_assignment(self):
        """To whom the leads of these submissions go, which are all of one form."""
        form, page = self.form_id, self.page_id
        (form or page).ensure_one()
        team = self._get_team()
        return {
            "type": self._get_lead_type(team),
            "team_id": team.id,
            "user_id": self._get_salesperson().id,
            "company_id": self.company_id.id,
            "tag_ids": (form.tag_ids or page.tag_ids).ids,
        }

    def _prepare_defaults(self):
        return {
            **super()._prepare_defaults(),
            "lang_id": self._get_language_id(),
            "country_id": (self.form_id.country_id or self.page_id.country_id).id,
        }

    def _get_team(self):
        """The team chosen, else the first one of the company, else of all companies.

        Odoo's own default looks for the teams of the user, which is nobody here. The
        context may hold what was found for all submissions of the form.
        """
        if "meta_team_id" in self.env.context:
            team_id = self.env.context["meta_team_id"]
            return self.env["crm.team"].browse(team_id or ())
        for record in (self.form_id, self.page_id):
            if record._is_fit_team(record.team_id):
                return record.team_id
        teams = self.env["crm.team"].search(
            [("company_id", "in", (self.company_id.id, False))]
        )
        return teams.filtered("company_id")[:1] or teams[:1]

    def _get_salesperson(self):
        """Whom the leads are given to; nobody where the team is to assign them."""
        form, page = self.form_id, self.page_id
        if form.user_id:
            return form.user_id.filtered(form._is_fit)
        if form.leave_to_team:
            return form.user_id
        return page.user_id.filtered(page._is_fit)

    def _get_lead_type(self, team):
        if not self.env["res.groups"]._is_feature_enabled("crm.group_use_lead"):
            return "opportunity"
        chosen = self.form_id.lead_type or self.page_id.lead_type
        return chosen or ("lead" if team.use_leads else "opportunity")

    def _get_language_id(self):
        """The language chosen, else the installed one that fits the form best."""
        languages = self.env["res.lang"]
        chosen = (self.form_id.lang_id or self.page_id.lang_id).filtered("active")
        if chosen:
            return chosen.id
        installed = [code for code, _name in languages.get_installed()]
        code = locale.match(self.form_id.locale or "", installed)
        return languages._get_data(code=code).id if code else False
