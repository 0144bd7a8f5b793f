from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..protocol import funnel, funnel_checks, messaging
from .meta_capi_dataset_kind import CRM, MESSAGING

#: What Meta wants of leads of forms alone, for its conversion leads goal.
_OF_FORMS = frozenset(
    (
        funnel_checks.NO_RAW_LEAD,
        funnel_checks.TOO_FEW,
        funnel_checks.ONLY_TWO,
        funnel_checks.GAP,
        funnel_checks.NO_WORTH,
    )
)


class MetaCapiDataset(models.Model):
    """Which submissions are a messaging dataset's, and what of a CRM one is not for it.

    The funnel doctor and test events are about leads of forms; what Meta wants of a
    mapping for its conversion leads goal, too.
    """

    _inherit = "meta.capi.dataset"

    def _get_own_leads_domain(self):
        if self.kind != MESSAGING:
            of_forms = Domain("referral_id", "=", False)
            return of_forms & super()._get_own_leads_domain()
        own = Domain("account_id.dataset_id", "=", self.id)
        if self._is_the_only_one():
            own |= Domain("company_id", "=", self.company_id.id) & Domain(
                "account_id.dataset_id", "=", False
            )
        return Domain("referral_id", "!=", False) & own

    def _find_leads_changed(self, since):
        """Of a lead's chats one reports for all: the first, which saw every step."""
        found = super()._find_leads_changed(since)
        if self.kind != MESSAGING:
            return found
        # The last one of each lead, as the newest submission comes first.
        return list({row["lead_id"]: row for row in found}.values())

    def _get_complaints(self, team, worthless):
        found = super()._get_complaints(team, worthless)
        if self.kind != MESSAGING:
            return found
        return [complaint for complaint in found if complaint.kind not in _OF_FORMS]

    @api.model
    def get_funnel_doctor(self, dataset_id=None, days=90):
        forms = self.with_context(meta_dataset_kind=CRM)
        return super(MetaCapiDataset, forms).get_funnel_doctor(dataset_id, days)

    @api.model
    def _get_screen_domain(self):
        """The datasets that a screen lets choose from: of one kind, or of both."""
        kind = self.env.context.get("meta_dataset_kind")
        of_kind = Domain("kind", "=", kind) if kind else Domain.TRUE
        return super()._get_screen_domain() & of_kind

    def action_test(self):
        self._check_is_tested()
        return super().action_test()

    def _send_test(self, code):
        self._check_is_tested()
        return super()._send_test(code)

    def _check_is_tested(self):
        if self.kind == MESSAGING:
            raise UserError(
                self.env._(
                    "Meta takes events of real chats only: a test event would be about "
                    "nobody. Open a chat from your own ad instead."
                )
            )

    def map_step(self, step, stage_id=False):
        """On a messaging dataset under the name that Meta has for such a step."""
        if self.kind != MESSAGING:
            return super().map_step(step, stage_id)
        is_won = step == funnel.STAGE and self.env["crm.stage"].browse(stage_id).is_won
        name = messaging.DEFAULTS["won" if is_won else "qualified"]
        if name in self.rule_ids.mapped("event_name"):
            raise ValidationError(
                self.env._(
                    "Another step is reported as “%(name)s” already. Add a line to the "
                    "mapping of the dataset and choose its event there.",
                    name=name,
                )
            )
        return self.env["meta.capi.rule"].create(
            {
                "dataset_id": self.id,
                "step": step,
                "stage_id": stage_id,
                "event_name": name,
                "value_source": "expected_revenue" if is_won else "none",
            }
        )
