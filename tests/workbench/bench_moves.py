"""Leads that a sales rep moves while a real server delivers."""

from __future__ import annotations

import time
from collections.abc import Sequence

from odoo.api import SUPERUSER_ID, Environment

from .bench_events import Scene
from .processes import wait_until


class MovingScene(Scene):
    """A scene whose leads were all reported once, so that a move is one event."""

    def make_leads(self, count: int) -> list[int]:
        """So many leads of Meta's whose raw lead Meta knows already; their ids."""
        super().make_leads(count)
        self.query(
            """
            INSERT INTO meta_capi_event
                   (dataset_id, submission_id, lead_id, company_id, rule_id, step,
                    entry, event_name, event_id, event_time, state, tries,
                    accepted_at, create_date, write_date)
            SELECT rule.dataset_id, submission.id, submission.lead_id,
                   submission.company_id, rule.id, rule.step, 0, rule.event_name,
                   md5('raw' || submission.id)::uuid::text, submitted_at, 'accepted', 1,
                   submitted_at, submitted_at, submitted_at
              FROM meta_lead_submission submission, meta_capi_rule rule
             WHERE rule.dataset_id = %(dataset)s AND rule.step = 'raw_lead'
            """,
            dataset=self.dataset,
        )
        self.tidy("meta_capi_event")
        rows = self.query("SELECT lead_id FROM meta_lead_submission ORDER BY id")
        return [lead for (lead,) in rows]

    def send_at_once(self) -> None:
        """From now on a move wakes the sender."""
        with self.registry.cursor() as cursor:
            env = Environment(cursor, SUPERUSER_ID, {})
            dataset = env["meta.capi.dataset"].browse(self.dataset)
            dataset.connection_id.send_at_once = True

    def move(self, leads: Sequence[int], stage: int) -> float:
        """Move leads in one transaction as the sales rep.

        :return: when it was committed, Unix seconds
        """
        committed = []
        with self.registry.cursor() as cursor:
            # What wakes the sender comes after this.
            cursor.postcommit.add(lambda: committed.append(time.time()))
            env = Environment(cursor, self.rep, {"tracking_disable": True})
            env["crm.lead"].browse(leads).write({"stage_id": stage})
        return committed[0]

    def wait_until_accepted(
        self, leads: Sequence[int], stage: int, patience: float
    ) -> dict[int, float]:
        """When Meta had accepted each lead's move, Unix seconds; waits for the last.

        It is the moment that the addon has noted: a little after Meta's answer.

        :raise WorkbenchError: when it takes longer than so many seconds
        """
        accepted: dict[int, float] = {}

        def all_of_them() -> bool:
            rows = self.query(
                """
                SELECT lead_id, EXTRACT(EPOCH FROM accepted_at)::float8
                  FROM meta_capi_event
                 WHERE step = 'stage' AND stage_id = %(stage)s
                   AND state = 'accepted' AND lead_id = ANY(%(leads)s)
                """,
                stage=stage,
                leads=list(leads),
            )
            accepted.update(rows)
            return len(accepted) == len(leads)

        wait_until(all_of_them, timeout=patience, what="the last acceptance", every=0.5)
        return accepted
