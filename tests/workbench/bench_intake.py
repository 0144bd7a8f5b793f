"""What it costs to make leads of what Meta gives, against making bare ones.

Submissions wait; the cron's own method reads them from a stub of Graph that answers
at once, maps them and makes leads. The reference is Odoo without the addon: one
``create`` and one commit for each lead, with the same values. Nobody is told of a lead
on either side: Odoo makes and sends such mail for each lead alone, and takes longer for
it than for the lead.

``python -m tests.workbench.bench_intake CONFIG URL BARE DATABASE``
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from typing import Any

from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import Registry
from odoo.tools import config

from .bench_rounds import in_turn, medians
from .bench_stub import FORM, PAGE

#: 500 leads in each lane, in short turns: a busy moment of the machine hits all alike.
LEADS = 50
ROUNDS = 10
#: What a lead of the addon has and one of bare Odoo can have too.
FIELDS = (
    *("name", "contact_name", "email_from", "phone", "city", "country_id", "type"),
    *("team_id", "user_id", "company_id", "description", "lang_id"),
    *("source_id", "medium_id", "campaign_id"),
)
QUESTIONS = [
    {"key": "full_name", "label": "Full name", "type": "FULL_NAME"},
    {"key": "email", "label": "Email", "type": "EMAIL"},
    {"key": "phone_number", "label": "Phone number", "type": "PHONE"},
    {"key": "city", "label": "City", "type": "CITY"},
    {"key": "country", "label": "Country", "type": "COUNTRY"},
    {"key": "roof_size", "label": "How large is your roof?", "type": "CUSTOM"},
]


class Intake:
    """The company that the leads come to."""

    def __init__(self, database: str, url: str) -> None:
        self.registry = Registry(database)
        self._ids = itertools.count(3 * 10**14)
        with self.registry.cursor() as cursor:
            env = Environment(cursor, SUPERUSER_ID, {})
            env["ir.config_parameter"].set_param("meta_crm_capi.graph_url", url)
            connection = env["meta.connection"].create(
                {
                    "name": "Bench",
                    "app_id": "1000000000000001",
                    "app_secret": "bench-app-secret",
                    "access_token": "bench-token",
                }
            )
            page = env["meta.lead.page"].create(
                {
                    "name": "Bench",
                    "meta_id": PAGE,
                    "connection_id": connection.id,
                    "access_token": "bench-page-token",
                }
            )
            env["meta.lead.form"].create(
                {
                    "name": "Bench",
                    "meta_id": FORM,
                    "page_id": page.id,
                    "question_ids": [(0, 0, question) for question in QUESTIONS],
                }
            )
            dataset = env["meta.capi.dataset"].create(
                {"name": "Bench", "meta_id": "1", "connection_id": connection.id}
            )
            dataset.action_map_pipeline()
            # Nobody gets the leads, and so no mail about each of them.
            env["crm.team"].search([]).user_id = False
            self.connection = connection.id

    def announce(self) -> None:
        """The webhooks of so many new leads."""
        changes = [
            {
                "value": {
                    "leadgen_id": str(next(self._ids)),
                    "page_id": PAGE,
                    "form_id": FORM,
                    "created_time": int(time.time()) - 60,
                },
                "field": "leadgen",
            }
            for _number in range(LEADS)
        ]
        entry = {"id": PAGE, "time": int(time.time()), "changes": changes}
        body = json.dumps({"object": "page", "entry": [entry]}).encode()
        with self.registry.cursor() as cursor:
            env = Environment(cursor, SUPERUSER_ID, {})
            env["meta.connection"].browse(self.connection)._receive(body)

    def fetch(self) -> float:
        """Let the cron's own method make leads of them; the seconds that it took."""
        self.announce()
        started = time.perf_counter()
        while self._count("received"):
            with self.registry.cursor() as cursor:
                env = Environment(cursor, SUPERUSER_ID, {})
                env["meta.lead.submission"]._cron_fetch()
        taken = time.perf_counter() - started
        if self._count("done") % LEADS:
            raise AssertionError("not every submission became a lead")
        return taken

    def _count(self, state: str) -> int:
        with self.registry.cursor() as cursor:
            env = Environment(cursor, SUPERUSER_ID, {})
            return env["meta.lead.submission"].search_count([("state", "=", state)])

    def read_values(self) -> list[dict[str, Any]]:
        """What the leads that came last were given, for bare Odoo to be given too."""
        with self.registry.cursor() as cursor:
            env = Environment(cursor, SUPERUSER_ID, {})
            leads = env["crm.lead"].search([], order="id desc", limit=LEADS)
            values = leads.read(FIELDS, load=None)
        names = ("email_from", "phone", "contact_name", "team_id", "description")
        if missing := [name for name in names if not values[0][name]]:
            raise AssertionError(f"the leads have no {', '.join(missing)}")
        if any(row["user_id"] for row in values):
            raise AssertionError("somebody has got a lead, and mail about it")
        return [{name: row[name] for name in FIELDS} for row in values]


class Bare:
    """Odoo without the addon."""

    def __init__(self, database: str) -> None:
        self.registry = Registry(database)

    def adapt(self, values: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The same values with this database's own records."""
        with self.registry.cursor() as cursor:
            env = Environment(cursor, SUPERUSER_ID, {})
            mediums = env["utm.medium"].search([], limit=1)
            sources = env["utm.source"].search([], limit=1)
            campaign = env["utm.campaign"].create({"title": "Bench"})
            own = {
                "medium_id": mediums.id,
                "source_id": sources.id,
                "campaign_id": campaign.id,
            }
            return [
                {**row, **{name: own[name] for name in own if row[name]}}
                for row in values
            ]

    def create(self, values: list[dict[str, Any]]) -> float:
        """One lead and one commit at a time; the seconds that it took."""
        started = time.perf_counter()
        with self.registry.cursor() as cursor:
            env = Environment(cursor, SUPERUSER_ID, {})
            for row in values:
                env["crm.lead"].create(row)
                cursor.commit()
        return time.perf_counter() - started


def main(config_file: str, url: str, bare_name: str, database: str) -> None:
    """Measure and print one line of JSON."""
    config.parse_config(["--config", config_file, "--log-level", "error"])
    intake, bare = Intake(database, url), Bare(bare_name)
    intake.fetch()
    values = bare.adapt(intake.read_values())
    lanes = {
        "bare": lambda: bare.create(values),
        "intake": intake.fetch,
        "bare_again": lambda: bare.create(values),
    }
    times = in_turn(lanes, ROUNDS)
    taken = medians({**times, "both": times["bare"] + times["bare_again"]})
    print(
        json.dumps(
            {
                "a_a": taken["bare_again"] / taken["bare"],
                "intake_per_lead_ratio": taken["intake"] / taken["both"],
                "intake_ms_per_lead": 1000 * taken["intake"] / LEADS,
                "bare_create_ms_per_lead": 1000 * taken["both"] / LEADS,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
