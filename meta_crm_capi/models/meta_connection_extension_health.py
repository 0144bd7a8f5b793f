from odoo import models

from ..protocol import words as english

CONNECT_AGAIN = english._lt(
    "Open the connection, tab “Business extension”, and press “Connect with Meta”: the "
    "business logs in and gives a new token."
)


class MetaConnection(models.Model):
    """How a connection that Meta Business Extension made gets a new token."""

    _inherit = "meta.connection"

    def _judge_token(self, plan, info):
        finding = super()._judge_token(plan, info)
        if self.made_by == "extension" and finding.cure:
            # Nobody has a token of the extension to paste.
            return finding._replace(cure=CONNECT_AGAIN)
        return finding
