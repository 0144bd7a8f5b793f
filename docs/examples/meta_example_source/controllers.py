import json

from odoo.http import Controller, request, route

from odoo.addons.meta_crm_capi.protocol import signature

PARAMETER = "meta_example_source.secret"


class PartnerLeads(Controller):
    @route(
        "/meta/example/leads/<string:page_id>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def receive(self, page_id, **_form):
        """A list of leads in Meta's own form, signed as Meta signs its webhooks."""
        raw = request.httprequest.get_data()
        secret = request.env["ir.config_parameter"].sudo().get_param(PARAMETER)
        signed = request.httprequest.headers.get("X-Hub-Signature-256")
        if not secret or not signature.verify(raw, signed, secret):
            return request.make_json_response({"error": "signature"}, status=403)
        pages = request.env["meta.lead.page"].sudo()
        page = pages.search([("meta_id", "=", page_id)])
        if not page:
            return request.make_json_response({"error": "Page"}, status=404)
        try:
            nodes = json.loads(raw)
        except ValueError:
            nodes = None
        if not isinstance(nodes, list):
            return request.make_json_response({"error": "no list"}, status=400)
        new = page._take_in(nodes, "partner")
        return request.make_json_response({"new": len(new)})
