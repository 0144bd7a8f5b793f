from odoo import fields, models


class MetaLeadImportPart(models.Model):
    """How far the leads of one form were read in the pass at hand."""

    _name = "meta.lead.import.part"
    _description = "Part of a Meta Lead Import"

    import_id = fields.Many2one(
        "meta.lead.import", required=True, index=True, ondelete="cascade"
    )
    form_id = fields.Many2one("meta.lead.form", required=True, ondelete="cascade")
    after = fields.Char(help="Meta's cursor of the last page that was stored.")
    until = fields.Datetime(help="Only older leads are left to read.")
    is_restarted = fields.Boolean(help="Its cursor was lost once in this pass.")
    is_done = fields.Boolean()
    trouble = fields.Text(help="Why the rest of its leads was not read so far.")

    _once = models.Constraint("UNIQUE(import_id, form_id)", "One part for each form.")

    def _read_on(self):
        """Ask for these lists again, each where it was left."""
        self.write({"is_done": False, "trouble": False})

    def _put_in_words(self):
        """Which forms' leads are missing, and why."""
        return "\n".join(
            self.env._(
                "The leads of the form “%(form)s” could not all be read: %(trouble)s",
                form=part.form_id.name,
                trouble=part.trouble,
            )
            for part in self
        )
