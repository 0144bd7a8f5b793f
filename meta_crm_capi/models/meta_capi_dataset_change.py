from odoo import fields, models
from odoo.exceptions import UserError


class MetaCapiDataset(models.Model):
    """A dataset that Meta learned from keeps its ID; another ID is another dataset.

    What Meta accepted was accepted by the dataset with this ID: under another one the
    once-only rule, the event ids and the record of what Meta was told would be false.
    So the wizard ``meta.capi.dataset.change`` puts a new dataset in its place, and the
    old one, archived, names its successor.
    """

    _inherit = "meta.capi.dataset"

    successor_id = fields.Many2one(
        "meta.capi.dataset",
        "Replaced by",
        readonly=True,
        copy=False,
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        help="Where events go since the dataset ID was changed.",
    )

    _successor_is_another = models.Constraint(
        "CHECK(successor_id != id)", "A dataset cannot replace itself."
    )

    def write(self, vals):
        changed = self.browse()
        if "meta_id" in vals:
            meta_id = (vals["meta_id"] or "").strip()
            changed = self.filtered(lambda dataset: dataset.meta_id != meta_id)
            changed._check_nothing_accepted()
        if vals.get("active"):
            # Whoever restores it wants it to be a dataset like any other.
            vals = {**vals, "successor_id": False}
        result = super().write(vals)
        changed._renew_event_ids()
        return result

    def _check_nothing_accepted(self):
        for dataset in self:
            if dataset._count_accepted(limit=1):
                raise UserError(
                    self.env._(
                        "Meta has accepted events in the dataset “%s”: with another ID "
                        "its learning starts again. Open the dataset and press “Change "
                        "the dataset ID”.",
                        dataset.name,
                    )
                )

    def _renew_event_ids(self):
        """What waits gets the ids of the dataset that it now goes to."""
        waiting = (
            self.env["meta.capi.event"]
            .sudo()
            .search([("dataset_id", "in", self.ids), ("state", "=", "queued")])
            .filtered(lambda event: not event.is_sending)
        )
        for event in waiting:
            event.write(
                {"event_id": event._get_event_id(event.dataset_id), "body": False}
            )

    def action_change_id(self):
        """Open the wizard that puts a dataset with another ID in this one's place."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "meta_crm_capi.meta_capi_dataset_change_action"
        )
        return {**action, "context": {"default_dataset_id": self.id}}

    def _replace(self, successor):
        """Let everything that leads here lead to another dataset from now on.

        What waits follows with the next delivery; see
        :meth:`meta.capi.event._forward_replaced`.
        """
        self.ensure_one()
        for model in ("meta.lead.page", "meta.lead.form", "meta.lead.account"):
            routed = self.env[model].with_context(active_test=False)
            routed.search([("dataset_id", "=", self.id)]).dataset_id = successor
        self.activity_unlink(["mail.mail_activity_data_warning"])
        self.write({"active": False, "successor_id": successor.id})
        self.message_post(
            body=self.env._(
                "Replaced by “%(name)s”, dataset ID %(meta_id)s.",
                name=successor.name,
                meta_id=successor.meta_id,
            )
        )
        successor.message_post(
            body=self.env._(
                "Takes the place of “%(name)s”, dataset ID %(meta_id)s.",
                name=self.name,
                meta_id=self.meta_id,
            )
        )

    def _get_last_successor(self):
        """The dataset at the end of the chain of replacements."""
        dataset = self
        while dataset.successor_id:
            dataset = dataset.successor_id
        return dataset
