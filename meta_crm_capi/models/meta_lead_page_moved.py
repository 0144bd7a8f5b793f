from odoo import api, models


class MetaLeadPage(models.Model):
    """A Page that moves to another connection: another app, or another company."""

    _inherit = "meta.lead.page"

    def write(self, vals):
        if "connection_id" not in vals:
            return super().write(vals)
        before = {page: page.connection_id for page in self}
        result = super().write(vals)
        for page, connection in before.items():
            if page.connection_id != connection:
                page.sudo()._follow_connection(connection, "access_token" in vals)
        return result

    def _follow_connection(self, before, has_new_token):
        """Have the new connection's token read what waits.

        :param before: the ``meta.connection`` that the Page comes from
        :param bool has_new_token: whether a Page token came along with the move
        """
        self.env["meta.lead.submission"]._follow_page(self, before)
        if self.connection_id.has_access_token and not has_new_token:
            # It is one of the other app's; a new one is derived.
            self.access_token_stored = False
        self._resume()


class MetaLeadSubmission(models.Model):
    _inherit = "meta.lead.submission"

    @api.model
    def _follow_page(self, page, before):
        """Take along what waits: its leads are the Page's, whoever reads them.

        :param page: ``meta.lead.page`` in its new connection
        :param before: the ``meta.connection`` that the Page comes from
        """
        waiting = self.search(
            [
                ("connection_id", "=", before.id),
                ("page_meta_id", "=", page.meta_id),
                ("state", "in", ("received", "parked")),
            ]
        )
        waiting.write(
            {"connection_id": page.connection_id.id, "company_id": page.company_id.id}
        )
        # What was parked meanwhile because the Page was not theirs.
        self._unpark_for_pages(page)
