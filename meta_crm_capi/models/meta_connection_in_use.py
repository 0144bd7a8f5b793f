from odoo import api, models
from odoo.exceptions import ValidationError


class MetaConnection(models.Model):
    """An archived connection is at rest: nothing that is active hangs on it.

    Otherwise it would go on sending and reading, out of sight.
    """

    _inherit = "meta.connection"

    @api.constrains("active")
    def _check_not_in_use(self):
        for connection in self.sudo().filtered(lambda row: not row.active):
            users = [
                *connection.page_ids.filtered("active").mapped("name"),
                *connection.dataset_ids.filtered("active").mapped("name"),
            ]
            if users:
                raise ValidationError(
                    self.env._(
                        "The connection “%(name)s” is still used by: %(users)s. "
                        "Archive these Pages and datasets first. To end sending only "
                        "for a while, press Stop on the dataset.",
                        name=connection.name,
                        users=", ".join(users),
                    )
                )

    def _check_takes_users(self):
        """For records that become active under a connection, or go to another one."""
        for connection in self.sudo().filtered(lambda row: not row.active):
            raise ValidationError(
                self.env._(
                    "The connection “%s” is archived: restore it first, or choose "
                    "another one.",
                    connection.name,
                )
            )


class MetaLeadPage(models.Model):
    _inherit = "meta.lead.page"

    @api.constrains("active", "connection_id")
    def _check_connection_active(self):
        self.filtered("active").connection_id._check_takes_users()


class MetaCapiDataset(models.Model):
    _inherit = "meta.capi.dataset"

    @api.constrains("active", "connection_id")
    def _check_connection_active(self):
        self.filtered("active").connection_id._check_takes_users()
