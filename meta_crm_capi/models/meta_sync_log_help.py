from odoo import api, fields, models

from ..protocol import answer_table


class MetaSyncLog(models.Model):
    """What an answer of Meta's means and what a person can do about it.

    Computed from the codes, so that it is up to date whenever the row was written.
    """

    _inherit = "meta.sync.log"

    words = fields.Text(
        compute="_compute_help",
        help="What Meta said, or why no answer came.",
    )
    meaning = fields.Text(compute="_compute_help")
    cure = fields.Text("What to do", compute="_compute_help")

    @api.depends("direction", "outcome", "code", "subcode", "message")
    def _compute_help(self):
        for log in self:
            message = log.message or ""
            meaning = cure = ""
            # What Meta sends us has no code, and needs no explanation.
            if log.direction == "out":
                meaning, cure = answer_table.explain(
                    log.outcome, log.code, log.subcode, message
                )
            said = [
                line for line in message.splitlines() if line not in (meaning, cure)
            ]
            log.words = "\n".join(said) or False
            log.meaning = meaning or False
            log.cure = cure or False
