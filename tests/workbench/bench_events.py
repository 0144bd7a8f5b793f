"""What the benchmarks of the way out stand on: Meta's leads, and events that wait.

Thousands of rows are copies of one lead that Odoo itself made, each of another
person: only what is measured goes through the addon.
"""

from __future__ import annotations

import json
import time
from contextlib import closing
from typing import Any

import psycopg2

from odoo import sql_db
from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import Registry

DATASET = "500000000000001"

#: What differs from person to person; ``i`` counts them. Sound values for each of the
#: eight keys, as Odoo stores them: the phone sanitised, the address normalised.
PERSON = {
    "name": "'Spring offer: person ' || i",
    "contact_name": """
        (ARRAY['Ada','Björn','Chloé','Dmitri','Eve','Fátima','Hiro'])[1 + mod(i, 7)]
        || ' ' ||
        (ARRAY['Lovelace','Borg','O''Neill','Smith-Jones','Núñez'])[1 + mod(i, 5)]
        || ' ' || chr(97 + mod(i, 26))
    """,
    "email_from": "'Person.' || i || '@Example.com'",
    "email_normalized": "'person.' || i || '@example.com'",
    "phone": "'(202) 555-' || lpad(mod(i, 10000)::text, 4, '0')",
    "phone_sanitized": "'+1202555' || lpad(mod(i, 10000)::text, 4, '0')",
    "city": "(ARRAY['Springfield','St. Louis','New York','San José'])[1 + mod(i, 4)]",
    "zip": "lpad((mod(i, 90000) + 10000)::text, 5, '0')",
}


class Scene:
    """One company with a connection, a dataset with the pipeline's mapping, a rep.

    :param graph_url: where the addon finds Graph
    """

    def __init__(self, database: str, graph_url: str) -> None:
        self.database = database
        self.registry = Registry(database)
        with self.registry.cursor() as cursor:
            env = Environment(cursor, SUPERUSER_ID, {})
            env["ir.config_parameter"].set_param("meta_crm_capi.graph_url", graph_url)
            dataset = env["meta.capi.dataset"].search([("meta_id", "=", DATASET)])
            if not dataset:
                dataset = self._make(env)
            self.dataset = dataset.id
            self.rep = env["res.users"].search([("login", "=", "bench_rep")]).id
            self.stages = env["crm.stage"].search([], order="sequence, id").ids

    @staticmethod
    def _make(env: Environment) -> Any:
        connection = env["meta.connection"].create(
            {
                "name": "Bench",
                "app_id": "1000000000000001",
                "app_secret": "bench-app-secret",
                "access_token": "bench-token",
            }
        )
        dataset = env["meta.capi.dataset"].create(
            {"name": "Bench", "meta_id": DATASET, "connection_id": connection.id}
        )
        dataset.action_map_pipeline()
        rep = env["res.users"].create(
            {
                "name": "Bench Rep",
                "login": "bench_rep",
                "email": "bench@example.com",
                "group_ids": [(4, env.ref("sales_team.group_sale_salesman").id)],
            }
        )
        usa = env.ref("base.us")
        env["crm.lead"].create(
            {
                "name": "Template",
                "type": "opportunity",
                "user_id": rep.id,
                "company_id": env.company.id,
                "country_id": usa.id,
                "state_id": usa.state_ids[0].id,
                "email_from": "template@example.com",
                "phone": "+12025550100",
                "stage_id": env["crm.stage"].search([], order="sequence, id").ids[0],
            }
        )
        return dataset

    @property
    def dsn(self) -> str:
        """How to reach the database without Odoo."""
        _name, info = sql_db.connection_info_for(self.database)
        return psycopg2.extensions.make_dsn(**info)

    def query(self, statement: str, **values: Any) -> list[tuple]:
        """Run one statement in a transaction of its own."""
        with self.registry.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def tidy(self, *tables: str) -> None:
        """Do now what autovacuum would do in its own time."""
        with closing(psycopg2.connect(self.dsn)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for table in tables:
                    cursor.execute(f"VACUUM ANALYZE {table}")

    def make_leads(self, count: int) -> None:
        """So many leads of Meta's in the first stage, each of another person."""
        copied = self.query(
            """
            SELECT column_name FROM information_schema.columns
             WHERE table_name = 'crm_lead' AND is_generated = 'NEVER'
               AND column_name <> 'id' AND column_name <> ALL(%(person)s)
            """,
            person=list(PERSON),
        )
        columns = ", ".join(f'"{name}"' for (name,) in copied)
        self.query(
            f"""
            INSERT INTO crm_lead ({columns}, {", ".join(PERSON)})
            SELECT {columns}, {", ".join(PERSON.values())}
              FROM crm_lead, generate_series(1, %(count)s) i
             WHERE crm_lead.name = 'Template'
            """,
            count=count,
        )
        self.query(
            """
            UPDATE crm_lead SET state_id = state.id
              FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place
                      FROM res_country_state
                     WHERE country_id = (SELECT country_id FROM crm_lead
                                          WHERE name = 'Template')) state
             WHERE mod(crm_lead.id, 50) = state.place
            """
        )
        self.query(
            """
            INSERT INTO meta_lead_submission
                   (meta_id, connection_id, company_id, lead_id, origin, state,
                    submitted_at, create_date, write_date)
            SELECT (10::numeric ^ 15 + lead.id)::bigint::text, dataset.connection_id,
                   dataset.company_id, lead.id, 'webhook', 'done',
                   date_trunc('second', now() AT TIME ZONE 'UTC') - interval '2 hours',
                   now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
              FROM crm_lead lead, meta_capi_dataset dataset
             WHERE lead.name <> 'Template' AND dataset.id = %(dataset)s
            """,
            dataset=self.dataset,
        )
        self.tidy("crm_lead", "meta_lead_submission")

    def queue_events(self, count: int, *, frozen: bool = False) -> None:
        """One event that is due for each of so many leads, and no other waits.

        :param frozen: they were tried before and have the bodies of :meth:`keep_bodies`
        """
        body, tries, kept = "NULL", 0, ""
        if frozen:
            body, tries = "kept.body", 1
            kept = "JOIN bench_body kept ON kept.id = submission.id"
        self.query("DELETE FROM meta_capi_event WHERE event_name = 'bench'")
        self.query(
            f"""
            INSERT INTO meta_capi_event
                   (dataset_id, submission_id, lead_id, company_id, rule_id, step,
                    stage_id, entry, event_name, event_id, event_time, state,
                    next_try_at, create_date, write_date, body, tries)
            SELECT rule.dataset_id, submission.id, submission.lead_id,
                   submission.company_id, rule.id, rule.step,
                   rule.stage_id, 0, 'bench', md5(submission.id::text)::uuid::text,
                   moment, 'queued', moment, moment, moment, {body}, {tries}
              FROM meta_lead_submission submission {kept},
                   (SELECT * FROM meta_capi_rule
                     WHERE dataset_id = %(dataset)s AND step = 'stage' LIMIT 1) rule,
                   (SELECT date_trunc('second', now() AT TIME ZONE 'UTC')
                           - interval '10 minutes' AS moment) clock
          ORDER BY submission.id
             LIMIT %(count)s
            """,
            dataset=self.dataset,
            count=count,
        )
        self.tidy("meta_capi_event", "meta_sync_log")

    def keep_bodies(self) -> None:
        """Remember the bodies that were just sent."""
        self.query(
            "CREATE TABLE bench_body AS SELECT submission_id AS id, body"
            " FROM meta_capi_event WHERE event_name = 'bench'"
        )
        keys = {"em", "ph", "fn", "ln", "ct", "st", "zp", "country", "lead_id"}
        for (body,) in self.query("SELECT body FROM bench_body"):
            if missing := keys - json.loads(body)["user_data"].keys():
                raise AssertionError(f"an event without {sorted(missing)}")

    def time_drain(self) -> float:
        """Let the cron's own method send all that waits; the seconds that it took."""
        started = time.perf_counter()
        while self.count("queued"):
            with self.registry.cursor() as cursor:
                Environment(cursor, SUPERUSER_ID, {})["meta.capi.event"]._cron_deliver()
        taken = time.perf_counter() - started
        self.check_drained()
        return taken

    def check_drained(self) -> None:
        """What was not accepted would make a good figure of a bad run."""
        states = dict(
            self.query(
                "SELECT state, COUNT(*) FROM meta_capi_event"
                " WHERE event_name = 'bench' GROUP BY state"
            )
        )
        if states.keys() != {"accepted"}:
            raise AssertionError(f"not every event was accepted: {states}")

    def count(self, *states: str) -> int:
        """How many of the benchmark's events are in one of these states."""
        return self.query(
            "SELECT COUNT(*) FROM meta_capi_event"
            " WHERE event_name = 'bench' AND state = ANY(%(states)s)",
            states=list(states),
        )[0][0]
