from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..protocol import doctor, quality
from . import own_record
from .figure import Figure
from .words import ShortWords, Words

#: Figures are deleted after so many days: a year, and its month to compare with.
KEEP_DAYS = 400
#: Rows of one transaction of the clean-up.
BATCH = 10_000
STATES = [
    (quality.MEASURED, "Measured by Meta"),
    (quality.NOT_APPLICABLE, "Not applicable"),
    (quality.INCONCLUSIVE, "Inconclusive"),
    (quality.FAILED, "Failed"),
]


class MetaCapiQuality(models.Model):
    """The quality of a dataset on one day: a row for each event name that Meta
    measured, and one without a name that says what came of asking.

    The row without a name has our own number too: how many of the dataset's leads Meta
    was told of. Meta has no figure of that for events of a CRM.
    """

    _name = "meta.capi.quality"
    _description = "Meta Data Quality"
    _order = "day desc, dataset_id, event_name nulls first, id"

    dataset_id = fields.Many2one(
        "meta.capi.dataset",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="dataset_id.company_id", store=True, index=True
    )
    day = fields.Date(
        required=True,
        readonly=True,
        help="When Meta was asked, in UTC; the last answer of a day counts.",
    )
    event_name = fields.Char(
        "Event",
        readonly=True,
        falsy_value_label="The whole dataset",
        help="What Meta measured: events of this name, of the website. Empty on the "
        "row that is about the dataset as a whole.",
    )
    subject = fields.Char(
        "About",
        compute="_compute_subject",
        help="The events of this name, or the dataset as a whole.",
    )
    verdict = fields.Selection(
        STATES,
        "Result",
        readonly=True,
        help="What came of asking Meta on this day.",
    )
    match_quality = Figure(
        "Event match quality",
        digits=(4, 1),
        readonly=True,
        goal=quality.MATCH_GOAL,
        help="0 to 10, by Meta: how well its people are found by the customer data of "
        "these events. Aim for 6.0 or more.",
    )
    coverage = Figure(
        "Event coverage (%)",
        digits=(6, 1),
        readonly=True,
        goal=quality.COVERAGE_GOAL,
        help="By Meta: share of the pixel's events of 7 days that a server sent too, "
        "with a key in common. Aim for 75 % or more.",
    )
    deduplicated = Figure(
        "De-duplicated (%)",
        digits=(6, 1),
        readonly=True,
        help="By Meta: share of the browser's events that are found again among the "
        "server's, by the best key. The more the better.",
    )
    freshness = ShortWords(
        "Upload frequency",
        readonly=True,
        help="By Meta: how often it gets these events. Best in real time.",
    )
    lead_coverage = Figure(
        "Lead coverage (%)",
        digits=(6, 1),
        readonly=True,
        goal=doctor.LEAST_COVERAGE * 100,
        help="By Odoo: share of the dataset's leads of the last 28 days of which Meta "
        "accepted at least one event. Meta needs 60 % or more.",
    )
    lead_count = fields.Integer(
        "Leads",
        readonly=True,
        aggregator=None,
        help="Meta leads of the last 28 days whose steps go to this dataset.",
    )
    covered_count = fields.Integer(
        "Leads that Meta was told of",
        readonly=True,
        aggregator=None,
        help="Those of them of which Meta accepted at least one event.",
    )
    hints = Words(
        readonly=True,
        help="What there is to know and to do, with Meta's own words.",
    )

    _once_a_day = models.UniqueIndex(
        "(dataset_id, day, COALESCE(event_name, ''))",
        "This day has a figure of this event already.",
    )

    @api.depends("event_name")
    @api.depends_context("lang")
    def _compute_subject(self):
        for row in self:
            row.subject = row.event_name or self.env._("The whole dataset")

    @api.depends("dataset_id", "event_name", "day")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for row in self:
            day = row.day and format_date(self.env, row.day)
            parts = (row.dataset_id.display_name, row.event_name, day)
            row.display_name = " · ".join(filter(None, parts))

    @api.model
    def _get_view_field_attributes(self):
        """The charts draw the goals."""
        return [*super()._get_view_field_attributes(), "goal"]

    @api.model
    def _keep_day(self, dataset, day, rows):
        """Let these be the figures of a day; what another look of it found goes.

        :param dict rows: ``{event name or False: values}``
        """
        known = self.search([("dataset_id", "=", dataset.id), ("day", "=", day)])
        known = known.grouped("event_name")
        fresh = []
        for name, values in rows.items():
            if row := known.pop(name, None):
                row.write(values)
            else:
                fresh.append(
                    {
                        "dataset_id": dataset.id,
                        "day": day,
                        "event_name": name,
                        **values,
                    }
                )
        self.union(*known.values()).unlink()
        own_record.create(self, fresh)

    @api.autovacuum
    def _gc_quality(self):
        """Delete figures after their days."""
        limit = fields.Date.today() - timedelta(days=KEEP_DAYS)
        rows = self.sudo().search(Domain("day", "<", limit), order="day", limit=BATCH)
        rows.unlink()
        return len(rows), int(len(rows) == BATCH)
