from odoo import fields, models

from ..protocol import words as english
from .words import Words


class MetaLeadImportPart(models.Model):
    """How far the leads of one form were read in the pass at hand."""

    _name = "meta.lead.import.part"
    _description = "Part of a Meta Lead Import"

    import_id = fields.Many2one(
        "meta.lead.import", "Lead import", required=True, index=True, ondelete="cascade"
    )
    form_id = fields.Many2one("meta.lead.form", required=True, ondelete="cascade")
    after = fields.Char(help="Meta's cursor of the last page that was stored.")
    until = fields.Datetime(help="Only older leads are left to read.")
    is_restarted = fields.Boolean(
        "Begun again", help="Its cursor was lost once in this pass."
    )
    is_done = fields.Boolean("Done")
    trouble = Words(help="Why the rest of its leads was not read so far.")

    _once = models.Constraint("UNIQUE(import_id, form_id)", "One part for each form.")

    def _read_on(self):
        """Ask for these lists again, each where it was left."""
        self.write({"is_done": False, "trouble": False})

    def _put_in_words(self):
        """Which forms' leads are missing, and why."""
        return "\n".join(
            english._lt(
                "The leads of the form “%(form)s” could not all be read: %(words)s"
            )
            % {"form": part.form_id.name, "words": part.trouble}
            for part in self
        )
