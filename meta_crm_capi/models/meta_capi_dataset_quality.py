from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime, formatLang

from ..protocol import doctor, quality
from .meta_capi_dataset_kind import MESSAGING
from .meta_capi_quality import STATES
from .words import Words

#: The days whose leads are counted: as long as Meta waits for a step of a lead.
LEAD_DAYS = doctor.WINDOW_DAYS


class MetaCapiEvent(models.Model):
    _inherit = "meta.capi.event"

    # Filled by the sender when Meta accepts a purchase; no other event is in it.
    _purchases = models.Index(
        f"(dataset_id) WHERE state = 'accepted' AND event_name = '{quality.PURCHASE}'"
    )


class MetaCapiDataset(models.Model):
    """Quality as Meta sees it: what its screen shows of a dataset.

    Meta measures web events alone. Where it has no figure, the share of leads that it
    was told of stands in, which is ours; for chats, how many purchases are missing
    until a campaign may optimise for them.
    """

    _inherit = "meta.capi.dataset"

    quality_state = fields.Selection(
        STATES,
        "Data quality",
        readonly=True,
        copy=False,
        help="Measured by Meta: it has figures of web events.\n"
        "Not applicable: Meta has none, as for events of a CRM or of chats.\n"
        "Inconclusive: the token may not read them; sending is not harmed.\n"
        "Failed: Meta refused the question, or gave no usable answer.",
    )
    quality_words = Words(
        "Data quality: finding",
        readonly=True,
        copy=False,
        help="What came of asking Meta for its figures last.",
    )
    quality_cure = Words(
        "Data quality: what to do",
        readonly=True,
        copy=False,
        help="What lets Odoo read the figures, where it could not.",
    )
    quality_read_at = fields.Datetime(
        "Quality read on", readonly=True, copy=False, help="When Meta answered last."
    )
    quality_ids = fields.One2many("meta.capi.quality", "dataset_id", "Quality by day")
    latest_quality_ids = fields.Many2many(
        "meta.capi.quality",
        string="Latest figures",
        compute="_compute_latest_quality_ids",
        help="What Meta measured when it was asked last, by event name.",
    )
    quality_headline = fields.Char(
        "Quality in short",
        compute="_compute_quality_shown",
        help="The lowest event match quality, or the lead coverage.",
    )
    lead_coverage_text = fields.Char(
        "Lead coverage",
        compute="_compute_quality_shown",
        help="Share of the dataset's leads of the last 28 days of which Meta accepted "
        "at least one event, when it was counted last. Meta needs 60 % or more.",
    )
    purchase_text = fields.Char(
        "Purchase optimisation",
        compute="_compute_purchase_text",
        help="A campaign for chats may optimise for purchases once Meta has 10 of "
        "them. Purchases in WhatsApp and Messenger that Meta accepted count; refused "
        "ones do not, nor those in Instagram, for which Meta has no such campaigns.",
    )

    @api.depends("quality_read_at", "quality_ids.day")
    def _compute_latest_quality_ids(self):
        rows = self.env["meta.capi.quality"]
        for dataset in self:
            own = [("dataset_id", "=", dataset._origin.id)]
            newest = rows.search(own, limit=1)
            dataset.latest_quality_ids = rows.search(
                [*own, ("day", "=", newest.day), ("event_name", "!=", False)]
            )

    @api.depends("quality_state", "quality_read_at", "quality_ids.lead_coverage")
    @api.depends_context("lang")
    def _compute_quality_shown(self):
        rows = self.env["meta.capi.quality"]
        states = dict(self._fields["quality_state"]._description_selection(self.env))
        for dataset in self:
            own = [("dataset_id", "=", dataset._origin.id), ("event_name", "=", False)]
            last = rows.search(own, limit=1)
            share = last.lead_coverage
            percent = None if share is None else dataset._as_percent(share / 100)
            dataset.lead_coverage_text = percent and self.env._(
                "%(percent)s (%(covered)s of %(leads)s leads)",
                percent=percent,
                covered=last.covered_count,
                leads=last.lead_count,
            )
            state = dataset.quality_state
            scores = [row.match_quality for row in dataset.latest_quality_ids]
            scores = [score for score in scores if score is not None]
            if state == quality.MEASURED and scores:
                lowest = formatLang(self.env, min(scores), digits=1)
                dataset.quality_headline = self.env._("%s of 10", lowest)
            elif dataset._is_messaging():
                dataset.quality_headline = self.env._(
                    "%(count)s of %(goal)s purchases",
                    count=dataset._count_purchases(),
                    goal=quality.PURCHASES,
                )
            elif state == quality.NOT_APPLICABLE and percent:
                dataset.quality_headline = self.env._("Leads: %s", percent)
            else:
                dataset.quality_headline = states.get(state) or self.env._("Not read")

    @api.depends("event_ids.state")
    @api.depends_context("lang")
    def _compute_purchase_text(self):
        for dataset in self:
            if not dataset._is_messaging():
                dataset.purchase_text = False
                continue
            count = dataset._count_purchases()
            dataset.purchase_text = (
                self.env._("Unlocked: Meta has %s purchases or more.", count)
                if count >= quality.PURCHASES
                else self.env._(
                    "%(count)s of %(goal)s purchases to unlock purchase optimisation",
                    count=count,
                    goal=quality.PURCHASES,
                )
            )

    def _is_messaging(self):
        """Whether the dataset gets events of chats, not of forms' leads."""
        self.ensure_one()
        return self.kind == MESSAGING

    def _count_purchases(self):
        """How many purchases Meta accepted, counted up to what it wants."""
        return self.env["meta.capi.event"].search_count(
            [
                ("dataset_id", "=", self._origin.id),
                ("state", "=", "accepted"),
                ("event_name", "=", quality.PURCHASE),
                ("submission_id.referral_id.channel", "in", quality.PURCHASE_CHANNELS),
            ],
            limit=quality.PURCHASES,
        )

    def _count_covered(self):
        """Leads of the last days that belong to the dataset, and those Meta knows of.

        :return: values of a row of ``meta.capi.quality``; nothing for chats, whose
            people have no lead of Meta's
        :rtype: dict
        """
        self.ensure_one()
        if self._is_messaging():
            return {}
        submissions = self.env["meta.lead.submission"]
        # Of leads with a Meta lead ID, as Meta defines it: a chat has none.
        recent = self._get_leads_domain(self._get_since(LEAD_DAYS)) & Domain(
            "meta_id", "!=", False
        )
        leads = submissions.search_count(recent)
        covered = submissions.search_count(recent & self._get_told_domain())
        return {
            "lead_count": leads,
            "covered_count": covered,
            "lead_coverage": 100 * covered / leads if leads else None,
        }

    def action_read_quality(self):
        """Ask Meta now what it measured, and say it."""
        self.ensure_one()
        self.check_access("write")
        found = self.sudo()._read_quality()
        kinds = {
            quality.MEASURED: "success",
            quality.NOT_APPLICABLE: "info",
            quality.FAILED: "danger",
        }
        return self.env["meta.connection"]._notify(
            "\n".join(filter(None, [found.words, found.cure])),
            kinds.get(found.state, "warning"),
            sticky=False,
        )

    def action_open_quality(self):
        """The figures of all days."""
        self.ensure_one()
        measure = (
            "match_quality"
            if self.quality_state == quality.MEASURED
            else "lead_coverage"
        )
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "meta_crm_capi.meta_capi_quality_action"
            ),
            "domain": [("dataset_id", "=", self.id)],
            "context": {
                "graph_measure": measure,
                "graph_groupbys": ["day:day", "event_name"],
            },
        }

    def _tell_rest(self, until):
        """That Meta asked for a rest, for a person who wants to ask it now."""
        return self.env._(
            "Meta asked for a rest until %s: then Odoo asks by itself.",
            format_datetime(self.env, until),
        )
