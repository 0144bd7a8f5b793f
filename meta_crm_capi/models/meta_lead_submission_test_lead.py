from odoo import fields, models

from ..protocol import words as english
from . import own_record
from .meta_lead_page_policy import IGNORE, NORMAL

IGNORED = english._lt(
    "A test lead: its Page makes no leads of those. If it should come in, change"
    " “Test leads” on the Page and press “Try again”."
)
TAG = ("meta_crm_capi.crm_tag_meta_test", "Meta test")


class MetaLeadSubmission(models.Model):
    """Leads of Meta's testing tool, by the policy of their Page."""

    _inherit = "meta.lead.submission"

    test_only = fields.Boolean(
        "Not reported",
        readonly=True,
        help="A test lead: its steps are not reported to Meta.",
    )

    def _prepare_done(self, node):
        values = super()._prepare_done(node)
        test_only = values["is_test"] and self.page_id.test_lead_policy != NORMAL
        return {**values, "test_only": test_only}

    def _ignore_test_leads(self):
        """Settle the test leads of which no lead is to be made.

        :return: those rows
        """
        ignored = self.filtered(
            lambda row: row.is_test and row.page_id.test_lead_policy == IGNORE
        )
        ignored.write(
            {
                "state": "ignored",
                "reason": IGNORED,
                # Without a lead nobody could find them to erase them.
                "answers": False,
                "notification": False,
            }
        )
        return ignored

    def _tag_test_leads(self, values):
        """Let everybody see what only tests.

        :param dict values: values of each row's lead; changed
        """
        tests = self.filtered("test_only")
        if tests:
            tag = own_record.find_or_create(self.env, "crm.tag", *TAG)
            for row in tests:
                values[row]["tag_ids"] = [*values[row]["tag_ids"], tag.id]
