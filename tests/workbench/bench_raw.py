"""The reference: the outbox emptied by a bare loop that knows nothing of Odoo.

It does the least that any sender of finished bodies can do, on the same table with the
same indexes: lock a thousand, send them, mark them, commit. It has no leases, writes no
log, and loses count of what it sent when it is killed.

``python -m tests.workbench.bench_raw DSN URL`` sends all that waits once for every line
that it reads, and answers each with the seconds that it took.
"""

from __future__ import annotations

import subprocess
import sys
import time

import psycopg2
import requests

from .layout import Layout

CLAIM = """
    SELECT id, body FROM meta_capi_event
     WHERE state = 'queued'
       AND next_try_at <= now() AT TIME ZONE 'UTC'
  ORDER BY dataset_id, event_time, id
     LIMIT 1000
       FOR NO KEY UPDATE SKIP LOCKED
"""
ACCEPT = """
    UPDATE meta_capi_event
       SET state = 'accepted', next_try_at = NULL,
           accepted_at = now() AT TIME ZONE 'UTC'
     WHERE id = ANY(%s)
"""


class RawLoop:
    """The loop in a process of its own, without Odoo's memory around it."""

    def __init__(self, layout: Layout, dsn: str, url: str) -> None:
        self._process = subprocess.Popen(
            [layout.venv_python, "-m", "tests.workbench.bench_raw", dsn, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=layout.repository,
        )

    def drain(self) -> float:
        """Send all that waits; the seconds that it took."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def __enter__(self) -> RawLoop:
        return self

    def __exit__(self, *_exception: object) -> None:
        # At the end of its input it ends by itself.
        self._process.stdin.close()
        self._process.wait()


def drain(connection, session: requests.Session, url: str) -> None:
    """Send all that waits."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(CLAIM)
            rows = cursor.fetchall()
            if not rows:
                connection.commit()
                return
            body = '{"data":[' + ",".join(body for _id, body in rows) + "]}"
            session.post(
                f"{url}/v25.0/500000000000001/events",
                data=body.encode(),
                headers={
                    "Content-Type": "application/json",
                    "Authorization": "Bearer bench-token",
                },
                timeout=30,
            ).raise_for_status()
            cursor.execute(ACCEPT, [[row_id for row_id, _body in rows]])
            connection.commit()


def main(dsn: str, url: str) -> None:
    connection = psycopg2.connect(dsn)
    session = requests.Session()
    session.trust_env = False
    for _line in sys.stdin:
        started = time.perf_counter()
        drain(connection, session, url)
        print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
