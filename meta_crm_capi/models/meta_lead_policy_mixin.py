from odoo import api, fields, models

#: What is done where the same person sent another form: see ``person_policy``.
NEW = "new"
LINK = "link"
JOIN = "join"


class MetaLeadPolicyMixin(models.AbstractModel):
    """What leads get, and what is done with a person who is here already.

    A Page holds it for all of its leads; its forms may differ in each point.
    """

    _name = "meta.lead.policy.mixin"
    _description = "Meta Lead Policy"

    lead_type = fields.Selection(
        [("lead", "Lead"), ("opportunity", "Opportunity")],
        help="Empty: as the sales team works. Leads are made only where Odoo's Leads "
        "are switched on, as nobody would see them otherwise.",
    )
    team_id = fields.Many2one(
        "crm.team",
        "Sales Team",
        check_company=True,
        help="The team that new leads go to.",
    )
    team_is_unfit = fields.Boolean(
        "Sales team does not fit", compute="_compute_team_is_unfit", compute_sudo=True
    )
    user_id = fields.Many2one(
        "res.users",
        "Salesperson",
        check_company=True,
        domain=[("share", "=", False)],
        help="Who gets new leads; empty leaves them to the team.",
    )
    user_is_unfit = fields.Boolean(
        "Salesperson does not fit", compute="_compute_user_is_unfit", compute_sudo=True
    )
    tag_ids = fields.Many2many("crm.tag", string="Tags")
    lang_id = fields.Many2one(
        "res.lang",
        "Language",
        help="The language in which these people are written to.",
    )
    country_id = fields.Many2one(
        "res.country",
        "Country",
        help="Where the form does not ask for the country. It also tells how to read "
        "phone numbers without a country code.",
    )
    person_policy = fields.Selection(
        [
            (NEW, "Make a new lead"),
            (LINK, "Make a new lead, marked as possible duplicate"),
            (JOIN, "Add it to the open lead"),
        ],
        "Same person again",
        help="When somebody sends a form who has an open lead in this company: the "
        "same e-mail address, else the same phone number. In each case Meta hears "
        "of the steps of both submissions. The same Meta lead never comes in twice.",
    )

    @api.depends("team_id", "company_id")
    def _compute_team_is_unfit(self):
        for record in self:
            team = record.team_id
            record.team_is_unfit = bool(team) and not record._is_fit_team(team)

    def _is_fit_team(self, team):
        """Whether leads of this company can be a sales team's."""
        return team.active and team.company_id in (
            self.company_id,
            self.env["res.company"],
        )

    @api.depends("user_id", "company_id")
    def _compute_user_is_unfit(self):
        for record in self:
            user = record.user_id
            record.user_is_unfit = bool(user) and not record._is_fit(user)

    def _is_fit(self, user):
        """Whether leads of this company can be given to a salesperson."""
        return user.active and self.company_id in user.company_ids
