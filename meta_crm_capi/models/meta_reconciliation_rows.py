from collections import defaultdict

from odoo import api, fields, models

from .meta_reconciliation_numbers import FIRST, LAST, NUMBERS
from .words import show

#: How much a cause asks of a person, the most first.
LEVELS = ("todo", "unknown", "wait", "over", "explained")
#: How many of a cause's leads a button may still do something for.
BY_BUTTON = ("sendable", "reportable")


class MetaReconciliation(models.AbstractModel):
    """What the screen shows of each form, and of all of them together."""

    _inherit = "meta.reconciliation"

    @api.model
    def _get_rows(self, scope):
        """A row for each form, and one for what has none.

        :return: dicts of JSON: ``numbers``, and ``gaps`` with their causes
        """
        of_form = defaultdict(list)
        for kind in self._find_kinds(scope):
            of_form[kind.form_id].append(kind)
        rows = []
        newest = self._find_newest_counts(scope)
        for form in self._find_forms(scope.page, scope.form):
            kinds = of_form.pop(form.id, [])
            is_open = form.active and form.page_id.active
            if kinds or is_open or form == scope.form:
                row = self._describe(kinds, form in scope.counts)
                row.update(
                    form_id=form.id,
                    name=form.name,
                    page=form.page_id.name,
                    can_count=form.page_id.active,
                    life_count=form.leads_count,
                    life_at=self._to_text(form.forms_read_at),
                    **self._describe_count(scope.counts.get(form), newest.get(form)),
                )
                rows.append(row)
        # What names a form that the user may not see is without one too.
        if left := [kind for kinds in of_form.values() for kind in kinds]:
            row = self._describe(left, False)
            row.update(
                form_id=False,
                name=self.env._("Without a form"),
                page="",
                can_count=False,
                life_count=0,
                life_at=False,
                **self._describe_count(None, None),
            )
            rows.append(row)
        return rows

    @api.model
    def _find_newest_counts(self, scope):
        """The newest count of each form, whatever came of it."""
        forms = self._find_forms(scope.page, scope.form)
        counts = self.env["meta.lead.count"].search([("form_id", "in", forms.ids)])
        return {form: own[0] for form, own in counts.grouped("form_id").items()}

    @api.model
    def _describe_count(self, shown, newest):
        """When Meta was asked, and what came of asking it again."""
        is_newer = newest and newest != shown
        return {
            "counted_at": self._to_text(shown and shown.started_at),
            "is_counting": bool(is_newer and newest.state == "counting"),
            "count_so_far": newest.listed_count if is_newer else 0,
            "count_trouble": (is_newer and show(self.env, newest.reason)) or "",
        }

    @api.model
    def _to_text(self, moment):
        return fields.Datetime.to_string(moment) if moment else False

    @api.model
    def _describe(self, kinds, is_counted):
        """Numbers and gaps of some leads.

        :param list kinds: ``Kind`` items
        :param bool is_counted: whether Meta was asked for them
        """
        numbers = {
            "listed": sum(kind.count for kind in kinds if kind.is_listed),
            "submissions": sum(kind.count for kind in kinds if kind.is_here),
            "leads": sum(kind.count for kind in kinds if kind.is_lead),
            "accepted": sum(kind.count for kind in kinds if kind.is_accepted),
        }
        causes = {}
        for kind in kinds:
            for gap, sign, key in kind.get_causes():
                key, more = self._refine(gap, sign, key, kind)
                cause = causes.setdefault((gap, sign, key), {"count": 0, **more})
                cause["count"] += kind.count
                for name in BY_BUTTON:
                    cause[name] = cause.get(name, 0) + (
                        getattr(kind, name) if gap == LAST and sign < 0 else 0
                    )
        gaps = [[] for _gap in NUMBERS[1:]]
        for (gap, sign, key), cause in causes.items():
            gaps[gap].append({"key": key, "sign": sign, **cause})
        if not is_counted:
            numbers["listed"] = None
        return {"numbers": numbers, "gaps": [self._sort_causes(gap) for gap in gaps]}

    @api.model
    def _sort_causes(self, causes):
        """What asks most of a person first, then the most."""
        for cause in causes:
            cause.update(self._get_words(cause))
        causes.sort(key=lambda one: (LEVELS.index(one["level"]), -one["count"]))
        return causes

    @api.model
    def _get_total(self, rows):
        """The same of all rows together. They may hold what Meta was not asked for."""
        counted = [row for row in rows if row["numbers"]["listed"] is not None]
        numbers = {
            name: sum(row["numbers"][name] or 0 for row in rows) for name in NUMBERS
        }
        if not counted:
            numbers["listed"] = None
        gaps = []
        for gap, _name in enumerate(NUMBERS[1:]):
            causes = {}
            for row in rows:
                for cause in row["gaps"][gap]:
                    known = causes.setdefault(
                        (cause["sign"], cause["key"]),
                        {**cause, "count": 0, **dict.fromkeys(BY_BUTTON, 0)},
                    )
                    for name in ("count", *BY_BUTTON):
                        known[name] += cause[name]
            gaps.append(self._sort_causes(list(causes.values())))
        if not counted:
            gaps[FIRST] = []
        asked = [row for row in rows if row["can_count"]]
        return {
            "numbers": numbers,
            "gaps": gaps,
            "can_count": bool(asked),
            "forms": len(asked),
            "counted": len(counted),
            "counted_at": min((row["counted_at"] for row in counted), default=False),
            "is_counting": any(row["is_counting"] for row in rows),
            "count_so_far": sum(row["count_so_far"] for row in rows),
            "count_trouble": "\n".join(
                dict.fromkeys(filter(None, (row["count_trouble"] for row in rows)))
            ),
        }
