from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .words import Words

#: Meta gives a lead for so many days after it was submitted.
READABLE_DAYS = 90
#: States in which the scheduled action works.
PHASES = ("counting", "running")
#: Cause of the alarm that an import stopped.
STOPPED = "import"
#: Kinds of lines that stand for leads of this import, and those that do not.
LEADS = ("create", "join", "attach", "ambiguous")
NO_LEADS = ("unreadable", "foreign")


class MetaLeadImport(models.Model):
    """One import of leads that were submitted before, from Meta or from a file of its.

    ``draft`` (what to import) → ``counting`` (a dry run: nothing is made) → ``ready``
    (what would happen, lead by lead) → ``running`` → ``done``. Both passes read the
    same source chunk by chunk; how far each came is stored with the chunk, so that a
    killed server goes on where it was. The way in is the one of all leads: submissions
    that are unique for ever, made into leads by the same code.
    """

    _name = "meta.lead.import"
    _inherit = ["meta.alarm.mixin"]
    _description = "Meta Lead Import"
    _order = "id desc"
    _check_company_auto = True

    page_id = fields.Many2one(
        "meta.lead.page",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        default=lambda self: self._default_page_id(),
    )
    company_id = fields.Many2one(
        related="page_id.company_id", store=True, index=True, precompute=True
    )
    owner_id = fields.Many2one(
        "res.users",
        "Responsible",
        default=lambda self: self.env.user,
        help="Gets an activity when the import stops.",
    )
    source = fields.Selection(
        [("meta", "From Meta"), ("file", "From a file")],
        required=True,
        default="meta",
    )
    since = fields.Date(
        "Submitted since",
        default=lambda self: fields.Date.today() - timedelta(days=READABLE_DAYS),
        help="Meta gives leads for 90 days after they were submitted.",
    )
    form_ids = fields.Many2many(
        "meta.lead.form",
        string="Forms",
        domain="[('page_id', '=', page_id)]",
        context={"active_test": False},
        check_company=True,
        help="Empty: every form of the Page.",
    )
    file = fields.Binary(
        attachment=True,
        copy=False,
        help="The leads of a form as Meta lets you download them: CSV, or the tab "
        "separated file named .xls. It is removed when the import has ended.",
    )
    file_name = fields.Char()
    is_silent = fields.Boolean(
        "Do not notify",
        default=True,
        help="Nobody gets a message or an e-mail about these leads being there or "
        "being theirs.",
    )
    is_unassigned = fields.Boolean(
        "Do not assign",
        default=True,
        help="The leads get no salesperson: neither the Page's, nor the team leader, "
        "nor one by Odoo's assignment rules. They keep the team.",
    )
    is_matching = fields.Boolean(
        "Match existing leads",
        default=True,
        help="Where Odoo has the lead already, from another tool or entered by hand, "
        "it only gets the Meta lead ID: no second lead is made. Its further steps are "
        "then reported to Meta; attaching reports nothing by itself.",
    )
    match_days = fields.Integer(
        "Days between",
        default=7,
        help="By e-mail or phone, a lead counts as the same one if it was created in "
        "Odoo at most so many days before or after the form was sent.",
    )
    match_field_id = fields.Many2one(
        "ir.model.fields",
        "Field with the Meta lead ID",
        ondelete="set null",
        domain="[('model', '=', 'crm.lead'), ('ttype', '=', 'char'),"
        " ('store', '=', True)]",
        help="Where another tool kept Meta's lead ID, if it did.",
    )
    when_ambiguous = fields.Selection(
        [
            ("ask", "Let me choose"),
            ("nearest", "Take the one nearest in time"),
            ("create", "Make a new lead"),
        ],
        "If several leads match",
        required=True,
        default="ask",
        help="For a Meta lead whose e-mail or phone several leads in Odoo have. “Let "
        "me choose” leaves it out until you say which one it is.",
    )
    state = fields.Selection(
        [
            ("draft", "Choose"),
            ("counting", "Counting"),
            ("ready", "Counted"),
            ("running", "Importing"),
            ("paused", "Paused"),
            ("failed", "Stopped"),
            ("cancelled", "Cancelled"),
            ("done", "Done"),
        ],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
        index=True,
    )
    phase = fields.Selection(
        [("counting", "Counting"), ("running", "Importing")],
        readonly=True,
        copy=False,
        help="What goes on when a paused or stopped import is resumed.",
    )
    reason = Words(
        readonly=True, copy=False, help="Why it waits or stopped, and what to do."
    )
    next_try_at = fields.Datetime(
        "Goes on from",
        readonly=True,
        copy=False,
    )
    tries = fields.Integer(readonly=True, copy=False)
    position = fields.Integer(
        "Read", readonly=True, copy=False, help="Leads read in this pass."
    )
    found_count = fields.Integer(
        "Leads found",
        readonly=True,
        copy=False,
        help="Leads that the source has.",
    )
    progress = fields.Float(
        compute="_compute_progress",
        aggregator=None,
    )
    part_ids = fields.One2many("meta.lead.import.part", "import_id", readonly=True)
    line_ids = fields.One2many("meta.lead.import.line", "import_id", "Leads")
    submission_ids = fields.One2many("meta.lead.submission", "import_id", readonly=True)

    _match_days_sane = models.Constraint(
        "CHECK(match_days BETWEEN 0 AND 3650)",
        "Choose between 0 and 3650 days for matching existing leads.",
    )

    @api.model
    def _default_page_id(self):
        """The company's only Page, where there is but one."""
        found = self.env["meta.lead.page"].search(
            [("company_id", "=", self.env.company.id)], limit=2
        )
        return found if len(found) == 1 else found.browse()

    @api.depends("page_id", "create_date")
    def _compute_display_name(self):
        for run in self:
            day = fields.Datetime.context_timestamp(
                run, run.create_date or fields.Datetime.now()
            ).date()
            run.display_name = f"{run.page_id.name or ''} {day}".strip()

    @api.depends("state", "phase", "position", "found_count")
    def _compute_progress(self):
        for run in self:
            if run.state == "done":
                run.progress = 100
            elif run.phase == "running" and run.found_count:
                run.progress = min(99, 100 * run.position / run.found_count)
            else:
                run.progress = 0

    @api.constrains("since", "source")
    def _check_since(self):
        today = fields.Date.today()
        for run in self.filtered(lambda run: run.source == "meta"):
            if not run.since or not 0 <= (today - run.since).days <= READABLE_DAYS:
                raise ValidationError(
                    self.env._(
                        "Choose a day of the last %s days: Meta gives no older leads. "
                        "Older ones come from a file that was downloaded in time.",
                        READABLE_DAYS,
                    )
                )

    @api.constrains("form_ids", "page_id")
    def _check_forms(self):
        for run in self:
            if run.form_ids.page_id - run.page_id:
                raise ValidationError(
                    self.env._("Choose forms of the Page “%s”.", run.page_id.name)
                )

    @api.onchange("page_id")
    def _onchange_page_id(self):
        self.form_ids = self.form_ids.filtered(
            lambda form: form.page_id == self.page_id
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_at_work(self):
        if self.filtered(lambda run: run.state in PHASES):
            raise UserError(self.env._("Pause or cancel the import first."))
        waiting = self.env["meta.lead.submission"].sudo()
        if waiting.search_count(
            [("import_id", "in", self.ids), ("state", "in", ("received", "parked"))],
            limit=1,
        ):
            raise UserError(
                self.env._(
                    "Leads of this import still wait, and its switches and your "
                    "choices say what becomes of them: see “Submissions” on the "
                    "import. Delete it once they are settled."
                )
            )

    def copy_data(self, default=None):
        values = super().copy_data(default)
        for vals in values:
            # The day of then may be too old by now.
            vals.pop("since", None)
        return values

    # How a pass begins

    def _check_ready(self):
        if self.source == "file" and not self.file:
            raise UserError(self.env._("Choose the file first."))
        if self.source == "meta" and not self._get_forms():
            raise UserError(
                self.env._(
                    "The Page “%s” has no forms in Odoo yet. Load its forms first.",
                    self.page_id.name,
                )
            )

    def _get_forms(self):
        """The forms to read: those chosen, else all of the Page, archived ones too."""
        self.ensure_one()
        every = self.page_id.with_context(active_test=False).form_ids
        return self.with_context(active_test=False).form_ids or every

    def _begin(self, phase):
        """Start a pass from the beginning of its source."""
        self.part_ids.unlink()
        values = {
            "state": phase,
            "phase": phase,
            "position": 0,
            "tries": 0,
            "next_try_at": False,
            "reason": False,
        }
        if phase == "counting":
            values["found_count"] = 0
        if self.source == "meta":
            values["part_ids"] = [
                fields.Command.create({"form_id": form.id})
                for form in self._get_forms()
            ]
        self.write(values)
        self._clear_alarms(STOPPED)

    def _wake(self):
        self.env.ref("meta_crm_capi.ir_cron_import").sudo()._trigger()
        return True

    # How a pass ends

    def _end(self, state, words=""):
        """Nothing more is read; the file with people's answers is not kept.

        :param str words: what could not be read
        """
        self.write(
            {
                "state": state,
                "reason": words or False,
                "next_try_at": False,
                "file": False,
            }
        )
        self._clear_alarms(STOPPED)
        if words:
            summary = self._for_reader().env._("Not all Meta leads were imported")
            self._alarm(STOPPED, summary, words)

    def _fail(self, words):
        """Stop until a person resumes it, and tell the one who started it."""
        self.write({"state": "failed", "reason": words, "next_try_at": False})
        self._alarm(
            STOPPED, self._for_reader().env._("The import of Meta leads stopped"), words
        )

    @api.autovacuum
    def _gc_files(self):
        """Remove files of imports that nobody touched for a month."""
        limit = fields.Datetime.now() - timedelta(days=30)
        self.sudo().search(
            [
                ("source", "=", "file"),
                ("write_date", "<", limit),
                ("state", "in", ("draft", "ready", "paused", "failed")),
                ("file", "!=", False),
            ]
        ).write({"file": False, "state": "draft", "phase": False})
