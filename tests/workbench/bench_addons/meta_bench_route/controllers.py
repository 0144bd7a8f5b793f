from odoo import http


class Empty(http.Controller):
    """What a route costs that does nothing at all."""

    @http.route(
        "/meta_bench/empty",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def empty(self):
        return ""
