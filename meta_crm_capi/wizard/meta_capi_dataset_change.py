from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..protocol import address


class MetaCapiDatasetChange(models.TransientModel):
    """Put a dataset with another ID in the place of one that Meta learned from."""

    _name = "meta.capi.dataset.change"
    _description = "Change the dataset ID"

    dataset_id = fields.Many2one(
        "meta.capi.dataset", required=True, readonly=True, ondelete="cascade"
    )
    old_meta_id = fields.Char("Dataset ID until now", compute="_compute_of_dataset")
    meta_id = fields.Char(
        "New dataset ID",
        required=True,
        help="Events Manager > the new dataset > Settings shows it.",
    )
    known_id = fields.Many2one(
        "meta.capi.dataset",
        "Known dataset",
        compute="_compute_known_id",
        help="A dataset of this company that has the new ID already.",
    )
    queued_count = fields.Integer(
        "Events that wait",
        compute="_compute_of_dataset",
        help="Events that wait; they go to the new dataset.",
    )
    has_access_token = fields.Boolean("Token saved", compute="_compute_of_dataset")
    is_confirmed = fields.Boolean(
        "I know that Meta's learning starts again",
        help="Nothing is changed before this is ticked.",
    )

    @api.constrains("dataset_id")
    def _check_dataset_access(self):
        """Its name is shown to whoever may read the row."""
        # Odoo checks with full rights.
        self.sudo(False).dataset_id.check_access("write")

    @api.depends("dataset_id")
    def _compute_of_dataset(self):
        """What the dialog tells of the dataset, to those who may read it."""
        self.dataset_id.check_access("read")
        for wizard in self:
            wizard.old_meta_id = wizard.dataset_id.meta_id
            wizard.queued_count = wizard.dataset_id.queued_count
            wizard.has_access_token = wizard.dataset_id.has_access_token

    @api.depends("meta_id", "dataset_id")
    def _compute_known_id(self):
        for wizard in self:
            wizard.known_id = (
                self.env["meta.capi.dataset"]
                .with_context(active_test=False)
                .search(
                    [
                        ("meta_id", "=", (wizard.meta_id or "").strip()),
                        ("company_id", "=", wizard.dataset_id.company_id.id),
                    ]
                )
            )

    def action_change(self):
        """Do it, and open the dataset that takes over."""
        self.ensure_one()
        dataset = self.dataset_id
        dataset.check_access("write")
        self._check()
        successor = self.known_id or self._create_successor()
        # A switch-off by an administrator holds for whatever takes the place.
        state = "stopped" if dataset.state == "stopped" else "active"
        successor.write({"active": True, "state": state, "resume_at": False})
        dataset._replace(successor)
        self.env["meta.capi.event"].sudo()._forward_batch()
        self.env.ref("meta_crm_capi.ir_cron_deliver").sudo()._trigger()
        return {
            "type": "ir.actions.act_window",
            "res_model": "meta.capi.dataset",
            "res_id": successor.id,
            "view_mode": "form",
        }

    def _check(self):
        try:
            address.checked_id(self.meta_id.strip())
        except ValueError as error:
            raise ValidationError(
                self.env._("A dataset ID has digits only, not “%s”.", self.meta_id)
            ) from error
        if self.known_id == self.dataset_id:
            raise UserError(self.env._("The dataset has this ID already."))
        if self.known_id and self.known_id.kind != self.dataset_id.kind:
            raise UserError(
                self.env._(
                    "“%(name)s” has this ID and is of the other kind: one dataset does "
                    "not count both leads of forms and chats.",
                    name=self.known_id.name,
                )
            )
        if self.dataset_id.successor_id:
            raise UserError(
                self.env._(
                    "“%(old)s” was replaced by “%(new)s” already.",
                    old=self.dataset_id.name,
                    new=self.dataset_id.successor_id.name,
                )
            )
        if not self.is_confirmed:
            raise UserError(
                self.env._(
                    "Meta knows nothing of the old dataset's events in the new one. "
                    "Confirm that its learning starts again."
                )
            )

    def _create_successor(self):
        """A dataset with the new ID, the same policies and the same mapping."""
        dataset = self.dataset_id
        successor = dataset.copy({"name": dataset.name, "meta_id": self.meta_id})
        rules = dataset.with_context(active_test=False).rule_ids
        rules.copy({"dataset_id": successor.id})
        dataset.name = f"{dataset.name} ({dataset.meta_id})"
        return successor
