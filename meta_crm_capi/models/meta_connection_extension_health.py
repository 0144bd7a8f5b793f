from odoo import models

from ..protocol import words as english
from .words import show

CONNECT_AGAIN = english._lt(
    "Open the connection, tab “Business extension”, and press “Connect with Meta”: the "
    "business logs in, and Meta gives a token."
)


class MetaConnection(models.Model):
    """How a connection that Meta Business Extension made gets a new token."""

    _inherit = "meta.connection"

    def _describe_token_source(self):
        if self.made_by == "extension":
            return show(self.env, CONNECT_AGAIN)
        return super()._describe_token_source()

    def _judge_token(self, plan, info):
        finding = super()._judge_token(plan, info)
        if self.made_by == "extension" and finding.cure:
            # Nobody has a token of the extension to paste.
            return finding._replace(cure=CONNECT_AGAIN)
        return finding
