from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from .meta_lead_form_catch_up import RETENTION, Bounds, as_moment, as_unix
from .words import Words

#: A count that reaches so much further back than a newer one is kept beside it: the
#: longer periods of the screen need it.
MUCH_FURTHER = timedelta(days=14)


class MetaLeadCount(models.Model):
    """Which leads of a form Meta lists since a moment, for the reconciliation.

    ``counting`` → ``done``, or ``failed`` with Meta's words. The list is read page by
    page as the catch-up reads it (:mod:`.meta_lead_count_run`), and where that stands
    is committed with the ids of each page. A count shows only once it is done; it then
    takes the place of those before it, but not of one that tells of many more days.
    """

    _name = "meta.lead.count"
    _description = "Count of Leads at Meta"
    _order = "id desc"
    _rec_name = "form_id"

    form_id = fields.Many2one(
        "meta.lead.form", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="form_id.company_id", store=True, index=True, precompute=True
    )
    since = fields.Datetime(
        required=True, readonly=True, help="Leads submitted from then on."
    )
    state = fields.Selection(
        [("counting", "Counting"), ("done", "Counted"), ("failed", "Not counted")],
        required=True,
        readonly=True,
        default="counting",
        index=True,
    )
    started_at = fields.Datetime(
        "Asked at", readonly=True, help="What was submitted later may not be in it."
    )
    reason = Words(readonly=True, help="Why it waits or failed, in words.")
    tries = fields.Integer(readonly=True)
    next_try_at = fields.Datetime("Next try", readonly=True)
    until = fields.Datetime(readonly=True, help="Only older leads are left to read.")
    after = fields.Char(readonly=True, help="Meta's cursor behind which to go on.")
    listed_ids = fields.One2many("meta.lead.listed", "count_id", readonly=True)
    listed_count = fields.Integer(
        "Leads listed", readonly=True, help="So many leads came so far."
    )

    @api.model
    def _start(self, forms, since):
        """Have Meta asked for the leads of these forms.

        :param since: moment (UTC, no zone); Meta gives none older than 90 days
        :return: the counts, which the scheduled action makes
        """
        since = max(since, fields.Datetime.now() - RETENTION)
        begun = self.search([("form_id", "in", forms.ids), ("state", "!=", "done")])
        going = begun.filtered(
            lambda count: count.state == "counting" and count.since <= since
        )
        (begun - going).unlink()
        # Who presses again does not want to wait for the next try.
        going.filtered("reason").next_try_at = fields.Datetime.now()
        counts = going + self.create(
            [{"form_id": form.id, "since": since} for form in forms - going.form_id]
        )
        self.env.ref("meta_crm_capi.ir_cron_count")._trigger()
        return counts

    @api.model
    def _find_shown(self, forms, since):
        """The newest count of each form that tells of a period: ``{form: count}``.

        :param since: when the period begins (UTC, no zone)
        """
        found = {}
        done = [("form_id", "in", forms.ids), ("state", "=", "done")]
        for count in self.search(done):
            oldest = count.started_at - RETENTION
            if count.since <= max(since, oldest) and count.started_at > since:
                found.setdefault(count.form_id, count)
        return found

    # Where the reading stands; as ``meta.lead.form`` for the catch-up.

    def _begin_pass(self):
        self.ensure_one()
        if not self.started_at:
            self.started_at = fields.Datetime.now()
        return Bounds(
            self.form_id.meta_id,
            as_unix(self.since) - 1,
            as_unix(self.until),
            self.after or None,
        )

    def _narrow_pass(self, until):
        self.write({"until": as_moment(until), "after": False})

    def _forget_pass(self):
        self.write({"until": False, "after": False})

    def _end_pass(self):
        of_form = Domain("form_id", "=", self.form_id.id) & Domain("id", "<", self.id)
        tells_more = Domain("state", "=", "done") & Domain(
            "since", "<", self.since - MUCH_FURTHER
        )
        self.search(of_form & ~tells_more).unlink()
        self.write(
            {
                "state": "done",
                "reason": False,
                "next_try_at": False,
                "until": False,
                "after": False,
            }
        )

    def _list(self, listed):
        """Keep ids of leads; those that came before are not counted twice.

        :param dict listed: ``{lead id: when it was submitted, or None (Unix seconds)}``
        """
        known = self.env["meta.lead.listed"].search(
            [("count_id", "=", self.id), ("meta_id", "in", list(listed))]
        )
        new = listed.keys() - set(known.mapped("meta_id"))
        self.env["meta.lead.listed"].create(
            [
                {
                    "count_id": self.id,
                    "meta_id": meta_id,
                    "submitted_at": as_moment(listed[meta_id]),
                }
                for meta_id in new
            ]
        )
        self.listed_count += len(new)

    @api.autovacuum
    def _gc_old(self):
        """What Meta listed so long ago tells of no lead that it still has."""
        limit = fields.Datetime.now() - RETENTION - timedelta(days=1)
        self.sudo().search([("create_date", "<", limit)], limit=100).unlink()
