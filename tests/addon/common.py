"""The set-up that tests of the addon share: a company that works Meta leads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.tests import TransactionCase, new_test_user

APP = "1000000000000001"
PAGE = "110000000000001"
FORM = "220000000000001"
DATASET = "500000000000001"

MODELS = "odoo.addons.meta_crm_capi.models"
CRON = "odoo.addons.base.models.ir_cron"
#: Whose runs end after a while, so that others get their turn.
RUNS = (
    "meta_capi_event_run",
    "meta_lead_page_catch_up_run",
    "meta_lead_submission_read",
)


class MetaCase(TransactionCase):
    """A connection with one Page, one form and one dataset, mapped as offered.

    The pipeline is Odoo's own: ``new``, ``qualified``, ``proposition``, ``won``.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # On a slow machine too, one run does what a test expects of one run.
        for module in RUNS:
            cls.startClassPatcher(patch(f"{MODELS}.{module}.RUN", 600))
        cls.startClassPatcher(patch(f"{CRON}.MIN_TIME_PER_JOB", 600))
        cls.company = cls.env.company
        cls.team = cls.env.ref("sales_team.team_sales_department")
        cls.new, cls.qualified, cls.proposition, cls.won = cls.stages = cls.env[
            "crm.stage"
        ].search([], order="sequence, id")
        cls.rep = new_test_user(
            cls.env, "meta-rep", groups="sales_team.group_sale_salesman"
        )
        cls.administrator = new_test_user(
            cls.env, "meta-admin", groups="meta_crm_capi.group_meta_administrator"
        )
        cls.connection = cls.env["meta.connection"].create(
            {
                "name": "Sunny Roofs",
                "app_id": APP,
                "app_secret": "test-app-secret",
                "access_token": "test-system-user-token",
            }
        )
        cls.page = cls.env["meta.lead.page"].create(
            {
                "name": "Sunny Roofs",
                "meta_id": PAGE,
                "connection_id": cls.connection.id,
                "owner_id": cls.administrator.id,
                "access_token": "test-page-token",
            }
        )
        cls.form = cls.env["meta.lead.form"].create(
            {"name": "Spring offer", "meta_id": FORM, "page_id": cls.page.id}
        )
        cls.dataset = cls.env["meta.capi.dataset"].create(
            {
                "name": "CRM dataset",
                "meta_id": DATASET,
                "connection_id": cls.connection.id,
                "owner_id": cls.administrator.id,
            }
        )
        cls.dataset.action_map_pipeline()
        cls.env.cr.flush()

    @property
    def now(self) -> datetime:
        """The moment of this transaction, in whole seconds: that of every move."""
        return self.env.cr.now().replace(microsecond=0)

    def make_reader_elsewhere(self):
        """Somebody who may read Meta's screens in another company alone."""
        company = self.env["res.company"].create({"name": "Foreign"})
        return new_test_user(
            self.env,
            "meta-elsewhere",
            groups="meta_crm_capi.group_meta_user",
            company_id=company.id,
            company_ids=[company.id],
        )

    def make_submission(self, meta_id: str, lead=None, *, submitted_at=None, **vals):
        """A submission that was read; an hour old unless told otherwise."""
        return self.env["meta.lead.submission"].create(
            {
                "meta_id": meta_id,
                "connection_id": self.connection.id,
                "company_id": self.company.id,
                "page_meta_id": self.page.meta_id,
                "form_meta_id": self.form.meta_id,
                "page_id": self.page.id,
                "form_id": self.form.id,
                "lead_id": lead.id if lead else False,
                "origin": "webhook",
                "state": "done",
                "submitted_at": submitted_at or self.now - timedelta(hours=1),
                **vals,
            }
        )

    def make_lead(
        self,
        meta_id: str = "10000000000000001",
        *,
        submitted_at=None,
        submission=None,
        flush=True,
        **vals,
    ):
        """A lead as the intake makes it, with its submission, in the rep's pipeline.

        :param str meta_id: Meta's id of the lead
        :param dict submission: values of the submission that differ
        :param flush: let this be a transaction of its own, so that the raw lead is
            queued and the next change is a move
        :param vals: values of the lead that differ
        """
        lead = self.env["crm.lead"].create(
            {
                "name": f"Spring offer: {meta_id}",
                "type": "opportunity",
                "team_id": self.team.id,
                "user_id": self.rep.id,
                "company_id": self.company.id,
                "contact_name": "Ana Acker",
                "email_from": "ana@example.com",
                "phone": "+12025550101",
                **vals,
            }
        )
        row = self.make_submission(
            meta_id, lead, submitted_at=submitted_at, **(submission or {})
        )
        lead._collect_arrivals(row)
        if flush:
            self.flush()
        return lead

    def make_foreign_lead(self, **vals):
        """A lead that never came from Meta."""
        lead = self.env["crm.lead"].create(
            {
                "name": "Walked in",
                "type": "opportunity",
                "team_id": self.team.id,
                "user_id": self.rep.id,
                "company_id": self.company.id,
                **vals,
            }
        )
        self.flush()
        return lead

    def flush(self) -> None:
        """End a transaction as far as the collector can tell."""
        self.env.cr.flush()

    @contextmanager
    def moment(self, moment: datetime) -> Iterator[None]:
        """Let the moves inside happen at that moment (UTC, no zone)."""
        self.flush()
        with patch.object(self.env.cr, "_now", moment):
            yield
            self.flush()

    def event_rows(self, lead):
        """The outbox rows of a lead, in the order in which they were written."""
        self.flush()
        return self.env["meta.capi.event"].search(
            [("lead_id", "in", lead.ids)], order="id"
        )

    def hold(self, rows, seconds: float = 60, charge: int = 1, lines=None) -> None:
        """Put rows under a lease of somebody else's for so many seconds.

        :param charge: 1 where its request has begun
        :param lines: their bytes, a line for each, where the rows have none
        """
        self.env.flush_all()
        self.env.cr.execute(
            """
            INSERT INTO meta_capi_lease (dataset_id, until, event_ids, charge, lines)
            VALUES (%s, clock_timestamp() AT TIME ZONE 'UTC'
                        + make_interval(secs => %s), %s, %s, %s)
            """,
            [rows.dataset_id.id, seconds, rows.ids, charge, lines],
        )
        self.env.invalidate_all()

    def events(self, lead) -> list[tuple[str | bool, str]]:
        """``(event name, state)`` of each row; the name is False where none applies."""
        return [(row.event_name, row.state) for row in self.event_rows(lead)]

    def queued(self, lead) -> list[str]:
        """The event names that wait for Meta."""
        return [
            row.event_name for row in self.event_rows(lead) if row.state == "queued"
        ]

    def reasons(self, lead) -> list[str]:
        """Why each row that is not sent is not."""
        return [row.reason for row in self.event_rows(lead) if row.state == "not_sent"]
