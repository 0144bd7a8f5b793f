import logging

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from . import own_record, queue
from .meta_lead_account import CHANNELS, KEEP, LEAD
from .meta_lead_submission_utm import FACEBOOK, INSTAGRAM, PAID

_logger = logging.getLogger(__name__)

#: Rows that one run looks at, the newest first.
MOST = 1000


class MetaLeadReferral(models.Model):
    """From a chat to the lead that it belongs to, by the policy of its account."""

    _inherit = "meta.lead.referral"

    def action_settle(self):
        """Find these people's open leads, else make new ones, whatever the policy."""
        self.check_access("read")
        self.env["meta.connection"]._check_administrator()
        rows = self.sudo()
        rows.lock_for_update()
        for row in rows:
            if row.state in ("waiting", "failed"):
                row._settle(may_create=True)
        if len(self) == 1 and self.lead_id:
            return self.action_open_lead()
        return None

    def action_open_lead(self):
        self.ensure_one()
        if not self.lead_id:
            raise UserError(self.env._("This chat has no lead."))
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.lead",
            "res_id": self.lead_id.id,
            "view_mode": "form",
        }

    @api.model
    def _cron_settle_referrals(self):
        """Do with waiting people what the policies say. Never raises."""
        try:
            waiting = self.search(
                [
                    ("state", "in", ("waiting", "failed")),
                    ("account_id.policy", "!=", KEEP),
                ],
                limit=MOST,
            )
            for row in waiting:
                queue.store(self.env, row._try_to_settle)
        except Exception as error:
            self.env.cr.rollback()
            _logger.error(
                "Chats from ads wait for the next run: %s", queue.describe(error)
            )

    def _try_to_settle(self):
        """Settle one row that nobody else works on; what fails is tried again."""
        row = self.try_lock_for_update()
        if not row or row.state not in ("waiting", "failed"):
            return
        try:
            with self.env.cr.savepoint():
                row._settle(may_create=row.account_id.policy == LEAD)
        except Exception as error:
            if queue.is_conflict(error):
                raise
            _logger.error(
                "No lead could be made of chat %s: %s", row.id, queue.describe(error)
            )
            row.state = "failed"

    def _settle(self, *, may_create):
        """Add the row to the person's open lead, or to a new one.

        :param bool may_create: make a lead where there is none; else the row waits
        """
        self.ensure_one()
        lead = self._find_lead()
        if not lead and may_create:
            lead = self._create_lead()
        if lead:
            # What its earlier chats reported counts too.
            lead._collect_moves()
            lead._collect_arrivals(self._give_lead(lead))

    def _find_lead(self):
        """The open lead of who wrote: an earlier chat's, else the one with the phone.

        Of several leads the one that is furthest.
        """
        company = self.company_id
        is_open = self.env["meta.lead.submission"]._get_open_domain(company)
        leads = self.env["crm.lead"]
        if self.user_meta_id:
            earlier = self.search(
                [
                    ("account_id", "=", self.account_id.id),
                    ("user_meta_id", "=", self.user_meta_id),
                    ("lead_id", "!=", False),
                ]
            )
            # The chat itself ties the lead to this company.
            leads = earlier.lead_id.filtered_domain(
                Domain("active", "=", True)
                & Domain("won_status", "=", "pending")
                & Domain("company_id", "in", (company.id, False))
            )
        if self.phone:
            leads = leads.search(
                is_open & Domain("phone_sanitized", "=", f"+{self.phone}")
            )
        return leads._sort_by_confidence_level(reverse=True)[:1]

    def _create_lead(self):
        company = self.company_id
        lead = (
            self.env["crm.lead"]
            .with_company(company)
            .with_context(
                default_user_id=False,
                mail_create_nosubscribe=True,
                mail_notify_force_send=False,
            )
            .create(self._prepare_lead())
        )
        lead._assign_userless_lead_in_team(self.env._("a chat from an ad"))
        return lead

    def _prepare_lead(self):
        """Values of the ``crm.lead`` of somebody known by a chat alone."""
        account, team = self.account_id, self._get_team()
        user = account.user_id
        is_fit = user.active and self.company_id in user.company_ids
        source = INSTAGRAM if self.channel == "instagram" else FACEBOOK
        find_or_create = own_record.find_or_create
        with_leads = self.env["res.groups"]._is_feature_enabled("crm.group_use_lead")
        return {
            "name": self.env._("%s chat from an ad", dict(CHANNELS)[self.channel]),
            "phone": f"+{self.phone}" if self.phone else False,
            "type": "lead" if with_leads and team.use_leads else "opportunity",
            "team_id": team.id,
            "user_id": user.id if is_fit else False,
            "company_id": self.company_id.id,
            "source_id": find_or_create(self.env, "utm.source", *source).id,
            "medium_id": find_or_create(self.env, "utm.medium", *PAID).id,
        }

    def _get_team(self):
        """The account's team, else the first one of the company, else of all."""
        own = (self.company_id.id, False)
        team = self.account_id.team_id
        if team.active and team.company_id.id in own:
            return team
        teams = self.env["crm.team"].search([("company_id", "in", own)])
        return teams.filtered("company_id")[:1] or teams[:1]
