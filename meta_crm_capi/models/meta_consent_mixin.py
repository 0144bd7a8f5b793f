from odoo import fields, models

from . import consent

_OBJECTIONS = "meta_crm_capi.objections"


class MetaConsentMixin(models.AbstractModel):
    """What a person said about Meta, and that a "no" empties the queue at once."""

    _name = "meta.consent.mixin"
    _description = "Meta Consent"

    # Not required in the database: other programs write these tables too.
    meta_consent = fields.Selection(
        [(consent.UNKNOWN, "Unknown"), (consent.YES, "Yes"), (consent.NO, "No")],
        "May be shared with Meta",
        default=consent.UNKNOWN,
        tracking=True,
        help="What the person said. No: from now on Meta is told nothing, and what "
        "still waits is cancelled. On a contact it holds for all leads of the contact, "
        "a company's no for those of its people too. A no wins over a yes.",
    )

    def write(self, vals):
        result = super().write(vals)
        if vals.get("meta_consent") == consent.NO:
            self._collect_objections()
        return result

    def _compute_field_value(self, field):
        """Where another module computes it, ``write`` is not called."""
        result = super()._compute_field_value(field)
        if field.name == "meta_consent":
            self._collect_objections()
        return result

    def _collect_objections(self):
        """Look at these records once more when the transaction is about to end.

        However many writes it makes, the queue is changed once.
        """
        if not self.ids:
            return
        precommit = self.env.cr.precommit
        if _OBJECTIONS not in precommit.data:
            precommit.data[_OBJECTIONS] = {"crm.lead": set(), "res.partner": set()}
            precommit.add(self._hand_over_objections)
        precommit.data[_OBJECTIONS][self._name].update(self.ids)

    def _hand_over_objections(self):
        objections = self.env.cr.precommit.data.pop(_OBJECTIONS, None)
        if objections and self.env["meta.lead.submission"]._is_in_use():
            self.env["meta.capi.event"]._cancel_objected(
                objections["crm.lead"], objections["res.partner"]
            )
