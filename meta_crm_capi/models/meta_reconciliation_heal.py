from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .meta_lead_form_catch_up import as_unix
from .meta_reconciliation_numbers import GROUPED, LAST, NUMBERS, Kind

#: More leads than that are read in bulk, by an import, and not one by one.
MOST_FETCHED = 500

#: The records that each number and each gap counts: model and column of ``fact``.
SUBMISSIONS = ("meta.lead.submission", "submission_id")
EVENTS = ("meta.capi.event", "event_id")
LISTED = ("meta.lead.listed", "listed_id")
OF_NUMBER = {
    "listed": ("is_listed", LISTED),
    "submissions": ("is_here", SUBMISSIONS),
    "leads": ("is_lead", ("crm.lead", "lead_id")),
    "accepted": ("is_accepted", EVENTS),
}


class MetaReconciliation(models.AbstractModel):
    """The records behind a number or a cause, and the buttons that heal."""

    _inherit = "meta.reconciliation"

    @api.model
    def open_number(self, asked, number):
        """Action: the records that a number counts.

        :param str number: one of ``NUMBERS``
        """
        self._check_reader()
        if number not in NUMBERS:
            raise UserError(self.env._("There is no such number."))
        condition, (model, column) = OF_NUMBER[number]
        ids = self._find_ids(
            self._get_scope(asked), SQL.identifier(column), SQL.identifier(condition)
        )
        return self._open(model, [row[0] for row in ids])

    @api.model
    def open_cause(self, asked, gap, sign, key):
        """Action: the records of a cause, as ``get_reconciliation`` names it."""
        self._check_reader()
        model, ids = self._find_of_cause(self._get_scope(asked), gap, sign, key)
        return self._open(model, ids)

    @api.model
    def _open(self, model, ids):
        names = {
            "meta.lead.listed": self.env._("Leads at Meta"),
            "meta.lead.submission": self.env._("Submissions"),
            "crm.lead": self.env._("Leads"),
            "meta.capi.event": self.env._("Raw-lead events"),
        }
        return {
            "type": "ir.actions.act_window",
            "name": names[model],
            "res_model": model,
            "domain": [("id", "in", ids)],
            "views": [[False, "list"], [False, "form"]],
            # Lost leads are leads too.
            "context": {"active_test": False, "create": False},
        }

    @api.model
    def _find_of_cause(self, scope, gap, sign, key):
        """Model and ids of what a cause counts.

        Of an event that there is none of, the submission.
        """
        columns = [*GROUPED, "reason"]
        shown = SUBMISSIONS
        if (gap, sign) == (0, -1):
            shown = LISTED
        elif gap == LAST and (sign > 0 or not key.startswith("none")):
            shown = EVENTS if (sign < 0 or key == "gone") else SUBMISSIONS
        coarse = key.partition(":")[0]
        near = {
            (0, -1): SQL("only_there = %s", key),
            (0, 1): SQL("only_here = %s", key),
            (1, -1): SQL("no_lead = %s", key),
            (2, -1): SQL("not_told = %s", coarse),
            (2, 1): SQL("no_lead IS NOT NULL"),
        }.get((gap, sign), SQL("FALSE"))
        model, column = shown
        rows = self._find_ids(
            scope, SQL(", ").join(map(SQL.identifier, [column, *columns])), near
        )
        ids = []
        for record_id, *values in rows:
            kind = Kind(*values)
            keys = [
                self._refine(*cause, kind)[0]
                for cause in kind.get_causes()
                if cause[:2] == (gap, sign)
            ]
            if record_id and key in keys:
                ids.append(record_id)
        return model, ids

    # Buttons

    @api.model
    def heal(self, asked, gap, sign, key, name):
        """Press the button of a cause.

        :param str name: one of its ``heals``
        :return: an action, or True
        """
        self.env["meta.connection"]._check_administrator()
        if name not in self._get_heals():
            raise UserError(self.env._("There is no such button."))
        if name == "count":
            return self.count_at_meta(asked)
        scope = self._get_scope(asked)
        model, ids = self._find_of_cause(scope, gap, sign, key)
        return getattr(self, f"_heal_{name}")(scope, self.env[model].browse(ids))

    @api.model
    def _heal_fetch(self, scope, listed):
        """Store the ids of leads that only Meta has: the way in reads them."""
        if len(listed) > MOST_FETCHED:
            return self._heal_import(scope, listed)
        submissions = self.env["meta.lead.submission"].sudo()
        stored = submissions.browse()
        for form, rows in listed.sudo().grouped("form_id").items():
            nodes = [
                {
                    "id": row.meta_id,
                    "form_id": form.meta_id,
                    "created_time": as_unix(row.submitted_at),
                }
                for row in rows
            ]
            # Not “catch-up”: that would have the next one look as far back.
            stored += submissions._store_found(
                form.page_id, nodes, "import", {"form_id": form.id}
            )
        self.env.ref("meta_crm_capi.ir_cron_fetch").sudo()._trigger()
        words = self.env._(
            "Leads to be read from Meta within a minute: %s.", len(stored)
        )
        return self._notify(words, stored.page_id)

    @api.model
    def _heal_import(self, scope, listed):
        """An import of these forms that is ready to be counted."""
        forms = listed.form_id
        pages = forms.page_id
        if len(pages) > 1:
            raise UserError(
                self.env._(
                    "These leads are of several Pages: choose one Page above first."
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import leads"),
            "res_model": "meta.lead.import",
            "views": [[False, "form"]],
            "context": {
                "default_page_id": pages.id,
                "default_form_ids": forms.ids,
                "default_since": min(
                    filter(None, listed.mapped("submitted_at")), default=scope.since
                )
                .date()
                .isoformat(),
            },
        }

    @api.model
    def _heal_try_again(self, _scope, submissions):
        return submissions.action_try_again()

    @api.model
    def _heal_read_now(self, _scope, submissions):
        return submissions.action_try_again()

    @api.model
    def _heal_send_now(self, _scope, events):
        return events.action_send_now()

    @api.model
    def _heal_send_agreed(self, _scope, events):
        return events.action_send_now()

    @api.model
    def _heal_send_again(self, _scope, events):
        result = events.action_send_again()
        if result is not True:
            return result
        return self.env["meta.connection"]._notify(
            self.env._("On its way to Meta. Look again in a moment."), "success"
        )

    @api.model
    def _heal_map(self, _scope, events):
        return {
            **self.env["ir.actions.client"]._for_xml_id(
                "meta_crm_capi.meta_dry_run_action"
            ),
            "context": {"active_dataset_id": events.dataset_id[:1].id},
        }

    @api.model
    def _heal_datasets(self, _scope, events):
        return self._open_records(events.dataset_id, self.env._("Datasets"))

    @api.model
    def _heal_pages(self, _scope, submissions):
        found = submissions._find_own_pages().values()
        pages = self.env["meta.lead.page"].union(*found)
        return self._open_records(pages, self.env._("Pages"))

    @api.model
    def _heal_forms(self, _scope, events):
        submissions = events.submission_id
        forms = submissions.form_id
        return self._open_records(forms or submissions.page_id, self.env._("Forms"))

    @api.model
    def _heal_report(self, _scope, records):
        """A new plan for their past steps: by their forms, where each has one."""
        submissions = records
        values = {}
        if records._name == "meta.capi.event":
            submissions = records.submission_id
            datasets = records.dataset_id
            # Without one, each goes to that of its form.
            if len(datasets) == 1 and all(event.dataset_id for event in records):
                values["dataset_id"] = datasets.id
        companies = submissions.company_id
        if len(companies) > 1:
            raise UserError(
                self.env._(
                    "These leads are of several companies: choose one Page above first."
                )
            )
        values["company_id"] = companies.id
        if all(submission.form_id for submission in submissions):
            values["form_ids"] = submissions.form_id.ids
        else:
            values["lead_ids"] = submissions.lead_id.ids
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "meta_crm_capi.meta_capi_backfill_new_action"
            ),
            "context": {f"default_{name}": value for name, value in values.items()},
        }

    @api.model
    def _open_records(self, records, name):
        action = {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": records._name,
            "domain": [("id", "in", records.ids)],
            "views": [[False, "list"], [False, "form"]],
            "context": {"active_test": False},
        }
        if len(records) == 1:
            action.update(res_id=records.id, views=[[False, "form"]])
        return action

    @api.model
    def _notify(self, words, pages):
        """Say what was begun, and what stands against it."""
        stopped = pages.filtered(lambda page: not page._is_read())
        said = [words, *(page._describe_stop() for page in stopped)]
        kind = "warning" if stopped else "success"
        return self.env["meta.connection"]._notify(" ".join(said), kind)
