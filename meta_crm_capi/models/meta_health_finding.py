from odoo import api, fields, models

from ..protocol import health, redact
from . import own_record
from .words import Words, show

#: What is looked at, in the order of the screens; the later ones are a Page's.
KINDS = [
    ("set_up", "Set-up"),
    ("app", "App ID and app secret"),
    ("token", "Token"),
    ("dataset_tokens", "Tokens of datasets"),
    ("app_subscription", "Webhook at Meta"),
    ("webhook", "Webhooks received"),
    ("chats", "Webhooks of chats"),
    ("refused", "Refused webhooks"),
    ("graph_version", "Graph API version"),
    ("scheduled_actions", "Scheduled actions"),
    ("unknown_pages", "Leads of other Pages"),
    ("acceptance", "Accepted events"),
    ("page_token", "Page token"),
    ("lead_access", "Leads access"),
    ("page_subscription", "Page subscription"),
    ("terms", "Lead Ads Terms"),
    ("arrivals", "New leads"),
    ("catch_up", "Catch-up"),
    ("forms", "Forms"),
    ("waiting", "Waiting leads"),
    ("parked", "Parked leads"),
]
SEQUENCE = {kind: number for number, (kind, _name) in enumerate(KINDS)}
LEVELS = [
    (health.OK, "OK"),
    (health.INCONCLUSIVE, "Cannot be told"),
    (health.ATTENTION, "Needs attention"),
    (health.BROKEN, "Broken"),
]


class MetaHealthFinding(models.Model):
    """One thing that was looked at on a connection or a Page: how it is, and the cure.

    There is a row for what is well too. A row that needs a person makes one activity
    on its connection or Page, however often it is found, and clears it when it is well
    again.
    """

    _name = "meta.health.finding"
    _description = "Meta Health Finding"
    # What needs a person comes first.
    _order = "connection_id, severity desc, page_id nulls first, sequence, id"
    _rec_name = "kind"

    connection_id = fields.Many2one(
        "meta.connection", required=True, readonly=True, ondelete="cascade", index=True
    )
    page_id = fields.Many2one(
        "meta.lead.page",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
        help="The Page that it is about; empty for the connection itself.",
    )
    company_id = fields.Many2one(related="connection_id.company_id", store=True)
    kind = fields.Selection(
        KINDS,
        "What",
        required=True,
        readonly=True,
        help="What was looked at.",
    )
    sequence = fields.Integer(readonly=True)
    level = fields.Selection(
        LEVELS,
        "State",
        required=True,
        readonly=True,
        help="Whether it works, needs a person, or cannot be told now.",
    )
    severity = fields.Integer(compute="_compute_severity", store=True)
    words = Words("Finding", readonly=True)
    shown_words = fields.Text(
        "What was found",
        compute="_compute_shown_words",
        help="The finding, with its times in the reader's time zone.",
    )
    cure = Words("What to do", readonly=True)
    since = fields.Datetime(
        readonly=True, help="Since when its state has been what it is."
    )
    checked_at = fields.Datetime("Last checked", readonly=True)
    is_told = fields.Boolean(
        "Activity made",
        readonly=True,
        help="Whether an activity was made since it was well last.",
    )

    _kind_unique = models.UniqueIndex("(connection_id, COALESCE(page_id, 0), kind)")

    @api.depends("kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for finding in self:
            finding.display_name = kinds.get(finding.kind, finding.kind)

    @api.depends("words")
    @api.depends_context("tz", "lang", "uid")
    def _compute_shown_words(self):
        for finding in self:
            finding.shown_words = show(self.env, finding.words)

    @api.depends("level")
    def _compute_severity(self):
        for finding in self:
            finding.severity = health.LEVELS.index(finding.level)

    def action_open(self):
        """Open what the finding is about."""
        self.ensure_one()
        record = self.page_id or self.connection_id
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }

    @api.model
    def _store(self, record, findings, *, secrets=(), is_whole=True):
        """Keep what was found on a connection or a Page.

        :param record: one ``meta.connection`` or ``meta.lead.page``
        :param dict findings: ``{kind: health.Finding}``
        :param secrets: what must not show, however Meta came to say it
        :param bool is_whole: whether kinds that are not among these are gone
        :return: the kinds that were not well before, and are now or are gone
        :rtype: set[str]
        :raise queue.Conflict: another look was first; run this one again
        """
        record.ensure_one()
        known = {row.kind: row for row in record._get_own_findings()}
        healed = set()
        now = self.env.cr.now().replace(microsecond=0)
        for kind, finding in findings.items():
            row = known.pop(kind, self.browse())
            if row and row.level != health.OK and finding.level == health.OK:
                healed.add(kind)
            values = {
                "level": finding.level,
                "words": redact.redact(finding.words, secrets),
                "cure": redact.redact(finding.cure, secrets) or False,
                "checked_at": now,
            }
            if row.level != finding.level:
                values["since"] = now
            was = row.level
            if row:
                row.write(values)
            else:
                # Who looks at the same moment may have stored it first.
                first = {
                    **record._prepare_finding_owner(),
                    "kind": kind,
                    "sequence": SEQUENCE[kind],
                    **values,
                }
                row = own_record.create(self, [first]).with_env(self.env)
            row._tell(record, worse=was == health.ATTENTION)
        if is_whole:
            for row in known.values():
                if row.level != health.OK:
                    healed.add(row.kind)
                record._clear_alarms(row._get_cause())
                row.unlink()
        return healed

    def _tell(self, record, worse):
        """Make one activity of a finding that needs a person, or clear it.

        What cannot be told now neither makes nor clears one. What another activity
        tells has none of its own meanwhile.

        :param bool worse: tell it again when it has become broken since
        """
        self.ensure_one()
        if self.level == health.OK or record._is_told_otherwise(self.kind):
            if self.is_told:
                self.is_told = False
                record._clear_alarms(self._get_cause())
            return
        if self.level == health.INCONCLUSIVE:
            return
        if self.is_told and not (worse and self.level == health.BROKEN):
            return
        self.is_told = True
        told = record._for_reader()
        kinds = dict(self._fields["kind"]._description_selection(told.env))
        told._alarm(
            self._get_cause(),
            told.env._(
                "%(what)s: %(record)s",
                what=kinds[self.kind],
                record=record.display_name,
            ),
            "\n".join(filter(None, [self.words, self.cure])),
        )

    def _get_cause(self):
        return f"health {self.kind}"
