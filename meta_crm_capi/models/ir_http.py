from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _pre_dispatch(cls, rule, args):
        """Keep the bytes of a body that is signed.

        Odoo reads a body whose content type says that it is a form, and then its bytes
        are gone; a route with ``keep_body`` gets at them whatever the type says.
        """
        result = super()._pre_dispatch(rule, args)
        if rule.endpoint.routing.get("keep_body"):
            request.httprequest.get_data()
        return result
