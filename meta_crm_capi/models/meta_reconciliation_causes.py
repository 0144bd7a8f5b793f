from typing import NamedTuple

from odoo import api, models

from ..protocol import reasons
from .meta_lead_submission_parked import CURES
from .words import show

#: States of an event whose reason is one of ours.
OWN_REASON = ("not_sent", "cancelled", "expired")


class Gap(NamedTuple):
    """What differs, and whether there is too little of it (-1) or too much."""

    name: str
    sign: int


class Cause(NamedTuple):
    """How a cause is told.

    ``level`` is how much it asks of a person: one of ``LEVELS``; ``heals`` are keys of
    :meth:`_get_heals`.
    """

    level: str
    title: str
    words: str = ""
    heals: tuple = ()


class MetaReconciliation(models.AbstractModel):
    """What each cause of a difference means, in words, and what heals it."""

    _inherit = "meta.reconciliation"

    @api.model
    def _refine(self, gap, sign, key, kind):
        """The key under which a cause is shown, and what its words are made of.

        Reasons that go on with details are one cause.

        :rtype: tuple[str, dict]
        """
        state, _colon, detail = key.partition(":")
        if gap != 2 or sign > 0 or not detail:
            return key, {"reason": ""}
        if state in OWN_REASON or (state == "refused" and not kind.code):
            row = reasons.find(detail)
            return f"{state}:{row.opening if row else detail}", {"reason": detail}
        return key, {"reason": kind.reason or ""}

    @api.model
    def _get_words(self, cause):
        """``level``, ``title``, ``words`` and ``heals`` of a cause."""
        key, sign = cause["key"], cause["sign"]
        name, _colon, detail = key.partition(":")
        heals = self._get_heals()
        known = self._tell_listed() | self._tell_leads()
        told = known.get((key, sign)) or known.get((name, sign))
        if name == "parked":
            told = self._tell_parked(detail)
        elif not told:
            told = self._tell_event(name, detail, cause)
        return {
            "level": told.level,
            # Words of ours that stand on rows are English.
            "title": show(self.env, told.title),
            "words": show(self.env, told.words) or "",
            "heals": [{"name": heal, "label": heals[heal]} for heal in told.heals],
        }

    @api.model
    def _tell_parked(self, cause):
        labels = dict(
            self.env["meta.lead.submission"]
            ._fields["parked_cause"]
            ._description_selection(self.env)
        )
        return Cause(
            "todo",
            self.env._("Parked: %s", labels.get(cause, cause)),
            CURES.get(cause, ""),
            heals=("try_again",),
        )

    @api.model
    def _get_heals(self):
        """The buttons by their key, and what they say."""
        return {
            "fetch": self.env._("Fetch them"),
            "import": self.env._("Import…"),
            "count": self.env._("Count at Meta"),
            "try_again": self.env._("Try again"),
            "read_now": self.env._("Read now"),
            "send_now": self.env._("Send now"),
            "send_agreed": self.env._("Send for those who agreed since"),
            "send_again": self.env._("Send again"),
            "map": self.env._("Open the funnel board"),
            "forms": self.env._("Choose the dataset"),
            "report": self.env._("Report past steps…"),
            "datasets": self.env._("Open the dataset"),
            "pages": self.env._("Open the Page"),
        }

    @api.model
    def _tell_listed(self):
        """Causes between Meta's list and the submissions, by key and sign."""
        return {
            Gap("missing", -1): Cause(
                "todo",
                self.env._("Not fetched"),
                self.env._(
                    "Meta has these leads and Odoo does not. “Fetch them” reads them "
                    "one by one and makes leads as if they had just come. “Import…” "
                    "first looks for leads that another tool has brought into Odoo."
                ),
                heals=("fetch", "import"),
            ),
            Gap("elsewhere", -1): Cause(
                "explained",
                self.env._("Known elsewhere"),
                self.env._(
                    "Odoo has these Meta lead IDs, but not in the companies that you "
                    "have chosen."
                ),
            ),
            Gap("newer", 1): Cause(
                "explained",
                self.env._("Came after Meta was asked"),
                self.env._(
                    "Meta was asked before these forms were sent. Count again to see."
                ),
                heals=("count",),
            ),
            Gap("aged", 1): Cause(
                "explained",
                self.env._("Older than 90 days"),
                self.env._("Meta keeps a lead for 90 days; Odoo keeps it."),
            ),
            Gap("test", 1): Cause(
                "explained",
                self.env._("Test leads that are gone at Meta"),
                self.env._(
                    "They came from Meta's Lead Ads Testing Tool, which deletes them."
                ),
            ),
            Gap("unlisted", 1): Cause(
                "explained",
                self.env._("Not in Meta's list"),
                self.env._(
                    "Odoo has them, and Meta's list of the form has not: they were "
                    "deleted there, or Meta does not show them any more."
                ),
            ),
            Gap("uncounted", 1): Cause(
                "unknown",
                self.env._("Of forms that Meta was not asked about"),
                self.env._("Whether Meta has more leads of these forms is not known."),
                heals=("count",),
            ),
            Gap("formless", 1): Cause(
                "unknown",
                self.env._("Without a form"),
                self.env._(
                    "Which form they are of is not known in Odoo: the Meta lead ID was "
                    "entered by hand or imported with a lead, or the lead was not read "
                    "yet. Where a form's list at Meta has them, they count there."
                ),
            ),
        }

    @api.model
    def _tell_leads(self):
        """The same between submissions, leads and what was told of lost ones."""
        return {
            Gap("received", -1): Cause(
                "wait",
                self.env._("Waiting to be read"),
                self.env._("They come in by themselves; each says why it waits."),
                heals=("read_now",),
            ),
            Gap("received:stopped", -1): Cause(
                "todo",
                self.env._("Their Page cannot be read"),
                self.env._(
                    "Meta does not let Odoo read the leads of this Page. None is lost: "
                    "open the Page and do what it says, and they come in by themselves."
                ),
                heals=("pages",),
            ),
            Gap("test", -1): Cause(
                "explained",
                self.env._("Test leads left out"),
                self.env._("Their Page makes no leads of test leads."),
            ),
            Gap("left_out", -1): Cause(
                "explained",
                self.env._("Left out by hand"),
                self.env._("A person decided that no lead is made of them."),
            ),
            Gap("erased", -1): Cause(
                "explained",
                self.env._("Lead deleted"),
                self.env._(
                    "The lead was deleted in Odoo, and the person with it. It does not "
                    "come back: only its Meta lead ID is kept, for that."
                ),
            ),
            Gap("deleted", -1): Cause(
                "explained",
                self.env._("Lead gone"),
                self.env._(
                    "It became a lead, which another program has removed since."
                ),
            ),
            Gap("joined", -1): Cause(
                "explained",
                self.env._("Further form of a lead"),
                self.env._(
                    "The person had a lead already, or leads were merged: several "
                    "submissions are one lead."
                ),
            ),
            Gap("joined", 1): Cause(
                "explained",
                self.env._("Further form of a lead"),
                self.env._(
                    "Each of them is a lead at Meta, and reports its own raw lead."
                ),
            ),
            Gap("gone", 1): Cause(
                "explained",
                self.env._("Reported before the lead was deleted"),
                self.env._(
                    "Meta accepted the raw lead; the lead is not in Odoo any more."
                ),
            ),
        }
