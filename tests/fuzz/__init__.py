"""Bodies that no sane sender writes, against a running Odoo."""
