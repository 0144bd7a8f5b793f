from odoo import models


class MetaCapiDataset(models.Model):
    """What the database itself keeps a dataset from."""

    _inherit = "meta.capi.dataset"

    # With 0 the sender would find work for ever and never take any.
    _batch_size_positive = models.Constraint(
        "CHECK(batch_size > 0)", "A request holds at least one event."
    )
