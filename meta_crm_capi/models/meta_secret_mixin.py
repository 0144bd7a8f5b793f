from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL


class MetaSecretMixin(models.AbstractModel):
    """Secrets that can be written and never read back.

    A model lists its secrets in ``_meta_secrets`` and declares three fields for each
    ``<name>``: ``<name>`` to write (computed empty), ``<name>_stored`` with
    ``groups=NO_ACCESS`` to keep it, and ``has_<name>`` for the screens. Only code
    that runs with full rights gets a value, through :meth:`_get_secret`.
    """

    _name = "meta.secret.mixin"
    _description = "Write-only secrets"

    _meta_secrets = ()

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._forget_secret_inputs()
        return records

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(self._meta_secrets):
            self._forget_secret_inputs()
        return result

    def _forget_secret_inputs(self):
        """Drop what was typed from the cache, so that no read answers with it."""
        self.invalidate_recordset(
            [*self._meta_secrets, *(f"has_{name}" for name in self._meta_secrets)]
        )

    def _compute_secret_inputs(self):
        for name in self._meta_secrets:
            self[name] = False

    def _compute_has_secrets(self):
        for record in self:
            stored = record.sudo()
            for name in self._meta_secrets:
                record[f"has_{name}"] = bool(stored[f"{name}_stored"])

    def _inverse_secrets(self):
        """Keep every secret that was given; an empty input leaves it unchanged."""
        for record in self:
            values = {
                f"{name}_stored": record[name].strip()
                for name in self._meta_secrets
                if record[name] and record[name].strip()
            }
            if values:
                record._lock_for_secrets()
                record.sudo().write(values)
                record.flush_recordset()
                record._secrets_changed()

    def _lock_for_secrets(self):
        """Let a statement fail that holds no secret, should any of them have to.

        Odoo prints a statement that fails with all its values. Behind this one, the
        next has nothing but the secret to write and nobody to meet.
        """
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE id = %s FOR NO KEY UPDATE",
                SQL.identifier(self._table),
                self.id,
            )
        )

    def _secrets_changed(self):
        """Hook: a secret of this record was replaced."""

    def _get_secret(self, name):
        """Return a secret; only for code that runs with full rights."""
        self.ensure_one()
        if not self.env.su:
            raise AccessError(self.env._("Secrets are write-only."))
        return self[f"{name}_stored"] or None
