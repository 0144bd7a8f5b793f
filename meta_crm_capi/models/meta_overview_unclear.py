from odoo import api, models

from .meta_capi_dataset_kind import MESSAGING
from .meta_overview_alarms import WARNING
from .unclear import UNCLEAR


class MetaOverview(models.AbstractModel):
    """Events of chats that a person is to decide about."""

    _inherit = "meta.overview"

    @api.model
    def _get_over_alarms(self, scope, dataset):
        lines = super()._get_over_alarms(scope, dataset)
        domain = [
            ("dataset_id", "=", dataset.id),
            ("is_left", "=", False),
            *self._get_domain(scope, (UNCLEAR,)),
        ]
        if dataset.kind != MESSAGING:
            return lines
        first = self.env["meta.capi.event"].search(
            domain, order="create_date, id", limit=1
        )
        if first:
            lines.append(
                self._line(
                    WARNING,
                    self.env._("Meta may have events, or not: %s", dataset.name),
                    self.env._(
                        "No clear answer came. Meta counts an event of a chat again "
                        "that it gets twice, so they are not sent again by themselves."
                    ),
                    {"model": "meta.capi.event", "domain": domain},
                    cure=self.env._(
                        "Compare with Events Manager, then press “Send again” or "
                        "“Leave it” with each, within 7 days of the move."
                    ),
                    since=first.create_date,
                )
            )
        return lines
