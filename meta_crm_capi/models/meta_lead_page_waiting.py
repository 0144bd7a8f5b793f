from odoo import api, fields, models

from ..protocol import health

#: What a Page's leads cannot come in without.
NEEDED = ("page_token", "lead_access")


class MetaLeadPage(models.Model):
    """Leads that wait because their Page is not read: how many, and the way on."""

    _inherit = "meta.lead.page"

    waiting_count = fields.Integer(
        "Leads that wait",
        compute="_compute_waiting_count",
        compute_sudo=True,
        help="Leads that Meta announced and Odoo may not read while the Page is "
        "stopped.",
    )

    def _compute_waiting_count(self):
        counts = self._count_waiting(self.filtered(lambda page: not page._is_read()))
        for page in self:
            page.waiting_count = counts.get(page._origin, 0)

    @api.model
    def _count_waiting(self, pages):
        """How many leads of each of these Pages came and are not settled.

        :rtype: dict
        """
        if not pages:
            return {}
        rows = self.env["meta.lead.submission"]._read_group(
            [
                ("state", "=", "received"),
                ("page_meta_id", "in", pages.mapped("meta_id")),
                ("connection_id", "in", pages.connection_id.ids),
            ],
            ["page_meta_id", "connection_id"],
            ["__count"],
        )
        by_id = {(page.meta_id, page.connection_id): page._origin for page in pages}
        return {
            by_id[meta_id, connection]: count
            for meta_id, connection, count in rows
            if (meta_id, connection) in by_id
        }

    def _is_read(self):
        """Whether this Page's leads are read, as far as anybody knows."""
        self.ensure_one()
        if self.state == "reconnect":
            return False
        if self.resume_at and self.resume_at > self.env.cr.now():
            return False
        return not self._get_stopping()

    def _get_stopping(self):
        """The finding that says why this Page's leads cannot be read."""
        return self.health_finding_ids.filtered(
            lambda row: row.kind in NEEDED and row.level == health.BROKEN
        )[:1]

    def _describe_stop(self):
        """One sentence: why this Page is not read, and the way on."""
        self.ensure_one()
        if self.state != "reconnect" and not self._get_stopping():
            return self.env._(
                "Meta asked for a rest of the Page “%s”: it goes on by itself.",
                self.name,
            )
        return self.env._(
            "Meta does not let us read the Page “%s”: open it, do what its health "
            "says, then press “Check now”.",
            self.name,
        )

    def action_open_waiting(self):
        """The leads that wait for this Page."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "meta_crm_capi.meta_lead_submission_action"
            ),
            "domain": [
                ("state", "=", "received"),
                ("page_meta_id", "=", self.meta_id),
                ("connection_id", "=", self.connection_id.id),
            ],
            "context": {},
        }


class MetaConnection(models.Model):
    _inherit = "meta.connection"

    waiting_words = fields.Text(
        "What waits",
        compute="_compute_waiting_words",
        compute_sudo=True,
        help="Leads that wait, and for what.",
    )

    def _compute_waiting_words(self):
        for connection in self:
            pages = connection.page_ids.filtered("waiting_count")
            connection.waiting_words = "\n".join(
                self.env._(
                    "%(count)s of “%(page)s”. %(why)s",
                    count=page.waiting_count,
                    page=page.name,
                    why=page._describe_stop(),
                )
                for page in pages
            )


class MetaLeadSubmission(models.Model):
    _inherit = "meta.lead.submission"

    waits_for = fields.Text(
        "Waits for",
        compute="_compute_waits_for",
        compute_sudo=True,
        help="Why a received lead is not read: its Page is stopped.",
    )

    def _compute_waits_for(self):
        self.waits_for = False
        received = self.filtered(lambda row: row.state == "received")
        for row, page in received._find_own_pages().items():
            if page and not page._is_read():
                row.waits_for = page._describe_stop()

    def action_open_page(self):
        """Open the Page that a submission waits for."""
        self.ensure_one()
        page = self._find_own_pages()[self]
        return {
            "type": "ir.actions.act_window",
            "res_model": "meta.lead.page",
            "res_id": page.id,
            "view_mode": "form",
        }
