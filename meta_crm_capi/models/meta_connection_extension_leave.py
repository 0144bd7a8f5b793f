from odoo import api, models
from odoo.exceptions import UserError

from .meta_connection_extension_assets import UNINSTALLED


class MetaConnection(models.Model):
    """How a connection stops being one that Meta Business Extension made."""

    _inherit = "meta.connection"

    def write(self, vals):
        leaving = self.browse()
        if vals.get("made_by") == "own_token":
            leaving = self.filtered(lambda row: row.made_by == "extension").sudo()
            leaving._check_disconnected()
        result = super().write(vals)
        if leaving:
            # An end of the extension is not what stops an own token any more.
            super(MetaConnection, leaving).write(
                {
                    "extension_state": "new",
                    "extension_missing": False,
                    "installs_due_at": False,
                    "uninstall_told": False,
                }
            )
            leaving._clear_alarms(UNINSTALLED)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_connected(self):
        self.sudo()._check_disconnected()

    def _check_disconnected(self):
        """Nobody leaves while the app is installed: Meta would not hear of it.

        :raise UserError: for one that is connected
        """
        for connection in self:
            if connection.extension_state == "connected":
                raise UserError(
                    self.env._(
                        "“%s” is connected by Meta Business Extension: press "
                        "“Disconnect” first, so that Meta hears of it.",
                        connection.name,
                    )
                )
