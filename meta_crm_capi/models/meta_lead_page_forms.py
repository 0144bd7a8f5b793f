import logging

from odoo import api, fields, models
from odoo.tools import SQL

from ..protocol import words as english
from ..protocol.text import scalar_text
from . import queue
from .meta_lead_submission_read import is_id

_logger = logging.getLogger(__name__)


class MetaLeadPage(models.Model):
    """The Page's instant forms, as Meta lists them."""

    _inherit = "meta.lead.page"

    forms_read_at = fields.Datetime(
        "Forms read",
        readonly=True,
        copy=False,
        help="When the list of forms was last read from Meta: daily, and on demand.",
    )
    forms_changed_at = fields.Datetime(
        "Forms changed on",
        readonly=True,
        copy=False,
        help="Written by whoever learns forms, one at a time.",
    )
    form_to_map_count = fields.Integer(
        "Forms to map",
        compute="_compute_form_to_map_count",
        help="Forms of which nobody has looked yet where the answers go.",
    )

    @api.depends("form_ids.needs_mapping")
    def _compute_form_to_map_count(self):
        counts = dict(
            self.env["meta.lead.form"]._read_group(
                [("page_id", "in", self.ids), ("needs_mapping", "=", True)],
                ["page_id"],
                ["__count"],
            )
        )
        for page in self:
            page.form_to_map_count = counts.get(page._origin, 0)

    def action_load_forms(self):
        """Read the Page's forms with their questions from Meta."""
        self.ensure_one()
        self.check_access("write")
        page = self.sudo()
        results = page._ask_meta(lambda graph: graph.forms(page.meta_id))
        new = total = 0
        for result in results:
            new += page._store_forms(result)
            total += len(result.rows)
        last = results[-1]
        if not last.answer.accepted:
            return page._notify_refusal(last.answer)
        words = self.env._(
            "Forms at Meta: %(total)s. New: %(new)s.", total=total, new=new
        )
        if last.has_next:
            page._leave_forms_to_catch_up(last)
            words += " " + self.env._("It is a long list: the rest is read by itself.")
        return self.env["meta.connection"]._notify(words, "success")

    def _leave_forms_to_catch_up(self, result):
        """Have the rest of the list read behind this page of it, at once."""
        self.write(
            {
                "forms_after": result.after,
                "forms_read_at": False,
                "next_catch_up_at": fields.Datetime.now(),
            }
        )
        self.env.ref("meta_crm_capi.ir_cron_catch_up").sudo()._trigger()

    def action_open_forms_to_map(self):
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "meta_crm_capi.meta_lead_form_action"
            ),
            "domain": [("page_id", "=", self.id)],
            "context": {"search_default_needs_mapping": 1},
        }

    def _store_forms(self, result):
        """Keep one page of the list of forms, and log it.

        :param result: ``client.Result``; the last one of a whole list marks it as read
        :return: how many forms are new
        :rtype: int
        """
        self.ensure_one()
        self.env["meta.sync.log"]._add_for_page(
            "form",
            self,
            result,
            event_count=len(result.rows),
            asked=english._lt("List of forms"),
        )
        if not result.answer.accepted:
            return 0
        self._lock_forms()
        forms = self.env["meta.lead.form"]
        nodes = {scalar_text(node.get("id")): node for node in result.rows}
        known = {form.meta_id: form for form in forms._find(list(nodes))}
        new = 0
        for meta_id, node in nodes.items():
            form = known.get(meta_id, forms)
            if not is_id(meta_id) or form.page_id not in (self, self.browse()):
                _logger.warning(
                    "Meta lists a form under Page %s that is none, or another Page's",
                    self.meta_id,
                )
                continue
            try:
                with self.env.cr.savepoint():
                    if form._is_told_by(node):
                        form._keep_status(node)
                    else:
                        forms._learn(self, {**node, "id": meta_id})
            except Exception as error:
                if queue.is_conflict(error):
                    raise
                _logger.error(
                    "Form %s could not be kept: %s", meta_id, queue.describe(error)
                )
                continue
            new += not form
        if not result.has_next:
            self.forms_read_at = fields.Datetime.now()
        return new

    def _lock_forms(self):
        """Let nobody else learn forms of these Pages until this transaction ends.

        Who comes second meets a conflict and runs again: then it sees the forms that
        the first one made, instead of failing to make them too.
        """
        if not self:
            return
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE meta_lead_page SET forms_changed_at = %s WHERE id = ANY(%s)",
                queue.db_now(),
                sorted(self.ids),
            ),
            log_exceptions=False,
        )
        self.invalidate_recordset(["forms_changed_at"])
