import logging

from odoo import api, fields, models

from . import queue

_logger = logging.getLogger(__name__)

#: Leads of one transaction.
BATCH = 100


class Tally:
    """What became of some leads: how many changed, were kept in part, or failed."""

    def __init__(self):
        self.seen = self.changed = self.kept = self.failed = 0


class MetaLeadForm(models.Model):
    """Applying a changed mapping to the leads that came before."""

    _inherit = "meta.lead.form"

    remap_state = fields.Selection(
        [("running", "Running"), ("done", "Done"), ("stopped", "Stopped")],
        "Past leads",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    remap_at = fields.Datetime(
        "Applied on",
        readonly=True,
        copy=False,
        help="When the mapping was last applied to past leads.",
    )
    remap_user_id = fields.Many2one(
        "res.users", "Applied by", readonly=True, copy=False, ondelete="set null"
    )
    remap_last_id = fields.Integer(
        "Last submission looked at", readonly=True, copy=False
    )
    remap_until_id = fields.Integer(
        "Last submission to look at", readonly=True, copy=False
    )
    remap_with_lost = fields.Boolean("Lost leads as well", readonly=True, copy=False)
    remap_total = fields.Integer(
        "Leads to look at",
        readonly=True,
        copy=False,
        help="Past leads that the mapping is applied to.",
    )
    remap_seen = fields.Integer(
        "Leads looked at",
        readonly=True,
        copy=False,
        help="Past leads that were looked at so far.",
    )
    remap_changed = fields.Integer(
        "Leads changed",
        readonly=True,
        copy=False,
        help="Past leads that got something new.",
    )
    remap_kept = fields.Integer(
        "Left as edited",
        readonly=True,
        copy=False,
        help="Leads on which a person had changed what the mapping would write.",
    )
    remap_failed = fields.Integer(
        "Failed",
        readonly=True,
        copy=False,
        help="Past leads that could not be changed; the server log says why.",
    )
    remap_progress = fields.Float(
        "Progress",
        compute="_compute_remap_progress",
        help="How many of the past leads were looked at.",
    )

    @api.depends("remap_total", "remap_seen", "remap_state")
    def _compute_remap_progress(self):
        for form in self:
            done = form.remap_seen / form.remap_total if form.remap_total else 1
            form.remap_progress = 100 if form.remap_state == "done" else 100 * done

    def action_remap(self):
        """Open the preview of what the mapping would change on past leads."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "meta_crm_capi.meta_lead_form_remap_action"
            ),
            "context": {"default_form_id": self.id},
        }

    def action_stop_remap(self):
        """Leave the leads that were not looked at yet as they are."""
        self.check_access("write")
        running = self.filtered(lambda form: form.remap_state == "running")
        running.remap_state = "stopped"

    def _get_remap_domain(self, with_lost):
        """The submissions whose leads the mapping made and that can be looked at.

        None of another company, where somebody may have moved the lead to.
        """
        domain = [
            ("form_id", "=", self.id),
            ("state", "=", "done"),
            ("written", "!=", False),
            ("answers", "!=", False),
            ("lead_id.company_id", "in", [self.company_id.id, False]),
            ("lead_id", "!=", False),
        ]
        return domain if with_lost else [*domain, ("lead_id.active", "=", True)]

    def _get_remap_rows(self, with_lost, domain=(), **search):
        # Without a language, as leads are made: the words of the notes stay the same.
        rows = (
            self.env["meta.lead.submission"]
            .sudo()
            .with_context(active_test=False, lang=None)
        )
        domain = [*self._get_remap_domain(with_lost), *domain]
        return rows.with_company(self.company_id).search(domain, **search)

    def _count_remap_rows(self, with_lost):
        rows = self.env["meta.lead.submission"].sudo()
        return rows.search_count(self._get_remap_domain(with_lost))

    def _start_remap(self, with_lost):
        """Apply the mapping to all past leads: few at once, many in the background.

        :return: whether it is done already
        :rtype: bool
        """
        self.ensure_one()
        count = self._count_remap_rows(with_lost)
        newest = self._get_remap_rows(with_lost, order="id desc", limit=1)
        self.write(
            {
                "remap_state": "running",
                "remap_at": fields.Datetime.now(),
                "remap_user_id": self.env.uid,
                "remap_last_id": 0,
                "remap_until_id": newest.id or 0,
                "remap_with_lost": with_lost,
                "remap_total": count,
                "remap_seen": 0,
                "remap_changed": 0,
                "remap_kept": 0,
                "remap_failed": 0,
            }
        )
        if count <= BATCH:
            self.sudo()._remap_batch()
            return True
        self.env.ref("meta_crm_capi.ir_cron_remap").sudo()._trigger()
        return False

    @api.model
    def _cron_remap(self):
        """Go on applying mappings to past leads. Never raises."""
        try:
            self._remap_running()
        except Exception as error:
            self.env.cr.rollback()
            _logger.error(
                "Applying a mapping stopped; it goes on with the next run: %s",
                queue.describe(error),
            )

    @api.model
    def _remap_running(self):
        commit_progress = self.env["ir.cron"]._commit_progress
        running = [("remap_state", "=", "running")]
        time_left = commit_progress(remaining=self._count_remap())
        everything = self.with_context(active_test=False)
        while time_left > 0 and (form := everything.search(running, limit=1)):
            seen = queue.store(self.env, form._remap_batch)
            time_left = commit_progress(seen, remaining=self._count_remap())
        if everything.search_count(running, limit=1):
            self.env.ref("meta_crm_capi.ir_cron_remap")._trigger()
            commit_progress()

    @api.model
    def _count_remap(self):
        forms = self.with_context(active_test=False)
        running = forms.search([("remap_state", "=", "running")])
        return sum(form.remap_total - form.remap_seen for form in running)

    def _remap_batch(self):
        """Apply the mapping to the next leads.

        :return: how many submissions were looked at
        :rtype: int
        """
        self.ensure_one()
        rows = self._get_remap_rows(
            self.remap_with_lost,
            [("id", ">", self.remap_last_id), ("id", "<=", self.remap_until_id)],
            order="id",
            limit=BATCH,
        )
        tally = Tally()
        for row in rows:
            self._remap_row(row, tally)
        self.write(
            {
                "remap_last_id": rows[-1:].id or self.remap_until_id,
                "remap_seen": self.remap_seen + tally.seen,
                "remap_changed": self.remap_changed + tally.changed,
                "remap_kept": self.remap_kept + tally.kept,
                "remap_failed": self.remap_failed + tally.failed,
                **({} if len(rows) == BATCH else {"remap_state": "done"}),
            }
        )
        return len(rows)

    def _remap_row(self, row, tally):
        """Apply the mapping to one lead; one that fails costs no other one."""
        tally.seen += 1
        try:
            with self.env.cr.savepoint():
                changes = row._apply_mapping()
                made = [change for change in changes if not change.kept]
                if made:
                    self._tell_of_remap(row, made)
        except Exception as error:
            if queue.is_conflict(error):
                raise
            # What kind of error, not its words: they may quote a person.
            _logger.error(
                "The mapping could not be applied to submission %s: %s",
                row.id,
                type(error).__name__,
            )
            tally.failed += 1
            return
        tally.changed += bool(made)
        tally.kept += len(made) < len(changes)

    def _tell_of_remap(self, row, changes):
        """Say on the lead what was written and why."""
        user = self.remap_user_id or self.env.user
        row = row.with_context(lang=user.lang)
        labels = dict.fromkeys(row._label_of(change.name) for change in changes)
        row.lead_id._message_log(
            body=row.env._(
                "The mapping of the Meta form “%(form)s” was applied anew: %(fields)s.",
                form=self.name,
                fields=", ".join(labels),
            ),
            author_id=user.partner_id.id,
        )
