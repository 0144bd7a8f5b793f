from datetime import timedelta

from odoo import api, fields, models

from ..protocol import answer_lookup, health
from ..protocol import words as english
from .words import Words

UNREADABLE = "unreadable"
#: Meta has deleted a lead so long after it was submitted.
RETENTION = timedelta(days=90)

CAUSES = [
    ("unknown_page", "Page not connected"),
    ("foreign_page", "Page of another connection"),
    (UNREADABLE, "Meta does not show it"),
    ("refused", "Refused by Meta"),
    ("not_a_lead", "No lead in Meta's answer"),
    ("internal", "Odoo could not make a lead"),
    ("ambiguous", "Several leads match"),
    ("other", "Other"),
]
#: What a person can do, for causes of which Meta's own answer says nothing.
CURES = {
    "unknown_page": english._lt(
        "Add the Page under CRM > Configuration > Meta > Pages: the lead then comes"
        " in by itself."
    ),
    "foreign_page": english._lt(
        "Check at Meta which app the Page is subscribed to. When the Page moves to"
        " this connection, the lead comes in by itself."
    ),
    UNREADABLE: english._lt(
        "Meta answers alike for a lead that is gone and for one that we may not read."
        " Press “Check now” on the Page. Where it finds something, mend that: the"
        " lead is then tried again by itself. Where it finds that leads can be read,"
        " this one was deleted."
    ),
    "refused": english._lt("Mend what Meta names, then press “Try again”."),
    "not_a_lead": english._lt(
        "Press “Try again”. If it stays, the lead is no lead of an instant form."
    ),
    "internal": english._lt(
        "Give the server log of that moment to whoever runs this Odoo, mend what it"
        " names, then press “Try again”."
    ),
    "ambiguous": english._lt(
        "Open its import, choose the lead under “Lead by lead”, or have a new one"
        " made there: it then goes on by itself."
    ),
    "other": english._lt("Press “Try again” when the reason is gone."),
}
#: For a lead that Meta does not show, in place of what its answer says of any object.
HIDDEN = english._lt(
    "Meta shows no such lead: it was deleted there, or we may not read it."
)
#: What is over cannot be mended.
TOO_OLD = english._lt(
    "Meta keeps a lead for 90 days, and this one is older: it is gone there. Press"
    " “Leave out”, or import it from a file that you exported from Meta before."
)
DELETED = english._lt(
    "Other leads of this Page can be read, so this one was most likely deleted at"
    " Meta. Nothing is to be mended: press “Leave out”. If you have it in a file"
    " that you exported from Meta, import that."
)


class MetaLeadSubmission(models.Model):
    """What was set aside: why, in Meta's words and ours, and when it is tried again."""

    _inherit = "meta.lead.submission"

    parked_cause = fields.Selection(
        CAUSES,
        "Cause",
        readonly=True,
        help="What kind of thing it waits for; decides when it is tried by itself.",
    )
    answer_code = fields.Integer("Code", readonly=True, aggregator=None)
    answer_subcode = fields.Integer("Subcode", readonly=True, aggregator=None)
    words = Words("In words", compute="_compute_help", help="Meta's words, or ours.")
    cure = Words("What to do", compute="_compute_help")

    _arrivals = models.Index("(page_meta_id, create_date) WHERE origin = 'webhook'")

    @api.depends("state", "reason", "parked_cause", "answer_code", "answer_subcode")
    def _compute_help(self):
        for row in self:
            reason = row.reason or ""
            meaning = cure = ""
            if row.answer_code and row.state in ("received", "parked"):
                outcome = "refuse" if row.parked_cause == "refused" else "retry"
                meaning, cure = answer_lookup.explain(
                    outcome, row.answer_code, row.answer_subcode, reason
                )
            said = [line for line in reason.splitlines() if line not in (meaning, cure)]
            own = CURES.get(row.parked_cause) if row.state == "parked" else ""
            if own and row.parked_cause == UNREADABLE:
                # Meta's answer is the one for any object: it tells of ids and rights.
                meaning, cure, own = HIDDEN, "", row._get_hidden_cure()
            row.words = "\n".join(filter(None, [*said, meaning])) or False
            row.cure = "\n".join(filter(None, [cure, own])) or False

    def _get_hidden_cure(self):
        """What to do about a lead that Meta does not show: is it gone, or closed?"""
        if self.submitted_at and self.submitted_at < self.env.cr.now() - RETENTION:
            return TOO_OLD
        access = self.sudo().page_id.health_finding_ids.filtered(
            lambda row: row.kind == "lead_access"
        )
        given_up_at = self.write_date.replace(microsecond=0)
        if access.level == health.OK and access.checked_at >= given_up_at:
            # Others could be read after this one could not.
            return DELETED
        return CURES[UNREADABLE]

    def write(self, vals):
        """What is not parked any more has no cause to be."""
        if vals.get("state", "parked") != "parked":
            vals = {"parked_cause": False, **vals}
        return super().write(vals)

    def _park(self, words, cause="other"):
        """Set a submission aside until a person, or a healed cause, brings it back."""
        self.write(
            {
                "state": "parked",
                "reason": words,
                "parked_cause": cause,
                "next_try_at": False,
            }
        )

    def _settle(self, result):
        was_read = super()._settle(result)
        code, subcode = result.answer.code or 0, result.answer.subcode or 0
        if (self.answer_code, self.answer_subcode) != (code, subcode):
            self.write({"answer_code": code, "answer_subcode": subcode})
        return was_read

    def _unpark(self):
        """Read these again at once, as if they had just come."""
        self.write({"state": "received", "reason": False, "tries": 0})
        self._make_due(self.env["meta.lead.page"], self)

    @api.model
    def _unpark_for_causes(self, pages, causes):
        """What was parked for one of these causes, and is of these Pages, goes on.

        Not what Meta has deleted meanwhile.
        """
        parked = self.search(
            [
                ("state", "=", "parked"),
                ("parked_cause", "in", causes),
                ("page_meta_id", "in", pages.filtered("active").mapped("meta_id")),
                "|",
                ("submitted_at", "=", False),
                ("submitted_at", ">", self.env.cr.now() - RETENTION),
            ]
        )
        if parked:
            parked._unpark()


class MetaLeadPage(models.Model):
    _inherit = "meta.lead.page"

    def _retry_unreadable(self):
        """The Pages' leads may be readable now: a token or a permission came."""
        self.env["meta.lead.submission"]._unpark_for_causes(self, [UNREADABLE])

    def _resume(self):
        result = super()._resume()
        self._retry_unreadable()
        return result
