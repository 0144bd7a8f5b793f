from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.meta_health_finding import LEVELS
from ..models.words import Words


class MetaCapiTestEvent(models.TransientModel):
    """Send one event to a dataset's Test events, and show what Meta answers."""

    _name = "meta.capi.test.event"
    _description = "Send a Test Event"

    dataset_id = fields.Many2one(
        "meta.capi.dataset", required=True, readonly=True, ondelete="cascade"
    )
    code = fields.Char(
        "Test code",
        help="Events Manager > your dataset > Test events shows it, as TEST12345.",
    )
    about = fields.Char(
        compute="_compute_about",
        help="Whom the event is about. Never a real lead: Meta would be told of it "
        "twice.",
    )
    event_name = fields.Char("Event", compute="_compute_about")
    level = fields.Selection(LEVELS, "Result", readonly=True)
    words = Words("Meta's answer", readonly=True)
    cure = Words("What to do", readonly=True)

    @api.constrains("dataset_id")
    def _check_dataset_access(self):
        """What it says of the dataset is for those who may change it."""
        # Odoo checks with full rights.
        self.sudo(False).dataset_id.check_access("write")

    @api.depends("dataset_id")
    def _compute_about(self):
        self.dataset_id.check_access("read")
        for wizard in self:
            dataset = wizard.dataset_id.sudo()
            wizard.event_name = dataset and dataset._get_test_name()
            lead = dataset and dataset._find_test_lead()
            wizard.about = (
                self.env._("Meta's test lead %s", lead.meta_id)
                if lead
                else self.env._("Nobody: an example address, as no test lead is here")
            )

    def action_send(self):
        """Send it, and stay open with Meta's answer."""
        self.ensure_one()
        self.dataset_id.check_access("write")
        code = (self.code or "").strip()
        if not code:
            raise UserError(
                self.env._(
                    "Enter the test code first. Without one, Meta would count the "
                    "event as a real one and show it in no test."
                )
            )
        finding = self.dataset_id.sudo()._send_test(code)
        self.write(
            {"level": finding.level, "words": finding.words, "cure": finding.cure}
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send a test event"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
