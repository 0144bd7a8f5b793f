from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .meta_lead_import import LEADS
from .words import Words


class MetaLeadImportLine(models.Model):
    """What becomes of one lead of an import, and why; no personal data.

    Written by the dry run and looked at again when the lead is imported, unless a
    person decided.
    """

    _name = "meta.lead.import.line"
    _description = "Lead of a Meta Lead Import"
    _order = "line_number, id"
    _rec_name = "key"

    import_id = fields.Many2one(
        "meta.lead.import",
        "Lead import",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="import_id.company_id", store=True)
    key = fields.Char(
        required=True,
        readonly=True,
        help="The Meta lead ID, else where in the file it is.",
    )
    line_number = fields.Integer("Line", readonly=True, aggregator=None)
    kind = fields.Selection(
        [
            ("create", "New lead"),
            ("join", "Add to the open lead"),
            ("attach", "Attach to an existing lead"),
            ("ambiguous", "Several leads match"),
            ("parked", "Brings in what is parked"),
            ("known", "Known already"),
            ("unreadable", "Cannot be read"),
            ("foreign", "Of another form"),
        ],
        "What happens",
        required=True,
        readonly=True,
        help="What becomes of this lead.",
    )
    matched_by = fields.Selection(
        [("meta_id", "Lead ID"), ("email", "E-mail"), ("phone", "Phone")],
        "Matched by",
        readonly=True,
        help="What the lead in Odoo was found by.",
    )
    form_id = fields.Many2one("meta.lead.form", readonly=True, ondelete="set null")
    submitted_at = fields.Datetime("Submitted", readonly=True)
    lead_id = fields.Many2one(
        "crm.lead",
        "Existing lead",
        index="btree_not_null",
        ondelete="set null",
        help="The lead that gets the Meta lead ID.",
    )
    candidate_ids = fields.Many2many(
        "crm.lead",
        string="They match",
        readonly=True,
        help="Leads in Odoo that it may be.",
    )
    is_decided = fields.Boolean(
        "Decided by a person",
        readonly=True,
        help="Somebody chose which lead it is.",
    )
    row_count = fields.Integer(
        "Rows",
        readonly=True,
        default=1,
        help="How many rows of the file are about this lead.",
    )
    reason = Words(readonly=True)

    _once = models.Constraint(
        "UNIQUE(import_id, key)", "A lead is in an import only once."
    )
    _kinds = models.Index("(import_id, kind)")

    def write(self, vals):
        result = super().write(vals)
        if "lead_id" in vals and not self.env.context.get("meta_import_found"):
            self._decide("attach" if vals["lead_id"] else "create")
        return result

    def action_attach(self):
        """Attach to the lead that was chosen."""
        self.check_access("write")
        if self.filtered(lambda line: not line.lead_id):
            raise UserError(self.env._("Choose the existing lead first."))
        self._decide("attach")
        return True

    def action_make_new(self):
        """Make a new lead, whatever matches."""
        self.check_access("write")
        self._decide("create")
        return True

    def _decide(self, kind):
        """A person decided; what waits for it goes on."""
        self.env["meta.connection"]._check_administrator()
        if self.filtered(lambda line: line.kind not in LEADS):
            raise UserError(
                self.env._("This line stands for no lead that could be imported.")
            )
        lines = self.sudo().with_context(meta_import_found=True)
        if kind == "attach":
            for line in lines:
                if line.lead_id.company_id not in (
                    line.company_id,
                    line.company_id.browse(),
                ):
                    raise UserError(
                        self.env._("Choose a lead of the company of this import.")
                    )
        settled = lines.env["meta.lead.submission"].search(
            [("meta_id", "in", lines.mapped("key")), ("state", "!=", "parked")], limit=1
        )
        if settled:
            raise UserError(
                self.env._("The lead %s is in Odoo already.", settled[0].meta_id)
            )
        values = {"kind": kind, "is_decided": True}
        if kind == "create":
            values.update(lead_id=False, matched_by=False)
        lines.write(values)
        waiting = lines._get_submissions().filtered(
            lambda row: row.state == "parked" and row.import_id
        )
        waiting.action_try_again()

    def _get_submissions(self):
        """The submissions of these lines that their imports stored."""
        found = self.env["meta.lead.submission"].search(
            [("meta_id", "in", self.mapped("key"))]
        )
        return found.filtered(lambda row: row.import_id in self.import_id)

    def _keep_erased(self):
        """Let none of these come in: their people were erased after they were counted.

        What has a submission is erased by itself.
        """
        submissions = self.env["meta.lead.submission"].sudo()
        known = submissions.search([("meta_id", "in", self.mapped("key"))])
        missing = {line.key: line for line in self}
        for meta_id in known.mapped("meta_id"):
            missing.pop(meta_id)
        submissions.create(
            [
                {
                    "meta_id": meta_id,
                    "company_id": line.company_id.id,
                    "origin": "import",
                    "state": "erased",
                }
                for meta_id, line in missing.items()
            ]
        )

    @api.model
    def _list(self, run, chunk):
        """Write down what becomes of a chunk, but for what a person decided."""
        found = [] if chunk.phase == "running" else _summed(chunk.bad)
        own = {
            row.meta_id
            for row in self.env["meta.lead.submission"].search(
                [
                    ("import_id", "=", run.id),
                    ("meta_id", "in", [str(node.get("id")) for node in chunk.nodes]),
                ]
            )
        }
        # What this import stored before it was interrupted is decided.
        nodes = [node for node in chunk.nodes if str(node.get("id")) not in own]
        candidates = {}
        for values in run._judge(nodes):
            candidates[values["key"]] = values.pop("candidates")
            values["line_number"] = chunk.lines.get(values["key"])
            found.append(values)
        if not found:
            return
        self.flush_model()
        columns = (
            ("key", "varchar"),
            ("kind", "varchar"),
            ("line_number", "int"),
            ("matched_by", "varchar"),
            ("form_id", "int"),
            ("submitted_at", "timestamp"),
            ("lead_id", "int"),
            ("row_count", "int"),
            ("reason", "text"),
            ("email_mark", "varchar"),
            ("phone_mark", "varchar"),
        )
        names = SQL(", ").join(SQL.identifier(name) for name, _kind in columns)
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO meta_lead_import_line AS known (
                    import_id, company_id, is_decided, %(names)s)
                SELECT %(run)s, %(company)s, FALSE, %(names)s
                  FROM unnest(%(values)s) AS given (%(names)s)
                    ON CONFLICT (import_id, key) DO UPDATE
                   SET kind = EXCLUDED.kind,
                       matched_by = EXCLUDED.matched_by,
                       lead_id = EXCLUDED.lead_id,
                       reason = EXCLUDED.reason,
                       email_mark = EXCLUDED.email_mark,
                       phone_mark = EXCLUDED.phone_mark,
                       row_count = CASE WHEN EXCLUDED.kind = 'foreign'
                                        THEN known.row_count + EXCLUDED.row_count
                                        ELSE known.row_count END
                 WHERE known.is_decided IS NOT TRUE
             RETURNING id, key
                """,
                names=names,
                run=run.id,
                company=run.company_id.id,
                values=SQL(", ").join(
                    SQL("%s::%s[]", [row.get(name) for row in found], SQL(kind))
                    for name, kind in columns
                ),
            )
        )
        self.invalidate_model()
        for line_id, key in rows:
            several = candidates.get(key)
            if several:
                self.browse(line_id).candidate_ids = several


def _summed(bad):
    """The values of lines, one for each key, with how many rows it stands for."""
    found = {}
    for values in bad:
        line = found.setdefault(values["key"], {**values, "row_count": 0})
        line["row_count"] += 1
    return list(found.values())
