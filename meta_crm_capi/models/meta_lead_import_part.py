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
    trouble = fields.Text(help="Why the rest of its leads was not read.")

    _once = models.Constraint("UNIQUE(import_id, form_id)", "One part for each form.")

    def _begin_again(self):
        """Read the lists of these forms from their beginning."""
        self.write(
            {
                "after": False,
                "until": False,
                "is_restarted": False,
                "is_done": False,
                "trouble": False,
            }
        )
