from odoo import api, models

from ..protocol import funnel

_MOVES = "meta_crm_capi.moves"
_ARRIVALS = "meta_crm_capi.arrivals"
_FURTHER = "meta_crm_capi.further_steps"

#: Written by people and by code.
_WATCHED = frozenset({"stage_id", "type", "active", "probability"})
#: Recomputed by the ORM, which does not go through ``write``.
_WATCHED_COMPUTES = frozenset({"stage_id", "won_status"})


class CrmLead(models.Model):
    """Notice every move of a lead, however it is made, and hand it over once.

    What a lead looked like is kept when the transaction first touches it; what became
    of it is looked at when the transaction is about to end. So a move made of five
    writes is one move, and one that is undone is none.
    """

    _inherit = "crm.lead"

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        # The values set while it was made are no moves of the lead.
        moves = self.env.cr.precommit.data.get(_MOVES)
        if moves:
            for lead_id in leads._ids:
                moves.pop(lead_id, None)
        return leads

    def write(self, vals):
        if not _WATCHED.isdisjoint(vals):
            self._collect_moves()
        return super().write(vals)

    def _compute_field_value(self, field):
        if field.name in _WATCHED_COMPUTES:
            self._collect_moves()
        return super()._compute_field_value(field)

    def _collect_moves(self):
        """Keep how these leads look now, unless this transaction did so before.

        Looking at a lead may recompute it, which comes back here and keeps how it
        looked before that: the first one kept counts.
        """
        for lead in self:
            if lead.id and lead.id not in self._collected()[_MOVES]:
                snapshot = funnel.Snapshot(
                    lead.stage_id.id or None,
                    lead.type == "opportunity",
                    lead.won_status == "lost",
                )
                self._collected()[_MOVES].setdefault(lead.id, snapshot)

    def _collect_arrivals(self, submissions):
        """Keep which submissions came in with these leads."""
        self._collected()[_ARRIVALS].update(submissions.ids)

    def _report_meta_step(self, step):
        """Extension point: these leads took a step of a kind that an integration added.

        Call it in the transaction in which it happened. Each Meta lead among them gets
        an event, or a row that says why not, by the line of its dataset's mapping and
        the policies; leads that are not Meta's get none. Nobody's rights on Meta's
        models are needed, and nothing is written before the commit.

        :param str step: a value that the integration added to ``meta.capi.rule.step``
        :raise ValueError: when it is none of these
        """
        if step not in self.env["meta.capi.rule"]._further_steps():
            raise ValueError(f"{step!r} is no kind of step that an integration added")
        self._collect_moves()
        taken = self._collected().setdefault(_FURTHER, {})
        for lead_id in self.ids:
            # A dict, as a set in the order of what happened.
            taken.setdefault(lead_id, {})[step] = True

    @api.model
    def _collected(self):
        """What this transaction collected since the last flush.

        Registered whenever the data is absent: a later precommit callback may move
        leads too, and then the hook has to run again.
        """
        precommit = self.env.cr.precommit
        if _MOVES not in precommit.data:
            precommit.data[_MOVES] = {}
            precommit.data[_ARRIVALS] = set()
            precommit.add(self._hand_over_moves)
        return precommit.data

    @api.model
    def _hand_over_moves(self):
        data = self.env.cr.precommit.data
        moves = data.pop(_MOVES, None)
        arrivals = data.pop(_ARRIVALS, None)
        further = data.pop(_FURTHER, None)
        if (moves or arrivals) and self.env["meta.lead.submission"]._is_in_use():
            self.env["meta.capi.event"]._enqueue_moves(moves, arrivals, further)
