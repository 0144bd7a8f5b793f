"""A company on a real database, and workers that are forked and killed.

The registry is loaded once, in the process of the tests; a worker is a fork of it with
connections of its own, so that it starts at once and a SIGKILL costs nothing.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from odoo import sql_db
from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import Registry

from tests.fake_meta.control import FakeMetaControl

APP = "1000000000000001"
APP_SECRET = "test-app-secret"
PAGE = "110000000000001"
FORM = "220000000000001"
DATASET = "500000000000001"
TOKEN = "test-system-user-token"
PAGE_TOKEN = "test-page-token"
QUESTIONS = [
    {"key": "full_name", "type": "FULL_NAME", "label": "Name"},
    {"key": "email", "type": "EMAIL", "label": "E-mail"},
]

_FORK = multiprocessing.get_context("fork")


def make_barrier(parties: int) -> Any:
    """Lets so many workers begin at the same moment."""
    return _FORK.Barrier(parties)


class Worker:
    """A fork that does one thing and ends; it can be stopped and killed on the way.

    :param action: called in the fork with the other end of ``pipe`` as a keyword
    """

    def __init__(self, action: Callable[..., None], *args: Any) -> None:
        # Connections must not be shared with a fork.
        sql_db.close_all()
        self.pipe, theirs = _FORK.Pipe()
        self._process = _FORK.Process(
            target=action, args=args, kwargs={"pipe": theirs}, daemon=True
        )
        self._process.start()
        theirs.close()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()

    def signal(self, number: int) -> None:
        """Stop it, or let it go on."""
        os.kill(self._process.pid, number)

    def hear(self, timeout: float = 60) -> Any:
        """The next thing that it says; TimeoutError, or EOFError when it died."""
        if not self.pipe.poll(timeout):
            raise TimeoutError("the worker says nothing")
        return self.pipe.recv()

    def end(self, timeout: float = 100) -> int:
        """Wait for its end; returns the exit code, negative for a signal."""
        self._process.join(timeout)
        if self._process.is_alive():
            self.kill()
            raise TimeoutError(f"the worker did not end within {timeout} s")
        return self._process.exitcode

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._process.is_alive():
            self.kill()


class House:
    """The database with a connection, a Page, a form, a dataset and a sales rep.

    :param meta_url: where the addon finds Meta
    """

    def __init__(self, database: str, meta_url: str) -> None:
        self.registry = Registry(database)
        with self.env() as env:
            env["ir.config_parameter"].set_param("meta_crm_capi.graph_url", meta_url)
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
        with self.registry.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def open_meta(self, meta: FakeMetaControl) -> None:
        """The same business at Meta, anew."""
        meta.reset()
        meta.set_unknown_leads_count(True)
        meta.add_app(APP, APP_SECRET)
        meta.add_page(PAGE, "Sunny Roofs", access_token=PAGE_TOKEN)
        meta.add_form(FORM, PAGE, "Spring offer", QUESTIONS)
        meta.add_dataset(DATASET, "CRM dataset")
        meta.add_token(
            TOKEN, "system_user", app_id=APP, page_ids=[PAGE], dataset_ids=[DATASET]
        )

    def clear(self) -> None:
        """Forget every lead, so that each test has its own."""
        self.query("DELETE FROM meta_capi_event")
        self.query("DELETE FROM meta_lead_submission")
        self.query("DELETE FROM meta_sync_log")
        self.query("DELETE FROM crm_lead")
        self.query("UPDATE meta_capi_dataset SET state = 'active', resume_at = NULL")
        self.query("UPDATE meta_lead_page SET state = 'connected', resume_at = NULL")

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

    def queue_again(self) -> None:
        """Let all events be as if they had never been tried."""
        self.query(
            "UPDATE meta_capi_event SET state = 'queued', tries = 0, body = NULL,"
            " reason = NULL, lease_token = NULL, accepted_at = NULL, trace_id = NULL,"
            " next_try_at = event_time"
        )
        self.query("DELETE FROM meta_sync_log")

    def end_leases(self) -> None:
        """Let the time pass that a dead worker's rows stay under its lease."""
        self.query(
            "UPDATE meta_capi_event SET next_try_at = event_time"
            " WHERE state IN ('queued', 'sending')"
        )
        self.query(
            "UPDATE meta_lead_submission SET next_try_at = create_date"
            " WHERE state = 'received'"
        )

    def events(self) -> list[dict[str, Any]]:
        with self.registry.cursor() as cursor:
            cursor.execute(
                "SELECT event_id, event_name, state, body, tries, trace_id, reason"
                " FROM meta_capi_event ORDER BY id"
            )
            return cursor.dictfetchall()

    def event_ids(self, *states: str) -> set[str]:
        return {row["event_id"] for row in self.events() if row["state"] in states}

    # --- the way in ------------------------------------------------------------

    def notify(self, meta_ids: Iterable[str]) -> None:
        """What a signed webhook of Meta's stores, for new leads of our form."""
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
        with self.env() as env:
            connection = env["meta.connection"].browse(self.connection)
            connection._receive(json.dumps(body).encode())

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


KILLED = -signal.SIGKILL
