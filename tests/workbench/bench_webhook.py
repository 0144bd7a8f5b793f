"""How fast a webhook is answered, on a server with one process and its crons.

One signed change against an empty public route of the same Odoo, in turn; then POSTs
with the thousand changes that Meta sends at most. Each lead is a new one.

``python -m tests.workbench.bench_webhook CONFIG URL DATABASE ODOO``
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import itertools
import json
import statistics
import sys
import time
from urllib.parse import urlsplit

from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import Registry
from odoo.tools import config

from .bench_rounds import in_turn, medians

ROUNDS = 400
WARM_UP = 20
LARGE_POSTS = 120
SECRET = "bench-app-secret"
PAGE, FORM = "110000000000001", "220000000000001"


def main(config_file: str, _stub: str, database: str, odoo_url: str) -> None:
    """Measure and print one line of JSON."""
    config.parse_config(["--config", config_file, "--log-level", "error"])
    path = make_connection(database)
    odoo = http.client.HTTPConnection("127.0.0.1", urlsplit(odoo_url).port, timeout=60)
    leads = itertools.count(3 * 10**14)

    def post(address: str, body: bytes) -> float:
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": signature(body),
        }
        started = time.perf_counter()
        odoo.request("POST", address, body, headers)
        answer = odoo.getresponse()
        answer.read()
        taken = time.perf_counter() - started
        if answer.status != 200:
            raise AssertionError(f"{address} answered {answer.status}")
        return taken

    def empty() -> float:
        return post("/meta_bench/empty", notification([next(leads)]))

    def one_change() -> float:
        return post(path, notification([next(leads)]))

    lanes = {"empty": empty, "one": one_change, "empty_again": empty}
    times = in_turn(lanes, ROUNDS, WARM_UP)
    taken = medians({**times, "both": times["empty"] + times["empty_again"]})
    large = [
        post(path, notification(list(itertools.islice(leads, 1000))))
        for _number in range(LARGE_POSTS)
    ]
    check_stored(database, ROUNDS + WARM_UP + 1000 * LARGE_POSTS)
    print(
        json.dumps(
            {
                "a_a": taken["empty_again"] / taken["empty"],
                "webhook_ack_ratio": taken["one"] / taken["both"],
                "webhook_ack_1000_p99_ms": 1000 * p99(large),
                "webhook_ack_ms": 1000 * taken["one"],
                "webhook_empty_route_ms": 1000 * taken["both"],
                "webhook_ack_1000_median_ms": 1000 * statistics.median(large),
            }
        )
    )


def make_connection(database: str) -> str:
    """A connection with an app secret; the path of its webhook."""
    with Registry(database).cursor() as cursor:
        env = Environment(cursor, SUPERUSER_ID, {})
        # What comes in stays there: reading it is measured elsewhere.
        env.ref("meta_crm_capi.ir_cron_fetch").active = False
        connection = env["meta.connection"].create(
            {"name": "Bench", "app_id": "1000000000000001", "app_secret": SECRET}
        )
        return urlsplit(connection.callback_url).path


def notification(leads: list[int]) -> bytes:
    """Meta's body for new leads of one Page."""
    changes = [
        {
            "value": {
                "form_id": FORM,
                "leadgen_id": str(lead),
                "created_time": 1769862896,
                "page_id": PAGE,
            },
            "field": "leadgen",
        }
        for lead in leads
    ]
    entry = {"id": PAGE, "time": 1769862897, "changes": changes}
    return json.dumps(
        {"object": "page", "entry": [entry]}, separators=(",", ":")
    ).encode()


def signature(body: bytes) -> str:
    return f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[-1]


def check_stored(database: str, count: int) -> None:
    """What was not stored would make a good figure of a bad run."""
    with Registry(database).cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM meta_lead_submission")
        (stored,) = cursor.fetchone()
    if stored != count:
        raise AssertionError(f"{stored} of {count} leads were stored")


if __name__ == "__main__":
    main(*sys.argv[1:])
