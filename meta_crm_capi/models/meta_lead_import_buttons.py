from odoo import models
from odoo.exceptions import UserError

from .meta_lead_import import PHASES, STOPPED


class MetaLeadImport(models.Model):
    """What a person does with an import: each button, and where it may be pressed."""

    _inherit = "meta.lead.import"

    def action_count(self):
        """Read everything once and say what would happen; make nothing."""
        self._press("draft", "ready", "failed")
        for run in self.sudo():
            run._check_ready()
            # What a person decided stands.
            run.line_ids.filtered(lambda line: not line.is_decided).unlink()
            run._begin("counting")
        return self._wake()

    def action_start(self):
        self._press("ready")
        for run in self.sudo():
            run._begin("running")
        return self._wake()

    def action_pause(self):
        self._press(*PHASES)
        self.sudo().write({"state": "paused", "reason": False, "next_try_at": False})
        return True

    def action_resume(self):
        """Go on where it was; a file is counted anew, as its forms may be here now."""
        self._press("paused", "failed", *PHASES)
        for run in self.sudo():
            if (run.state, run.phase, run.source) == ("failed", "counting", "file"):
                run.action_count()
                continue
            run.part_ids.filtered("trouble")._read_on()
            run.write(
                {
                    "state": run.phase,
                    "reason": False,
                    "next_try_at": False,
                    "tries": 0,
                }
            )
        self.sudo()._clear_alarms(STOPPED)
        return self._wake()

    def action_change(self):
        """Back to the choice of what to import."""
        self._press("ready", "paused", "failed")
        if self.sudo().submission_ids:
            raise UserError(
                self.env._(
                    "Leads of this import are in Odoo already. Cancel it and make a "
                    "new one: what is here is not imported twice."
                )
            )
        self.sudo().line_ids.unlink()
        self.sudo()._clear_alarms(STOPPED)
        self.sudo().write({"state": "draft", "phase": False, "reason": False})
        return True

    def action_cancel(self):
        """Import no more; what is in Odoo stays."""
        self._press("ready", "paused", "failed", *PHASES)
        self.sudo()._end("cancelled")
        return True

    def _press(self, *states):
        """Whether who presses may, and whether the button was there."""
        self.env["meta.connection"]._check_administrator()
        self.check_access("write")
        if self.filtered(lambda run: run.state not in states):
            raise UserError(
                self.env._("The import has gone on meanwhile. Look at it again.")
            )
