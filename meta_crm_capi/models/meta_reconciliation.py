from datetime import datetime, timedelta
from typing import Any, NamedTuple

from odoo import api, fields, models

#: Periods that may be chosen: so many days, today being the last one.
PERIODS = (7, 30, 90)
DEFAULT_PERIOD = 30
#: The longest period between two days that may be chosen, and the years they may be
#: of: somebody who types a year passes through 0002, and no zone's day may be out of
#: what a date can be.
MAX_DAYS = 3660
MIN_YEAR, MAX_YEAR = 1970, 9000


class Scope(NamedTuple):
    """What is reconciled."""

    #: The companies that the user has chosen; nothing of another one is read.
    company_ids: list[int]
    #: ``meta.lead.page`` and ``meta.lead.form`` records; empty for all of them.
    page: Any
    form: Any
    #: First moment of the period, and the one after its end (UTC, no zone).
    since: datetime
    until: datetime
    #: The newest count of each form that tells of the period: ``{form: count}``.
    counts: dict


class MetaReconciliation(models.AbstractModel):
    """Reconciliation: is every lead that Meta has here, and was Meta told of it?

    Has no rows. For a period and its forms: the leads that Meta lists = submissions =
    leads in Odoo = raw-lead events that Meta accepted. Each difference is taken apart
    into causes that add up to it; each cause leads to its records, and to what heals
    it. A lead belongs to the period in which its form was sent: by Meta's time where
    Meta listed it, else by the submission's own.

    What is asked for is a dict: ``days`` (one of :data:`PERIODS`) or ``first`` and
    ``last`` (days as text), ``page_id``, ``form_id``; what cannot be used counts as not
    given.
    """

    _name = "meta.reconciliation"
    _description = "Reconciliation with Meta"

    @api.model
    def get_reconciliation(self, asked):
        """Everything on the screen, as JSON.

        :param dict asked: see the class
        :raise AccessError: for who may not read submissions
        :rtype: dict
        """
        self._check_reader()
        scope = self._get_scope(asked)
        first, last = self._get_days(asked)
        rows = self._get_rows(scope)
        return {
            "now": fields.Datetime.to_string(self.env.cr.now().replace(microsecond=0)),
            "periods": list(PERIODS),
            "days": self._get_period(asked),
            "first": fields.Date.to_string(first),
            "last": fields.Date.to_string(last),
            "page_id": scope.page.id or False,
            "form_id": scope.form.id or False,
            "choices": self._get_choices(),
            "has_connection": self.env["meta.overview"]._has_own("meta.connection"),
            "may_administer": self.env.user.has_group(
                "meta_crm_capi.group_meta_administrator"
            ),
            "total": self._get_total(rows),
            "rows": rows,
        }

    @api.model
    def count_at_meta(self, asked):
        """Have Meta asked which leads it has; the scheduled action does it.

        :param dict asked: see the class
        """
        self.env["meta.connection"]._check_administrator()
        scope = self._get_scope(asked)
        forms = self.env["meta.lead.form"].browse(
            row["form_id"] for row in self._get_rows(scope) if row["can_count"]
        )
        self.env["meta.lead.count"].sudo()._start(forms, scope.since)
        return True

    @api.model
    def _check_reader(self):
        for model in ("meta.lead.submission", "meta.capi.event", "meta.lead.count"):
            self.env[model].check_access("read")

    @api.model
    def _get_period(self, asked):
        """The number of days that is shown; False for two days that were chosen."""
        if self._get_chosen_days(asked):
            return False
        days = asked.get("days")
        return days if days in PERIODS else DEFAULT_PERIOD

    @api.model
    def _get_chosen_days(self, asked):
        """The first and the last day that were chosen; None where that is no period."""
        try:
            first = fields.Date.to_date(asked.get("first") or None)
            last = fields.Date.to_date(asked.get("last") or None)
        except (TypeError, ValueError):
            return None
        if not first or not last or first > last:
            return None
        is_possible = first.year >= MIN_YEAR and last.year <= MAX_YEAR
        if is_possible and last - first <= timedelta(MAX_DAYS):
            return first, last
        return None

    @api.model
    def _get_days(self, asked):
        """First and last day of the period, by the user's calendar."""
        chosen = self._get_chosen_days(asked)
        if chosen:
            return chosen
        today = self.env["meta.overview"]._get_today()
        return today - timedelta(self._get_period(asked) - 1), today

    @api.model
    def _get_scope(self, asked):
        first, last = self._get_days(asked)
        overview = self.env["meta.overview"]
        since = overview._get_day_start(first)
        page, form = self._find_chosen(asked)
        return Scope(
            company_ids=self.env.companies.ids,
            page=page,
            form=form,
            since=since,
            until=overview._get_day_start(last + timedelta(1)),
            counts=self.env["meta.lead.count"]._find_shown(
                self._find_forms(page, form), since
            ),
        )

    @api.model
    def _find_chosen(self, asked):
        """The Page and the form that were chosen, among the user's own."""
        forms = self._find_forms()
        form = forms.filtered(lambda form: form.id == asked.get("form_id"))
        if form:
            return form.page_id, form
        pages = self._find_pages()
        return pages.filtered(lambda page: page.id == asked.get("page_id")), form

    @api.model
    def _find_pages(self):
        pages = self.env["meta.lead.page"].with_context(active_test=False)
        own = [("company_id", "in", self.env.companies.ids)]
        return pages.search(own, order="name, id")

    @api.model
    def _find_forms(self, page=None, form=None):
        """The forms of the chosen companies, archived ones too."""
        if form:
            return form
        forms = self.env["meta.lead.form"].with_context(active_test=False)
        domain = [("company_id", "in", self.env.companies.ids)]
        if page:
            domain.append(("page_id", "=", page.id))
        return forms.search(domain, order="page_id, name, id")

    @api.model
    def _get_choices(self):
        """The Pages with their forms, to choose from."""
        of_page = self._find_forms().grouped("page_id")
        return [
            {
                "id": page.id,
                "name": page.name,
                "forms": [
                    {"id": form.id, "name": form.name}
                    for form in of_page.get(page, [])
                    if form.active
                ],
            }
            for page in self._find_pages()
            if page.active
        ]
