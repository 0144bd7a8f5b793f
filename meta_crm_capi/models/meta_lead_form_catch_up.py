from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from odoo import api, fields, models

from .meta_lead_form_status import ENDED
from .words import Words

#: Read again of what was read before: Meta may list a lead later than others of the
#: same moment.
OVERLAP = timedelta(minutes=15)
#: Meta gives a lead away for so long.
RETENTION = timedelta(days=90)
#: A form that ended is still looked at for so long after its last lead.
RECENT = timedelta(days=14)
#: Only these tell which leads are to come: an import, or a person, may bring a single
#: old one, whose neighbours another tool has made long ago.
LIVE = ("webhook", "catch_up")


class Bounds(NamedTuple):
    """What to read: the arguments of ``GraphClient.leads``."""

    form_id: str
    since: int
    until: int | None
    after: str | None


def as_unix(moment):
    """Unix seconds of a stored moment (UTC, no zone); None for none."""
    return int(moment.replace(tzinfo=timezone.utc).timestamp()) if moment else None


def as_moment(seconds):
    """The stored form of Unix seconds (UTC, no zone); False for none."""
    if seconds is None:
        return False
    return datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None)


class MetaLeadForm(models.Model):
    """How far the catch-up has come with this form.

    A pass reads the form's list page by page, and where it stands is committed with the
    leads of each page. ``watermark`` moves at the end of a pass only.
    """

    _inherit = "meta.lead.form"

    watermark = fields.Datetime(
        "Caught up to",
        readonly=True,
        copy=False,
        help="The newest lead of this form that a whole catch-up has seen.",
    )
    catch_up_trouble = Words(
        "Catch-up trouble",
        readonly=True,
        copy=False,
        help="Why the last catch-up of this form was not whole.",
    )
    catch_up_pass = fields.Integer(
        "Pass of the catch-up",
        readonly=True,
        copy=False,
        default=0,
        help="Number of the Page's last pass in which this form had its turn.",
    )
    catch_up_since = fields.Datetime(
        "Catch-up reads leads since",
        readonly=True,
        copy=False,
        help="Only younger leads are read.",
    )
    catch_up_until = fields.Datetime(
        "Catch-up reads leads until",
        readonly=True,
        copy=False,
        help="Only older leads are left to read.",
    )
    catch_up_after = fields.Char(
        "Cursor of the catch-up",
        readonly=True,
        copy=False,
        help="Meta's cursor behind which to go on.",
    )
    catch_up_newest = fields.Datetime(
        "Newest lead of the catch-up",
        readonly=True,
        copy=False,
        help="The newest lead of the pass so far.",
    )

    catch_up_left = fields.Boolean(
        "Left out of the catch-up",
        readonly=True,
        copy=False,
        help="It is archived, and Meta's list of its leads could not be read: it is "
        "read again when it is restored.",
    )

    def write(self, vals):
        if vals.get("active"):
            vals = {**vals, "catch_up_left": False}
        result = super().write(vals)
        if "active" in vals and not vals["active"]:
            self.filtered("catch_up_trouble").catch_up_left = True
        return result

    @api.model
    def _find_to_catch_up(self, page):
        """The next form of the page that this pass has not read yet.

        Forms that ended at Meta, or were archived in Odoo, only while they still get
        leads and their lists can be read.
        """
        return self.with_context(active_test=False).search(
            [
                ("page_id", "=", page.id),
                ("catch_up_left", "=", False),
                ("catch_up_pass", "!=", page.catch_up_pass),
                "|",
                "|",
                "|",
                "&",
                ("active", "=", True),
                ("status", "not in", ENDED),
                ("catch_up_after", "!=", False),
                ("catch_up_until", "!=", False),
                (
                    "submission_ids",
                    "any",
                    [
                        ("submitted_at", ">", self.env.cr.now() - RECENT),
                        ("origin", "in", LIVE),
                    ],
                ),
            ],
            order="catch_up_pass, id",
            limit=1,
        )

    def _is_half_read(self):
        return bool(self.catch_up_after or self.catch_up_until)

    def _read_from_start(self):
        """Let the next pass begin as if it were the first one."""
        self.write({"watermark": False})
        self._forget_pass()

    def _begin_pass(self):
        """Where to read: on from where a pass was broken off, else a new one.

        :rtype: Bounds
        """
        self.ensure_one()
        if not self._is_half_read():
            self.write({"catch_up_since": self._get_since(), "catch_up_newest": False})
        return Bounds(
            self.meta_id,
            as_unix(self.catch_up_since),
            as_unix(self.catch_up_until),
            self.catch_up_after or None,
        )

    def _get_since(self):
        """The moment behind which leads are to be here."""
        now = self.env.cr.now().replace(microsecond=0)
        since = self.watermark
        if not since:
            [(first,)] = self.env["meta.lead.submission"]._read_group(
                [("form_id", "=", self.id), ("origin", "in", LIVE)],
                [],
                ["submitted_at:min"],
            )
            start = self.page_id.catch_up_from or self.page_id.create_date
            since = min(first, start + OVERLAP) if first else start + OVERLAP
        return max(since - OVERLAP, now - RETENTION)

    def _note_page(self, result, times):
        """Note how far the pass has come.

        :param result: ``client.Result`` of one page of the list
        :param list times: when its leads were submitted (Unix seconds)
        """
        now = as_unix(self.env.cr.now())
        since = as_unix(self.catch_up_since)
        # A time in the future, of whatever clock, must not hide what comes till then;
        # one that is too old, where a filter is ignored, must not let in its like.
        newest = max((time for time in times if since < time <= now), default=None)
        if newest and newest > (as_unix(self.catch_up_newest) or 0):
            self.catch_up_newest = as_moment(newest)
        self.catch_up_after = result.after

    def _narrow_pass(self, until):
        """Go on with what is older than this, where the paging leads nowhere."""
        self.write({"catch_up_until": as_moment(until), "catch_up_after": False})

    def _forget_pass(self):
        """Begin anew next time; what was stored stays."""
        self.write({"catch_up_until": False, "catch_up_after": False})

    def _end_pass(self):
        """All was read: only now the watermark moves, and never back."""
        self.write(
            {
                "watermark": max(
                    filter(None, (self.watermark, self.catch_up_newest)), default=False
                ),
                "catch_up_until": False,
                "catch_up_after": False,
                "catch_up_trouble": False,
                "catch_up_pass": self.page_id.catch_up_pass,
            }
        )

    def _give_up_pass(self, words, is_final=False):
        """This form could not be read now; the next pass tries again.

        :param bool is_final: whether only a person can change that: what is archived
            is then read no more
        """
        self.write(
            {
                "catch_up_trouble": words,
                "catch_up_pass": self.page_id.catch_up_pass,
                "catch_up_left": is_final and not self.active,
            }
        )
