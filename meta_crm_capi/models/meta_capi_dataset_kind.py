from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..protocol import funnel, messaging

CRM, MESSAGING = "crm", "messaging"
KINDS = [(CRM, "CRM"), (MESSAGING, "Messaging")]


class MetaCapiDataset(models.Model):
    """What a dataset counts: leads of forms, or chats that ads opened.

    Meta keeps both apart: a dataset of chats belongs to the Page, WhatsApp business
    account or Instagram account that was written to, and takes no event of a form's
    lead.
    """

    _inherit = "meta.capi.dataset"

    kind = fields.Selection(
        KINDS,
        required=True,
        default=CRM,
        help="CRM: leads of instant forms.\n"
        "Messaging: people who wrote in WhatsApp, Messenger or Instagram from an ad. "
        "Meta takes certain event names only, and counts an event again that it gets "
        "twice. It cannot be changed once there are events.",
    )
    account_ids = fields.One2many(
        "meta.lead.account",
        "dataset_id",
        "Chat accounts",
        help="The accounts for which this dataset was chosen. Where it is the "
        "company's only messaging dataset, those without a choice report here too.",
    )

    @api.constrains("kind")
    def _check_kind_of_rules(self):
        """Lines that were there before must fit too."""
        self.with_context(active_test=False).rule_ids._check_messaging_name()

    @api.constrains("kind")
    def _check_kind_of_routes(self):
        """Nothing may lead here that belongs to the other kind."""
        for model, kind in (
            ("meta.lead.form", CRM),
            ("meta.lead.page", CRM),
            ("meta.lead.account", MESSAGING),
        ):
            others = self.filtered(lambda dataset, kind=kind: dataset.kind != kind)
            routed = self.env[model].sudo().with_context(active_test=False)
            found = routed.search([("dataset_id", "in", others.ids)], limit=1)
            if found:
                raise ValidationError(
                    self.env._(
                        "“%(name)s” reports to this dataset: choose another one there "
                        "first.",
                        name=found.display_name,
                    )
                )

    def write(self, vals):
        if "kind" in vals:
            changed = self.filtered(lambda dataset: dataset.kind != vals["kind"])
            events = self.env["meta.capi.event"].sudo()
            if events.search_count([("dataset_id", "in", changed.ids)], limit=1):
                raise ValidationError(
                    self.env._(
                        "There are events of this dataset: its kind cannot be changed "
                        "any more. Add another dataset."
                    )
                )
        return super().write(vals)

    @api.model
    def _get_cached_fields(self):
        return super()._get_cached_fields() | {"kind"}

    def _prepare_rules(self):
        """Of a messaging dataset: what Meta learns from, by the names it takes."""
        self.ensure_one()
        if self.kind != MESSAGING:
            return super()._prepare_rules()
        stages = self.env["crm.stage"].search(Domain.TRUE, order="sequence, id")
        known = {rule.stage_id for rule in self.rule_ids if rule.step == funnel.STAGE}
        later = stages - self._get_first_stages(stages)
        offered = [(stage, "qualified") for stage in self._get_qualified(later)]
        offered += [(stage, "won") for stage in later.filtered("is_won")]
        return [
            {
                "step": funnel.STAGE,
                "stage_id": stage.id,
                "event_name": messaging.DEFAULTS[meaning],
                "value_source": "expected_revenue" if meaning == "won" else "none",
            }
            for stage, meaning in offered
            if stage not in known
        ]

    def _get_qualified(self, stages):
        """The stage that is called so, else the first one that is not won."""
        open_stages = stages.filtered(lambda stage: not stage.is_won)
        named = open_stages.with_context(lang="en_US").filtered(
            lambda stage: "qualif" in (stage.name or "").lower()
        )
        return (named or open_stages)[:1].with_env(self.env)

    def _get_default_event_name(self, step, stage):
        """For chats a name is chosen; only a won stage has one that is clear."""
        if self.kind != MESSAGING:
            return super()._get_default_event_name(step, stage)
        if step == funnel.STAGE and stage.is_won:
            return messaging.DEFAULTS["won"]
        return False
