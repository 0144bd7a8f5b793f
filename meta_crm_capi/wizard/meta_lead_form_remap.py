import logging

from markupsafe import Markup

from odoo import api, fields, models

from ..models import queue

_logger = logging.getLogger(__name__)

#: Newest leads that the preview looks at.
PREVIEWED = 500
#: Lines that it shows.
SHOWN = 50
LENGTH = 60


class MetaLeadFormRemap(models.TransientModel):
    """Preview and start of applying a form's mapping to its past leads.

    The preview is worked out whenever it is shown: it holds what people said, and none
    of that is stored.
    """

    _name = "meta.lead.form.remap"
    _description = "Apply the mapping to past leads"

    form_id = fields.Many2one(
        "meta.lead.form", required=True, readonly=True, ondelete="cascade"
    )
    with_lost = fields.Boolean(
        "Lost and archived leads too",
        default=True,
        help="Apply it to lost and archived leads too.",
    )
    row_count = fields.Integer(
        "Leads of this form",
        compute="_compute_preview",
        help="Past leads of this form.",
    )
    looked_count = fields.Integer(
        "Leads looked at",
        compute="_compute_preview",
        help="Leads that the preview looked at.",
    )
    changed_count = fields.Integer(
        "Leads that change",
        compute="_compute_preview",
        help="Leads that would get something new.",
    )
    kept_count = fields.Integer(
        "Left as edited",
        compute="_compute_preview",
        help="Leads on which a person changed what the mapping would write.",
    )
    failed_count = fields.Integer(
        "Cannot be read",
        compute="_compute_preview",
        help="The server's log says why. These leads stay as they are.",
    )
    other_count = fields.Integer(
        "Not looked at",
        compute="_compute_preview",
        help="Submissions whose lead was deleted, was there before, is not shown by "
        "Meta any more or is another company's, or whose answers are not stored.",
    )
    preview = fields.Html(
        compute="_compute_preview",
        sanitize=False,
        help="What some of the past leads would get.",
    )

    @api.constrains("form_id")
    def _check_form_access(self):
        """The preview shows its leads to whoever may read the row."""
        # Odoo checks with full rights.
        self.sudo(False).form_id.check_access("write")

    @api.depends("form_id", "with_lost")
    def _compute_preview(self):
        self.form_id.check_access("write")
        for wizard in self:
            form = wizard.form_id
            looked = form._get_remap_rows(wizard.with_lost, limit=PREVIEWED)
            planned = list(self._plan(looked))
            wizard.row_count = form._count_remap_rows(wizard.with_lost)
            wizard.looked_count = len(looked)
            wizard.failed_count = len(looked) - len(planned)
            wizard.changed_count = sum(
                any(not change.kept for change in changes) for _row, changes in planned
            )
            wizard.kept_count = sum(
                any(change.kept for change in changes) for _row, changes in planned
            )
            wizard.other_count = (
                self.env["meta.lead.submission"]
                .sudo()
                .search_count([("form_id", "=", form.id)])
            ) - form._count_remap_rows(True)
            wizard.preview = self._show(planned)

    @api.model
    def _plan(self, rows):
        """``(submission, changes)`` of each row that can be read.

        :rtype: Iterator[tuple]
        """
        for row in rows:
            try:
                yield row, row._plan_mapping()
            except Exception as error:
                if queue.is_conflict(error):
                    raise
                # What kind of error, not its words: they may quote a person.
                _logger.error(
                    "The answers of submission %s cannot be read: %s",
                    row.id,
                    type(error).__name__,
                )

    @api.model
    def _show(self, planned):
        """A table of what changes, and of what is kept.

        :param list planned: ``(submission, changes)`` pairs
        """
        lines = [(row, change) for row, changes in planned for change in changes]
        if not lines:
            return False
        shown = Markup().join(
            self._show_line(row, change) for row, change in lines[:SHOWN]
        )
        head = Markup().join(
            Markup("<th>%s</th>") % title
            for title in (
                self.env._("Lead"),
                self.env._("Field"),
                self.env._("Now"),
                self.env._("New"),
            )
        )
        more = Markup()
        if len(lines) > SHOWN:
            more = Markup("<p>%s</p>") % self.env._(
                "… and more changes: %s.", len(lines) - SHOWN
            )
        return Markup(
            '<table class="table table-sm o_meta_preview">'
            "<thead><tr>%s</tr></thead><tbody>%s</tbody></table>%s"
        ) % (head, shown, more)

    @api.model
    def _show_line(self, row, change):
        row = row.with_context(lang=self.env.lang)
        now, new = (
            self._short(row._in_words_of(change.name, value))
            for value in (change.now, change.new)
        )
        if change.kept:
            new = Markup('<span class="text-muted">%s</span>') % self.env._(
                "stays as edited (mapping: %s)", new or self.env._("empty")
            )
        return Markup("<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>") % (
            Markup('<a href="/odoo/crm.lead/%s" target="_blank">%s</a>')
            % (row.lead_id.id, self._short(row.lead_id.name)),
            row._label_of(change.name),
            now or Markup('<span class="text-muted">%s</span>') % self.env._("empty"),
            new or Markup('<span class="text-muted">%s</span>') % self.env._("empty"),
        )

    @api.model
    def _short(self, text):
        lines = [" ".join(line.split()) for line in (text or "").splitlines()]
        text = " · ".join(line for line in lines if line)
        return text if len(text) <= LENGTH else text[:LENGTH] + "…"

    def action_apply(self):
        """Write what the preview showed."""
        self.ensure_one()
        form = self.form_id
        form.check_access("write")
        if form._start_remap(self.with_lost):
            words = self.env._(
                "The mapping was applied. Leads changed: %s.", form.remap_changed
            )
        else:
            words = self.env._(
                "The mapping is being applied in the background. The form shows how "
                "far it is."
            )
        notice = self.env["meta.connection"]._notify(words, "success")
        notice["params"]["next"] = {"type": "ir.actions.act_window_close"}
        return notice
