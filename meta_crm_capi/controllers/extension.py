from odoo import http
from odoo.http import request


class MetaExtension(http.Controller):
    """Where Meta's login window ends: what was given is connected, and it closes."""

    @http.route(
        "/meta_crm_capi/extension/callback",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=False,
    )
    def callback(self, **params):
        """Check the state, connect, and say in the window what became of it."""
        is_connected, words = request.env["meta.connection"]._finish_dialog(params)
        response = request.render(
            "meta_crm_capi.extension_callback",
            {"is_connected": is_connected, "lines": (words or "").splitlines()},
        )
        # The address holds a code: nobody shall keep it or be told of it.
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
