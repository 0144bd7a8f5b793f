from odoo import models

from ..protocol import funnel, messaging
from .meta_capi_dataset_kind import MESSAGING


class MetaCapiDataset(models.Model):
    """The funnel board of a messaging dataset: names are chosen of Meta's list."""

    _inherit = "meta.capi.dataset"

    def _get_board_steps(self):
        steps = super()._get_board_steps()
        if self.kind == MESSAGING:
            # Meta has no event of a chat that came to nothing.
            steps.discard((funnel.LOST, None))
        return steps

    def _describe_board(self):
        names = messaging.EVENTS if self.kind == MESSAGING else ()
        return {**super()._describe_board(), "event_names": list(names)}
