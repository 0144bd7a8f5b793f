from odoo import api, fields, models
from odoo.exceptions import ValidationError

from . import consent


class MetaLeadForm(models.Model):
    """The check box of the form by which a person says yes or no to Meta."""

    _inherit = "meta.lead.form"

    consent_key = fields.Char(
        "Consent box",
        help="Key of the check box of the form's disclaimer that means “may be shared "
        "with Meta”. Ticked is a yes, not ticked a no. Empty, or where a lead comes "
        "without this box: unknown.",
    )
    consent_boxes = fields.Text(
        "Check boxes",
        compute="_compute_consent_boxes",
        help="The check boxes of the form's disclaimer: key and text.",
    )
    consent_box_is_missing = fields.Boolean(
        "Consent box is missing", compute="_compute_consent_boxes"
    )

    @api.depends("consent_labels", "consent_key")
    def _compute_consent_boxes(self):
        for form in self:
            labels = form.consent_labels or {}
            form.consent_boxes = "\n".join(
                f"{key}: {text}" for key, text in labels.items()
            )
            # A form that was never read may have any box.
            form.consent_box_is_missing = bool(
                form.consent_key and labels and form.consent_key not in labels
            )

    @api.constrains("consent_key")
    def _check_consent_key(self):
        for form in self.filtered("consent_box_is_missing"):
            raise ValidationError(
                self.env._(
                    "The form “%(form)s” has no check box “%(key)s”. It has: %(known)s",
                    form=form.name,
                    key=form.consent_key,
                    known=", ".join(form.consent_labels),
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._strip_consent_key(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._strip_consent_key(vals))

    @api.model
    def _strip_consent_key(self, vals):
        """What people paste has blanks around it."""
        if vals.get("consent_key"):
            return {**vals, "consent_key": vals["consent_key"].strip()}
        return vals

    def _read_consent(self, answers):
        """What a person said by the check box that was chosen for it.

        :param answers: ``protocol.lead.Consent`` items of the lead
        :return: "yes", "no" or "unknown"
        """
        ticked = [box.checked for box in answers if box.key == self.consent_key]
        if not ticked:
            return consent.UNKNOWN
        return consent.YES if all(ticked) else consent.NO
