"""A company on a real database, and what the tests do with its two queues."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import Registry

from tests.fake_meta.control import FakeMetaControl
from tests.workbench.processes import wait_until

from . import outbox

APP = "1000000000000001"
APP_SECRET = "test-app-secret"
PAGE = "110000000000001"
FORM = "220000000000001"
DATASET = "500000000000001"
OTHER_DATASETS = ("500000000000002", "500000000000003", "500000000000004")
TOKEN = "test-system-user-token"
PAGE_TOKEN = "test-page-token"
QUESTIONS = [
    {"key": "full_name", "type": "FULL_NAME", "label": "Name"},
    {"key": "email", "type": "EMAIL", "label": "E-mail"},
]


class House:
    """The database with a connection, a Page, a form, a dataset and a sales rep.

    :param meta_url: where the addon finds Meta
    """

    def __init__(self, database: str, meta_url: str) -> None:
        self.registry = Registry(database)
        self.set_graph_url(meta_url)
        with self.env() as env:
            connection = env["meta.connection"].create(
                {"app_id": APP, "app_secret": APP_SECRET, "access_token": TOKEN}
            )
            page = env["meta.lead.page"].create(
                {
                    "name": "Sunny Roofs",
                    "meta_id": PAGE,
                    "connection_id": connection.id,
                    "access_token": PAGE_TOKEN,
                }
            )
            env["meta.lead.form"].create(
                {
                    "name": "Spring offer",
                    "meta_id": FORM,
                    "page_id": page.id,
                    "question_ids": [(0, 0, question) for question in QUESTIONS],
                }
            )
            dataset = env["meta.capi.dataset"].create(
                {
                    "name": "CRM dataset",
                    "meta_id": DATASET,
                    "connection_id": connection.id,
                }
            )
            dataset.action_map_pipeline()
            page.dataset_id = dataset
            rep = env["res.users"].create(
                {
                    "name": "Robin Rep",
                    "login": "rep",
                    "password": "rep",
                    "group_ids": [(4, env.ref("sales_team.group_sale_salesman").id)],
                }
            )
            self.connection, self.page, self.dataset, self.rep = (
                connection.id,
                page.id,
                dataset.id,
                rep.id,
            )

    @contextmanager
    def env(self, user: int = SUPERUSER_ID) -> Iterator[Environment]:
        """An environment with a transaction of its own, committed in the end."""
        with self.registry.cursor() as cursor:
            yield Environment(cursor, user, {})

    def query(self, statement: str, *values: Any) -> list[tuple]:
        """The rows of a statement, in a transaction of its own.

        :param values: for its places, or one mapping where these have names
        """
        named = len(values) == 1 and isinstance(values[0], Mapping)
        with self.registry.cursor() as cursor:
            cursor.execute(statement, values[0] if named else values or None)
            return cursor.fetchall() if cursor.description else []

    def open_meta(self, meta: FakeMetaControl) -> None:
        """The same business at Meta, anew."""
        datasets = [DATASET, *OTHER_DATASETS]
        meta.reset()
        meta.set_unknown_leads_count(True)
        meta.add_app(APP, APP_SECRET)
        meta.add_page(PAGE, "Sunny Roofs", access_token=PAGE_TOKEN)
        meta.add_form(FORM, PAGE, "Spring offer", QUESTIONS)
        for meta_id in datasets:
            meta.add_dataset(meta_id, f"CRM dataset {meta_id}")
        meta.add_token(
            TOKEN, "system_user", app_id=APP, page_ids=[PAGE], dataset_ids=datasets
        )

    def clear(self) -> None:
        """Forget every lead, so that each test has its own."""
        outbox.empty(self.query)

    def await_silence(self, pid: int) -> None:
        """Wait until PostgreSQL has ended what a dead process had open."""
        wait_until(
            lambda: not self.backends(pid),
            timeout=30,
            what=f"the end of the transactions of process {pid}",
            every=0.005,
        )

    def backends(self, pid: int) -> list[int]:
        """PostgreSQL's process ids of the connections of a process."""
        rows = self.query(
            "SELECT pid FROM pg_stat_activity WHERE application_name = %s",
            f"odoo-{pid}",
        )
        return [backend for (backend,) in rows]

    def set_graph_url(self, url: str) -> None:
        """Where the addon finds Meta."""
        with self.env() as env:
            env["ir.config_parameter"].set_param("meta_crm_capi.graph_url", url)

    # --- the way out -----------------------------------------------------------

    def make_leads(self, number: int) -> list[int]:
        """Leads of Meta's with their raw leads queued; their ids in Odoo."""
        with self.env() as env:
            company = env.company
            leads = env["crm.lead"].create(
                [
                    {
                        "name": f"Spring offer: person {index}",
                        "type": "opportunity",
                        "user_id": self.rep,
                        "company_id": company.id,
                        "contact_name": f"Person {index}",
                        "email_from": f"person{index}@example.com",
                    }
                    for index in range(number)
                ]
            )
            submissions = env["meta.lead.submission"].create(
                [
                    {
                        "meta_id": str(10**15 + index),
                        "connection_id": self.connection,
                        "company_id": company.id,
                        "page_id": self.page,
                        "page_meta_id": PAGE,
                        "lead_id": lead.id,
                        "origin": "webhook",
                        "state": "done",
                        "submitted_at": "2000-01-01",
                    }
                    for index, lead in enumerate(leads)
                ]
            )
            env.cr.execute(
                "UPDATE meta_lead_submission SET submitted_at ="
                " date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC')"
                " - interval '1 hour'"
            )
            submissions.invalidate_recordset()
            leads._collect_arrivals(submissions)
            return leads.ids

    def move(self, lead_ids: Iterable[int], place: int) -> None:
        """Move leads to a stage of the pipeline, by its place, as the sales rep."""
        with self.env(self.rep) as env:
            stages = env["crm.stage"].search([], order="sequence, id")
            env["crm.lead"].browse(lead_ids).write({"stage_id": stages[place].id})

    def fill(self, leads: int, each: int = 2, dataset: int | None = None) -> None:
        """Queue ``each`` events, all due, of that many leads."""
        outbox.fill(self.query, dataset or self.dataset, leads, each)

    def add_datasets(self) -> list[int]:
        """Further datasets of the same connection; their ids in Odoo."""
        with self.env() as env:
            datasets = env["meta.capi.dataset"].with_context(active_test=False)
            datasets = datasets.search([("meta_id", "in", OTHER_DATASETS)])
            datasets.active = True
            if not datasets:
                datasets = datasets.create(
                    [
                        {
                            "name": f"CRM dataset {meta_id}",
                            "meta_id": meta_id,
                            "connection_id": self.connection,
                        }
                        for meta_id in OTHER_DATASETS
                    ]
                )
            return datasets.sorted("meta_id").ids

    def archive_datasets(self, ids: Iterable[int]) -> None:
        self.query(
            "UPDATE meta_capi_dataset SET active = FALSE WHERE id = ANY(%s)",
            list(ids),
        )

    def pass_time(self, seconds: float) -> None:
        """Let time pass: all that waits for a moment waits so much less."""
        self.query(
            "UPDATE meta_capi_event"
            " SET next_try_at = next_try_at - make_interval(secs => %s)"
            " WHERE state = 'queued'",
            seconds,
        )
        self.query(
            "UPDATE meta_capi_lease SET until = until - make_interval(secs => %s)",
            seconds,
        )
        self.query(
            "UPDATE meta_capi_dataset"
            " SET resume_at = resume_at - make_interval(secs => %s)",
            seconds,
        )

    def seconds_to_next(self) -> float | None:
        """How long until the next event may be sent; None when none waits."""
        ((seconds,),) = self.query(
            """
            SELECT EXTRACT(EPOCH FROM MIN(GREATEST(event.next_try_at, lease.until, CASE
                       WHEN dataset.state = 'active' THEN NULL
                       ELSE dataset.resume_at END))
                   - clock_timestamp() AT TIME ZONE 'UTC')
              FROM meta_capi_event event
              JOIN meta_capi_dataset dataset ON dataset.id = event.dataset_id
         LEFT JOIN meta_capi_lease lease ON event.id = ANY(lease.event_ids)
             WHERE event.state = 'queued'
            """
        )
        return None if seconds is None else max(float(seconds), 0)

    def end_leases(self) -> None:
        """Let the time pass that a dead worker's rows stay under its lease."""
        self.query("UPDATE meta_capi_lease SET until = 'epoch'")
        self.query(
            "UPDATE meta_capi_event SET next_try_at = event_time WHERE state = 'queued'"
        )
        self.query(
            "UPDATE meta_lead_submission SET next_try_at = create_date"
            " WHERE state = 'received'"
        )

    def events(self) -> list[dict[str, Any]]:
        return outbox.events(self.query)

    def waiting(self) -> bool:
        """Whether any event is still to be sent."""
        return bool(
            self.query("SELECT 1 FROM meta_capi_event WHERE state = 'queued' LIMIT 1")
        )

    def is_sending(self) -> bool:
        """Whether any event is under a lease."""
        return bool(self.event_ids("sending"))

    def end_rests(self) -> None:
        """Let the time pass for which datasets make no call."""
        self.query(
            "UPDATE meta_capi_dataset SET resume_at = create_date"
            " WHERE resume_at IS NOT NULL"
        )

    def event_ids(self, *states: str) -> set[str]:
        return {row["event_id"] for row in self.events() if row["state"] in states}

    # --- the way in ------------------------------------------------------------

    def leadgen_body(self, meta_ids: Iterable[str]) -> bytes:
        """What a webhook of Meta's says of new leads of our form."""
        changes = [
            {
                "field": "leadgen",
                "value": {
                    "leadgen_id": meta_id,
                    "page_id": PAGE,
                    "form_id": FORM,
                    "created_time": int(time.time()) - 60,
                },
            }
            for meta_id in meta_ids
        ]
        body = {"object": "page", "entry": [{"id": PAGE, "changes": changes}]}
        return json.dumps(body).encode()

    def notify(self, meta_ids: Iterable[str]) -> None:
        """What a signed webhook of Meta's stores, for new leads of our form."""
        with self.env() as env:
            connection = env["meta.connection"].browse(self.connection)
            connection._receive(self.leadgen_body(meta_ids))

    def is_waiting_for_a_lock(self) -> bool:
        """Whether any transaction waits for another one."""
        return bool(self.query("SELECT 1 FROM pg_locks WHERE NOT granted LIMIT 1"))

    def submissions(self) -> list[dict[str, Any]]:
        with self.registry.cursor() as cursor:
            cursor.execute(
                "SELECT meta_id, state, lead_id, reason FROM meta_lead_submission"
            )
            return cursor.dictfetchall()

    def raw_leads(self) -> list[str]:
        """Meta's lead id of each raw lead event."""
        rows = self.query(
            "SELECT submission.meta_id FROM meta_capi_event event"
            " JOIN meta_lead_submission submission"
            " ON submission.id = event.submission_id"
            " WHERE event.step = 'raw_lead' AND event.state = 'queued'"
        )
        return [meta_id for (meta_id,) in rows]

    def count(self, table: str) -> int:
        return self.query(f"SELECT COUNT(*) FROM {table}")[0][0]
