from odoo import api, fields, models
from odoo.tools import SQL


class CrmLead(models.Model):
    """What became of a lead's steps at Meta, in one word for everybody who sees it.

    Computed when it is looked at, by one query for all leads of a page: nothing is
    stored on the lead, which the sender never writes to.
    """

    _inherit = "crm.lead"

    meta_sync_state = fields.Selection(
        [
            ("problem", "Meta did not get every step of this lead"),
            ("unclear", "Meta may have got every step of this lead, or not"),
            ("waiting", "Waiting to be sent to Meta"),
            ("accepted", "Meta got every step that was sent"),
            ("silent", "From Meta; none of its steps was sent so far"),
        ],
        "At Meta",
        compute="_compute_meta_sync_state",
        compute_sudo=True,
        help="Empty for leads that did not come from Meta.",
    )

    @api.depends("meta_submission_ids.lead_id", "meta_event_ids.state")
    def _compute_meta_sync_state(self):
        states = {}
        if self._origin and self.env["meta.lead.submission"]._is_in_use():
            states = self._find_meta_sync_states()
        for lead in self:
            lead.meta_sync_state = states.get(lead._origin.id)

    def _find_meta_sync_states(self):
        """``{lead id: state}`` of those among these that came from Meta."""
        self.env["meta.lead.submission"].flush_model(["lead_id"])
        self.env["meta.capi.event"].flush_model(["submission_id", "state"])
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT submission.lead_id,
                           CASE WHEN bool_or(event.state IN ('refused', 'expired'))
                                THEN 'problem'
                                WHEN bool_or(event.state = 'unclear')
                                THEN 'unclear'
                                WHEN bool_or(event.state = 'queued')
                                THEN 'waiting'
                                WHEN bool_or(event.state = 'accepted')
                                THEN 'accepted'
                                ELSE 'silent' END
                      FROM meta_lead_submission submission
                 LEFT JOIN meta_capi_event event ON event.submission_id = submission.id
                     WHERE submission.lead_id = ANY(%s)
                  GROUP BY submission.lead_id
                    """,
                    self._origin.ids,
                )
            )
        )
