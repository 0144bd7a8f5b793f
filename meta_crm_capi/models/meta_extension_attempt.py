import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

#: Attempts are of no use after ten minutes; a day is for whoever looks into a failure.
KEPT = timedelta(days=1)


class MetaExtensionAttempt(models.Model):
    """One dialog that was opened at Meta: what makes its signed state good once."""

    _name = "meta.extension.attempt"
    _description = "Login at Meta"

    nonce = fields.Char(
        required=True, index=True, default=lambda self: secrets.token_urlsafe(24)
    )
    connection_id = fields.Many2one(
        "meta.connection", required=True, ondelete="cascade", index=True
    )
    user_id = fields.Many2one("res.users", required=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    entry = fields.Char(required=True)
    redirect_uri = fields.Char(required=True)
    used_at = fields.Datetime()

    @api.model
    def _take(self, nonce):
        """The attempt with this nonce, used by that; empty where it was before.

        A second request with the same one waits for the first and then meets it.
        """
        self.env.cr.execute(
            SQL(
                "UPDATE meta_extension_attempt SET used_at = now() AT TIME ZONE 'UTC' "
                "WHERE nonce = %s AND used_at IS NULL RETURNING id",
                str(nonce),
            ),
            # That two meet is no error, and the line would hold the nonce.
            log_exceptions=False,
        )
        found = [row[0] for row in self.env.cr.fetchall()]
        self.invalidate_model(["used_at"])
        return self.browse(found)

    @api.autovacuum
    def _gc_attempts(self):
        self.search([("create_date", "<", fields.Datetime.now() - KEPT)]).unlink()
