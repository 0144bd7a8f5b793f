"""Graph's side of a benchmark: it takes every batch, knows every lead, checks nothing.

A process of its own, so that what it costs falls on nobody's clock but through the
wait for its answer. It answers at once or after a fixed delay. Its form has got a lead
each minute, for ever: the filter says how many of them are listed.

``python -m tests.workbench.bench_stub PORT [DELAY IN MILLISECONDS]``
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from .layout import Layout
from .processes import Process, answers, free_port, wait_until

#: What its leads are of.
PAGE, FORM = "110000000000001", "220000000000001"


#: The lead of a minute has this id and the minutes since 1970 on top.
FIRST_OF_LIST = 4 * 10**14


def lead(meta_id: str, submitted_at: float | None = None) -> dict:
    """The lead of that id: always the same person.

    :param submitted_at: Unix seconds; by default it is now
    """
    number = int(meta_id)
    answers = {
        "full_name": f"Ada Lovelace {number}",
        "email": f"ada.{number}@example.com",
        "phone_number": f"+1202555{number % 10_000:04}",
        "city": "Springfield",
        "country": "US",
        "roof_size": "between_50_and_100_m2",
    }
    return {
        "id": meta_id,
        "created_time": time.strftime(
            "%Y-%m-%dT%H:%M:%S+0000", time.gmtime(submitted_at)
        ),
        "form_id": FORM,
        "platform": "fb",
        "is_organic": False,
        "ad_id": "120200000000000001",
        "ad_name": "Ad",
        "adset_id": "120200000000000002",
        "adset_name": "Ad set",
        "campaign_id": "120200000000000003",
        "campaign_name": "Spring",
        "field_data": [
            {"name": name, "values": [value]} for name, value in answers.items()
        ],
    }


def leads_page(query: str) -> dict:
    """A page of the form's list, the newest lead first.

    :param query: with ``filtering`` from when on, ``limit`` and ``after``
    """
    params = dict(parse_qsl(query))
    bounds = {
        each["operator"]: int(each["value"])
        for each in json.loads(params.get("filtering", "[]"))
    }
    newest = int(
        params.get("after") or min(time.time(), bounds.get("LESS_THAN", 2**40)) // 60
    )
    oldest = bounds["GREATER_THAN"] // 60 + 1
    last = max(newest - int(params["limit"]), oldest)
    rows = [
        lead(str(FIRST_OF_LIST + minute), 60 * minute)
        for minute in range(newest - 1, last - 1, -1)
    ]
    page: dict = {"data": rows}
    if rows:
        page["paging"] = {"cursors": {"after": str(last)}}
    if last > oldest:
        page["paging"]["next"] = "more"
    return page


class Handler(BaseHTTPRequestHandler):
    """Answers every POST as Graph answers a batch that it takes.

    Whatever number is asked for is a lead.
    """

    protocol_version = "HTTP/1.1"
    # Head and body of an answer are two writes: without this each answer may wait
    # 40 ms for an acknowledgement.
    disable_nagle_algorithm = True
    delay = 0.0

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        meta_id = url.path.rpartition("/")[2]
        if meta_id == "leads":
            self._answer(leads_page(url.query))
            return
        self._answer(lead(meta_id) if meta_id.isdigit() else {"ready": True})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.delay)
        received = body.count(b'"event_id"')
        self._answer({"events_received": received, "fbtrace_id": "stub"})

    def _answer(self, fields: dict) -> None:
        body = json.dumps(fields).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True


@contextlib.contextmanager
def running(layout: Layout, delay_ms: int = 0) -> Iterator[str]:
    """A stub that answers after so many milliseconds; gives its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    module = "tests.workbench.bench_stub"
    with Process(
        "stub",
        [layout.venv_python, "-m", module, str(port), str(delay_ms)],
        log=layout.logs / "bench_stub.log",
        cwd=layout.repository,
    ):
        wait_until(lambda: answers(url), timeout=30, what="the stub's first answer")
        yield url


def main(port: str, delay_ms: str = "0") -> None:
    Handler.delay = int(delay_ms) / 1000
    Server(("127.0.0.1", int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
